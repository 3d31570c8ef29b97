/** A spend cap as it is told, the check of it, and the accounts it stands on. Knows no ledger and no policy. */

import type { Identity } from '../core/exchange.ts';
import { checkMatch, checkPer, type Dimension, type IdentityMatch, matchesIdentity } from '../core/match.ts';
import { isRecord } from '../core/record.ts';
import { optionError } from '../errors.ts';
import { decimalOf, parseDecimal } from './money.ts';
import { parseRolling, type RollingWindow, rollingBucket } from './rolling.ts';
import { checkTimeZone, SPEND_WINDOWS, type SpendWindowKind, spendWindow } from './windows.ts';

/** Whom a cap is for: every dimension named must have one of the values given. */
export type SpendCapMatch = IdentityMatch;

/** `{ rolling: '24h' }`: the last 24 hours, at any instant. Minutes (`m`), hours (`h`) or days (`d`), up to 366 days. */
export interface RollingSpendWindow {
  readonly rolling: string;
}

/** Another limit for some callers until an instant. The account, and what was spent from it, stay the same. */
export interface SpendCapOverride {
  /** Whose calls. Default: all that the cap is for. */
  readonly match?: SpendCapMatch | undefined;
  readonly limitUsd: number | string;
  /** First instant at which it holds no more: a `Date`, ms since the epoch, or ISO 8601 with its zone. */
  readonly until: Date | number | string;
  /** Stands in refusals and events. */
  readonly reason: string;
}

export interface SpendCapOptions {
  /** Unique in a gateway; stands in refusals, events and account names. Default: made of the window and `per`. */
  readonly name?: string | undefined;
  /** Its name in the names of accounts, where the cap may get another one and what was spent is to stay. Unique. Default: `name`. */
  readonly account?: string | undefined;
  /** USD; a decimal string, or a number meant as it is written. At most 9 decimal places, from 0 to 9,007,199. */
  readonly limitUsd: number | string;
  readonly window: SpendWindowKind | RollingSpendWindow;
  /** IANA zone by whose clocks the window begins. Default `UTC`; weeks start on Monday. Not for rolling windows. */
  readonly timeZone?: string | undefined;
  /** Whom the cap is for. Default: every call. */
  readonly match?: SpendCapMatch | undefined;
  /**
   * Gives every value of a dimension an account of its own with this limit; calls without a value share one named
   * `unattributed`. Default: one account for all.
   */
  readonly per?: Dimension | `tag:${string}` | undefined;
  /**
   * What is held for a call. `estimate` (default): what it will probably cost, topped up while a streamed answer passes; `strict`:
   * the most that it can cost, with an output limit set where the request names none.
   */
  readonly reserve?: 'estimate' | 'strict' | undefined;
  /** Set as the output limit of requests that name none. Default: none; under `strict` the gateway's `defaultMaxOutputTokens`. */
  readonly maxOutputTokens?: number | undefined;
  /** Lower the output limit of a call to what is affordable, where that is at least 256 tokens, rather than refuse it. Default false. */
  readonly clamp?: boolean | undefined;
  /** Shares of the limit, each of which is told once a window and account when it is reached: `[0.5, 0.8, 1]`. */
  readonly thresholds?: readonly number[] | undefined;
  /** Temporary limits; the first that matches and has not ended counts. */
  readonly overrides?: readonly SpendCapOverride[] | undefined;
  /** `monitor` books and reports, and never refuses. Default `enforce`. */
  readonly mode?: 'enforce' | 'monitor' | undefined;
  /** What happens to a call when the cap cannot be checked. Default `closed`: it is refused. */
  readonly failure?: 'open' | 'closed' | undefined;
}

/** An override as it is used. */
export interface ReadOverride {
  readonly match: SpendCapMatch;
  readonly limit: number;
  readonly until: number;
  readonly reason: string;
}

/** Options with every default in its place, and money in nano-USD. */
export interface ReadSpendCap {
  readonly name: string;
  readonly account: string;
  readonly limit: number;
  readonly window: SpendWindowKind | RollingWindow;
  readonly timeZone: string;
  readonly match: SpendCapMatch;
  readonly per: SpendCapOptions['per'];
  readonly strict: boolean;
  readonly maxOutputTokens: number | undefined;
  readonly clamp: boolean;
  readonly thresholds: readonly number[];
  readonly overrides: readonly ReadOverride[];
  readonly mode: SpendCapOptions['mode'];
  readonly failure: SpendCapOptions['failure'];
}

const OPTIONS = [
  'name',
  'account',
  'limitUsd',
  'window',
  'timeZone',
  'match',
  'per',
  'reserve',
  'maxOutputTokens',
  'clamp',
  'thresholds',
  'overrides',
  'mode',
  'failure',
];
const OVERRIDE_OPTIONS = ['match', 'limitUsd', 'until', 'reason'];
/** Whole USD that still fit a number as nano-USD. */
const MAX_LIMIT_USD = 9_007_199;

/** @throws GatewayError `invalid_option` that names the option and what came */
export function readSpendCap(options: SpendCapOptions, option = 'spendCap'): ReadSpendCap {
  if (!isRecord(options)) throw optionError(option, 'an object of options', options);
  checkKeys(option, OPTIONS, options);
  const { account, per, reserve = 'estimate', maxOutputTokens, clamp = false, mode, failure, match = {} } = options;
  for (const label of ['name', 'account'] as const) {
    const given: unknown = options[label];
    if (given !== undefined && (typeof given !== 'string' || given === ''))
      throw optionError(`${option}: ${label}`, 'a text', given);
  }
  const window = readWindow(`${option}: window`, options.window);
  const { timeZone } = options;
  if (timeZone !== undefined) checkTimeZone(`${option}: timeZone`, timeZone);
  checkMatch(`${option}: match`, match);
  if (per !== undefined) checkPer(`${option}: per`, per);
  checkChoice(`${option}: reserve`, ['estimate', 'strict'], reserve);
  if (maxOutputTokens !== undefined && (!Number.isSafeInteger(maxOutputTokens) || maxOutputTokens < 1))
    throw optionError(`${option}: maxOutputTokens`, 'a whole number of at least 1', maxOutputTokens);
  if (typeof clamp !== 'boolean') throw optionError(`${option}: clamp`, 'true or false', clamp);
  if (mode !== undefined) checkChoice(`${option}: mode`, ['enforce', 'monitor'], mode);
  if (failure !== undefined) checkChoice(`${option}: failure`, ['open', 'closed'], failure);
  const { name = `spend cap: ${windowName(window)}${per === undefined ? '' : ` per ${per}`}` } = options;
  return {
    name,
    account: account ?? name,
    limit: readLimit(`${option}: limitUsd`, options.limitUsd),
    window,
    timeZone: timeZone ?? 'UTC',
    match,
    per,
    strict: reserve === 'strict',
    maxOutputTokens,
    clamp,
    thresholds: readThresholds(`${option}: thresholds`, options.thresholds),
    overrides: readOverrides(`${option}: overrides`, options.overrides),
    mode,
    failure,
  };
}

/** Where a cap's account stands in time. */
export interface CapWindow {
  /** Of the account that calls are booked on. */
  readonly label: string;
  /** Of a rolling window: those of earlier accounts that still count, newest first. */
  readonly counting?: readonly string[] | undefined;
  /** Calls are booked on it from here... */
  readonly start: number;
  /** ...until here. */
  readonly end: number;
  /** First instant whose calls count. */
  readonly countsFrom: number;
  /** First instant at which the account counts no more; `undefined` for a lifetime. */
  readonly resetsAt: number | undefined;
  /** When money first counts no more, where that is not `resetsAt`: of a rolling window something leaves before. */
  readonly freesAt?: number | undefined;
}

export function capWindow({ window, timeZone }: Pick<ReadSpendCap, 'window' | 'timeZone'>, at: number): CapWindow {
  if (typeof window === 'string') {
    const { label, start, resetsAt } = spendWindow(window, at, timeZone);
    return { label, start, end: resetsAt ?? Infinity, countsFrom: start, resetsAt };
  }
  const { label, counting, start, end, leavesAt } = rollingBucket(window, at);
  return { label, counting, start, end, countsFrom: start - window.lengthMs, resetsAt: leavesAt, freesAt: end };
}

/** The override that a caller has at an instant. */
export function overrideFor({ overrides }: ReadSpendCap, identity: Identity, at: number): ReadOverride | undefined {
  return overrides.find(({ match, until }) => at < until && matchesIdentity(match, identity));
}

/** `daily`, `rolling 24h`. */
export function windowName(window: SpendWindowKind | RollingWindow): string {
  return typeof window === 'string' ? window : `rolling ${window.name}`;
}

function readWindow(option: string, window: unknown): SpendWindowKind | RollingWindow {
  if (isRecord(window) && Object.keys(window).length === 1 && 'rolling' in window)
    return parseRolling(`${option}.rolling`, window.rolling);
  if (typeof window === 'string' && (SPEND_WINDOWS as readonly string[]).includes(window))
    return window as SpendWindowKind;
  throw optionError(option, `one of ${SPEND_WINDOWS.join(', ')} or { rolling: '24h' }`, window);
}

/** Whole nano-USD, without a detour through fractions. */
function readLimit(option: string, limitUsd: unknown): number {
  const text = typeof limitUsd === 'number' ? decimalOf(limitUsd) : limitUsd;
  const nanoUsd = typeof text === 'string' ? parseDecimal(text, 9) : undefined;
  if (nanoUsd !== undefined && nanoUsd <= BigInt(MAX_LIMIT_USD) * 1_000_000_000n) return Number(nanoUsd);
  throw optionError(option, `USD from 0 to ${MAX_LIMIT_USD} with at most 9 decimal places`, limitUsd);
}

function readThresholds(option: string, thresholds: unknown = []): readonly number[] {
  const shares = (value: unknown): boolean => typeof value === 'number' && value > 0 && value <= 1;
  if (Array.isArray(thresholds) && thresholds.every(shares)) return thresholds as number[];
  throw optionError(option, 'a list of shares above 0 and up to 1, like [0.5, 0.8]', thresholds);
}

function readOverrides(list: string, overrides: unknown = []): readonly ReadOverride[] {
  if (!Array.isArray(overrides)) throw optionError(list, 'a list', overrides);
  return (overrides as unknown[]).map((entry, index) => {
    const option = `${list}[${index}]`;
    if (!isRecord(entry)) throw optionError(option, '{ match, limitUsd, until, reason }', entry);
    checkKeys(option, OVERRIDE_OPTIONS, entry);
    const { match = {}, reason } = entry;
    checkMatch(`${option}.match`, match);
    if (typeof reason !== 'string' || reason === '') throw optionError(`${option}.reason`, 'a text', reason);
    const limit = readLimit(`${option}.limitUsd`, entry.limitUsd);
    return { match: match as SpendCapMatch, limit, until: readInstant(`${option}.until`, entry.until), reason };
  });
}

/** An instant without a zone would be another one on another machine. */
function readInstant(option: string, value: unknown): number {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:?\d\d)$/.test(value))
    return finite(Date.parse(value));
  if (typeof value === 'number') return finite(value);
  return finite(value instanceof Date ? value.getTime() : Number.NaN);

  function finite(at: number): number {
    if (Number.isFinite(at)) return at;
    throw optionError(option, "a Date, ms since the epoch, or '2026-12-01T00:00:00Z'", value);
  }
}

function checkChoice(option: string, choices: readonly string[], value: unknown): void {
  if (typeof value !== 'string' || !choices.includes(value))
    throw optionError(option, `one of ${choices.join(', ')}`, value);
}

function checkKeys(option: string, known: readonly string[], value: object): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw optionError(option, `given ${known.join(', ')}`, unknown);
}
