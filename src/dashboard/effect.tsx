/** What a policy did, or would have done, over the traffic that the server remembers. */
import type { PolicyEffect, PolicyResource } from '../resources/policy.ts';
import { counted, span, whole } from './format.ts';
import { useLive, useNow } from './live.ts';
import { Badge, Empty, Loaded, When } from './parts.tsx';

const POLL_MS = 10_000;
const ROW_POLL_MS = 30_000;

export const effectPath = (id: string): string => `v1/platform/gateway-policies/${encodeURIComponent(id)}/effect`;

/** For a row: the one figure that counts. */
export function EffectBadge({ policy }: { policy: PolicyResource }) {
  const { data } = useLive<PolicyEffect>(effectPath(policy.id), ROW_POLL_MS);
  if (!data) return <span class="quiet">…</span>;
  const { blocked, would_block, redacted, would_redact, warned } = data;
  const said = [
    blocked > 0 && <Badge tone="bad">{whole(blocked)} refused</Badge>,
    would_block > 0 && <Badge tone="warn">{whole(would_block)} would be refused</Badge>,
    redacted > 0 && <Badge tone="info">{whole(redacted)} redacted</Badge>,
    would_redact > 0 && <Badge tone="warn">{whole(would_redact)} would be redacted</Badge>,
    warned > 0 && <span class="quiet">{counted(warned, 'warning')}</span>,
  ].filter(Boolean);
  return (
    <span class="badges">
      {said.length === 0 ? <span class="quiet">nothing of {counted(data.matched, 'call')}</span> : said}
    </span>
  );
}

/** The sentence before a switch: what the other mode would have meant. */
export function EffectSentence({ effect, to }: { effect: PolicyEffect; to: 'enforce' | 'monitor' }) {
  const now = useNow(10_000);
  const [stopped, changed] = [effect.blocked + effect.would_block, effect.redacted + effect.would_redact];
  const over = (
    <>
      Over the last {span(now - Date.parse(effect.since))} this server saw {counted(effect.calls, 'call')},{' '}
      {whole(effect.matched)} of them meant for this policy.
    </>
  );
  const parts = [
    stopped > 0 && `refused ${counted(stopped, 'call')}`,
    changed > 0 && `redacted ${counted(changed, 'call')}`,
  ].filter(Boolean);
  if (parts.length === 0)
    return (
      <p>
        {over} It {to === 'enforce' ? 'would have refused and changed' : 'refused and changed'} none.
      </p>
    );
  return (
    <p>
      {over} {to === 'enforce' ? 'Enforced, it would have ' : 'It '}
      <b>{parts.join(' and ')}</b>
      {to === 'monitor' && '; monitored, such calls pass unchanged'}.
    </p>
  );
}

export function EffectPanel({ id }: { id: string }) {
  const live = useLive<PolicyEffect>(effectPath(id), POLL_MS);
  return <Loaded live={live}>{(effect) => <Figures effect={effect} />}</Loaded>;
}

function Figures({ effect }: { effect: PolicyEffect }) {
  const figures = [
    ['Calls seen', effect.calls],
    ['Meant for it', effect.matched],
    ['Refused', effect.blocked],
    ['Would be refused', effect.would_block],
    ['Redacted', effect.redacted],
    ['Would be redacted', effect.would_redact],
    ['Warned', effect.warned],
  ] as const;
  const entities = Object.entries(effect.entities).sort(([, a], [, b]) => b - a);
  return (
    <>
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div key={name} class={value === 0 ? 'nothing' : ''}>
            <dt>{name}</dt>
            <dd>{whole(value)}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">
        Since <When at={effect.since} />, as far back as this server remembers.
      </p>
      {effect.matched === 0 && <Empty>No call was meant for it in that time.</Empty>}
      <div class="pair">
        <Counts
          title="Whom it meets most"
          head="Subject"
          rows={effect.subjects.map(({ subject, count }) => [subject, count])}
        />
        <Counts title="What it found" head="Entity" rows={entities} />
      </div>
    </>
  );
}

function Counts({ title, head, rows }: { title: string; head: string; rows: readonly (readonly [string, number])[] }) {
  if (rows.length === 0) return null;
  return (
    <table>
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col" class="num">
            Count
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, 10).map(([name, count]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="num">{whole(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
