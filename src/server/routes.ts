/** The server's one route table: what a path means, before anybody is asked anything. Whatever is not in it is 501. */
import { GatewayError } from '../errors.ts';

export type Route =
  | { readonly kind: 'health' }
  /** `/openai/v1/...`: straight to one built-in provider. */
  | { readonly kind: 'provider'; readonly name: string; readonly operation: string }
  /** `/v1/...`: the model's prefix names the provider. */
  | { readonly kind: 'unified'; readonly operation: string }
  /** `/providers/{configName}/v1/...`: a custom provider, its model pinned by the configuration. */
  | { readonly kind: 'custom'; readonly name: string; readonly operation: string };

interface Allowed {
  readonly provider: RegExp;
  readonly unified: RegExp;
  readonly custom: RegExp;
}

/** Method and operation path. Custom providers have the allow-list that LangSmith's gateway gives them. */
const ALLOWED: Allowed = {
  provider:
    /^(?:POST \/(?:chat\/completions|completions|embeddings|moderations|images\/(?:generations|edits|variations)|audio\/(?:speech|transcriptions|translations)|files|uploads(?:\/[^/]+\/(?:parts|complete|cancel))?|batches(?:\/[^/]+\/cancel)?)|GET \/(?:models|batches|files)(?:\/[^/]+)?|GET \/files\/[^/]+\/content)$/,
  unified: /^(?:POST \/chat\/completions|POST \/embeddings)$/,
  custom: /^(?:POST \/chat\/completions|GET \/models)$/,
};

/** Built-in providers that have a route of their own; the name is that of `providers` in the options. */
export const PROVIDER_ROUTES: readonly string[] = ['openai'];

/** @throws GatewayError `not_found` for a path outside of the base path, `not_supported` for one that is not in the table */
export function routeFor(method: string, rawPath: string, basePath: string): Route {
  const path = below(rawPath, basePath).replace(/\/+$/, '');
  if (path === '/health' && (method === 'GET' || method === 'HEAD')) return { kind: 'health' };
  const route = parse(path);
  if (route && ALLOWED[route.kind].test(`${method} ${route.operation}`)) return route;
  throw new GatewayError('not_supported', `${method} ${path} is not supported by this server.`, { param: 'path' });
}

function parse(path: string): Exclude<Route, { kind: 'health' }> | undefined {
  const unified = /^\/v1(\/.+)$/.exec(path);
  if (unified) return { kind: 'unified', operation: unified[1]! };
  const custom = /^\/providers\/([^/]+)\/v1(\/.+)$/.exec(path);
  if (custom) return { kind: 'custom', name: decoded(custom[1]!), operation: custom[2]! };
  const provider = /^\/([a-z_]+)\/v1(\/.+)$/.exec(path);
  if (provider && PROVIDER_ROUTES.includes(provider[1]!))
    return { kind: 'provider', name: provider[1]!, operation: provider[2]! };
  return undefined;
}

function below(path: string, basePath: string): string {
  if (path === basePath || path.startsWith(`${basePath}/`)) return path.slice(basePath.length) || '/';
  throw new GatewayError('not_found', `This server answers below ${basePath || '/'}.`, { param: 'path' });
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GatewayError('invalid_request', 'The provider name in the path is not URL-encoded.', { param: 'path' });
  }
}
