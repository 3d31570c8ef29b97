/**
 * A fetch that reaches the public internet alone, for URLs that stand in a configuration: a name is resolved once, every address it leads
 * to is looked at, and the connection goes to those that were looked at.
 */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Agent } from 'undici';
import { GatewayError, isOwnError, optionError } from '../errors.ts';
import { checkBaseURL } from '../gateway/options.ts';
import { createAgent, dispatchRequest, isPlain, type PlainRequest } from '../http/dispatch.ts';
import { HeaderList } from '../http/header-list.ts';
import { type Fetch, fetchTransport, type Transport, withTransport } from '../http/transport.ts';
import { isMetadataAddress, isPublicAddress } from './addresses.ts';

export interface GuardedFetchOptions {
  /**
   * Hosts that may be on this machine or in a private network: `true` for all, a list of names (`localhost`, `10.0.0.7:8000`), or a
   * function that is asked at each call. Addresses where clouds keep a machine's credentials are refused all the same. Default false.
   */
  readonly allowPrivate?: boolean | readonly string[] | ((host: string) => boolean) | undefined;
  /** `dns.lookup`; for tests. */
  readonly lookup?: LookupFunction | undefined;
}

type Undici = typeof import('undici');

/** A `fetch` for `createGateway`. It needs the package `undici`. @throws GatewayError `invalid_option`; `address_not_allowed` at a call */
export function guardedFetch({
  allowPrivate = false,
  lookup = systemLookup as LookupFunction,
}: GuardedFetchOptions = {}): Fetch {
  const isAllowed = readAllowed(allowPrivate);
  let loading: Promise<Ways> | undefined;

  async function load(): Promise<Ways> {
    const { fetch } = await loadUndici();
    const agent = (isFit: (address: string) => boolean): Promise<Agent> =>
      createAgent({ connect: { lookup: checkedLookup(lookup, isFit), timeout: 10_000 } });
    const open = await agent((address) => !isMetadataAddress(address));
    return { fetch: fetch as unknown as Fetch, guarded: await agent(isPublicAddress), open };
  }

  async function wayTo(url: URL): Promise<Way> {
    const isOpen = isAllowed(url.hostname) || isAllowed(url.host);
    // Nobody looks up what is an address already.
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !(isOpen ? !isMetadataAddress(literal) : isPublicAddress(literal))) throw refused(url);
    loading ??= load();
    const { fetch, guarded, open } = await loading;
    const dispatcher = isOpen ? open : guarded;
    return {
      dispatcher,
      fetch: (input, init) => fetch(input, { ...init, redirect: 'manual', dispatcher } as RequestInit),
    };
  }

  const send: Transport = async (url, request) => {
    const { dispatcher, fetch } = await wayTo(url);
    const plain = isPlain(url, request) ? (request as PlainRequest) : undefined;
    return (plain ? dispatchRequest(dispatcher, url, plain) : fetchTransport(fetch)(url, request)).catch(rethrow);
  };

  const reach: Fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const plain = input instanceof Request ? undefined : plainRequest(url, init);
    const { dispatcher, fetch } = await wayTo(url);
    if (!plain) return fetch(input, init).catch(rethrow);
    return (await dispatchRequest(dispatcher, url, plain).catch(rethrow)).response();
  };
  return withTransport(reach, send);
}

interface Ways {
  /** For what only `fetch` understands. */
  readonly fetch: Fetch;
  readonly guarded: Agent;
  readonly open: Agent;
}

/** To one host. */
interface Way {
  readonly dispatcher: Agent;
  readonly fetch: Fetch;
}

function plainRequest(url: URL, init: RequestInit): PlainRequest | undefined {
  const { headers, signal, body } = init;
  const method = (init.method ?? 'GET').toUpperCase();
  if (!/^https?:$/.test(url.protocol) || !isPlain(url, { method, body: body ?? undefined, init })) return undefined;
  return {
    method,
    headers: HeaderList.of(headers),
    body: (body ?? undefined) as PlainRequest['body'],
    signal: signal ?? undefined,
  };
}

function readAllowed(allowPrivate: GuardedFetchOptions['allowPrivate']): (host: string) => boolean {
  if (typeof allowPrivate === 'function') return allowPrivate;
  if (typeof allowPrivate === 'boolean') return () => allowPrivate;
  if (!Array.isArray(allowPrivate) || allowPrivate.some((host) => typeof host !== 'string'))
    throw optionError('allowPrivate', 'true, false, a list of hosts or a function', allowPrivate);
  const hosts = new Set(allowPrivate.map((host: string) => host.toLowerCase()));
  return (host) => hosts.has(host);
}

/** All addresses are looked at: which of them is connected to is not known yet. */
function checkedLookup(lookup: LookupFunction, isFit: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      const addresses = found as unknown as { address: string; family: number }[];
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isFit(address)))
        return callback(refused({ hostname }) as NodeJS.ErrnoException, '', 0);
      if (options.all) (callback as unknown as (error: null, all: typeof addresses) => void)(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** The address is not told: it is what somebody who looks around wants to know. */
function refused({ hostname }: { readonly hostname: string }): GatewayError {
  return new GatewayError(
    'address_not_allowed',
    `"${hostname.slice(0, 100)}" leads to an address that is not on the public internet. If a provider of yours is there, allow it: allowPrivate.`,
  );
}

function rethrow(error: unknown): never {
  throw ownCause(error) ?? error;
}

function ownCause(error: unknown): GatewayError | undefined {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    if (isOwnError(at)) return at;
    const { cause, errors } = at as { cause?: unknown; errors?: unknown[] };
    at = cause ?? errors?.[0];
  }
  return undefined;
}

async function loadUndici(): Promise<Undici> {
  try {
    return await import('undici');
  } catch (cause) {
    throw new GatewayError('not_supported', 'guardedFetch needs the package undici: npm install undici', { cause });
  }
}

/**
 * The base URL of a provider in a configuration: https, with a host on the public internet, unless private ones are allowed.
 * @throws GatewayError `invalid_option`
 */
export function checkProviderURL(option: string, value: unknown, allowPrivate = false): URL {
  const url = checkBaseURL(option, value);
  if (allowPrivate) return url;
  if (url.protocol !== 'https:') throw optionError(option, 'an https URL (or allow private hosts for it)', value);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isPrivate = isIP(host) === 0 ? /(?:^|\.)localhost\.?$/.test(host) : !isPublicAddress(host);
  if (isPrivate) throw optionError(option, 'on the public internet (or allow private hosts for it)', value);
  return url;
}
