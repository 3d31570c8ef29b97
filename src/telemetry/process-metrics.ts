/**
 * Numbers about the process of a server, by the names of OpenTelemetry's conventions (1.41): memory, processor time and how late the
 * event loop is; and the calls in flight. Asked for when somebody reads them, so that nothing is done in between.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Meter, Observable, ObservableCallback } from '@opentelemetry/api';

/** `gateway.stats`. */
export interface ProcessStats {
  readonly open: number;
  readonly observerFailures: number;
}

const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;
/** How often the event loop is asked how late it is. */
const RESOLUTION_MS = 10;

/**
 * Returns the function that ends it.
 * @param stats of the gateway that answers now
 */
export function observeProcess(meter: Meter, stats: () => ProcessStats): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const watched: readonly (readonly [Observable, ObservableCallback])[] = [
    [
      meter.createObservableUpDownCounter('gateway.calls.open', { unit: '{call}', description: 'Calls in flight.' }),
      (result) => result.observe(stats().open),
    ],
    [
      meter.createObservableCounter('gateway.observer.failures', {
        unit: '{failure}',
        description: 'Times an observer or a listener threw.',
      }),
      (result) => result.observe(stats().observerFailures),
    ],
    [
      meter.createObservableGauge('nodejs.eventloop.delay.p99', {
        unit: 's',
        description: 'How late the event loop was in 1 of 100 turns since the last look.',
      }),
      (result) => {
        // It counts the time between two looks, which is the resolution when the loop is on time.
        const late = delay.percentile(99) / NANOSECONDS - RESOLUTION_MS / 1_000;
        result.observe(delay.count > 0 ? Math.max(0, late) : 0);
        delay.reset();
      },
    ],
    [
      meter.createObservableCounter('process.cpu.time', { unit: 's', description: 'Processor time.' }),
      (result) => {
        const { user, system } = process.cpuUsage();
        result.observe(user / MICROSECONDS, { 'cpu.mode': 'user' });
        result.observe(system / MICROSECONDS, { 'cpu.mode': 'system' });
      },
    ],
    [
      meter.createObservableUpDownCounter('process.memory.usage', { unit: 'By', description: 'Resident memory.' }),
      (result) => result.observe(process.memoryUsage.rss()),
    ],
    [
      meter.createObservableGauge('process.uptime', { unit: 's', description: 'Time since the process started.' }),
      (result) => result.observe(performance.now() / 1_000),
    ],
  ];
  for (const [observable, callback] of watched) observable.addCallback(callback);
  return () => {
    delay.disable();
    for (const [observable, callback] of watched) observable.removeCallback(callback);
  };
}
