import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { type LedgerSpec, openLedger } from '../support/open-ledger.ts';
import { POSTGRES_URL, REDIS_URL, withService } from '../support/services.ts';
import { type HammerResult, LIMIT, SHARED } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const PROCESSES = 4;
const IN_FLIGHT = 32;
/** Of each process. `POSTERN_HAMMER=100000` for a longer run. */
const CALLS = Number(process.env.POSTERN_HAMMER ?? 4_000);
const LONG = 3_600_000;

const folder = mkdtempSync(join(tmpdir(), 'postern-hammer-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each process may use another client of the same store. */
function hammer(name: string, specs: readonly LedgerSpec[]): void {
  it(
    `${PROCESSES} processes on one cap: ${name}`,
    async () => {
      const { ledger, close, drop } = await openLedger({ ...specs[0]!, leases: false });
      await ledger.read([SHARED]);
      let done = false;
      let peak = 0;
      const watch = async (): Promise<void> => {
        while (!done) {
          const [state] = await ledger.read([SHARED]);
          peak = Math.max(peak, state!.posted + state!.held);
          expect(state!.held).toBeGreaterThanOrEqual(0);
          await sleep(2);
        }
      };
      const run = async (seed: number): Promise<HammerResult> => {
        const spec = JSON.stringify(specs[seed % specs.length]);
        const { stdout } = await promisify(execFile)(process.execPath, [
          WORKER,
          spec,
          `${seed}`,
          `${CALLS}`,
          `${IN_FLIGHT}`,
        ]);
        return JSON.parse(stdout) as HammerResult;
      };
      const watching = watch();
      const results = await Promise.all(Array.from({ length: PROCESSES }, (_, place) => run(place + 1)));
      done = true;
      await watching;

      const spent = results.reduce((sum, result) => sum + result.spent, 0);
      const admitted = results.reduce((sum, result) => sum + result.admitted, 0);
      const seconds = Math.max(...results.map((result) => result.seconds));
      console.log(`${name}: ${admitted} admitted in ${seconds.toFixed(1)} s, peak ${peak} of ${LIMIT}, spent ${spent}`);
      const users = results.map((_, place) => `user|${place + 1}|lifetime`);
      const states = await ledger.read([SHARED, ...users]);
      const rows = await ledger.query({ by: [], from: 0, to: Number.MAX_SAFE_INTEGER });
      await drop();
      await close();

      expect(peak).toBeLessThanOrEqual(LIMIT);
      expect(states[0]).toEqual({ account: SHARED, posted: spent, held: 0 });
      expect(states.slice(1)).toEqual(
        results.map((result, place) => ({ account: users[place], posted: result.spent, held: 0 })),
      );
      expect(rows[0]!.nanoUsd).toBe(spent);
      // The cap was reached: the last calls were refused, and less than one call's worth was left.
      if (CALLS * 45 > LIMIT * 1.2) {
        expect(results.every((result) => result.refused > 0)).toBe(true);
        expect(spent).toBeGreaterThan(LIMIT - 201 * 2);
      }
    },
    LONG,
  );
}

for (const leases of [false, true]) {
  const how = leases ? ', leased' : '';
  for (const driver of ['node:sqlite', 'better-sqlite3'] as const) {
    const path = join(folder, `${driver.replace(':', '-')}-${leases}.db`);
    hammer(`sqlite, ${driver}${how}`, [{ kind: 'sqlite', path, driver, leases, deadlineMs: 30_000 }]);
  }
  await withService('redis', REDIS_URL, () => {
    const base = { kind: 'redis', url: REDIS_URL.href, tag: `hammer-${process.pid}-${leases}`, leases } as const;
    hammer(`redis, ioredis and node-redis${how}`, [
      { ...base, client: 'ioredis', deadlineMs: 30_000 },
      { ...base, client: 'node-redis', deadlineMs: 30_000 },
    ]);
  });
  await withService('postgres', POSTGRES_URL, () => {
    const schema = `postern_hammer_${process.pid}_${leases}`;
    const base = { kind: 'postgres', url: POSTGRES_URL.href, schema, leases } as const;
    hammer(`postgres, pg and postgres.js${how}`, [
      { ...base, client: 'pg', deadlineMs: 30_000 },
      { ...base, client: 'postgres.js', deadlineMs: 30_000 },
    ]);
  });
}
