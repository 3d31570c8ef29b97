/**
 * `npm run bench:guard`: fails when the guards got dearer than their limits in `results/guard.json` allow. Compares ratios of one run and
 * counts, never seconds; what is over a limit is measured again before it is called so. `-- --update` measures new limits (`--runs 10`).
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkBuilt, describe, type Machine, onThisMachine } from '../machine.ts';
import { nextMessage } from '../server/processes.ts';
import {
  excessesOf,
  FIGURES,
  type FigureName,
  type Figures,
  type Limits,
  leastOf,
  limitsOf,
  rounded,
} from './figures.ts';
import { serverRatio } from './server.ts';

interface Stored {
  readonly how: string;
  readonly machine: Machine;
  readonly limits: Limits;
}

const LIMITS = join(import.meta.dirname, '..', 'results', 'guard.json');
const MOST_TRIES = 3;
/** Measured again and again on a machine that is as busy as CI's. */
const RUNS = '10';
const how = (runs: number): string =>
  `Least and worst of ${runs} runs. A limit is 1.3 times the worst, of what is counted 1.1 times. npm run bench:guard -- --update`;

const { values: options } = parseArgs({
  options: { update: { type: 'boolean', default: false }, runs: { type: 'string', default: RUNS } },
});

/** A process for each, since V8 compiles no two of them alike. */
async function measure(): Promise<Figures> {
  const flags = ['--disable-warning=ExperimentalWarning', '--no-flush-bytecode'];
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, 'worker.ts')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const figures = await nextMessage<Figures>(child);
  const server = await serverRatio();
  return server === undefined ? figures : { ...figures, server };
}

async function update(): Promise<void> {
  const machine = onThisMachine();
  const count = Number(options.runs);
  const runs: Figures[] = [];
  for (let run = 1; run <= count; run++) {
    runs.push(await measure());
    console.log(
      `${run} of ${count}: ${JSON.stringify(runs.at(-1), (_, value) => (typeof value === 'number' ? rounded(value) : value))}`,
    );
  }
  const stored: Stored = { how: how(count), machine: machine(), limits: limitsOf(runs) };
  writeFileSync(LIMITS, `${JSON.stringify(stored, null, 2)}\n`);
  print(runs.reduce(leastOf), stored.limits);
}

async function guard(): Promise<void> {
  const { limits, machine } = JSON.parse(readFileSync(LIMITS, 'utf8')) as Stored;
  let figures = await measure();
  for (let tries = 1; tries < MOST_TRIES && excessesOf(figures, limits).length > 0; tries++) {
    console.log(`Over a limit: ${excessesOf(figures, limits).map(({ name }) => name)}; measured again.`);
    figures = leastOf(figures, await measure());
  }
  print(figures, limits);
  const excesses = excessesOf(figures, limits);
  for (const { name, figure, limit } of excesses) console.error(excess(name, figure, limit, limits));
  if (excesses.length === 0) return;
  console.error(`Limits were set ${describe(machine)}`);
  console.error('If the work is worth it, say so in the change that sets new ones: npm run bench:guard -- --update');
  process.exitCode = 1;
}

function excess(name: FigureName, figure: number, limit: number, limits: Limits): string {
  const { worst } = limits[name]!;
  const grown = Math.round((figure / worst - 1) * 100);
  return `GREW: ${FIGURES[name]}: ${rounded(figure)}, ${grown}% above the worst when limits were set (${worst}); limit ${limit}.`;
}

function print(figures: Figures, limits: Limits): void {
  for (const name of Object.keys(limits) as FigureName[]) {
    const { least, worst, limit } = limits[name]!;
    const figure = figures[name] === undefined ? 'not measured' : String(rounded(figures[name]));
    console.log(`${FIGURES[name].padEnd(72)} ${figure.padStart(8)}  limit ${limit} (set from ${least} to ${worst})`);
  }
}

checkBuilt();
await (options.update ? update() : guard());
