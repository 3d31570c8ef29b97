/** Processes of the benchmark: each on a core of its own where the system has a way to say so, and what it takes, from /proc. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Core 0 has the provider and whatever makes the load, core 1 what is measured. */
export type Core = 0 | 1;

/** Processor time and memory of a process and those it has started. */
export interface Taken {
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

export const PINNED = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;
const NANOSECONDS = 1e9;
const STOP_MS = 2_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function start(
  core: Core,
  command: string,
  args: readonly string[],
  { env = {}, ipc = false, cwd }: { env?: Readonly<Record<string, string>>; ipc?: boolean; cwd?: string } = {},
): ChildProcess {
  const [first, ...rest] = [...(PINNED ? ['taskset', '-c', String(core)] : []), command, ...args];
  const child = spawn(first!, rest, {
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, NODE_ENV: 'production', ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Where V8's profiles of our programs go, if anywhere. */
const PROFILES = process.env.POSTERN_BENCH_PROFILES;

/** V8 drops the code of processes that wait for their turn, and they would be measured cold. */
export const NODE_FLAGS: readonly string[] = [
  '--no-flush-bytecode',
  '--disable-warning=ExperimentalWarning',
  ...(PROFILES ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`] : []),
];

/** A program of ours, in TypeScript, that is told to end by its channel. */
export function startNode(core: Core, program: string, args: readonly string[]): ChildProcess {
  const child = start(core, process.execPath, [...NODE_FLAGS, program, ...args], { ipc: true });
  child.stdout?.resume();
  child.stderr?.pipe(process.stderr);
  return child;
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** All that a program prints. @throws Error with what it printed when it fails */
export async function output(child: ChildProcess): Promise<string> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (data: Buffer) => {
    out += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    err += data.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}: ${(err || out).slice(-500)}`);
  return out;
}

export function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('A process of the benchmark ended early.'));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(message as T);
    });
  });
}

/** `undefined` where there is no /proc. */
export function taken(pid: number): Taken | undefined {
  try {
    const family = familyOf(pid);
    return {
      cpuSeconds: family.reduce((sum, one) => sum + cpuSecondsOf(one), 0),
      rssMiB: family.reduce((sum, one) => sum + rssMiBOf(one), 0),
    };
  } catch {
    return undefined;
  }
}

function familyOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(familyOf)];
}

/** Of all threads, the collector's and the compiler's too, in nanoseconds. */
function cpuSecondsOf(pid: number): number {
  const spent = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return spent.reduce((sum, one) => sum + one, 0) / NANOSECONDS;
}

function rssMiBOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

export function isInstalled(program: string, flag: string): boolean {
  return spawnSync(program, [flag], { stdio: 'ignore' }).error === undefined;
}
