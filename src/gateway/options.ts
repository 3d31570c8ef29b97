/** What `createGateway` takes: its options, checked and read. */
import type { BufferedObserver, Observer } from '../core/events.ts';
import type { LedgerStore } from '../core/ledger.ts';
import type { Policy } from '../core/policy.ts';
import type { Provider, RemoteGateway } from '../dialects/dialect.ts';
import { REMOTE_GATEWAYS } from '../dialects/remote-gateways.ts';
import { optionError } from '../errors.ts';
import type { Fetch } from '../http/transport.ts';
import type { ReadUpstream, Upstream } from '../http/upstream.ts';
import type { PriceFactor } from '../spend/price-factors.ts';
import { createPriceBook, isPriceBook, type PriceBook, type PriceOverrides } from '../spend/prices.ts';
import { DEFAULT_CONTENT_CHARS } from '../telemetry/content.ts';
import type { Meter } from '../telemetry/metrics.ts';

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
  /**
   * Is told of what the metrics API is told of, also where no meter provider is registered: `createPrometheus().meter`, for a server
   * that is scraped. Default none.
   */
  readonly metrics?: Meter | undefined;
  /** How long money stays held for a call that never ends, in ms. Default 15 minutes; it is charged then. */
  readonly holdTtlMs?: number | undefined;
  /** A stream that nobody reads for so long is ended, in ms. Default 10 minutes. */
  readonly idleTimeoutMs?: number | undefined;
  /** A whole answer larger than this (decoded) is refused. Default 64 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** A form, or a body that is a stream, is read into memory before it leaves; a larger one is refused (`body_too_large`). Default 64 MiB. */
  readonly maxRequestBytes?: number | undefined;
  /**
   * The fetch that requests leave by. Default: connections of the gateway's own where nobody can tell them from the global fetch, which
   * is looked at and used otherwise at each call (docs/performance.md).
   */
  readonly fetch?: Fetch | undefined;
  /** Milliseconds since the epoch. Default `Date.now`; for tests. */
  readonly now?: (() => number) | undefined;
}

export function priceBookOf({ prices, unknownModel }: GatewayOptions): PriceBook {
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

export function checkOptions(options: GatewayOptions): void {
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
  if (options.metrics !== undefined && typeof Object(options.metrics).createHistogram !== 'function')
    throw optionError('metrics', 'a meter such as createPrometheus().meter', options.metrics);
  for (const [i, provider] of (options.providers ?? []).entries())
    checkBaseURL(`providers[${i}].baseURL`, provider.baseURL);
}

/** Has every operation right below its base URL, and keys in whatever header the caller sets. */
const PLAIN_UPSTREAM: RemoteGateway = { name: 'upstream', pathFor: () => '', keyHeader: 'authorization' };

export function readUpstream({ gateway, ...upstream }: Upstream): ReadUpstream {
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

/** @throws GatewayError `invalid_option` */
export function checkPolicies(policies: readonly Policy[]): void {
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
  // An empty query or fragment is gone from the URL's parts, and yet the path that is put behind it would be one.
  if (url.username || url.password || /[?#\\\s]/.test(value as string))
    throw optionError(option, 'a URL without user, query or fragment', 'one that has them');
  return url;
}

/** @throws GatewayError `invalid_option` when a policy finds values too late for a trace */
export function checkContent(
  captureContent: GatewayOptions['captureContent'],
  policies: readonly Pick<Policy, 'name' | 'redactsLate'>[],
): void {
  const late = captureContent ? policies.find(({ redactsLate }) => redactsLate) : undefined;
  if (late)
    throw optionError(
      'captureContent',
      `left off beside the asynchronous detectors of policy "${late.name}"`,
      captureContent,
    );
}

/** Characters of texts that a span may hold; `undefined` where it may hold none. */
export function contentCharsOf({ captureContent }: GatewayOptions): number | undefined {
  if (!captureContent) return undefined;
  const { maxChars = DEFAULT_CONTENT_CHARS } = captureContent === true ? {} : captureContent;
  if (!Number.isSafeInteger(maxChars) || maxChars < 1)
    throw optionError('captureContent.maxChars', 'a whole number of at least 1', maxChars);
  return maxChars;
}
