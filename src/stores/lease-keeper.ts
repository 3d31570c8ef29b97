/** Talks to the store about one lease: one message at a time, for all calls that wait and all that has been spent since. */
import type { AccountState, LedgerStore } from '../core/ledger.ts';
import { Lease, type LeaseTerms } from './lease.ts';

export interface KeeperOptions {
  readonly store: LedgerStore;
  readonly now: () => number;
  readonly leaseMs: number;
  readonly resetsAt: number | undefined;
  readonly lingerMs: number | undefined;
  /** Takes the calls that wait when this lease holds nothing more. */
  readonly handOver: (waiters: readonly Waiter[]) => void;
}

/** What became of an amount that had to be asked for. `over`: how the account stood when it did not fit. */
export interface Asked {
  readonly ok: boolean;
  /** Whose lease holds it, or did not. */
  readonly keeper: LeaseKeeper;
  readonly over?: AccountState | undefined;
}

export interface Waiter {
  readonly amount: number;
  readonly resolve: (asked: Asked) => void;
  readonly reject: (cause: unknown) => void;
  rounds: number;
}

interface Told {
  readonly version: number;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** Rounds in which a waiting amount seemed to fit and others were quicker; then it is refused. */
const MAX_ROUNDS = 5;

export class LeaseKeeper {
  readonly lease: Lease;
  readonly #options: KeeperOptions;
  #waiters: Waiter[] = [];
  #told: Told[] = [];
  #pumping = false;
  /** A report is due, whatever there is to tell. */
  #due = false;
  #bare = false;
  /** Nothing more than what calls hold is kept. */
  #draining = false;
  lastUsedAt: number;
  #lastSentAt = 0;
  /** Held by no grant, while the store could not be asked. */
  unverified = 0;
  /** Parts of calls that expired and may still be corrected. */
  uncorrected = 0;

  constructor(terms: LeaseTerms, options: KeeperOptions) {
    this.lease = new Lease(terms);
    this.#options = options;
    this.lastUsedAt = options.now();
  }

  /** Holds an amount out of what is leased. False when the store has to be asked. */
  take(amount: number): boolean {
    this.#used(amount);
    // Those who wait come first, or a large call would never get its turn.
    return this.#waiters.length === 0 && this.lease.take(amount);
  }

  /** Holds an amount that the store has to grant. */
  ask(amount: number): Promise<Asked> {
    return new Promise((resolve, reject) => {
      this.wait([{ amount, resolve, reject, rounds: 0 }]);
    });
  }

  wait(waiters: readonly Waiter[]): void {
    this.#waiters.push(...waiters);
    void this.pump();
  }

  force(amount: number): void {
    this.lease.force(amount);
    this.unverified += amount;
    this.#due = true;
  }

  /** Ends a part of a call. Resolves when the store has booked it. */
  end(held: number, spent: number): Promise<void> {
    this.lease.end(held, spent);
    return this.tell();
  }

  correct(spent: number, instead: number): Promise<void> {
    this.lease.correct(spent);
    this.lease.end(0, instead);
    return this.tell();
  }

  /** Resolves when the store has booked all that was spent until now. */
  tell(): Promise<void> {
    if (this.lease.closed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#told.push({ version: this.lease.version + 1, resolve, reject });
      this.#due = true;
      void this.pump();
    });
  }

  /** Gives back what is not in use. */
  async drain(): Promise<void> {
    this.#draining = true;
    try {
      if (this.#isKnown) await this.tell();
    } finally {
      this.#draining = false;
    }
  }

  /** Gives it all back for good, when nothing is held. */
  async close(): Promise<void> {
    this.lease.retire();
    await this.drain();
    if (!this.#isKnown || this.lease.held > 0 || this.lease.untold) return;
    const { id } = this.lease.close();
    await this.#options.store.release(id);
    this.lease.finish();
  }

  get #isKnown(): boolean {
    return !this.lease.closed && (!this.lease.opening || this.lease.untold);
  }

  get idle(): boolean {
    return this.lease.held === 0 && this.uncorrected === 0 && this.#waiters.length === 0 && !this.#pumping;
  }

  /** Whether a message is owed: something is untold, or the lease would expire while it is in use. */
  isDue(now: number): boolean {
    if (this.lease.closed) return false;
    const renew = !this.lease.opening && now - this.#lastSentAt > this.#options.leaseMs / 3;
    return this.#due || this.#waiters.length > 0 || this.lease.untold || renew;
  }

  /** Sends for as long as there is something to say. After a failure it waits to be called again. */
  async pump(force = false): Promise<void> {
    if (force) this.#due = true;
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.lease.closed && (this.#waiters.length > 0 || this.#due)) {
        if (this.lease.retired && this.#waiters.length > 0) this.#moveOn();
        if (this.#isKnown || this.#waiters.length > 0) await this.#sendOne();
        else this.#due = false;
      }
      if (!this.#isKnown) this.#resolveTold(Infinity);
      if (this.lease.retired) this.#moveOn();
    } catch (cause) {
      this.#fail(cause);
    } finally {
      this.#pumping = false;
    }
    if (this.#waiters.length > 0 && !this.lease.retired) void this.pump();
  }

  async #sendOne(): Promise<void> {
    const { store, now, leaseMs, resetsAt, lingerMs } = this.#options;
    this.#due = false;
    const wanted = this.#waiters.reduce((sum, { amount }) => Math.min(sum + amount, Number.MAX_SAFE_INTEGER), 0);
    const message = this.lease.next(wanted, this.#bare || this.#draining);
    this.#lastSentAt = now();
    const expiresAt = this.#lastSentAt + leaseMs;
    if (message.kind === 'report') {
      const result = await store.extend(message.id, message.total, expiresAt, message);
      this.unverified = 0;
      const { free } = this.lease;
      this.lease.reported(message, result);
      if (result.state !== 'unknown') this.#resolveTold(message.version);
      if (result.state === 'open') this.#serve(result.ok, result.over[0], free);
    } else if (message.kind === 'open') {
      const { account, limit } = this.lease.terms;
      const line = { account, limit, amount: message.amount, enforce: message.enforce, resetsAt, lingerMs };
      const result = await store.reserve({ id: message.id, lines: [line], expiresAt });
      this.lease.opened(message, result);
      this.lease.learn(result.over[0]);
      this.#serve(result.ok, result.over[0], 0);
    }
    this.#due ||= this.lease.untold || this.#told.length > 0;
  }

  /** Holds for those who waited, in their order; refuses those for whom there is no room even without the others. */
  #serve(granted: boolean, over: AccountState | undefined, free: number): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#bare = !granted;
    let room = over ? Math.max(0, free) + Math.max(0, this.lease.terms.limit - over.posted - over.held) : Infinity;
    for (const waiter of waiters) {
      const fits = waiter.amount <= room;
      if (fits) room -= waiter.amount;
      if (this.lease.take(waiter.amount)) waiter.resolve({ ok: true, keeper: this, over: fits ? undefined : over });
      else if (!fits || ++waiter.rounds > MAX_ROUNDS) waiter.resolve({ ok: false, keeper: this, over });
      else this.#waiters.push(waiter);
    }
  }

  #moveOn(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#options.handOver(waiters);
  }

  #resolveTold(version: number): void {
    const booked = this.#told.filter((told) => told.version <= version);
    this.#told = this.#told.filter((told) => told.version > version);
    for (const { resolve } of booked) resolve();
  }

  #fail(cause: unknown): void {
    const [waiters, told] = [this.#waiters, this.#told];
    this.#waiters = [];
    this.#told = [];
    this.#due ||= told.length > 0;
    for (const { reject } of waiters) reject(cause);
    for (const { reject } of told) reject(cause);
  }

  #used(amount: number): void {
    this.lastUsedAt = this.#options.now();
    this.lease.expect(amount);
  }
}
