/** `postern/redis`: a ledger in Redis or Valkey, and what a server keeps besides, for the processes of many machines, over the caller's own client. */
import { checkRedisOptions, type IoredisClient, type NodeRedisClient, type RedisClient } from './redis-client.ts';
import { RedisEngine } from './redis-engine.ts';
import {
  checkSharedOptions,
  keepRowsMs,
  type SharedLedger,
  type SharedLedgerOptions,
  sharedLedger,
} from './shared-ledger.ts';
import { type RedisStateOptions, redisState } from './state/redis.ts';

export type { StateStore } from '../core/state.ts';
export type { IoredisClient, NodeRedisClient, RedisClient, RedisStateOptions, SharedLedger, SharedLedgerOptions };
export { redisState };

export interface RedisLedgerOptions extends SharedLedgerOptions {
  /** A connected client of `redis` (node-redis) or `ioredis`, of one server or of a cluster. It stays yours to close. */
  readonly client: RedisClient;
  /** The hash tag of all keys: ledgers of different tags share nothing and may stand on different nodes. Default `postern`. */
  readonly tag?: string | undefined;
  /** Default true. */
  readonly leases?: boolean | undefined;
  /** Default 250. */
  readonly deadlineMs?: number | undefined;
}

const NAME = 'redisLedger';
/** Of the keys' layout; another one gets another number, and so other keys. */
const LAYOUT = 1;

export function redisLedger(options: RedisLedgerOptions): SharedLedger {
  checkSharedOptions(NAME, options, true);
  const { client, tag = 'postern' } = options;
  checkRedisOptions(NAME, { client, tag });
  const engine = new RedisEngine({ client, prefix: `postern:${LAYOUT}:{${tag}}:`, keepRowsMs: keepRowsMs(options) });
  return sharedLedger(
    engine,
    { name: NAME, leases: true, deadlineMs: 250, maxBatch: 64, maxInFlight: Number.POSITIVE_INFINITY },
    options,
  );
}
