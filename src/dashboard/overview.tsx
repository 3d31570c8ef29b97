/** The first page: how much was spent, what is held and left of each cap, who spends, what was refused. */
import type { EventResource } from '../resources/operation.ts';
import type { AccountResource, RollupResource } from '../resources/spend.ts';
import { Accounts, fullness, subjectName } from './accounts.tsx';
import { query } from './api.ts';
import { Cost } from './cost.tsx';
import { EventRow } from './event-row.tsx';
import { counted, percent, usd, whole } from './format.ts';
import { useKeyNames } from './key-names.ts';
import { useLive } from './live.ts';
import { Empty, Heading, Loaded, Section, When } from './parts.tsx';
import { hrefOf } from './router.ts';
import { sum } from './series.ts';
import type { PageProps } from './shell.tsx';
import { timeZone } from './windows.ts';

const ACCOUNTS_MS = 3_000;
const FIGURES_MS = 10_000;
const REFUSALS = 8;

interface AccountsAnswer {
  readonly at: string;
  readonly accounts: readonly AccountResource[];
}

export function Overview({ health }: PageProps) {
  const keyName = useKeyNames();
  const accounts = useLive<AccountsAnswer>('v1/accounts', ACCOUNTS_MS);
  const refusals = useLive<{ events: readonly EventResource[] }>(
    `v1/events${query({ type: 'policy', decision: 'deny', limit: REFUSALS })}`,
    FIGURES_MS,
  );
  const fullest = accounts.data?.accounts.toSorted((a, b) => fullness(b) - fullness(a))[0];
  return (
    <>
      <Heading
        title="Overview"
        aside={
          accounts.at !== undefined && (
            <span class="quiet">
              as of <When at={accounts.at} />
            </span>
          )
        }
      />
      <dl class="tiles">
        <Spent title="Spent today" window="daily" />
        <Spent title="Spent this month" window="monthly" />
        <Tile title="Calls in flight" value={health && whole(health.open_calls)} under="now" />
        <Tile
          title="Fullest account"
          value={accounts.data && (fullest ? percent(fullness(fullest)) : '–')}
          under={fullest ? `${fullest.policy}: ${subjectName(fullest, keyName)}` : 'no cap yet'}
        />
      </dl>
      <div class="overview">
        <div class="column">
          <Section title="Accounts">
            <Loaded live={accounts}>{(data) => <Accounts accounts={data.accounts} />}</Loaded>
          </Section>
          <Section title="Latest refusals" aside={<a href={`${hrefOf('events')}?decision=deny`}>All refusals</a>}>
            <Loaded live={refusals}>
              {({ events }) =>
                events.length === 0 ? (
                  <Empty>Nothing was refused since this server started.</Empty>
                ) : (
                  <ol class="events">
                    {events.map((event) => (
                      <EventRow key={event.id} event={event} />
                    ))}
                  </ol>
                )
              }
            </Loaded>
          </Section>
        </div>
        <div class="column">
          <Cost />
        </div>
      </div>
    </>
  );
}

function Spent({ title, window }: { title: string; window: 'daily' | 'monthly' }) {
  const { data, error } = useLive<RollupResource>(
    `v1/rollups${query({ by: 'workspace', window, time_zone: timeZone() })}`,
    FIGURES_MS,
  );
  const calls = data && sum(data.rows.map((row) => row.calls));
  const under = calls === undefined ? (error ?? '') : counted(calls, 'call');
  return (
    <Tile title={title} value={data && usd(sum(data.rows.map(({ cost_usd }) => Number(cost_usd))))} under={under} />
  );
}

function Tile({ title, value, under }: { title: string; value: string | undefined; under: string }) {
  return (
    <div class="tile">
      <dt>{title}</dt>
      <dd>
        <span class="value">{value ?? '…'}</span>
        <span class="quiet">{under}</span>
      </dd>
    </div>
  );
}
