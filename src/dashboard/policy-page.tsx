/** One policy: what it says, what it did, its accounts and overrides, and what can be done with it. */
import { useState } from 'preact/hooks';
import type { PolicyResource } from '../resources/policy.ts';
import type { AccountResource } from '../resources/spend.ts';
import { AccountTable, fullness } from './accounts.tsx';
import { Confirm } from './dialog.tsx';
import { EffectPanel } from './effect.tsx';
import { useLive } from './live.ts';
import { ModeSwitch, policyPath } from './mode-switch.tsx';
import { Overrides } from './overrides.tsx';
import { Badge, Button, Empty, Heading, Loaded, Section, When } from './parts.tsx';
import { EditPolicy } from './policy-form.tsx';
import { fixedReason, limitText, subjectText, TYPES } from './policy-text.ts';
import { go, hrefOf } from './router.ts';
import { useSession } from './session.ts';

export function PolicyPage({ id, editing }: { id: string; editing: boolean }) {
  const live = useLive<PolicyResource>(policyPath(id), editing ? 0 : 10_000);
  if (live.data === undefined)
    return (
      <>
        <Heading title="Policy" aside={<a href={hrefOf('policies')}>All policies</a>} />
        <Section title="Policy">
          <Loaded live={live}>{() => null}</Loaded>
        </Section>
      </>
    );
  if (editing) return <EditPolicy policy={live.data} />;
  return <Shown policy={live.data} onChange={live.refresh} />;
}

function Shown({ policy, onChange }: { policy: PolicyResource; onChange(): void }) {
  const { readOnly } = useSession();
  const [deleting, setDeleting] = useState(false);
  const reason = readOnly ?? fixedReason(policy);
  const isSpend = policy.policy_type === 'spend_cap' || policy.policy_type === 'default_spend_cap';
  return (
    <>
      <Heading
        title={policy.name}
        aside={
          <>
            <a href={hrefOf('policies')}>All policies</a>
            <Button reason={reason} onClick={() => go('policies', policy.id, 'edit')}>
              Edit
            </Button>
            <Button kind="danger" reason={reason} onClick={() => setDeleting(true)}>
              Delete
            </Button>
          </>
        }
      />
      {deleting && <Delete policy={policy} onClose={() => setDeleting(false)} />}
      <Section title="What it says" aside={<ModeSwitch policy={policy} onChange={onChange} />}>
        <Says policy={policy} />
      </Section>
      <Section
        title="What it did lately"
        aside={<a href={`${hrefOf('events')}?${new URLSearchParams({ policy: policy.name })}`}>Its events</a>}
      >
        <EffectPanel id={policy.id} />
      </Section>
      {isSpend && <ItsAccounts id={policy.id} />}
      {isSpend && <Overrides policies={[policy]} />}
    </>
  );
}

function Says({ policy }: { policy: PolicyResource }) {
  const { policy_type, source, description, failure = 'closed', updated_at, config } = policy;
  return (
    <>
      {description !== undefined && <p class="intro">{description}</p>}
      <dl class="facts plain-facts">
        <Fact name="Type">{TYPES[policy_type]}</Fact>
        <Fact name="Meant for">{subjectText(policy.subject_matchers)}</Fact>
        <Fact name="Limit">{limitText(policy)}</Fact>
        <Fact name="When it fails">{failure === 'closed' ? 'calls are refused' : 'calls pass'}</Fact>
        <Fact name="Source">
          {source === 'config' ? 'configuration file' : 'API'}
          {!policy.enabled && <Badge tone="warn">off</Badge>}
        </Fact>
        {updated_at !== undefined && (
          <Fact name="Changed">
            <When at={updated_at} />
          </Fact>
        )}
      </dl>
      <details class="json">
        <summary>As JSON</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard */}
        <pre tabIndex={0}>
          {JSON.stringify({ policy_type, subject_matchers: policy.subject_matchers, config }, null, 2)}
        </pre>
      </details>
    </>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ItsAccounts({ id }: { id: string }) {
  const live = useLive<{ accounts: readonly AccountResource[] }>('v1/accounts', 3_000);
  return (
    <Section title="Accounts">
      <Loaded live={live}>
        {(data) => {
          const own = data.accounts
            .filter(({ policy_id }) => policy_id === id)
            .sort((a, b) => fullness(b) - fullness(a));
          return own.length === 0 ? (
            <Empty>Nothing was spent under it yet.</Empty>
          ) : (
            <AccountTable accounts={own.slice(0, 50)} />
          );
        }}
      </Loaded>
    </Section>
  );
}

function Delete({ policy: { id, name }, onClose }: { policy: PolicyResource; onClose(): void }) {
  const { api } = useSession();
  const remove = async (): Promise<void> => {
    await api.send('DELETE', policyPath(id));
    go('policies');
  };
  return (
    <Confirm title={`Delete "${name}"?`} action="Delete" danger onConfirm={remove} onClose={onClose}>
      <p>Calls are no longer held against it from now on. The change is written to the audit log.</p>
    </Confirm>
  );
}
