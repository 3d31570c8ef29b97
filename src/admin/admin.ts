/**
 * `createAdmin`: the admin API as a function from a request to an answer. Every route goes through one way: host, origin, token, role,
 * query, body, handler, headers. What is not in the route table is not there.
 */
import { Hono } from 'hono';
import type { Gateway } from '../gateway/gateway.ts';
import type { HealthResource, ProviderResource } from '../resources/operation.ts';
import type { Keys } from '../state/keys.ts';
import type { ServerState } from '../state/server-state.ts';
import { Access, type AdminToken, type Caller } from './access.ts';
import { checked, readQuery } from './checked.ts';
import type { EventFeed } from './event-feed.ts';
import { type EventStreamOptions, EventStreams } from './event-stream.ts';
import { secured } from './headers.ts';
import type { LogEntry, Logger } from './logger.ts';
import { descriptionRoute, pathNames } from './openapi.ts';
import { checkHost, checkOrigin, hostCheck } from './origin.ts';
import { OverrideList } from './override-list.ts';
import type { AdminParts, Readiness } from './parts.ts';
import type { PolicyBook } from './policy-book.ts';
import type { PriceList } from './price-list.ts';
import { AdminError, adminErrorOf, problemOf } from './problem.ts';
import { readJson } from './read-body.ts';
import type { Call, Route } from './route.ts';
import { routeTable } from './route-table.ts';

/** A file of the dashboard. */
export interface AdminAsset {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Its name holds a hash of its content, so that it may be kept for ever. */
  readonly immutable?: boolean | undefined;
}

export interface AdminOptions {
  readonly gateway: Gateway;
  readonly state: ServerState;
  readonly keys: Keys;
  readonly policies: PolicyBook;
  readonly prices: PriceList;
  readonly feed: EventFeed;
  readonly tokens: readonly AdminToken[];
  /** Names, with or without port, that the listener is asked by; localhost always is. */
  readonly hosts: readonly string[];
  readonly providers: () => Promise<readonly ProviderResource[]>;
  readonly health: () => Promise<HealthResource>;
  readonly ready: () => Promise<Readiness>;
  /** Prometheus text. */
  readonly metrics?: (() => string | Promise<string>) | undefined;
  /** By path: `/` and `/assets/...`. */
  readonly assets?: ReadonlyMap<string, AdminAsset> | undefined;
  readonly logger?: Logger | undefined;
  readonly streams?: EventStreamOptions | undefined;
  /** Of the package; stands in the description. */
  readonly version?: string | undefined;
  readonly now?: (() => number) | undefined;
}

/** What the door knows of a request that the request itself does not say. */
export interface AdminRequestInfo {
  /** Of the connection; wrong tokens are counted by it. */
  readonly remoteAddress?: string | undefined;
}

export interface Admin {
  fetch(request: Request, info?: AdminRequestInfo): Promise<Response>;
  /** Others count from now on; who listens to events has to ask again. */
  setTokens(tokens: readonly AdminToken[]): void;
  /** Ends all streams. */
  close(): void;
  /** Who listens to events now. */
  readonly readers: number;
  /** The table, for those who describe or walk it. */
  readonly routes: readonly Route[];
}

/** Probes come by whatever address a pod has; they read nothing, so any name will do. */
const PROBES = ['/health', '/ready'];
const MAX_PARAM_CHARS = 256;

export function createAdmin(options: AdminOptions): Admin {
  const { now = Date.now, logger, assets = new Map<string, AdminAsset>(), version = '0' } = options;
  const access = new Access(options.tokens, now);
  const isKnownHost = hostCheck(options.hosts);
  const streams = new EventStreams(options.feed, options.streams);
  const table = routeTable(partsFor(options, streams, now));
  const routes = [...table, descriptionRoute(table, version)];
  const app = dispatch(routes, assets, async (route, params, context) => {
    const { request } = context;
    const caller = route.role === 'anybody' ? undefined : callerFor(route, request.headers, access, context);
    const call = await callOf(route, request, context, caller, params);
    const response = await answer(route, call);
    if (route.method !== 'GET') logger?.info(changeEntry(route, call, response.status));
    return response;
  });

  async function answered(request: Request, context: Context): Promise<Response> {
    const host = request.headers.get('host') ?? new URL(request.url).host;
    if (!PROBES.includes(context.path)) checkHost(isKnownHost, host);
    checkOrigin(request.headers, host);
    // Hono would give a HEAD its own answer to the GET and forget about its body; here whoever reads a stream is let go.
    const asked = request.method === 'HEAD' ? new Request(request, { method: 'GET' }) : request;
    const response = await app.fetch(asked, context);
    if (request.method !== 'HEAD') return response;
    await response.body?.cancel();
    return new Response(null, response);
  }

  return {
    routes,
    get readers() {
      return streams.size;
    },
    async fetch(request, { remoteAddress = 'unknown' } = {}) {
      const requestId = globalThis.crypto.randomUUID();
      const path = new URL(request.url).pathname;
      const context: Context = { request, path, requestId, remoteAddress };
      const response = await answered(request, context).catch((error: unknown) => refused(error, context, logger));
      return secured(response, requestId);
    },
    setTokens(tokens) {
      access.setTokens(tokens);
      streams.close();
    },
    close: () => streams.close(),
  };
}

/** What goes with a request on its way. */
interface Context {
  readonly request: Request;
  readonly path: string;
  readonly requestId: string;
  readonly remoteAddress: string;
}

type Run = (route: Route, params: Call['params'], context: Context) => Promise<Response>;

/** Whatever a route is found by, it is `run` that looks at its role: there is no second look at the path. */
function dispatch(
  routes: readonly Route[],
  assets: ReadonlyMap<string, AdminAsset>,
  run: Run,
): Hono<{ Bindings: Context }> {
  const app = new Hono<{ Bindings: Context }>();
  for (const route of routes)
    app.on(route.method, honoPath(route.path), (c) => run(route, pathParams(route, c.req.param()), c.env));
  for (const path of new Set(routes.map((route) => route.path)))
    app.all(honoPath(path), ({ env }) => otherMethod(routes, path, env.request.method));
  app.get('*', ({ env }) => assetAt(assets, env.path));
  app.notFound(() => {
    throw new AdminError('not_found', 'There is nothing here.');
  });
  app.onError((error) => {
    throw error;
  });
  return app;
}

function partsFor(options: AdminOptions, streams: EventStreams, now: () => number): AdminParts {
  const { state, policies, metrics, version = '0' } = options;
  return { ...options, overrides: new OverrideList({ state, policies, now }), streams, metrics, version, now };
}

/** @throws AdminError `unauthorized`, `forbidden` */
function callerFor(route: Route, headers: Headers, access: Access, { remoteAddress }: Context): Caller {
  const caller = access.callerOf(headers, remoteAddress);
  if (route.role === 'viewer' || (route.role === 'admin' && caller.role === 'admin')) return caller;
  throw new AdminError(
    'forbidden',
    `This needs a token of the role "admin"; that of "${caller.name}" is "${caller.role}".`,
  );
}

async function callOf(
  route: Route,
  request: Request,
  { requestId }: Context,
  caller: Caller = { name: 'anybody', role: 'viewer' },
  params: Call['params'],
): Promise<Call> {
  const { searchParams } = new URL(request.url);
  return {
    caller,
    actor: { kind: 'admin_token', name: caller.name },
    requestId,
    params,
    query: route.query ? readQuery(route.query, searchParams) : undefined,
    body: route.body ? bodyOf(route, await readJson(request)) : undefined,
    headers: request.headers,
    signal: request.signal,
  };
}

function bodyOf({ body, read = (json) => checked(body!, json) }: Route, json: unknown): unknown {
  return read(json);
}

async function answer({ handler, status }: Route, call: Call): Promise<Response> {
  const value = await handler(call);
  if (value instanceof Response) return value;
  return value === undefined ? new Response(null, { status }) : Response.json(value, { status });
}

/** `/v1/keys/{id}` as Hono writes it. */
function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function pathParams({ path }: Route, given: Readonly<Record<string, string>>): Record<string, string> {
  const params = Object.fromEntries(pathNames(path).map((name) => [name, given[name] ?? '']));
  if (Object.values(params).some((value) => value.length > MAX_PARAM_CHARS))
    throw new AdminError('not_found', 'There is nothing here.');
  return params;
}

function otherMethod(routes: readonly Route[], path: string, method: string): Response {
  const methods = routes.filter((route) => route.path === path).map((route) => route.method);
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
  throw new AdminError('method_not_allowed', 'This path has no such method.', { headers: { allow } });
}

function assetAt(assets: ReadonlyMap<string, AdminAsset>, path: string): Response {
  const asset = assets.get(path);
  if (!asset) throw new AdminError('not_found', 'There is nothing here.');
  const cache = asset.immutable === true ? 'public, max-age=31536000, immutable' : 'no-cache';
  return new Response(asset.body, { headers: { 'content-type': asset.type, 'cache-control': cache } });
}

/** Of what was changed the audit log tells. The path is that of the table, without ids. */
function changeEntry({ method, path }: Route, { requestId, caller }: Call, status: number): LogEntry {
  return { event: 'admin_changed', request_id: requestId, method, path, status, by: caller.name };
}

function refused(
  thrown: unknown,
  { request, requestId, remoteAddress }: Context,
  logger: Logger | undefined,
): Response {
  const error = adminErrorOf(thrown);
  const { code, status, headers } = error;
  const entry = { request_id: requestId, method: request.method, code };
  if (code === 'internal')
    logger?.error({ event: 'admin_failed', ...entry, error: thrown instanceof Error ? thrown.name : 'unknown' });
  else if (code === 'unauthorized' || code === 'forbidden' || code === 'too_many_requests')
    logger?.warn({ event: 'admin_refused', ...entry, address: remoteAddress });
  return Response.json(problemOf(error), { status, headers });
}
