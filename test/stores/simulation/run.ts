/** Runs the lease simulation from a shell: `node test/stores/simulation/run.ts [steps] [first seed]`. */
import { STEPS_A_SEED, simulate } from './simulation.ts';

const steps = Number(process.argv[2] ?? 1e7);
const firstSeed = Number(process.argv[3] ?? 1);
const totals = { calls: 0, refused: 0, lost: 0, expired: 0, crashes: 0 };
const seeds = Math.ceil(steps / STEPS_A_SEED);
const started = performance.now();

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  // Every third seed without crashes, where the books must be exact.
  const result = simulate({ seed, crashes: seed % 3 !== 0 });
  for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += result[key];
}
const seconds = (performance.now() - started) / 1_000;
console.log(JSON.stringify({ steps: seeds * STEPS_A_SEED, seeds, seconds: Math.round(seconds), ...totals }));
