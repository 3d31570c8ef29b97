/**
 * Remembers what was found in long texts, since agents resend their whole history with each call. In memory only, bounded in bytes
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
/** Shorter texts are scanned faster than they are looked up. */
const MIN_TEXT_CHARS = 256;
const BYTES_PER_CHAR = 2;
const BYTES_PER_RESULT = 160;
const BYTES_PER_ENTRY = 200;
/** Owners and keys under which one text is remembered. */
const MAX_CONTEXTS = 8;

/** One look-up by the text itself, which the engine hashes once; results stand below it by context. */
export function createMemo<Result>(given: unknown, owner: string): Memo<Result> {
  if (given === false) return { find: () => undefined, keep: () => {} };
  const { maxBytes, ttlMs } = checked(given ?? {}, owner);
  const entries = new LRUCache<string, ReadonlyMap<string, readonly Result[]>>({
    maxSize: maxBytes,
    ttl: ttlMs,
    updateAgeOnGet: true,
  });
  return {
    find: (text, context) => (text.length < MIN_TEXT_CHARS ? undefined : entries.get(text)?.get(context)),
    keep(text, context, results) {
      if (text.length < MIN_TEXT_CHARS) return;
      const known = new Map(entries.peek(text)).set(context, results);
      if (known.size > MAX_CONTEXTS) known.delete(known.keys().next().value!);
      entries.set(text, known, { size: sizeOf(text, known) });
    },
  };
}

function sizeOf(text: string, results: ReadonlyMap<string, readonly unknown[]>): number {
  let size = text.length * BYTES_PER_CHAR;
  for (const [context, found] of results) {
    size += BYTES_PER_ENTRY + context.length * BYTES_PER_CHAR + found.length * BYTES_PER_RESULT;
  }
  return size;
}

function checked(given: unknown, owner: string): { maxBytes: number; ttlMs: number } {
  if (typeof given !== 'object' || given === null) throw optionError(`${owner}: memo`, 'false or an object', given);
  const { maxBytes = DEFAULT_MAX_BYTES, ttlMs = DEFAULT_TTL_MS } = given as MemoOptions;
  if (!Number.isInteger(maxBytes) || maxBytes < 1)
    throw optionError(`${owner}: memo.maxBytes`, 'a whole number above 0', maxBytes);
  if (!Number.isInteger(ttlMs) || ttlMs < 1) throw optionError(`${owner}: memo.ttlMs`, 'a whole number above 0', ttlMs);
  return { maxBytes, ttlMs };
}
