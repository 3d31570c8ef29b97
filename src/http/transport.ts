/** How a request leaves: by connections of our own where that is the same to everybody, by the platform's fetch elsewhere. */
import type { Agent } from 'undici';
import { createAgent, dispatchRequest, isPlain, type PlainRequest } from './dispatch.ts';
import { fetchedAnswer } from './fetched-answer.ts';
import type { HeaderList } from './header-list.ts';
import type { ProviderAnswer } from './http-answer.ts';
import { createPlatformCheck } from './platform-fetch.ts';

export interface OutgoingRequest {
  readonly method: string;
  readonly headers: HeaderList;
  readonly body: BodyInit | undefined;
  readonly signal: AbortSignal | undefined;
  /** The client's own options, which those above overrule. */
  readonly init?: RequestInit | undefined;
}

export type Transport = (url: URL, request: OutgoingRequest) => Promise<ProviderAnswer>;

/** What `fetch` is for everybody who wraps or replaces it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export function fetchTransport(fetch: Fetch): Transport {
  return (fetch as TransportFetch)[TRANSPORT] ?? overFetch(fetch);
}

const TRANSPORT = Symbol('postern.transport');

interface TransportFetch extends Fetch {
  readonly [TRANSPORT]?: Transport;
}

/** A `fetch` of ours: a gateway sends by what stands behind it, and no `Response` is made in between. */
export function withTransport(fetch: Fetch, transport: Transport): Fetch {
  return Object.defineProperty(fetch, TRANSPORT, { value: transport });
}

/**
 * Redirects are not followed: `fetch` forwards `x-api-key` and the body to whatever host a 307 names (measured on Node 20
 * and 24).
 */
function overFetch(fetch: Fetch): Transport {
  return async (url, { method, headers, body, signal, init: own }) => {
    const init: RequestInit = { ...own, method, headers: headers.toHeaders(), redirect: 'manual' };
    if (body !== undefined) init.body = body;
    // Required by the Fetch standard for bodies that are streams; TypeScript's DOM types do not know it yet.
    if (body instanceof ReadableStream) Object.assign(init, { duplex: 'half' });
    if (signal) init.signal = signal;
    return fetchedAnswer(await fetch(url.href, init));
  };
}

/** A transport that holds connections. */
export interface PooledTransport {
  readonly send: Transport;
  /** Lets go of its connections, of those that are busy when they are idle. What is sent later makes others. */
  close(): void;
}

/**
 * Over connections of undici's package, at a third of what the platform's fetch costs. By `platform` instead: what only `fetch`
 * understands; everything where the package is not installed, where the runtime is not Node, and while the global fetch or its
 * dispatcher is one that somebody put there.
 */
export function pooledTransport(platform: Transport): PooledTransport {
  const isUntouched = createPlatformCheck();
  let agent: Agent | undefined;
  let loading: Promise<Agent | undefined> | undefined;

  async function load(): Promise<Agent | undefined> {
    agent = await createAgent().catch(() => undefined);
    return agent;
  }

  async function sendFirst(url: URL, request: OutgoingRequest): Promise<ProviderAnswer> {
    loading ??= load();
    const loaded = await loading;
    return loaded ? dispatchRequest(loaded, url, request as PlainRequest) : platform(url, request);
  }

  return {
    send(url, request) {
      if (!isPlain(url, request) || !isUntouched()) return platform(url, request);
      return agent ? dispatchRequest(agent, url, request as PlainRequest) : sendFirst(url, request);
    },
    close() {
      agent?.close().catch(() => {});
      agent = undefined;
      loading = undefined;
    },
  };
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Whether a failed request certainly never reached the provider, so that it cannot have cost anything. */
export function neverSent(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown[] };
    if (typeof code === 'string' && NEVER_SENT.has(code)) return true;
    at = cause ?? errors?.[0];
  }
  return false;
}
