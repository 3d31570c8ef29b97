/** Prints what the quickstart saw, on one screen. Knows how things look, not how they came about. */
import type { GatewayErrorFacts, Rollup } from 'postern';
import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver.ts';

/** What left for the provider, and what came back to the caller. */
export interface DoorCall {
  readonly door: string;
  readonly sent: string;
  readonly received: string;
}

export interface Screen {
  readonly prompt: string;
  readonly calls: readonly DoorCall[];
  readonly trace: Pick<OtlpReceiver, 'spans' | 'batches' | 'saw'>;
  /** No exported byte may hold one of these. */
  readonly secrets: readonly string[];
  readonly spent: Rollup;
  readonly refusal: GatewayErrorFacts | undefined;
  /** Requests that the provider got in all. */
  readonly requests: number;
}

export function show({ prompt, calls, trace, secrets, spent, refusal, requests }: Screen): void {
  const leaked = secrets.filter((secret) => trace.saw(secret));
  const bytes = trace.batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
  title('What the caller wrote, three times');
  row('', prompt);
  title('What left for the provider');
  for (const { door, sent } of calls) row(door, sent);
  title('What the caller got back');
  for (const { door, received } of calls) row(door, received);
  title('What the trace holds, as an OTLP receiver on this machine decoded it');
  for (const span of trace.spans) row(span.name.replace('gateway.', ''), describeSpan(span));
  row('raw values', leaked.length > 0 ? `FOUND: ${leaked.length}` : `none in ${bytes} exported bytes`);
  title("What was spent today, at the model's list price");
  for (const { user, model, calls: count, costUsd } of spent.rows)
    row(`${user}, ${model}`, `${count} calls, $${costUsd}`);
  title('The call that would have passed the cap');
  const attempts = trace.spans.filter(({ attributes }) => attributes['gateway.outcome'] === 'blocked').length;
  row(
    `${refusal?.status}`,
    `${refusal?.code} (attempts: ${attempts}, sent to the provider: ${requests - calls.length})`,
  );
  for (const line of wrapped(refusal?.message ?? 'It was not refused.')) row('', line);
  console.log();
}

function describeSpan({ attributes, events }: ReceivedSpan): string {
  const tokens = attributes['gen_ai.usage.total_tokens'];
  const cost = attributes['gateway.cost.usd'];
  const facts = [
    attributes['gateway.outcome'] ?? `${attributes['gateway.policy.decision']}, a span below the call's`,
    ...new Set(events.filter(({ name }) => name.startsWith('gateway.')).map(describeEvent)),
    tokens === undefined ? undefined : `${tokens} tokens`,
    cost === undefined ? undefined : `$${cost}`,
  ];
  return facts.filter((fact) => fact !== undefined).join(' | ');
}

function describeEvent({ name, attributes }: ReceivedSpan['events'][number]): string {
  const { 'gateway.pii.types': types, 'gateway.pii.restored': restored, 'gateway.policy.code': code } = attributes;
  const what = Array.isArray(types) ? types.join(' + ') : restored === undefined ? code : `${restored} restored`;
  return `${name.replace('gateway.policy.', '')}: ${what}`;
}

/** Lines of at most 90 characters. */
function wrapped(text: string): string[] {
  return text.match(/\S.{0,89}(?=\s|$)/g) ?? [];
}

function title(text: string): void {
  console.log(`\n${text}`);
}

function row(label: string, text: string): void {
  console.log(`  ${label.padEnd(20)}${text}`);
}
