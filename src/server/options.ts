/** What a gateway server is told, and the check of it. */
import type { CallContext } from '../core/context.ts';
import type { Provider } from '../dialects/dialect.ts';
import { routeName } from '../dialects/providers.ts';
import { describe, optionError } from '../errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { checkBaseURL } from '../gateway/options.ts';
import { checkCustomerHeaders } from './customer-tags.ts';
import { readLimits, type ServerLimits } from './limits.ts';
import type { Logger } from './log.ts';
import type { Readiness } from './readiness.ts';
import { checkSecretRef, type SecretRef } from './secret.ts';

export interface ServerProvider extends Partial<Omit<Provider, 'name'>> {
  /** Where the provider's key is found. Without it the client's own key is sent, never one of the gateway's. */
  readonly apiKey?: SecretRef | undefined;
}

/** An OpenAI-compatible host of your own, reached at `/providers/{name}/v1/...`. */
export interface CustomProvider extends Omit<Provider, 'name'> {
  /** The model that every request asks for, whatever its body says. */
  readonly model: string;
  /** Where the key is found. Without it no key is sent: the client's never is. */
  readonly apiKey?: SecretRef | undefined;
  /**
   * Operations beside chat completions, responses and the list of models, by their paths: `embeddings`, `audio/transcriptions`. Others
   * are answered 501, as LangSmith's gateway does.
   */
  readonly operations?: readonly string[] | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `gen_ai.provider.name`. Default: the name in the configuration. */
  readonly provider?: string | undefined;
}

/** What `authenticate` sees of a request. */
export interface IncomingCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  /**
   * The client's key, wherever its API puts it: `x-api-key`, `x-goog-api-key`, `api-key`, after `Bearer` in `authorization`, or `key` in
   * the query.
   */
  readonly key: string | undefined;
}

/** Why a virtual key is not taken. */
export type KeyRefusal = 'unknown' | 'disabled' | 'expired';

/** Virtual keys: who may call, and as whom. */
export interface KeyBook {
  authenticate(key: string): KeyAnswer | Promise<KeyAnswer>;
}

export type KeyAnswer = { readonly context: CallContext; readonly keyId: string } | { readonly refused: KeyRefusal };

export interface GatewayServerOptions {
  /** From `createGateway`: its policies and ledger are the server's. */
  readonly gateway: Gateway;
  /** Keys and hosts of the built-in providers, by their names in paths (`openai`, `anthropic`, `gemini`, ...). */
  readonly providers?: Readonly<Record<string, ServerProvider>> | undefined;
  /** Custom providers by name; a name may hold any character and stands URL-encoded in the path. */
  readonly customProviders?: Readonly<Record<string, CustomProvider>> | undefined;
  /**
   * Says who calls, or `undefined` to answer 401. Required to listen beyond this machine when the server holds provider keys:
   * whoever reaches it could spend on them.
   */
  readonly authenticate?:
    | ((call: IncomingCall) => CallContext | undefined | Promise<CallContext | undefined>)
    | undefined;
  /**
   * Virtual keys instead of `authenticate`. Every request needs one; it never goes on to a provider, but another credential that the
   * client sends beside it may (Claude Code: a login's token in `authorization`).
   */
  readonly keys?: KeyBook | undefined;
  /**
   * Names of `X-Gateway-*` headers that become tags of a call (`X-Gateway-Customer` is the tag `customer`), and `X-Gateway-Metadata`, a
   * JSON object whose keys do. Whoever holds a key can set them: name those alone that your own code sets. Default none is read.
   */
  readonly customerHeaders?: readonly string[] | undefined;
  /**
   * Names that requests may come to (their `Host`, without the port). Default: on a listener of this machine alone its names and addresses,
   * so that no web page can point a name of its own here; elsewhere any.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Takes a request's `x-request-id` for its id in answers and logs. Default false: one is made. */
  readonly trustRequestIds?: boolean | undefined;
  /** Told of each request when it has ended: `jsonLogger()`, or your own. Default none. */
  readonly logger?: Logger | undefined;
  /** What `GET /ready` says besides that the server takes requests: whether stores answer. */
  readonly ready?: (() => Promise<Readiness>) | undefined;
  /**
   * Takes the exchange's id from a Postern in front of this one (`upstream: { gateway: 'postern' }`), so that a ledger that both keep
   * books a call once. Whoever can choose an id can have a call booked under one that was booked before: for trusted callers alone.
   * Default false.
   */
  readonly trustExchangeIds?: boolean | undefined;
  /**
   * What is done with `traceparent` and `langsmith-trace` of a request: `ignore` (default); `link`: the call's span links to the caller's;
   * `parent`: it goes under the caller's span, and under the caller's LangSmith run. Whoever can choose them can put spans into
   * traces of others and have them sampled: for trusted callers alone.
   */
  readonly traceContext?: 'ignore' | 'link' | 'parent' | undefined;
  /** Path that everything stands below, for mounting behind a proxy: `/gateway`. Default none. */
  readonly basePath?: string | undefined;
  readonly limits?: ServerLimits | undefined;
}

/** What can change while the server runs. An option that is not named stays; one that is `undefined` goes back to its default. */
export type ServerUpdate = Pick<
  GatewayServerOptions,
  'providers' | 'customProviders' | 'customerHeaders' | 'traceContext' | 'limits'
>;

/** @throws GatewayError `invalid_option` that names the option */
export function checkServerOptions(options: Omit<GatewayServerOptions, 'gateway'>, builtIn: readonly Provider[]): void {
  const { authenticate, keys, basePath, traceContext, customerHeaders, hosts } = options;
  checkProviders(options, builtIn);
  checkCustomProviders(options);
  readLimits(options.limits);
  if (customerHeaders !== undefined) checkCustomerHeaders(customerHeaders);
  if (authenticate !== undefined && typeof authenticate !== 'function')
    throw optionError('authenticate', 'a function', authenticate);
  if (keys !== undefined && typeof keys?.authenticate !== 'function')
    throw optionError('keys', 'an object with a function authenticate', keys);
  if (keys !== undefined && authenticate !== undefined)
    throw optionError('authenticate', 'left off beside keys', authenticate);
  if (traceContext !== undefined && !['ignore', 'link', 'parent'].includes(traceContext))
    throw optionError('traceContext', "'ignore', 'link' or 'parent'", traceContext);
  if (basePath !== undefined && !/^(?:\/[\w.~-]+)+$/.test(basePath))
    throw optionError('basePath', "a path such as '/gateway'", basePath);
  if (hosts !== undefined && (!Array.isArray(hosts) || hosts.some((name) => !isHostName(name))))
    throw optionError('hosts', "a list of names in lower case without ports, such as 'gateway.example'", hosts);
}

const isHostName = (name: unknown): boolean => typeof name === 'string' && /^(?:[a-z\d.-]+|\[[\da-f:.]+\])$/.test(name);

function checkProviders(
  { providers = {} }: Pick<GatewayServerOptions, 'providers'>,
  builtIn: readonly Provider[],
): void {
  const known = [...new Set(builtIn.map(routeName))];
  for (const [name, provider] of Object.entries(providers)) {
    const option = `providers.${name}`;
    if (!known.includes(name))
      throw optionError(option, `one of ${known.join(', ')} (others are customProviders)`, name);
    if (provider.baseURL !== undefined) checkBaseURL(`${option}.baseURL`, provider.baseURL);
    if (provider.apiKey !== undefined) checkSecretRef(`${option}.apiKey`, provider.apiKey);
  }
}

function checkCustomProviders({ customProviders = {} }: Pick<GatewayServerOptions, 'customProviders'>): void {
  for (const [name, provider] of Object.entries(customProviders)) {
    const option = `customProviders[${describe(name)}]`;
    checkBaseURL(`${option}.baseURL`, provider.baseURL);
    if (typeof provider.model !== 'string' || provider.model === '')
      throw optionError(`${option}.model`, 'a non-empty string', provider.model);
    const { operations = [] } = provider;
    if (!Array.isArray(operations) || operations.some((path) => typeof path !== 'string' || !/^\w[\w/-]*$/.test(path)))
      throw optionError(`${option}.operations`, "a list of paths such as 'embeddings'", operations);
    if (provider.apiKey !== undefined) checkSecretRef(`${option}.apiKey`, provider.apiKey);
  }
}
