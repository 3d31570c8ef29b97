import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { postgresLedger, postgresSchema } from '../../src/stores/postgres.ts';
import { redisLedger } from '../../src/stores/redis.ts';
import { sqliteLedger } from '../../src/stores/sqlite.ts';
import { isAtLeast, isBusy } from '../../src/stores/sqlite-driver.ts';
import { dimensions, line } from './ledger-suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

const redis = { client: { evalSha: async () => '[]', eval: async () => '[]' } };
const postgres = { client: { query: async () => ({ rows: [] }) } };

it.each([
  [() => sqliteLedger({ path: '' }), 'sqliteLedger: path'],
  [() => sqliteLedger({ path: 'x', driver: 'sqlite3' } as never), 'sqliteLedger: driver'],
  [() => sqliteLedger({ path: 'x', unavailable: { allowUsd: 1 } }), 'sqliteLedger: unavailable'],
  [() => sqliteLedger(undefined as never), 'sqliteLedger'],
  [() => redisLedger({ client: {} } as never), 'redisLedger: client'],
  [() => redisLedger({ ...redis, tag: '{a}' }), 'redisLedger: tag'],
  [() => redisLedger({ ...redis, leases: 1 } as never), 'redisLedger: leases'],
  [() => redisLedger({ ...redis, deadlineMs: 0.5 }), 'redisLedger: deadlineMs'],
  [() => redisLedger({ ...redis, unavailable: 'allow' } as never), 'redisLedger: unavailable'],
  [() => redisLedger({ ...redis, unavailable: { allowUsd: -1 } }), 'redisLedger: unavailable'],
  [() => redisLedger({ ...redis, now: 5 } as never), 'redisLedger: now'],
  [() => postgresLedger({ client: {} } as never), 'postgresLedger: client'],
  [() => postgresLedger({ ...postgres, schema: 'a"; DROP TABLE x' }), 'postgresLedger: schema'],
  [() => postgresLedger({ ...postgres, createSchema: 'no' } as never), 'postgresLedger: createSchema'],
  [() => postgresSchema('A'), 'postgresLedger: schema'],
])('names the option that is wrong: %s', (make, param) => {
  expect(make).toThrow(expect.objectContaining({ code: 'invalid_option', param }));
});

describe('a SQLite file', () => {
  const reserve = { id: 'a', lines: [line('x', 1, 9)], expiresAt: Date.now() + 60_000 };

  it('in a folder that is not there is told of', async () => {
    const ledger = sqliteLedger({ path: join(folder, 'none', 'ledger.db') });
    await expect(ledger.reserve(reserve)).rejects.toMatchObject({ code: 'not_supported', message: /does not exist/ });
    await ledger.close();
  });

  it('that a later version made is left alone', async () => {
    const path = join(folder, 'later.db');
    const first = sqliteLedger({ path });
    await first.reserve(reserve);
    await first.close();
    const database = new DatabaseSync(path);
    database.exec('UPDATE ledger_schema SET version = 99');
    database.close();
    const second = sqliteLedger({ path });
    await expect(second.read(['x'])).rejects.toMatchObject({ code: 'ledger_unavailable', message: /update Postern/ });
    await second.close();
  });

  it('keeps its books from one process to the next', async () => {
    const path = join(folder, 'kept.db');
    const first = sqliteLedger({ path });
    await first.reserve(reserve);
    await first.settle('a', 4, dimensions(Date.now()));
    await first.close();
    const second = sqliteLedger({ path });
    expect(await second.read(['x'])).toEqual([{ account: 'x', posted: 4, held: 0 }]);
    expect(await second.query({ by: ['model'], from: 0, to: Number.MAX_SAFE_INTEGER })).toMatchObject([{ nanoUsd: 4 }]);
    await second.close();
  });

  it('is written again after it was closed', async () => {
    const ledger = sqliteLedger({ path: join(folder, 'again.db') });
    await ledger.reserve(reserve);
    await ledger.close();
    expect(await ledger.read(['x'])).toEqual([{ account: 'x', posted: 0, held: 1 }]);
    await ledger.close();
  });
});

it.each([
  ['3.51.3', true],
  ['3.51.2', false],
  ['3.52.0', true],
  ['4.0.0', true],
  ['3.9.9', false],
])('SQLite %s is safe to share in WAL mode: %s', (version, safe) => {
  expect(isAtLeast(version, [3, 51, 3])).toBe(safe);
});

it('knows a busy file from other faults, of either driver', () => {
  const faults = [
    { errcode: 5 },
    { errcode: 261 },
    { code: 'SQLITE_BUSY_RECOVERY' },
    { errcode: 13 },
    new Error('disk full'),
  ];
  expect(faults.map(isBusy)).toEqual([true, true, true, false, false]);
});
