/**
 * The ledger of one process: the state machine of holds over maps, so every call is atomic. Knows nothing of policies,
 * prices or windows; an account is a name with a limit.
 */
import type {
  AccountState,
  ExtendResult,
  LeaseReport,
  LedgerLine,
  LedgerStore,
  Reservation,
  ReserveResult,
  RollupDimension,
  RollupRow,
  SpendDimensions,
} from '../core/ledger.ts';
import { optionError } from '../errors.ts';
import { type Deadlined, Deadlines } from './deadlines.ts';
import {
  type Account,
  type Books,
  expire,
  extend,
  type HoldRecord,
  type HoldState,
  release,
  reserve,
  settle,
} from './hold-machine.ts';
import { Queue } from './queue.ts';
import { RollupRows } from './rollup-rows.ts';
import { checkAmount, checkReport, checkReservation } from './safe-sum.ts';

export interface MemoryLedgerOptions {
  /** The clock, ms since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Rows kept for rollups; past it the oldest lose sessions and tags, then all detail, never money. Default 50,000. */
  readonly maxRollupRows?: number | undefined;
  /** Ended calls remembered so that a repeated message changes nothing, for an hour and at most this many. Default 100,000. */
  readonly maxEndedCalls?: number | undefined;
}

/** How a memory ledger answers: at once. */
export interface MemoryLedger extends LedgerStore {
  reserve(reservation: Reservation): ReserveResult;
  extend(id: string, total: number, expiresAt: number, lease?: LeaseReport): ExtendResult;
  settle(id: string, amount: number, dimensions: SpendDimensions | undefined): void;
  release(id: string): void;
  read(accounts: readonly string[]): readonly AccountState[];
  query(query: { by: readonly RollupDimension[]; from: number; to: number }): readonly RollupRow[];
}

interface KeptAccount extends Account, Deadlined {}

interface KeptHold extends HoldRecord, Deadlined {
  /** When it last changed into a state that does not hold. */
  endedAt: number;
}

interface Ending {
  readonly hold: KeptHold;
  readonly at: number;
}

const HOUR = 3_600_000;
const REMEMBER_ENDED_MS = HOUR;
/** Accounts outlive their window by this, for calls that settle late and for reports. */
const REMEMBER_ACCOUNT_MS = HOUR;
/** Things that fell due and are dealt with in one call, so that none takes long. Sums do not depend on it. */
const MAX_DUE_A_CALL = 64;

/** Keeps everything in memory: exact within one process, gone with it. */
export function memoryLedger(options: MemoryLedgerOptions = {}): MemoryLedger {
  const { now = Date.now, maxRollupRows = 50_000, maxEndedCalls = 100_000 } = options;
  if (typeof now !== 'function') throw optionError('memoryLedger: now', 'a function', now);
  checkCount('memoryLedger: maxRollupRows', maxRollupRows);
  checkCount('memoryLedger: maxEndedCalls', maxEndedCalls);
  return new Ledger(now, maxRollupRows, maxEndedCalls);
}

function checkCount(option: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw optionError(option, 'a whole number of at least 1', value);
}

class Ledger implements MemoryLedger {
  readonly #now: () => number;
  readonly #books: MemoryBooks;
  readonly #rollups: RollupRows;

  constructor(now: () => number, maxRollupRows: number, maxEnded: number) {
    this.#now = now;
    this.#books = new MemoryBooks(now, maxEnded);
    this.#rollups = new RollupRows(maxRollupRows);
  }

  reserve(reservation: Reservation): ReserveResult {
    checkReservation(reservation);
    this.#tidy();
    return reserve(this.#books, reservation);
  }

  extend(id: string, total: number, expiresAt: number, lease?: LeaseReport): ExtendResult {
    checkAmount('A total', total);
    if (lease) checkReport(lease);
    this.#tidy();
    return extend(this.#books, id, total, expiresAt, lease);
  }

  settle(id: string, amount: number, dimensions: SpendDimensions | undefined): void {
    checkAmount('A settled amount', amount);
    this.#tidy();
    if (settle(this.#books, id, amount) && dimensions) this.#rollups.add(amount, dimensions);
  }

  release(id: string): void {
    this.#tidy();
    release(this.#books, id);
  }

  read(accounts: readonly string[]): readonly AccountState[] {
    this.#tidy();
    return accounts.map((account) => {
      const { posted, held, unreconciled } = this.#books.account(account) ?? NOTHING;
      return unreconciled > 0 ? { account, posted, held, unreconciled } : { account, posted, held };
    });
  }

  query(query: { by: readonly RollupDimension[]; from: number; to: number }): readonly RollupRow[] {
    return this.#rollups.query(query);
  }

  /** What fell due since the last call. Expiry moves money from held to posted, so no decision waits for it. */
  #tidy(): void {
    const now = this.#now();
    for (let count = 0; count < MAX_DUE_A_CALL && this.#books.expireOne(now); count++);
    for (let count = 0; count < MAX_DUE_A_CALL && this.#books.forgetAccount(now); count++);
    for (let count = 0; count < MAX_DUE_A_CALL && this.#books.forgetEnded(now); count++);
  }
}

const NOTHING = { posted: 0, held: 0, unreconciled: 0 } as const;

class MemoryBooks implements Books {
  readonly #now: () => number;
  readonly #maxEnded: number;
  readonly #accounts = new Map<string, KeptAccount>();
  readonly #holds = new Map<string, KeptHold>();
  /** In the order in which they ended, some of them since ended again. A map is slow to give its oldest entry after many deletions. */
  readonly #endings = new Queue<Ending>();
  readonly #expiries = new Deadlines<KeptHold>();
  readonly #windows = new Deadlines<KeptAccount>();

  constructor(now: () => number, maxEnded: number) {
    this.#now = now;
    this.#maxEnded = maxEnded;
  }

  account(name: string): KeptAccount | undefined {
    return this.#accounts.get(name);
  }

  openAccount({ account: name, resetsAt, lingerMs = REMEMBER_ACCOUNT_MS }: LedgerLine): KeptAccount {
    const due = (resetsAt ?? Infinity) + lingerMs;
    const account = { name, posted: 0, held: 0, unreconciled: 0, due, place: -1 };
    this.#accounts.set(name, account);
    if (resetsAt !== undefined) this.#windows.add(account);
    return account;
  }

  saveAccount(): void {
    // What was given out is what is kept.
  }

  hold(id: string): HoldRecord | undefined {
    return this.#holds.get(id);
  }

  saveHold(hold: HoldRecord, was: HoldState | undefined): void {
    const kept: KeptHold =
      was === undefined ? Object.assign(hold, { due: 0, place: -1, endedAt: 0 }) : (hold as KeptHold);
    if (was === undefined) this.#holds.set(hold.id, kept);
    if (was === 'open' && (hold.state !== 'open' || kept.due !== hold.expiresAt)) this.#expiries.remove(kept);
    if (hold.state === 'open') this.#await(kept);
    else if (hold.state !== was) this.#end(kept);
  }

  #await(hold: KeptHold): void {
    if (hold.place >= 0) return;
    this.#expiries.add(Object.assign(hold, { due: hold.expiresAt }));
  }

  #end(hold: KeptHold): void {
    hold.endedAt = this.#now();
    this.#endings.push({ hold, at: hold.endedAt });
  }

  expireOne(now: number): boolean {
    const hold = this.#expiries.take(now);
    if (hold) expire(this, hold);
    return hold !== undefined;
  }

  forgetAccount(now: number): boolean {
    const account = this.#windows.take(now);
    if (!account) return false;
    if (account.held === 0) this.#accounts.delete(account.name);
    else this.#windows.add(Object.assign(account, { due: now + REMEMBER_ACCOUNT_MS }));
    return true;
  }

  forgetEnded(now: number): boolean {
    const oldest = this.#endings.first;
    if (!oldest || (this.#endings.size <= this.#maxEnded && oldest.at + REMEMBER_ENDED_MS > now)) return false;
    this.#endings.shift();
    const { hold, at } = oldest;
    if (hold.endedAt === at && this.#holds.get(hold.id) === hold) this.#holds.delete(hold.id);
    return true;
  }
}
