/**
 * One lease: money of one account that the store holds for this process, out of which calls are held without asking. It
 * says what to tell the store and learns from the answers; it sends nothing and knows no clock, so that a simulation can
 * lose, repeat and delay its messages.
 *
 * What makes it safe: `total` is never more than what the store holds under this id. It rises when the store has said so,
 * falls when the message that lowers it is made, and the store ignores a message that comes after a newer one. A lease
 * that the store gave up is charged there in full, so what is spent out of it afterwards is paid for.
 */
import type { AccountState, ExtendResult, ReserveResult } from '../core/ledger.ts';

export type LeaseMessage =
  | { readonly kind: 'open'; readonly id: string; readonly amount: number; readonly enforce: boolean }
  | {
      readonly kind: 'report';
      readonly id: string;
      readonly version: number;
      readonly total: number;
      readonly used: number;
      readonly held: number;
    }
  | { readonly kind: 'close'; readonly id: string };

export interface LeaseTerms {
  readonly account: string;
  readonly limit: number;
  readonly enforce: boolean;
  /** A new id whenever it is called: an id that was refused or lost is not used again. */
  readonly newId: () => string;
}

/** A slice is for so many calls of the usual amount; for twice as many after each time that calls had to wait... */
const MIN_CALLS = 8;
const MAX_CALLS = 1_024;
/** ...and for a little fewer after each time that none had. */
const SHRINKS_TO = 0.99;
/** At most this part of what is left, so that what is lost with a process is little. */
const PART_OF_THE_REST = 100;
/** A slice for fewer calls than this is not worth having: each call is then held by itself. */
const LEAST_CALLS = 2;
/** The weight of the latest amount in the usual one. */
const NEWEST_WEIGHT = 1 / 8;

export class Lease {
  readonly terms: LeaseTerms;
  #id: string;
  /** `unopened`: the store knows nothing of it; `expired`: the store has charged it; `closed`: all is told. */
  #phase: 'unopened' | 'open' | 'expired' | 'closed' = 'unopened';
  /** What an `open` that was not answered yet asks for; it is repeated as it is. */
  #opening: { readonly amount: number; readonly enforce: boolean } | undefined;
  #total = 0;
  #used = 0;
  #held = 0;
  #version = 0;
  #toldUsed = 0;
  #usual = 0;
  #calls = MIN_CALLS;
  #left: number | undefined;
  #retired = false;

  constructor(terms: LeaseTerms) {
    this.terms = terms;
    this.#id = terms.newId();
  }

  /** Held for calls that are open, and really spent, out of it. */
  get held(): number {
    return this.#held;
  }

  get used(): number {
    return this.#used;
  }

  /** What can be held without asking. Below nothing after calls that cost more than they held. */
  get free(): number {
    return this.#total - this.#used - this.#held;
  }

  get version(): number {
    return this.#version;
  }

  /** Nothing new is held out of it; it is only told to its end. */
  get retired(): boolean {
    return this.#retired;
  }

  get closed(): boolean {
    return this.#phase === 'closed';
  }

  /** Whether the store has yet to hear of something: what was spent, or money that is held for nothing. */
  get untold(): boolean {
    if (this.#phase === 'closed') return false;
    if (this.#phase === 'unopened') return this.#opening !== undefined || this.#used + this.#held > 0;
    return this.#used !== this.#toldUsed || (this.#phase === 'open' && this.free > 2 * this.slice);
  }

  /** How much to hold beside what is asked for. */
  get slice(): number {
    if (this.#retired || this.#left === undefined) return 0;
    const slice = Math.floor(Math.min(this.#calls * this.#usual, this.#left / PART_OF_THE_REST));
    return slice < LEAST_CALLS * this.#usual ? 0 : slice;
  }

  /** Holds an amount if it is free. */
  take(amount: number): boolean {
    if (this.#retired || this.#phase !== 'open' || amount > this.free) return false;
    this.#held += amount;
    return true;
  }

  /** Learns what calls ask for. */
  expect(amount: number): void {
    this.#usual = this.#usual === 0 ? amount : this.#usual + (amount - this.#usual) * NEWEST_WEIGHT;
  }

  /** Holds an amount that nobody has granted; the store hears of it when it can be asked again. */
  force(amount: number): void {
    this.#held += amount;
  }

  /** Ends a part of a call: what it held is free, what it cost is spent. */
  end(held: number, spent: number): void {
    this.#held -= held;
    this.#used += spent;
  }

  /** Takes back what was taken for spent. */
  correct(spent: number): void {
    this.#used -= spent;
  }

  retire(): void {
    this.#retired = true;
  }

  /** What to say next: with `wanted` more for calls that wait, and no slice beside it when `bare`. */
  next(wanted: number, bare = false): LeaseMessage {
    if (this.#phase === 'unopened') return this.#open(wanted);
    this.#calls = wanted > 0 ? Math.min(2 * this.#calls, MAX_CALLS) : Math.max(SHRINKS_TO * this.#calls, MIN_CALLS);
    const total = Math.min(this.#used + this.#held + wanted + (bare ? 0 : this.slice), Number.MAX_SAFE_INTEGER);
    if (total < this.#total) this.#total = total;
    this.#version++;
    return { kind: 'report', id: this.#id, version: this.#version, total, used: this.#used, held: this.#held };
  }

  #open(wanted: number): LeaseMessage {
    const owed = this.#used + this.#held;
    // What was spent or held without the store is booked whatever the limit says, on a lease that takes nothing more.
    if (owed > 0 && !this.#opening) this.#retired = true;
    this.#opening ??= owed > 0 ? { amount: owed, enforce: false } : { amount: wanted, enforce: this.terms.enforce };
    return { kind: 'open', id: this.#id, ...this.#opening };
  }

  /** The message that ends it, once nothing is held and all is told. */
  close(): LeaseMessage {
    return { kind: 'close', id: this.#id };
  }

  opened(message: Extract<LeaseMessage, { kind: 'open' }>, { ok }: ReserveResult): void {
    if (message.id !== this.#id || this.#phase !== 'unopened') return;
    this.#opening = undefined;
    if (ok) {
      this.#phase = 'open';
      this.#total = message.amount;
    } else this.#id = this.terms.newId();
  }

  reported(message: Extract<LeaseMessage, { kind: 'report' }>, { ok, state, accounts }: ExtendResult): void {
    if (message.id !== this.#id || message.version !== this.#version) return;
    if (state === 'unknown') {
      this.#lost();
      return;
    }
    this.#toldUsed = message.used;
    if (state === 'ended') {
      this.#phase = 'expired';
      this.#retired = true;
      return;
    }
    this.#total = ok ? message.total : Math.max(this.#total, message.used + message.held);
    this.learn(accounts[0]);
  }

  /** Learns from the store how much of the limit is left. */
  learn(state: AccountState | undefined): void {
    if (state) this.#left = Math.max(0, this.terms.limit - state.posted - state.held);
  }

  /** The store has lost it with everything that was told of it: what is spent and held is registered anew. */
  #lost(): void {
    this.#phase = 'unopened';
    this.#id = this.terms.newId();
    this.#retired = true;
    this.#total = 0;
    this.#toldUsed = 0;
    if (this.#used + this.#held === 0) this.#phase = 'closed';
  }

  /** It is over: the store has answered the closing message, or knows nothing that could be told. */
  finish(): void {
    this.#phase = 'closed';
    this.#retired = true;
  }

  get opening(): boolean {
    return this.#phase === 'unopened';
  }
}
