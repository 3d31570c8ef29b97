import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { type RedisClient, redisLedger } from '../../src/stores/redis.ts';
import { ledgerSuite } from './ledger-suite.ts';
import { REDIS_URL, withService } from './support/services.ts';

interface OpenClient {
  readonly client: RedisClient;
  /** Takes out the keys with this hash tag. */
  close(tag: string): Promise<void>;
}

const CLIENTS: Readonly<Record<string, () => Promise<OpenClient>>> = {
  ioredis: async () => {
    const client = new Redis(REDIS_URL.href);
    const close = async (tag: string): Promise<void> => {
      const keys = await client.keys(`postern:*{${tag}}*`);
      if (keys.length > 0) await client.del(keys);
      await client.quit();
    };
    return { client, close };
  },
  'node-redis': async () => {
    const client = await createClient({ url: REDIS_URL.href }).connect();
    const close = async (tag: string): Promise<void> => {
      const keys = await client.keys(`postern:*{${tag}}*`);
      if (keys.length > 0) await client.del(keys);
      await client.close();
    };
    return { client, close };
  },
};

await withService('redis', REDIS_URL, () => {
  for (const [name, open] of Object.entries(CLIENTS)) {
    for (const leases of [false, true]) {
      ledgerSuite(
        `redis, ${name}${leases ? ', leased' : ''}`,
        async (clock) => {
          const { client, close } = await open();
          const tag = `test-${process.pid}-${name}-${leases}`;
          const ledger = redisLedger({ client, tag, leases, now: () => clock.now, deadlineMs: 5_000 });
          const closeAll = async (): Promise<void> => {
            await ledger.close();
            await close(tag);
          };
          return { ledger, close: closeAll };
        },
        { runs: 50, takesReports: !leases },
      );
    }
  }
});
