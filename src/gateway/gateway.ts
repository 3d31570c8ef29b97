/** `createGateway`: the only place where the parts are joined. */
import { type CallContext, currentContext, mergeContext, runWithContext } from '../core/context.ts';
import { fanOut, flushObservers } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { PipelineOptions } from '../core/pipeline.ts';
import type { Policy } from '../core/policy.ts';
import { Retries } from '../core/retry.ts';
import type { Provider } from '../dialects/dialect.ts';
import { errorsFor, routeFor } from '../dialects/index.ts';
import { PROVIDERS, providerFinder } from '../dialects/providers.ts';
import { optionError } from '../errors.ts';
import { DeferredCalls } from '../http/deferred.ts';
import { createFetch } from '../http/fetch.ts';
import type { HttpOptions } from '../http/handle.ts';
import { type Fetch, fetchTransport, pooledTransport } from '../http/transport.ts';
import { createCallMeter } from '../spend/call-meter.ts';
import { createMeter } from '../spend/meter.ts';
import { readPriceFactors } from '../spend/price-factors.ts';
import { type Rollup, type RollupQuery, rollup } from '../spend/rollups.ts';
import { memoryLedger } from '../stores/memory.ts';
import { CUT_MARGIN_CHARS } from '../telemetry/content.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createSpanObserver } from '../telemetry/observer.ts';
import { type CallEvent, type GatewayEvents, Listeners, type RunEvent } from './listeners.ts';
import { checkOptions, contentCharsOf, type GatewayOptions, priceBookOf, readUpstream } from './options.ts';
import { GatewayPolicies } from './policies.ts';

export interface Gateway {
  /** Give it to a client: `new OpenAI({ fetch: gateway.fetch })`. */
  readonly fetch: Fetch;
  /** The same over a fetch of your own. */
  wrapFetch(fetch: Fetch): Fetch;
  /** Runs `fn`; every call in it, however deep, is made by this identity. */
  withContext<T>(context: CallContext, fn: () => T): T;
  /** Those that calls begin with now, in their order. */
  readonly policies: readonly Policy[];
  /**
   * Other policies from now on, instead of those before. Calls in flight end under those they began with: with their filters, their
   * holds and their redaction in traces. Checked as by `createGateway`; where something is wrong, nothing changes.
   * @throws GatewayError `invalid_option` that names the option and what came
   */
  setPolicies(policies: readonly Policy[]): void;
  readonly spend: {
    /** What was spent in one window, by any dimensions. */
    rollup(query: RollupQuery): Promise<Rollup>;
  };
  /**
   * A text as a trace or a log may hold it: by the redactors of the gateway's policies, also of those that only monitor, or by the
   * default one where no policy redacts. JSON stays JSON. A value whose action is `block` is an error here too.
   * @throws GatewayError `content_blocked`
   */
  redactText(text: string): string;
  /** Returns the function that takes the listener off again. A listener that throws is counted and disturbs nothing. */
  on<K extends keyof GatewayEvents>(event: K, listener: (event: GatewayEvents[K]) => void): () => void;
  readonly stats: {
    /** Calls in flight. */ readonly open: number /** Times an observer or listener threw. */;
    readonly observerFailures: number;
  };
  /**
   * Waits until no call is in flight, at most `timeoutMs` (default 10,000), until the ledger has booked
   * all that was settled, and, as long again, for observers that have a `flush`.
   */
  close(options?: { timeoutMs?: number }): Promise<void>;
}

/** What doors outside of this file need of a gateway. */
export interface GatewayParts {
  readonly http: HttpOptions;
  readonly providers: readonly Provider[];
  readonly pipeline: PipelineOptions;
  /** Who calls, by what the app says and the sources know. */
  context(): CallContext;
  /** Everything is to go through a remote gateway. */
  readonly hasUpstream: boolean;
  /** A call that ended a moment ago, by the provider's id of its answer. */
  recentCall(responseId: string): CallEvent | undefined;
  /** From now on calls know what `source` tells of them; what the app says by `withContext` wins. A source is kept once. */
  addContext(source: () => CallContext): void;
  /** Once a run, however many handlers saw it. */
  tellRun(event: RunEvent): void;
}

const PARTS = Symbol.for('postern.gateway.parts');

/** @throws GatewayError `invalid_option` when it is no gateway */
export function partsOf(gateway: Gateway): GatewayParts {
  const parts = (gateway as { [PARTS]?: GatewayParts } | undefined)?.[PARTS];
  if (!parts) throw optionError('gateway', 'what createGateway() returns', gateway);
  return parts;
}

/** @throws GatewayError `invalid_option` that names the option and what came */
export function createGateway(options: GatewayOptions = {}): Gateway {
  checkOptions(options);
  const { upstream, now = Date.now } = options;
  const providers = [...(options.providers ?? []), ...PROVIDERS];
  const listeners = new Listeners(now);
  const guards = new GatewayPolicies(options);
  const contentChars = contentCharsOf(options);
  const spans = createSpanObserver({
    spans: options.spans,
    content: contentChars === undefined ? undefined : () => ({ maxChars: contentChars, redactText: guards.redactText }),
  });
  const metrics = createMetrics(now, options.metrics);
  const observer = fanOut([spans, metrics.observer, listeners, ...(options.observers ?? [])]);
  const ledger = metrics.measured(options.store ?? memoryLedger({ now }));
  const priceBook = priceBookOf(options);
  const factorFor = readPriceFactors(options.priceFactors);
  const retries = new Retries();
  const pipeline: PipelineOptions = {
    get policies() {
      return guards.current;
    },
    ledger,
    meter: createCallMeter({
      meter: createMeter({ priceBook, defaultMaxOutputTokens: options.defaultMaxOutputTokens, now }),
      factorFor,
    }),
    retry: (say) => retries.add(say),
    observer,
    now,
    holdTtlMs: options.holdTtlMs ?? 15 * 60_000,
    unguarded: options.unguarded ?? 'refuse',
    captureChars: contentChars && contentChars + CUT_MARGIN_CHARS,
  };
  const sources = new Set<() => CallContext>();
  const deferred = new DeferredCalls(pipeline.holdTtlMs);
  const own: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const pooled = options.fetch ? undefined : pooledTransport(fetchTransport(own));
  const transport = pooled?.send ?? fetchTransport(own);
  const http = {
    pipeline,
    deferred,
    propagateTo: options.propagateTo ?? [],
    traceHeaders: (exchange: Exchange) => spans.headers(exchange),
    idleTimeoutMs: options.idleTimeoutMs ?? 10 * 60_000,
    maxResponseBytes: options.maxResponseBytes ?? 64 * 1024 * 1024,
    maxRequestBytes: options.maxRequestBytes ?? 64 * 1024 * 1024,
  };
  const context = (): CallContext =>
    [...sources].reduce((inner, source) => mergeContext(source(), inner), currentContext());
  const routing = {
    ...http,
    upstream: upstream && readUpstream(upstream),
    context,
    routeFor,
    errorsFor,
    providerFor: providerFinder(providers),
  };
  const parts: GatewayParts = {
    http: { ...http, transport },
    providers,
    pipeline,
    context,
    hasUpstream: upstream !== undefined,
    recentCall: (id) => listeners.recent.get(id),
    addContext: (source) => void sources.add(source),
    tellRun: (event) => listeners.tellRun(event),
  };
  const gateway: Gateway = {
    fetch: createFetch(own, routing, transport),
    wrapFetch: (fetch) => createFetch(fetch, routing),
    withContext: runWithContext,
    get policies() {
      return guards.current;
    },
    setPolicies: (policies) => guards.replace(policies),
    spend: { rollup: (query) => rollup(ledger, query, now()) },
    redactText: (text) => guards.redactText(text),
    on: (event, listener) => listeners.on(event, listener),
    stats: {
      get open() {
        return listeners.open;
      },
      get observerFailures() {
        return observer.failures + listeners.failures;
      },
    },
    async close({ timeoutMs = 10_000 } = {}) {
      await deferred.end();
      await listeners.idle(timeoutMs);
      await retries.flush();
      await ledger.flush?.();
      await flushObservers(options.observers ?? [], timeoutMs);
      pooled?.close();
    },
  };
  return Object.defineProperty(gateway, PARTS, { value: parts });
}
