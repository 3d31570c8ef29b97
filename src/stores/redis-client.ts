/** How the caller's own client of Redis or Valkey runs a script. Imports none: it only knows how theirs are called. */
import { createHash } from 'node:crypto';
import { optionError } from '../errors.ts';

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

export class RedisScript {
  readonly #text: string;
  readonly #sha: string;

  constructor(text: string) {
    this.#text = text;
    this.#sha = createHash('sha1').update(text).digest('hex');
  }

  /** By the script's hash; with its text where the server does not know it yet, or has been restarted. */
  async run(client: RedisClient, keys: string[], values: string[]): Promise<unknown> {
    const call =
      'evalSha' in client
        ? {
            bySha: () => client.evalSha(this.#sha, { keys, arguments: values }),
            whole: () => client.eval(this.#text, { keys, arguments: values }),
          }
        : {
            bySha: () => client.evalsha(this.#sha, keys.length, ...keys, ...values),
            whole: () => client.eval(this.#text, keys.length, ...keys, ...values),
          };
    try {
      return await call.bySha();
    } catch (cause) {
      if (!/NOSCRIPT/.test(String((cause as Error | undefined)?.message))) throw cause;
      return call.whole();
    }
  }
}

/** @throws GatewayError `invalid_option` */
export function checkRedisOptions(name: string, { client, tag }: { client: unknown; tag: unknown }): void {
  if (!isClient(client)) throw optionError(`${name}: client`, 'a client of redis or ioredis', client);
  if (typeof tag !== 'string' || !/^[^{}]+$/.test(tag)) throw optionError(`${name}: tag`, 'a text without braces', tag);
}

function isClient(client: unknown): client is RedisClient {
  if (typeof client !== 'object' || client === null) return false;
  const { evalSha, evalsha, eval: evaluate } = client as Record<string, unknown>;
  return (typeof evalSha === 'function' || typeof evalsha === 'function') && typeof evaluate === 'function';
}
