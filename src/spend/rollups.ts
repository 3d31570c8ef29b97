/** What was spent, by any dimensions, in the windows of a ledger. Knows no store and no policy. */
import type { LedgerStore, RollupDimension, RollupRow } from '../core/ledger.ts';
import { optionError } from '../errors.ts';
import { nanoUsdToUsd } from './money.ts';
import { checkTimeZone, SPEND_WINDOWS, type SpendWindow, type SpendWindowKind, spendWindow } from './windows.ts';

export interface RollupQuery {
  /** One row for each combination of their values. Empty: one row for everything. */
  readonly by: readonly RollupDimension[];
  readonly window: SpendWindowKind;
  /** An instant in the window, ms since the epoch. Default: `now`. */
  readonly at?: number | undefined;
  /** An instant in the first of several windows, the last of which holds `at`: each row then says its `window`. At most 400. */
  readonly from?: number | undefined;
  /** IANA zone of the window. Default `UTC`. */
  readonly timeZone?: string | undefined;
}

export interface SpendRow {
  /** One value for each dimension asked for, `null` where calls had none. */
  readonly [dimension: string]: string | number | null;
  /** Exact decimal. */
  readonly costUsd: string;
  readonly costNanoUsd: number;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Rollup {
  readonly by: readonly RollupDimension[];
  readonly window: SpendWindowKind;
  /** Of the last window. */
  readonly label: string;
  /** Of the first window. */
  readonly start: number;
  /** Of the last window; `undefined` for a lifetime. */
  readonly end: number | undefined;
  /** By window, then dearest first. */
  readonly rows: readonly SpendRow[];
}

const DIMENSIONS: readonly string[] = ['organization', 'workspace', 'user', 'apiKey', 'session', 'provider', 'model'];
const MAX_WINDOWS = 400;

/** Settled spend of the window that holds `at`, or of each since `from`. Calls count in the window they started in. */
export async function rollup(
  ledger: Pick<LedgerStore, 'query'>,
  query: RollupQuery,
  now = Date.now(),
): Promise<Rollup> {
  const { by, window, from, at = now, timeZone = 'UTC' } = checked(query);
  const windows = windowsBetween(window, from ?? at, at, timeZone);
  const rows: SpendRow[] = [];
  for (const { label, start, resetsAt } of windows) {
    const found = await ledger.query({ by, from: start, to: resetsAt ?? Number.MAX_SAFE_INTEGER });
    rows.push(...found.map((row) => spendRow(row, from === undefined ? {} : { window: label })));
  }
  const { label, resetsAt } = windows.at(-1)!;
  return { by, window, label, start: windows[0]!.start, end: resetsAt, rows };
}

function spendRow(
  { group, nanoUsd, calls, inputTokens, outputTokens }: RollupRow,
  more: { window?: string },
): SpendRow {
  return { ...more, ...group, costUsd: nanoUsdToUsd(nanoUsd), costNanoUsd: nanoUsd, calls, inputTokens, outputTokens };
}

function windowsBetween(kind: SpendWindowKind, from: number, at: number, timeZone: string): SpendWindow[] {
  const windows = [spendWindow(kind, from, timeZone)];
  for (let last = windows[0]!; last.resetsAt !== undefined && last.resetsAt <= at; windows.push(last)) {
    if (windows.length >= MAX_WINDOWS)
      throw optionError('rollup: from', `at most ${MAX_WINDOWS} windows before the last`, new Date(from).toISOString());
    last = spendWindow(kind, last.resetsAt, timeZone);
  }
  return windows;
}

function checked(query: RollupQuery): RollupQuery {
  const { by, window, at, from, timeZone } = query;
  if (!Array.isArray(by)) throw optionError('rollup: by', 'an array of dimensions', by);
  const unknown = by.find((dimension: unknown) => !isRollupDimension(dimension));
  if (unknown !== undefined) throw optionError('rollup: by', `made of ${DIMENSIONS.join(', ')} or tag:<name>`, unknown);
  if (!SPEND_WINDOWS.includes(window))
    throw optionError('rollup: window', `one of ${SPEND_WINDOWS.join(', ')}`, window);
  for (const [name, instant] of Object.entries({ at, from })) {
    if (instant !== undefined && !Number.isFinite(instant))
      throw optionError(`rollup: ${name}`, 'milliseconds since the epoch', instant);
  }
  if (timeZone !== undefined) checkTimeZone('rollup: timeZone', timeZone);
  return query;
}

function isRollupDimension(value: unknown): value is RollupDimension {
  return typeof value === 'string' && (DIMENSIONS.includes(value) || /^tag:./.test(value));
}
