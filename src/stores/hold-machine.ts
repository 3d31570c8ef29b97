/**
 * The rules of a hold, over books that keep accounts and holds: opened, extended, then settled, released or expired, each
 * exactly once. Memory and SQLite run this; the Lua script and the SQL function say the same in their languages. Knows no
 * clock and no storage; every step is one uninterrupted change of the books.
 */
import type {
  AccountState,
  ExtendResult,
  LeaseReport,
  LedgerLine,
  Reservation,
  ReserveResult,
} from '../core/ledger.ts';
import { addSafely } from './safe-sum.ts';

export interface Account {
  readonly name: string;
  posted: number;
  held: number;
  /** The part of `posted` that expired holds were charged. */
  unreconciled: number;
}

export interface HeldLine {
  readonly account: string;
  readonly limit: number;
  readonly enforce: boolean;
  readonly counting?: readonly string[] | undefined;
  amount: number;
}

export type HoldState = 'open' | 'refused' | 'expired' | 'ended';

/** One reservation for as long as it is remembered. A refused one has no lines. */
export interface HoldRecord {
  readonly id: string;
  /** How `reserve` was answered, for whoever asks again. */
  readonly result: ReserveResult;
  readonly lines: readonly HeldLine[];
  state: HoldState;
  /** Really spent: reported of a lease, or settled. */
  used: number;
  /** Of the last report of a lease. */
  version: number;
  expiresAt: number;
}

/** Where accounts and holds are kept. What is given out may be changed and is then saved. */
export interface Books {
  account(name: string): Account | undefined;
  /** Makes an account for a line that is about to hold. */
  openAccount(line: LedgerLine): Account;
  saveAccount(account: Account): void;
  hold(id: string): HoldRecord | undefined;
  /** Called once for each new hold and after each change; `was` is its state before, `undefined` for a new one. */
  saveHold(hold: HoldRecord, was: HoldState | undefined): void;
}

const NONE: readonly AccountState[] = [];
const NO_LINES: readonly HeldLine[] = [];
const NOTHING_OVER: ReserveResult = { ok: true, over: NONE };

export function reserve(books: Books, { id, lines, expiresAt }: Reservation): ReserveResult {
  const known = books.hold(id);
  if (known) return known.result;
  let over = NONE;
  let ok = true;
  for (const line of lines) {
    const state = standing(books, line);
    if (asked(lines, line.account) <= line.limit - state.posted - state.held) continue;
    over = [...over, state];
    if (line.enforce) ok = false;
  }
  const result = over.length === 0 ? NOTHING_OVER : { ok, over };
  const held = ok ? lines.map((line) => hold(books, line)) : NO_LINES;
  books.saveHold(record(id, result, held, ok ? 'open' : 'refused', expiresAt), undefined);
  return result;
}

/** Raises (or, for a lease, sets) what each line holds. A hold that has ended keeps its end; a late report corrects an expired one. */
export function extend(
  books: Books,
  id: string,
  total: number,
  expiresAt: number,
  lease: LeaseReport | undefined,
): ExtendResult {
  const hold = books.hold(id);
  if (!hold) return { ok: false, over: NONE, state: 'unknown', accounts: NONE };
  if (hold.state === 'ended' || hold.state === 'refused')
    return { ok: false, over: NONE, state: 'ended', accounts: NONE };
  if (lease && lease.version < hold.version) return extended(books, hold, total, NONE);
  let over = NONE;
  if (hold.state === 'open') {
    over = overAt(books, hold, total);
    const fits = !over.some(({ account }) => hold.lines.some((line) => line.account === account && line.enforce));
    rebook(books, hold, () => {
      if (fits)
        for (const line of hold.lines) if (lease || total > line.amount) line.amount = holdable(books, line, total);
      if (lease) report(hold, lease);
      hold.expiresAt = lease ? expiresAt : Math.max(expiresAt, hold.expiresAt);
    });
  } else if (lease) {
    rebook(books, hold, () => report(hold, lease));
  }
  return extended(books, hold, total, over);
}

/** What calls spent and hold out of a lease is owed, whether it fits or not. */
function report(hold: HoldRecord, { used, held, version }: LeaseReport): void {
  hold.used = used;
  hold.version = version;
  for (const line of hold.lines) line.amount = Math.max(line.amount, addSafely(used, held));
}

/** Ends a hold with what it really cost. False when it had ended before, so that nothing is booked twice. */
export function settle(books: Books, id: string, nanoUsd: number): boolean {
  return end(books, id, nanoUsd);
}

/** Ends a hold with what was used out of it, which is nothing unless it is a lease. */
export function release(books: Books, id: string): boolean {
  return end(books, id, undefined);
}

/** Charges an open hold in full: the call, or the holder of the lease, may well have spent it. */
export function expire(books: Books, hold: HoldRecord): void {
  rebook(books, hold, () => {
    hold.state = 'expired';
  });
}

function end(books: Books, id: string, used: number | undefined): boolean {
  const hold = books.hold(id);
  if (!hold) {
    books.saveHold(record(id, NOTHING_OVER, NO_LINES, 'ended', 0), undefined);
    return true;
  }
  if (hold.state === 'ended') return false;
  rebook(books, hold, () => {
    hold.state = 'ended';
    hold.used = used ?? hold.used;
  });
  return true;
}

/** How a line's limit is used: its own account and those that count against it. */
function standing(books: Books, { account: name, counting }: Pick<LedgerLine, 'account' | 'counting'>): AccountState {
  const account = books.account(name);
  let posted = account?.posted ?? 0;
  let held = account?.held ?? 0;
  for (const other of counting ?? []) {
    const counted = books.account(other);
    posted = addSafely(posted, counted?.posted ?? 0);
    held = addSafely(held, counted?.held ?? 0);
  }
  return { account: name, posted, held };
}

function asked(lines: readonly LedgerLine[], account: string): number {
  let sum = 0;
  for (const line of lines) if (line.account === account) sum = addSafely(sum, line.amount);
  return sum;
}

function hold(books: Books, line: LedgerLine): HeldLine {
  const account = books.account(line.account) ?? books.openAccount(line);
  const { limit, enforce, counting } = line;
  const amount = holdable(books, line, line.amount);
  account.held += amount;
  books.saveAccount(account);
  return counting?.length
    ? { account: line.account, limit, enforce, amount, counting }
    : { account: line.account, limit, enforce, amount };
}

/** Only a line that does not enforce can run out of numbers; it then holds what is left of them. */
function holdable(books: Books, { account }: Pick<LedgerLine, 'account'>, amount: number): number {
  return Math.min(amount, Number.MAX_SAFE_INTEGER - (books.account(account)?.held ?? 0));
}

function record(
  id: string,
  result: ReserveResult,
  lines: readonly HeldLine[],
  state: HoldState,
  expiresAt: number,
): HoldRecord {
  return { id, result, lines, state, used: 0, version: 0, expiresAt };
}

/** The accounts whose limit a raised hold does not fit under, as they stand. */
function overAt(books: Books, { lines, used }: HoldRecord, total: number): readonly AccountState[] {
  let over = NONE;
  for (const line of lines) {
    if (total <= line.amount) continue;
    const state = standing(books, line);
    let growth = 0;
    for (const { account, amount } of lines) {
      if (account === line.account) growth = addSafely(growth, Math.max(total, used) - Math.max(amount, used));
    }
    if (growth > line.limit - state.posted - state.held) over = [...over, state];
  }
  return over;
}

/** Takes out what the hold stands for, changes it, and puts in what it stands for then. */
function rebook(books: Books, hold: HoldRecord, change: () => void): void {
  const was = hold.state;
  for (const line of hold.lines) book(books, line, hold, -1);
  change();
  for (const line of hold.lines) book(books, line, hold, 1);
  books.saveHold(hold, was);
}

/**
 * What a line stands for. Open: what was used is posted and the rest held; expired: all of it is posted, the rest as
 * unreconciled; ended: what was used is posted. More may be used than was held: the bill is real.
 */
function book(books: Books, line: HeldLine, { state, used }: HoldRecord, sign: 1 | -1): void {
  const account = books.account(line.account);
  // An account that was forgotten with its window: nobody asks about it any more.
  if (!account) return;
  const rest = Math.max(0, line.amount - used);
  const posted = state === 'expired' ? used + rest : used;
  account.posted = sign === 1 ? addSafely(account.posted, posted) : Math.max(0, account.posted - posted);
  if (state === 'open') account.held += sign * rest;
  if (state === 'expired') account.unreconciled += sign * rest;
  books.saveAccount(account);
}

function extended(books: Books, hold: HoldRecord, total: number, over: readonly AccountState[]): ExtendResult {
  const ok = hold.state === 'open' && hold.lines.every(({ amount, enforce }) => amount >= total || !enforce);
  const accounts = hold.lines.map((line) => standing(books, line));
  return { ok, over, state: hold.state === 'open' ? 'open' : 'ended', accounts };
}
