/** Joins an engine with what makes it fit for calls: deadlines and a breaker around it, leases before it. */
import type { LedgerStore } from '../core/ledger.ts';
import { optionError } from '../errors.ts';
import { EngineLedger } from './engine-ledger.ts';
import { GuardedLedger } from './guarded.ts';
import { LeasedLedger, type WhenUnavailable } from './leased.ts';
import type { Engine } from './operations.ts';

export interface SharedLedgerOptions {
  /**
   * Whether to hold calls in memory out of leased slices, so that most need not wait for the store. A process that dies
   * leaves what it had leased as `unreconciled`: at most a hundredth of what was left under a limit, and what its calls held.
   */
  readonly leases?: boolean | undefined;
  /** After so long without a word the store charges a lease in full, in ms. Default 60,000. */
  readonly leaseMs?: number | undefined;
  /**
   * Calls while the store does not answer: `lease-then-deny` (default) holds what is leased and then refuses with 503
   * `ledger_unavailable`; `deny` refuses all; `allowUsd` lets through so much at once in each process, booked once the
   * store answers again (needs leases).
   */
  readonly unavailable?: 'lease-then-deny' | 'deny' | { readonly allowUsd: number } | undefined;
  /** Longest wait for an answer of the store, in ms. */
  readonly deadlineMs?: number | undefined;
  /** How long rollup rows are kept, in days. Default 400. */
  readonly keepRollupDays?: number | undefined;
  /** Milliseconds since the epoch, for tests. Default: the store's own clock. */
  readonly now?: (() => number) | undefined;
}

/** A store for several processes. `close` gives back what is leased and lets go of what the store itself has opened. */
export interface SharedLedger extends LedgerStore {
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface EngineTerms {
  /** The factory's name, for messages. */
  readonly name: string;
  readonly leases: boolean;
  readonly deadlineMs: number;
  readonly maxBatch: number;
  readonly maxInFlight: number;
}

const DAY = 24 * 3_600_000;

export function sharedLedger(engine: Engine, terms: EngineTerms, options: SharedLedgerOptions): SharedLedger {
  const { leases = terms.leases, deadlineMs = terms.deadlineMs, leaseMs, now, unavailable } = options;
  const { maxBatch, maxInFlight } = terms;
  const store = new EngineLedger({ engine, now, maxBatch, maxInFlight, patienceMs: deadlineMs });
  const guarded = new GuardedLedger(store, { deadlineMs });
  if (!leases) return guarded;
  return new LeasedLedger(guarded, {
    now,
    leaseMs,
    unavailable: whenUnavailable(unavailable),
    available: () => guarded.available,
  });
}

function whenUnavailable(unavailable: SharedLedgerOptions['unavailable']): WhenUnavailable | undefined {
  return typeof unavailable === 'object' ? { allowNanoUsd: Math.round(unavailable.allowUsd * 1e9) } : unavailable;
}

const MAX_ALLOW_USD = 9_000_000;

/** @throws GatewayError `invalid_option` that names the option and what came */
export function checkSharedOptions(name: string, options: SharedLedgerOptions, leasesByDefault: boolean): void {
  if (typeof options !== 'object' || options === null) throw optionError(name, 'an object of options', options);
  const { leases = leasesByDefault, unavailable, now } = options;
  if (typeof leases !== 'boolean') throw optionError(`${name}: leases`, 'true or false', leases);
  if (now !== undefined && typeof now !== 'function') throw optionError(`${name}: now`, 'a function', now);
  for (const option of ['leaseMs', 'deadlineMs', 'keepRollupDays'] as const) {
    const value = options[option];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw optionError(`${name}: ${option}`, 'a whole number of at least 1', value);
  }
  if (unavailable !== undefined) checkUnavailable(name, unavailable, leases);
}

function checkUnavailable(name: string, unavailable: unknown, leases: boolean): void {
  const expected = `'lease-then-deny', 'deny' or { allowUsd: number }`;
  if (unavailable === 'lease-then-deny' || unavailable === 'deny') return;
  const { allowUsd } = (typeof unavailable === 'object' ? (unavailable ?? {}) : {}) as { allowUsd?: unknown };
  if (typeof allowUsd !== 'number' || !(allowUsd >= 0 && allowUsd <= MAX_ALLOW_USD))
    throw optionError(`${name}: unavailable`, expected, unavailable);
  if (!leases) throw optionError(`${name}: unavailable`, `'deny' without leases`, unavailable);
}

export function keepRowsMs({ keepRollupDays = 400 }: SharedLedgerOptions): number {
  return keepRollupDays * DAY;
}
