import { Pool } from 'pg';
import postgres from 'postgres';
import { type PostgresClient, postgresLedger } from '../../src/stores/postgres.ts';
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
    for (const leases of [false, true]) {
      ledgerSuite(
        `postgres, ${name}${leases ? ', leased' : ''}`,
        (clock) => {
          const { client, close } = open();
          const schema = `postern_test_${process.pid}_${name.replace('.', '_')}_${leases}`;
          const ledger = postgresLedger({ client, schema, leases, now: () => clock.now, deadlineMs: 5_000 });
          const closeAll = async (): Promise<void> => {
            await ledger.close();
            await close(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
          };
          return { ledger, close: closeAll };
        },
        { runs: 10, takesReports: !leases },
      );
    }
  }
});
