/**
 * A ledger that answers or fails in time: clients of a database that stands still wait for seconds or for ever, so every
 * call has a deadline of its own, and a breaker spares calls the wait while nothing answers. Ends of calls that could not
 * be told are kept and told later. Wraps any store with the same interface.
 */
import type {
  AccountState,
  ExtendResult,
  LeaseReport,
  LedgerStore,
  Reservation,
  ReserveResult,
  RollupDimension,
  RollupRow,
  SpendDimensions,
} from '../core/ledger.ts';
import { GatewayError, isOwnError } from '../errors.ts';

export interface GuardOptions {
  /** Longest wait for an answer, in ms. */
  readonly deadlineMs: number;
  /** Monotonic clock, in ms. */
  readonly clock?: (() => number) | undefined;
}

/** Failures in a row after which no call waits any more. */
const MAX_FAILURES = 3;
/** How long the breaker stays open before one call may try; doubled while that fails. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1_000;
/** Ends that are kept to be told later; past it the oldest are left to the expiry of their hold. */
const MAX_UNTOLD = 100_000;
const UNTOLD_A_ROUND = 256;
/** Rollups of a long window read many rows, and no call waits for them. */
const MAX_QUERY_MS = 30_000;

type Untold = () => unknown;

export class GuardedLedger implements LedgerStore {
  readonly #store: LedgerStore;
  readonly #deadlineMs: number;
  readonly #clock: () => number;
  #failures = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #openUntil = 0;
  #trying = false;
  readonly #untold = new Map<string, Untold>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: LedgerStore, { deadlineMs, clock = () => performance.now() }: GuardOptions) {
    this.#store = store;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
  }

  /** False while the breaker is open. */
  get available(): boolean {
    return this.#failures < MAX_FAILURES || this.#clock() >= this.#openUntil;
  }

  reserve(reservation: Reservation): Promise<ReserveResult> {
    return this.#call(() => this.#store.reserve(reservation));
  }

  extend(id: string, total: number, expiresAt: number, lease?: LeaseReport): Promise<ExtendResult> {
    return this.#call(() => this.#store.extend(id, total, expiresAt, lease));
  }

  settle(id: string, amount: number, dimensions: SpendDimensions | undefined): Promise<void> {
    return this.#tell(id, () => this.#store.settle(id, amount, dimensions));
  }

  release(id: string): Promise<void> {
    return this.#tell(id, () => this.#store.release(id));
  }

  read(accounts: readonly string[]): Promise<readonly AccountState[]> {
    return this.#call(() => this.#store.read(accounts));
  }

  query(query: { by: readonly RollupDimension[]; from: number; to: number }): Promise<readonly RollupRow[]> {
    return this.#inTime(() => this.#store.query(query), MAX_QUERY_MS);
  }

  /** Tells what is left to tell, as long as the store answers. */
  async flush(): Promise<void> {
    while (this.#untold.size > 0 && (await this.#tellSome()));
    await this.#store.flush?.();
  }

  async close(): Promise<void> {
    while (this.#untold.size > 0 && (await this.#tellSome()));
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#store.close?.();
  }

  /** An end that fails is told again until it is booked; each is idempotent. The first end of an id counts here too. */
  async #tell(id: string, act: Untold): Promise<void> {
    try {
      await this.#call(act);
    } catch (cause) {
      if (isMistake(cause)) throw cause;
      this.#keep(id, act);
      throw cause;
    }
  }

  #keep(id: string, act: Untold): void {
    if (this.#untold.has(id)) return;
    if (this.#untold.size >= MAX_UNTOLD) this.#untold.delete(this.#untold.keys().next().value!);
    this.#untold.set(id, act);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(async () => {
      this.#timer = undefined;
      await this.#tellSome();
      if (this.#untold.size > 0) this.#schedule();
    }, this.#pauseMs);
    this.#timer.unref();
  }

  /** True when all that was tried was booked. */
  async #tellSome(): Promise<boolean> {
    const some = [...this.#untold].slice(0, UNTOLD_A_ROUND);
    const results = await Promise.all(some.map(([id, act]) => this.#tellAgain(id, act)));
    return results.every((told) => told);
  }

  async #tellAgain(id: string, act: Untold): Promise<boolean> {
    try {
      await this.#call(act);
    } catch (cause) {
      if (!isMistake(cause)) return false;
    }
    this.#untold.delete(id);
    return true;
  }

  async #call<Answer>(act: () => Answer | Promise<Answer>): Promise<Answer> {
    const trial = this.#failures >= MAX_FAILURES;
    if (trial && (this.#trying || this.#clock() < this.#openUntil)) throw unavailable(undefined);
    this.#trying = trial;
    try {
      const answer = await this.#inTime(act, this.#deadlineMs);
      this.#failures = 0;
      this.#pauseMs = FIRST_PAUSE_MS;
      return answer;
    } catch (cause) {
      if (isMistake(cause)) throw cause;
      this.#failed();
      throw isOwnError(cause) ? cause : unavailable(cause);
    } finally {
      if (trial) this.#trying = false;
    }
  }

  #failed(): void {
    this.#failures++;
    if (this.#failures < MAX_FAILURES) return;
    this.#openUntil = this.#clock() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS);
  }

  #inTime<Answer>(act: () => Answer | Promise<Answer>, limitMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(unavailable(new Error(`No answer within ${limitMs} ms.`)));
      // When this process itself stood still, the answer is there and waits to be read: two turns of the loop let it.
      const timer = setTimeout(() => setImmediate(() => setImmediate(late)), limitMs);
      Promise.resolve()
        .then(act)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }
}

/** A call that was wrong in itself says nothing about the store, and is not told again. */
function isMistake(cause: unknown): boolean {
  return cause instanceof RangeError;
}

function unavailable(cause: unknown): GatewayError {
  return new GatewayError('ledger_unavailable', 'The store of the ledger does not answer.', { cause });
}
