/** What is measured, and how a candidate does in it. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Started } from './candidates.ts';
import { loadStreams, loadWhole } from './load.ts';
import { taken } from './processes.ts';
import { coldAgentBody, knownAgentBody, type Pace, smallBody, withModel } from './requests.ts';

export type ScenarioName = 'small' | 'lone' | 'agent' | 'agent-cold' | 'stream';

/** One round of one candidate. Absent is what cannot be told: nobody stands in between, or there is no /proc. */
export interface Round {
  /** Requests, or pieces of streams. */
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUs: number | undefined;
  /** Part of the time that the candidate was at work: below .9, something else was the limit. */
  readonly busy: number | undefined;
  readonly rssMiB: number | undefined;
  readonly errors: number;
  readonly error?: string | undefined;
}

export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  /** Of what `perSecond` and `cpuUs` speak. */
  readonly unit: 'request' | 'piece';
  run(started: Started, seconds: number): Promise<Round>;
}

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-bodies-'));

function bodyFile(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, body);
  return path;
}

/** The body with the model as the candidate wants it named. */
function bodyFor({ model }: Started, path: string): string {
  if (model === undefined) return path;
  const own = path.replace('.json', `-${model.replaceAll(/\W/g, '-')}.json`);
  writeFileSync(own, withModel(readFileSync(path, 'utf8'), model));
  return own;
}

/** What a candidate takes while it is under load. */
async function under<Load extends { readonly errors: number }>(
  { process }: Started,
  load: () => Promise<Load>,
  count: (load: Load) => number,
): Promise<{ load: Load } & Pick<Round, 'cpuUs' | 'busy' | 'rssMiB'>> {
  const before = at(process);
  const startedAt = performance.now();
  const result = await load();
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = at(process);
  if (!before || !after) return { load: result, cpuUs: undefined, busy: undefined, rssMiB: undefined };
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return {
    load: result,
    cpuUs: (cpuSeconds * 1e6) / count(result),
    busy: cpuSeconds / seconds,
    rssMiB: after.rssMiB,
  };
}

const at = (child: ChildProcess | undefined): ReturnType<typeof taken> => (child?.pid ? taken(child.pid) : undefined);

function whole(name: ScenarioName, title: string, connections: number, body: string): Scenario {
  const path = bodyFile(`${name}.json`, body);
  return {
    name,
    title,
    unit: 'request',
    async run(started, seconds) {
      const settings = { connections, seconds, bodyFile: bodyFor(started, path) };
      const { load, ...process } = await under(
        started,
        () => loadWhole(started, settings),
        ({ requests }) => requests,
      );
      const { requests, p50Us, p99Us, errors } = load;
      return { ...process, perSecond: requests / load.seconds, p50Us, p99Us, errors };
    },
  };
}

const RAMP_MS = 300;
const PACE: Pace = { pieces: 64, everyMs: 5 };

function streams(name: ScenarioName, title: string, connections: number): Scenario {
  const path = bodyFile(`${name}.json`, smallBody(PACE));
  return {
    name,
    title,
    unit: 'piece',
    async run(started, seconds) {
      const settings = { connections, seconds, bodyFile: bodyFor(started, path), pieces: PACE.pieces, rampMs: RAMP_MS };
      const { load, ...process } = await under(
        started,
        () => loadStreams(started, settings),
        ({ pieces }) => pieces,
      );
      const { pieces, delayP50Us, delayP99Us, errors, error } = load;
      return { ...process, perSecond: pieces / load.seconds, p50Us: delayP50Us, p99Us: delayP99Us, errors, error };
    },
  };
}

export const SCENARIOS: readonly Scenario[] = [
  whole('small', '1 KB, another text each time, 32 connections', 32, smallBody()),
  whole('lone', '1 KB, another text each time, one at a time', 1, smallBody()),
  whole('agent', '200 KB, all but the last message known, 16 connections', 16, knownAgentBody()),
  whole('agent-cold', '200 KB, never seen, 16 connections', 16, coldAgentBody()),
  streams('stream', '24 streams of 64 pieces, one every 5 ms', 24),
];

export interface HeldStreams {
  /** The most that were held at once with 9 in 10 pieces at most `boundMs` late. */
  readonly streams: number;
  readonly rssMiB: number | undefined;
  readonly delayP90Ms: number;
  /** What ended it: the next number of streams, and how late it was or what failed. `undefined` when more was not tried. */
  readonly limit: string | undefined;
}

export const HELD_BOUND_MS = 100;
/** Each stream has a piece a second, and goes on longer than anybody looks. */
const HELD_PACE: Pace = { pieces: 600, everyMs: 1_000 };
const HELD_STEPS = [250, 500, 1_000, 2_000, 4_000];
const RAMP_PER_STREAM_MS = 4;
const LEAST_RAMP_MS = 2_000;

/** Doubles the number of streams until they are late. */
export async function heldStreams(started: Started, seconds: number): Promise<HeldStreams> {
  const path = bodyFile('held.json', smallBody(HELD_PACE));
  let held: HeldStreams = { streams: 0, rssMiB: undefined, delayP90Ms: 0, limit: undefined };
  for (const connections of HELD_STEPS) {
    const rampMs = Math.max(LEAST_RAMP_MS, connections * RAMP_PER_STREAM_MS);
    let rssMiB: number | undefined;
    const looking = setTimeout(() => (rssMiB = at(started.process)?.rssMiB), rampMs + seconds * 500);
    const settings = { connections, seconds, bodyFile: bodyFor(started, path), pieces: HELD_PACE.pieces, rampMs };
    const { delayP90Us, errors, error } = await loadStreams(started, settings);
    clearTimeout(looking);
    const delayP90Ms = delayP90Us / 1_000;
    if (errors > 0) return { ...held, limit: `${connections}: ${error}` };
    if (!(delayP90Ms <= HELD_BOUND_MS)) return { ...held, limit: `${connections}: ${Math.round(delayP90Ms)} ms late` };
    held = { streams: connections, rssMiB, delayP90Ms, limit: undefined };
  }
  return held;
}
