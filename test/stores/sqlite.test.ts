import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteLedger } from '../../src/stores/sqlite.ts';
import { ledgerSuite } from './ledger-suite.ts';

for (const driver of ['node:sqlite', 'better-sqlite3'] as const) {
  for (const leases of [false, true]) {
    ledgerSuite(
      `sqlite, ${driver}${leases ? ', leased' : ''}`,
      (clock) => {
        const folder = mkdtempSync(join(tmpdir(), 'postern-sqlite-'));
        const ledger = sqliteLedger({ path: join(folder, 'ledger.db'), driver, leases, now: () => clock.now });
        const close = async (): Promise<void> => {
          await ledger.close();
          rmSync(folder, { recursive: true });
        };
        return { ledger, close };
      },
      { runs: 20, takesReports: !leases },
    );
  }
}
