/** The span of each API and outcome as it leaves, read from the bytes that were exported. */
import type { ServerResponse } from 'node:http';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, type FakeBedrock, startFakeBedrock } from '../../examples/support/fake-bedrock.ts';
import { type FakeMedia, startFakeMedia } from '../../examples/support/fake-media.ts';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../examples/support/otlp-receiver.ts';
import { createGateway, type GatewayOptions, type Policy, redact, spendCap } from '../../src/index.ts';
import { setupTracing, type Tracing } from '../../src/telemetry/otel.ts';
import { type ApiRequest, EMAIL, requestOf, TRACED_APIS, type TracedApi } from './traced-apis.ts';
import { PROVIDER_KEY } from './world.ts';

const MADE_UP = 'grace.hopper@example.org';

let receiver: OtlpReceiver;
let tracing: Tracing;
let fakes: { readonly provider: FakeProvider; readonly media: FakeMedia; readonly bedrock: FakeBedrock };

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  tracing = await setupTracing({ target: { url: `${receiver.origin}/v1/traces` }, serviceName: 'contract' });
  const provider = await startFakeProvider();
  const media = await startFakeMedia();
  const bedrock = await startFakeBedrock();
  fakes = { provider, media, bedrock };
  provider.reply = bedrock.reply = media.transcript = `You said it, and ${MADE_UP} knows.`;
});
afterAll(async () => {
  await tracing.shutdown();
  await Promise.all(Object.values(fakes).map((fake) => fake.close()));
  await receiver.close();
});
afterEach(() => {
  for (const fake of Object.values(fakes)) fake.intercept = undefined;
  for (const raw of [EMAIL, MADE_UP, PROVIDER_KEY, API_KEY]) expect(receiver.saw(raw)).toBe(false);
  receiver.spans.length = 0;
});

const originOf = (host: TracedApi['host']): string =>
  host === 'bedrock' ? fakes.bedrock.endpoint : new URL(fakes[host].baseURL).origin;

function providers(): GatewayOptions['providers'] {
  const { provider, media, bedrock } = fakes;
  const openai = { name: 'openai', streamUsage: true, maxTokensField: 'max_completion_tokens' } as const;
  return [
    { ...openai, baseURL: provider.baseURL },
    { ...openai, baseURL: media.baseURL },
    { name: 'anthropic', family: 'anthropic', baseURL: `${provider.origin}/anthropic` },
    { name: 'gcp.gemini', route: 'gemini', family: 'google', baseURL: `${provider.origin}/google` },
    { name: 'aws.bedrock', route: 'bedrock', family: 'aws', baseURL: bedrock.endpoint },
  ];
}

/** Asks below a span of the app, reads the answer to its end, and gives what arrived. */
async function exported(api: TracedApi, asked: ApiRequest, policies: readonly Policy[], signal?: AbortSignal) {
  const gateway = createGateway({ providers: providers(), policies });
  const tracer = trace.getTracer('app');
  await tracer.startActiveSpan('app request', async (span) => {
    const response = gateway.fetch(originOf(api.host) + asked.path, {
      ...requestOf(asked, api),
      signal: signal ?? null,
    });
    await response.then((answer) => answer.arrayBuffer()).catch(() => {});
    span.end();
  });
  await gateway.close();
  await tracing.forceFlush();
  const arrived = tree(receiver.spans);
  return { span: arrived.call, text: written(arrived) };
}

/** The call's span, by its parent, and the spans of policies, which stand below it; there are no others of ours. */
function tree(spans: readonly ReceivedSpan[]): { call: ReceivedSpan; below: ReceivedSpan[] } {
  const [app] = spans.filter(({ scope }) => !scope.startsWith('postern@'));
  const own = spans.filter((span) => span !== app);
  const calls = own.filter(({ parentSpanId }) => parentSpanId === app!.spanId);
  expect(calls).toHaveLength(1);
  const call = calls[0]!;
  const below = own.filter(({ parentSpanId }) => parentSpanId === call.spanId);
  expect(own).toHaveLength(1 + below.length);
  expect(call).toMatchObject({ traceId: app!.traceId, links: [], resource: { 'service.name': 'contract' } });
  return { call, below };
}

/** What differs from run to run, and the version of the prices, is told by its type alone. */
const VARYING = /(?:call|exchange|response)\.id$|server\.port|time_to_first_chunk|price_version/;
const KINDS = ['', 'INTERNAL', 'SERVER', 'CLIENT'];
const STATUSES = ['unset', 'ok', 'error'];

/** One line for each thing that is told. */
function written({ call, below }: ReturnType<typeof tree>): string {
  const head = ({ name, kind, status }: ReceivedSpan): string => `${name}, ${KINDS[kind]}, ${STATUSES[status.code]}`;
  const values = Object.entries(call.attributes).map(
    ([key, value]) => `  ${key}: ${VARYING.test(key) ? typeof value : JSON.stringify(value)}`,
  );
  return [
    `${head(call)}${call.status.message && `: ${call.status.message}`}`,
    ...values.sort(),
    ...call.events.map(({ name, attributes }) => `  event ${name} ${JSON.stringify(attributes)}`),
    ...below.map((span) => `  span ${head(span)}`),
  ].join('\n');
}

const outcome = (told: string) => ({ attributes: { 'gateway.outcome': told } });

describe.each(TRACED_APIS)('$dialect', (api) => {
  it('completed', async () => {
    const { span, text } = await exported(api, api.ask, [redact()]);

    expect(span).toMatchObject(outcome('completed'));
    expect(span.attributes).toMatchObject({ 'gateway.dialect': api.dialect, 'gen_ai.operation.name': api.operation });
    expect(text).toMatchSnapshot();
  });

  const { streamed } = api;
  if (streamed)
    it('streamed', async () => {
      const { span, text } = await exported(api, streamed, [redact()]);

      expect(span).toMatchObject(outcome('completed'));
      expect(text).toMatchSnapshot();
    });

  it('blocked', async () => {
    const { span, text } = await exported(api, api.ask, [redact({ actions: { EMAIL_ADDRESS: 'block' } })]);

    expect(span).toMatchObject(outcome('blocked'));
    expect(text).toMatchSnapshot();
  });

  it('failed', async () => {
    fakes[api.host].intercept = (_request: unknown, response: ServerResponse) => {
      const message = `${EMAIL} is too fast.`;
      response.writeHead(429, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }));
      return true;
    };

    const { span, text } = await exported(api, api.ask, []);

    expect(span).toMatchObject({ attributes: { 'gateway.outcome': 'failed', 'error.type': '429' } });
    expect(text).toMatchSnapshot();
  });

  it('aborted', async () => {
    const caller = new AbortController();
    fakes[api.host].intercept = () => {
      caller.abort();
      return true;
    };

    const { span, text } = await exported(api, api.ask, [], caller.signal);

    expect(span).toMatchObject(outcome('aborted'));
    expect(span.attributes).not.toHaveProperty(['error.type']);
    expect(text).toMatchSnapshot();
  });
});

it('a call that a spend cap refuses', async () => {
  const [chat] = TRACED_APIS;
  const { span, text } = await exported(chat!, chat!.ask, [
    spendCap({ name: 'tiny', limitUsd: 0, window: 'lifetime' }),
  ]);

  expect(span).toMatchObject({ attributes: { 'gateway.outcome': 'blocked', 'error.type': 'spend_cap_reached' } });
  expect(text).toMatchSnapshot();
});
