/** The way through a remote gateway: where an operation stands there, whose key goes along, and what it is told of the provider. */
import type { Provider, RemoteGateway, Route } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import { keyIn } from './credentials.ts';
import type { Target } from './handle.ts';
import { HeaderList } from './header-list.ts';
import { CREDENTIAL_HEADERS, without } from './headers.ts';

/** A remote gateway (or any host that speaks the client's API) that all requests go to instead of the host the client names. */
export interface Upstream extends Omit<Provider, 'name' | 'baseURL' | 'family' | 'route' | 'speaks' | 'keyHeader'> {
  /**
   * The kind of gateway: which path each API has there, and whose key goes where. `langsmith`, `truefoundry`, `litellm`, `portkey`,
   * `cloudflare`, `vercel`, `postern`, or one of your own. Default: a host that has every operation right below `baseURL`.
   */
  readonly gateway?: string | RemoteGateway | undefined;
  /** Required unless the kind of gateway has a hosted one. */
  readonly baseURL?: string | undefined;
  /** The gateway's own key. */
  readonly apiKey?: string | undefined;
  /** `gen_ai.provider.name` of what answers there. Default: that of the host the client names. */
  readonly name?: string | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Send the client's own provider key along. Default false, but for gateways that hand it on (`portkey`, `cloudflare`). */
  readonly forwardAuth?: boolean | undefined;
}

/** An upstream whose kind and place are known. */
export interface ReadUpstream extends Omit<Upstream, 'gateway' | 'baseURL'> {
  readonly remote: RemoteGateway;
  readonly baseURL: string;
}

export interface Asked {
  readonly url: URL;
  readonly headers: HeaderList;
  /** `undefined` for a path that no dialect speaks. */
  readonly route: Route | undefined;
  /** What answers at the host that the client names. */
  readonly provider: Provider;
  /** Whether that host is a known one, whose base path can be told from the operation's. */
  readonly known: boolean;
}

/** @throws GatewayError `not_supported` when the gateway does not speak the client's API */
export function upstreamTarget(asked: Asked, upstream: ReadUpstream): Target {
  const { headers, provider } = asked;
  const { remote, baseURL, apiKey, headers: extra, forwardAuth = remote.forwardAuth, name, ...accepts } = upstream;
  const sent = forwardAuth ? HeaderList.from(headers) : without(headers, CREDENTIAL_HEADERS);
  if (apiKey !== undefined) sent.set(...keyIn(remote.keyHeader, apiKey));
  for (const [header, value] of Object.entries({ ...remote.headersFor?.(provider), ...extra })) sent.set(header, value);
  const {
    streamUsage = provider.streamUsage,
    maxTokensField = provider.maxTokensField,
    abort = provider.abort,
  } = accepts;
  return {
    provider: {
      ...provider,
      name: name ?? provider.name,
      baseURL,
      streamUsage: upstream.streamUsage ?? remote.streamUsage ?? streamUsage,
      maxTokensField,
      abort,
    },
    url: rebased(asked, upstream),
    headers: sent,
    namesExchange: remote.namesExchange,
  };
}

/** The same operation below the gateway's path of the API; the base path of the host that the client named is left off. */
function rebased({ url, route, provider, known }: Asked, { remote, baseURL }: ReadUpstream): URL {
  const api = route?.dialect.family ?? provider.family ?? 'openai';
  const below = remote.pathFor(api, provider);
  if (below === undefined)
    throw new GatewayError(
      'not_supported',
      `The remote gateway "${remote.name}" has no path for the ${api} API of "${provider.name}".`,
      { param: 'path' },
    );
  const path = route?.path ?? (known ? belowBase(url, provider) : url.pathname.replace(/^.*\/v\d+(?=\/|$)/, ''));
  const next = new URL(`${baseURL.replace(/\/+$/, '')}${below}/${path.replace(/^\/+/, '')}`);
  next.search = url.search;
  return next;
}

function belowBase({ pathname }: URL, { baseURL }: Provider): string {
  const base = new URL(baseURL).pathname.replace(/\/+$/, '');
  return pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
}
