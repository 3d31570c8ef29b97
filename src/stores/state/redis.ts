/** What a server keeps, in Redis or Valkey, over the caller's own client. All keys share one hash tag. */
import { type AuditRecord, EMPTY_HEAD, type StateHead, type StateStore, type StateWrite } from '../../core/state.ts';
import { checkRedisOptions, type RedisClient, RedisScript } from '../redis-client.ts';
import { documentOf, recordOf, STATE_LAYOUT, textWrites } from './stored.ts';

export interface RedisStateOptions {
  /** A connected client of `redis` (node-redis) or `ioredis`, of one server or of a cluster. It stays yours to close. */
  readonly client: RedisClient;
  /** The hash tag of all keys; a ledger may have the same. Default `postern`. */
  readonly tag?: string | undefined;
}

/**
 * Keys: head (hash), documents (hash), audit (sorted set by seq). It reads and decides first and writes last, so that a key of the
 * wrong type is found before anything is changed.
 */
const SCRIPT = new RedisScript(`
local head_key, documents_key, audit_key, operation = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local seq = redis.call('HGET', head_key, 'seq') or '0'
local hash = redis.call('HGET', head_key, 'hash') or '${EMPTY_HEAD.hash}'
if operation == 'head' then return { seq, hash } end
if operation == 'load' then return { seq, hash, redis.call('HGETALL', documents_key) } end
if operation == 'audit' then
  return redis.call('ZRANGEBYSCORE', audit_key, ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', '0', ARGV[3])
end
local before_seq, before_hash, next_seq, next_hash, record = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if seq ~= before_seq or hash ~= before_hash then return 0 end
redis.call('HLEN', documents_key)
if redis.call('ZCOUNT', audit_key, next_seq, next_seq) > 0 then
  return redis.error_reply('ERR the audit log has a row ' .. next_seq .. ' beyond its head')
end
redis.call('ZADD', audit_key, next_seq, record)
for place = 7, #ARGV, 3 do
  if ARGV[place] == 'set' then redis.call('HSET', documents_key, ARGV[place + 1], ARGV[place + 2])
  else redis.call('HDEL', documents_key, ARGV[place + 1]) end
end
redis.call('HSET', head_key, 'seq', next_seq, 'hash', next_hash)
return 1
`);

const NAME = 'redisState';
const KEYS = ['head', 'documents', 'audit'] as const;

/** Needs a server that keeps what it acknowledges: an append-only file, and no eviction. */
export function redisState(options: RedisStateOptions): StateStore {
  const { client, tag = 'postern' } = options;
  checkRedisOptions(NAME, { client, tag });
  return new RedisState(client, `postern:state:${STATE_LAYOUT}:{${tag}}:`);
}

class RedisState implements StateStore {
  readonly #client: RedisClient;
  readonly #keys: string[];

  constructor(client: RedisClient, prefix: string) {
    this.#client = client;
    this.#keys = KEYS.map((key) => `${prefix}${key}`);
  }

  async head(): Promise<StateHead> {
    return headOf(await this.#run(['head']));
  }

  async load(): ReturnType<StateStore['load']> {
    const answer = (await this.#run(['load'])) as [string, string, string[]];
    return { head: headOf(answer), documents: pairs(answer[2]).map(([key, text]) => documentOf(...split(key), text)) };
  }

  async commit(record: AuditRecord, writes: readonly StateWrite[]): Promise<boolean> {
    const { seq, hash, prev } = record;
    const changes = textWrites(writes).flatMap(({ kind, id, text }) => [
      text === null ? 'del' : 'set',
      `${kind} ${id}`,
      text ?? '',
    ]);
    const head = [String(seq - 1), prev, String(seq), hash];
    return Number(await this.#run(['commit', ...head, JSON.stringify(record), ...changes])) === 1;
  }

  async audit(from: number, limit: number): Promise<readonly AuditRecord[]> {
    const answer = (await this.#run(['audit', String(from), String(limit)])) as string[];
    return pairs(answer).map(([text, seq]) => recordOf(Number(seq), text));
  }

  #run(values: string[]): Promise<unknown> {
    return SCRIPT.run(this.#client, [...this.#keys], values);
  }
}

function headOf(answer: unknown): StateHead {
  const [seq, hash] = answer as [string, string];
  return { seq: Number(seq), hash };
}

/** No kind has a space. */
function split(key: string): [kind: string, id: string] {
  const space = key.indexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, place) => [flat[2 * place]!, flat[2 * place + 1]!]);
}
