/** Opens a state store from a description that fits on a command line, for tests that run several clients or processes. */
import type { StateStore } from '../../../src/core/state.ts';
import { memoryState } from '../../../src/stores/state/memory.ts';
import { postgresState } from '../../../src/stores/state/postgres.ts';
import { redisState } from '../../../src/stores/state/redis.ts';
import { sqliteState } from '../../../src/stores/state/sqlite.ts';
import { POSTGRES_URL, REDIS_URL } from './services.ts';

export type StateSpec =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string; readonly driver: 'node:sqlite' | 'better-sqlite3' }
  | { readonly kind: 'redis'; readonly client: 'ioredis' | 'node-redis'; readonly tag: string }
  | { readonly kind: 'postgres'; readonly client: 'pg' | 'postgres.js'; readonly schema: string };

export interface OpenedState {
  readonly store: StateStore;
  /** Lets go of the store and its client. */
  close(): Promise<void>;
  /** Takes out all that the store has kept. */
  drop(): Promise<void>;
}

export async function openStateStore(spec: StateSpec): Promise<OpenedState> {
  const nothing = async (): Promise<void> => undefined;
  if (spec.kind === 'memory') return { store: memoryState(), close: nothing, drop: nothing };
  if (spec.kind === 'sqlite') {
    const store = sqliteState({ path: spec.path, driver: spec.driver });
    return { store, close: async () => store.close?.(), drop: nothing };
  }
  return spec.kind === 'redis' ? openRedis(spec) : openPostgres(spec);
}

async function openRedis({ client: kind, tag }: Extract<StateSpec, { kind: 'redis' }>): Promise<OpenedState> {
  const pattern = `postern:*{${tag}}*`;
  if (kind === 'ioredis') {
    const { Redis } = await import('ioredis');
    const client = new Redis(REDIS_URL.href);
    const drop = async (): Promise<void> => {
      const keys = await client.keys(pattern);
      if (keys.length > 0) await client.del(keys);
    };
    return { store: redisState({ client, tag }), close: async () => client.disconnect(), drop };
  }
  const { createClient } = await import('redis');
  const client = await createClient({ url: REDIS_URL.href }).connect();
  const drop = async (): Promise<void> => {
    const keys = await client.keys(pattern);
    if (keys.length > 0) await client.del(keys);
  };
  return { store: redisState({ client, tag }), close: async () => client.destroy(), drop };
}

async function openPostgres({ client: kind, schema }: Extract<StateSpec, { kind: 'postgres' }>): Promise<OpenedState> {
  const dropSchema = `DROP SCHEMA IF EXISTS ${schema} CASCADE`;
  if (kind === 'pg') {
    const { Pool } = await import('pg');
    const client = new Pool({ connectionString: POSTGRES_URL.href, max: 4 });
    const drop = async (): Promise<void> => {
      await client.query(dropSchema);
    };
    return { store: postgresState({ client, schema }), close: () => client.end(), drop };
  }
  const { default: postgres } = await import('postgres');
  const client = postgres(POSTGRES_URL.href, { max: 4, onnotice: () => undefined });
  const drop = async (): Promise<void> => {
    await client.unsafe(dropSchema);
  };
  return { store: postgresState({ client, schema }), close: () => client.end({ timeout: 1 }), drop };
}
