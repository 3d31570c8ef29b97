/** What leaves for a trace backend: everything about a call but its texts, checked in the bytes that were exported. */
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../examples/support/otlp-receiver.ts';
import { redact, spendCap } from '../../src/index.ts';
import { setupTracing, type Tracing } from '../../src/telemetry/otel.ts';
import { DOORS, PROVIDER_KEY, startWorld, type World } from './doors.ts';

const SSN = '521-44-9876';
const EMAIL = 'ada.lovelace@example.com';
const MADE_UP = 'grace.hopper@example.org';

let receiver: OtlpReceiver;
let tracing: Tracing;
let world: World;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  tracing = await setupTracing({ target: { url: `${receiver.origin}/v1/traces` }, serviceName: 'contract' });
});
afterAll(async () => {
  await tracing.shutdown();
  await receiver.close();
});
afterEach(() => world.stop());

/** Ours, but for those of what policies did. */
const isCall = ({ scope, name }: ReceivedSpan): boolean =>
  scope.startsWith('postern@') && !name.startsWith('gateway.policy ');

/** Gemini's API has its own name in the conventions. */
const operationOf = ({ provider }: { readonly provider: string }): string =>
  provider.startsWith('gcp.') ? 'generate_content' : 'chat';

/** Ids of the spans above one; some clients put a span of their own between ours and the app's. */
function ancestors({ parentSpanId }: ReceivedSpan): string[] {
  const above = receiver.spans.find(({ spanId }) => spanId === parentSpanId);
  return [parentSpanId, ...(above ? ancestors(above) : [])];
}

describe.each(DOORS)('$name', ({ ask, remote, bill }) => {
  it.each([{ stream: false }, { stream: true }])(
    'one CLIENT span under the span of the app, with nothing raw in any exported byte (stream: $stream)',
    async ({ stream }) => {
      world = await startWorld({
        // Anthropic's SDK and the AI SDK have spans of the same call, beside which `auto` would be a step.
        spans: 'genai',
        policies: [redact(), spendCap({ name: 'daily', limitUsd: 1, window: 'daily' })],
      });
      world.provider.reply = ({ prompt }) => `You are ${JSON.stringify(prompt)}, and ${MADE_UP} knows.`;
      receiver.spans.length = 0;

      const parent = await trace.getTracer('app').startActiveSpan('app request', async (span) => {
        await ask(world, { text: `SSN ${SSN}, mail ${EMAIL}`, user: 'u-17', stream });
        span.end();
        return span.spanContext();
      });
      expect(await tracing.forceFlush()).toMatchObject({ ok: true });

      const spans = receiver.spans.filter(isCall);
      expect(spans).toHaveLength(1);
      const [span] = spans;
      expect(span).toMatchObject({ name: `${operationOf(bill)} ${bill.model}`, kind: 3 });
      expect(span!.attributes).toMatchObject({
        'gen_ai.operation.name': operationOf(bill),
        'gen_ai.provider.name': bill.provider,
        'gen_ai.request.model': bill.model,
        'gen_ai.usage.input_tokens': 20,
        'gen_ai.usage.output_tokens': 10,
        'gateway.user.id': 'u-17',
        'langsmith.metadata.gateway.policy.matched_names': expect.arrayContaining(['redact', 'daily']),
      });
      expect(span!.attributes['gateway.cost.usd']).toBeCloseTo(bill.nanoUsd / 1e9, 10);
      expect(span!.events.map(({ name }) => name)).toContain('gateway.policy.redaction');
      // A server's client is another process: reading its trace headers is not part of this door yet.
      if (!remote) expect(ancestors(span!)).toContain(parent.spanId);
      for (const raw of [SSN, EMAIL, MADE_UP, PROVIDER_KEY]) expect(receiver.saw(raw)).toBe(false);
    },
  );

  it('a refusal is an error span with the refusal as an event', async () => {
    world = await startWorld({
      spans: 'genai',
      policies: [redact(), spendCap({ name: 'tiny', limitUsd: 0, window: 'daily' })],
    });
    receiver.spans.length = 0;

    await ask(world, { text: `SSN ${SSN}` }).catch(() => {});
    await tracing.forceFlush();

    const span = receiver.spans.find(isCall);
    expect(span).toMatchObject({
      name: `${operationOf(bill)} ${bill.model}`,
      status: { code: 2 },
      attributes: { 'error.type': 'spend_cap_reached' },
    });
    expect(span!.attributes['langsmith.metadata.gateway.policy.violated_names']).toEqual(['redact', 'tiny']);
    expect(receiver.saw(SSN)).toBe(false);
  });
});

it('trace context and baggage stay at home, unless the host is the app’s own', async () => {
  world = await startWorld();
  const headers = {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    baggage: 'user=ada',
    'langsmith-trace': 'x',
  };
  const ask = (gateway: World['gateway']): Promise<Response> =>
    gateway.fetch(`${world.provider.baseURL}/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'gpt-4o-mini', messages: [] }),
    });

  await ask(world.gateway);
  expect(world.provider.requests.at(-1)!.headers).not.toMatchObject({ traceparent: expect.anything() });
  expect(Object.keys(world.provider.requests.at(-1)!.headers)).not.toContain('baggage');
  await world.stop();

  const own = await startWorld({ propagateTo: ['127.0.0.1'] });
  world = own;
  await ask(own.gateway);
  const sent = own.provider.requests.at(-1)!.headers;
  expect(sent).toMatchObject({ baggage: 'user=ada' });
  await tracing.forceFlush();
  const span = receiver.spans.filter(isCall).at(-1)!;
  expect(sent.traceparent).toBe(`00-${span.traceId}-${span.spanId}-01`);
  expect(sent['langsmith-trace']).toBeUndefined();
});
