/** The door for clients that take a `fetch`: reads what they give it, finds the provider, and hands over. */
import type { CallContext } from '../core/context.ts';
import type { ApiFamily, ErrorForm, Provider, Route } from '../dialects/dialect.ts';
import { type Door, type HttpOptions, type HttpRequest, handleRequest, type Target } from './handle.ts';
import { HeaderList } from './header-list.ts';
import { toResponse } from './http-answer.ts';
import { type Fetch, fetchTransport, type Transport } from './transport.ts';
import { type ReadUpstream, upstreamTarget } from './upstream.ts';

export interface FetchOptions extends Omit<HttpOptions, 'transport'> {
  readonly upstream?: ReadUpstream | undefined;
  /** `family`: of the host, where it is known. */
  routeFor(method: string, pathname: string, family?: ApiFamily): Route | undefined;
  providerFor(url: URL): Provider | undefined;
  /** For refusals of requests to paths that no dialect speaks. Default: the form that most clients can read. */
  errorsFor(provider: Provider | undefined): ErrorForm;
  context(): CallContext;
}

/** Wraps a fetch. URLs that are not http(s) pass untouched: the SDKs probe with `data:,`. */
export function createFetch(fetch: Fetch, options: FetchOptions, transport: Transport = fetchTransport(fetch)): Fetch {
  const handling = { ...options, transport };
  return async (input, init) => {
    const url = new URL(isRequest(input) ? input.url : input);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return fetch(input, init);
    const request = await readRequest(input, init);
    const provider = options.providerFor(url);
    const route = options.routeFor(request.method, url.pathname, provider?.family);
    const door: Door = {
      route,
      errors: route?.dialect.errors ?? options.errorsFor(provider),
      context: options.context(),
      target: () => target(url, request.headers, route, provider, options),
    };
    return toResponse(await handleRequest(request, door, handling));
  };
}

/** By its shape: a `Request` of another realm or of undici's package is one too. */
const isRequest = (input: string | URL | Request): input is Request =>
  typeof input === 'object' && 'arrayBuffer' in input;

/** As `fetch` does: whoever owns the bytes may write others there once it was called, and what is sent is what was looked at. */
function copied(body: RequestInit['body']): BodyInit | undefined {
  if (body instanceof ArrayBuffer) return new Uint8Array(body.slice(0));
  return body instanceof Uint8Array ? new Uint8Array(body) : (body ?? undefined);
}

async function readRequest(input: string | URL | Request, init: RequestInit = {}): Promise<HttpRequest> {
  const request = isRequest(input) ? input : undefined;
  const body = copied(init.body) ?? (request?.body ? new Uint8Array(await request.arrayBuffer()) : undefined);
  return {
    // As `fetch` writes the methods that any API here has.
    method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
    headers: HeaderList.of(init.headers ?? request?.headers),
    body,
    signal: init.signal ?? request?.signal,
    init,
  };
}

/** What answers at a host that is not known, by the API that is spoken to it. */
const VENDORS: Readonly<Record<ApiFamily, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'gcp.gemini',
  aws: 'aws.bedrock',
};

function target(
  url: URL,
  headers: HeaderList,
  route: Route | undefined,
  known: Provider | undefined,
  { upstream }: FetchOptions,
): Target {
  const family = route?.dialect.family ?? 'openai';
  const provider = known ?? { name: VENDORS[family], family, baseURL: url.origin };
  if (!upstream) return { provider, url, headers };
  return upstreamTarget({ url, headers, route, provider, known: known !== undefined }, upstream);
}
