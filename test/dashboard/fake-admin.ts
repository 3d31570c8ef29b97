/**
 * An admin API for tests of the dashboard: the routes of the real one over data in memory, served with its headers. Every answer passes the
 * zod schemas of the resources, so that the dashboard is never tested against a shape that the server does not have.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import type { DashboardAsset } from '../../src/admin/dashboard-assets.ts';
import { pathText } from '../../src/resources/describe-zod-error.ts';
import { issuedKey, keyBody, keyPatch, keyResource, keyRotation } from '../../src/resources/key.ts';
import {
  auditResource,
  auditVerification,
  type EventResource,
  eventResource,
  healthResource,
  problem,
  providerResource,
  whoamiResource,
} from '../../src/resources/operation.ts';
import { policyBody, policyEffect, policyPatch, policyResource } from '../../src/resources/policy.ts';
import {
  accountResource,
  overrideBody,
  overrideResource,
  pricesResource,
  rollupResource,
} from '../../src/resources/spend.ts';
import { effectOf, type FakeData } from './fake-data.ts';
import { fakeRollup } from './fake-rollup.ts';

export const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
export const ADMIN_TOKEN = 'adm_invented_admin_token';
export const VIEWER_TOKEN = 'adm_invented_viewer_token';

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | undefined;
  constructor(status: number, code: string, message: string, param?: string) {
    super(message);
    [this.status, this.code, this.param] = [status, code, param];
  }
}

export interface FakeAdmin {
  readonly url: string;
  readonly data: FakeData;
  /** `PATCH /v1/...`, in their order. */
  readonly changes: string[];
  /** Streams that are open now. */
  streams(): number;
  push(event: EventResource): void;
  /** As a restart would. */
  dropStreams(): void;
  /** No answer at all until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Tokens that are taken from now on. */
  revoke(token: string): void;
  close(): Promise<void>;
}

export async function fakeAdmin(assets: ReadonlyMap<string, DashboardAsset>, data: FakeData): Promise<FakeAdmin> {
  const roles = new Map([
    [ADMIN_TOKEN, { name: 'ops', role: 'admin' as const }],
    [VIEWER_TOKEN, { name: 'team-lead', role: 'viewer' as const }],
  ]);
  const streams = new Set<ServerResponse>();
  const changes: string[] = [];
  let port = 0;

  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/' } = request;
    const { pathname, searchParams } = new URL(url, 'http://fake');
    response.setHeader('content-security-policy', CSP);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    const asset = assets.get(pathname);
    if (asset && method === 'GET') {
      if (asset.immutable) response.setHeader('cache-control', 'public, max-age=31536000, immutable');
      response.setHeader('content-type', asset.type);
      response.end(asset.body);
      return;
    }
    try {
      const who = roles.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
      if (!who) throw new Refusal(401, 'unauthorized', 'This token is not known.');
      if (method !== 'GET' && who.role !== 'admin') throw new Refusal(403, 'forbidden', 'A viewer changes nothing.');
      if (method !== 'GET') changes.push(`${method} ${pathname}`);
      if (pathname === '/v1/events/stream') return stream(request, response);
      const body = await bodyOf(request);
      const answer = answerOf(data, `${method} ${pathname}`, body, searchParams, who);
      const status = method === 'POST' ? 201 : answer === undefined ? 204 : 200;
      if (answer !== undefined)
        response.setHeader('content-type', typeof answer === 'string' ? 'application/x-ndjson' : 'application/json');
      response.writeHead(status).end(typeof answer === 'string' ? answer : answer && JSON.stringify(answer));
    } catch (error) {
      const known = error instanceof Refusal ? error : new Refusal(500, 'internal', String(error));
      const { status, code, message, param } = known;
      response.setHeader('content-type', 'application/json');
      response.writeHead(status).end(JSON.stringify(problem.parse({ error: { code, message, param } })));
    }
  };

  const stream = (request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    const after = Number(request.headers['last-event-id'] ?? Number.POSITIVE_INFINITY);
    for (const event of data.events.filter(({ id }) => id > after).reverse()) response.write(lines(event));
    streams.add(response);
    response.on('close', () => streams.delete(response));
  };

  const create = () => createServer((request, response) => void onRequest(request, response));
  let server = create();
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  await listen();
  port = (server.address() as AddressInfo).port;

  const down = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    data,
    changes,
    streams: () => streams.size,
    push: (event) => {
      data.events.unshift(eventResource.parse(event));
      for (const open of streams) open.write(lines(event));
    },
    dropStreams: () => {
      for (const open of streams) open.destroy();
    },
    down,
    up: () => {
      server = create();
      return listen();
    },
    revoke: (token) => roles.delete(token),
    close: down,
  };
}

const lines = (event: EventResource): string => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  if (text === '') return undefined;
  if (!request.headers['content-type']?.startsWith('application/json'))
    throw new Refusal(415, 'unsupported_media_type', 'Bodies are application/json.');
  return JSON.parse(text);
}

/** What the schema takes, or a 400 that names the field, as the real server does. */
function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  const [issue] = error.issues;
  throw new Refusal(400, 'invalid_request', issue!.message, pathText('', issue!.path));
}

interface Who {
  readonly name: string;
  readonly role: 'admin' | 'viewer';
}

function answerOf(data: FakeData, route: string, body: unknown, search: URLSearchParams, who: Who): unknown {
  const [method, path] = route.split(' ') as [string, string];
  const [, , ...rest] = path.split('/');
  const policies = path.startsWith('/v1/platform/gateway-policies');
  const [collection, id, action] = policies ? ['policies', rest[2], rest[3]] : rest;
  switch (collection) {
    case 'whoami':
      return whoamiResource.parse(who);
    case 'health':
      return healthResource.parse(data.health);
    case 'accounts':
      return z
        .object({ at: z.string(), accounts: z.array(accountResource) })
        .parse({ at: new Date().toISOString(), accounts: data.accounts });
    case 'rollups':
      return rollupResource.parse(fakeRollup(search, data.policies.length === 0));
    case 'providers':
      return z.object({ providers: z.array(providerResource) }).parse({ providers: data.providers });
    case 'prices':
      return pricesResource.parse(data.prices);
    case 'events':
      return events(data, search);
    case 'audit':
      return audit(data, id, search);
    case 'policies':
      return policyRoutes(data, method, id, action, body);
    case 'keys':
      return keyRoutes(data, method, id, action, body, who);
    case 'overrides':
      return overrideRoutes(data, method, id, body, who);
    default:
      throw new Refusal(404, 'not_found', `No ${path}.`);
  }
}

function events(data: FakeData, search: URLSearchParams): unknown {
  const wanted = (field: 'type' | 'policy' | 'decision') => (event: EventResource) =>
    !search.get(field) || event[field] === search.get(field);
  const found = data.events
    .filter(wanted('type'))
    .filter(wanted('policy'))
    .filter(wanted('decision'))
    .slice(0, Number(search.get('limit') ?? 200));
  return z
    .object({ events: z.array(eventResource), latest: z.int() })
    .parse({ events: found, latest: data.events[0]?.id ?? 0 });
}

function audit(data: FakeData, id: string | undefined, search: URLSearchParams): unknown {
  const head = { seq: data.audit[0]?.seq ?? 0, hash: data.audit[0]?.hash ?? '0'.repeat(64) };
  if (id === 'verify')
    return auditVerification.parse({ ok: !data.broken, rows: data.audit.length, head, broken: data.broken });
  if (id === 'export')
    return data.audit
      .toReversed()
      .map((row) => `${JSON.stringify({ class_uid: 6003, metadata: { sequence: row.seq } })}\n`)
      .join('');
  const before = Number(search.get('before') ?? Number.POSITIVE_INFINITY);
  const records = data.audit.filter(({ seq }) => seq < before).slice(0, Number(search.get('limit') ?? 100));
  return z
    .object({ records: z.array(auditResource), head: z.object({ seq: z.int(), hash: z.string() }) })
    .parse({ records, head });
}

function policyRoutes(
  data: FakeData,
  method: string,
  id: string | undefined,
  action: string | undefined,
  body: unknown,
): unknown {
  if (id === undefined) {
    if (method === 'GET') return z.object({ policies: z.array(policyResource) }).parse({ policies: data.policies });
    const given = read(policyBody, body);
    const made = policyResource.parse({
      mode: 'enforce',
      enabled: true,
      ...given,
      id: `pol_${data.policies.length + 1}`,
      source: 'api',
      mode_overridden: false,
      created_at: new Date().toISOString(),
    });
    data.policies.push(made);
    data.effects.set(made.id, {
      ...effectOf(made, Date.now()),
      matched: 0,
      blocked: 0,
      would_block: 0,
      would_redact: 0,
      warned: 0,
      entities: {},
      subjects: [],
    });
    return made;
  }
  const index = data.policies.findIndex((policy) => policy.id === id);
  const policy = data.policies[index];
  if (!policy) throw new Refusal(404, 'not_found', `No policy ${id}.`);
  if (action === 'effect') return policyEffect.parse(data.effects.get(id));
  if (method === 'GET') return policyResource.parse(policy);
  if (method === 'DELETE') {
    if (policy.source === 'config') throw new Refusal(409, 'conflict', 'It stands in the configuration.');
    data.policies.splice(index, 1);
    return undefined;
  }
  const patch = read(policyPatch, body);
  if (policy.source === 'config' && Object.keys(patch).some((field) => field !== 'mode'))
    throw new Refusal(409, 'conflict', 'Of a policy of the configuration only the mode may be switched.');
  const changed = {
    ...policy,
    ...patch,
    mode: patch.mode ?? policy.mode,
    mode_overridden: policy.source === 'config' && patch.mode !== null,
  };
  data.policies[index] = policyResource.parse(changed);
  data.effects.set(id, effectOf(data.policies[index]!, Date.now()));
  return data.policies[index];
}

function keyRoutes(
  data: FakeData,
  method: string,
  id: string | undefined,
  action: string | undefined,
  body: unknown,
  who: Who,
): unknown {
  const now = new Date().toISOString();
  if (id === undefined) {
    if (method === 'GET') return z.object({ keys: z.array(keyResource) }).parse({ keys: data.keys });
    const given = read(keyBody, body);
    const key = keyResource.parse({
      tags: {},
      ...given,
      id: `key_${data.keys.length + 1}`,
      status: 'active',
      disabled: false,
      hint: 'gwk_n3w0',
      created_at: now,
      created_by: who.name,
    });
    data.keys.unshift(key);
    return issuedKey.parse({ key, secret: 'gwk_n3w0_invented-secret-of-the-new-key' });
  }
  const index = data.keys.findIndex((key) => key.id === id);
  const key = data.keys[index];
  if (!key) throw new Refusal(404, 'not_found', `No key ${id}.`);
  if (action === 'rotate') {
    const { grace_seconds = 0 } = read(keyRotation, body);
    const until = new Date(Date.now() + grace_seconds * 1_000).toISOString();
    data.keys[index] = keyResource.parse({ ...key, rotated_at: now, previous_until: until, hint: 'gwk_r0t8' });
    return issuedKey.parse({ key: data.keys[index], secret: 'gwk_r0t8_invented-secret-of-the-rotated-key' });
  }
  if (method === 'DELETE') {
    data.keys.splice(index, 1);
    return undefined;
  }
  if (method === 'PATCH') {
    const patch = read(keyPatch, body);
    data.keys[index] = keyResource.parse({ ...key, ...patch, status: patch.disabled ? 'disabled' : 'active' });
  }
  return data.keys[index];
}

function overrideRoutes(data: FakeData, method: string, id: string | undefined, body: unknown, who: Who): unknown {
  if (method === 'GET') return z.object({ overrides: z.array(overrideResource) }).parse({ overrides: data.overrides });
  if (method === 'DELETE') {
    data.overrides = data.overrides.filter((override) => override.id !== id);
    return undefined;
  }
  const made = overrideResource.parse({
    ...read(overrideBody, body),
    id: `ovr_${data.overrides.length + 1}`,
    created_at: new Date().toISOString(),
    created_by: who.name,
    active: true,
  });
  data.overrides.push(made);
  return made;
}
