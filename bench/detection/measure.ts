/** Has one detector measured by a worker, whatever becomes of it: one that cannot be installed, crashes or hangs is a result too. */
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { type Entry, titleOf } from './entries.ts';
import type { HostileText, HostileTime } from './hostile.ts';
import { ensureInstalled } from './peers.ts';
import type { Measured, Outcome } from './results.ts';
import type { Mistake } from './score.ts';
import type { Message } from './worker.ts';

/** For all labelled texts, the checks and the speed together. */
const LIMIT_MS = 900_000;
/** For one hostile text. */
const HOSTILE_LIMIT_MS = 30_000;

export interface MeasureOptions {
  /** Folder of the labelled texts. */
  readonly data: string;
  readonly wantsMistakes: boolean;
}

export async function measure(
  entry: Entry,
  { data, wantsMistakes }: MeasureOptions,
): Promise<Outcome & { mistakes?: readonly Mistake[] }> {
  const { name, peer } = entry;
  const facts = { name, title: titleOf(entry), measured: here() };
  try {
    if (peer !== undefined) await ensureInstalled(peer);
  } catch (error) {
    return { ...facts, problem: `could not be installed (${(error as Error).message})`, hostile: [] };
  }
  const args = [join(import.meta.dirname, 'worker.ts'), name, data, ...(wantsMistakes ? ['mistakes'] : [])];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  return { ...facts, ...(await listen(child)) };
}

function here(): Measured {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    machine: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores`,
    load: Math.round(loadavg()[0]! * 10) / 10,
  };
}

/** All that a worker told until it was done, gone or stopped. */
type Told = Omit<Message, 'hostile' | 'reading' | 'isDone'> & { hostile: HostileTime[]; problem?: string };

function listen(child: ChildProcess): Promise<Told> {
  const told: Told = { hostile: [] };
  let reading: HostileText | undefined;
  let isDone = false;
  let isStopped = false;
  let words = '';
  const stop = (): void => {
    isStopped = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(stop, LIMIT_MS);

  child.stderr!.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-4000);
  });
  child.on('message', (message: Message) => {
    const { hostile, reading: next, isDone: ends, ...rest } = message;
    Object.assign(told, rest);
    if (hostile) told.hostile.push(hostile);
    if (ends) isDone = true;
    if (next === undefined) return;
    reading = next;
    clearTimeout(timer);
    timer = setTimeout(stop, HOSTILE_LIMIT_MS);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (isDone) return resolve(told);
      if (isStopped && reading) {
        told.hostile.push({ ...reading, ms: HOSTILE_LIMIT_MS, isStopped: true });
        return resolve(told);
      }
      const why = isStopped ? `stopped after ${LIMIT_MS / 60_000} minutes` : `ended with ${signal ?? `code ${code}`}`;
      resolve({ ...told, problem: `${why} ${stageOf(told, reading)}${isStopped ? '' : lastError(words)}` });
    });
  });
}

function stageOf({ score, json, speed }: Told, reading: HostileText | undefined): string {
  if (reading) return `at the hostile text "${reading.name}" of ${reading.chars / 1000} KB`;
  if (score === undefined) return 'before it had read all texts';
  if (json === undefined) return 'in the JSON bodies';
  return speed === undefined ? 'while its speed was measured' : 'before the hostile texts';
}

function lastError(words: string): string {
  const line = words.split('\n').findLast((one) => /error/i.test(one));
  return line === undefined ? '' : `: ${withoutPaths(line.trim()).slice(0, 160)}`;
}

/** The line may say where the project stands on this machine. */
const withoutPaths = (line: string): string => line.replace(/(?:file:\/\/)?(?:\/[\w@.+-]+){2,}/g, '...');
