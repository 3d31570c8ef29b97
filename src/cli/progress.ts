/** A bar on a terminal that shows how far a large input has been read. Time is passed in. */
import type { Terminal } from './command.ts';

export interface Progress {
  /** Some more bytes were read. */
  add(bytes: number): void;
  /** Takes the bar away. */
  clear(): void;
}

export interface ProgressOptions {
  readonly stderr: Terminal['stderr'];
  /** Bytes of all inputs; `undefined` when one of them is a pipe. */
  readonly total: number | undefined;
  /** Milliseconds. */
  readonly now: () => number;
}

/** What is smaller is done before a bar could be read. */
const MIN_BYTES = 4_000_000;
const REDRAW_MS = 100;
/** What was read first waits to be worked on. */
const MIN_SPEED_MS = 500;
const BAR_CHARS = 24;
/** Some terminals say 0. */
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[K';

/** Nothing is drawn where nobody looks: `isShown` false, or a small input. */
export function createProgress({ stderr, total, now }: ProgressOptions, isShown: boolean): Progress {
  if (!isShown || (total !== undefined && total < MIN_BYTES)) return { add: () => {}, clear: () => {} };
  const start = now();
  let read = 0;
  let drawnAt: number | undefined;
  return {
    add(bytes) {
      read += bytes;
      const time = now();
      if (read < MIN_BYTES && total === undefined) return;
      if (drawnAt !== undefined && time - drawnAt < REDRAW_MS) return;
      drawnAt = time;
      stderr.write(
        CLEAR_LINE + progressLine(read, total, time - start).slice(0, (stderr.columns || DEFAULT_COLUMNS) - 1),
      );
    },
    clear() {
      if (drawnAt !== undefined) stderr.write(CLEAR_LINE);
      drawnAt = undefined;
    },
  };
}

/** `[############............]  50 %   12.3 of 24.6 MB   41 MB/s` */
function progressLine(read: number, total: number | undefined, ms: number): string {
  const speed = ms >= MIN_SPEED_MS ? `   ${(read / 1000 / ms).toFixed(0)} MB/s` : '';
  if (total === undefined) return `${megabytes(read)} MB${speed}`;
  const share = Math.min(1, read / total);
  const done = Math.round(share * BAR_CHARS);
  const bar = `${'#'.repeat(done)}${'.'.repeat(BAR_CHARS - done)}`;
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %   ${megabytes(read)} of ${megabytes(total)} MB${speed}`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
