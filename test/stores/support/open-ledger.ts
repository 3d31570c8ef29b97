/**
 * Opens a ledger from a description that fits on a command line, for tests and benches that run several processes. Loads a
 * client only when it is asked for, so that processes that are killed often start quickly.
 */
import type { LedgerStore } from '../../../src/core/ledger.ts';
import { memoryLedger } from '../../../src/stores/memory.ts';
import { postgresLedger } from '../../../src/stores/postgres.ts';
import { redisLedger } from '../../../src/stores/redis.ts';
import type { SharedLedgerOptions } from '../../../src/stores/shared-ledger.ts';
import { sqliteLedger } from '../../../src/stores/sqlite.ts';

export type LedgerSpec = Pick<SharedLedgerOptions, 'leases' | 'leaseMs' | 'deadlineMs' | 'unavailable'> &
  (
    | { readonly kind: 'memory' }
    | { readonly kind: 'sqlite'; readonly path: string; readonly driver: 'node:sqlite' | 'better-sqlite3' }
    | { readonly kind: 'redis'; readonly url: string; readonly client: 'ioredis' | 'node-redis'; readonly tag: string }
    | {
        readonly kind: 'postgres';
        readonly url: string;
        readonly client: 'pg' | 'postgres.js';
        readonly schema: string;
      }
  );

export interface Opened {
  readonly ledger: LedgerStore;
  close(): Promise<void>;
  /** Takes out all that the ledger has kept. */
  drop(): Promise<void>;
}

export async function openLedger(spec: LedgerSpec): Promise<Opened> {
  const { leases, leaseMs, deadlineMs, unavailable } = spec;
  const shared = { leases, leaseMs, deadlineMs, unavailable };
  if (spec.kind === 'memory')
    return { ledger: memoryLedger(), close: async () => undefined, drop: async () => undefined };
  if (spec.kind === 'sqlite') {
    const ledger = sqliteLedger({ path: spec.path, driver: spec.driver, ...shared });
    return { ledger, close: () => ledger.close(), drop: async () => undefined };
  }
  if (spec.kind === 'redis') return openRedis(spec, shared);
  return openPostgres(spec, shared);
}

async function openRedis(spec: Extract<LedgerSpec, { kind: 'redis' }>, shared: SharedLedgerOptions): Promise<Opened> {
  const pattern = `postern:*{${spec.tag}}*`;
  if (spec.client === 'ioredis') {
    const { Redis } = await import('ioredis');
    const client = new Redis(spec.url, { retryStrategy: () => 50 });
    client.on('error', () => undefined);
    const ledger = redisLedger({ client, tag: spec.tag, ...shared });
    const drop = async (): Promise<void> => {
      const keys = await client.keys(pattern);
      if (keys.length > 0) await client.del(keys);
    };
    return { ledger, close: () => ledger.close().finally(() => client.disconnect()), drop };
  }
  const { createClient } = await import('redis');
  const client = createClient({ url: spec.url, socket: { reconnectStrategy: () => 50 } });
  client.on('error', () => undefined);
  await client.connect();
  const ledger = redisLedger({ client, tag: spec.tag, ...shared });
  const drop = async (): Promise<void> => {
    const keys = await client.keys(pattern);
    if (keys.length > 0) await client.del(keys);
  };
  return { ledger, close: () => ledger.close().finally(() => client.destroy()), drop };
}

async function openPostgres(
  spec: Extract<LedgerSpec, { kind: 'postgres' }>,
  shared: SharedLedgerOptions,
): Promise<Opened> {
  const drop = `DROP SCHEMA IF EXISTS ${spec.schema} CASCADE`;
  if (spec.client === 'pg') {
    const { Pool } = await import('pg');
    const client = new Pool({ connectionString: spec.url, max: 4, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    const ledger = postgresLedger({ client, schema: spec.schema, ...shared });
    const dropAll = async (): Promise<void> => {
      await client.query(drop);
    };
    return { ledger, close: () => ledger.close().finally(() => client.end()), drop: dropAll };
  }
  const { default: postgres } = await import('postgres');
  const client = postgres(spec.url, { max: 4, onnotice: () => undefined });
  const ledger = postgresLedger({ client, schema: spec.schema, ...shared });
  const dropAll = async (): Promise<void> => {
    await client.unsafe(drop);
  };
  return { ledger, close: () => ledger.close().finally(() => client.end({ timeout: 1 })), drop: dropAll };
}
