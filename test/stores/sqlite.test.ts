import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineLedger } from '../../src/stores/engine-ledger.ts';
import { SqliteEngine } from '../../src/stores/sqlite-engine.ts';
import { ledgerSuite } from './ledger-suite.ts';

for (const driver of ['node:sqlite', 'better-sqlite3'] as const) {
  ledgerSuite(
    `sqlite, ${driver}`,
    (clock) => {
      const folder = mkdtempSync(join(tmpdir(), 'postern-sqlite-'));
      const engine = new SqliteEngine({
        path: join(folder, 'ledger.db'),
        driver,
        busyMs: 5_000,
        keepRowsMs: 400 * 24 * 3_600_000,
      });
      const ledger = new EngineLedger({
        engine,
        now: () => clock.now,
        maxBatch: 256,
        maxInFlight: Infinity,
        patienceMs: 5_000,
      });
      const close = async (): Promise<void> => {
        await ledger.close();
        rmSync(folder, { recursive: true });
      };
      return { ledger, close };
    },
    { runs: 30 },
  );
}
