/** The server's one route table: what a path means, before anybody is asked anything. Whatever is not in it is 501. */
import type { ApiFamily, Provider, Route } from '../dialects/dialect.ts';
import { routeFor } from '../dialects/index.ts';
import { routeName } from '../dialects/providers.ts';
import { describe, GatewayError } from '../errors.ts';

interface Called {
  /** The path below the provider's base. */
  readonly path: string;
  /** `undefined` where no text of ours stands in request or answer: lists of models, states of batches. */
  readonly api: Route | undefined;
}

export type ServerRoute =
  | { readonly kind: 'health' }
  | { readonly kind: 'ready' }
  /** `GET /v1/models`: those of all providers that are configured. */
  | { readonly kind: 'models' }
  /** `/openai/v1/...`: straight to one built-in provider. */
  | (Called & { readonly kind: 'provider'; readonly provider: Provider })
  /** `/v1/...`: the model's prefix names the provider. */
  | (Called & { readonly kind: 'unified'; readonly api: Route })
  /** `/providers/{configName}/v1/...`: a custom provider, its model pinned by the configuration. */
  | (Called & { readonly kind: 'custom'; readonly name: string });

/** Operations without texts that providers' own paths have beside those that a dialect speaks. */
const WITHOUT_TEXTS: Readonly<Record<ApiFamily, RegExp>> = {
  openai:
    /^(?:GET (?:\/\w+)*\/(?:models(?:\/.+)?|files(?:\/[^/]+)?|batches(?:\/[^/]+)?)|DELETE (?:\/\w+)*\/(?:files|responses)\/[^/]+|POST (?:\/\w+)*\/(?:batches\/[^/]+\/cancel|uploads\/[^/]+\/(?:complete|cancel)))$/,
  anthropic:
    /^(?:GET \/v1\/(?:models(?:\/.+)?|files(?:\/[^/]+)?|messages\/batches(?:\/[^/]+)?)|DELETE \/v1\/(?:files|messages\/batches)\/[^/]+|POST \/v1\/messages\/batches\/[^/]+\/cancel)$/,
  google:
    /^(?:GET|DELETE) \/v1(?:alpha|beta|beta1)?\/(?:models|tunedModels|files|batches|cachedContents)(?:\/[^/:]+)*$/,
  aws: /^$/,
};

/** For anybody: whether the process lives, and whether requests should be sent to it. */
const PROBES: ReadonlyMap<string, ServerRoute> = new Map([
  ['/health', { kind: 'health' }],
  ['/ready', { kind: 'ready' }],
]);

/** Unified operations, and the API that they are of. */
const UNIFIED = /^POST (?:\/chat\/completions|\/responses|\/embeddings|\/messages(?:\/count_tokens)?)$/;

/** What LangSmith's gateway allows for custom providers. Others have to be named in the configuration. */
const CUSTOM = /^(?:POST \/chat\/completions|POST \/responses|GET \/models)$/;

/**
 * @throws GatewayError `not_found` for a path outside of the base path, `invalid_request` for one that a URL would change,
 * `not_supported` for one that is not in the table
 */
export function serverRoute(
  method: string,
  rawPath: string,
  basePath: string,
  providers: readonly Provider[],
  allowed: (customProvider: string) => readonly string[],
): ServerRoute {
  const path = checkedPath(below(rawPath, basePath)).replace(/\/+$/, '');
  const probe = method === 'GET' || method === 'HEAD' ? PROBES.get(path) : undefined;
  if (probe) return probe;
  const route = unified(method, path) ?? custom(method, path, allowed) ?? provider(method, path, providers);
  if (route) return route;
  throw new GatewayError('not_supported', `${method} ${describe(path)} is not supported by this server.`, {
    param: 'path',
  });
}

/** How the clients of a path read errors, told by the path alone. */
export function familyOfPath(rawPath: string, basePath: string, providers: readonly Provider[]): ApiFamily {
  const path = rawPath.startsWith(basePath) ? rawPath.slice(basePath.length) : rawPath;
  const [, name = '', operation] = path.split('/');
  if (name === 'v1' && operation === 'messages') return 'anthropic';
  return providers.find((one) => routeName(one) === name)?.family ?? 'openai';
}

function unified(method: string, path: string): ServerRoute | undefined {
  if (!path.startsWith('/v1/')) return undefined;
  if (method === 'GET' && path === '/v1/models') return { kind: 'models' };
  const operation = path.slice('/v1'.length);
  const api = UNIFIED.test(`${method} ${operation}`) ? routeFor(method, path) : undefined;
  return api && { kind: 'unified', path: api.path, api };
}

function custom(
  method: string,
  path: string,
  allowed: (customProvider: string) => readonly string[],
): ServerRoute | undefined {
  const found = /^\/providers\/([^/]+)\/v1(\/.+)$/.exec(path);
  if (!found) return undefined;
  const [name, operation] = [decoded(found[1]!), found[2]!];
  const call = `${method} ${operation}`;
  if (!CUSTOM.test(call) && !allowed(name).includes(operation.slice(1))) return undefined;
  return { kind: 'custom', name, path: operation, api: routeFor(method, operation) };
}

function provider(method: string, path: string, providers: readonly Provider[]): ServerRoute | undefined {
  const [, name = ''] = path.split('/');
  const known = providers.find((one) => routeName(one) === name);
  if (!known) return undefined;
  const family = known.family ?? 'openai';
  const rest = path.slice(name.length + 1);
  // OpenAI's version stands in the base URLs of all who speak its API, each in its own way.
  const operation = family === 'openai' ? rest.replace(/^\/v1(?=\/)/, '') : rest;
  const api = routeFor(method, operation, family);
  if (!api && !WITHOUT_TEXTS[family].test(`${method} ${operation}`)) return undefined;
  return { kind: 'provider', provider: known, path: operation, api };
}

function below(path: string, basePath: string): string {
  if (path === basePath || path.startsWith(`${basePath}/`)) return path.slice(basePath.length) || '/';
  throw new GatewayError('not_found', `This server answers below ${basePath || '/'}.`, { param: 'path' });
}

/** Nearly all: no segment is empty or begins with a dot, and no character is one that a URL would write otherwise. */
const PLAIN_PATH = /^(?:\/[\w-][\w.:-]*)+$/;

/**
 * What a URL makes another path of (`/models/../threads`, `/responses#/moderations`) would be looked up as one operation and sent as
 * another. The next server may decode slashes before it resolves dots, so those that are encoded count too.
 */
function checkedPath(path: string): string {
  if (PLAIN_PATH.test(path)) return path;
  const segments = path.replace(/%2e/gi, '.').split(/\/|\\|%2f|%5c/i);
  const resolves = segments.some((segment) => segment === '.' || segment === '..') || path.includes('//');
  if (!resolves && new URL(`http://localhost${path}`).pathname === path) return path;
  throw new GatewayError(
    'invalid_request',
    'The path holds dot segments, empty ones, or characters that no path may hold.',
    {
      param: 'path',
    },
  );
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GatewayError('invalid_request', 'The provider name in the path is not URL-encoded.', { param: 'path' });
  }
}
