/**
 * What the pipeline asks of a ledger: hold money on several accounts at once, top it up, then settle or release it exactly once. Rate
 * limits count requests and tokens in the same way, on accounts and in reservations of their own: a reservation has one unit.
 */
import type { Identity } from './exchange.ts';

/**
 * One account's part in a reservation. Amounts and limits are whole nano-USD, or requests, or tokens. An account's name holds its window's start,
 * so windows are computed and never reset.
 */
export interface LedgerLine {
  readonly account: string;
  readonly limit: number;
  readonly amount: number;
  /** A line that does not enforce is booked and never refuses. */
  readonly enforce: boolean;
  /** When the account's window ends (ms since the epoch), `undefined` for a lifetime: a store may forget the account later. */
  readonly resetsAt?: number | undefined;
  /** How long after its window the account is still read, in ms. Default: as long as the store keeps accounts, an hour at least. */
  readonly lingerMs?: number | undefined;
  /** Further accounts whose money counts against this line's limit: the earlier parts of a rolling window. */
  readonly counting?: readonly string[] | undefined;
}

export interface Reservation {
  /** Chosen by the caller; a second `reserve` with the same id answers as the first did. */
  readonly id: string;
  readonly lines: readonly LedgerLine[];
  /** Of what the amounts are, for whoever watches; a store need not know. Default: nano-USD. */
  readonly unit?: 'requests' | 'tokens' | undefined;
  /** Milliseconds since the epoch. A reservation still open then is charged in full, as `unreconciled`. */
  readonly expiresAt: number;
}

/** How far a lease has come: a hold out of which a process spends on its own, and that it reports on from time to time. */
export interface LeaseReport {
  /** Grows with every message of a lease; one that comes after a newer one changes nothing. */
  readonly version: number;
  /** What was really spent out of it so far. A sum, never a difference, so that a lost or repeated message is harmless. */
  readonly used: number;
  /** What calls hold out of it now. With what was used it is booked in any case, for it is owed: calls may cost more than they held. */
  readonly held: number;
}

export interface AccountState {
  readonly account: string;
  /** Settled, in nano-USD. */
  readonly posted: number;
  /** Held by calls in flight, in nano-USD. */
  readonly held: number;
  /** The part of `posted` that expired reservations were charged and that nobody has corrected since. Absent when there is none. */
  readonly unreconciled?: number | undefined;
}

/** `over`: the accounts whose limit the amount does not fit under, enforcing or not, as they stood before. */
export interface ReserveResult {
  readonly ok: boolean;
  readonly over: readonly AccountState[];
  /** The store could not be asked; the amount went against a bounded allowance and is booked once it answers again. */
  readonly unverified?: true | undefined;
}

/** `ended`: it was settled, released, refused or has expired; `unknown`: no such reservation, or one of long ago. */
export interface ExtendResult extends ReserveResult {
  readonly state: 'open' | 'ended' | 'unknown';
  /** How the reservation's accounts stand now, in the order of its lines; empty where nobody had to be asked. */
  readonly accounts: readonly AccountState[];
}

/** By what a settled amount can be rolled up. */
export interface SpendDimensions extends Identity {
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** When the call started: it is booked into the window of its start, however late it settles. */
  readonly at: number;
}

export type RollupDimension =
  | 'organization'
  | 'workspace'
  | 'user'
  | 'apiKey'
  | 'session'
  | 'provider'
  | 'model'
  | `tag:${string}`;

export interface RollupRow {
  /** One value for each dimension asked for; `null` where calls had none. */
  readonly group: Readonly<Record<string, string | null>>;
  readonly nanoUsd: number;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface LedgerStore {
  /** All lines or none, in one atomic step. */
  reserve(reservation: Reservation): ReserveResult | Promise<ReserveResult>;
  /**
   * Raises each line of an open reservation to `total`, all or none, and moves its expiry. By total, never by difference,
   * so a repeated message is harmless; a total below what is held changes nothing. With a `lease` report the total may go
   * down too, and what was used is posted at once.
   */
  extend(id: string, total: number, expiresAt: number, lease?: LeaseReport): ExtendResult | Promise<ExtendResult>;
  /**
   * Ends a reservation with what was really spent (zero is a real call that cost nothing). The first settle or release
   * counts, later ones do nothing. Truth wins: the amount may be more than was held. Without dimensions the amount is no money,
   * and no rollup hears of it.
   */
  settle(id: string, amount: number, dimensions: SpendDimensions | undefined): void | Promise<void>;
  /** Ends a reservation of a call that cost nothing because it never happened; of a lease, gives back what was not used. */
  release(id: string): void | Promise<void>;
  read(accounts: readonly string[]): readonly AccountState[] | Promise<readonly AccountState[]>;
  /** Settled amounts with `from <= at < to` (ms since the epoch), dearest group first. */
  query(query: {
    by: readonly RollupDimension[];
    from: number;
    to: number;
  }): readonly RollupRow[] | Promise<readonly RollupRow[]>;
  /** Waits until everything that was said is booked, and hands back what is leased and not in use. */
  flush?(): Promise<void>;
  /** Flushes, then lets go of what the store itself opened (files, threads, timers); never of a client that was given to it. */
  close?(): Promise<void>;
}
