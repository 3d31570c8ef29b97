/**
 * A part of `npm run bench`: how costs grow with what a team adds. Each series is five or six points, measured in turns; a straight line through
 * them says what one more costs. Plots go to `results/`. Options: `--quick` (writes nothing), `--only a,b`.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figureOf } from '../goals.ts';
import { checkBuilt, describe, type Machine, onThisMachine } from '../machine.ts';
import { type Point, svgOf } from '../plot.ts';
import { round, table } from '../report.ts';
import { nextMessage } from '../server/processes.ts';
import { measureKeys } from './keys.ts';
import { type Fit, fitOf, SERIES, type Series } from './series.ts';
import type { Blocks } from './worker.ts';

export interface GrowthLine {
  readonly series: Series['name'];
  readonly title: string;
  readonly yLabel: string;
  readonly line: string;
  readonly points: readonly Point[];
  readonly fit: Fit;
}

export interface Growth {
  readonly machine: Machine;
  readonly rounds: number;
  readonly lines: readonly GrowthLine[];
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: SERIES.map(({ name }) => name).join(',') },
  },
});
const ROUNDS = options.quick ? 2 : 5;
const BLOCK_MS = options.quick ? 25 : 120;
const KEY_REQUESTS = options.quick ? 60 : 250;
const RESULTS = join(import.meta.dirname, '..', 'results');

/** A process for each series. */
async function blocksOf({ name, points }: Series): Promise<Blocks> {
  if (name === 'keys') {
    const shown = options.quick ? points.map((keys) => Math.min(keys, 100)) : points;
    return [await measureKeys(shown, ROUNDS, KEY_REQUESTS)];
  }
  const flags = ['--disable-warning=ExperimentalWarning', '--no-flush-bytecode'];
  const args = [...flags, join(import.meta.dirname, 'worker.ts'), name, String(ROUNDS), String(BLOCK_MS)];
  return nextMessage<Blocks>(spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
}

async function measure(series: Series): Promise<GrowthLine[]> {
  const blocks = await blocksOf(series);
  if (blocks.flat().some((values) => values.length === 0)) return [];
  const { name, title, yLabel } = series;
  return series.lines.map((line, index) => {
    const points = series.points.map((x, at) => ({ x, ...figureOf(blocks[index]![at]!) }));
    return { series: name, title, yLabel, line, points, fit: fitOf(points) };
  });
}

function plot({ name, title, xLabel, yLabel, logarithmic }: Series, lines: readonly GrowthLine[]): void {
  const drawn = lines.map(({ line, points }) => ({ name: line, points }));
  writeFileSync(join(RESULTS, `growth-${name}.svg`), svgOf({ title, xLabel, yLabel, logarithmic, lines: drawn }));
}

function show(lines: readonly GrowthLine[]): string {
  const rows = lines.map(({ title, line, points, fit }) => [
    `${title}: ${line}`,
    points.map(({ x, median }) => `${x}: ${round(median)}`).join(', '),
    `${round(fit.each)} us`,
    `${round(fit.ends)} x for ${round(fit.times)} x`,
  ]);
  return table(['what', 'medians, us', 'one more', 'ends'], rows);
}

checkBuilt();
const machine = onThisMachine();
if (!options.quick) mkdirSync(RESULTS, { recursive: true });
const all: GrowthLine[] = [];
const asked = options.only.split(',');
for (const series of SERIES.filter(({ name }) => asked.includes(name))) {
  const lines = await measure(series);
  all.push(...lines);
  console.log(`${show(lines)}\n`);
  if (!options.quick && lines.length > 0) plot(series, lines);
}
const growth: Growth = { machine: machine(), rounds: ROUNDS, lines: all };
console.log(describe(growth.machine));
if (!options.quick && asked.length === SERIES.length)
  writeFileSync(join(RESULTS, 'growth.json'), `${JSON.stringify(growth, null, 2)}\n`);
