/** How the accounts of caps stand: how much of each is used, held and left. Knows no store and no policy. */
import type { AccountState, LedgerStore, RollupDimension } from '../core/ledger.ts';
import { optionError } from '../errors.ts';
import { accountName, UNATTRIBUTED } from './accounts.ts';
import { decimalOf, parseDecimal } from './money.ts';
import { checkTimeZone, SPEND_WINDOWS, type SpendWindowKind, spendWindow } from './windows.ts';

/** The facts of a cap that its accounts go by: those of `spendCap`, as they stand. */
export interface ReportedCap {
  readonly name?: string | undefined;
  readonly limitUsd: number | string;
  readonly window: SpendWindowKind;
  readonly per?: RollupDimension | undefined;
  readonly timeZone?: string | undefined;
}

export interface SpendReportOptions {
  readonly ledger: Pick<LedgerStore, 'query' | 'read'>;
  readonly caps: readonly ReportedCap[];
  /** An instant in the windows, ms since the epoch. Default: now. */
  readonly at?: number | undefined;
}

/** Amounts in whole nano-USD. */
export interface AccountRow {
  readonly cap: string;
  /** `ada`; `all` for a cap without subject. */
  readonly subject: string;
  /** Label of the window. */
  readonly window: string;
  /** Ms since the epoch; `undefined` for a lifetime. */
  readonly resetsAt: number | undefined;
  readonly limit: number;
  /** Settled. */
  readonly used: number;
  /** Held by calls in flight. */
  readonly held: number;
  /** What may still be held: never negative. */
  readonly left: number;
}

export interface SpendReport {
  /** Cap by cap; within one the fullest first. */
  readonly accounts: readonly AccountRow[];
}

/** Subjects of one cap; past it the cheaper ones are left out. */
const MAX_SUBJECTS = 10_000;
const READ_AT_ONCE = 500;

/** Subjects are those that spent something in the window, and the shared account of calls without one. */
export async function spendReport({ ledger, caps, at = Date.now() }: SpendReportOptions): Promise<SpendReport> {
  const accounts: AccountRow[] = [];
  for (const [index, cap] of caps.entries()) accounts.push(...(await accountsOf(ledger, checkedCap(cap, index), at)));
  return { accounts };
}

async function accountsOf(ledger: SpendReportOptions['ledger'], cap: ReportedCap, at: number): Promise<AccountRow[]> {
  const { window: kind, per, timeZone } = cap;
  const name = cap.name ?? capName(kind, per);
  const window = spendWindow(kind, at, timeZone);
  const subjects = per === undefined ? ['all'] : await subjectsOf(ledger, per, window.start, window.resetsAt);
  const named = subjects.map((subject) => ({
    subject,
    account: accountName({ cap: name, scope: per ?? 'all', subject, window: window.label }),
  }));
  const states = await readAll(
    ledger,
    named.map(({ account }) => account),
  );
  const limit = limitOf(cap.limitUsd)!;
  const rows = named.map(({ subject, account }): AccountRow => {
    const { posted, held } = states.get(account) ?? { posted: 0, held: 0 };
    const left = Math.max(0, limit - posted - held);
    return { cap: name, subject, window: window.label, resetsAt: window.resetsAt, limit, used: posted, held, left };
  });
  return rows.filter(({ used, held }) => per === undefined || used + held > 0).sort(fullest);
}

/** What a cap is called that was given no name. */
export function capName(window: SpendWindowKind, per: string | undefined): string {
  return `spend cap: ${window}${per === undefined ? '' : ` per ${per}`}`;
}

async function subjectsOf(
  ledger: SpendReportOptions['ledger'],
  per: RollupDimension,
  from: number,
  to = Number.MAX_SAFE_INTEGER,
): Promise<string[]> {
  const rows = await ledger.query({ by: [per], from, to });
  const values = rows
    .map(({ group }) => group[per])
    .filter((value) => value !== null && value !== undefined && value !== '');
  return [...new Set([...(values as string[]).slice(0, MAX_SUBJECTS), UNATTRIBUTED])];
}

async function readAll(
  ledger: SpendReportOptions['ledger'],
  names: readonly string[],
): Promise<Map<string, AccountState>> {
  const states = new Map<string, AccountState>();
  for (let from = 0; from < names.length; from += READ_AT_ONCE) {
    for (const state of await ledger.read(names.slice(from, from + READ_AT_ONCE))) states.set(state.account, state);
  }
  return states;
}

function fullest(a: AccountRow, b: AccountRow): number {
  return a.left / Math.max(1, a.limit) - b.left / Math.max(1, b.limit) || b.used - a.used;
}

function checkedCap(cap: ReportedCap, index: number): ReportedCap {
  const option = `caps[${index}]`;
  if (typeof cap !== 'object' || cap === null) throw optionError(option, 'a cap', cap);
  if (!SPEND_WINDOWS.includes(cap.window))
    throw optionError(`${option}.window`, `one of ${SPEND_WINDOWS.join(', ')}`, cap.window);
  if (limitOf(cap.limitUsd) === undefined) throw optionError(`${option}.limitUsd`, 'USD as a decimal', cap.limitUsd);
  if (cap.timeZone !== undefined) checkTimeZone(`${option}.timeZone`, cap.timeZone);
  return cap;
}

/** Whole nano-USD. */
function limitOf(limitUsd: unknown): number | undefined {
  const text = typeof limitUsd === 'number' ? decimalOf(limitUsd) : limitUsd;
  const nano = typeof text === 'string' ? parseDecimal(text, 9) : undefined;
  return nano === undefined || nano > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(nano);
}
