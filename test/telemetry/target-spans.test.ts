import { context, type SpanContext, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, expect, test, vi } from 'vitest';
import type { OtlpReceiver } from '../../examples/support/otlp-receiver.ts';
import { createSpanProcessor, type LangSmithOptions, langsmith } from '../../src/telemetry/otel.ts';
import { createBench, endpoint } from './calls.ts';

const bench = createBench();
afterEach(async () => {
  await bench.cleanUp();
  vi.unstubAllEnvs();
});

const target = (receiver: OtlpReceiver, options: LangSmithOptions = {}) =>
  langsmith({ url: receiver.origin, apiKey: 'lsv2_pt_invented', env: {}, ...options });
const parents = ({ spans }: OtlpReceiver): Record<string, string> =>
  Object.fromEntries(
    spans.map(({ name, parentSpanId }) => [
      name,
      spans.find(({ spanId }) => spanId === parentSpanId)?.name ?? parentSpanId,
    ]),
  );

/** An app's request with a call of Postern in it, which has a child of its own. */
function appRequest(attributes = {}, parent = context.active()): SpanContext {
  const app = trace.getTracer('app').startSpan('request', {}, parent);
  const call = trace.getTracer('postern').startSpan('call', { attributes }, trace.setSpan(parent, app));
  trace.getTracer('postern').startSpan('violation', {}, trace.setSpan(parent, call)).end();
  call.end();
  app.end();
  return app.spanContext();
}

test('LangSmith gets the spans of Postern, rooted; a backend beside it gets all, with their true parents', async () => {
  const [smith, other] = [await bench.receive(), await bench.receive()];
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=env-secret');
  const tracing = await bench.trace({ target: [target(smith), { url: endpoint(other), headers: { 'x-other': '1' } }] });
  appRequest();
  await tracing.forceFlush();
  expect(parents(smith)).toEqual({ call: '', violation: 'call' });
  expect(parents(other)).toEqual({ request: '', call: 'request', violation: 'call' });
  expect(smith.batches[0]!.headers).not.toHaveProperty('authorization');
  expect(smith.batches[0]!.headers).not.toHaveProperty('x-other');
  expect(other.batches[0]!.headers).not.toHaveProperty('x-api-key');
});

test("spans: 'all' keeps local parents and cuts remote ones", async () => {
  const smith = await bench.receive();
  const tracing = await bench.trace({ target: target(smith, { spans: 'all' }) });
  const remote = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
    isRemote: true,
  };
  appRequest({}, trace.setSpanContext(context.active(), remote));
  await tracing.forceFlush();
  expect(parents(smith)).toEqual({ request: '', call: 'request', violation: 'call' });
  expect(smith.spans.every(({ traceId }) => traceId === remote.traceId)).toBe(true);
});

test('a span that langsmith.* ids place below a run keeps its parent', async () => {
  const smith = await bench.receive();
  const tracing = await bench.trace({ target: target(smith) });
  const app = appRequest({ 'langsmith.span.parent_id': '2f8c9b1e-0000-4000-8000-000000000001' });
  await tracing.forceFlush();
  expect(parents(smith)).toEqual({ call: app.spanId, violation: 'call' });
});

test('a processor for a provider of the app does the same', async () => {
  const smith = await bench.receive();
  const processor = await createSpanProcessor(target(smith));
  new NodeTracerProvider({ spanProcessors: [processor] }).register();
  appRequest();
  await processor.forceFlush();
  expect(parents(smith)).toEqual({ call: '', violation: 'call' });
  await processor.shutdown();
});

test('spans takes no other value', () => {
  expect(() => langsmith({ apiKey: 'k', env: {}, spans: 'genai' as never })).toThrow(/spans/);
});
