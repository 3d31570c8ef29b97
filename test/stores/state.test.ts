import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stateSuite } from './state-suite.ts';
import { POSTGRES_URL, REDIS_URL, withService } from './support/services.ts';

let made = 0;
const unique = (): string => `test_state_${process.pid}_${++made}`;

stateSuite('memory', () => ({ kind: 'memory' }));

for (const driver of ['node:sqlite', 'better-sqlite3'] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-state-'));
  stateSuite(
    `sqlite, ${driver}`,
    () => ({ kind: 'sqlite', driver, path: join(folder, `${unique()}.db`) }),
    () => rmSync(folder, { recursive: true, force: true }),
  );
}

await withService('redis', REDIS_URL, () => {
  for (const client of ['ioredis', 'node-redis'] as const)
    stateSuite(`redis, ${client}`, () => ({ kind: 'redis', client, tag: unique() }));
});

await withService('postgres', POSTGRES_URL, () => {
  for (const client of ['pg', 'postgres.js'] as const)
    stateSuite(`postgres, ${client}`, () => ({ kind: 'postgres', client, schema: unique() }));
});
