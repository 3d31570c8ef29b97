/**
 * Remembers what was found in texts, since agents resend their whole history with each call. In memory only, bounded in bytes
 * and in time, and apart for each owner. Knows nothing of what is remembered.
 */
import { LRUCache } from 'lru-cache';
import { optionError } from '../errors.ts';

export interface MemoOptions {
  /** Default 16 MB: characters twice, and the results. */
  readonly maxBytes?: number | undefined;
  /** Default ten minutes after the last use. */
  readonly ttlMs?: number | undefined;
}

export interface Memo<Result> {
  /** What was remembered for the text. `context` is all else that the result depends on, and whose it is. */
  find(text: string, context: string): readonly Result[] | undefined;
  keep(text: string, context: string, results: readonly Result[]): void;
}

const DEFAULT_MAX_BYTES = 16_000_000;
const DEFAULT_TTL_MS = 600_000;
/**
 * Shorter texts are keys, dates and enum values, of which most are ruled out in the time of a look-up: 0.1 to 0.3 µs, and 1.5 to 2
 * for remembering. A scan of a turn of 60 characters took 20 to 40 (Node 24).
 */
const MIN_TEXT_CHARS = 32;
const BYTES_PER_CHAR = 2;
const BYTES_PER_RESULT = 160;
const BYTES_PER_ENTRY = 200;
/** Owners and keys under which one text is remembered: the users of an app share its system prompt. */
const MAX_CONTEXTS = 64;

export interface MemoSettings {
  /** Shorter texts are not remembered. Default 32. */
  readonly minChars?: number | undefined;
  /** Milliseconds; for tests. */
  readonly now?: (() => number) | undefined;
}

interface Remembered<Result> {
  readonly context: string;
  readonly results: readonly Result[];
}

/** One look-up by the text itself, which the engine hashes once; results stand below it by context, mostly one. */
export function createMemo<Result>(
  given: unknown,
  owner: string,
  { minChars = MIN_TEXT_CHARS, now }: MemoSettings = {},
): Memo<Result> {
  if (given === false) return { find: () => undefined, keep: () => {} };
  const { maxBytes, ttlMs } = checkedMemo(given ?? {}, owner);
  const entries = new LRUCache<string, readonly Remembered<Result>[]>({
    maxSize: maxBytes,
    ttl: ttlMs,
    updateAgeOnGet: true,
    ...(now === undefined ? {} : { perf: { now }, ttlResolution: 0 }),
  });
  return {
    find(text, context) {
      if (text.length < minChars) return undefined;
      return entries.get(text)?.find((entry) => entry.context === context)?.results;
    },
    keep(text, context, results) {
      if (text.length < minChars) return;
      const others = entries.peek(text)?.filter((entry) => entry.context !== context) ?? [];
      const known = [{ context, results }, ...others.slice(0, MAX_CONTEXTS - 1)];
      entries.set(text, known, { size: sizeOf(text, known) });
    },
  };
}

function sizeOf(text: string, known: readonly Remembered<unknown>[]): number {
  let size = text.length * BYTES_PER_CHAR;
  for (const { context, results } of known) {
    size += BYTES_PER_ENTRY + context.length * BYTES_PER_CHAR + results.length * BYTES_PER_RESULT;
  }
  return size;
}

/** @throws GatewayError `invalid_option` */
export function checkedMemo(given: unknown, owner: string): { maxBytes: number; ttlMs: number } {
  if (typeof given !== 'object' || given === null) throw optionError(`${owner}: memo`, 'false or an object', given);
  const { maxBytes = DEFAULT_MAX_BYTES, ttlMs = DEFAULT_TTL_MS } = given as MemoOptions;
  if (!Number.isInteger(maxBytes) || maxBytes < 1)
    throw optionError(`${owner}: memo.maxBytes`, 'a whole number above 0', maxBytes);
  if (!Number.isInteger(ttlMs) || ttlMs < 1) throw optionError(`${owner}: memo.ttlMs`, 'a whole number above 0', ttlMs);
  return { maxBytes, ttlMs };
}
