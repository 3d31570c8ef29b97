/** `/metrics`: what a scrape reads, against OpenTelemetry's own SDK told of the same. */
import { readFileSync } from 'node:fs';
import { type Attributes, type Meter, type MeterProvider as MeterProviderApi, metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway, createPrometheus, type GatewayOptions, redact, spendCap } from '../../src/index.ts';
import { observeProcess } from '../../src/telemetry/process-metrics.ts';
import { startWorld } from '../contract/world.ts';
import { type ParsedFamily, parsePrometheus, type Sample } from './prometheus-parser.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** OpenTelemetry's SDK, and what it has counted. */
function sdk(): { provider: MeterProviderApi; meter: Meter; read(): Promise<MetricData[]> } {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  cleanups.push(() => provider.shutdown());
  return {
    provider,
    meter: provider.getMeter('test'),
    read: async () => {
      await provider.forceFlush();
      return (
        exporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
      );
    },
  };
}

/** One line for each number that the SDK has: `name{labels} value`. Names are given, since they are what is tested. */
function expected(data: readonly MetricData[], names: Readonly<Record<string, string>>): string[] {
  return data
    .flatMap((metric) => {
      const name = names[metric.descriptor.name];
      if (name === undefined) throw new Error(`No name for ${metric.descriptor.name}`);
      return metric.dataPointType === DataPointType.HISTOGRAM
        ? metric.dataPoints.flatMap((point) => histogramLines(name, point.attributes, point.value))
        : metric.dataPoints.map((point) => line(name, labelsOf(point.attributes), Number(point.value)));
    })
    .sort();
}

function histogramLines(name: string, attributes: Attributes, { buckets, sum, count }: Histogram): string[] {
  const labels = labelsOf(attributes);
  const bounds = [...buckets.boundaries.map(String), '+Inf'];
  const below = bounds.map((_, i) => buckets.counts.slice(0, i + 1).reduce((all, one) => all + one, 0));
  return [
    ...bounds.map((le, i) => line(`${name}_bucket`, { ...labels, le }, below[i]!)),
    line(`${name}_sum`, labels, sum ?? 0),
    line(`${name}_count`, labels, count),
  ];
}

const labelsOf = (attributes: Attributes): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name.replaceAll('.', '_'), String(value)]));
/** Sums of fractions may differ in their last digits, by the order in which they were added. */
const line = (name: string, labels: Readonly<Record<string, string>>, value: number): string =>
  `${name} ${JSON.stringify(Object.entries(labels).sort())} ${value.toPrecision(12)}`;
const printed = (families: Map<string, ParsedFamily>): string[] =>
  [...families.values()]
    .flatMap(({ samples }) => samples.map(({ name, labels, value }: Sample) => line(name, labels, value)))
    .sort();

const LABEL_VALUE = fc.oneof(
  fc.constantFrom('openai', 'a"b', 'back\\slash', 'two\nlines', '', '}', ','),
  fc.string({ unit: 'grapheme' }),
);
const ATTRIBUTES = fc.record(
  { 'gen_ai.request.model': LABEL_VALUE, 'error.type': LABEL_VALUE, ok: fc.boolean(), n: fc.integer() },
  { requiredKeys: [] },
) as fc.Arbitrary<Attributes>;
const OPERATION = fc.record({
  instrument: fc.constantFrom('counter', 'upDown', 'histogram', 'plain'),
  value: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ min: -50, max: 20_000, noNaN: true })),
  attributes: ATTRIBUTES,
});

function instrumentsOf(meter: Meter) {
  return {
    counter: meter.createCounter('test.calls', { unit: '{call}', description: 'A \\ and\na line.' }),
    upDown: meter.createUpDownCounter('test.memory', { unit: 'By' }),
    histogram: meter.createHistogram('test.duration', { unit: 's', advice: { explicitBucketBoundaries: [0.5, 1, 7] } }),
    plain: meter.createHistogram('test.sizes'),
  };
}
const NAMES = {
  'test.calls': 'test_calls_total',
  'test.memory': 'test_memory_bytes',
  'test.duration': 'test_duration_seconds',
  'test.sizes': 'test_sizes',
};

describe('a scrape', () => {
  it('reads the numbers that the SDK has counted, whatever was measured', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(OPERATION, { maxLength: 60 }), async (operations) => {
        const prometheus = createPrometheus();
        const real = sdk();
        for (const meter of [prometheus.meter, real.meter]) {
          const instruments = instrumentsOf(meter);
          for (const { instrument, value, attributes } of operations) {
            if (instrument === 'counter') instruments.counter.add(Math.abs(value), attributes);
            else if (instrument === 'upDown') instruments.upDown.add(value, attributes);
            else instruments[instrument].record(Math.abs(value), attributes);
          }
        }
        expect(printed(parsePrometheus(prometheus.text()))).toEqual(expected(await real.read(), NAMES));
      }),
      { numRuns: 60 },
    );
  });

  it('says what a metric is, and shows none that was never measured', () => {
    const { meter, text, contentType } = createPrometheus();
    const { counter } = instrumentsOf(meter);
    expect(text()).toBe('');
    counter.add(2, { 'server.address': 'api.openai.com', ok: true });
    expect(text()).toBe(
      '# HELP test_calls_total A \\\\ and\\na line.\n# TYPE test_calls_total counter\n' +
        'test_calls_total{ok="true",server_address="api.openai.com"} 2\n',
    );
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('does not count what no counter can: less than nothing', () => {
    const { meter, text } = createPrometheus();
    const { counter, histogram } = instrumentsOf(meter);
    counter.add(-1);
    histogram.record(-1);
    expect(text()).toBe('');
  });

  it.each([
    ['gen_ai.client.token.usage', '{token}', 'Histogram', 'gen_ai_client_token_usage'],
    ['gateway.store.operation.duration', 's', 'Histogram', 'gateway_store_operation_duration_seconds'],
    ['gateway.spend', '{USD}', 'Counter', 'gateway_spend_total'],
    ['requests.total', '{request}', 'Counter', 'requests_total'],
    ['process.memory.usage', 'By', 'UpDownCounter', 'process_memory_usage_bytes'],
    ['wait_seconds', 's', 'Counter', 'wait_seconds_total'],
    ['event.loop', '1', 'Gauge', 'event_loop_ratio'],
    ['event.loop', '1', 'Counter', 'event_loop_total'],
    ['speed', 'By/s', 'Gauge', 'speed_bytes_per_second'],
    ['9.lives--of  a/cat', '', 'Gauge', '_9_lives_of_a_cat'],
  ] as const)('%s in %s is, as a %s, %s', (name, unit, kind, printedName) => {
    const { meter, text } = createPrometheus();
    const instrument = meter[`create${kind}`](name, { unit });
    if ('add' in instrument) instrument.add(1);
    else instrument.record(1);
    expect([...parsePrometheus(text()).keys()]).toEqual([printedName]);
  });

  it('joins labels whose names become the same', () => {
    const { meter, text } = createPrometheus();
    meter.createGauge('x').record(1, { 'a.b': 'one', 'a-b': 'two' });
    expect(parsePrometheus(text()).get('x')?.samples).toEqual([{ name: 'x', labels: { a_b: 'two;one' }, value: 1 }]);
  });

  it('keeps a bounded number of series, and counts the rest on one', () => {
    const { meter, text } = createPrometheus({ maxSeries: 10 });
    const counter = meter.createCounter('x');
    for (let i = 0; i < 1_000; i++) counter.add(1, { i });
    counter.add(1, { i: 0 });
    const samples = parsePrometheus(text()).get('x_total')!.samples;
    expect(samples).toHaveLength(10);
    expect(samples.at(0)).toMatchObject({ labels: { i: '0' }, value: 2 });
    expect(samples.at(-1)).toMatchObject({ labels: { otel_metric_overflow: 'true' }, value: 991 });
    expect(() => createPrometheus({ maxSeries: 0 })).toThrow(/maxSeries/);
  });

  it('takes an instrument that is made again for the same one, as when a configuration is read again', () => {
    const { meter, text } = createPrometheus();
    for (let i = 0; i < 3; i++) meter.createCounter('x', { unit: 's' }).add(1);
    expect(parsePrometheus(text()).get('x_seconds_total')?.samples).toMatchObject([{ value: 3 }]);
  });

  it('shows the first of two kinds under one name', () => {
    const { meter, text } = createPrometheus();
    meter.createUpDownCounter('x').add(1);
    meter.createHistogram('x').record(7);
    expect([...parsePrometheus(text()).values()]).toMatchObject([{ type: 'gauge', samples: [{ value: 1 }] }]);
  });

  it('asks what is observed, each time, and goes on where that fails', () => {
    const { meter, text } = createPrometheus();
    const depth = meter.createObservableGauge('queue.depth');
    const broken = meter.createObservableGauge('broken');
    const seen = meter.createObservableCounter('seen');
    let now = 1;
    const shown = (): void => undefined;
    depth.addCallback((result) => result.observe(now, { queue: `q${now}` }));
    broken.addCallback(() => {
      throw new Error('no');
    });
    broken.addCallback(async () => {
      throw new Error('nor later');
    });
    meter.addBatchObservableCallback((result) => result.observe(seen, now * 10), [seen]);
    depth.addCallback(shown);
    depth.removeCallback(shown);
    const values = () =>
      [...parsePrometheus(text())].map(([name, { samples }]) => [name, samples.map(({ value }) => value)]);

    expect(values()).toEqual([
      ['queue_depth', [1]],
      ['seen_total', [10]],
    ]);
    now = 2;
    expect(values()).toEqual([
      ['queue_depth', [2]],
      ['seen_total', [20]],
    ]);
  });
});

const GATEWAY_NAMES = {
  'gen_ai.client.token.usage': 'gen_ai_client_token_usage',
  'gen_ai.client.operation.duration': 'gen_ai_client_operation_duration_seconds',
  'gen_ai.client.operation.time_to_first_chunk': 'gen_ai_client_operation_time_to_first_chunk_seconds',
  'gateway.spend': 'gateway_spend_total',
  'gateway.holds.open': 'gateway_holds_open',
  'gateway.refusals': 'gateway_refusals_total',
  'gateway.redactions': 'gateway_redactions_total',
  'gateway.store.operation.duration': 'gateway_store_operation_duration_seconds',
};

describe('a gateway with `metrics`', () => {
  async function makeCalls(options: GatewayOptions): Promise<void> {
    const world = await startWorld({
      ...options,
      policies: [redact(), spendCap({ name: 'cap', limitUsd: '0.001', window: 'lifetime' })],
    });
    cleanups.push(world.stop);
    // Dear enough that the last one is refused.
    for (const [stream, maxTokens] of [
      [false, 10],
      [true, 10],
      [false, 10_000],
    ]) {
      const response = await fetch(`${world.serverURL}/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-test-user': 'ada' },
        body: JSON.stringify({
          model: 'gpt-4o-mini',
          stream,
          max_tokens: maxTokens,
          messages: [{ role: 'user', content: 'I am ada.lovelace@example.com' }],
        }),
      });
      await response.text();
    }
    await world.gateway.close();
  }

  it('tells them what the registered provider is told, by the same calls', async () => {
    const real = sdk();
    metrics.setGlobalMeterProvider(real.provider);
    cleanups.push(() => metrics.disable());
    const prometheus = createPrometheus();
    await makeCalls({ metrics: prometheus.meter });

    const families = parsePrometheus(prometheus.text());
    expect(printed(families)).toEqual(expected(await real.read(), GATEWAY_NAMES));
    expect([...families.keys()].sort()).toEqual(Object.values(GATEWAY_NAMES).sort());
    expect(families.get('gateway_refusals_total')?.samples).toMatchObject([
      { labels: { gateway_policy_name: 'cap', error_type: 'spend_cap_reached' }, value: 1 },
    ]);
    expect(families.get('gateway_holds_open')?.samples).toMatchObject([{ value: 0 }]);
  });

  it('needs no registered provider, and says of nobody who called', async () => {
    const prometheus = createPrometheus();
    await makeCalls({ metrics: prometheus.meter });
    expect(parsePrometheus(prometheus.text()).get('gateway_spend_total')?.samples[0]?.value).toBeGreaterThan(0);
    expect(prometheus.text()).not.toContain('ada');
  });

  it('refuses what is no meter', () => {
    expect(() => createGateway({ metrics: createPrometheus() as never })).toThrow(/metrics must be a meter/);
  });
});

const PROCESS_NAMES = {
  'gateway.calls.open': 'gateway_calls_open',
  'gateway.observer.failures': 'gateway_observer_failures_total',
  'nodejs.eventloop.delay.p99': 'nodejs_eventloop_delay_p99_seconds',
  'process.cpu.time': 'process_cpu_time_seconds_total',
  'process.memory.usage': 'process_memory_usage_bytes',
  'process.uptime': 'process_uptime_seconds',
};

it('docs/deployment.md has each metric, and no other', () => {
  const page = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
  const [, watched = ''] = page.split('## What to watch');
  const columns = [...watched.split('## ')[0]!.matchAll(/^\| (`[^|]+) \|/gm)].map(
    ([, column]) => column!.split(', by ')[0]!,
  );
  const named = columns.flatMap((column) => [...column.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual([...Object.values(GATEWAY_NAMES), ...Object.values(PROCESS_NAMES)].sort());
});

it('a process tells its memory, its processor time and how late it is, until it is told to stop', () => {
  const { meter, text } = createPrometheus();
  const end = observeProcess(meter, () => ({ open: 3, observerFailures: 1 }));
  const families = parsePrometheus(text());
  expect([...families.keys()]).toEqual(Object.values(PROCESS_NAMES));
  expect([...families.values()].map(({ type }) => type)).toEqual([
    ...['gauge', 'counter', 'gauge', 'counter', 'gauge', 'gauge'],
  ]);
  expect(families.get('gateway_calls_open')?.samples[0]?.value).toBe(3);
  expect(families.get('process_memory_usage_bytes')?.samples[0]?.value).toBeGreaterThan(10_000_000);
  end();
  expect(text()).toBe('');
});
