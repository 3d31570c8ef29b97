/** Servers that share a store: a key, a policy or a mode that one of them is told holds at the others a moment later, and one cap for all. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import type { AccountResource } from '../../src/resources/spend.ts';
import { openServer, type ServeConfig, type Serving } from '../../src/serve/index.ts';
import { POSTGRES_URL, REDIS_URL, withService } from '../stores/support/services.ts';
import { eventually } from './support.ts';

const TOKEN = 'adm-invented-0123456789abcdef';
const SECRETS = {
  TEST_MANY_ADMIN: TOKEN,
  TEST_MANY_PEPPER: 'an invented pepper of more than thirty-two characters',
  TEST_MANY_PROVIDER: 'sk-invented-provider-key',
};

interface Running {
  readonly serving: Serving;
  readonly url: string;
  readonly adminUrl: string;
}

let provider: FakeProvider;
let running: Running[] = [];

beforeAll(() => void Object.assign(process.env, SECRETS));
afterAll(() => {
  for (const name of Object.keys(SECRETS)) delete process.env[name];
});
beforeEach(async () => {
  provider = await startFakeProvider();
});
afterEach(async () => {
  await Promise.all(running.map(({ serving }) => serving.close()));
  running = [];
  await provider.close();
});

async function open(store: ServeConfig['store']): Promise<Running> {
  const serving = await openServer({
    store,
    keys: { pepper: 'env:TEST_MANY_PEPPER' },
    server: { port: 0 },
    admin: { port: 0, tokens: [{ name: 'ops', role: 'admin', token: 'env:TEST_MANY_ADMIN' }] },
    providers: { openai: { base_url: provider.baseURL, api_key: 'env:TEST_MANY_PROVIDER', allow_private: true } },
    policies: [{ name: 'guard', policy_type: 'guard', config: { detect: { secrets: true } } }],
  });
  const { url, adminUrl } = await serving.listen();
  const one = { serving, url, adminUrl: adminUrl! };
  running.push(one);
  return one;
}

const admin = async ({ adminUrl }: Running, method: string, path: string, body?: unknown): Promise<unknown> => {
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const response = await fetch(adminUrl + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect([method, path, response.status < 300, text]).toEqual([method, path, true, text]);
  return text === '' ? undefined : JSON.parse(text);
};
const call = async ({ url }: Running, key: string): Promise<number> => {
  const response = await fetch(`${url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.text();
  return response.status;
};
const CAP = {
  name: 'each user',
  policy_type: 'default_spend_cap',
  subject_matchers: [{ key: 'user_id', value: '' }],
  config: { window: 'monthly', limit_usd: '0.002', reserve: 'strict' },
};

function sharing(name: string, store: () => ServeConfig['store']): void {
  describe(`two servers on one ${name}`, () => {
    it('know each other’s keys, policies, modes and prices, hold one cap, and write one audit log', async () => {
      const [one, two] = [await open(store()), await open(store())];
      const { key, secret } = (await admin(one, 'POST', '/v1/keys', { name: 'ada', user: 'ada' })) as {
        key: { id: string };
        secret: string;
      };
      expect(await call(one, secret)).toBe(200);
      expect(
        await eventually(
          () => call(two, secret),
          (status) => status === 200,
        ),
      ).toBe(200);

      const policy = (await admin(two, 'POST', '/v1/platform/gateway-policies', CAP)) as { id: string };
      const names = async (): Promise<readonly string[]> => one.serving.gateway.policies.map(({ name }) => name);
      expect(await eventually(names, (known) => known.length === 2)).toEqual(['guard', 'each user']);
      const statuses = await Promise.all(Array.from({ length: 60 }, (_, i) => call(i % 2 ? one : two, secret)));
      expect(statuses).toContain(200);
      const last = await eventually(
        () => call(one, secret),
        (status) => status === 402,
      );
      expect(last).toBe(402);
      const { accounts } = (await admin(two, 'GET', '/v1/accounts')) as { accounts: AccountResource[] };
      expect(accounts).toMatchObject([{ policy: 'each user', subject: 'ada' }]);
      expect(Number(accounts[0]?.spent_usd)).toBeLessThanOrEqual(0.002);

      await admin(one, 'PATCH', `/v1/platform/gateway-policies/${policy.id}`, { mode: 'monitor' });
      expect(
        await eventually(
          () => call(two, secret),
          (status) => status === 200,
        ),
      ).toBe(200);
      await admin(two, 'PATCH', `/v1/keys/${key.id}`, { disabled: true });
      expect(
        await eventually(
          () => call(one, secret),
          (status) => status === 401,
        ),
      ).toBe(401);

      const verified = await Promise.all([one, two].map((server) => admin(server, 'GET', '/v1/audit/verify')));
      expect(verified).toMatchObject([
        { ok: true, rows: 4 },
        { ok: true, rows: 4 },
      ]);
    }, 60_000);
  });
}

describe('sqlite', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-many-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  sharing('SQLite file', () => ({ kind: 'sqlite', path: join(folder, 'postern.db') }));
});

await withService('redis', REDIS_URL, () => {
  const tag = `postern-many-${randomUUID()}`;
  afterAll(async () => {
    const client = await createClient({ url: REDIS_URL.href }).connect();
    const keys = await client.keys(`*${tag}*`);
    if (keys.length > 0) await client.del(keys);
    await client.close();
  });
  sharing('Redis', () => ({ kind: 'redis', url: REDIS_URL.href, tag }));
});

await withService('postgres', POSTGRES_URL, () => {
  const schema = `postern_many_${process.pid}`;
  afterAll(async () => {
    const pool = new Pool({ connectionString: POSTGRES_URL.href });
    await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await pool.end();
  });
  sharing('PostgreSQL', () => ({ kind: 'postgres', url: POSTGRES_URL.href, schema }));
});
