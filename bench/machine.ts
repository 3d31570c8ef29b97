/** Where and when a run was made: stands in every file of results and above every table. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';

export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly cpus: number;
  readonly model: string;
  readonly kernel: string;
  readonly node: string;
  /** Of the last minute, before the run and after it. */
  readonly load: readonly [before: number, after: number];
}

const BUILD = new URL('../dist/index.js', import.meta.url);

/** Called when a run begins; gives what is known when it ends. */
export function onThisMachine(): () => Machine {
  const before = loadavg()[0]!;
  return () => ({
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    cpus: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? 'unknown',
    kernel: release(),
    node: process.version,
    load: [before, loadavg()[0]!],
  });
}

export function describe({ date, commit, cpus, model, kernel, node, load: [before, after] }: Machine): string {
  const load = `load average ${before.toFixed(1)} before, ${after.toFixed(1)} after`;
  return `${date} at ${commit}, ${cpus} vCPU (${model}), Linux ${kernel}, Node ${node.slice(1)}, ${load}.`;
}

/** @throws Error that says what to run */
export function checkBuilt(): void {
  if (!existsSync(BUILD)) throw new Error('There is no dist/; `npm run build` makes it.');
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'no commit';
  }
}
