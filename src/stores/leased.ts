/**
 * A ledger that holds in memory what it has leased from a store, so that most calls need not wait for it. Far from a limit
 * it leases slices; near it each call is held by itself. The same interface as the store that it wraps.
 */
import type {
  AccountState,
  ExtendResult,
  LedgerLine,
  LedgerStore,
  Reservation,
  ReserveResult,
  RollupDimension,
  RollupRow,
  SpendDimensions,
} from '../core/ledger.ts';
import { type Deadlined, Deadlines } from './deadlines.ts';
import { LeaseKeeper, type Waiter } from './lease-keeper.ts';
import { Queue } from './queue.ts';
import { addSafely, checkAmount, checkReservation } from './safe-sum.ts';

/** What happens to calls while the store cannot be asked. */
export type WhenUnavailable = 'lease-then-deny' | 'deny' | { readonly allowNanoUsd: number };

export interface LeaseOptions {
  readonly now?: (() => number) | undefined;
  /** After so long without a word the store charges a lease in full. Default 60 s. */
  readonly leaseMs?: number | undefined;
  /** A lease that nobody used for so long is given back. Default 5 s. */
  readonly idleMs?: number | undefined;
  readonly unavailable?: WhenUnavailable | undefined;
  /** Whether the store is thought to answer. */
  readonly available?: (() => boolean) | undefined;
  /** Of this process; unique. Default random. */
  readonly holder?: string | undefined;
}

/** An amount that one lease holds for a line of a call. */
interface Part {
  readonly keeper: LeaseKeeper;
  amount: number;
}

interface LeasedLine {
  readonly line: LedgerLine;
  amount: number;
  readonly parts: Part[];
}

interface Call extends Deadlined {
  readonly id: string;
  readonly result: ReserveResult;
  readonly lines: readonly LeasedLine[];
  /** Whether the store itself holds lines of it: those that several accounts count for. */
  readonly stored: boolean;
  state: 'open' | 'refused' | 'expired' | 'ended';
  endedAt: number;
  /** A top-up on its way; the next waits for it. */
  extending?: Promise<unknown> | undefined;
}

/** What one line, or the store's own lines, came to. */
interface Held extends Partial<ReserveResult> {
  readonly ok: boolean;
  readonly part?: Part | undefined;
}

interface Ending {
  readonly call: Call;
  readonly at: number;
}

const REMEMBER_ENDED_MS = 3_600_000;
const MAX_ENDED = 100_000;
const TICK_MS = 1_000;
const NONE: readonly AccountState[] = [];
const FITS: ReserveResult = { ok: true, over: NONE };

export class LeasedLedger implements LedgerStore {
  readonly #store: LedgerStore;
  readonly #now: () => number;
  readonly #leaseMs: number;
  readonly #idleMs: number;
  readonly #unavailable: WhenUnavailable;
  readonly #available: () => boolean;
  readonly #holder: string;
  #leases = 0;
  /** The lease that new calls hold from, by account, limit and whether it enforces. */
  readonly #current = new Map<string, LeaseKeeper>();
  /** All of them, also those that are only told to their end, with the key they were current under. */
  readonly #keepers = new Map<LeaseKeeper, string>();
  readonly #calls = new Map<string, Call>();
  readonly #opening = new Map<string, Promise<ReserveResult>>();
  readonly #expiries = new Deadlines<Call>();
  readonly #endings = new Queue<Ending>();
  readonly #unbooked = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: LedgerStore, options: LeaseOptions = {}) {
    this.#store = store;
    this.#now = options.now ?? Date.now;
    this.#leaseMs = options.leaseMs ?? 60_000;
    this.#idleMs = options.idleMs ?? 5_000;
    this.#unavailable = options.unavailable ?? 'lease-then-deny';
    this.#available = options.available ?? (() => true);
    this.#holder = options.holder ?? crypto.randomUUID();
  }

  reserve(reservation: Reservation): ReserveResult | Promise<ReserveResult> {
    checkReservation(reservation);
    this.#tidy();
    const { id, lines } = reservation;
    const known = this.#calls.get(id);
    if (known) return known.result;
    const opening = this.#opening.get(id);
    if (opening) return opening;
    if (this.#unavailable !== 'deny' || this.#available()) {
      const held = this.#takeAll(lines);
      if (held) return this.#remember(reservation, FITS, held, false);
    }
    const asked = this.#reserveSlowly(reservation).finally(() => this.#opening.delete(id));
    this.#opening.set(id, asked);
    return asked;
  }

  /** All lines out of what is leased already, or nothing. */
  #takeAll(lines: readonly LedgerLine[]): LeasedLine[] | undefined {
    const held: LeasedLine[] = [];
    for (const line of lines) {
      const keeper = line.counting?.length ? undefined : this.#keeper(line);
      if (!keeper?.take(line.amount)) {
        for (const { parts } of held) for (const part of parts) void part.keeper.lease.end(part.amount, 0);
        return undefined;
      }
      held.push({ line, amount: line.amount, parts: [{ keeper, amount: line.amount }] });
    }
    return held;
  }

  async #reserveSlowly(reservation: Reservation): Promise<ReserveResult> {
    const { id, lines, expiresAt } = reservation;
    // In `deny` mode nothing is held before the store has answered anything at all.
    if (this.#unavailable === 'deny' && !this.#available()) await this.#store.read([]);
    const leased = lines.filter(({ counting }) => !counting?.length);
    const counting = lines.filter(({ counting }) => counting?.length);
    const stored =
      counting.length > 0 ? this.#store.reserve({ id, lines: counting, expiresAt }) : Promise.resolve(FITS);
    const outcomes = await Promise.allSettled([stored, ...leased.map((line) => this.#hold(line, line.amount))]);
    const held = outcomes.slice(1).flatMap((outcome, place) => {
      const part = partOf(outcome);
      return part ? [{ line: leased[place]!, amount: part.amount, parts: [part] }] : [];
    });
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const result = joined(outcomes);
    if (failed || !result.ok) this.#giveBack(id, held, counting.length > 0);
    if (failed) throw failed.reason;
    return this.#remember(reservation, result, result.ok ? held : [], result.ok && counting.length > 0);
  }

  #giveBack(id: string, held: readonly LeasedLine[], stored: boolean): void {
    for (const { parts } of held) for (const { keeper, amount } of parts) this.#booked(keeper.end(amount, 0));
    if (stored) this.#booked(Promise.resolve(this.#store.release(id)));
  }

  /** Holds an amount for a line, out of the lease if it is there, else by asking. */
  async #hold(line: LedgerLine, amount: number): Promise<Held> {
    const keeper = this.#keeper(line);
    if (keeper.take(amount)) return { ok: true, part: { keeper, amount } };
    try {
      const asked = await keeper.ask(amount);
      const over = asked.over ? [asked.over] : NONE;
      return asked.ok ? { ok: true, over, part: { keeper: asked.keeper, amount } } : { ok: false, over };
    } catch (cause) {
      const allowed = this.#allow(line, amount);
      if (!allowed) throw cause;
      return allowed;
    }
  }

  /** Holds against the bounded allowance; the store books it when it can be asked again. */
  #allow(line: LedgerLine, amount: number): Held | undefined {
    if (typeof this.#unavailable !== 'object') return undefined;
    let unverified = amount;
    for (const keeper of this.#keepers.keys()) unverified += keeper.unverified;
    if (unverified > this.#unavailable.allowNanoUsd) return undefined;
    const keeper = this.#keeper(line);
    keeper.force(amount);
    this.#watch();
    return { ok: true, unverified: true, part: { keeper, amount } };
  }

  #keeper({ account, limit, enforce, resetsAt, lingerMs }: LedgerLine): LeaseKeeper {
    const key = `${limit} ${enforce} ${account}`;
    const known = this.#current.get(key);
    if (known && !known.lease.retired) return known;
    const newId = (): string => `lease:${this.#holder}:${this.#leases++}`;
    const keeper: LeaseKeeper = new LeaseKeeper(
      { account, limit, enforce, newId },
      {
        store: this.#store,
        now: this.#now,
        leaseMs: this.#leaseMs,
        resetsAt,
        lingerMs,
        handOver: (waiters: readonly Waiter[]) =>
          this.#keeper({ account, limit, enforce, resetsAt, lingerMs, amount: 0 }).wait(waiters),
      },
    );
    this.#current.set(key, keeper);
    this.#keepers.set(keeper, key);
    this.#watch();
    return keeper;
  }

  #remember(
    { id, expiresAt }: Reservation,
    result: ReserveResult,
    lines: readonly LeasedLine[],
    stored: boolean,
  ): ReserveResult {
    const state = result.ok ? 'open' : 'refused';
    const call: Call = { id, result, lines, stored, due: expiresAt, place: -1, state, endedAt: 0 };
    this.#calls.set(id, call);
    if (result.ok) this.#expiries.add(call);
    else this.#ended(call, state);
    return result;
  }

  extend(id: string, total: number, expiresAt: number): ExtendResult | Promise<ExtendResult> {
    checkAmount('A total', total);
    this.#tidy();
    const call = this.#calls.get(id);
    if (!call) return { ok: false, over: NONE, state: 'unknown', accounts: NONE };
    if (call.state !== 'open') return { ok: false, over: NONE, state: 'ended', accounts: NONE };
    if (call.extending) return call.extending.then(() => this.extend(id, total, expiresAt));
    this.#postpone(call, expiresAt);
    const growing = call.lines.filter(({ amount }) => total > amount);
    if (!call.stored && this.#growAll(growing, total)) return { ok: true, over: NONE, state: 'open', accounts: NONE };
    const extended = this.#extendSlowly(call, growing, total, expiresAt);
    call.extending = extended.then(
      () => delete call.extending,
      () => delete call.extending,
    );
    return extended;
  }

  #postpone(call: Call, expiresAt: number): void {
    if (expiresAt <= call.due) return;
    this.#expiries.remove(call);
    this.#expiries.add(Object.assign(call, { due: expiresAt }));
  }

  #growAll(growing: readonly LeasedLine[], total: number): boolean {
    const parts = this.#takeAll(growing.map(({ line, amount }) => ({ ...line, amount: total - amount })));
    for (const [place, { parts: taken }] of (parts ?? []).entries()) {
      growing[place]!.parts.push(...taken);
      growing[place]!.amount = total;
    }
    return parts !== undefined;
  }

  async #extendSlowly(
    call: Call,
    growing: readonly LeasedLine[],
    total: number,
    expiresAt: number,
  ): Promise<ExtendResult> {
    const stored = call.stored ? this.#store.extend(call.id, total, expiresAt) : FITS;
    const held = growing.map(({ line, amount }) => this.#hold(line, total - amount));
    const outcomes = await Promise.allSettled([stored, ...held]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const { ok, over } = joined(outcomes);
    const open = call.state === 'open';
    for (const [place, outcome] of outcomes.slice(1).entries()) {
      const part = partOf(outcome);
      if (part && ok && open) growing[place]!.parts.push(part);
      else if (part) this.#booked(part.keeper.end(part.amount, 0));
      if (ok && open) growing[place]!.amount = total;
    }
    if (failed) throw failed.reason;
    return { ok: ok && open, over, state: open ? 'open' : 'ended', accounts: NONE };
  }

  async settle(id: string, amount: number, dimensions: SpendDimensions | undefined): Promise<void> {
    checkAmount('A settled amount', amount);
    this.#tidy();
    const call = this.#calls.get(id);
    if (call?.state === 'ended') return;
    const told = this.#end(id, call, amount);
    // Of what is no money the store hears by the lease alone.
    const stored = dimensions || !call || call.stored ? this.#store.settle(id, amount, dimensions) : undefined;
    await this.#booked(Promise.all([...told, stored]));
  }

  async release(id: string): Promise<void> {
    this.#tidy();
    const call = this.#calls.get(id);
    if (call?.state === 'ended') return;
    const told = this.#end(id, call, 0);
    // A reservation that failed half-way may be held in the store.
    const stored = !call || call.stored ? this.#store.release(id) : undefined;
    await this.#booked(Promise.all([...told, stored]));
  }

  /** Ends a call's parts: what it cost is booked once for each line. */
  #end(id: string, call: Call | undefined, spent: number): Promise<void>[] {
    const told = (call?.lines ?? []).flatMap(({ parts }) =>
      parts.map(({ keeper, amount }, place) => {
        const cost = place === 0 ? spent : 0;
        if (call?.state !== 'expired') return keeper.end(amount, cost);
        keeper.uncorrected -= amount;
        return keeper.correct(amount, cost);
      }),
    );
    const fresh: Call = { id, result: FITS, lines: [], stored: false, due: 0, place: -1, state: 'ended', endedAt: 0 };
    this.#calls.set(id, call ?? fresh);
    this.#ended(call ?? fresh, 'ended');
    return told;
  }

  #ended(call: Call, state: Call['state']): void {
    this.#expiries.remove(call);
    call.state = state;
    call.endedAt = this.#now();
    this.#endings.push({ call, at: call.endedAt });
  }

  async read(accounts: readonly string[]): Promise<readonly AccountState[]> {
    this.#tidy();
    const states = await this.#store.read(accounts);
    // Calls that expired here are charged like those that expired there.
    const expired = new Map<string, number>();
    for (const { lease, uncorrected } of this.#keepers.keys()) {
      const { account } = lease.terms;
      if (uncorrected > 0) expired.set(account, addSafely(expired.get(account) ?? 0, uncorrected));
    }
    return states.map((state) => {
      const unreconciled = addSafely(state.unreconciled ?? 0, expired.get(state.account) ?? 0);
      return unreconciled > 0 ? { ...state, unreconciled } : state;
    });
  }

  query(query: { by: readonly RollupDimension[]; from: number; to: number }): Promise<readonly RollupRow[]> {
    return Promise.resolve(this.#store.query(query));
  }

  async flush(): Promise<void> {
    this.#tidy();
    await Promise.allSettled([...this.#unbooked, ...[...this.#keepers.keys()].map((keeper) => keeper.drain())]);
    await this.#store.flush?.();
  }

  async close(): Promise<void> {
    await this.flush();
    await Promise.allSettled([...this.#keepers.keys()].map((keeper) => keeper.close()));
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#store.close?.();
  }

  /** Remembers what is on its way, for `flush`. */
  #booked<Answer>(promise: Promise<Answer>): Promise<Answer> {
    const done = (): void => {
      this.#unbooked.delete(promise);
    };
    this.#unbooked.add(promise);
    promise.then(done, done);
    return promise;
  }

  #watch(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Renews leases that are in use, tells what could not be told, gives back what nobody uses. */
  #tick(): void {
    this.#tidy();
    const now = this.#now();
    for (const keeper of this.#keepers.keys()) {
      if (keeper.lease.closed) this.#forget(keeper);
      else if (keeper.idle && (keeper.lease.retired || now - keeper.lastUsedAt > this.#idleMs)) {
        keeper.close().then(
          () => this.#forget(keeper),
          () => undefined,
        );
      } else if (keeper.isDue(now)) void keeper.pump(true);
    }
  }

  #forget(keeper: LeaseKeeper): void {
    if (!keeper.idle) return;
    const key = this.#keepers.get(keeper);
    if (key !== undefined && this.#current.get(key) === keeper) this.#current.delete(key);
    this.#keepers.delete(keeper);
    if (this.#keepers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tidy(): void {
    const now = this.#now();
    for (let due = this.#expiries.take(now); due; due = this.#expiries.take(now)) this.#expire(due);
    for (let oldest = this.#endings.first; oldest; oldest = this.#endings.first) {
      if (this.#endings.size <= MAX_ENDED && oldest.at + REMEMBER_ENDED_MS > now) break;
      this.#endings.shift();
      if (oldest.call.endedAt === oldest.at) this.#forgetCall(oldest.call);
    }
  }

  /** Charges a call that nobody ended, until somebody does. */
  #expire(call: Call): void {
    this.#ended(call, 'expired');
    for (const { parts } of call.lines) {
      for (const { keeper, amount } of parts) {
        keeper.uncorrected += amount;
        this.#booked(keeper.end(amount, amount));
      }
    }
  }

  #forgetCall(call: Call): void {
    if (call.state === 'expired') {
      for (const { parts } of call.lines) for (const { keeper, amount } of parts) keeper.uncorrected -= amount;
    }
    if (this.#calls.get(call.id) === call) this.#calls.delete(call.id);
  }
}

function partOf(outcome: PromiseSettledResult<Held>): Part | undefined {
  return outcome.status === 'fulfilled' ? outcome.value.part : undefined;
}

function joined(outcomes: readonly PromiseSettledResult<Held>[]): ReserveResult {
  const results = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const ok = results.length === outcomes.length && results.every((result) => result.ok);
  const over = results.flatMap((result) => result.over ?? NONE);
  return results.some(({ unverified }) => unverified) ? { ok, over, unverified: true } : { ok, over };
}
