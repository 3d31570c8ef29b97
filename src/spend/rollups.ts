/** What was spent, by any dimensions, in one window of a ledger. Knows no store and no policy. */
import type { LedgerStore, RollupDimension } from '../core/ledger.ts';
import { optionError } from '../errors.ts';
import { nanoUsdToUsd } from './money.ts';
import { checkTimeZone, SPEND_WINDOWS, type SpendWindowKind, spendWindow } from './windows.ts';

export interface RollupQuery {
  /** One row for each combination of their values. Empty: one row for everything. */
  readonly by: readonly RollupDimension[];
  readonly window: SpendWindowKind;
  /** An instant in the window, ms since the epoch. Default: `now`. */
  readonly at?: number | undefined;
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
  readonly window: SpendWindowKind;
  readonly label: string;
  readonly start: number;
  /** `undefined` for a lifetime. */
  readonly end: number | undefined;
  /** Dearest first. */
  readonly rows: readonly SpendRow[];
}

const DIMENSIONS: readonly string[] = ['organization', 'workspace', 'user', 'apiKey', 'session', 'provider', 'model'];

/** Settled spend of the window that holds `at`. Calls count in the window they started in. */
export async function rollup(
  ledger: Pick<LedgerStore, 'query'>,
  query: RollupQuery,
  now = Date.now(),
): Promise<Rollup> {
  const { by, window, at = now, timeZone = 'UTC' } = checked(query);
  const { label, start, resetsAt } = spendWindow(window, at, timeZone);
  const rows = await ledger.query({ by, from: start, to: resetsAt ?? Number.MAX_SAFE_INTEGER });
  const spend = rows.map(({ group, nanoUsd, calls, inputTokens, outputTokens }) => ({
    ...group,
    costUsd: nanoUsdToUsd(nanoUsd),
    costNanoUsd: nanoUsd,
    calls,
    inputTokens,
    outputTokens,
  }));
  return { window, label, start, end: resetsAt, rows: spend };
}

function checked(query: RollupQuery): RollupQuery {
  const { by, window, at, timeZone } = query;
  if (!Array.isArray(by)) throw optionError('rollup: by', 'an array of dimensions', by);
  const unknown = by.find((dimension: unknown) => !isRollupDimension(dimension));
  if (unknown !== undefined) throw optionError('rollup: by', `made of ${DIMENSIONS.join(', ')} or tag:<name>`, unknown);
  if (!SPEND_WINDOWS.includes(window))
    throw optionError('rollup: window', `one of ${SPEND_WINDOWS.join(', ')}`, window);
  if (at !== undefined && !Number.isFinite(at)) throw optionError('rollup: at', 'milliseconds since the epoch', at);
  if (timeZone !== undefined) checkTimeZone('rollup: timeZone', timeZone);
  return query;
}

function isRollupDimension(value: unknown): value is RollupDimension {
  return typeof value === 'string' && (DIMENSIONS.includes(value) || /^tag:./.test(value));
}
