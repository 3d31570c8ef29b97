/**
 * Rolling spend windows: the last hour, the last 24 hours, the last 30 days. Kept as a row of short buckets of which each is an
 * account, so that nothing has to be reset: what is older than the row counts no more. Knows nothing of money.
 */
import { optionError } from '../errors.ts';

export interface RollingWindow {
  /** As it was written: `24h`. */
  readonly name: string;
  readonly lengthMs: number;
}

/** Where an instant stands in the row. */
export interface RollingBucket {
  /** Names the bucket of the instant: `24h@2026-11-21T12:00:00.000Z`. */
  readonly label: string;
  /** Those before it that still count, newest first. */
  readonly counting: readonly string[];
  readonly start: number;
  /** First instant at which something of the row leaves it. */
  readonly end: number;
  /** First instant at which this bucket counts no more. */
  readonly leavesAt: number;
}

/**
 * Buckets of a window. The oldest counts whole until it has left whole, so spending is never under-counted, and is counted for
 * at most a 24th longer than the window says.
 */
const BUCKETS = 24;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_LENGTH_MS = 366 * 86_400_000;

/** @throws GatewayError `invalid_option` */
export function parseRolling(option: string, text: unknown): RollingWindow {
  const match = typeof text === 'string' ? /^([1-9]\d{0,5})([mhd])$/.exec(text) : null;
  const lengthMs = match === null ? 0 : Number(match[1]) * UNITS[match[2]!]!;
  if (lengthMs > 0 && lengthMs <= MAX_LENGTH_MS) return { name: text as string, lengthMs };
  throw optionError(option, "minutes, hours or days up to 366 days, like '90m', '24h' or '30d'", text);
}

export function rollingBucket({ name, lengthMs }: RollingWindow, at: number): RollingBucket {
  const width = lengthMs / BUCKETS;
  const index = Math.floor(at / width);
  const label = (bucket: number): string => `${name}@${new Date(bucket * width).toISOString()}`;
  return {
    label: label(index),
    counting: Array.from({ length: BUCKETS }, (_, before) => label(index - 1 - before)),
    start: index * width,
    end: (index + 1) * width,
    leavesAt: (index + 1) * width + lengthMs,
  };
}
