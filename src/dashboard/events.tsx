/** What policies did and how calls ended, as it happens. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { EventResource } from '../resources/operation.ts';
import type { PolicyResource } from '../resources/policy.ts';
import { query } from './api.ts';
import { EventRow } from './event-row.tsx';
import { counted } from './format.ts';
import { useLive } from './live.ts';
import { Empty, Heading, Problem, Section, Select } from './parts.tsx';
import { hrefOf, keepQuery } from './router.ts';
import { useSession } from './session.ts';
import type { PageProps } from './shell.tsx';
import { followEvents, type StreamState } from './stream.ts';

interface Filters {
  readonly policy: string;
  readonly decision: string;
  readonly type: string;
}

const KEPT = 500;
const LISTED = 200;
const SAY_EVERY_MS = 8_000;

const DECISIONS = [
  { value: '', label: 'All' },
  { value: 'deny', label: 'Refused' },
  { value: 'audit', label: 'Would refuse or change' },
  { value: 'modify', label: 'Redacted or changed' },
  { value: 'warn', label: 'Warned' },
  { value: 'allow', label: 'Allowed' },
];
const TYPES = [
  { value: '', label: 'All' },
  { value: 'policy', label: 'Policy' },
  { value: 'call', label: 'Call' },
  { value: 'unguarded', label: 'Unguarded request' },
];
const STATES: Readonly<Record<StreamState, string>> = {
  connecting: 'Connecting …',
  open: 'Live',
  lost: 'Connection lost, trying again',
};

export function Events({ place }: PageProps) {
  const [filters, setFilters] = useState<Filters>(() => filtersIn(place.query));
  const { policy, decision, type } = filters;
  // A link to other filters, or the way back.
  useEffect(() => setFilters(filtersIn(place.query)), [place]);
  const change = (changed: Partial<Filters>): void => {
    const next = { ...filters, ...changed };
    setFilters(next);
    keepQuery(['events'], next);
  };
  const list = useLive<{ events: readonly EventResource[]; latest: number }>(
    `v1/events${query({ ...filters, limit: LISTED })}`,
  );
  const { streamed, state } = useStream(list.data?.latest);
  const events = useMemo(() => merged(streamed, list.data?.events ?? [], filters), [streamed, list.data, filters]);
  const [pausedAt, setPausedAt] = useState<ReadonlySet<string> | undefined>(undefined);
  const shown = pausedAt ? events.filter((event) => pausedAt.has(keyOf(event))) : events;
  const waiting = events.length - shown.length;
  return (
    <>
      <Heading
        title="Events"
        aside={
          <>
            <span class={`state ${state === 'open' ? 'ok' : state === 'lost' ? 'lost' : ''}`} role="status">
              {pausedAt ? `Paused, ${counted(waiting, 'new event')}` : STATES[state]}
            </span>
            <button
              type="button"
              aria-pressed={pausedAt !== undefined}
              onClick={() => setPausedAt(pausedAt ? undefined : new Set(events.map(keyOf)))}
            >
              {pausedAt ? 'Resume' : 'Pause'}
            </button>
          </>
        }
      />
      <Section title="Policy decisions and calls">
        <div class="filters">
          <PolicySelect value={policy} onChange={(value) => change({ policy: value })} />
          <Select
            label="Decision"
            value={decision}
            choices={DECISIONS}
            onChange={(value) => change({ decision: value })}
          />
          <Select label="Type" value={type} choices={TYPES} onChange={(value) => change({ type: value })} />
        </div>
        {list.data === undefined && <Problem error={list.error} />}
        <Announced events={streamed} />
        {list.data === undefined && list.error === undefined ? (
          <Empty>Loading …</Empty>
        ) : events.length === 0 ? (
          <Nothing
            filtered={policy + decision + type !== ''}
            onAll={() => change({ policy: '', decision: '', type: '' })}
          />
        ) : (
          <ol class="events wide">
            {shown.map((event) => (
              <EventRow key={keyOf(event)} event={event} fresh={streamed.includes(event)} />
            ))}
          </ol>
        )}
      </Section>
    </>
  );
}

function Nothing({ filtered, onAll }: { filtered: boolean; onAll(): void }) {
  if (filtered)
    return (
      <Empty>
        No event fits these filters.{' '}
        <button type="button" class="plain" onClick={onAll}>
          Show all
        </button>
      </Empty>
    );
  return (
    <Empty>
      No events yet. They appear here when calls pass: <a href={hrefOf('keys')}>create a key</a> and send one.
    </Empty>
  );
}

function PolicySelect({ value, onChange }: { value: string; onChange(value: string): void }) {
  const { data } = useLive<{ policies: readonly PolicyResource[] }>('v1/platform/gateway-policies');
  const names = new Set([...(data?.policies.map(({ name }) => name) ?? []), ...(value === '' ? [] : [value])]);
  const choices = [{ value: '', label: 'All' }, ...[...names].map((name) => ({ value: name, label: name }))];
  return <Select label="Policy" value={value} choices={choices} onChange={onChange} />;
}

/** Tells a screen reader how many came, now and then, rather than each. */
function Announced({ events }: { events: readonly EventResource[] }) {
  const [text, setText] = useState('');
  const count = useRef({ said: 0, seen: 0, refused: 0, timer: 0 });
  useEffect(() => {
    const [newest] = events;
    if (!newest) return;
    const now = count.current;
    now.seen++;
    if (newest.decision === 'deny') now.refused++;
    now.timer ||= window.setTimeout(() => {
      setText(`${counted(now.seen, 'new event')}, ${now.refused} refused`);
      Object.assign(now, { seen: 0, refused: 0, timer: 0 });
    }, SAY_EVERY_MS);
  }, [events]);
  useEffect(() => () => clearTimeout(count.current.timer), []);
  return (
    <p class="unseen" aria-live="polite">
      {text}
    </p>
  );
}

/** All events that came since the page was opened, newest first; `after` is what the list already holds. */
function useStream(after: number | undefined): { streamed: readonly EventResource[]; state: StreamState } {
  const { api } = useSession();
  const [streamed, setStreamed] = useState<readonly EventResource[]>([]);
  const [state, setState] = useState<StreamState>('connecting');
  const isReady = after !== undefined;
  const from = useRef(0);
  if (isReady && from.current === 0) from.current = after;
  useEffect(() => {
    if (!isReady) return;
    const gone = new AbortController();
    followEvents(from.current, {
      api,
      signal: gone.signal,
      onEvent: (event) => setStreamed((before) => [event, ...before].slice(0, KEPT)),
      onState: setState,
    });
    return () => gone.abort();
  }, [api, isReady]);
  return { streamed, state };
}

function filtersIn(search: URLSearchParams): Filters {
  const of = (name: string): string => search.get(name) ?? '';
  return { policy: of('policy'), decision: of('decision'), type: of('type') };
}

/** Ids begin anew with the server. */
const keyOf = ({ id, exchange_id }: EventResource): string => `${id} ${exchange_id}`;

function merged(
  streamed: readonly EventResource[],
  listed: readonly EventResource[],
  { policy, decision, type }: Filters,
): readonly EventResource[] {
  const fits = (event: EventResource): boolean =>
    (policy === '' || event.policy === policy) &&
    (decision === '' || event.decision === decision) &&
    (type === '' || event.type === type);
  const byKey = new Map([...streamed.filter(fits), ...listed].map((event) => [keyOf(event), event]));
  return [...byKey.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.id - a.id).slice(0, KEPT);
}
