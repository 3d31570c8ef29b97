/** How the accounts of caps stand: how much of each is used, held and left. Knows no store and no policy. */
import type { Identity } from '../core/exchange.ts';
import type { AccountState, LedgerStore } from '../core/ledger.ts';
import { accountName, UNATTRIBUTED } from './accounts.ts';
import { capWindow, overrideFor, type ReadSpendCap, readSpendCap, type SpendCapOptions, windowName } from './cap.ts';

export interface SpendReportOptions {
  readonly ledger: Pick<LedgerStore, 'query' | 'read'>;
  /** What `spendCap` was given, as it stands. Of overrides those show that go by the cap's own dimension. */
  readonly caps: readonly SpendCapOptions[];
  /** An instant in the windows, ms since the epoch. Default: now. */
  readonly at?: number | undefined;
}

/** Amounts in whole nano-USD. */
export interface AccountRow {
  readonly cap: string;
  /** `ada`; `all` for a cap without subject. */
  readonly subject: string;
  /** Label of the window: `2026-11-21`; `rolling 24h` of one that rolls. */
  readonly window: string;
  /** Ms since the epoch; `undefined` where nothing resets: a lifetime, a rolling window. */
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

/**
 * Subjects are those that spent something in the window, and the shared account of calls without one.
 *
 * @throws GatewayError `invalid_option` that names what is wrong with a cap
 */
export async function spendReport({ ledger, caps, at = Date.now() }: SpendReportOptions): Promise<SpendReport> {
  const read = caps.map((cap, index) => readSpendCap(cap, `caps[${index}]`));
  const accounts: AccountRow[] = [];
  for (const cap of read) accounts.push(...(await accountsOf(ledger, cap, at)));
  return { accounts };
}

async function accountsOf(ledger: SpendReportOptions['ledger'], cap: ReadSpendCap, at: number): Promise<AccountRow[]> {
  const { name, per } = cap;
  const { label, counting = [], countsFrom, end, resetsAt } = capWindow(cap, at);
  const rolling = typeof cap.window !== 'string';
  const subjects = per === undefined ? ['all'] : await subjectsOf(ledger, per, countsFrom, end);
  const named = subjects.map((subject) => ({
    subject,
    accounts: [label, ...counting].map((window) =>
      accountName({ cap: cap.account, scope: per ?? 'all', subject, window }),
    ),
  }));
  const states = await readAll(
    ledger,
    named.flatMap(({ accounts }) => accounts),
  );
  const rows = named.map(({ subject, accounts }): AccountRow => {
    const limit = overrideFor(cap, identityOf(per, subject), at)?.limit ?? cap.limit;
    const used = sum(accounts.map((account) => states.get(account)?.posted ?? 0));
    const held = sum(accounts.map((account) => states.get(account)?.held ?? 0));
    const left = Math.max(0, limit - used - held);
    return {
      ...{ cap: name, subject, window: rolling ? windowName(cap.window) : label },
      resetsAt: rolling ? undefined : resetsAt,
      ...{ limit, used, held, left },
    };
  });
  return rows.filter(({ used, held }) => per === undefined || used + held > 0).sort(fullest);
}

/** Who calls on the account of a subject, as far as the cap's own dimension tells. */
export function identityOf(per: ReadSpendCap['per'], subject: string): Identity {
  if (per === undefined) return {};
  return per.startsWith('tag:') ? { tags: { [per.slice(4)]: subject } } : { [per]: subject };
}

async function subjectsOf(
  ledger: SpendReportOptions['ledger'],
  per: NonNullable<ReadSpendCap['per']>,
  from: number,
  to: number,
): Promise<string[]> {
  const rows = await ledger.query({ by: [per], from, to: Math.min(to, Number.MAX_SAFE_INTEGER) });
  const values = rows
    .map(({ group }) => group[per])
    .filter((value) => value !== null && value !== undefined && value !== '');
  return [...new Set([...(values as string[]).slice(0, MAX_SUBJECTS), UNATTRIBUTED])];
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
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
