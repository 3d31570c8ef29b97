/** Keeps a ledger's books in Redis or Valkey. All keys share one hash tag, so they stand on one node of a cluster. */
import { type Engine, type EngineRow, KEEP_ENDED_MS, type Operation } from './operations.ts';
import { type RedisClient, RedisScript } from './redis-client.ts';
import { REDIS_SCRIPT } from './redis-script.ts';

export interface RedisEngineOptions {
  readonly client: RedisClient;
  /** Before every key; holds the hash tag. */
  readonly prefix: string;
  readonly keepRowsMs: number;
}

type RowsOperation =
  | { readonly op: 'slots'; readonly from: number; readonly to: number }
  | { readonly op: 'rows'; readonly slots: readonly string[] };

const SCRIPT = new RedisScript(REDIS_SCRIPT);
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
    const { client, prefix, keepRowsMs } = this.#options;
    const keys = [...this.#keys, ...slots.map((slot) => `${prefix}rows:${slot}`)];
    const values = [
      String(now ?? -1),
      JSON.stringify(operations),
      String(KEEP_ENDED_MS),
      String(keepRowsMs),
      `${prefix}rows:`,
    ];
    return JSON.parse(String(await SCRIPT.run(client, keys, values))) as unknown[];
  }
}

function* parts<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
