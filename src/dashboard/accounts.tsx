/** The accounts of spend caps: spent, held and left of each, the fullest first. */
import { useState } from 'preact/hooks';
import type { AccountResource } from '../resources/spend.ts';
import { localInstant, percent, usd, whole } from './format.ts';
import { type KeyNames, useKeyNames } from './key-names.ts';
import { Badge, Empty, Select, Until } from './parts.tsx';
import { hrefOf } from './router.ts';

const SHOWN = 25;
/** Each counts down by itself: more would make a slow page that nobody reads to its end. */
const MOST = 500;

/** What is used or held of the limit; more than 1 where a call cost more than was held. */
export function fullness({ spent_usd, held_usd, limit_usd }: AccountResource): number {
  const used = Number(spent_usd) + Number(held_usd);
  const limit = Number(limit_usd);
  return limit > 0 ? used / limit : 1;
}

export function Accounts({ accounts }: { accounts: readonly AccountResource[] }) {
  const [policy, setPolicy] = useState('');
  const [subject, setSubject] = useState('');
  const [all, setAll] = useState(false);
  if (accounts.length === 0)
    return (
      <Empty>
        No account yet: there is no spend cap, or nothing was spent under one.{' '}
        <a href={hrefOf('policies', 'new')}>Create a spend cap</a>.
      </Empty>
    );
  const policies = [...new Map(accounts.map((account) => [account.policy_id, account.policy]))];
  const found = accounts
    .filter((account) => policy === '' || account.policy_id === policy)
    .filter((account) => `${account.scope} ${account.subject}`.toLowerCase().includes(subject.toLowerCase()))
    .sort((a, b) => fullness(b) - fullness(a));
  const shown = found.slice(0, all ? MOST : SHOWN);
  return (
    <>
      <div class="filters">
        <Select
          label="Policy"
          value={policy}
          choices={[{ value: '', label: 'All policies' }, ...policies.map(([value, label]) => ({ value, label }))]}
          onChange={setPolicy}
        />
        <label class="inline">
          <span>Subject</span>
          <input
            type="search"
            value={subject}
            placeholder="any"
            onInput={(event) => setSubject(event.currentTarget.value)}
          />
        </label>
      </div>
      <AccountTable accounts={shown} />
      {found.length === 0 && <Empty>No account fits these filters.</Empty>}
      {found.length > shown.length && (
        <p class="more">
          {all ? (
            `The fullest ${MOST} of ${whole(found.length)}. The filters find the others.`
          ) : (
            <button type="button" onClick={() => setAll(true)}>
              Show {found.length > MOST ? `${MOST} of ${whole(found.length)}` : `all ${found.length}`}
            </button>
          )}
        </p>
      )}
    </>
  );
}

export function AccountTable({ accounts }: { accounts: readonly AccountResource[] }) {
  const keyName = useKeyNames();
  if (accounts.length === 0) return null;
  return (
    <table class="cards accounts">
      <thead>
        <tr>
          <th scope="col">Account</th>
          <th scope="col">Used</th>
          <th scope="col" class="num">
            Spent
          </th>
          <th scope="col" class="num">
            Held
          </th>
          <th scope="col" class="num">
            Left
          </th>
          <th scope="col" class="num">
            Limit
          </th>
          <th scope="col" class="num">
            Resets in
          </th>
        </tr>
      </thead>
      <tbody>
        {accounts.map((account) => (
          <Row
            key={`${account.policy_id} ${account.subject} ${account.window}`}
            account={account}
            name={subjectName(account, keyName)}
          />
        ))}
      </tbody>
    </table>
  );
}

/** A key's name rather than its id. */
export function subjectName(account: AccountResource, keyName: KeyNames): string {
  return isOfKey(account) ? keyName(account.subject) : account.subject;
}

function isOfKey({ scope }: AccountResource): boolean {
  return scope === 'apiKey' || scope === 'api_key';
}

function Row({ account, name }: { account: AccountResource; name: string }) {
  const { policy_id, policy, mode, scope, window, resets_at, override } = account;
  const full = fullness(account);
  return (
    <tr>
      <th scope="row">
        <span class="subject">{scope === 'all' ? 'All calls' : name}</span>{' '}
        {scope !== 'all' && <span class="quiet">{isOfKey(account) ? 'key' : scope.replace('tag:', '')}</span>}
        <span class="under">
          <a href={hrefOf('policies', policy_id)}>{policy}</a> <span class="quiet">{window}</span>
          {mode === 'monitor' && <Badge tone="quiet">monitor</Badge>}
          {override && (
            <span class="quiet" title={`${override.reason}, until ${localInstant(override.until)}`}>
              override for <Until at={override.until} done="no longer" />
            </span>
          )}
        </span>
      </th>
      <td class="used">
        <Bar account={account} />
        <span class="share">
          {percent(full)}{' '}
          {full >= 1 ? <Badge tone="bad">reached</Badge> : full >= 0.8 && <Badge tone="warn">nearly</Badge>}
        </span>
      </td>
      <Money label="Spent" amount={account.spent_usd} />
      <Money label="Held" amount={account.held_usd} />
      <Money label="Left" amount={account.left_usd} strong />
      <Money label="Limit" amount={account.limit_usd} />
      <td class="num resets" data-label="Resets in">
        {resets_at ? (
          <Until at={resets_at} done="now" />
        ) : (
          <span class="quiet">{window.startsWith('rolling') ? 'rolling' : 'never'}</span>
        )}
      </td>
    </tr>
  );
}

function Money({ label, amount, strong = false }: { label: string; amount: string; strong?: boolean }) {
  return (
    <td
      class={`num ${strong ? 'strong' : ''} ${Number(amount) === 0 ? 'nothing' : ''}`}
      data-label={label}
      title={`$${amount}`}
    >
      {usd(amount)}
    </td>
  );
}

/** Its numbers stand beside it. */
export function Bar({ account }: { account: AccountResource }) {
  const limit = Number(account.limit_usd);
  const share = (amount: string): number => (limit > 0 ? Math.min(100, (100 * Number(amount)) / limit) : 100);
  const spent = share(account.spent_usd);
  const held = Math.min(100 - spent, share(account.held_usd));
  const full = fullness(account);
  return (
    <span class={`bar ${full >= 1 ? 'bad' : full >= 0.8 ? 'warn' : ''}`} aria-hidden="true">
      <span class="spent" style={{ width: `${spent}%` }} />
      <span class="held" style={{ width: `${held}%` }} />
    </span>
  );
}
