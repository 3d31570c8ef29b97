/** Every secret that the admin API is near is looked for in everything that it says, writes and logs. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { memoryState } from '../../src/stores/state/memory.ts';
import { ADMIN_TOKEN, call, type Opened, openAdmin, PEPPER, VIEWER_TOKEN } from './support/open-admin.ts';

const PROVIDER_KEY = 'sk-canary-5b1d0f0e9c8b7a6d5e4f3a2b1c0d9e8f';
const PASSWORD = 'hunter2-canary-of-the-database';

beforeEach(() => {
  process.env.OPENAI_API_KEY = PROVIDER_KEY;
});
afterEach(() => {
  delete process.env.OPENAI_API_KEY;
});

/** Asks for everything, rightly and wrongly, and gives all that was said but the one answer that shows the key. */
async function everything(opened: Opened): Promise<{ said: string; issued: string[] }> {
  const { ask, admin } = opened;
  const said: string[] = [];
  const hear = async (response: Response): Promise<void> => {
    said.push(JSON.stringify([...response.headers]));
    if (response.headers.get('content-type') === 'text/event-stream') await response.body?.cancel();
    else said.push(await response.text());
  };
  const issued: string[] = [];
  const issue = async (path: string, body: unknown): Promise<string> => {
    const response = await ask('POST', path, { body });
    const { secret, key } = (await response.json()) as { secret: string; key: { id: string } };
    issued.push(secret);
    said.push(JSON.stringify([...response.headers]), JSON.stringify(key));
    return key.id;
  };
  const id = await issue('/v1/keys', { name: 'first', user: 'ada' });
  await issue(`/v1/keys/${id}/rotate`, { grace_seconds: 60 });
  await (await call(opened.gateway, { user: 'ada' })).text();
  // Each guess from another address: none is closed, so all is really asked.
  let guesses = 0;
  const address = (): string => `10.0.${++guesses >> 8}.${guesses & 255}`;
  const wrong = [ADMIN_TOKEN, PROVIDER_KEY, ...issued];
  for (const { method, path, body } of admin.routes) {
    const at = path.replace('{id}', id);
    await hear(await ask(method, path.replace('{id}', 'nobody'), body ? { body: { name: 1 } } : {}));
    for (const secret of wrong) {
      await hear(await ask(method, at, { token: `${secret}x`, address: address(), ...(body ? { body: {} } : {}) }));
      if (body) await hear(await ask(method, at, { body: { policy_type: secret, model: [secret], until: secret } }));
      const named = path.replace('{id}', encodeURIComponent(secret));
      await hear(await ask(method, named, { token: null }));
      if (method === 'GET' || method === 'DELETE') await hear(await ask(method, named));
      await hear(await ask('GET', `/v1/rollups?window=${secret}`));
      await hear(await ask('GET', `/v1/${secret}`));
      await hear(await ask('GET', '/v1/whoami', { headers: { host: secret } }));
      await hear(await ask('GET', '/v1/whoami', { headers: { origin: `http://${secret}.example` } }));
    }
    if (method === 'GET') await hear(await ask(method, at));
  }
  return { said: said.join('\n'), issued };
}

const all = async ({ state, log }: Opened, said: string): Promise<Record<string, string>> => ({
  said,
  logged: JSON.stringify(log),
  audited: JSON.stringify(await state.audit(1, 10_000)),
});

it('finds no token, key, pepper or provider key anywhere but where a new key is shown', async () => {
  const opened = await openAdmin();
  const { said, issued } = await everything(opened);
  expect(said).not.toContain('too_many_requests');
  expect(said).toContain('must be one of');
  expect(issued).toHaveLength(2);
  for (const [where, text] of Object.entries(await all(opened, said))) {
    expect(text.length, where).toBeGreaterThan(500);
    for (const secret of [ADMIN_TOKEN, VIEWER_TOKEN, PEPPER, PROVIDER_KEY, ...issued])
      expect(text.includes(secret), `${where} ${secret.slice(0, 8)}`).toBe(false);
    for (const { value } of opened.state.documents('key')) expect(text.includes(String(value.hash)), where).toBe(false);
  }
});

it('finds nothing of what a store says when it fails', async () => {
  const store = memoryState();
  const fails = () => Promise.reject(new Error(`connect postgres://postern:${PASSWORD}@db.internal`));
  const opened = await openAdmin({ store: { ...store, commit: fails, audit: fails }, health: fails, ready: fails });
  const said: string[] = [];
  for (const [method, path, body] of [
    ['POST', '/v1/keys', { name: 'x' }],
    ['GET', '/v1/audit', undefined],
    ['GET', '/v1/audit/verify', undefined],
    ['GET', '/v1/health', undefined],
    ['GET', '/ready', undefined],
  ] as const) {
    const response = await opened.ask(method, path, { body });
    if (path !== '/v1/audit') expect(response.status).toBeGreaterThanOrEqual(500);
    said.push(await response.text());
  }
  for (const text of [...said, JSON.stringify(opened.log)]) {
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain('db.internal');
  }
});

it('shows of a provider where its key is found, and whether it was', async () => {
  const { ask } = await openAdmin();
  const text = await (await ask('GET', '/v1/providers')).text();
  expect(text).toContain('env:OPENAI_API_KEY');
  expect(text).not.toContain(PROVIDER_KEY);
});
