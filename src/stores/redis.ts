/** `postern/redis`: a ledger in Redis or Valkey, for the processes of many machines, over the caller's own client. */
import { optionError } from '../errors.ts';
import { type IoredisClient, type NodeRedisClient, type RedisClient, RedisEngine } from './redis-engine.ts';
import {
  checkSharedOptions,
  keepRowsMs,
  type SharedLedger,
  type SharedLedgerOptions,
  sharedLedger,
} from './shared-ledger.ts';

export type { IoredisClient, NodeRedisClient, RedisClient, SharedLedger, SharedLedgerOptions };

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
  if (!isClient(client)) throw optionError(`${NAME}: client`, 'a client of redis or ioredis', client);
  if (typeof tag !== 'string' || !/^[^{}]+$/.test(tag)) throw optionError(`${NAME}: tag`, 'a text without braces', tag);
  const engine = new RedisEngine({ client, prefix: `postern:${LAYOUT}:{${tag}}:`, keepRowsMs: keepRowsMs(options) });
  return sharedLedger(
    engine,
    { name: NAME, leases: true, deadlineMs: 250, maxBatch: 64, maxInFlight: Number.POSITIVE_INFINITY },
    options,
  );
}

function isClient(client: unknown): client is RedisClient {
  if (typeof client !== 'object' || client === null) return false;
  const { evalSha, evalsha, eval: evaluate } = client as Record<string, unknown>;
  return (typeof evalSha === 'function' || typeof evalsha === 'function') && typeof evaluate === 'function';
}
