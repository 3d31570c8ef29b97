import { expect, it } from 'vitest';
import { MergedMetrics } from '../../src/serve/merged-metrics.ts';
import { createPrometheus } from '../../src/telemetry/prometheus.ts';
import { parsePrometheus } from '../telemetry/prometheus-parser.ts';

function worker(calls: number, seconds: readonly number[], path = 'a b="c" } \\ d'): string {
  const { meter, text } = createPrometheus();
  meter.createCounter('calls', { description: 'Calls.' }).add(calls, { path });
  const duration = meter.createHistogram('duration', { unit: 's', advice: { explicitBucketBoundaries: [1, 5] } });
  for (const value of seconds) duration.record(value);
  meter.createUpDownCounter('calls.open').add(calls);
  meter.createUpDownCounter('process.memory.usage', { unit: 'By' }).add(calls * 100);
  return text();
}
const samples = (text: string, family: string): Record<string, number> => {
  const found = parsePrometheus(text).get(family)?.samples ?? [];
  return Object.fromEntries(found.map(({ name, labels, value }) => [JSON.stringify([name, labels]), value]));
};
const only = (text: string, family: string): number[] => Object.values(samples(text, family));

it('adds up counters, gauges and histograms, and keeps what is said of a process apart', () => {
  const merged = new MergedMetrics();
  merged.tell('1', worker(3, [0.5, 7]));
  merged.tell('2', worker(4, [2]));

  expect(only(merged.text(), 'calls_total')).toEqual([7]);
  expect(only(merged.text(), 'calls_open')).toEqual([7]);
  expect(samples(merged.text(), 'duration_seconds')).toEqual({
    '["duration_seconds_bucket",{"le":"1"}]': 1,
    '["duration_seconds_bucket",{"le":"5"}]': 2,
    '["duration_seconds_bucket",{"le":"+Inf"}]': 3,
    '["duration_seconds_sum",{}]': 9.5,
    '["duration_seconds_count",{}]': 3,
  });
  expect(samples(merged.text(), 'process_memory_usage_bytes')).toEqual({
    '["process_memory_usage_bytes",{"worker":"1"}]': 300,
    '["process_memory_usage_bytes",{"worker":"2"}]': 400,
  });
});

it('no counter falls when a process ends, and no gauge speaks of one that has', () => {
  const merged = new MergedMetrics();
  merged.tell('1', worker(3, [1]));
  merged.tell('2', worker(4, [2]));
  merged.end('1');
  merged.end('1');
  merged.tell('1', worker(1, [3]));

  expect(only(merged.text(), 'calls_total')).toEqual([8]);
  expect(only(merged.text(), 'calls_open')).toEqual([5]);
  expect(samples(merged.text(), 'duration_seconds')['["duration_seconds_count",{}]']).toBe(3);
  expect(only(merged.text(), 'process_memory_usage_bytes').sort()).toEqual([100, 400]);
});

it('of one process it is what that said, but for the name', () => {
  const merged = new MergedMetrics();
  const { meter, text } = createPrometheus();
  meter.createCounter('calls').add(2, { a: '1' });
  meter.createGauge('odd').record(Number.POSITIVE_INFINITY);
  merged.tell('1', text());

  expect(merged.text()).toBe(text());
});
