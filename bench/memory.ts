/**
 * A part of `npm run bench`: whether memory grows with the calls made. 1 KB calls with texts that were never seen, on a mocked fetch; heap after a
 * collection and RSS, at even steps. `--calls 1000000` makes so many (default 24,000), and `--quick` a few; both write nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EMAIL, smallRequest } from './bodies.ts';
import { CALLER, gatewayOver, loadBuild } from './guards.ts';
import { checkBuilt, describe, type Machine, onThisMachine } from './machine.ts';
import { mockedFetch } from './mock.ts';
import { round, table } from './report.ts';

export interface MemoryStep {
  readonly calls: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
}
export interface Memory {
  readonly machine: Machine;
  readonly steps: readonly MemoryStep[];
}

const STEPS = 6;
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, calls: { type: 'string' } },
});
/** The memory of redaction is full by the second step: 16 MB. */
const STEP_CALLS =
  options.calls === undefined ? (options.quick ? 600 : 4_000) : Math.ceil(callsOf(options.calls) / STEPS);
const MIB = 2 ** 20;
const RESULTS = join(import.meta.dirname, 'results');

checkBuilt();
const machine = onThisMachine();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const baseURL = 'http://127.0.0.1:9/v1';
let leaked = 0;
const fetch = mockedFetch((body) => {
  if (body.includes(EMAIL)) leaked++;
});
const gateway = gatewayOver(await loadBuild(new URL('../dist/', import.meta.url).href), baseURL, fetch);

function callsOf(given: string): number {
  if (!/^[1-9]\d{0,8}$/.test(given))
    throw new Error(`--calls must be a number of calls, and is ${JSON.stringify(given)}.`);
  return Number(given);
}

async function call(seed: number): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer bench' };
  const body = JSON.stringify(smallRequest(seed));
  const response = await gateway.fetch(`${baseURL}/chat/completions`, { method: 'POST', headers, body });
  await text(response.body as never);
}

const steps: MemoryStep[] = [];
for (let step = 1; step <= STEPS; step++) {
  for (let nth = 0; nth < STEP_CALLS; nth++) await gateway.withContext(CALLER, () => call(step * STEP_CALLS + nth));
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  steps.push({ calls: step * STEP_CALLS, heapMiB: heapUsed / MIB, rssMiB: rss / MIB });
}
if (leaked > 0) throw new Error(`The mock saw the address in ${leaked} calls: the figures are worth nothing.`);
const memory: Memory = { machine: machine(), steps };
const rows = steps.map(({ calls, heapMiB, rssMiB }) => [
  String(calls),
  `${round(heapMiB)} MiB`,
  `${round(rssMiB)} MiB`,
]);
console.log(`${table(['calls', 'heap after a collection', 'RSS'], rows)}\n\n${describe(memory.machine)}`);
if (!options.quick && options.calls === undefined) {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, 'memory.json'), `${JSON.stringify(memory, null, 2)}\n`);
}
