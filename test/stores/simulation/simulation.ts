/**
 * Leases against a store, step by step in plain arithmetic: processes that hold, spend, crash, stand still and go by wrong
 * clocks, and messages that are lost, repeated, delayed and overtaken. Same seed, same run. The leases and the store's rules
 * are the real ones; only the network, the clocks and the processes are made here.
 */
import type { ExtendResult, LedgerLine, ReserveResult } from '../../../src/core/ledger.ts';
import {
  type Account,
  type Books,
  expire,
  extend,
  type HoldRecord,
  type HoldState,
  release,
  reserve,
} from '../../../src/stores/hold-machine.ts';
import { Lease, type LeaseMessage } from '../../../src/stores/lease.ts';

const PROCESSES = 6;
const ACCOUNTS = 3;
const MIN_LIMIT = 500;
const MAX_LIMIT = 20_000;
const MAX_AMOUNT = 60;
const MAX_CALLS = 12;
const TTL = 400;
const MAX_SKEW = 300;
const MAX_IN_FLIGHT = 64;
/** Steps of one seed; then everything is brought to its end and the books are compared. */
export const STEPS_A_SEED = 20_000;

export interface SimulationOptions {
  readonly seed: number;
  /** Crashes make money unreconciled; without them the books must be exact. */
  readonly crashes: boolean;
  /** The store falls back to how it was a while ago, as a replica that had not heard of the last writes. */
  readonly failovers?: boolean;
  /** A wrong rule, to see that the simulation finds it: what expires is given back. */
  readonly releaseOnExpiry?: boolean;
}

export interface SimulationResult {
  readonly calls: number;
  readonly refused: number;
  readonly lost: number;
  readonly expired: number;
  readonly crashes: number;
}

interface Call {
  readonly lease: Lease;
  readonly account: number;
  readonly amount: number;
}

interface Actor {
  readonly leases: (Lease | undefined)[];
  readonly retired: { lease: Lease; account: number }[];
  calls: Call[];
  /** The message of each lease that was not answered yet. */
  readonly asked: Map<Lease, LeaseMessage>;
  skew: number;
  frozenUntil: number;
}

interface Sent {
  readonly actor: Actor;
  readonly lease: Lease;
  readonly account: number;
  readonly message: LeaseMessage;
  readonly expiresAt: number;
}

interface Reply {
  readonly sent: Sent;
  readonly result: ReserveResult | ExtendResult | undefined;
}

class SimulatedBooks implements Books {
  accounts: (Account | undefined)[] = [];
  holds = new Map<string, HoldRecord>();
  open = new Set<HoldRecord>();

  account(name: string): Account | undefined {
    return this.accounts[Number(name)];
  }

  openAccount({ account: name }: LedgerLine): Account {
    const account = { name, posted: 0, held: 0, unreconciled: 0 };
    this.accounts[Number(name)] = account;
    return account;
  }

  saveAccount(): void {}

  hold(id: string): HoldRecord | undefined {
    return this.holds.get(id);
  }

  saveHold(hold: HoldRecord, was: HoldState | undefined): void {
    if (was === undefined) this.holds.set(hold.id, hold);
    if (hold.state === 'open') this.open.add(hold);
    else this.open.delete(hold);
  }

  copy(): SimulatedBooks {
    const books = new SimulatedBooks();
    books.accounts = this.accounts.map((account) => account && { ...account });
    for (const hold of this.holds.values()) {
      const copied = { ...hold, lines: hold.lines.map((line) => ({ ...line })) };
      books.holds.set(hold.id, copied);
      if (copied.state === 'open') books.open.add(copied);
    }
    return books;
  }
}

class Simulation {
  readonly #options: SimulationOptions;
  #state: number;
  #books = new SimulatedBooks();
  #backup = this.#books.copy();
  readonly #limit: number;
  #now = 0;
  #ids = 0;
  readonly #actors: Actor[];
  #sent: Sent[] = [];
  #replies: Reply[] = [];
  /** What calls really cost, and what open calls may still cost, by account. */
  readonly #spent = new Array<number>(ACCOUNTS).fill(0);
  readonly #overage = new Array<number>(ACCOUNTS).fill(0);
  readonly #openHolds = new Array<number>(ACCOUNTS).fill(0);
  /** Of leases that were told to their end since the backup, and of those whose end a failover has undone: nobody tells it again. */
  readonly #finished = new Array<number>(ACCOUNTS).fill(0);
  readonly #undone = new Array<number>(ACCOUNTS).fill(0);
  /** How often the store fell back, and how often it had when a lease was last told of. */
  #failovers = 0;
  readonly #toldAt = new WeakMap<Lease, number>();
  readonly result = { calls: 0, refused: 0, lost: 0, expired: 0, crashes: 0 };

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#state = (options.seed * 2_654_435_761) >>> 0 || 1;
    this.#limit = MIN_LIMIT + this.#random(MAX_LIMIT - MIN_LIMIT);
    this.#actors = Array.from({ length: PROCESSES }, () => this.#actor());
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) this.#step();
    this.#finish();
  }

  /** xorshift32: fast, and good enough to choose events. */
  #random(below: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % below;
  }

  #actor(): Actor {
    const skew = this.#random(2 * MAX_SKEW + 1) - MAX_SKEW;
    return { leases: new Array(ACCOUNTS), retired: [], calls: [], asked: new Map(), skew, frozenUntil: 0 };
  }

  #lease(account: number): Lease {
    const newId = (): string => `l${this.#ids++}`;
    return new Lease({ account: String(account), limit: this.#limit, enforce: true, newId });
  }

  #step(): void {
    const event = this.#random(1_000);
    if (event < 330) this.#startCall();
    else if (event < 570) this.#endCall();
    else if (event < 700) this.#report();
    else if (event < 840) this.#deliver();
    else if (event < 985) this.#answer();
    else if (event < 995) this.#pass();
    else this.#fault();
  }

  #awake(): Actor | undefined {
    const actor = this.#actors[this.#random(PROCESSES)]!;
    return actor.frozenUntil > this.#now ? undefined : actor;
  }

  #startCall(): void {
    const actor = this.#awake();
    if (!actor || actor.calls.length >= MAX_CALLS) return;
    const account = this.#random(ACCOUNTS);
    const amount = 1 + this.#random(MAX_AMOUNT);
    const lease = this.#current(actor, account);
    lease.expect(amount);
    if (lease.take(amount)) this.#started(actor, lease, account, amount);
    else this.#say(actor, lease, account, amount);
  }

  #current(actor: Actor, account: number): Lease {
    const known = actor.leases[account];
    if (known && !known.retired) return known;
    if (known) actor.retired.push({ lease: known, account });
    const lease = this.#lease(account);
    actor.leases[account] = lease;
    return lease;
  }

  #started(actor: Actor, lease: Lease, account: number, amount: number): void {
    this.result.calls++;
    actor.calls.push({ lease, account, amount });
    this.#openHolds[account]! += amount;
    this.#checkCovered(account);
  }

  #endCall(): void {
    const actor = this.#awake();
    if (!actor || actor.calls.length === 0) return;
    const place = this.#random(actor.calls.length);
    const { lease, account, amount } = actor.calls[place]!;
    actor.calls[place] = actor.calls.at(-1)!;
    actor.calls.pop();
    this.#endCallWith(lease, account, amount);
  }

  /** Some calls cost more than they held: the bill is real, and is booked. */
  #endCallWith(lease: Lease, account: number, amount: number): void {
    const cost = this.#random(50) === 0 ? amount + this.#random(MAX_AMOUNT) : this.#random(amount + 1);
    lease.end(amount, cost);
    this.#openHolds[account]! -= amount;
    this.#spent[account]! += cost;
    this.#overage[account]! += Math.max(0, cost - amount);
  }

  /** Tells the store of a lease, and lets go of one that is over. */
  #report(): void {
    const actor = this.#awake();
    if (!actor) return;
    const account = this.#random(ACCOUNTS);
    const old = actor.retired.length > 0 && this.#random(2) === 0 ? this.#random(actor.retired.length) : -1;
    if (old < 0) {
      const lease = actor.leases[account];
      if (lease && (lease.untold || this.#random(8) === 0)) this.#say(actor, lease, account, 0);
      return;
    }
    const { lease, account: at } = actor.retired[old]!;
    if (lease.closed) actor.retired.splice(old, 1);
    else this.#say(actor, lease, at, 0);
  }

  /** One message of a lease at a time; one that seems lost is given up, though it may still arrive. */
  #say(actor: Actor, lease: Lease, account: number, wanted: number): void {
    if (actor.asked.has(lease) && this.#random(20) !== 0) return;
    if (lease.opening && !lease.untold && wanted === 0) {
      if (lease.retired) lease.finish();
      return;
    }
    const over = lease.retired && !lease.opening && lease.held === 0 && !lease.untold;
    const message = over ? lease.close() : lease.next(wanted, this.#random(4) === 0);
    actor.asked.set(lease, message);
    const sent = { actor, lease, account, message, expiresAt: this.#now + actor.skew + TTL };
    if (this.#random(20) === 0) this.result.lost++;
    else if (this.#sent.length < MAX_IN_FLIGHT) this.#sent.push(sent);
  }

  /** Any message on its way arrives, in any order, some of them twice. */
  #deliver(): void {
    if (this.#sent.length === 0) return;
    const place = this.#random(this.#sent.length);
    const sent = this.#sent[place]!;
    if (this.#random(20) !== 0) {
      this.#sent[place] = this.#sent.at(-1)!;
      this.#sent.pop();
    }
    this.#expireDue();
    const result = this.#carryOut(sent);
    this.#checkCap(sent.account);
    if (this.#random(20) === 0) this.result.lost++;
    else if (this.#replies.length < MAX_IN_FLIGHT) this.#replies.push({ sent, result });
  }

  #carryOut({ lease, message, account, expiresAt }: Sent): Reply['result'] {
    if (message.kind === 'open') {
      const { id, amount, enforce } = message;
      return reserve(this.#books, {
        id,
        lines: [{ account: String(account), limit: this.#limit, amount, enforce }],
        expiresAt,
      });
    }
    if (message.kind === 'report') {
      const result = extend(this.#books, message.id, message.total, expiresAt, message);
      if (this.#books.hold(message.id)?.used === lease.used) this.#toldAt.set(lease, this.#failovers);
      return result;
    }
    release(this.#books, message.id);
    return undefined;
  }

  #answer(): void {
    if (this.#replies.length === 0) return;
    const place = this.#random(this.#replies.length);
    const { sent, result } = this.#replies[place]!;
    if (sent.actor.frozenUntil > this.#now) return;
    this.#replies[place] = this.#replies.at(-1)!;
    this.#replies.pop();
    const { actor, lease, message } = sent;
    if (actor.asked.get(lease) === message) actor.asked.delete(lease);
    if (message.kind === 'open') {
      lease.opened(message, result as ReserveResult);
      lease.learn((result as ReserveResult).over[0]);
      if (!result!.ok) this.result.refused++;
    } else if (message.kind === 'report') {
      lease.reported(message, result as ExtendResult);
      if (!result!.ok) this.result.refused++;
    } else this.#finishLease(lease, sent.account);
  }

  #finishLease(lease: Lease, account: number): void {
    const undone = (this.#toldAt.get(lease) ?? 0) < this.#failovers;
    if (!lease.closed) (undone ? this.#undone : this.#finished)[account]! += lease.used;
    lease.finish();
  }

  #pass(): void {
    this.#now += 1 + this.#random(20);
    this.#expireDue();
  }

  #expireDue(): void {
    for (const hold of this.#books.open) {
      if (hold.expiresAt > this.#now) continue;
      this.result.expired++;
      expire(this.#books, hold);
      if (this.#options.releaseOnExpiry) this.#giveBack(hold);
    }
  }

  #giveBack(hold: HoldRecord): void {
    release(this.#books, hold.id);
  }

  #fault(): void {
    const actor = this.#actors[this.#random(PROCESSES)]!;
    const kind = this.#random(40);
    if (kind < 8) actor.frozenUntil = this.#now + this.#random(4 * TTL);
    else if (kind < 16) actor.skew = this.#random(2 * MAX_SKEW + 1) - MAX_SKEW;
    else if (kind < 17 && this.#options.crashes) this.#crash(actor);
    else if (kind < 20 && this.#options.failovers) this.#failOver();
    else if (kind < 30 && this.#options.failovers) this.#backUp();
  }

  #backUp(): void {
    this.#backup = this.#books.copy();
    this.#finished.fill(0);
  }

  #failOver(): void {
    this.#failovers++;
    this.#books = this.#backup.copy();
    for (const [account, used] of this.#finished.entries()) this.#undone[account]! += used;
    this.#finished.fill(0);
  }

  /** The process is gone; what its calls cost is real all the same. */
  #crash(actor: Actor): void {
    this.result.crashes++;
    for (const { account, amount } of actor.calls) {
      this.#openHolds[account]! -= amount;
      this.#spent[account]! += this.#random(amount + 1);
    }
    this.#actors[this.#actors.indexOf(actor)] = this.#actor();
  }

  /** Ends what is open, tells all there is to tell without a fault, lets the rest expire, and compares the books. */
  #finish(): void {
    for (const actor of this.#actors) {
      actor.frozenUntil = 0;
      while (actor.calls.length > 0) this.#endCallOf(actor);
      for (const [account, lease] of actor.leases.entries()) {
        if (lease) actor.retired.push({ lease, account });
      }
      for (const { lease, account } of actor.retired) this.#tellAll(lease, account);
    }
    this.#now += 10 * (TTL + MAX_SKEW);
    this.#expireDue();
    for (let account = 0; account < ACCOUNTS; account++) this.#checkBooks(account);
  }

  #endCallOf(actor: Actor): void {
    const { lease, account, amount } = actor.calls.pop()!;
    this.#endCallWith(lease, account, amount);
  }

  #tellAll(lease: Lease, account: number): void {
    lease.retire();
    for (let round = 0; round < 8 && !lease.closed; round++) {
      if (lease.opening && !lease.untold) {
        lease.finish();
        break;
      }
      const message = lease.opening || lease.untold || round < 2 ? lease.next(0, true) : lease.close();
      const sent = { actor: this.#actors[0]!, lease, account, message, expiresAt: this.#now + TTL };
      const result = this.#carryOut(sent);
      if (message.kind === 'open') lease.opened(message, result as ReserveResult);
      else if (message.kind === 'report') lease.reported(message, result as ExtendResult);
      else this.#finishLease(lease, account);
    }
    if (!lease.closed) this.#violation(account, 'a lease could not be told to its end');
  }

  #standing(account: number): Account {
    return this.#books.accounts[account] ?? { name: '', posted: 0, held: 0, unreconciled: 0 };
  }

  #checkCap(account: number): void {
    const { posted, held, unreconciled } = this.#standing(account);
    if (this.#options.failovers) return;
    if (posted + held > this.#limit + this.#overage[account]!) this.#violation(account, 'the books are above the cap');
    if (held < 0 || unreconciled < 0) this.#violation(account, 'less than nothing is held');
    this.#checkCovered(account);
  }

  /** What was spent and may still be spent is always on the books, so it cannot pass the cap either; but for what a call cost beyond its hold. */
  #checkCovered(account: number): void {
    if (this.#options.failovers) return;
    const { posted, held } = this.#standing(account);
    if (this.#spent[account]! - this.#overage[account]! + this.#openHolds[account]! > posted + held)
      this.#violation(account, 'money is spent that is not on the books');
  }

  #checkBooks(account: number): void {
    const { posted, held, unreconciled } = this.#standing(account);
    const spent = this.#spent[account]!;
    if (held !== 0) this.#violation(account, `${held} is held for nothing`);
    // A process that crashed before it told what a call cost beyond its hold takes that with it.
    const untold = this.#options.crashes ? this.#overage[account]! : 0;
    if (posted < spent - untold - this.#undone[account]!)
      this.#violation(account, `${posted} posted of ${spent} spent`);
    if (posted - unreconciled > spent)
      this.#violation(account, `${posted} posted, ${unreconciled} of it unreconciled, of ${spent} spent`);
    const exact = !this.#options.crashes && !this.#options.failovers;
    if (exact && posted !== spent) this.#violation(account, `${posted} posted, ${spent} spent, and nobody crashed`);
  }

  #violation(account: number, what: string): never {
    throw new Error(`Seed ${this.#options.seed}, account ${account}: ${what}.`);
  }
}

export function simulate(options: SimulationOptions, steps = STEPS_A_SEED): SimulationResult {
  const simulation = new Simulation(options);
  simulation.run(steps);
  return simulation.result;
}
