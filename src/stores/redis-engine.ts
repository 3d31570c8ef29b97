/**
 * Keeps a ledger's books in Redis or Valkey, over the caller's own client. All keys share one hash tag, so they stand on
 * one node of a cluster. Imports no client: it only knows how theirs are called.
 */
import { createHash } from 'node:crypto';
import { type Engine, type EngineRow, KEEP_ENDED_MS, type Operation } from './operations.ts';
import { REDIS_SCRIPT } from './redis-script.ts';

/** How node-redis (`redis`, `@redis/client`) runs a script. */
export interface NodeRedisClient {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** How ioredis and iovalkey do. */
export interface IoredisClient {
  evalsha(sha: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
}

export type RedisClient = NodeRedisClient | IoredisClient;

export interface RedisEngineOptions {
  readonly client: RedisClient;
  /** Before every key; holds the hash tag. */
  readonly prefix: string;
  readonly keepRowsMs: number;
}

type RowsOperation =
  | { readonly op: 'slots'; readonly from: number; readonly to: number }
  | { readonly op: 'rows'; readonly slots: readonly string[] };

const SHA = createHash('sha1').update(REDIS_SCRIPT).digest('hex');
const KEYS = ['accounts', 'holds', 'expiries', 'endings', 'windows', 'slots'] as const;
/** Hashes that one run of the script reads, so that none keeps the server for long. */
const MAX_SLOTS = 64;

export class RedisEngine implements Engine {
  readonly #options: RedisEngineOptions;
  readonly #keys: readonly string[];

  constructor(options: RedisEngineOptions) {
    this.#options = options;
    this.#keys = KEYS.map((key) => `${options.prefix}${key}`);
  }

  run(operations: readonly Operation[], now: number | undefined): Promise<readonly unknown[]> {
    const slots = new Set(
      operations.flatMap((operation) => (operation.op === 'settle' ? [String(operation.slot)] : [])),
    );
    return this.#run(operations, [...slots], now);
  }

  async rows(from: number, to: number): Promise<readonly EngineRow[]> {
    const [slots] = (await this.#run([{ op: 'slots', from, to }], [], undefined)) as [string[] | object];
    const rows: EngineRow[] = [];
    // An empty list is an empty object in Lua's JSON.
    for (const part of parts(Array.isArray(slots) ? slots : [], MAX_SLOTS)) {
      const [found] = (await this.#run([{ op: 'rows', slots: part }], part, undefined)) as [EngineRow[] | object];
      if (Array.isArray(found)) rows.push(...found);
    }
    return rows;
  }

  async close(): Promise<void> {
    // The client is the caller's.
  }

  async #run(
    operations: readonly (Operation | RowsOperation)[],
    slots: readonly string[],
    now: number | undefined,
  ): Promise<readonly unknown[]> {
    const { prefix, keepRowsMs } = this.#options;
    const keys = [...this.#keys, ...slots.map((slot) => `${prefix}rows:${slot}`)];
    const values = [
      String(now ?? -1),
      JSON.stringify(operations),
      String(KEEP_ENDED_MS),
      String(keepRowsMs),
      `${prefix}rows:`,
    ];
    return JSON.parse(String(await this.#evaluate(keys, values))) as unknown[];
  }

  /** By the script's hash; with its text where the server does not know it yet, or has been restarted. */
  async #evaluate(keys: string[], values: string[]): Promise<unknown> {
    const { client } = this.#options;
    const call =
      'evalSha' in client
        ? {
            bySha: () => client.evalSha(SHA, { keys, arguments: values }),
            whole: () => client.eval(REDIS_SCRIPT, { keys, arguments: values }),
          }
        : {
            bySha: () => client.evalsha(SHA, keys.length, ...keys, ...values),
            whole: () => client.eval(REDIS_SCRIPT, keys.length, ...keys, ...values),
          };
    try {
      return await call.bySha();
    } catch (cause) {
      if (!/NOSCRIPT/.test(String((cause as Error | undefined)?.message))) throw cause;
      return call.whole();
    }
  }
}

function* parts<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
