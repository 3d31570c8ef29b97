/** A configuration that is read again: what holds from then on, what waits, and that a wrong one changes nothing. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { openServer, type ServeConfig, type Serving } from '../../src/serve/index.ts';
import { readConfig } from '../../src/serve/load-config.ts';

const TOKENS = { TEST_RELOAD_OLD: 'adm-invented-old-0123456789', TEST_RELOAD_NEW: 'adm-invented-new-0123456789' };

let provider: FakeProvider;
let other: FakeProvider;
let serving: Serving;
let urls: Awaited<ReturnType<Serving['listen']>>;

const config = (more: Partial<ServeConfig> = {}): ServeConfig => ({
  store: { kind: 'memory' },
  server: { port: 0 },
  admin: { port: 0, tokens: [{ name: 'ops', role: 'admin', token: 'env:TEST_RELOAD_OLD' }] },
  providers: { openai: { base_url: provider.baseURL, allow_private: true } },
  policies: [],
  ...more,
});
const reload = async (more: Partial<ServeConfig>): Promise<Awaited<ReturnType<Serving['reload']>>> =>
  serving.reload(await readConfig(config(more), undefined, '/'));

beforeEach(async () => {
  Object.assign(process.env, TOKENS);
  [provider, other] = [await startFakeProvider(), await startFakeProvider()];
  serving = await openServer(config());
  urls = await serving.listen();
});
afterEach(async () => {
  for (const name of Object.keys(TOKENS)) delete process.env[name];
  await serving.close();
  await Promise.all([provider.close(), other.close()]);
});

async function call(): Promise<number> {
  const { secret } = await serving.keys.create({ name: 'a', user: 'ada' }, { kind: 'cli', name: 'test' });
  const response = await fetch(`${urls.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-api-key': secret, authorization: 'Bearer sk-the-clients-own', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }),
  });
  await response.text();
  return response.status;
}
const whoami = async (token: string): Promise<number> =>
  (await fetch(`${urls.adminUrl}/v1/whoami`, { headers: { authorization: `Bearer ${token}` } })).status;

it('sends calls to another host, and lets that one alone be private', async () => {
  expect(await call()).toBe(200);
  const providers = { openai: { base_url: other.baseURL, allow_private: true } };
  expect(await reload({ providers })).toEqual({ applied: ['providers'], waiting: [] });
  expect(await call()).toBe(200);
  expect([provider.requests.length, other.requests.length]).toEqual([1, 1]);
});

it('takes other admin tokens, and the old ones no more', async () => {
  expect(await whoami(TOKENS.TEST_RELOAD_OLD)).toBe(200);
  const tokens = [{ name: 'ops', role: 'viewer', token: 'env:TEST_RELOAD_NEW' }] as const;
  expect(await reload({ admin: { port: 0, tokens: [...tokens] } })).toMatchObject({ applied: ['admin.tokens'] });
  expect([await whoami(TOKENS.TEST_RELOAD_OLD), await whoami(TOKENS.TEST_RELOAD_NEW)]).toEqual([401, 200]);
});

it('says what waits for a restart', async () => {
  expect(await reload({ server: { port: 4999, limits: { max_body_bytes: 50 } }, unguarded: 'pass' })).toEqual({
    applied: ['server.limits'],
    waiting: ['server.port', 'unguarded'],
  });
  expect(await call()).toBe(413);
});

it('changes nothing when a part of it does not go', async () => {
  const policy = { policy_type: 'spend_cap' as const, config: { window: 'daily' as const, limit_usd: 5 } };
  const body = JSON.stringify({ ...policy, name: 'made at the API' });
  const headers = { authorization: `Bearer ${TOKENS.TEST_RELOAD_OLD}`, 'content-type': 'application/json' };
  const made = await fetch(`${urls.adminUrl}/v1/platform/gateway-policies`, { method: 'POST', headers, body });
  expect(made.status).toBe(201);
  const wrong = reload({
    policies: [{ ...policy, name: 'made at the API' }],
    providers: { openai: { base_url: other.baseURL, allow_private: true } },
    server: { port: 0, limits: { max_body_bytes: 50 } },
  });
  await expect(wrong).rejects.toThrow(/made at the API|name/i);
  expect(await call()).toBe(200);
  expect(other.requests).toHaveLength(0);
  expect(serving.gateway.policies.map(({ name }) => name)).toEqual(['made at the API']);
});

it('a policy that cannot be made is told, and the ones before hold', async () => {
  const policy = { name: 'cap', policy_type: 'spend_cap' as const };
  await reload({ policies: [{ ...policy, config: { window: 'daily', limit_usd: 5 } }] });
  const wrong = reload({
    policies: [{ ...policy, config: { window: 'daily', limit_usd: 5, time_zone: 'Mars/Base' } }],
  });
  await expect(wrong).rejects.toThrow(/"cap".*config\.time_zone/);
  expect(serving.gateway.policies.map(({ name }) => name)).toEqual(['cap']);
  expect(await call()).toBe(200);
});

it('a host that is not said to be private is not reached, whoever asks', async () => {
  await expect(reload({ providers: { openai: { base_url: provider.baseURL } } })).rejects.toThrow(/base_url/);
  expect(await call()).toBe(200);
});
