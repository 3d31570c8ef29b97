/**
 * The first part of `npm run bench`: what the guards cost or save inside the caller's process, against the plain client, in one run. Each side
 * has a process of its own; blocks of calls take turns (A B C, C B A), and the medians are compared. Measures what was built.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { echoOf } from './answers.ts';
import { EMAIL, PLACEHOLDER } from './bodies.ts';
import { CASES, type Case, PEER_SIDES, SIDES, type Side } from './cases.ts';
import { figureOf, judge, type Measured } from './goals.ts';
import { checkBuilt, describe, onThisMachine } from './machine.ts';
import { isThere } from './peers.ts';
import { type Row, report } from './report.ts';
import type { UpstreamReady, UpstreamStats } from './upstream.ts';
import type { Accounts, Block, Echo, Order } from './worker.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const ROUNDS = options.quick ? 2 : 5;
const BLOCK_MS = options.quick ? 60 : 200;
/**
 * V8 compiles what is hot in steps; figures from before that are two to four times too high. No collection is forced between blocks, for
 * it throws away the compiled code of whatever has no live object just then: a guarded 1 KB call then took more than twice as long.
 */
const WARM_UP_MS = options.quick ? 200 : 5_000;

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const BUILD = new URL('../dist/', import.meta.url).href;
const RESULTS = join(FOLDER, 'results', 'in-process.json');

/** A core for the provider and one for the side that runs, where the system has a way to say so. */
const PINNED = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;

function start(node: string, core: 0 | 1, args: readonly string[]): ChildProcess {
  const [command, ...rest] = [...(PINNED ? ['taskset', '-c', String(core)] : []), node, ...args];
  return spawn(command!, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('a process of the benchmark ended early'));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(message as T);
    });
  });
}

async function tell<T>(child: ChildProcess, order: Order): Promise<T> {
  child.send(order);
  const { answer, error } = await nextMessage<{ answer: T; error?: string }>(child);
  if (error !== undefined) throw new Error(error);
  return answer;
}

/** @openai/guardrails 0.2.1 fails on the last event of a stream that tells usage, which has no choices. */
const canDo = (side: Side, stream: boolean): boolean => !(side === 'openai-guardrails' && stream);

type Workers = ReadonlyMap<Side, ChildProcess>;

async function measure(workers: Workers, { name, peers, stream }: Case & Pick<Measured, 'name'>): Promise<Measured[]> {
  const sides = [...workers.keys()].filter(
    (side) => SIDES.some((one) => one === side) || (peers && canDo(side, stream)),
  );
  const blocks = new Map<Side, Block[]>(sides.map((side) => [side, []]));
  for (const side of sides) await tell(workers.get(side)!, { type: 'run', name, ms: WARM_UP_MS });
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed())
      blocks.get(side)!.push(await tell<Block>(workers.get(side)!, { type: 'run', name, ms: BLOCK_MS }));
  }
  return [...blocks].map(([side, all]) => ({
    name,
    side,
    calls: all.reduce((sum, { calls }) => sum + calls, 0),
    cpuUs: figureOf(all.map(({ cpuUs }) => cpuUs)),
    latencyUs: figureOf(all.map(({ latencyUs }) => latencyUs)),
    firstUs: all[0]!.firstUs === undefined ? undefined : figureOf(all.map(({ firstUs }) => firstUs!)),
  }));
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The figures cannot be trusted: ${what}.`);
}

/** The provider saw no address where guards were on, each placeholder came back as the address, and every call was booked. */
async function checkGuards(workers: Workers, upstream: ChildProcess): Promise<Pick<Accounts, 'node' | 'client'>> {
  const echoes = await Promise.all(SIDES.map((side) => tell<Echo>(workers.get(side)!, { type: 'echo' })));
  const accounts = await Promise.all(SIDES.map((side) => tell<Accounts>(workers.get(side)!, { type: 'accounts' })));
  upstream.send('stats');
  const { seen, traceBatches } = await nextMessage<UpstreamStats>(upstream);
  for (const [index, side] of SIDES.entries()) {
    const { http, mocked, httpSettled, mockedSettled, mockedWrong, exported } = accounts[index]!;
    const guarded = side !== 'plain';
    const { requests = 0, withEmail = 0, withPlaceholder = 0 } = seen[side] ?? {};
    check(requests === http, `${side}: ${http} calls were made, the provider saw ${requests}`);
    check(withEmail === (guarded ? 0 : http), `${side}: the provider saw the address in ${withEmail} of ${http} calls`);
    check(withPlaceholder === (guarded ? http : 0), `${side}: ${withPlaceholder} of ${http} calls had a placeholder`);
    check(mockedWrong === 0, `${side}: the mock saw the wrong text in ${mockedWrong} calls`);
    check(!guarded || httpSettled === http, `${side}: ${http} calls, ${httpSettled} in the ledger`);
    check(!guarded || mockedSettled === mocked, `${side}: ${mocked} mocked calls, ${mockedSettled} in the ledger`);
    check(side !== 'traced' || (exported && traceBatches > 0), 'an export of spans failed');
    const { whole, streamed } = echoes[index]!;
    const expected = guarded ? echoOf(EMAIL) : echoOf(PLACEHOLDER);
    check(whole === expected && streamed === expected, `${side}: an answer was not restored`);
  }
  for (const side of PEER_SIDES.filter((one) => workers.has(one))) {
    const { http, mockedWrong } = await tell<Accounts>(workers.get(side)!, { type: 'accounts' });
    check(seen[side]?.requests === http, `${side}: ${http} calls were made, the provider saw ${seen[side]?.requests}`);
    check(mockedWrong === 0, `${side}: the mock saw the wrong text in ${mockedWrong} calls`);
  }
  const { node, client } = accounts[0]!;
  return { node, client };
}

async function measureNode(node: string, folder: string, extension: 'ts' | 'mjs'): Promise<Row> {
  const upstream = start(process.execPath, 0, [join(FOLDER, 'upstream.ts')]);
  const children = [upstream];
  try {
    const { port, tracesPort } = await nextMessage<UpstreamReady>(upstream);
    const workers = new Map<Side, ChildProcess>();
    for (const side of [...SIDES, ...(extension === 'ts' ? peersHere() : [])]) {
      // V8 drops the code of processes that wait for their turn, and they would be measured cold.
      const args = [
        '--no-flush-bytecode',
        '--disable-warning=ExperimentalWarning',
        join(folder, `worker.${extension}`),
        side,
        `${port}`,
        `${tracesPort}`,
        BUILD,
      ];
      const worker = start(node, 1, args);
      children.push(worker);
      await nextMessage(worker);
      workers.set(side, worker);
    }
    const measured: Measured[] = [];
    for (const one of CASES) measured.push(...(await measure(workers, one)));
    const versions = await checkGuards(workers, upstream);
    return { ...versions, measured, goals: judge(measured, Number(versions.node.split('.')[0])) };
  } finally {
    for (const child of children) child.kill();
  }
}

/** They run on the Node of the dev dependencies alone. */
const peersHere = (): Side[] => {
  const bringsClient = (side: Side): boolean => side === 'openai-4' || side === 'openai-guardrails';
  return PEER_SIDES.filter((side) => !bringsClient(side) || isThere('openai-guardrails'));
};

/** An older Node beside this one: named, or the one that runs npm itself. */
function olderNode(): string | undefined {
  const path = process.env.POSTERN_BENCH_NODE20 ?? process.env.npm_node_execpath;
  if (!path) return undefined;
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
  return Number(/^v(\d+)/.exec(version)?.[1]) < Number(process.versions.node.split('.')[0]) ? path : undefined;
}

/** Older versions cannot run TypeScript, so they get these files without the types. Beside them, to find the same packages. */
async function measureOlder(node: string): Promise<Row> {
  const folder = mkdtempSync(join(FOLDER, '.without-types-'));
  try {
    for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.ts'))) {
      const code = stripTypeScriptTypes(readFileSync(join(FOLDER, name), 'utf8'));
      writeFileSync(join(folder, name.replace(/ts$/, 'mjs')), code.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.mjs'"));
    }
    return await measureNode(node, folder, 'mjs');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

checkBuilt();
const machine = onThisMachine();
const rows = [await measureNode(process.execPath, FOLDER, 'ts')];
console.log(report(rows[0]!));
const older = options.quick ? undefined : olderNode();
if (older) rows.push(await measureOlder(older));
if (rows[1]) console.log(report(rows[1]));
const run = { machine: machine(), pinned: PINNED, rounds: ROUNDS, blockMs: BLOCK_MS };
console.log(describe(run.machine));
if (!options.quick) {
  mkdirSync(join(FOLDER, 'results'), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify({ ...run, rows }, null, 2)}\n`);
}
