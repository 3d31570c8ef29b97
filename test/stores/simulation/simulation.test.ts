import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { simulate } from './simulation.ts';

/** `POSTERN_SIMULATION_STEPS=1e9 npx vitest run test/stores/simulation` runs more. */
const STEPS = Number(process.env.POSTERN_SIMULATION_STEPS ?? 1e8);
const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));
const MORE_TIME = 3_600_000;

it(
  `leases never pass a cap and lose nothing in ${STEPS.toExponential()} steps of lost messages, crashes, zombies and wrong clocks`,
  async () => {
    const runs = [1, 1_000_001].map((firstSeed) =>
      promisify(execFile)(process.execPath, [RUN, String(STEPS / 2), String(firstSeed)]),
    );
    const results = (await Promise.all(runs)).map(({ stdout }) => JSON.parse(stdout) as Record<string, number>);
    for (const { steps, calls, refused, lost, expired, crashes } of results) {
      expect(steps).toBeGreaterThanOrEqual(STEPS / 2);
      // A run in which nothing happened would prove nothing.
      for (const count of [calls, refused, lost, expired, crashes]) expect(count).toBeGreaterThan(100);
    }
  },
  MORE_TIME,
);

it('what a failover of the store has lost is told again, but for leases that had ended', () => {
  for (let seed = 1; seed <= 200; seed++) simulate({ seed, crashes: false, failovers: true });
});

it('the simulation finds the fault of giving expired leases back', () => {
  for (let seed = 1; seed <= 20; seed++)
    expect(() => simulate({ seed, crashes: true, releaseOnExpiry: true })).toThrow('not on the books');
});
