/**
 * `postern serve --workers 2` as real processes: one port, one cap, one dashboard; a worker that is killed is replaced, a configuration holds
 * at all or at none, and calls in flight end however the processes are told to.
 */
import { randomUUID } from 'node:crypto';
import { request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import type { EventResource, HealthResource } from '../../src/resources/operation.ts';
import type { AccountResource } from '../../src/resources/spend.ts';
import { type BillingProvider, MODEL, startBillingProvider } from '../servers/support/billing-provider.ts';
import { POSTGRES_URL, REDIS_URL, withService } from '../stores/support/services.ts';
import { parsePrometheus } from '../telemetry/prometheus-parser.ts';
import { eventually, Folder, type Served } from './support.ts';

const ENV = {
  TEST_WORKERS_ADMIN: 'adm-invented-0123456789abcdef',
  TEST_WORKERS_PEPPER: 'an invented pepper of more than thirty-two characters',
  TEST_WORKERS_PROVIDER: 'sk-invented-provider-key',
};
const SQLITE = { kind: 'sqlite', path: 'postern.db' };
const LONG = 120_000;
const PATIENCE_MS = 30_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make(ENV);
  cleanups.push(() => folder.remove());
});

const configOf = (providerURL: string, more: Record<string, unknown> = {}): object => ({
  store: SQLITE,
  keys: { pepper: 'env:TEST_WORKERS_PEPPER' },
  server: { auth: 'open' },
  admin: { tokens: [{ name: 'ops', role: 'admin', token: 'env:TEST_WORKERS_ADMIN' }] },
  providers: {
    openai: {
      base_url: providerURL,
      api_key: 'env:TEST_WORKERS_PROVIDER',
      allow_private: true,
      stream_usage: true,
      abort: 'drain',
    },
  },
  prices: [{ model: MODEL, input: '1', output: '10' }],
  policies: [],
  telemetry: { target: 'off' },
  ...more,
});
const capOf = (limit: string): object => ({
  name: 'shared',
  policy_type: 'spend_cap',
  config: { window: 'lifetime', limit_usd: limit, reserve: 'strict' },
});
const configure = (config: object): Promise<void> => folder.write('postern.config.json', JSON.stringify(config));

async function serve(config: object, ...args: string[]): Promise<Served> {
  await configure(config);
  return folder.serve('--workers', '2', ...args);
}

async function admin<T>({ adminUrl }: Served, path: string, method = 'GET', body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${ENV.TEST_WORKERS_ADMIN}`, 'content-type': 'application/json' };
  const response = await fetch(adminUrl + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  expect([path, response.status]).toEqual([path, expect.toBeOneOf([200, 201, 204])]);
  const text = await response.text();
  return (/^[{[]/.test(text) ? JSON.parse(text) : text) as T;
}

const PATH = '/openai/v1/chat/completions';
const bodyOf = (content: string, stream = false): string =>
  JSON.stringify({ model: 'gpt-4o', max_tokens: 10, stream, messages: [{ role: 'user', content }] });
/** On a connection of its own, so that workers take turns. */
const status = (url: string, content = 'Hello'): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request(url + PATH, { method: 'POST', agent: false, headers, timeout: 5_000 }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode!));
    });
    asked.once('timeout', () => asked.destroy(new Error('No answer.'))).once('error', reject);
    asked.end(bodyOf(content));
  });
const entries = (served: Served, event: string): Record<string, unknown>[] =>
  served.log().filter((entry) => entry.event === event);
/** The worker that lives now under a number. */
const pidOf = (served: Served, worker: number): number =>
  entries(served, 'worker_up')
    .filter((entry) => entry.worker === worker)
    .at(-1)!.pid as number;
const servedBy = (served: Served): number[] =>
  [...new Set(entries(served, 'request').map(({ worker }) => worker as number))].sort();
const nanoUsd = (usd: string): number => Math.round(Number(usd) * 1e9);
const sum = (amounts: Iterable<number>): number => [...amounts].reduce((total, amount) => total + amount, 0);
const accountOf = async (served: Served): Promise<AccountResource> =>
  (await admin<{ accounts: AccountResource[] }>(served, '/v1/accounts')).accounts[0]!;

async function billing(): Promise<BillingProvider> {
  const provider = await startBillingProvider();
  cleanups.push(() => provider.close());
  return provider;
}
async function fake(): Promise<FakeProvider> {
  const provider = await startFakeProvider();
  cleanups.push(() => provider.close());
  return provider;
}

/**
 * Whole and streamed calls, one after the other, until a refusal says that spent money alone stands in the way. Returns how often the store
 * was too late for its deadline: what it may have held then is charged when it expires.
 */
async function callUntilReached(served: Served, caller: number): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  for (let n = 0, late = 0; ; n++) {
    const messages = [{ role: 'user', content: `call-${caller}-${n}` }];
    const body = JSON.stringify({ model: MODEL, max_tokens: 60, stream: n % 2 === 1, messages });
    const response = await fetch(served.url + PATH, { method: 'POST', headers, body });
    const text = await response.text();
    if (response.ok) continue;
    const { code } = (JSON.parse(text) as { error: { code: string } }).error;
    if (code === 'spend_cap_reached') return late;
    expect(code).toBeOneOf(['spend_held_in_flight', 'ledger_unavailable']);
    if (code === 'ledger_unavailable') late++;
    await sleep(100);
  }
}

function holdsOneCap(name: string, store: () => object): void {
  it(
    `two workers on one ${name} hold one cap together, to the last nano-USD`,
    async () => {
      const provider = await billing();
      const served = await serve(configOf(provider.baseURL, { store: store(), policies: [capOf('0.05')] }));
      const late = sum(await Promise.all(Array.from({ length: 12 }, (_, caller) => callUntilReached(served, caller))));
      const billed = sum(provider.billed.values());
      const { spent_usd, held_usd, limit_usd } = await eventually(
        () => accountOf(served),
        (account) => Number(account.held_usd) === 0 || late > 0,
        PATIENCE_MS,
      );
      const [spent, held, limit] = [spent_usd, held_usd, limit_usd].map(nanoUsd) as [number, number, number];

      expect(servedBy(served)).toEqual([1, 2]);
      expect(provider.billed.size).toBeGreaterThan(50);
      expect(spent + held).toBeLessThanOrEqual(limit);
      expect(spent + held).toBeGreaterThanOrEqual(billed);
      if (late === 0) expect(spent).toBe(billed);
      expect(await served.end()).toBe(0);
    },
    LONG,
  );
}

holdsOneCap('SQLite file', () => SQLITE);
await withService('redis', REDIS_URL, () => {
  const tag = `postern-workers-${randomUUID()}`;
  afterAll(async () => {
    const client = await createClient({ url: REDIS_URL.href }).connect();
    const keys = await client.keys(`*${tag}*`);
    if (keys.length > 0) await client.del(keys);
    await client.close();
  });
  holdsOneCap('Redis', () => ({ kind: 'redis', url: REDIS_URL.href, tag }));
});
await withService('postgres', POSTGRES_URL, () => {
  const schema = `postern_workers_${process.pid}`;
  afterAll(async () => {
    const pool = new Pool({ connectionString: POSTGRES_URL.href });
    await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await pool.end();
  });
  holdsOneCap('PostgreSQL', () => ({ kind: 'postgres', url: POSTGRES_URL.href, schema }));
});

describe('a worker that dies', () => {
  it(
    'under load is replaced, and no money is forgotten or given back',
    async () => {
      const provider = await billing();
      const served = await serve(configOf(provider.baseURL, { policies: [capOf('5')] }));
      const doomed = pidOf(served, 1);
      const answered = new Set<string>();
      const lost: string[] = [];
      let isKilled = false;
      const ask = async (id: string): Promise<void> => {
        const body = { model: MODEL, max_tokens: 60, messages: [{ role: 'user', content: id }] };
        try {
          const response = await fetch(served.url + PATH, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          });
          await response.text();
          expect(response.status).toBe(200);
          answered.add(id);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          lost.push(id);
        }
        // One that is lost by it ends while as many are answered.
        if (answered.size < 60 || isKilled) return;
        isKilled = true;
        process.kill(doomed, 'SIGKILL');
      };
      const lane = async (caller: number): Promise<void> => {
        for (let n = 0; n < 20; n++) await ask(`call-${caller}-${n}`);
      };
      await Promise.all(Array.from({ length: 12 }, (_, caller) => lane(caller)));
      await eventually(
        async () => entries(served, 'worker_up'),
        (ups) => ups.length === 3,
        PATIENCE_MS,
      );

      expect(entries(served, 'worker_died')).toMatchObject([{ worker: 1, pid: doomed, signal: 'SIGKILL' }]);
      expect(pidOf(served, 1)).not.toBe(doomed);
      expect(answered.size + lost.length).toBe(240);
      expect(answered.size).toBeGreaterThan(100);
      const { spent_usd: spent, held_usd: held } = await accountOf(served);
      const booked = nanoUsd(spent);
      expect(booked).toBeGreaterThanOrEqual(sum([...answered].map((id) => provider.billed.get(id)!)));
      // What the dead one had not booked, it had held; that stays held until it expires, as of any server that is killed.
      expect(sum(provider.billed.values())).toBeLessThanOrEqual(booked + nanoUsd(held));
      expect(booked).toBeLessThanOrEqual(sum(provider.billed.values()));
      const before = entries(served, 'request').length;
      await Promise.all(Array.from({ length: 8 }, (_, n) => status(served.url, `call-later-${n}`)));
      const later = await eventually(
        async () => entries(served, 'request').slice(before),
        (found) => found.length === 8,
      );
      expect(new Set(later.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
      const { status: text, checks, workers } = await admin<HealthResource>(served, '/v1/health');
      expect([text, checks.workers?.status, workers]).toEqual(['ok', 'ok', { configured: 2, up: 2 }]);
    },
    LONG,
  );

  it(
    'again and again is started later each time, while the other takes the calls',
    async () => {
      const provider = await fake();
      const served = await serve(configOf(provider.baseURL));
      for (let deaths = 1; deaths <= 3; deaths++) {
        process.kill(pidOf(served, 2), 'SIGKILL');
        await eventually(
          async () => entries(served, 'worker_up').length,
          (ups) => ups === 2 + deaths,
          PATIENCE_MS,
        );
        expect(await status(served.url)).toBe(200);
      }
      const pauses = entries(served, 'worker_died').map((entry) => entry.restart_in_ms as number);
      expect(pauses).toHaveLength(3);
      expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
      expect(await admin<string>(served, '/metrics')).toContain('gateway_worker_exits_total 3\n');
    },
    LONG,
  );
});

it(
  'the dashboard’s events, metrics and health are those of all workers',
  async () => {
    const provider = await fake();
    const guard = { name: 'guard', policy_type: 'guard', mode: 'monitor', config: { detect: { pii: true } } };
    const served = await serve(configOf(provider.baseURL, { policies: [guard] }));
    const statuses = await Promise.all(Array.from({ length: 12 }, () => status(served.url, 'I am ada@example.com')));
    expect(statuses).toEqual(Array.from({ length: 12 }, () => 200));
    const listed = await eventually(
      () => admin<{ events: EventResource[] }>(served, '/v1/events?type=call'),
      ({ events }) => events.length === 12,
    );

    expect(servedBy(served)).toEqual([1, 2]);
    expect(new Set(listed.events.map(({ exchange_id }) => exchange_id)).size).toBe(12);
    const ids = listed.events.map(({ id }) => id);
    expect([...ids].sort((a, b) => b - a)).toEqual(ids);
    expect(new Set(ids).size).toBe(12);
    expect(JSON.stringify(await admin(served, '/v1/events'))).not.toContain('ada@example.com');
    const effect = await admin(served, '/v1/platform/gateway-policies/config:guard/effect');
    expect(effect).toMatchObject({ calls: 12, would_redact: 12, entities: { EMAIL_ADDRESS: 12 } });

    const families = parsePrometheus(await admin<string>(served, '/metrics'));
    const calls = families.get('gen_ai_client_operation_duration_seconds')!.samples;
    expect(sum(calls.filter(({ name }) => name.endsWith('_count')).map(({ value }) => value))).toBe(12);
    const uptimes = families.get('process_uptime_seconds')!.samples.map(({ labels }) => labels.worker);
    expect(uptimes.sort()).toEqual(['1', '2', 'primary']);
    expect(families.get('gateway_workers')!.samples).toMatchObject([{ value: 2 }]);
    const health = await admin<HealthResource>(served, '/v1/health');
    expect(health).toMatchObject({
      status: 'ok',
      gateway_url: served.url,
      open_calls: 0,
      workers: { configured: 2, up: 2 },
    });
    const ready = await (await fetch(`${served.adminUrl}/ready`)).json();
    expect(ready).toMatchObject({ status: 'ok', checks: { workers: 'ok' }, workers: { configured: 2, up: 2 } });
  },
  LONG,
);

it(
  'a change at the admin API and a configuration hold at both workers, a wrong one at neither',
  async () => {
    const [provider, other] = [await fake(), await fake()];
    const served = await serve(configOf(provider.baseURL));
    const eight = async (): Promise<number[]> => Promise.all(Array.from({ length: 8 }, () => status(served.url)));
    const every = (expected: number) => (found: number[]) => found.every((one) => one === expected);
    const limit = { name: 'none', policy_type: 'spend_cap', config: { window: 'daily', limit_usd: '0.0000001' } };
    const made = await admin<{ id: string }>(served, '/v1/platform/gateway-policies', 'POST', limit);
    expect(await eventually(eight, every(402))).toSatisfy(every(402));
    await admin(served, `/v1/platform/gateway-policies/${made.id}`, 'DELETE');
    expect(await eventually(eight, every(200))).toSatisfy(every(200));

    await configure(configOf(other.baseURL));
    served.process.kill('SIGHUP');
    expect(await served.event('configuration_read')).toMatchObject({ applied: ['providers'], needs_restart: [] });
    const before = provider.requests.length;
    expect(await eight()).toSatisfy(every(200));
    expect([provider.requests.length, other.requests.length]).toEqual([before, 8]);

    await configure({ ...configOf(provider.baseURL), prices: [{ model: MODEL, input: 'much' }] });
    served.process.kill('SIGHUP');
    expect(await served.event('configuration_wrong')).toMatchObject({
      message: expect.stringContaining('prices[0].input'),
    });
    expect(entries(served, 'configuration_wrong')).toHaveLength(1);
    expect(await eight()).toSatisfy(every(200));
    expect([provider.requests.length, other.requests.length]).toEqual([before, 16]);
    const { checks } = await admin<HealthResource>(served, '/v1/health');
    expect(checks.config?.status).toBe('warning');
    expect(servedBy(served)).toEqual([1, 2]);
  },
  LONG,
);

describe('an end', () => {
  /** A stream that stands still until it is told to go on. */
  async function streaming(): Promise<{ served: Served; answer: Response; goOn: () => void }> {
    const provider = await fake();
    const open = new Promise<ServerResponse>((resolve) => {
      provider.intercept = (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${piece('before')}\n\n`);
        resolve(response);
        return true;
      };
    });
    const served = await serve(configOf(provider.baseURL, { server: { auth: 'open', drain_seconds: 60 } }));
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(served.url + PATH, { method: 'POST', headers, body: bodyOf('x', true) });
    const upstream = await open;
    return { served, answer: response, goOn: () => upstream.end(`data: ${piece('after')}\n\ndata: [DONE]\n\n`) };
  }
  const piece = (content: string): string =>
    JSON.stringify({
      ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' },
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
    });
  const lives = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const gone = (served: Served): Promise<boolean[]> =>
    eventually(
      async () => [1, 2].map((worker) => lives(pidOf(served, worker))),
      (found) => !found.includes(true),
      PATIENCE_MS,
    );

  it(
    'by SIGTERM waits for a stream, and takes no calls meanwhile',
    async () => {
      const { served, answer, goOn } = await streaming();
      const ended = served.end('SIGTERM');
      await served.event('draining');
      await eventually(
        () => status(served.url).catch(() => 503),
        (found) => found === 503,
      );
      goOn();
      expect(await answer.text()).toMatch(/before[\s\S]*after[\s\S]*\[DONE\]/);
      expect(await ended).toBe(0);
      expect(await gone(served)).toEqual([false, false]);
      expect(entries(served, 'worker_died')).toEqual([]);
    },
    LONG,
  );

  // Of a worker that ends while a connection is given to it Node's cluster may not tell: one end in four stood still.
  it(
    'by SIGTERM comes though connections never stop coming',
    async () => {
      const provider = await fake();
      for (let round = 1; round <= 4; round++) {
        const served = await serve(configOf(provider.baseURL));
        let isOver = false;
        const lanes = Array.from({ length: 16 }, async () => {
          while (!isOver) await status(served.url).catch(() => sleep(5));
        });
        await eventually(
          async () => provider.requests.length,
          (count) => count >= 100 * round,
        );
        expect(await served.end('SIGTERM')).toBe(0);
        isOver = true;
        await Promise.all(lanes);
        expect(await gone(served)).toEqual([false, false]);
      }
    },
    LONG,
  );

  it(
    'by a second SIGTERM is at once, with all workers',
    async () => {
      const { served, answer } = await streaming();
      const ended = served.end('SIGTERM');
      await served.event('draining');
      served.process.kill('SIGTERM');
      expect(await ended).toBe(1);
      expect(await gone(served)).toEqual([false, false]);
      await expect(answer.text()).rejects.toThrow();
    },
    LONG,
  );

  it(
    'of the primary by SIGKILL ends the workers, when what they answer has ended',
    async () => {
      const { served, answer, goOn } = await streaming();
      await served.end('SIGKILL');
      await eventually(
        async () => entries(served, 'draining').length,
        (found) => found === 2,
        PATIENCE_MS,
      );
      goOn();
      expect(await answer.text()).toMatch(/before[\s\S]*after[\s\S]*\[DONE\]/);
      expect(await gone(served)).toEqual([false, false]);
    },
    LONG,
  );
});

it(
  'says why workers cannot start, and leaves none',
  async () => {
    await configure(configOf('http://127.0.0.1:1', { store: { kind: 'memory' } }));
    const memory = await folder.run('serve', '--workers', '2', '--check');
    expect([memory.code, memory.stderr]).toEqual([
      2,
      expect.stringMatching(/server\.workers must be 1 .*memory.*got 2/),
    ]);

    const provider = await fake();
    await configure(configOf(provider.baseURL));
    const taken = await folder.run(
      'serve',
      '--workers',
      '2',
      '--admin-port',
      '0',
      '--port',
      new URL(provider.origin).port,
    );
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringMatching(/server\.port: .*EADDRINUSE/)]);
  },
  LONG,
);
