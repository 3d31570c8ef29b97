/**
 * The ledger of one process: a synchronous state machine over maps, so every call is atomic. Knows nothing of policies,
 * prices or windows; an account is a name with a limit.
 */
import type {
  AccountState,
  LedgerLine,
  LedgerStore,
  Reservation,
  ReserveResult,
  RollupDimension,
  SpendDimensions,
} from '../core/ledger.ts';
import { optionError } from '../errors.ts';
import { type Deadlined, Deadlines } from './deadlines.ts';
import { Queue } from './queue.ts';
import { RollupRows } from './rollup-rows.ts';
import { addSafely, checkAmount } from './safe-sum.ts';

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
  settle(id: string, nanoUsd: number, dimensions: SpendDimensions): void;
  release(id: string): void;
  read(accounts: readonly string[]): readonly AccountState[];
  query(query: { by: readonly RollupDimension[]; from: number; to: number }): ReturnType<RollupRows['query']>;
}

interface Account extends Deadlined {
  readonly name: string;
  posted: number;
  held: number;
}

/** What one line of an open reservation holds. */
interface HeldLine {
  readonly account: Account;
  readonly amount: number;
}

interface Open extends Deadlined {
  readonly id: string;
  readonly lines: readonly HeldLine[];
  readonly result: ReserveResult;
}

/** A call that needs no more holding. `charged`: it expired, and a late settle may still correct what was charged. */
interface Ended {
  readonly id: string;
  readonly at: number;
  readonly result: ReserveResult;
  readonly charged?: readonly HeldLine[] | undefined;
  /** False while a settle would still count: the call was refused, or expired. */
  readonly settled: boolean;
}

const HOUR = 3_600_000;
const REMEMBER_ENDED_MS = HOUR;
/** Accounts outlive their window by this, for calls that settle late and for reports. */
const REMEMBER_ACCOUNT_MS = HOUR;
/** Things that fell due and are dealt with in one call, so that none takes long. Sums do not depend on it. */
const MAX_DUE_A_CALL = 64;
const NOTHING_OVER: ReserveResult = { ok: true, over: [] };

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
  readonly #maxEnded: number;
  readonly #rollups: RollupRows;
  readonly #accounts = new Map<string, Account>();
  readonly #open = new Map<string, Open>();
  readonly #ended = new Map<string, Ended>();
  /** The same in the order in which they ended, some of them since ended again. A map is slow to give its oldest entry after many deletions. */
  readonly #endings = new Queue<Ended>();
  readonly #expiries = new Deadlines<Open>();
  readonly #windows = new Deadlines<Account>();

  constructor(now: () => number, maxRollupRows: number, maxEnded: number) {
    this.#now = now;
    this.#maxEnded = maxEnded;
    this.#rollups = new RollupRows(maxRollupRows);
  }

  reserve({ id, lines, expiresAt }: Reservation): ReserveResult {
    this.#tidy();
    const known = this.#open.get(id) ?? this.#ended.get(id);
    if (known) return known.result;
    for (const { amount, limit } of lines) {
      checkAmount('An amount', amount);
      checkAmount('A limit', limit);
    }
    const standing = lines.map((line) => this.#standing(line, lines));
    const over = standing.flatMap(({ state, fits }) => (fits ? [] : [state]));
    const ok = lines.every((line, index) => standing[index]!.fits || !line.enforce);
    const result = { ok, over };
    if (ok) this.#hold(id, lines, expiresAt, result);
    else this.#end(id, { result, settled: false });
    return result;
  }

  /** How the line's account stands, and whether all lines on it fit together. */
  #standing(
    { account: name, limit }: LedgerLine,
    lines: readonly LedgerLine[],
  ): { state: AccountState; fits: boolean } {
    const { posted, held } = this.#accounts.get(name) ?? { posted: 0, held: 0 };
    const asked = lines.reduce((sum, line) => (line.account === name ? addSafely(sum, line.amount) : sum), 0);
    return { state: { account: name, posted, held }, fits: asked <= limit - posted - held };
  }

  #hold(id: string, lines: readonly LedgerLine[], due: number, result: ReserveResult): void {
    const held = lines.map((line) => {
      const account = this.#account(line);
      // Only a line that does not enforce can run out of numbers; it then holds what is left of them.
      const amount = Math.min(line.amount, Number.MAX_SAFE_INTEGER - account.held);
      account.held += amount;
      return { account, amount };
    });
    const open = { id, lines: held, due, result, place: -1 };
    this.#open.set(id, open);
    this.#expiries.add(open);
  }

  #account({ account: name, resetsAt }: LedgerLine): Account {
    const known = this.#accounts.get(name);
    if (known) return known;
    const account = { name, posted: 0, held: 0, due: (resetsAt ?? Infinity) + REMEMBER_ACCOUNT_MS, place: -1 };
    this.#accounts.set(name, account);
    if (resetsAt !== undefined) this.#windows.add(account);
    return account;
  }

  settle(id: string, nanoUsd: number, dimensions: SpendDimensions): void {
    checkAmount('A settled amount', nanoUsd);
    this.#tidy();
    const open = this.#close(id);
    const ended = this.#ended.get(id);
    if (ended?.settled) return;
    for (const { account } of open?.lines ?? []) account.posted = addSafely(account.posted, nanoUsd);
    for (const { account, amount } of ended?.charged ?? [])
      account.posted = addSafely(account.posted - amount, nanoUsd);
    this.#rollups.add(nanoUsd, dimensions);
    this.#end(id, { result: (open ?? ended)?.result ?? NOTHING_OVER, settled: true });
  }

  release(id: string): void {
    this.#tidy();
    const open = this.#close(id);
    const ended = this.#ended.get(id);
    if (ended?.settled) return;
    for (const { account, amount } of ended?.charged ?? []) account.posted -= amount;
    this.#end(id, { result: (open ?? ended)?.result ?? NOTHING_OVER, settled: true });
  }

  read(accounts: readonly string[]): readonly AccountState[] {
    this.#tidy();
    return accounts.map((account) => {
      const { posted, held } = this.#accounts.get(account) ?? { posted: 0, held: 0 };
      return { account, posted, held };
    });
  }

  query(query: { by: readonly RollupDimension[]; from: number; to: number }): ReturnType<RollupRows['query']> {
    return this.#rollups.query(query);
  }

  /** Takes a reservation out of those that hold. */
  #close(id: string): Open | undefined {
    const open = this.#open.get(id);
    if (!open) return undefined;
    this.#open.delete(id);
    this.#expiries.remove(open);
    for (const { account, amount } of open.lines) account.held -= amount;
    return open;
  }

  #end(id: string, how: Omit<Ended, 'id' | 'at'>): void {
    const ended = { ...how, id, at: this.#now() };
    this.#ended.set(id, ended);
    this.#endings.push(ended);
  }

  /** What fell due since the last call. Expiry moves money from held to posted, so no decision waits for it. */
  #tidy(): void {
    const now = this.#now();
    for (let count = 0; count < MAX_DUE_A_CALL && this.#expire(now); count++);
    for (let count = 0; count < MAX_DUE_A_CALL && this.#forgetAccount(now); count++);
    for (let count = 0; count < MAX_DUE_A_CALL && this.#forgetEnded(now); count++);
  }

  /** Charges a reservation that nobody ended in full, as unreconciled: the call may well have happened. */
  #expire(now: number): boolean {
    const open = this.#expiries.take(now);
    if (!open) return false;
    this.#close(open.id);
    for (const { account, amount } of open.lines) account.posted = addSafely(account.posted, amount);
    this.#end(open.id, { result: open.result, charged: open.lines, settled: false });
    return true;
  }

  #forgetAccount(now: number): boolean {
    const account = this.#windows.take(now);
    if (!account) return false;
    if (account.held === 0) this.#accounts.delete(account.name);
    else this.#windows.add(Object.assign(account, { due: now + REMEMBER_ACCOUNT_MS }));
    return true;
  }

  #forgetEnded(now: number): boolean {
    const oldest = this.#endings.first;
    if (!oldest || (this.#endings.size <= this.#maxEnded && oldest.at + REMEMBER_ENDED_MS > now)) return false;
    this.#endings.shift();
    if (this.#ended.get(oldest.id) === oldest) this.#ended.delete(oldest.id);
    return true;
  }
}
