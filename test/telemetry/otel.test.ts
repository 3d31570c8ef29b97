import { ProxyTracerProvider, trace } from '@opentelemetry/api';
import { NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterEach, expect, test, vi } from 'vitest';
import type { OtlpReceiver } from '../../examples/support/otlp-receiver.ts';
import { loadSdk, type Sdk } from '../../src/telemetry/exporter.ts';
import { createSpanObserver } from '../../src/telemetry/observer.ts';
import { createSpanProcessor, langsmith } from '../../src/telemetry/otel.ts';
import { createBench, endpoint, makeExchange, onlySpan } from './calls.ts';

const bench = createBench();
afterEach(async () => {
  await bench.cleanUp();
  vi.unstubAllEnvs();
});

function call(): void {
  const observer = createSpanObserver();
  const exchange = makeExchange();
  observer.start(exchange);
  observer.end(Object.assign(exchange, { outcome: 'completed' as const }));
}

const headersOf = (receiver: OtlpReceiver) => receiver.batches[0]?.headers ?? {};

test('LangSmith gets protobuf on its own path with its headers', async () => {
  const receiver = await bench.receive();
  const tracing = await bench.trace({
    target: langsmith({ url: receiver.origin, apiKey: 'lsv2_pt_invented', project: 'gateway', env: {} }),
  });

  call();
  await tracing.forceFlush();

  expect(receiver.batches[0]?.path).toBe('/api/v1/otel/v1/traces');
  expect(headersOf(receiver)).toMatchObject({
    'content-type': 'application/x-protobuf',
    'x-api-key': 'lsv2_pt_invented',
    'langsmith-project': 'gateway',
  });
  expect(onlySpan(receiver).name).toBe('chat gpt-4o-mini');
});

test("no target gets another target's headers, nor those of the environment", async () => {
  const [first, second] = [await bench.receive(), await bench.receive()];
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=env-secret,x-other=env');
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x-trace=env');
  const tracing = await bench.trace({
    target: [
      langsmith({ url: first.origin, apiKey: 'lsv2_pt_invented', env: {} }),
      { url: endpoint(second), headers: { 'x-backend': 'second' } },
    ],
  });

  call();
  await tracing.forceFlush();

  expect(headersOf(first)).toMatchObject({ 'x-api-key': 'lsv2_pt_invented' });
  expect(headersOf(second)).toMatchObject({ 'x-backend': 'second' });
  for (const name of ['authorization', 'x-other', 'x-trace']) {
    expect(headersOf(first)).not.toHaveProperty(name);
    expect(headersOf(second)).not.toHaveProperty(name);
  }
  expect(headersOf(first)).not.toHaveProperty('x-backend');
  expect(headersOf(second)).not.toHaveProperty('x-api-key');
  expect(process.env.OTEL_EXPORTER_OTLP_HEADERS).toBe('authorization=env-secret,x-other=env');
  expect(onlySpan(second).spanId).toBe(onlySpan(first).spanId);
});

test('without a target, the OTEL_EXPORTER_OTLP variables say where and with what headers', async () => {
  const receiver = await bench.receive();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${receiver.origin}/collector`);
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-other=env');
  const tracing = await bench.trace();

  call();
  await tracing.forceFlush();

  expect(receiver.batches[0]?.path).toBe('/collector/v1/traces');
  expect(headersOf(receiver)).toMatchObject({ 'x-other': 'env' });
});

test('the service is named by the options, then by OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES', async () => {
  vi.stubEnv('OTEL_SERVICE_NAME', 'from-env');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=staging,service.version=1,team=a%2Cb');
  const receiver = await bench.receive();
  const tracing = await bench.trace({
    target: { url: endpoint(receiver) },
    resourceAttributes: { 'service.version': '2' },
  });

  call();
  await tracing.forceFlush();

  expect(onlySpan(receiver).resource).toMatchObject({
    'service.name': 'from-env',
    'service.version': '2',
    'deployment.environment.name': 'staging',
    team: 'a,b',
    'telemetry.sdk.language': 'nodejs',
  });
});

test('a service name in code wins over the environment', async () => {
  vi.stubEnv('OTEL_SERVICE_NAME', 'from-env');
  const receiver = await bench.receive();
  const tracing = await bench.trace({ target: { url: endpoint(receiver) }, serviceName: 'mine' });

  call();
  await tracing.forceFlush();

  expect(onlySpan(receiver).resource['service.name']).toBe('mine');
});

test('OTEL_SDK_DISABLED leaves tracing off', async () => {
  vi.stubEnv('OTEL_SDK_DISABLED', 'true');
  const receiver = await bench.receive();
  const tracing = await bench.trace({ target: { url: endpoint(receiver) } });

  call();

  expect(await tracing.shutdown()).toEqual({ ok: true, failures: [] });
  expect(receiver.batches).toEqual([]);
  expect(tracing.provider).toBeInstanceOf(ProxyTracerProvider);
});

test.each([401, 413, 500])(
  'a target that answers %i is reported and never thrown, neither by a flush nor at shutdown',
  async (status) => {
    const receiver = await bench.receive({ status });
    const told = vi.fn(() => {
      throw new Error('a listener that fails');
    });
    const tracing = await bench.trace({ target: { url: `${endpoint(receiver)}?token=hidden` }, onExportFailure: told });
    const failure = { target: endpoint(receiver), status, message: expect.any(String) };

    call();
    expect(await tracing.forceFlush()).toEqual({ ok: false, failures: [failure] });
    expect(await tracing.forceFlush()).toEqual({ ok: true, failures: [] });
    call();
    expect(await tracing.shutdown()).toEqual({ ok: false, failures: [failure] });

    expect(told).toHaveBeenCalledTimes(2);
  },
);

test('one target that fails does not keep spans from another', async () => {
  const [down, up] = [await bench.receive({ status: 401 }), await bench.receive()];
  const tracing = await bench.trace({ target: [{ url: endpoint(down) }, { url: endpoint(up) }] });

  call();
  const report = await tracing.shutdown();

  expect(report.failures.map(({ target }) => target)).toEqual([endpoint(down)]);
  expect(onlySpan(up).name).toBe('chat gpt-4o-mini');
});

test('shutdown sends what waits, and a second one changes nothing', async () => {
  const receiver = await bench.receive();
  const tracing = await bench.trace({ target: { url: endpoint(receiver) } });
  call();

  const report = await tracing.shutdown();
  call();

  expect(report).toEqual({ ok: true, failures: [] });
  expect(await tracing.shutdown()).toBe(report);
  expect(receiver.spans).toHaveLength(1);
});

test('a flush waits for a batch that is already on its way', async () => {
  const order: string[] = [];
  const receiver = await bench.receive({ onBatch: () => void order.push('arrived') });
  const tracing = await bench.trace({
    target: { url: endpoint(receiver) },
    batch: { maxExportBatchSize: 1, maxQueueSize: 8 },
  });

  call();
  await tracing.forceFlush();
  order.push('flushed');

  expect(order).toEqual(['arrived', 'flushed']);
  expect(receiver.spans).toHaveLength(1);
});

test("the app's provider is kept, and the refusal says how to add the target to it", async () => {
  const receiver = await bench.receive();
  const own = new NodeTracerProvider();
  own.register();

  await expect(bench.trace({ target: { url: endpoint(receiver) } })).rejects.toMatchObject({
    code: 'not_supported',
    message: expect.stringContaining('createSpanProcessor'),
  });

  expect((trace.getTracerProvider() as ProxyTracerProvider).getDelegate()).toBe(own);
  await own.shutdown();
});

test('a provider made with our processor sends to the target', async () => {
  const receiver = await bench.receive();
  const own = new NodeTracerProvider({ spanProcessors: [await createSpanProcessor({ url: endpoint(receiver) })] });
  own.register();

  call();
  await own.shutdown();

  expect(onlySpan(receiver).name).toBe('chat gpt-4o-mini');
});

/** A provider that takes processors later, as some distributions do. */
function extensibleProvider() {
  const late: SpanProcessor[] = [];
  const fan: SpanProcessor = {
    onStart(span, parent) {
      for (const processor of late) processor.onStart(span, parent);
    },
    onEnd(span) {
      for (const processor of late) processor.onEnd(span);
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  return Object.assign(new NodeTracerProvider({ spanProcessors: [fan] }), {
    addSpanProcessor: (processor: SpanProcessor) => late.push(processor),
  });
}

test('a target is added to a provider that takes processors, and shutting it down leaves the provider alone', async () => {
  const receiver = await bench.receive();
  const own = extensibleProvider();
  const ownShutdown = vi.spyOn(own, 'shutdown');
  own.register();

  const tracing = await bench.trace({ target: { url: endpoint(receiver) } });
  call();
  await tracing.shutdown();

  expect(tracing.provider).toBe(own);
  expect(onlySpan(receiver).name).toBe('chat gpt-4o-mini');
  expect(ownShutdown).not.toHaveBeenCalled();
});

test('a provider of SDK 1 is refused, because its spans cannot be read', async () => {
  const own = Object.assign(extensibleProvider(), { getActiveSpanProcessor: () => undefined });
  own.register();

  await expect(bench.trace({ target: { url: 'http://127.0.0.1:9/v1/traces' } })).rejects.toMatchObject({
    code: 'not_supported',
  });
});

test.each([
  [[], 'target must be at least one target'],
  [{ url: 'collector:4318' }, 'target.url must be an http or https URL'],
  [{ url: '' }, 'target.url must be an http or https URL'],
])('the target %j is refused, and no provider is registered', async (target, message) => {
  await expect(bench.trace({ target })).rejects.toThrow(message);
  expect((trace.getTracerProvider() as ProxyTracerProvider).getDelegate()).toBe(
    new ProxyTracerProvider().getDelegate(),
  );
});

test('a missing peer is an error that says what to install', async () => {
  const missing = (): Promise<Sdk> =>
    Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }));

  await expect(loadSdk(missing)).rejects.toMatchObject({
    code: 'not_supported',
    message: expect.stringMatching(/not installed.*npm install @opentelemetry\/sdk-trace-node/),
  });
});
