import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { Client, Pool } from 'pg';
import postgres from 'postgres';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditEntry, EMPTY_HEAD, type StateStore, type StateWrite } from '../../src/core/state.ts';
import { auditRows, chained, verifyChain } from '../../src/state/audit-chain.ts';
import { openState, type ServerState } from '../../src/state/server-state.ts';
import { postgresSchema, postgresState } from '../../src/stores/postgres.ts';
import { redisState } from '../../src/stores/redis.ts';
import { sqliteState } from '../../src/stores/sqlite.ts';
import { type CuttingProxy, cuttingProxy } from './support/cutting-proxy.ts';
import { POSTGRES_URL, REDIS_URL, withService } from './support/services.ts';

const entry: AuditEntry = {
  actor: { kind: 'cli', name: 'ada' },
  operation: 'update_price',
  resource: { type: 'price', id: 'a' },
  changes: {},
};
const writes: StateWrite[] = [
  { kind: 'price', id: 'a', value: { usd: 2 } },
  { kind: 'price', id: 'b', value: null },
  { kind: 'key', id: 'c', value: { name: 'c' } },
];
/** What a commit writes. */
const STEPS = [
  ['state_head', ['UPDATE']],
  ['state_audit', ['INSERT']],
  ['state_document', ['INSERT', 'UPDATE', 'DELETE']],
] as const;

/** Two documents, one row. */
async function begin(store: StateStore): Promise<Awaited<ReturnType<StateStore['load']>>> {
  const before: StateWrite[] = ['a', 'b'].map((id) => ({ kind: 'price', id, value: { usd: 1 } }));
  expect(await store.commit(chained(entry, EMPTY_HEAD, 0), before)).toBe(true);
  return store.load();
}

/** The change fails, and all is as it was. */
async function failsWhole(store: StateStore, before: Awaited<ReturnType<typeof begin>>): Promise<void> {
  await expect(store.commit(chained(entry, before.head, 1), writes)).rejects.toThrow();
  expect(await store.load()).toEqual(before);
  expect(await store.audit(1, 10)).toHaveLength(1);
}

async function works(store: StateStore): Promise<void> {
  expect(await store.commit(chained(entry, await store.head(), 2), writes)).toBe(true);
  expect((await store.load()).documents).toHaveLength(2);
}

describe('sqlite', () => {
  const folders: string[] = [];
  const newPath = (): string => {
    folders.push(mkdtempSync(join(tmpdir(), 'postern-state-faults-')));
    return join(folders.at(-1)!, 'state.db');
  };
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it('a fault at any step of a commit leaves all as it was', async () => {
    const path = newPath();
    const store = sqliteState({ path });
    const before = await begin(store);
    const database = new DatabaseSync(path);
    for (const [table, events] of STEPS)
      for (const event of events) {
        database.exec(`CREATE TRIGGER fault AFTER ${event} ON ${table} BEGIN SELECT RAISE(ABORT, 'fault'); END`);
        await failsWhole(store, before);
        database.exec('DROP TRIGGER fault');
      }
    database.close();

    await works(store);
    await store.close?.();
  });

  it('waits without stopping the process while another has the file to itself', async () => {
    const path = newPath();
    const store = sqliteState({ path });
    await begin(store);
    const other = new DatabaseSync(path);
    other.exec('BEGIN EXCLUSIVE');
    let turns = 0;
    const timer = setInterval(() => {
      // The process goes on, and in it the one who holds the file.
      if (++turns === 10) other.exec('COMMIT');
    }, 5);

    await works(store);

    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(10);
    other.close();
    await store.close?.();
  });

  it('says what to do when the file cannot be, or is of a later version', async () => {
    await expect(sqliteState({ path: '/nowhere/at/all/state.db' }).head()).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('does not exist') as string,
    });
    const path = newPath();
    const store = sqliteState({ path });
    await begin(store);
    await store.close?.();
    const database = new DatabaseSync(path);
    database.exec('INSERT INTO state_schema (version) VALUES (99)');
    database.close();
    await expect(sqliteState({ path }).head()).rejects.toThrow('update Postern');
    expect(() => sqliteState({ path: '' })).toThrow('sqliteState: path');
  });

  it('a document that is no JSON any more is named', async () => {
    const path = newPath();
    const store = sqliteState({ path });
    await begin(store);
    const database = new DatabaseSync(path);
    database.exec("UPDATE state_document SET value = 'gone' WHERE id = 'b'");
    database.close();

    await expect(store.load()).rejects.toMatchObject({
      code: 'state_unavailable',
      message: 'The stored price b cannot be read: it is no JSON object.',
    });
    await store.close?.();
  });
});

/** Changes over a connection that breaks between the change and its answer. */
async function losesReplies(state: ServerState, proxy: CuttingProxy, store: StateStore, skip = 0): Promise<void> {
  let [made, unknown] = [0, 0];
  for (let place = 0; place < 6; place++) {
    let isFirst = true;
    const change = state.change((view) => {
      // Behind the question for the head, so that it is the commit's answer that is lost.
      if (isFirst) proxy.cutNext(skip);
      isFirst = false;
      return {
        entry,
        writes: [
          { kind: 'price' as const, id: 'n', value: { n: Number(view.document('price', 'n')?.value.n ?? 0) + 1 } },
        ],
        result: undefined,
      };
    });
    await change.then(
      () => made++,
      (error: { details?: { known?: boolean } }) => {
        expect(error.details?.known).toBe(false);
        unknown++;
      },
    );
  }

  await state.refresh();
  expect(proxy.cuts).toBe(6);
  // None is made twice, and none that was acknowledged is lost.
  expect(made + unknown).toBe(6);
  expect(state.document('price', 'n')?.value.n).toBe(6);
  expect(await verifyChain(auditRows(store), await store.head())).toMatchObject({ ok: true, rows: 6 });
}

await withService('redis', REDIS_URL, () => {
  const tag = `test_faults_${process.pid}`;
  const keys = ['head', 'documents', 'audit'].map((key) => `postern:state:1:{${tag}}:${key}`);

  it('redis: a key of another type leaves all as it was', async () => {
    const client = new Redis(REDIS_URL.href);
    await client.del(keys);
    const store = redisState({ client, tag });
    const before = await begin(store);
    for (const key of keys) {
      await client.rename(key, `${key}:aside`);
      await client.set(key, 'of another type');
      await expect(store.commit(chained(entry, before.head, 1), writes)).rejects.toThrow('WRONGTYPE');
      await client.rename(`${key}:aside`, key);
      expect(await store.load()).toEqual(before);
      expect(await store.audit(1, 10)).toHaveLength(1);
    }

    await works(store);
    await client.zadd(keys[2]!, 3, 'a row beyond the head');
    await expect(store.commit(chained(entry, await store.head(), 3), [])).rejects.toThrow('beyond its head');
    await client.del(keys);
    await client.quit();
  });

  it('redis, ioredis: a lost answer is found out, also where the client asks twice', async () => {
    const proxy = await cuttingProxy(REDIS_URL);
    const client = new Redis({ port: proxy.port, host: '127.0.0.1', retryStrategy: () => 5 });
    client.on('error', () => undefined);
    await client.del(keys);
    const store = redisState({ client, tag });
    const state = await openState(store, { pollMs: 0 });
    await losesReplies(state, proxy, store);
    await state.close();
    await client.del(keys);
    client.disconnect();
    await proxy.close();
  });

  it('redis, node-redis: a lost answer is found out', async () => {
    const proxy = await cuttingProxy(REDIS_URL);
    const client = createClient({ url: `redis://127.0.0.1:${proxy.port}`, socket: { reconnectStrategy: () => 5 } });
    client.on('error', () => undefined);
    await client.connect();
    await client.del(keys);
    const store = redisState({ client, tag });
    const state = await openState(store, { pollMs: 0 });
    await losesReplies(state, proxy, store);
    await state.close();
    await client.del(keys);
    client.destroy();
    await proxy.close();
  });

  it('redis: options that make no sense are refused', () => {
    expect(() => redisState({ client: {} as Redis })).toThrow('redisState: client');
    expect(() => redisState({ client: new Redis({ lazyConnect: true }), tag: 'a}b' })).toThrow('redisState: tag');
  });
});

await withService('postgres', POSTGRES_URL, () => {
  let schema = '';
  let made = 0;
  beforeEach(() => {
    schema = `test_faults_${process.pid}_${++made}`;
  });
  afterEach(async () => {
    const client = new Client({ connectionString: POSTGRES_URL.href });
    await client.connect();
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.end();
  });
  const through = (port: number): string => Object.assign(new URL(POSTGRES_URL), { port: String(port) }).href;

  it('postgres: a fault at any step of a commit leaves all as it was', async () => {
    const client = new Pool({ connectionString: POSTGRES_URL.href });
    const store = postgresState({ client, schema });
    const before = await begin(store);
    await client.query(
      `CREATE FUNCTION ${schema}.fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$`,
    );
    for (const [table, events] of STEPS)
      for (const event of events) {
        await client.query(
          `CREATE TRIGGER fault AFTER ${event} ON ${schema}.${table} FOR EACH ROW EXECUTE FUNCTION ${schema}.fault()`,
        );
        await failsWhole(store, before);
        await client.query(`DROP TRIGGER fault ON ${schema}.${table}`);
      }

    await works(store);
    await client.end();
  });

  it('postgres: under any isolation level who comes second is told so', async () => {
    const client = new Pool({
      connectionString: POSTGRES_URL.href,
      max: 4,
      options: '-c default_transaction_isolation=serializable',
    });
    const states = await Promise.all([1, 2, 3].map(() => openState(postgresState({ client, schema }), { pollMs: 0 })));

    await Promise.all(
      states.flatMap((state) =>
        Array.from({ length: 10 }, () =>
          state.change((view) => ({
            entry,
            writes: [
              { kind: 'price' as const, id: 'n', value: { n: Number(view.document('price', 'n')?.value.n ?? 0) + 1 } },
            ],
            result: undefined,
          })),
        ),
      ),
    );

    await states[0]!.refresh();
    expect(states[0]!.document('price', 'n')?.value.n).toBe(30);
    await client.end();
  });

  it('postgres, pg: a lost answer is found out', async () => {
    const proxy = await cuttingProxy(POSTGRES_URL);
    const client = new Pool({ connectionString: through(proxy.port), max: 1 });
    client.on('error', () => undefined);
    const store = postgresState({ client, schema });
    const state = await openState(store, { pollMs: 0 });
    await losesReplies(state, proxy, store);
    await state.close();
    await client.end();
    await proxy.close();
  });

  it('postgres, postgres.js: a lost answer is found out', async () => {
    const proxy = await cuttingProxy(POSTGRES_URL);
    const client = postgres(through(proxy.port), { max: 1, backoff: () => 0.01, onnotice: () => undefined });
    const store = postgresState({ client, schema });
    const state = await openState(store, { pollMs: 0 });
    // It asks what the parameters are first.
    await losesReplies(state, proxy, store, 1);
    await state.close();
    await client.end({ timeout: 1 });
    await proxy.close();
  });

  it('postgres: without the right to make tables it says what to run, and that makes them', async () => {
    const client = new Pool({ connectionString: POSTGRES_URL.href });
    const store = postgresState({ client, schema, createSchema: false });
    await expect(store.head()).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('postgresSchema()') as string,
    });

    await client.query(postgresSchema(schema));
    await client.query(postgresSchema(schema));
    await begin(store);

    expect(() => postgresState({ client, schema: 'No"' })).toThrow('postgresState: schema');
    await client.end();
  });
});
