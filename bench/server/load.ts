/** Makes the load and says how it went: wrk for whole answers, or a client of ours where there is none; a client of ours for streams. */
import { join } from 'node:path';
import type { Started } from './candidates.ts';
import { isInstalled, output, start } from './processes.ts';

export interface WholeLoad {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface StreamLoad {
  /** That ended as they should. */
  readonly streams: number;
  readonly pieces: number;
  readonly seconds: number;
  readonly errors: number;
  /** Of the first one. */
  readonly error: string | undefined;
  /** From the provider's write of a piece to its arrival. */
  readonly delayP50Us: number;
  readonly delayP90Us: number;
  readonly delayP99Us: number;
  readonly firstPieceP50Us: number;
}

export interface LoadSettings {
  readonly connections: number;
  readonly seconds: number;
  /** Where the body is. */
  readonly bodyFile: string;
}

export interface StreamSettings extends LoadSettings {
  /** Each stream has so many pieces, or something was lost. */
  readonly pieces: number;
  /** Connections are made one after the other in the first three quarters of it, in ms. Nothing is measured before its end. */
  readonly rampMs: number;
}

const WRK = 'wrk';
export const HAS_WRK = isInstalled(WRK, '-v');
/** Numbers go on from one load to the next, so that no body comes twice. */
let nextNumber = 1;
const MOST_REQUESTS = 1_000_000;

export async function loadWhole(started: Started, settings: LoadSettings): Promise<WholeLoad> {
  const { connections, seconds, bodyFile } = settings;
  const first = nextNumber;
  nextNumber = (nextNumber + MOST_REQUESTS) % 90_000_000;
  if (!HAS_WRK) return driven<WholeLoad>('whole-driver.ts', { ...started, ...settings, first });
  const script = join(import.meta.dirname, 'post.lua');
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, started.url];
  const headers = Object.entries(started.headers).map(([name, value]) => `${name}: ${value}`);
  const env = { BENCH_BODY: bodyFile, BENCH_FIRST: String(first), BENCH_HEADERS: headers.join('|') };
  return resultIn<WholeLoad>(await output(start(0, WRK, args, { env })));
}

export function loadStreams(started: Started, settings: StreamSettings): Promise<StreamLoad> {
  return driven<StreamLoad>('stream-driver.ts', { ...started, ...settings });
}

async function driven<Result>(program: string, settings: object): Promise<Result> {
  const { process: _, ...told } = settings as { process?: unknown };
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, program), JSON.stringify(told)];
  return resultIn<Result>(await output(start(0, process.execPath, args)));
}

/** The line that begins with `@@`. */
function resultIn<Result>(printed: string): Result {
  const line = printed.split('\n').find((one) => one.startsWith('@@'));
  if (!line) throw new Error(`No result: ${printed.slice(-500)}`);
  return JSON.parse(line.slice(2)) as Result;
}
