import { readFileSync } from 'node:fs';
import { context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, expect, test, vi } from 'vitest';
import type { GatewayEvent } from '../../src/core/events.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { GatewayError } from '../../src/errors.ts';
import { createSpanObserver, TRACER_VERSION } from '../../src/telemetry/observer.ts';
import { CANARY, createBench, endpoint, makeExchange, onlySpan, policyEvent } from './calls.ts';

const bench = createBench();
afterEach(() => bench.cleanUp());

/** Runs a call through the observer, and gives the span as it went over the wire. */
async function record(
  exchange: Exchange,
  end: Partial<Exchange>,
  { events = [], error }: { events?: GatewayEvent[]; error?: unknown } = {},
) {
  const receiver = await bench.receive();
  const tracing = await bench.trace({ target: { url: endpoint(receiver) } });
  const observer = createSpanObserver();
  observer.start(exchange);
  for (const event of events) observer.event(exchange, event);
  observer.end(Object.assign(exchange, end), error);
  expect(await tracing.forceFlush()).toEqual({ ok: true, failures: [] });
  expect(receiver.saw(CANARY)).toBe(false);
  return onlySpan(receiver);
}

const fullRequest = () =>
  makeExchange({
    stream: true,
    maxOutputTokens: 256,
    choices: 2,
    parameters: {
      temperature: 0.5,
      top_p: 0.9,
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      reasoning_effort: 'low',
    },
    identity: {
      organization: 'acme',
      workspace: 'rd-eu',
      user: 'ada',
      apiKey: 'key-7',
      session: 'thread-3',
      tags: { team: 'search' },
    },
  });

test('a completed stream tells the request, the answer, the usage and who called', async () => {
  const span = await record(fullRequest(), {
    outcome: 'completed',
    response: {
      status: 200,
      id: 'chatcmpl-1',
      model: 'gpt-4o-mini-2024-07-18',
      finishReasons: ['stop', 'length'],
      firstChunkAt: 1_700_000_000_250,
    },
    usage: {
      inputTokens: 100,
      outputTokens: 40,
      cacheReadTokens: 60,
      cacheWriteTokens: 5,
      reasoningTokens: 10,
      source: 'provider',
    },
  });

  expect(span).toMatchObject({
    name: 'chat gpt-4o-mini',
    kind: 3,
    parentSpanId: '',
    status: { code: 0 },
    scope: `postern@${TRACER_VERSION}`,
  });
  expect(span.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.system': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.request.max_tokens': 256,
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.top_p': 0.9,
    'gen_ai.request.seed': 7,
    'gen_ai.request.frequency_penalty': 0.1,
    'gen_ai.request.presence_penalty': 0.2,
    'gen_ai.request.choice.count': 2,
    'gen_ai.request.stream': true,
    'server.address': 'api.openai.com',
    'server.port': 443,
    'gen_ai.response.id': 'chatcmpl-1',
    'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
    'gen_ai.response.finish_reasons': ['stop', 'length'],
    'gen_ai.response.time_to_first_chunk': 0.25,
    'gen_ai.usage.input_tokens': 100,
    'gen_ai.usage.output_tokens': 40,
    'gen_ai.usage.total_tokens': 140,
    'gen_ai.usage.cache_read.input_tokens': 60,
    'gen_ai.usage.cache_creation.input_tokens': 5,
    'gen_ai.usage.reasoning.output_tokens': 10,
    'langsmith.span.kind': 'llm',
    'langsmith.metadata.session_id': 'thread-3',
    'langsmith.metadata.thread_id': 'thread-3',
    'gateway.organization.id': 'acme',
    'gateway.workspace.id': 'rd-eu',
    'gateway.user.id': 'ada',
    'gateway.api_key.id': 'key-7',
    'gateway.tag.team': 'search',
    'gateway.outcome': 'completed',
  });
  expect(span.attributes).not.toHaveProperty('error.type');
  expect(Object.keys(span.attributes).join()).not.toContain('reasoning_effort');
});

test('costs go to LangSmith as usage metadata and to everyone in USD', async () => {
  const span = await record(makeExchange(), {
    outcome: 'completed',
    usage: { inputTokens: 1_000, outputTokens: 20, cacheReadTokens: 400, reasoningTokens: 8, source: 'provider' },
    cost: {
      nanoUsd: 162_000,
      inputNanoUsd: 150_000,
      outputNanoUsd: 12_000,
      assumed: false,
      estimated: false,
      priceVersion: '2026-11-01',
    },
  });

  expect(span.attributes).toMatchObject({
    'gateway.cost.usd': 0.000162,
    'gateway.cost.input_usd': 0.00015,
    'gateway.cost.output_usd': 0.000012,
    'gateway.cost.price_version': '2026-11-01',
  });
  expect(JSON.parse(span.attributes['langsmith.usage_metadata'] as string)).toEqual({
    input_tokens: 1_000,
    output_tokens: 20,
    total_tokens: 1_020,
    input_token_details: { cache_read: 400 },
    output_token_details: { reasoning: 8 },
    input_cost: 0.00015,
    output_cost: 0.000012,
    total_cost: 0.000162,
  });
});

test('a whole answer has no first chunk, one choice is not told, and embeddings are embeddings', async () => {
  const span = await record(makeExchange({ operation: 'embeddings', model: 'text-embedding-3-small' }), {
    outcome: 'completed',
    response: { firstChunkAt: 1_700_000_000_250 },
  });

  expect(span.name).toBe('embeddings text-embedding-3-small');
  expect(span.attributes).toMatchObject({ 'gen_ai.operation.name': 'embeddings', 'langsmith.span.kind': 'embedding' });
  for (const absent of [
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.request.choice.count',
    'gen_ai.request.stream',
  ]) {
    expect(span.attributes).not.toHaveProperty([absent]);
  }
});

test('a request that could not be read is no model call', async () => {
  const span = await record(
    makeExchange({
      operation: 'unknown',
      model: '',
      readable: { texts: false, cost: false },
      upstream: 'http://127.0.0.1:8080',
    }),
    { outcome: 'completed' },
  );

  expect(span.name).toBe('request');
  expect(span.attributes).toMatchObject({
    'langsmith.span.kind': 'chain',
    'server.address': '127.0.0.1',
    'server.port': 8080,
  });
  expect(span.attributes).not.toHaveProperty(['gen_ai.operation.name']);
});

test('a blocked call tells which cap refused it, in events, in the status and to LangSmith', async () => {
  const refusal = new GatewayError('spend_cap_reached', 'Spend cap "per user" reached: $5.00 of $5.00 spent today.');
  const blocked = policyEvent({
    policy: 'per user',
    action: 'block',
    decision: 'deny',
    code: 'spend_cap_reached',
    details: { scope: 'user', subject: 'ada', limit_usd: 5, spent_usd: 5, resets_at: null, prompt: CANARY },
  });
  const span = await record(
    makeExchange({ policies: ['redact', 'per user'] }),
    { outcome: 'blocked' },
    { events: [blocked], error: refusal },
  );

  expect(span.status).toEqual({ code: 2, message: refusal.message });
  expect(span.attributes).toMatchObject({
    'error.type': 'spend_cap_reached',
    'gateway.outcome': 'blocked',
    'langsmith.metadata.gateway.policy.matched_names': ['redact', 'per user'],
    'langsmith.metadata.gateway.policy.matched_ids': ['redact', 'per user'],
    'langsmith.metadata.gateway.policy.passed_names': ['redact'],
    'langsmith.metadata.gateway.policy.violated_names': ['per user'],
    'langsmith.metadata.gateway.policy.violated_ids': ['per user'],
    'langsmith.span.tags': 'gateway:blocked',
  });
  expect(span.events).toEqual([
    {
      name: 'gateway.policy.block',
      attributes: {
        'gateway.policy.name': 'per user',
        'gateway.policy.mode': 'enforce',
        'gateway.policy.decision': 'deny',
        'gateway.policy.target': 'input',
        'gateway.policy.code': 'spend_cap_reached',
        'gateway.spend.scope': 'user',
        'gateway.spend.subject': 'ada',
        'gateway.spend.limit_usd': 5,
        'gateway.spend.spent_usd': 5,
      },
    },
    { name: 'exception', attributes: { 'exception.type': 'spend_cap_reached', 'exception.message': refusal.message } },
  ]);
});

test('redactions are told by kind and count, and restoring is no violation', async () => {
  const found = policyEvent({
    findings: [
      { kind: 'EMAIL_ADDRESS', scope: 'message', count: 2 },
      { kind: 'US_SSN', scope: 'system' },
      { kind: 'EMAIL_ADDRESS', scope: 'system', action: 'detected', count: 1 },
    ],
  });
  const restored = policyEvent({
    policy: 'restore',
    target: 'output',
    findings: [
      { kind: 'EMAIL_ADDRESS', scope: 'output', action: 'restored', count: 3 },
      { kind: 'EMAIL_ADDRESS', scope: 'output', action: 'unrestored' },
    ],
  });
  const span = await record(makeExchange(), { outcome: 'completed' }, { events: [found, restored] });

  expect(span.events.map(({ name }) => name)).toEqual(['gateway.policy.redaction', 'gateway.policy.redaction']);
  expect(span.events[0]?.attributes).toMatchObject({
    'gateway.policy.decision': 'modify',
    'gateway.pii.types': ['EMAIL_ADDRESS', 'US_SSN'],
    'gateway.pii.counts': [3, 1],
    'gateway.pii.scopes': ['message', 'system'],
    'gateway.policy.matches': 4,
  });
  expect(span.events[1]?.attributes).toMatchObject({
    'gateway.policy.target': 'output',
    'gateway.pii.restored': 3,
    'gateway.pii.unrestored': 1,
  });
  expect(span.attributes).toMatchObject({
    'langsmith.metadata.gateway.policy.passed_names': ['restore'],
    'langsmith.metadata.gateway.policy.violated_names': ['redact'],
    'langsmith.span.tags': 'gateway:redacted',
  });
});

test('what a policy in monitor mode would have done is told as monitored, and the call as completed', async () => {
  const audit = policyEvent({ mode: 'monitor', decision: 'audit', findings: [{ kind: 'US_SSN', scope: 'message' }] });
  const wouldBlock = policyEvent({
    policy: 'cap',
    mode: 'monitor',
    action: 'block',
    decision: 'audit',
    code: 'spend_cap_reached',
  });
  const span = await record(makeExchange(), { outcome: 'completed' }, { events: [audit, wouldBlock] });

  expect(span.status.code).toBe(0);
  expect(span.attributes).toMatchObject({
    'langsmith.metadata.gateway.policy.violated_names': ['redact', 'cap'],
    'langsmith.span.tags': 'gateway:monitored',
  });
});

test('edits, warnings, failures and unguarded requests are events too', async () => {
  const span = await record(
    makeExchange(),
    { outcome: 'completed' },
    {
      events: [
        policyEvent({ policy: 'cap', action: 'set' }),
        policyEvent({ policy: 'cap', action: 'warn', decision: 'warn', code: 'unattributed' }),
        policyEvent({ policy: 'detector', action: 'fail', decision: 'warn', code: 'policy_failed' }),
        {
          type: 'unguarded',
          callId: 'call-1',
          exchangeId: 'exchange-1',
          reason: 'multipart',
          policies: ['redact'],
          at: 1,
        },
      ],
    },
  );

  expect(span.events.map(({ name }) => name)).toEqual([
    'gateway.policy.edit',
    'gateway.policy.warning',
    'gateway.policy.failure',
    'gateway.unguarded',
  ]);
  expect(span.events[3]?.attributes).toEqual({
    'gateway.unguarded.reason': 'multipart',
    'gateway.unguarded.policies': ['redact'],
  });
  expect(span.attributes).toMatchObject({
    'langsmith.metadata.gateway.policy.matched_names': ['cap', 'detector'],
    'langsmith.metadata.gateway.policy.passed_names': ['cap'],
    'langsmith.span.tags': 'gateway:unguarded',
  });
});

class SocketError extends Error {
  override readonly name = 'SocketError';
}

test.each([
  ["a provider's refusal is its status", { response: { status: 429 } }, new Error(CANARY), '429'],
  ['a code is told instead of a class', {}, Object.assign(new Error(CANARY), { code: 'ECONNRESET' }), 'ECONNRESET'],
  [
    'the code of what made fetch fail is found',
    {},
    new TypeError(CANARY, { cause: { code: 'ECONNREFUSED', message: CANARY } }),
    'ECONNREFUSED',
  ],
  ['an error without a code is its class', {}, new SocketError(CANARY), 'SocketError'],
  [
    'free text in a code is not told',
    {},
    Object.assign(new SocketError('x'), { code: `INVALID ${CANARY}` }),
    'SocketError',
  ],
  ['free text in a name is not told', {}, Object.assign(new Error('x'), { name: CANARY }), '_OTHER'],
  ['something thrown that is no error is not told', {}, CANARY, '_OTHER'],
  [
    'an error of Postern is its code',
    { response: { status: 200 } },
    new GatewayError('provider_response_unreadable', 'Not JSON.', { cause: new Error(CANARY) }),
    'provider_response_unreadable',
  ],
  ['a failure without an error is a failure', {}, undefined, 'failed'],
])('failed: %s', async (_, end, error, type) => {
  const span = await record(makeExchange(), { outcome: 'failed', ...end }, { error });

  expect(span.status.code).toBe(2);
  expect(span.attributes['error.type']).toBe(type);
  expect(span.events).toEqual([
    { name: 'exception', attributes: { 'exception.type': type, 'exception.message': span.status.message } },
  ]);
});

test.each([
  ['a caller that stopped reading is no error', undefined, 0, undefined],
  ['a caller that aborted is no error', new DOMException(CANARY, 'AbortError'), 0, undefined],
  ["a caller's timeout is one", new DOMException(CANARY, 'TimeoutError'), 2, 'TimeoutError'],
])('aborted: %s', async (_, error, code, type) => {
  const usage = { inputTokens: 10, outputTokens: 3, source: 'estimated' } as const;
  const span = await record(makeExchange({ stream: true }), { outcome: 'aborted', usage }, { error });

  expect(span.status.code).toBe(code);
  expect(span.attributes['error.type']).toBe(type);
  expect(span.attributes).toMatchObject({
    'gateway.outcome': 'aborted',
    'gateway.usage.estimated': true,
    'gen_ai.usage.output_tokens': 3,
  });
});

test("the app's active span is the parent, also when the call ends outside it", async () => {
  const receiver = await bench.receive();
  const tracing = await bench.trace({ target: { url: endpoint(receiver) } });
  const observer = createSpanObserver();
  const exchange = makeExchange();

  const outer = trace.getTracer('app').startSpan('request', { kind: SpanKind.SERVER });
  context.with(trace.setSpan(context.active(), outer), () => observer.start(exchange));
  outer.end();
  observer.end(Object.assign(exchange, { outcome: 'completed' as const }));
  await tracing.forceFlush();

  const [app, call] = ['request', 'chat gpt-4o-mini'].map((name) => receiver.spans.find((span) => span.name === name));
  expect(call).toMatchObject({ traceId: app?.traceId, parentSpanId: app?.spanId });
});

test('two calls at once keep their own events', async () => {
  const receiver = await bench.receive();
  const tracing = await bench.trace({ target: { url: endpoint(receiver) } });
  const observer = createSpanObserver();
  const [first, second] = [makeExchange({ model: 'first' }), makeExchange({ model: 'second' })];

  observer.start(first);
  observer.start(second);
  observer.event(second, policyEvent());
  observer.end(second);
  observer.end(first);
  observer.event(first, policyEvent());
  observer.end(first);
  await tracing.forceFlush();

  expect(receiver.spans.map(({ name, events }) => [name, events.length])).toEqual([
    ['chat second', 1],
    ['chat first', 0],
  ]);
});

test('a span ends once, on the tracer that was given, however often the call is said to end', () => {
  const tracer = new NodeTracerProvider().getTracer('given');
  const startSpan = vi.spyOn(tracer, 'startSpan');
  const observer = createSpanObserver({ tracer });
  const exchange = makeExchange();

  observer.start(exchange);
  const span = startSpan.mock.results[0]?.value as Span;
  const end = vi.spyOn(span, 'end');
  observer.end(exchange);
  observer.end(exchange);

  expect(end).toHaveBeenCalledTimes(1);
});

test('a call that is not sampled is not described at its end', () => {
  const tracer = new NodeTracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('off');
  const startSpan = vi.spyOn(tracer, 'startSpan');
  const observer = createSpanObserver({ tracer });
  const exchange = makeExchange();

  observer.start(exchange);
  const addEvent = vi.spyOn(startSpan.mock.results[0]?.value as Span, 'addEvent');
  observer.event(exchange, policyEvent());
  observer.end(exchange, new Error('x'));

  expect(addEvent).not.toHaveBeenCalled();
});

test('samplers see the model, the provider and who calls', () => {
  const tracer = new NodeTracerProvider().getTracer('given');
  const startSpan = vi.spyOn(tracer, 'startSpan');

  createSpanObserver({ tracer }).start(fullRequest());

  expect(startSpan.mock.calls[0]?.[1]?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'server.address': 'api.openai.com',
    'gateway.user.id': 'ada',
  });
});

test('without a provider nothing is recorded and nothing breaks', () => {
  const observer = createSpanObserver();
  const exchange = makeExchange();

  observer.start(exchange);
  observer.event(exchange, policyEvent());
  observer.end(exchange, new Error('x'));

  expect(trace.getTracer('probe').startSpan('probe').isRecording()).toBe(false);
});

test('an observer made before tracing was set up records afterwards', async () => {
  const observer = createSpanObserver();
  observer.end(makeExchange());
  const receiver = await bench.receive();
  const tracing = await bench.trace({ target: { url: endpoint(receiver) } });
  const exchange = makeExchange();

  observer.start(exchange);
  observer.end(exchange);
  await tracing.forceFlush();

  expect(onlySpan(receiver).name).toBe('chat gpt-4o-mini');
});

test("the tracer's version is the package's", () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(TRACER_VERSION).toBe(manifest.version);
});
