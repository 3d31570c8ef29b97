/** Policies of both sources, and what changing them does to calls, to other servers and to the audit log. */
import { describe, expect, it } from 'vitest';
import type { PolicyBody } from '../../src/resources/policy.ts';
import { verifyChain } from '../../src/state/audit-chain.ts';
import { memoryState } from '../../src/stores/state/memory.ts';
import { ADMIN_TOKEN, call, type Opened, openAdmin } from './support/open-admin.ts';

const POLICIES = '/v1/platform/gateway-policies';
const CAP = {
  name: 'per user',
  policy_type: 'default_spend_cap',
  subject_matchers: [{ key: 'user_id', value: '' }],
  config: { window: 'daily', limit_usd: 5 },
} as const;
const GUARD: PolicyBody = { name: 'guard', policy_type: 'guard', config: { detect: { pii: true, secrets: true } } };
const CONFIGURED = {
  id: 'config-cap',
  body: { name: 'all', policy_type: 'spend_cap', config: { window: 'monthly', limit_usd: 100 } },
} as const satisfies { id: string; body: PolicyBody };

const create = async ({ ask }: Opened, body: unknown) => {
  const response = await ask('POST', POLICIES, { body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> & { id: string } };
};
const listed = async ({ ask }: Opened, query = '') => {
  const response = await ask('GET', `${POLICIES}${query}`);
  return ((await response.json()) as { policies: Record<string, unknown>[] }).policies;
};
const lastRow = async ({ state }: Opened) => (await state.audit(state.head.seq, 1))[0]!;

describe('a policy made at the API', () => {
  it('has what was written and what is known of it, and holds for the next call', async () => {
    const opened = await openAdmin();
    const { status, body } = await create(opened, { ...CAP, config: { window: 'daily', limit_usd: 0 } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...CAP, config: { window: 'daily', limit_usd: 0 }, source: 'api', mode: 'enforce' });
    expect(body).toMatchObject({ mode_overridden: false, enabled: true, created_at: '2026-11-26T10:30:00.000Z' });
    expect((await call(opened.gateway, { user: 'ada' })).status).toBe(402);
  });

  it('takes one that LangSmith exported as it is', async () => {
    const opened = await openAdmin();
    const { status, body } = await create(opened, {
      id: '0b0a8a1c-2f54-4a0d-9a4f-3f6a0c1b9f11',
      name: 'R&D Spend Cap',
      policy_type: 'spend_cap',
      action: 'block',
      subject_matchers: [{ key: 'workspace_id', value: 'rd-eu' }],
      config: { window: 'monthly', limit_usd: 2000 },
      current_spend_usd: 17.5,
      parent_policy_id: null,
      created_at: '2026-10-01T00:00:00Z',
    });
    expect(status).toBe(201);
    expect(body.id).not.toBe('0b0a8a1c-2f54-4a0d-9a4f-3f6a0c1b9f11');
    expect(body.current_spend_usd).toBe(0);
  });

  it('is replaced by another of its name, and keeps its id', async () => {
    const opened = await openAdmin();
    const { body: first } = await create(opened, CAP);
    const { status, body } = await create(opened, { ...CAP, config: { window: 'daily', limit_usd: 9 } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: first.id, config: { limit_usd: 9 } });
    expect(await listed(opened)).toHaveLength(1);
    expect(await lastRow(opened)).toMatchObject({
      operation: 'update_gateway_policy',
      actor: { kind: 'admin_token', name: 'ops' },
      resource: { type: 'gateway_policy', id: first.id, name: 'per user' },
      changes: { 'config.limit_usd': { from: 5, to: 9 } },
    });
  });

  it('writes nothing when nothing has changed', async () => {
    const opened = await openAdmin();
    await create(opened, CAP);
    const { seq } = opened.state.head;
    await create(opened, CAP);
    expect(opened.state.head.seq).toBe(seq);
  });

  it('is told of with the request that made it', async () => {
    const opened = await openAdmin();
    const response = await opened.ask('POST', POLICIES, { body: CAP });
    const row = await lastRow(opened);
    expect(row).toMatchObject({ operation: 'create_gateway_policy', changes: { name: { to: 'per user' } } });
    expect(row.requestId).toBe(response.headers.get('x-postern-request-id'));
  });

  it.each([
    ['config.limit_usd', { ...CAP, config: { window: 'daily', limit_usd: -1 } }],
    ['config.window', { ...CAP, config: { window: 'yearly', limit_usd: 1 } }],
    ['config.time_zone', { ...CAP, config: { window: 'daily', limit_usd: 1, time_zone: 'Mars/Base' } }],
    ['subject_matchers[0].key', { ...CAP, subject_matchers: [{ key: '', value: '' }] }],
    ['name', { ...CAP, name: '' }],
    ['policy_type', { ...CAP, policy_type: 'model_access' }],
  ])('is refused with the field %s and nothing written', async (param, body) => {
    const opened = await openAdmin();
    const { status, body: told } = await create(opened, body);
    expect(status).toBe(400);
    expect(told).toMatchObject({ error: { code: 'invalid_request', param } });
    expect(opened.state.head.seq).toBe(0);
    expect(await listed(opened)).toEqual([]);
  });

  it('is not made when its row cannot be written', async () => {
    const store = memoryState();
    const opened = await openAdmin({
      store: { ...store, commit: () => Promise.reject(new Error('disk full: /var/lib/secret')) },
    });
    const { status, body } = await create(opened, CAP);
    expect(status).toBe(503);
    expect(JSON.stringify(body)).not.toContain('/var/lib');
    expect(await listed(opened)).toEqual([]);
  });

  it('counts in the list what its fullest account spent', async () => {
    const opened = await openAdmin();
    await create(opened, CAP);
    await (await call(opened.gateway, { user: 'ada' })).text();
    const [policy] = await listed(opened);
    expect(policy!.current_spend_usd).toBeGreaterThan(0.01);
  });
});

describe('changing one', () => {
  it('changes the fields that were given', async () => {
    const opened = await openAdmin();
    const { body } = await create(opened, CAP);
    const response = await opened.ask('PATCH', `${POLICIES}/${body.id}`, {
      body: { mode: 'monitor', config: { window: 'daily', limit_usd: '7.50' }, description: 'seven and a half' },
    });
    expect(await response.json()).toMatchObject({
      ...{ id: body.id, mode: 'monitor', mode_overridden: false, description: 'seven and a half' },
      config: { limit_usd: '7.50' },
    });
    expect(Object.keys((await lastRow(opened)).changes)).toEqual(['config.limit_usd', 'description', 'mode']);
    const back = await opened.ask('PATCH', `${POLICIES}/${body.id}`, { body: { mode: null } });
    expect(await back.json()).toMatchObject({ mode: 'enforce' });
  });

  it('names what is wrong with a config by its path', async () => {
    const opened = await openAdmin();
    const { body } = await create(opened, CAP);
    const response = await opened.ask('PATCH', `${POLICIES}/${body.id}`, {
      body: { config: { window: 'daily', limit_usd: 'much' } },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'config.limit_usd' } });
  });

  it('gives a cap another name, and what it has counted stays', async () => {
    const opened = await openAdmin();
    const { body } = await create(opened, { ...CAP, config: { window: 'daily', limit_usd: '0.02' } });
    await (await call(opened.gateway, { user: 'ada' })).text();
    const response = await opened.ask('PATCH', `${POLICIES}/${body.id}`, { body: { name: 'other' } });
    expect(await response.json()).toMatchObject({ name: 'other', current_spend_usd: 0.0125 });
    await (await call(opened.gateway, { user: 'ada' })).text();
    expect((await call(opened.gateway, { user: 'ada' })).status).toBe(402);
    const { body: guard } = await create(opened, GUARD);
    expect((await opened.ask('PATCH', `${POLICIES}/${guard.id}`, { body: { name: 'other' } })).status).toBe(409);
  });

  it("takes guards whose placeholders or hashes need a key, which is not the API's to know", async () => {
    const opened = await openAdmin();
    for (const more of [{ placeholders: 'hmac' }, { actions: { EMAIL_ADDRESS: 'hash' } }]) {
      const { status } = await create(opened, { ...GUARD, config: { ...GUARD.config, ...more } });
      expect(status).toBe(201);
    }
    const wrong = { ...GUARD, config: { entities: ['EMAIL_ADRESS'] } };
    expect(await create(opened, wrong)).toMatchObject({
      status: 400,
      body: { error: { param: 'config.entities[0]' } },
    });
  });

  it('holds rate limits too', async () => {
    const opened = await openAdmin();
    const limits = [{ metric: 'requests', window: 'minute', value: 1 }];
    const { status } = await create(opened, { name: 'rate', policy_type: 'rate_limit', config: { limits } });
    expect(status).toBe(201);
    await (await call(opened.gateway)).text();
    expect((await call(opened.gateway)).status).toBe(429);
  });

  it('takes one off by enabled, and back on', async () => {
    const opened = await openAdmin();
    const { body } = await create(opened, { ...CAP, config: { window: 'daily', limit_usd: 0 } });
    const set = (enabled: boolean) => opened.ask('PATCH', `${POLICIES}/${body.id}`, { body: { enabled } });
    await set(false);
    expect((await call(opened.gateway, { user: 'ada' })).status).toBe(200);
    expect(await listed(opened)).toMatchObject([{ enabled: false }]);
    await set(true);
    expect((await call(opened.gateway, { user: 'ada' })).status).toBe(402);
  });

  it('takes one out with its overrides', async () => {
    const opened = await openAdmin();
    const { body } = await create(opened, CAP);
    await opened.ask('POST', '/v1/overrides', {
      body: { policy_id: body.id, limit_usd: 9, until: '2026-12-01T00:00:00Z', reason: 'launch' },
    });
    expect((await opened.ask('DELETE', `${POLICIES}/${body.id}`)).status).toBe(204);
    expect(await listed(opened)).toEqual([]);
    expect(await (await opened.ask('GET', '/v1/overrides')).json()).toEqual({ overrides: [] });
    expect((await opened.ask('DELETE', `${POLICIES}/${body.id}`)).status).toBe(404);
    expect((await opened.ask('GET', `${POLICIES}/${body.id}`)).status).toBe(404);
    expect((await opened.ask('PATCH', `${POLICIES}/${body.id}`, { body: { enabled: false } })).status).toBe(404);
    expect(await verifyChain(await opened.state.audit(1, 100), opened.state.head)).toMatchObject({ ok: true });
  });

  it('keeps to one answer when two ask at once', async () => {
    const opened = await openAdmin();
    const made = await Promise.all(
      [1, 2, 3, 4].map((limit) => create(opened, { ...CAP, config: { window: 'daily', limit_usd: limit } })),
    );
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    expect(await listed(opened)).toHaveLength(1);
    expect(opened.state.head.seq).toBe(4);
  });
});

describe('a policy of the configuration', () => {
  it('is told apart, and comes in its order: guards first, then the configuration, then by age', async () => {
    const opened = await openAdmin({ configured: [CONFIGURED] });
    await create(opened, CAP);
    opened.clock.now += 1_000;
    await create(opened, { ...CAP, name: 'second' });
    await create(opened, GUARD);
    expect((await listed(opened)).map(({ name, source }) => [name, source])).toEqual([
      ['guard', 'api'],
      ['all', 'config'],
      ['per user', 'api'],
      ['second', 'api'],
    ]);
    expect((await listed(opened, '?policy_type=guard')).map(({ name }) => name)).toEqual(['guard']);
    expect((await opened.ask('GET', `${POLICIES}?policy_type=nothing`)).status).toBe(400);
  });

  it('has its mode switched and taken back here, and nothing else', async () => {
    const configured = { id: 'zero', body: { ...CONFIGURED.body, config: { window: 'daily', limit_usd: 0 } } } as const;
    const opened = await openAdmin({ configured: [configured] });
    const patch = (body: unknown) => opened.ask('PATCH', `${POLICIES}/zero`, { body });
    expect((await call(opened.gateway)).status).toBe(402);
    expect(await (await patch({ mode: 'monitor' })).json()).toMatchObject({ mode: 'monitor', mode_overridden: true });
    expect((await call(opened.gateway)).status).toBe(200);
    expect(await lastRow(opened)).toMatchObject({ changes: { mode: { from: 'enforce', to: 'monitor' } } });
    expect(await (await patch({ mode: null })).json()).toMatchObject({ mode: 'enforce', mode_overridden: false });
    expect((await call(opened.gateway)).status).toBe(402);
    const { seq } = opened.state.head;
    expect((await patch({ mode: 'enforce' })).status).toBe(200);
    expect((await patch({ enabled: false })).status).toBe(409);
    expect((await opened.ask('DELETE', `${POLICIES}/zero`)).status).toBe(409);
    expect((await create(opened, { ...CAP, name: 'all' })).status).toBe(409);
    expect(opened.state.head.seq).toBe(seq);
  });

  it('keeps its switched mode when the configuration is read again', async () => {
    const opened = await openAdmin({ configured: [CONFIGURED] });
    await opened.ask('PATCH', `${POLICIES}/config-cap`, { body: { mode: 'monitor' } });
    opened.policies.setConfigured([CONFIGURED, { id: 'g', body: GUARD }]);
    expect((await listed(opened)).map(({ name, mode }) => [name, mode])).toEqual([
      ['guard', 'enforce'],
      ['all', 'monitor'],
    ]);
  });

  it('is not taken when its name is one that was made here', async () => {
    const opened = await openAdmin({ configured: [CONFIGURED] });
    await create(opened, CAP);
    expect(() => opened.policies.setConfigured([{ id: 'x', body: { ...CAP, subject_matchers: [] } }])).toThrow(
      /"per user" of the configuration/,
    );
    expect((await listed(opened)).map(({ name }) => name)).toEqual(['all', 'per user']);
  });
});

describe('another server', () => {
  it('sees what was changed here, and holds calls to it', async () => {
    const store = memoryState();
    const [one, two] = [await openAdmin({ store }), await openAdmin({ store })];
    const { body } = await create(one, { ...CAP, config: { window: 'daily', limit_usd: 0 } });
    expect((await call(two.gateway, { user: 'ada' })).status).toBe(200);
    await two.state.refresh();
    expect((await call(two.gateway, { user: 'ada' })).status).toBe(402);
    expect((await two.ask('DELETE', `${POLICIES}/${body.id}`)).status).toBe(204);
    await one.state.refresh();
    expect((await call(one.gateway, { user: 'ada' })).status).toBe(200);
  });

  it('is told of a change of policies once, and of no other', async () => {
    const opened = await openAdmin();
    let told = 0;
    opened.policies.onChange(() => told++);
    await create(opened, CAP);
    expect(told).toBe(1);
    await opened.ask('POST', '/v1/keys', { body: { name: 'k' } });
    expect(told).toBe(1);
  });

  it('goes on with what it has when it cannot read what another wrote', async () => {
    const opened = await openAdmin();
    await create(opened, CAP);
    await opened.state.change(() => ({
      entry: { actor: { kind: 'system', name: 'x' }, operation: 'x', resource: { type: 'x', id: 'x' }, changes: {} },
      writes: [{ kind: 'policy', id: 'odd', value: { body: { policy_type: 'of the future' } } }],
      result: undefined,
    }));
    expect(await listed(opened)).toHaveLength(1);
    expect(opened.log).toContainEqual({ event: 'policies_unreadable' });
  });
});

it('says at the start which policy it cannot read', async () => {
  const store = memoryState();
  const { state } = await openAdmin({ store });
  await state.change(() => ({
    entry: { actor: { kind: 'system', name: 'x' }, operation: 'x', resource: { type: 'x', id: 'x' }, changes: {} },
    writes: [{ kind: 'policy', id: 'odd', value: { body: { ...CAP, config: { window: 'yearly', limit_usd: 1 } } } }],
    result: undefined,
  }));
  await expect(openAdmin({ store })).rejects.toThrow(
    /^Policy odd in the state cannot be read .*config\.window must be/,
  );
});

describe('an override', () => {
  const UNTIL = '2026-12-01T00:00:00Z';

  it('lifts the limit of those it is for until it ends', async () => {
    const opened = await openAdmin();
    const { body } = await create(opened, { ...CAP, config: { window: 'daily', limit_usd: 0 } });
    const response = await opened.ask('POST', '/v1/overrides', {
      body: {
        policy_id: body.id,
        subject_matchers: [{ key: 'user_id', value: 'ada' }],
        limit_usd: '10',
        until: UNTIL,
        reason: 'launch week',
      },
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ limit_usd: '10', created_by: 'ops', active: true });
    expect((await call(opened.gateway, { user: 'ada' })).status).toBe(200);
    expect((await call(opened.gateway, { user: 'bob' })).status).toBe(402);
    const { accounts } = (await (await opened.ask('GET', '/v1/accounts')).json()) as { accounts: object[] };
    expect(accounts).toMatchObject([
      { subject: 'ada', limit_usd: '10', override: { reason: 'launch week', until: '2026-12-01T00:00:00.000Z' } },
    ]);
    opened.clock.now = Date.parse(UNTIL);
    expect((await call(opened.gateway, { user: 'ada' })).status).toBe(402);
    expect(await (await opened.ask('GET', '/v1/overrides')).json()).toMatchObject({ overrides: [{ active: false }] });
  });

  it('that was made last counts, and can be taken out', async () => {
    const opened = await openAdmin();
    const { body } = await create(opened, CAP);
    const set = async (limit_usd: number) => {
      opened.clock.now += 1;
      const made = await opened.ask('POST', '/v1/overrides', {
        body: { policy_id: body.id, limit_usd, until: UNTIL, reason: 'test' },
      });
      return ((await made.json()) as { id: string }).id;
    };
    await set(50);
    const zero = await set(0);
    expect((await call(opened.gateway, { user: 'ada' })).status).toBe(402);
    expect((await opened.ask('DELETE', `/v1/overrides/${zero}`)).status).toBe(204);
    expect((await call(opened.gateway, { user: 'ada' })).status).toBe(200);
    expect((await opened.ask('DELETE', `/v1/overrides/${zero}`)).status).toBe(404);
    expect(await lastRow(opened)).toMatchObject({
      operation: 'delete_gateway_override',
      resource: { type: 'gateway_override', name: 'per user' },
      changes: { limit_usd: { from: 0 } },
    });
  });

  it.each([
    ['policy_id', { policy_id: 'nobody' }],
    ['until', { until: '2020-01-01T00:00:00Z' }],
    ['until', { until: 'tomorrow' }],
    ['reason', { reason: '' }],
    ['limit_usd', { limit_usd: -1 }],
    ['limit_usd', { limit_usd: '99999999' }],
  ])('is refused with the field %s', async (param, wrong) => {
    const opened = await openAdmin();
    const { body } = await create(opened, CAP);
    const right = { policy_id: body.id, limit_usd: 1, until: UNTIL, reason: 'test' };
    const response = await opened.ask('POST', '/v1/overrides', { body: { ...right, ...wrong } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param } });
    expect(opened.state.head.seq).toBe(1);
  });

  it('is for spend caps alone', async () => {
    const opened = await openAdmin();
    const { body } = await create(opened, GUARD);
    const override = { policy_id: body.id, limit_usd: 1, until: UNTIL, reason: 'test' };
    expect((await opened.ask('POST', '/v1/overrides', { body: override })).status).toBe(400);
  });

  it('can be made for a policy of the configuration', async () => {
    const opened = await openAdmin({
      configured: [{ id: 'c', body: { ...CONFIGURED.body, config: { window: 'daily', limit_usd: 0 } } }],
    });
    await opened.ask('POST', '/v1/overrides', {
      token: ADMIN_TOKEN,
      body: { policy_id: 'c', limit_usd: 5, until: UNTIL, reason: 'test' },
    });
    expect((await call(opened.gateway)).status).toBe(200);
  });
});
