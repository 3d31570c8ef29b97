/**
 * An agent with LangSmith's tracer, OpenInference and Traceloop around it: its runs and the spans of Postern form one tree, each call is
 * counted once, and no byte that leaves holds what the caller, a tool or the model said raw.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { OpenAIInstrumentation as OpenInference } from '@arizeai/openinference-instrumentation-openai';
import { HumanMessage } from '@langchain/core/messages';
import { LangChainTracer } from '@langchain/core/tracers/tracer_langchain';
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenAIInstrumentation as Traceloop } from '@traceloop/instrumentation-openai';
import { Client } from 'langsmith';
import OpenAI from 'openai-6';
import { afterEach, expect, it, vi } from 'vitest';
import { type LangSmithIngest, startLangSmith } from '../../examples/support/langsmith-ingest.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../examples/support/otlp-receiver.ts';
import { decisionLog, type GatewayOptions, gatewayErrorOf, isGatewayError, redact, spendCap } from '../../src/index.ts';
import { GatewayCallbackHandler, langsmithAnonymizer } from '../../src/langchain/index.ts';
import { createSpanProcessor, langsmith, redactingExporter, redactingSpanProcessor } from '../../src/telemetry/otel.ts';
import { forgetGlobals } from '../telemetry/calls.ts';
import { EMAIL, MADE_UP, makeAgent, prompt, SSN } from './agent-calls.ts';
import { PROVIDER_KEY, startWorld, type World } from './doors.ts';

const CARD = '4111 1111 1111 1111';
const RAW = [EMAIL, SSN, MADE_UP, PROVIDER_KEY];
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUps.splice(0).reverse()) await step();
  forgetGlobals();
});

/** A webhook on this machine, and what was posted to it. */
async function startHook(): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(JSON.stringify(request.headers) + (await text(request)));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, bodies };
}

interface Stage {
  readonly world: World;
  readonly smith: LangSmithIngest;
  readonly otlp: OtlpReceiver;
  readonly rooted: OtlpReceiver;
  readonly tracer: LangChainTracer;
  flush(): Promise<void>;
}

/** Everything that records, beside each other, each with the part of Postern that keeps it clean. */
async function startStage(options: GatewayOptions): Promise<Stage> {
  const world = await startWorld(options);
  const [smith, otlp, rooted] = [await startLangSmith(), await startOtlpReceiver(), await startOtlpReceiver()];
  const exporter = redactingExporter(new OTLPTraceExporter({ url: `${otlp.origin}/v1/traces` }), world.gateway);
  const toLangSmith = await createSpanProcessor(langsmith({ url: rooted.origin, apiKey: 'lsv2_pt_invented', env: {} }));
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter), toLangSmith] });
  provider.register();
  const client = new Client({
    apiUrl: smith.origin,
    apiKey: 'lsv2_pt_invented',
    anonymizer: langsmithAnonymizer(world.gateway),
  });
  cleanUps.push(
    () => world.stop(),
    () => smith.close(),
    () => otlp.close(),
    () => rooted.close(),
    () => provider.shutdown(),
  );
  return {
    world,
    smith,
    otlp,
    rooted,
    tracer: new LangChainTracer({ client }),
    async flush() {
      await client.awaitPendingTraceBatches();
      await provider.forceFlush();
    },
  };
}

it('runs, tools and calls form one tree in LangSmith, each call counted once', async () => {
  const stage = await startStage({ policies: [redact(), spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
  const { world, smith, rooted } = stage;
  const { agent } = makeAgent(world, { tools: 'redact' });
  const callbacks = [stage.tracer, new GatewayCallbackHandler(world.gateway)];
  await agent.invoke(prompt, { callbacks, configurable: { thread_id: 't-1' } });
  await stage.flush();

  const runs = [...smith.runs.values()];
  const roots = runs.filter(({ parent_run_id }) => !parent_run_id);
  expect(roots).toHaveLength(1);
  for (const { parent_run_id, trace_id, end_time } of runs) {
    expect(trace_id).toBe(roots[0]!.id);
    expect(end_time).toBeTruthy();
    if (parent_run_id) expect(smith.runs.has(parent_run_id)).toBe(true);
  }
  const models = runs.filter(({ run_type }) => run_type === 'llm');
  expect(models).toHaveLength(2);
  expect(runs.filter(({ run_type }) => run_type === 'tool')).toHaveLength(1);
  const annotated = models.map(
    ({ outputs }) => (outputs as { llmOutput?: { gateway?: { id: string } } }).llmOutput?.gateway?.id,
  );
  expect(annotated.sort()).toEqual(world.calls.map(({ id }) => id).sort());
  // The same calls as spans of Postern: they name the exchange and the thread, and stand right below the run that made the call.
  const calls = rooted.spans.filter(({ name }) => name === 'gateway chat gpt-4o-mini');
  expect(calls.map(({ attributes }) => attributes['gateway.exchange.id']).sort()).toEqual(annotated);
  for (const { attributes } of calls) {
    const parent = smith.runs.get(String(attributes['langsmith.span.parent_id']))!;
    expect(models.some(({ parent_run_id }) => parent_run_id === parent.id)).toBe(true);
    expect(attributes['langsmith.trace.id']).toBe(roots[0]!.id);
    expect(attributes['langsmith.span.dotted_order']).toMatch(new RegExp(`^${parent.dotted_order}\\.`));
  }
  // What a policy did stands below the call, and nothing of Postern's tells tokens that LangChain's run tells already.
  const places = new Set(calls.map(({ attributes }) => attributes['langsmith.span.id']));
  const policies = rooted.spans.filter((span) => !calls.includes(span));
  expect(policies.map(({ name }) => name)).toContain('gateway.policy redact');
  for (const { attributes } of policies) expect(places).toContain(attributes['langsmith.span.parent_id']);
  for (const { attributes } of rooted.spans) {
    expect(attributes['langsmith.metadata.thread_id']).toBe('t-1');
    expect(Object.keys(attributes).filter((key) => /^gen_ai\.usage|usage_metadata/.test(key))).toEqual([]);
  }
  const { rows } = await world.gateway.spend.rollup({ by: [], window: 'daily' });
  expect(rows).toMatchObject([{ calls: 2 }]);
});

it('nothing raw leaves by an exporter, LangSmith’s client, a webhook, an error or a log', async () => {
  const written: string[] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, method).mockImplementation((...args) => void written.push(JSON.stringify(args)));
  cleanUps.push(() => vi.restoreAllMocks());
  const hook = await startHook();
  const decisions = decisionLog({
    webhook: { url: hook.url, secret: `whsec_${Buffer.from('an invented secret of 32 bytes..').toString('base64')}` },
    calls: true,
  });
  const stage = await startStage({
    policies: [redact({ actions: { CREDIT_CARD: 'block' } })],
    observers: [decisions],
    captureContent: true,
  });
  const { world, smith, otlp, rooted } = stage;
  const provider = trace.getTracerProvider();
  const traceloop = new Traceloop({ traceContent: true });
  traceloop.setTracerProvider(provider);
  const inference = new OpenInference();
  inference.setTracerProvider(provider);

  // The agent under LangSmith's tracer, and a run that fails with the prompt in its error.
  const { agent } = makeAgent(world, { tools: 'redact' });
  await agent.invoke(prompt, { callbacks: [stage.tracer], metadata: { asked: EMAIL } });
  const failing = makeAgent(world, {
    denyTools: () => {
      throw new Error(`denied for ${EMAIL}`);
    },
  });
  await expect(failing.agent.invoke(prompt, { callbacks: [stage.tracer] })).rejects.toThrow();

  // The OpenAI client under each instrumentation; each of them patches the class.
  world.provider.intercept = undefined;
  world.provider.reply = `Ask ${MADE_UP}`;
  const ask = async (content = `SSN ${SSN}, mail ${EMAIL}`): Promise<unknown> => {
    const client = new OpenAI({ apiKey: PROVIDER_KEY, baseURL: world.provider.baseURL, fetch: world.gateway.fetch });
    return client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content }],
    });
  };
  inference.manuallyInstrument(OpenAI as never);
  await ask();
  traceloop.manuallyInstrument(OpenAI as never);
  await ask();
  const refusal = await ask(`${EMAIL} pays with ${CARD}`).catch((error: unknown) => error);
  expect(isGatewayError(refusal, 'content_blocked')).toBe(true);
  await stage.flush();
  await world.gateway.close();
  await decisions.close();

  const scopes = otlp.spans.map(({ scope }) => scope.split('@').slice(0, -1).join('@'));
  expect(scopes).toContain('postern');
  expect(scopes).toContain('@arizeai/openinference-instrumentation-openai');
  expect(scopes).toContain('@traceloop/instrumentation-openai');
  // They did record the prompt: what stands there now is the redacted form.
  expect(otlp.saw('SSN <US_SSN_1>, mail <EMAIL_ADDRESS_1>')).toBe(true);
  expect(smith.saw('Look up <EMAIL_ADDRESS_1>.')).toBe(true);
  expect(smith.saw('denied for <EMAIL_ADDRESS_1>')).toBe(true);
  expect(rooted.spans.every(({ scope }) => scope.startsWith('postern@'))).toBe(true);
  expect(hook.bodies.join('\n')).toContain('content_blocked');
  const errors = inspect([refusal, gatewayErrorOf(refusal)], { depth: Infinity, showHidden: true });
  for (const raw of [...RAW, CARD]) {
    // The client's own error holds its request's headers, and so its key.
    if (raw !== PROVIDER_KEY) expect(errors).not.toContain(raw);
    expect(hook.bodies.join('\n')).not.toContain(raw);
    for (const place of [smith, otlp, rooted]) expect(place.saw(raw), raw).toBe(false);
    expect(written.join('\n')).not.toContain(raw);
  }
});

it('redactingSpanProcessor keeps the spans of the app and others clean in every target behind it', async () => {
  const world = await startWorld({ policies: [redact()] });
  const otlp = await startOtlpReceiver();
  cleanUps.push(
    () => world.stop(),
    () => otlp.close(),
  );
  const all = await createSpanProcessor({ url: `${otlp.origin}/v1/traces` });
  const provider = new NodeTracerProvider({ spanProcessors: [redactingSpanProcessor(world.gateway), all] });
  provider.register();
  const span = provider.getTracer('app').startSpan('chat', { attributes: { prompt: `I am ${EMAIL}` } });
  span.recordException(new Error(`no such user: ${EMAIL}`));
  span.end();
  await provider.forceFlush();
  await provider.shutdown();
  expect(otlp.spans).toHaveLength(1);
  expect(otlp.saw(EMAIL)).toBe(false);
});

it('the anonymizer reaches any depth, keys and cycles, and leaves what it is given', async () => {
  const world = await startWorld({ policies: [redact()] });
  cleanUps.push(() => world.stop());
  const anonymizer = langsmithAnonymizer(world.gateway);
  let deep: Record<string, unknown> = { content: EMAIL };
  for (let i = 0; i < 40; i++) deep = { deep };
  const cyclic: Record<string, unknown> = { [EMAIL]: 1, text: EMAIL };
  cyclic.self = cyclic;
  const given = { deep, message: new HumanMessage(EMAIL), ssn: '521449876' };
  const shown = JSON.stringify([anonymizer(given), anonymizer(cyclic)]);
  for (const raw of [EMAIL, '521449876']) expect(shown).not.toContain(raw);
  expect(given.message.text).toBe(EMAIL);
  expect(cyclic.text).toBe(EMAIL);
});
