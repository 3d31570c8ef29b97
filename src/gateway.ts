/** `createGateway`: the only place where the parts are joined. */
import { LRUCache } from 'lru-cache';
import { type CallContext, currentContext, mergeContext, runWithContext } from './core/context.ts';
import {
  type BufferedObserver,
  fanOut,
  flushObservers,
  type GatewayEvent,
  type Observer,
  type PolicyEvent,
  type UnguardedEvent,
} from './core/events.ts';
import type { Cost, Exchange, Identity, Outcome, RunInfo, Usage } from './core/exchange.ts';
import type { LedgerStore } from './core/ledger.ts';
import type { PipelineOptions } from './core/pipeline.ts';
import type { Policy } from './core/policy.ts';
import { Retries } from './core/retry.ts';
import type { Provider, RemoteGateway } from './dialects/dialect.ts';
import { errorsFor, routeFor } from './dialects/index.ts';
import { PROVIDERS, providerFinder } from './dialects/providers.ts';
import { REMOTE_GATEWAYS } from './dialects/remote-gateways.ts';
import { optionError } from './errors.ts';
import { DeferredCalls } from './http/deferred.ts';
import { createFetch } from './http/fetch.ts';
import type { HttpOptions } from './http/handle.ts';
import { type Fetch, fetchTransport } from './http/transport.ts';
import type { ReadUpstream, Upstream } from './http/upstream.ts';
import { createRedactor, type Redactor } from './redaction/redactor.ts';
import { redactTraceText } from './redaction/trace-text.ts';
import { createCallMeter } from './spend/call-meter.ts';
import { createMeter } from './spend/meter.ts';
import { type PriceFactor, readPriceFactors } from './spend/price-factors.ts';
import { createPriceBook, isPriceBook, type PriceBook, type PriceOverrides } from './spend/prices.ts';
import { type Rollup, type RollupQuery, rollup } from './spend/rollups.ts';
import { memoryLedger } from './stores/memory.ts';
import { type ContentOptions, CUT_MARGIN_CHARS, DEFAULT_CONTENT_CHARS } from './telemetry/content.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { createSpanObserver } from './telemetry/observer.ts';

export interface GatewayOptions {
  /** Asked in order; the filters of the answer run in reverse order. Default none: calls are metered and traced only. */
  readonly policies?: readonly Policy[] | undefined;
  /** Hosts beside the built-in ones, or in their place when the base URL is the same. */
  readonly providers?: readonly Provider[] | undefined;
  /** Send everything through a remote gateway. */
  readonly upstream?: Upstream | undefined;
  /** Where money is held and booked. Default: in memory, for this process alone. */
  readonly store?: LedgerStore | undefined;
  /**
   * Prices that win over the bundled table, in USD per million tokens as decimal strings, by `provider/model` or model; or a
   * price book of `postern/spend`, which `refreshPrices` keeps current and several gateways may share.
   */
  readonly prices?: PriceOverrides | PriceBook | undefined;
  /**
   * What a model without a known price costs. `ceiling` (default): the provider's dearest price, flagged as assumed; `block`: it is
   * refused under an enforcing cap with `price_unknown`. A price book that was given as `prices` says so itself.
   */
  readonly unknownModel?: 'ceiling' | 'block' | undefined;
  /** Negotiated prices: a factor on what calls cost, by caller and provider. The first that matches counts. */
  readonly priceFactors?: readonly PriceFactor[] | undefined;
  /**
   * Output tokens that a request without a limit is taken to have while nothing is known of its model; set as its limit under a cap
   * with `reserve: 'strict'`. Default 4,096.
   */
  readonly defaultMaxOutputTokens?: number | undefined;
  /** A body that cannot be read while a policy would guard it: `refuse` (default, `unguarded_request`) or `pass` with an event. */
  readonly unguarded?: 'refuse' | 'pass' | undefined;
  /** Hosts of your own that may see `traceparent`, `baggage` and `langsmith-trace`. Default none. */
  readonly propagateTo?: readonly string[] | undefined;
  /**
   * What a call is in a trace. `auto` (default): a model call with its tokens, unless a span or LangSmith run above it tells of the same
   * call already (another instrumentation, the AI SDK): then an internal step whose tokens no backend adds up. `genai`, `gateway`:
   * always the one, or the other.
   */
  readonly spans?: 'auto' | 'genai' | 'gateway' | undefined;
  /**
   * Puts messages into spans, after redaction by the policies' rules, also where a policy only monitors. Default false. `maxChars` bounds
   * each attribute; default 16,384. Cannot go with asynchronous detectors, whose findings no trace could wait for.
   */
  readonly captureContent?: boolean | { readonly maxChars?: number | undefined } | undefined;
  /** Watchers of calls beside the trace. */
  readonly observers?: readonly (Observer | BufferedObserver)[] | undefined;
  /** How long money stays held for a call that never ends, in ms. Default 15 minutes; it is charged then. */
  readonly holdTtlMs?: number | undefined;
  /** A stream that nobody reads for so long is ended, in ms. Default 10 minutes. */
  readonly idleTimeoutMs?: number | undefined;
  /** A whole answer larger than this (decoded) is refused. Default 64 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** A form, or a body that is a stream, is read into memory before it leaves; a larger one is refused (`body_too_large`). Default 64 MiB. */
  readonly maxRequestBytes?: number | undefined;
  /** The fetch that requests leave by. Default: the global one, looked up at each call. */
  readonly fetch?: Fetch | undefined;
  /** Milliseconds since the epoch. Default `Date.now`; for tests. */
  readonly now?: (() => number) | undefined;
}

/** A call that has ended. */
export interface CallEvent {
  readonly type: 'call';
  readonly id: string;
  readonly callId: string;
  readonly identity: Identity;
  readonly provider: string;
  readonly model: string;
  /** The provider's id of the answer. */
  readonly responseId: string | undefined;
  readonly outcome: Outcome;
  readonly policies: readonly string[];
  readonly usage: Usage | undefined;
  readonly cost: Cost | undefined;
  readonly durationMs: number;
}

/** A model call was matched with the run of a framework that made it. Told after its `call`, by `GatewayCallbackHandler`. */
export interface RunEvent {
  readonly type: 'run';
  readonly callId: string;
  readonly exchangeId: string;
  readonly outcome: Outcome;
  /** The run of the model itself. */
  readonly run: RunInfo;
  readonly session: string | undefined;
}

export interface GatewayEvents {
  readonly run: RunEvent;
  /** A policy fired, or would have in monitor mode. */
  readonly policy: PolicyEvent;
  /** A request that could not be read went on. */
  readonly unguarded: UnguardedEvent;
  readonly call: CallEvent;
}

export interface Gateway {
  /** Give it to a client: `new OpenAI({ fetch: gateway.fetch })`. */
  readonly fetch: Fetch;
  /** The same over a fetch of your own. */
  wrapFetch(fetch: Fetch): Fetch;
  /** Runs `fn`; every call in it, however deep, is made by this identity. */
  withContext<T>(context: CallContext, fn: () => T): T;
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
  const redactText = textRedactor(options.policies ?? []);
  const content = contentOf(options, redactText);
  const spans = createSpanObserver({ spans: options.spans, content });
  const metrics = createMetrics(now);
  const observer = fanOut([spans, metrics.observer, listeners, ...(options.observers ?? [])]);
  const ledger = metrics.measured(options.store ?? memoryLedger({ now }));
  const priceBook = priceBookOf(options);
  const factorFor = readPriceFactors(options.priceFactors);
  const retries = new Retries();
  const pipeline: PipelineOptions = {
    policies: options.policies ?? [],
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
    captureChars: content && content.maxChars + CUT_MARGIN_CHARS,
  };
  const sources = new Set<() => CallContext>();
  const deferred = new DeferredCalls(pipeline.holdTtlMs);
  const own: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const http = {
    pipeline,
    deferred,
    propagateTo: options.propagateTo ?? [],
    traceHeaders: (exchange: Exchange) => spans.headers(exchange),
    idleTimeoutMs: options.idleTimeoutMs ?? 10 * 60_000,
    maxResponseBytes: options.maxResponseBytes ?? 64 * 1024 * 1024,
    maxRequestBytes: options.maxRequestBytes ?? 64 * 1024 * 1024,
  };
  const routing = {
    ...http,
    upstream: upstream && readUpstream(upstream),
    context: () => [...sources].reduce((inner, source) => mergeContext(source(), inner), currentContext()),
    routeFor,
    errorsFor,
    providerFor: providerFinder(providers),
  };
  const parts: GatewayParts = {
    http: { ...http, transport: fetchTransport(own) },
    providers,
    pipeline,
    hasUpstream: upstream !== undefined,
    recentCall: (id) => listeners.recent.get(id),
    addContext: (source) => void sources.add(source),
    tellRun: (event) => listeners.tellRun(event),
  };
  const gateway: Gateway = {
    fetch: createFetch(own, routing),
    wrapFetch: (fetch) => createFetch(fetch, routing),
    withContext: runWithContext,
    spend: { rollup: (query) => rollup(ledger, query, now()) },
    redactText,
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
    },
  };
  return Object.defineProperty(gateway, PARTS, { value: parts });
}

function contentOf(
  { captureContent, policies = [] }: GatewayOptions,
  redactText: ContentOptions['redactText'],
): ContentOptions | undefined {
  if (!captureContent) return undefined;
  const late = policies.find(({ redactsLate }) => redactsLate);
  if (late)
    throw optionError(
      'captureContent',
      `left off beside the asynchronous detectors of policy "${late.name}"`,
      captureContent,
    );
  const { maxChars = DEFAULT_CONTENT_CHARS } = captureContent === true ? {} : captureContent;
  if (!Number.isSafeInteger(maxChars) || maxChars < 1)
    throw optionError('captureContent.maxChars', 'a whole number of at least 1', maxChars);
  return { maxChars, redactText };
}

function textRedactor(policies: readonly Policy[]): (text: string) => string {
  const own = policies.flatMap(({ redactText }) => redactText ?? []);
  let standard: Redactor | undefined;
  const redact = (text: string): string => {
    standard ??= createRedactor();
    return redactTraceText(standard, text);
  };
  return (text) => (own.length > 0 ? own : [redact]).reduce((shown, step) => step(shown), text);
}

/** Frameworks report an answer right after its call has ended; that many calls may end in between. */
const MAX_RECENT_CALLS = 1_000;

/** Hands calls and their events to the app, and knows which are open or ended just now. */
class Listeners implements Observer {
  open = 0;
  failures = 0;
  readonly recent = new LRUCache<string, CallEvent>({ max: MAX_RECENT_CALLS });
  readonly #runs = new LRUCache<string, true>({ max: MAX_RECENT_CALLS });
  readonly #now: () => number;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #waiting = new Set<() => void>();

  constructor(now: () => number) {
    this.#now = now;
  }

  on(event: string, listener: (event: never) => void): () => void {
    if (typeof listener !== 'function') throw optionError('listener', 'a function', listener);
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(listener));
    return () => {
      set.delete(listener);
    };
  }

  start(): void {
    this.open++;
  }

  event(_exchange: Exchange, event: GatewayEvent): void {
    this.#tell(event);
  }

  end(exchange: Exchange): void {
    this.open--;
    const {
      id,
      callId,
      identity,
      provider,
      model,
      response,
      outcome = 'failed',
      policies = [],
      usage,
      cost,
      startedAt,
    } = exchange;
    const event: CallEvent = {
      type: 'call',
      id,
      callId,
      identity,
      provider,
      model,
      responseId: response?.id,
      outcome,
      policies,
      usage,
      cost,
      durationMs: this.#now() - startedAt,
    };
    if (event.responseId) this.recent.set(event.responseId, event);
    this.#tell(event);
    if (this.open === 0) for (const resume of this.#waiting) resume();
  }

  tellRun(event: RunEvent): void {
    const { id = '' } = event.run;
    if (this.#runs.has(id)) return;
    this.#runs.set(id, true);
    this.#tell(event);
  }

  async idle(timeoutMs: number): Promise<void> {
    if (this.open === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, timeoutMs);
      const waiting = this.#waiting.add(done);
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
    });
  }

  #tell(event: GatewayEvent | CallEvent | RunEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) {
      try {
        listener(event as never);
      } catch {
        this.failures++;
      }
    }
  }
}

function priceBookOf({ prices, unknownModel }: GatewayOptions): PriceBook {
  if (!isPriceBook(prices)) return createPriceBook({ overrides: prices, unknownModel });
  if (unknownModel === undefined) return prices;
  throw optionError('unknownModel', 'left to the price book', unknownModel);
}

const CHOICES = {
  unknownModel: ['ceiling', 'block'],
  unguarded: ['refuse', 'pass'],
  spans: ['auto', 'genai', 'gateway'],
} as const;
const COUNTS = ['defaultMaxOutputTokens', 'holdTtlMs', 'idleTimeoutMs', 'maxResponseBytes', 'maxRequestBytes'] as const;

function checkOptions(options: GatewayOptions): void {
  if (typeof options !== 'object' || options === null)
    throw optionError('createGateway: options', 'an object', options);
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value: unknown = options[name as keyof typeof CHOICES];
    if (value !== undefined && !choices.includes(value as never))
      throw optionError(name, choices.map((choice) => `'${choice}'`).join(' or '), value);
  }
  for (const name of COUNTS) {
    const value = options[name];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw optionError(name, 'a whole number of at least 1', value);
  }
  const { captureContent } = options;
  if (
    captureContent !== undefined &&
    typeof captureContent !== 'boolean' &&
    (typeof captureContent !== 'object' || captureContent === null)
  )
    throw optionError('captureContent', 'true, false or { maxChars }', captureContent);
  checkPolicies(options.policies ?? []);
  for (const [i, provider] of (options.providers ?? []).entries())
    checkBaseURL(`providers[${i}].baseURL`, provider.baseURL);
}

/** Has every operation right below its base URL, and keys in whatever header the caller sets. */
const PLAIN_UPSTREAM: RemoteGateway = { name: 'upstream', pathFor: () => '', keyHeader: 'authorization' };

function readUpstream({ gateway, ...upstream }: Upstream): ReadUpstream {
  const remote = remoteGateway(gateway);
  const baseURL = upstream.baseURL ?? remote.baseURL;
  checkBaseURL('upstream.baseURL', baseURL);
  return { ...upstream, baseURL: baseURL!, remote };
}

function remoteGateway(gateway: Upstream['gateway']): RemoteGateway {
  if (gateway === undefined) return PLAIN_UPSTREAM;
  if (typeof gateway === 'object' && typeof gateway.pathFor === 'function') return gateway;
  const known = REMOTE_GATEWAYS.find(({ name }) => name === gateway);
  if (known) return known;
  const names = REMOTE_GATEWAYS.map(({ name }) => `'${name}'`).join(', ');
  throw optionError('upstream.gateway', `one of ${names}, or a remote gateway of your own`, gateway);
}

function checkPolicies(policies: readonly Policy[]): void {
  if (!Array.isArray(policies)) throw optionError('policies', 'an array of policies', policies);
  const names = new Set<string>();
  for (const [i, policy] of policies.entries()) {
    if (typeof policy?.decide !== 'function' || typeof policy.name !== 'string')
      throw optionError(`policies[${i}]`, 'a policy such as redact() or spendCap({...})', policy);
    if (names.has(policy.name)) throw optionError(`policies[${i}].name`, 'unique', policy.name);
    names.add(policy.name);
  }
}

/** @throws GatewayError `invalid_option` */
export function checkBaseURL(option: string, value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw optionError(option, 'an http or https URL', value);
  if (url.username || url.password || url.search || url.hash)
    throw optionError(option, 'a URL without user, query or fragment', 'one that has them');
  return url;
}
