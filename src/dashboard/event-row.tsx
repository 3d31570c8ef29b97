/** One event: what happened, to whom, and the way to its trace. */
import type { EventResource } from '../resources/operation.ts';
import { counted, milliseconds, usd } from './format.ts';
import { type KeyNames, useKeyNames } from './key-names.ts';
import { Badge, type Tone, When } from './parts.tsx';
import { hrefOf } from './router.ts';

/** What an event says in two words. */
export function verdictOf(event: EventResource): { readonly tone: Tone; readonly text: string } {
  if (event.type === 'unguarded') return { tone: 'warn', text: 'Unguarded' };
  if (event.type === 'call')
    return {
      completed: { tone: 'good', text: 'Completed' } as const,
      blocked: { tone: 'bad', text: 'Refused' } as const,
      failed: { tone: 'warn', text: 'Failed' } as const,
      aborted: { tone: 'quiet', text: 'Aborted' } as const,
    }[event.outcome ?? 'completed'];
  if (event.action === 'fail') return { tone: 'bad', text: 'Policy failed' };
  switch (event.decision) {
    case 'deny':
      return { tone: 'bad', text: 'Refused' };
    case 'modify':
      return { tone: 'info', text: event.action === 'set' ? 'Changed' : 'Redacted' };
    case 'audit':
      return { tone: 'quiet', text: event.action === 'block' ? 'Would refuse' : 'Would change' };
    case 'warn':
      return { tone: 'warn', text: 'Warned' };
    default:
      return { tone: 'good', text: 'Allowed' };
  }
}

/** One line, without what the row says elsewhere. */
function summaryOf(event: EventResource): string {
  if (event.type === 'call') {
    const { cost_usd, input_tokens = 0, output_tokens = 0, duration_ms } = event;
    const parts = [
      cost_usd === undefined ? '' : usd(cost_usd),
      input_tokens + output_tokens > 0 ? counted(input_tokens + output_tokens, 'token') : '',
      duration_ms === undefined ? '' : milliseconds(duration_ms),
    ];
    return parts.filter(Boolean).join(' · ');
  }
  if (event.message !== undefined) return event.message;
  const found = event.findings?.map(({ kind, count }) => `${count} ${kind}`).join(', ');
  return found ?? event.code ?? '';
}

const callerOf = ({ user, workspace, organization, api_key_id }: EventResource, keyName: KeyNames): string =>
  user ?? workspace ?? (api_key_id && keyName(api_key_id)) ?? organization ?? 'unattributed';

export function EventRow({ event, fresh = false }: { event: EventResource; fresh?: boolean }) {
  const { tone, text } = verdictOf(event);
  const keyName = useKeyNames();
  return (
    <li class={`event ${fresh ? 'new' : ''}`}>
      <details>
        <summary>
          <span class="at">
            <When at={event.at} />
          </span>
          <Badge tone={tone}>{text}</Badge>
          <span class="what">
            <b>{event.policy ?? (event.type === 'call' ? 'Call' : 'Unreadable request')}</b>{' '}
            <span class="caller">{callerOf(event, keyName)}</span> <span class="quiet">{event.model}</span>
            <span class="summary">{summaryOf(event)}</span>
          </span>
        </summary>
        <Details event={event} />
      </details>
      {event.trace_url !== undefined && /^https?:/.test(event.trace_url) && (
        <a
          class="trace"
          href={event.trace_url}
          target="_blank"
          rel="noreferrer"
          aria-label={`Trace of event ${event.id}`}
        >
          Trace
        </a>
      )}
    </li>
  );
}

function Details({ event }: { event: EventResource }) {
  const { findings, message, policy_id, policy, ...rest } = event;
  const hidden = new Set(['id', 'at', 'trace_url']);
  const plain = Object.entries(rest).filter(([name]) => !hidden.has(name));
  return (
    <dl class="facts">
      {message !== undefined && <Fact name="message">{message}</Fact>}
      {policy_id !== undefined && (
        <Fact name="policy">
          <a href={hrefOf('policies', policy_id)}>{policy ?? policy_id}</a>
        </Fact>
      )}
      {findings?.map(({ kind, scope, action, count }) => (
        <Fact key={`${kind} ${scope} ${action}`} name="found">
          {count} × {kind} in {scope} ({action})
        </Fact>
      ))}
      {plain.map(([name, value]) => (
        <Fact key={name} name={name}>
          {String(value)}
        </Fact>
      ))}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name.replaceAll('_', ' ')}</dt>
      <dd>{children}</dd>
    </div>
  );
}
