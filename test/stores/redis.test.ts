import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { EngineLedger } from '../../src/stores/engine-ledger.ts';
import { type RedisClient, RedisEngine } from '../../src/stores/redis-engine.ts';
import { ledgerSuite } from './ledger-suite.ts';
import { REDIS_URL, withService } from './support/services.ts';

interface OpenClient {
  readonly client: RedisClient;
  /** Takes out the keys of this run. */
  close(prefix: string): Promise<void>;
}

const CLIENTS: Readonly<Record<string, () => Promise<OpenClient>>> = {
  ioredis: async () => {
    const client = new Redis(REDIS_URL.href);
    const close = async (prefix: string): Promise<void> => {
      const keys = await client.keys(`${prefix}*`);
      if (keys.length > 0) await client.del(keys);
      await client.quit();
    };
    return { client, close };
  },
  'node-redis': async () => {
    const client = await createClient({ url: REDIS_URL.href }).connect();
    const close = async (prefix: string): Promise<void> => {
      const keys = await client.keys(`${prefix}*`);
      if (keys.length > 0) await client.del(keys);
      await client.close();
    };
    return { client, close };
  },
};

await withService('redis', REDIS_URL, () => {
  for (const [name, open] of Object.entries(CLIENTS)) {
    ledgerSuite(
      `redis, ${name}`,
      async (clock) => {
        const { client, close } = await open();
        const prefix = `postern-test:{${process.pid}-${name}}:`;
        const engine = new RedisEngine({ client, prefix, keepRowsMs: 400 * 24 * 3_600_000 });
        const ledger = new EngineLedger({
          engine,
          now: () => clock.now,
          maxBatch: 64,
          maxInFlight: Infinity,
          patienceMs: 5_000,
        });
        return { ledger, close: () => close(prefix) };
      },
      { runs: 100 },
    );
  }
});
