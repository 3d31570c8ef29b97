import { expect, it } from 'vitest';
import { killCycles } from './kill-sqlite.ts';

/** `node test/stores/chaos/kill-sqlite.ts` runs 2,000. */
const CYCLES = Number(process.env.POSTERN_KILL_CYCLES ?? 50);
const LONG = 3_600_000;

it.each(['node:sqlite', 'better-sqlite3'] as const)(
  `%s: no acknowledged settle is lost when processes are killed ${CYCLES} times`,
  async (driver) => {
    const { kills, acknowledged } = await killCycles(CYCLES, driver);
    expect(kills).toBe(CYCLES);
    expect(acknowledged).toBeGreaterThan(CYCLES);
  },
  LONG,
);
