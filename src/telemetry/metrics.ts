/**
 * Numbers about calls, through OpenTelemetry's metrics API alone: the GenAI conventions' (1.41, in development), and the gateway's
 * own. Nothing is done when no meter provider is registered and no meter was given. Labels are few: never who called, and a bounded
 * number of models.
 */
import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Histogram,
  type Meter,
  type MeterProvider,
  type MetricOptions,
  metrics,
  type UpDownCounter,
} from '@opentelemetry/api';
import type { GatewayEvent, Observer } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { LedgerStore, Reservation } from '../core/ledger.ts';
import { isOwnError } from '../errors.ts';
import { known, operationName } from './attributes.ts';
import { failureOf } from './failure.ts';
import { TRACER_NAME, TRACER_VERSION } from './observer.ts';

export type { Meter };

/** As the conventions advise. */
const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
const SECOND_BUCKETS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const FIRST_CHUNK_BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const STORE_BUCKETS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Callers choose the names of models: further ones count as `_OTHER`. */
const MAX_MODELS = 200;
const OTHER = '_OTHER';
/** Hosts whose names are kept: to parse a URL takes longer than all counting of a call. */
const MAX_UPSTREAMS = 100;
const NANO_PER_USD = 1e9;

export interface GatewayMetrics {
  readonly observer: Required<Observer>;
  /** The same ledger, whose answers are timed and whose holds are counted. */
  measured(ledger: LedgerStore): LedgerStore;
}

/**
 * @param now milliseconds since the epoch
 * @param own told of everything too, beside the meter of the registered provider
 */
export function createMetrics(now: () => number, own?: Meter): GatewayMetrics {
  const instruments = instrumentsOf(own);
  const models = new Set<string>();
  const bounded = (model: string): string => {
    if (!models.has(model) && models.size < MAX_MODELS) models.add(model);
    return models.has(model) ? model : OTHER;
  };
  const address = remembered(MAX_UPSTREAMS, hostnameOf);
  const denied = new WeakSet<Exchange>();
  return {
    measured: (ledger) => measuredLedger(ledger, instruments),
    observer: {
      start() {},
      event(exchange, event) {
        if (event.type === 'policy' && event.decision === 'deny') denied.add(exchange);
        const known = instruments();
        if (known) countEvent(known, event);
      },
      end(exchange, error) {
        const known = instruments();
        if (!known) return;
        // What no policy refused (an unreadable body) has no event.
        if (exchange.outcome === 'blocked' && !denied.has(exchange) && isOwnError(error))
          known.refusals.add(1, { 'error.type': error.code, 'gateway.policy.decision': 'deny' });
        countCall(known, exchange, error, { model: bounded(exchange.model), at: now(), address });
      },
    },
  };
}

const hostnameOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).hostname : undefined);

function remembered<Value>(max: number, read: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    if (known.has(key)) return known.get(key)!;
    if (known.size >= max) known.clear();
    const value = read(key);
    known.set(key, value);
    return value;
  };
}

type Instruments = ReturnType<typeof createInstruments>;

/** Those of the provider that is registered now, and of the gateway's own meter; made once for each provider. */
function instrumentsOf(own: Meter | undefined): () => Instruments | undefined {
  const none = createNoopMeter();
  const made = new WeakMap<MeterProvider, Instruments | false>();
  return () => {
    const provider = metrics.getMeterProvider();
    let instruments = made.get(provider);
    if (instruments === undefined) {
      const registered = provider.getMeter(TRACER_NAME, TRACER_VERSION);
      const meters = [...(own ? [own] : []), ...(registered === none ? [] : [registered])];
      instruments = meters.length > 0 && createInstruments(meters);
      made.set(provider, instruments);
    }
    return instruments || undefined;
  };
}

function createInstruments(meters: readonly Meter[]) {
  const histogram = (name: string, unit: string, explicitBucketBoundaries: number[], description: string): Histogram =>
    recordingAll(
      meters.map((meter) => meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries } })),
    );
  const counter = (name: string, options: MetricOptions): Counter =>
    addingToAll(meters.map((meter) => meter.createCounter(name, options)));
  const upDownCounter = (name: string, options: MetricOptions): UpDownCounter =>
    addingToAll(meters.map((meter) => meter.createUpDownCounter(name, options)));
  return {
    tokens: histogram('gen_ai.client.token.usage', '{token}', TOKEN_BUCKETS, 'Tokens of a call, by type.'),
    duration: histogram('gen_ai.client.operation.duration', 's', SECOND_BUCKETS, 'How long calls take.'),
    firstChunk: histogram(
      'gen_ai.client.operation.time_to_first_chunk',
      's',
      FIRST_CHUNK_BUCKETS,
      'How long streamed answers take to begin.',
    ),
    spend: counter('gateway.spend', { unit: '{USD}', description: 'What calls cost.' }),
    holds: upDownCounter('gateway.holds.open', { unit: '{hold}', description: 'Calls that hold money.' }),
    refusals: counter('gateway.refusals', {
      unit: '{refusal}',
      description: 'What was refused, or would have been in monitor mode.',
    }),
    redactions: counter('gateway.redactions', {
      unit: '{value}',
      description: 'Values that were found, by entity.',
    }),
    store: histogram('gateway.store.operation.duration', 's', STORE_BUCKETS, 'How long the ledger takes to answer.'),
  };
}

function addingToAll(sinks: readonly Counter[]): Counter {
  return {
    add: (value, attributes) => {
      for (const sink of sinks) sink.add(value, attributes);
    },
  };
}

function recordingAll(sinks: readonly Histogram[]): Histogram {
  return {
    record: (value, attributes) => {
      for (const sink of sinks) sink.record(value, attributes);
    },
  };
}

function countEvent({ refusals, redactions }: Instruments, event: GatewayEvent): void {
  if (event.type !== 'policy') return;
  const labels = { 'gateway.policy.name': event.policy, 'gateway.policy.decision': event.decision };
  const isRefusal = event.action === 'block' || (event.action === 'fail' && event.decision === 'deny');
  if (isRefusal) refusals.add(1, { ...labels, 'error.type': event.code ?? OTHER });
  for (const { kind, count = 1, action = 'detected' } of event.findings ?? []) {
    if (action !== 'detected') continue;
    redactions.add(count, { ...labels, 'gateway.pii.type': kind, 'gateway.policy.target': event.target });
  }
}

/** A call that a Postern in front tells of has its tokens, costs and time told there. */
function countCall(
  { tokens, duration, firstChunk, spend }: Instruments,
  exchange: Exchange,
  error: unknown,
  { model, at, address }: { model: string; at: number; address: (upstream: string) => string | undefined },
): void {
  const operation = operationName(exchange);
  if (exchange.fronted || !operation) return;
  const { provider, upstream, usage, cost, stream, response, startedAt } = exchange;
  const labels = known({
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    'server.address': upstream === undefined ? undefined : address(upstream),
  });
  const failure = failureOf(exchange, error);
  duration.record((at - startedAt) / 1000, failure ? { ...labels, 'error.type': failure.type } : labels);
  if (stream && response?.firstChunkAt !== undefined)
    firstChunk.record((response.firstChunkAt - startedAt) / 1000, labels);
  // What was not told is not a measurement: the conventions ask to report no guesses.
  if (usage?.source === 'provider') {
    tokens.record(usage.inputTokens, { ...labels, 'gen_ai.token.type': 'input' });
    tokens.record(usage.outputTokens, { ...labels, 'gen_ai.token.type': 'output' });
  }
  if (cost) spend.add(cost.nanoUsd / NANO_PER_USD, labels);
}

const TIMED = ['reserve', 'extend', 'settle', 'release', 'read', 'query'] as const;
type Timed = (typeof TIMED)[number];

function measuredLedger(ledger: LedgerStore, instruments: () => Instruments | undefined): LedgerStore {
  const open = new Set<string>();
  const watched = (name: Timed): unknown => {
    const method = ledger[name].bind(ledger) as (...given: unknown[]) => unknown;
    return (...given: unknown[]) => {
      const known = instruments();
      return known
        ? timed(
            known,
            name,
            () => method(...given),
            (result) => follow(known, open, name, given[0], result),
          )
        : method(...given);
    };
  };
  const measured = Object.fromEntries(TIMED.map((name) => [name, watched(name)]));
  // Everything else of the ledger stays as it is, also what a store has beyond the interface.
  return Object.assign(Object.create(ledger) as LedgerStore, measured, {
    ...(ledger.flush && { flush: ledger.flush.bind(ledger) }),
    ...(ledger.close && { close: ledger.close.bind(ledger) }),
  });
}

/** An answer that is there at once is handed on at once: most ledgers are in this process. */
function timed<Result>(
  { store }: Instruments,
  name: Timed,
  ask: () => Result,
  told: (result: unknown) => void,
): Result {
  const startedAt = performance.now();
  const record = (failure?: Attributes): void =>
    store.record((performance.now() - startedAt) / 1000, { 'gateway.store.operation': name, ...failure });
  const failed = (cause: unknown): never => {
    record({ 'error.type': isOwnError(cause) ? cause.code : OTHER });
    throw cause;
  };
  const done = (result: unknown): unknown => {
    record();
    told(result);
    return result;
  };
  try {
    const result = ask();
    return result instanceof Promise ? (result.then(done, failed) as Result) : (done(result) as Result);
  } catch (cause) {
    return failed(cause);
  }
}

function follow({ holds }: Instruments, open: Set<string>, name: Timed, given: unknown, result: unknown): void {
  if (name === 'reserve') {
    const { id, unit } = given as Reservation;
    if (unit !== undefined || !(result as { ok: boolean }).ok || open.has(id)) return;
    open.add(id);
    holds.add(1);
  } else if ((name === 'settle' || name === 'release') && open.delete(String(given))) holds.add(-1);
}
