/**
 * Numbers for a Prometheus that scrapes them: a meter of OpenTelemetry's API that keeps sums in memory and prints them as text. It takes
 * no SDK, so that a server has `/metrics` without one. Series are bounded; nothing here decides what is counted.
 */
import type {
  Attributes,
  BatchObservableCallback,
  Counter,
  Gauge,
  Histogram,
  Meter,
  MetricOptions,
  Observable,
  ObservableCallback,
  ObservableGauge,
  UpDownCounter,
} from '@opentelemetry/api';
import { optionError } from '../errors.ts';
import {
  CONTENT_TYPE,
  type FamilyKind,
  familyName,
  headLines,
  labelsText,
  numberText,
  sampleLine,
  valueText,
} from './prometheus-text.ts';

export interface PrometheusOptions {
  /** Of one metric; what comes beyond counts on one series with `otel_metric_overflow="true"`. Default 2,000, as in OpenTelemetry's SDK. */
  readonly maxSeries?: number | undefined;
}

export interface Prometheus {
  /** Give it to `createGateway({ metrics })`. An instrument that is made twice is the same one. */
  readonly meter: Meter;
  /**
   * All series, for the answer to a scrape. Asks the callbacks of observable instruments, which must tell what they know at once; one that
   * throws has no series. Without `otel_scope_*` labels: there is one scope.
   */
  text(): string;
  /** Of that answer. */
  readonly contentType: string;
}

const OVERFLOW = labelsText({ 'otel.metric.overflow': true });
/** Where none are advised: those of OpenTelemetry's SDK. */
const DEFAULT_BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/** @throws GatewayError `invalid_option` */
export function createPrometheus({ maxSeries = 2_000 }: PrometheusOptions = {}): Prometheus {
  if (!Number.isSafeInteger(maxSeries) || maxSeries < 2)
    throw optionError('maxSeries', 'a whole number of at least 2', maxSeries);
  const registry = new Registry(maxSeries);
  return { meter: meterOf(registry), text: () => registry.text(), contentType: CONTENT_TYPE };
}

/** One series: a value, and for histograms how many measurements each bucket has and what they add up to. */
interface Series {
  value: number;
  readonly counts: number[];
  count: number;
}

class Family {
  readonly name: string;
  readonly kind: FamilyKind;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #maxSeries: number;
  /** By labels as they are printed. */
  readonly #series = new Map<string, Series>();
  /** The same by attributes as they are given: to write labels takes twenty times as long as to look one of these up. */
  readonly #given = new Map<string, Series>();

  constructor(name: string, kind: FamilyKind, options: MetricOptions, maxSeries: number) {
    this.name = name;
    this.kind = kind;
    this.#help = options.description ?? '';
    this.#bounds = kind === 'histogram' ? (options.advice?.explicitBucketBoundaries ?? DEFAULT_BOUNDS) : [];
    this.#maxSeries = maxSeries;
  }

  add(value: number, attributes: Attributes | undefined): void {
    this.#at(attributes).value += value;
  }

  set(value: number, attributes: Attributes | undefined): void {
    this.#at(attributes).value = value;
  }

  record(value: number, attributes: Attributes | undefined): void {
    const series = this.#at(attributes);
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    series.counts[bucket < 0 ? this.#bounds.length : bucket]!++;
    series.value += value;
    series.count++;
  }

  clear(): void {
    this.#series.clear();
    this.#given.clear();
  }

  lines(): string[] {
    if (this.#series.size === 0) return [];
    const samples = [...this.#series].flatMap(([labels, series]) =>
      this.kind === 'histogram' ? this.#buckets(labels, series) : [sampleLine(this.name, labels, series.value)],
    );
    return [...headLines(this.name, this.kind, this.#help), ...samples];
  }

  #buckets(labels: string, { counts, count, value }: Series): string[] {
    const before = labels === '' ? '' : `${labels},`;
    let below = 0;
    const buckets = [...this.#bounds, Number.POSITIVE_INFINITY].map((bound, i) => {
      below += counts[i]!;
      return sampleLine(`${this.name}_bucket`, `${before}le="${numberText(bound)}"`, below);
    });
    return [...buckets, sampleLine(`${this.name}_sum`, labels, value), sampleLine(`${this.name}_count`, labels, count)];
  }

  #at(attributes: Attributes = {}): Series {
    const given = givenKey(attributes);
    const known = this.#given.get(given);
    if (known) return known;
    const series = this.#labelled(labelsText(attributes));
    // Of one series attributes may come in several orders; what overflows comes without end.
    if (this.#given.size >= 2 * this.#maxSeries) this.#given.clear();
    this.#given.set(given, series);
    return series;
  }

  /** The last place is kept for what overflows. */
  #labelled(labels: string): Series {
    const key = this.#series.has(labels) || this.#series.size < this.#maxSeries - 1 ? labels : OVERFLOW;
    const series = this.#series.get(key) ?? this.#empty();
    this.#series.set(key, series);
    return series;
  }

  #empty(): Series {
    return { value: 0, count: 0, counts: this.kind === 'histogram' ? this.#bounds.map(() => 0).concat(0) : [] };
  }
}

/** Lengths stand before texts, so that no two lists of attributes have the same key. */
function givenKey(attributes: Attributes): string {
  let key = '';
  for (const name in attributes) {
    const value = attributes[name];
    if (value === undefined) continue;
    const text = valueText(value);
    key += `${name.length} ${name}${text.length} ${text}`;
  }
  return key;
}

class Registry {
  readonly #maxSeries: number;
  readonly #families = new Map<string, Family>();
  readonly #observed = new Map<Observable, ObservedFamily>();
  readonly #batches = new Map<BatchObservableCallback, readonly Observable[]>();

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** Two kinds under one name cannot both be printed: the first one is. */
  family(name: string, kind: FamilyKind, options: MetricOptions = {}): Family {
    const text = familyName(name, options.unit ?? '', kind);
    const known = this.#families.get(text);
    if (known?.kind === kind) return known;
    const family = new Family(text, kind, options, this.#maxSeries);
    if (!known) this.#families.set(text, family);
    return family;
  }

  observable(family: Family): ObservableGauge {
    const known = [...this.#observed].find(([, observed]) => observed.family === family);
    if (known) return known[0];
    const callbacks = new Set<ObservableCallback>();
    const observable: Observable = {
      addCallback: (callback) => void callbacks.add(callback as ObservableCallback),
      removeCallback: (callback) => void callbacks.delete(callback as ObservableCallback),
    };
    this.#observed.set(observable, { family, callbacks });
    return observable;
  }

  addBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    this.#batches.set(callback, observables);
  }

  removeBatch(callback: BatchObservableCallback): void {
    this.#batches.delete(callback);
  }

  text(): string {
    this.#observe();
    const lines = [...this.#families.values()].flatMap((family) => family.lines());
    return lines.map((line) => `${line}\n`).join('');
  }

  #observe(): void {
    for (const { family, callbacks } of this.#observed.values()) {
      family.clear();
      for (const callback of callbacks)
        told(() => callback({ observe: (value, attributes) => family.set(value, attributes) }));
    }
    for (const [callback, observables] of this.#batches)
      told(() =>
        callback({
          observe: (observable, value, attributes) => {
            if (observables.includes(observable)) this.#observed.get(observable)?.family.set(value, attributes);
          },
        }),
      );
  }
}

interface ObservedFamily {
  readonly family: Family;
  readonly callbacks: ReadonlySet<ObservableCallback>;
}

/** A scrape shows the rest when a callback fails. */
function told(callback: () => void | Promise<void>): void {
  try {
    Promise.resolve(callback()).catch(() => undefined);
  } catch {}
}

function meterOf(registry: Registry): Meter {
  const observable =
    (kind: FamilyKind) =>
    (name: string, options?: MetricOptions): ObservableGauge =>
      registry.observable(registry.family(name, kind, options));
  return {
    createCounter(name, options): Counter {
      const family = registry.family(name, 'counter', options);
      return { add: (value, attributes) => void (value >= 0 && family.add(value, attributes)) };
    },
    createUpDownCounter(name, options): UpDownCounter {
      const family = registry.family(name, 'gauge', options);
      return { add: (value, attributes) => family.add(value, attributes) };
    },
    createGauge(name, options): Gauge {
      const family = registry.family(name, 'gauge', options);
      return { record: (value, attributes) => family.set(value, attributes) };
    },
    createHistogram(name, options): Histogram {
      const family = registry.family(name, 'histogram', options);
      return { record: (value, attributes) => void (value >= 0 && family.record(value, attributes)) };
    },
    createObservableCounter: observable('counter'),
    createObservableUpDownCounter: observable('gauge'),
    createObservableGauge: observable('gauge'),
    addBatchObservableCallback: (callback, observables) =>
      registry.addBatch(callback as BatchObservableCallback, observables as Observable[]),
    removeBatchObservableCallback: (callback) => registry.removeBatch(callback as BatchObservableCallback),
  };
}
