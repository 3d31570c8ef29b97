import { Pool } from 'pg';
import postgres from 'postgres';
import { EngineLedger } from '../../src/stores/engine-ledger.ts';
import { type PostgresClient, PostgresEngine } from '../../src/stores/postgres-engine.ts';
import { ledgerSuite } from './ledger-suite.ts';
import { POSTGRES_URL, withService } from './support/services.ts';

interface OpenClient {
  readonly client: PostgresClient;
  close(sql: string): Promise<void>;
}

const CLIENTS: Readonly<Record<string, () => OpenClient>> = {
  pg: () => {
    const client = new Pool({ connectionString: POSTGRES_URL.href });
    const close = async (sql: string): Promise<void> => {
      await client.query(sql);
      await client.end();
    };
    return { client, close };
  },
  'postgres.js': () => {
    const client = postgres(POSTGRES_URL.href, { onnotice: () => undefined });
    const close = async (sql: string): Promise<void> => {
      await client.unsafe(sql);
      await client.end();
    };
    return { client, close };
  },
};

await withService('postgres', POSTGRES_URL, () => {
  for (const [name, open] of Object.entries(CLIENTS)) {
    ledgerSuite(
      `postgres, ${name}`,
      (clock) => {
        const { client, close } = open();
        const schema = `postern_test_${process.pid}_${name.replace('.', '_')}`;
        const engine = new PostgresEngine({ client, schema, createSchema: true, keepRowsMs: 400 * 24 * 3_600_000 });
        const ledger = new EngineLedger({
          engine,
          now: () => clock.now,
          maxBatch: 256,
          maxInFlight: 1,
          patienceMs: 5_000,
        });
        return { ledger, close: () => close(`DROP SCHEMA IF EXISTS ${schema} CASCADE`) };
      },
      { runs: 20 },
    );
  }
});
