/** The table, walked: what holds for each route holds for all of them. */
import { describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, call, openAdmin, VIEWER_TOKEN } from './support/open-admin.ts';

const CAP = {
  name: 'per user',
  policy_type: 'default_spend_cap',
  subject_matchers: [{ key: 'user_id', value: '' }],
  config: { window: 'daily', limit_usd: 5 },
};
const UNTIL = '2026-12-01T00:00:00Z';

/** One of everything, and a path and body for each route that succeeds. */
async function filled() {
  const opened = await openAdmin();
  const { ask, gateway } = opened;
  const made = async (path: string, body: unknown): Promise<Record<string, never>> =>
    (await ask('POST', path, { body })).json() as never;
  const { id: policy } = await made('/v1/platform/gateway-policies', CAP);
  const { id: override } = await made('/v1/overrides', {
    ...{ policy_id: policy, limit_usd: '7.5', until: UNTIL, reason: 'launch' },
  });
  await ask('PUT', '/v1/prices', { body: { model: 'openai/x', input: '1' } });
  const { key } = (await made('/v1/keys', { name: 'first' })) as unknown as { key: { id: string } };
  await (await call(gateway, { user: 'ada' })).text();
  const ids: Record<string, string> = {
    '/v1/platform/gateway-policies/{id}': policy!,
    '/v1/platform/gateway-policies/{id}/effect': policy!,
    '/v1/overrides/{id}': override!,
    '/v1/keys/{id}': key.id,
    '/v1/keys/{id}/rotate': key.id,
  };
  const bodies: Record<string, unknown> = {
    'POST /v1/platform/gateway-policies': { ...CAP, name: 'another' },
    'PATCH /v1/platform/gateway-policies/{id}': { mode: 'monitor' },
    'POST /v1/overrides': { policy_id: policy, limit_usd: 1, until: UNTIL, reason: 'test' },
    'POST /v1/keys': { name: 'second' },
    'PATCH /v1/keys/{id}': { disabled: true },
    'POST /v1/keys/{id}/rotate': {},
    'PUT /v1/prices': { model: 'openai/x', input: '2', output: '3' },
  };
  const queries: Record<string, string> = { 'DELETE /v1/prices': '?model=openai/x' };
  const pathOf = (path: string, method: string): string =>
    path.replace('{id}', ids[path] ?? 'x') + (queries[`${method} ${path}`] ?? '');
  return { ...opened, pathOf, bodyOf: (path: string, method: string) => bodies[`${method} ${path}`] };
}

/** For what is refused, and so changes nothing. */
const SHARED = await filled();
const ROUTES = SHARED.admin.routes;
const GUARDED = ROUTES.filter(({ role }) => role !== 'anybody');

describe('every route', () => {
  it('has a role, and only those without anything to tell are open', () => {
    expect(ROUTES.filter(({ role }) => role === 'anybody').map(({ path }) => path)).toEqual([
      '/health',
      '/ready',
      '/openapi.json',
    ]);
    expect(ROUTES.filter(({ method, role }) => method !== 'GET' && role !== 'admin')).toEqual([]);
  });

  it.each(GUARDED.map(({ method, path }) => [method, path]))(
    '%s %s refuses those without a token',
    async (method, path) => {
      const { ask, pathOf, bodyOf } = SHARED;
      for (const token of [
        null,
        'adm_wrong_00000000000000000000000000000000',
        `${ADMIN_TOKEN}x`,
        ADMIN_TOKEN.slice(1),
      ]) {
        const response = await ask(method, pathOf(path, method), {
          ...{ token, body: bodyOf(path, method) },
          address: `${method} ${path}`,
        });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
        expect(await response.json()).toMatchObject({ error: { code: 'unauthorized' } });
      }
    },
  );

  it.each(GUARDED.map(({ method, path, role }) => [method, path, role]))(
    '%s %s asks for the role %s',
    async (method, path, role) => {
      const { ask, state, pathOf, bodyOf } = await filled();
      const before = state.head.seq;
      const response = await ask(method, pathOf(path, method), { token: VIEWER_TOKEN, body: bodyOf(path, method) });
      if (role === 'viewer') expect(response.status).toBeLessThan(300);
      else {
        expect(response.status).toBe(403);
        expect(state.head.seq).toBe(before);
      }
      await response.body?.cancel();
    },
  );

  it.each(ROUTES.map((route) => [route.method, route.path, route] as const))(
    '%s %s answers as it is described',
    async (method, path, route) => {
      const { ask, pathOf, bodyOf } = await filled();
      const response = await ask(method, pathOf(path, method), { body: bodyOf(path, method) });
      expect(response.status).toBe(route.status);
      expect(response.headers.get('x-postern-request-id')).toMatch(/^[\da-f-]{36}$/);
      expect(response.headers.get('cache-control')).toBe('no-store');
      if (route.response) route.response.parse(await response.json());
      else if (route.type) expect(response.headers.get('content-type')).toContain(route.type);
      else expect(await response.text()).toBe('');
      if (!response.bodyUsed) await response.body?.cancel();
    },
  );

  it.each(ROUTES.filter(({ body }) => body).map(({ method, path }) => [method, path]))(
    '%s %s takes JSON alone',
    async (method, path) => {
      const { ask, state, pathOf, bodyOf } = SHARED;
      const before = state.head.seq;
      const body = JSON.stringify(bodyOf(path, method));
      const asked = (given: string, type = 'application/json') =>
        ask(method, pathOf(path, method), { body: given, headers: { 'content-type': type } });
      expect((await asked(body, 'text/plain')).status).toBe(415);
      expect((await asked(body, 'application/x-www-form-urlencoded')).status).toBe(415);
      expect((await asked('{')).status).toBe(400);
      expect((await asked('[]')).status).toBe(400);
      expect((await asked('null')).status).toBe(400);
      expect((await asked('{"a":1,"a":2}')).status).toBe(400);
      expect((await asked('{"__proto__":{"role":"admin"}}')).status).toBe(400);
      expect((await asked(`{"a":${'['.repeat(70)}${']'.repeat(70)}}`)).status).toBe(400);
      expect((await asked(`{"a":"${'x'.repeat(256 * 1024)}"}`)).status).toBe(413);
      const unknown = await asked(JSON.stringify({ ...(bodyOf(path, method) as object), surprise: 1 }));
      expect(unknown.status).toBe(400);
      expect(await unknown.json()).toMatchObject({ error: { code: 'invalid_request', param: 'surprise' } });
      expect(state.head.seq).toBe(before);
    },
  );
});
