/** Where a call stands in a trace: under spans, LangSmith runs and callers of other processes; and that its tokens are told once. */
import { SpanKind, trace } from '@opentelemetry/api';
import { Client } from 'langsmith';
import { traceable } from 'langsmith/traceable';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LangSmithIngest, startLangSmith } from '../../examples/support/langsmith-ingest.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../examples/support/otlp-receiver.ts';
import { createGateway, type Gateway, redact } from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';
import { setupTracing, type Tracing } from '../../src/telemetry/otel.ts';
import { startWorld, type World } from './world.ts';

const EMAIL = 'ada.lovelace@example.com';
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;

let receiver: OtlpReceiver;
let tracing: Tracing;
let world: World;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  tracing = await setupTracing({ target: { url: `${receiver.origin}/v1/traces` } });
});
afterAll(async () => {
  await tracing.shutdown();
  await receiver.close();
});
afterEach(async () => {
  await world.stop();
  receiver.spans.length = 0;
});

const question = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: `Write to ${EMAIL}` }] };

async function ask(fetch: Gateway['fetch'], baseURL: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(question),
  });
  await response.clone().text();
  return response;
}

async function calls(): Promise<ReceivedSpan[]> {
  expect(await tracing.forceFlush()).toMatchObject({ ok: true });
  return receiver.spans.filter(
    ({ scope, name }) => scope.startsWith('postern@') && !name.startsWith('gateway.policy '),
  );
}

describe('spans: auto', () => {
  const under = async (attributes: Record<string, string>, spans?: 'genai' | 'gateway'): Promise<ReceivedSpan> => {
    world = await startWorld({ spans });
    await trace.getTracer('app').startActiveSpan('outer', { attributes }, async (span) => {
      await ask(world.gateway.fetch, world.provider.baseURL);
      span.end();
    });
    const [span] = await calls();
    return span!;
  };

  it.each([
    { 'gen_ai.operation.name': 'chat' },
    { 'openinference.span.kind': 'LLM' },
    { 'ai.operationId': 'ai.generateText.doGenerate' },
    { 'llm.request.type': 'chat' },
  ])('beside another span of the same call, a step without tokens of a model call: %o', async (attributes) => {
    const span = await under(attributes);

    expect(span).toMatchObject({ name: 'gateway chat gpt-4o-mini', kind: 1 });
    expect(span.attributes).toMatchObject({
      'langsmith.span.kind': 'chain',
      'gateway.usage.input_tokens': 20,
      'gateway.usage.output_tokens': 10,
      'gateway.request.model': 'gpt-4o-mini',
    });
    expect(span.attributes['gateway.cost.usd']).toBeGreaterThan(0);
    expect(Object.keys(span.attributes).filter((name) => name.startsWith('gen_ai.'))).toEqual([]);
    expect(span.attributes).not.toHaveProperty('langsmith.usage_metadata');
  });

  it.each([
    { 'gen_ai.operation.name': 'invoke_agent' },
    { 'openinference.span.kind': 'AGENT' },
    { 'ai.operationId': 'ai.toolCall' },
    { other: 'x' },
  ])('under a span that is about no model call, a model call: %o', async (attributes) => {
    expect(await under(attributes)).toMatchObject({
      name: 'chat gpt-4o-mini',
      kind: SpanKind.CLIENT + 1,
      attributes: { 'gen_ai.usage.input_tokens': 20, 'langsmith.span.kind': 'llm' },
    });
  });

  it('the app may say which', async () => {
    expect(await under({ 'gen_ai.operation.name': 'chat' }, 'genai')).toMatchObject({ name: 'chat gpt-4o-mini' });
    await world.stop();
    receiver.spans.length = 0;
    expect(await under({}, 'gateway')).toMatchObject({ name: 'gateway chat gpt-4o-mini' });
  });
});

describe('under a LangSmith run', () => {
  let ingest: LangSmithIngest;
  let client: Client;
  beforeAll(async () => {
    ingest = await startLangSmith();
    client = new Client({ apiUrl: ingest.origin, apiKey: 'lsv2_invented', autoBatchTracing: false });
  });
  afterAll(() => ingest.close());

  const runOf = (name: string) => [...ingest.runs.values()].find((run) => run.name === name)!;
  const run = (name: string, runType: string, step: () => Promise<unknown>): Promise<unknown> =>
    traceable(step, {
      name,
      run_type: runType,
      client,
      tracingEnabled: true,
      project_name: 'project-7',
      metadata: { thread_id: 'thread-3' },
    })();

  it('trace, parent and order are those of the run that was posted; what a policy did stands below the call', async () => {
    world = await startWorld({ policies: [redact()] });
    await run('agent', 'chain', async () => {
      await ask(world.gateway.fetch, world.provider.baseURL);
      await ask(world.gateway.fetch, world.provider.baseURL);
    });
    await client.awaitPendingTraceBatches();
    const [first, second] = await calls();

    const agent = runOf('agent');
    for (const span of [first!, second!]) {
      expect(span.attributes).toMatchObject({
        'langsmith.trace.id': agent.trace_id,
        'langsmith.span.parent_id': agent.id,
        'langsmith.trace.session_name': 'project-7',
        'langsmith.metadata.thread_id': 'thread-3',
        'langsmith.span.kind': 'llm',
      });
      const id = span.attributes['langsmith.span.id'];
      expect(span.attributes['langsmith.span.dotted_order']).toMatch(
        new RegExp(`^${String(agent.dotted_order).replaceAll('.', '\\.')}\\.\\d{8}T\\d{12}Z${String(id)}$`),
      );
    }
    expect(first!.attributes['langsmith.span.id']).not.toBe(second!.attributes['langsmith.span.id']);
    const policy = receiver.spans.find(({ parentSpanId }) => parentSpanId === first!.spanId)!;
    expect(policy).toMatchObject({
      name: 'gateway.policy redact',
      kind: 1,
      attributes: {
        'gateway.policy.decision': 'modify',
        'gateway.pii.types': ['EMAIL_ADDRESS'],
        'langsmith.trace.id': agent.trace_id,
        'langsmith.span.parent_id': first!.attributes['langsmith.span.id'],
        'langsmith.metadata.thread_id': 'thread-3',
      },
    });
    expect(String(policy.attributes['langsmith.span.dotted_order'])).toContain(
      `${String(first!.attributes['langsmith.span.dotted_order'])}.`,
    );
  });

  it('a run of a model call tells its tokens itself', async () => {
    world = await startWorld();
    await run('model', 'llm', () => ask(world.gateway.fetch, world.provider.baseURL));
    expect(await calls()).toMatchObject([{ name: 'gateway chat gpt-4o-mini' }]);
  });
});

describe('at the server', () => {
  const serve = async (options: Partial<Parameters<typeof createGatewayServer>[0]>, gateway = world.gateway) => {
    const server = createGatewayServer({
      gateway,
      providers: { openai: { baseURL: world.provider.baseURL } },
      ...options,
    });
    const { url } = await server.listen({ port: 0 });
    return { url, close: () => server.close() };
  };
  const send = async (options: Parameters<typeof serve>[0], headers: Record<string, string>): Promise<ReceivedSpan> => {
    world = await startWorld();
    const server = await serve(options);
    await ask(fetch, `${server.url}/openai/v1`, { authorization: 'Bearer sk-fake', ...headers });
    await server.close();
    const [span] = await calls();
    expect(Object.keys(world.provider.requests.at(-1)!.headers)).not.toContain('traceparent');
    return span!;
  };

  it('the caller’s trace is not believed unless the app says so', async () => {
    const span = await send({}, { traceparent: TRACEPARENT });
    expect(span.parentSpanId).toBe('');
    expect(span.traceId).not.toBe(TRACE_ID);
  });

  it('parent: under the caller’s span and run', async () => {
    const [trace, parent] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
    const order = `20261122T101500123000Z${trace}.20261122T101501123000Z${parent}`;
    const span = await send(
      { traceContext: 'parent' },
      {
        traceparent: TRACEPARENT,
        'langsmith-trace': order,
        baggage: `langsmith-project=my%20app,langsmith-metadata=${encodeURIComponent('{"thread_id":"t-9"}')}`,
      },
    );
    expect(span).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: SPAN_ID,
      attributes: {
        'langsmith.trace.id': trace,
        'langsmith.span.parent_id': parent,
        'langsmith.trace.session_name': 'my app',
        'langsmith.metadata.thread_id': 't-9',
      },
    });
  });

  it('link: a trace of its own that links to the caller’s', async () => {
    const span = await send({ traceContext: 'link' }, { traceparent: TRACEPARENT });
    expect(span).toMatchObject({ parentSpanId: '', links: [{ traceId: TRACE_ID, spanId: SPAN_ID }] });
    expect(span.traceId).not.toBe(TRACE_ID);
  });

  it.each([
    `ff-${TRACE_ID}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${SPAN_ID}-01-more`,
    `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
    `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
    `${TRACEPARENT}, ${TRACEPARENT}`,
    'x',
  ])('what is no traceparent starts anew: %s', async (traceparent) => {
    const span = await send({ traceContext: 'parent' }, { traceparent, 'langsmith-trace': 'x' });
    expect(span.parentSpanId).toBe('');
    expect(span.attributes).not.toHaveProperty('langsmith.trace.id');
  });

  it('traceContext is one of three', () => {
    expect(() => createGatewayServer({ gateway: createGateway(), traceContext: 'yes' as never })).toThrow(
      /traceContext must be/,
    );
  });

  it('a Postern in front and one behind are one trace, in which tokens are told once', async () => {
    world = await startWorld();
    const server = await serve({ trustExchangeIds: true, traceContext: 'parent' });
    const front = createGateway({
      upstream: { gateway: 'postern', baseURL: server.url, apiKey: 'sk-fake' },
      propagateTo: ['127.0.0.1'],
    });
    await ask(front.fetch, 'https://api.openai.com/v1');
    await front.close();
    await server.close();

    const spans = await calls();
    const outer = spans.find(({ kind }) => kind === 3)!;
    const inner = spans.find(({ kind }) => kind === 1)!;
    expect(spans).toHaveLength(2);
    expect(inner).toMatchObject({
      name: 'gateway chat gpt-4o-mini',
      parentSpanId: outer.spanId,
      traceId: outer.traceId,
    });
    expect(spans.filter(({ attributes }) => 'gen_ai.usage.input_tokens' in attributes)).toEqual([outer]);
    expect(inner.attributes).toMatchObject({ 'gateway.exchange.id': outer.attributes['gateway.exchange.id']! });
  });

  it('a request that goes round in a circle is refused', async () => {
    world = await startWorld();
    // The server is its own provider.
    const places = { baseURL: world.provider.baseURL };
    const server = await serve({
      customProviders: {
        self: {
          get baseURL() {
            return places.baseURL;
          },
          model: 'gpt-4o-mini',
        },
      },
    });
    places.baseURL = `${server.url}/providers/self/v1`;
    const response = await ask(fetch, `${server.url}/providers/self/v1`);
    expect(response.status).toBe(508);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.json()).toMatchObject({ error: { code: 'loop_detected' } });
    expect(world.provider.requests).toEqual([]);
    await server.close();
  });
});
