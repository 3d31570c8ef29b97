/**
 * `npm run bench:server`: what the server costs beside nothing, bare nginx, the least that a proxy in Node can do, and a peer, in one run.
 * Candidates take turns (A B C, C B A), and the medians are compared. Measures what was built. Options: `--seconds`, `--rounds`,
 * `--warm-ups` (at most), `--only a,b`, `--scenarios a,b`, `--held a,b`, `--peers` (installs the peers), `--dry` (writes no results).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { checkBuilt, describe, onThisMachine } from '../machine.ts';
import { installPeers } from '../peers.ts';
import { CANDIDATES, type Candidate, type Started } from './candidates.ts';
import { HAS_WRK } from './load.ts';
import { nextMessage, PINNED, startNode, stop } from './processes.ts';
import type { ProviderReady, ProviderSeen } from './provider.ts';
import { type HeldRow, heldTable, type Row, rowOf, scenarioTable } from './report.ts';
import { COUNTER, smallBody, withModel } from './requests.ts';
import { heldStreams, type Round, SCENARIOS, type Scenario } from './scenarios.ts';

const STEADY = 0.93;
const READY_TRIES = 100;
const RESULTS = join(import.meta.dirname, '..', 'results', 'server.json');

const NO_PEERS = CANDIDATES.filter(({ peer }) => !peer);

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '4' },
    'warm-ups': { type: 'string', default: '4' },
    only: { type: 'string', default: CANDIDATES.map(({ name }) => name).join(',') },
    scenarios: { type: 'string', default: [...SCENARIOS.map(({ name }) => name), 'held'].join(',') },
    /** Whose held streams are looked for: half a minute to a minute each. */
    held: { type: 'string', default: NO_PEERS.map(({ name }) => name).join(',') },
    peers: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false },
  },
});
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);
const warmUps = Number(options['warm-ups']);
const asked = (list: string, name: string): boolean => list.split(',').includes(name);

interface Live {
  readonly candidate: Candidate;
  readonly started: Started;
}

const notes: string[] = [];
const note = (text: string): void => {
  notes.push(text);
  console.error(text);
};

const provider = startNode(0, join(import.meta.dirname, 'provider.ts'), []);
const { port } = await nextMessage<ProviderReady>(provider);

async function seen(): Promise<ProviderSeen> {
  provider.send('seen');
  return nextMessage<ProviderSeen>(provider);
}

/** Ready when one request comes through as it should: with the address, or without it where it is guarded. */
async function startOne(candidate: Candidate): Promise<Live | undefined> {
  const reason = candidate.missing?.();
  if (reason !== undefined) return void note(`Skipped ${candidate.name}: ${reason}.`);
  const started = await candidate.start(port);
  const body = withModel(smallBody(), started.model ?? 'gpt-4o-mini').replace(COUNTER, '00000000');
  const headers = { 'content-type': 'application/json', ...started.headers };
  let last = '';
  for (let tries = 0; tries < READY_TRIES; tries++) {
    const before = await seen();
    const response = await fetch(started.url, { method: 'POST', headers, body }).catch((error: Error) => error);
    last = response instanceof Error ? response.message : `${response.status} ${await response.text()}`;
    if (response instanceof Response && response.ok) {
      const { requests, withEmail } = await seen();
      const passed = withEmail - before.withEmail;
      if (requests - before.requests === 1 && passed === (candidate.guards ? 0 : 1)) return { candidate, started };
      throw new Error(`${candidate.name} does not do what it is measured for: the provider saw ${passed} addresses.`);
    }
    await sleep(100);
  }
  if (started.process) await stop(started.process);
  return void note(`Skipped ${candidate.name}: ${last.slice(0, 200)}`);
}

/** Until it gets no faster: V8 compiles what is hot in steps; figures from before that are two to four times too high. */
async function warmUp(scenario: Scenario, { started }: Live): Promise<void> {
  let before = Number.POSITIVE_INFINITY;
  for (let i = 0; i < warmUps; i++) {
    const { cpuUs = 0, errors } = await scenario.run(started, Math.min(seconds, 2));
    if (errors > 0 || cpuUs > before * STEADY) return;
    before = cpuUs;
  }
}

async function measure(scenario: Scenario, live: readonly Live[]): Promise<Row[]> {
  const measured = new Map<Live, Round[]>(live.map((one) => [one, []]));
  for (const one of live) if (one.started.process) await warmUp(scenario, one);
  for (let round = 0; round < rounds; round++) {
    for (const one of round % 2 === 0 ? live : live.toReversed()) {
      measured.get(one)!.push(await scenario.run(one.started, seconds));
      if ((await seen()).leaked > 0)
        throw new Error(`${one.candidate.name} let an address through: its figures are worth nothing.`);
    }
  }
  return [...measured].map(([{ candidate }, all]) => rowOf(scenario, candidate.name, all));
}

checkBuilt();
if (options.peers) for (const failure of await installPeers()) note(`Not installed: ${failure}`);
if (!HAS_WRK)
  note('No wrk: a client in Node makes the load, which limits what fast servers show (apt-get install wrk).');
const machine = onThisMachine();
const live: Live[] = [];
for (const candidate of CANDIDATES.filter(({ name }) => asked(options.only, name))) {
  const one = await startOne(candidate);
  if (one) live.push(one);
}
const rows: Row[] = [];
for (const scenario of SCENARIOS.filter(({ name }) => asked(options.scenarios, name))) {
  const measured = await measure(scenario, live);
  rows.push(...measured);
  console.log(`\n${scenarioTable(scenario, measured)}`);
}
const held: HeldRow[] = [];
if (asked(options.scenarios, 'held')) {
  for (const { candidate, started } of live.filter(({ candidate: { name } }) => asked(options.held, name)))
    held.push({ candidate: candidate.name, ...(await heldStreams(started, 3)) });
  console.log(`\n${heldTable(held)}`);
}
for (const { started } of live) if (started.process) await stop(started.process);
await stop(provider);

const run = { machine: machine(), pinned: PINNED, loadDriver: HAS_WRK ? 'wrk' : 'node', seconds, rounds };
const candidates = Object.fromEntries(live.map(({ candidate: { name, what } }) => [name, what]));
const result = { ...run, candidates, notes, rows, held };
console.log(`\n${describe(run.machine)}`);
if (!options.dry) {
  await mkdir(join(RESULTS, '..'), { recursive: true });
  await writeFile(RESULTS, `${JSON.stringify(result, null, 2)}\n`);
}
process.exit(0);
