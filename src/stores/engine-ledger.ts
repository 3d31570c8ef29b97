/**
 * A ledger whose books an engine keeps elsewhere. It checks what is said, joins what is said at the same time into one
 * message, and reads the answers. Knows no engine in particular.
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
import {
  type Engine,
  extendOperation,
  type Operation,
  readExtended,
  readReserved,
  readStates,
  reserveOperation,
  settleOperation,
  storedName,
} from './operations.ts';
import { dimensionsOf, groupRows } from './rollup-rows.ts';
import { checkAmount, checkReport, checkReservation } from './safe-sum.ts';

export interface EngineLedgerOptions {
  readonly engine: Engine;
  /** For tests: the engine then goes by this clock too. */
  readonly now?: (() => number) | undefined;
  /** Operations of one message. */
  readonly maxBatch: number;
  /** Messages on their way at once. One, where the engine takes them one after the other anyway, makes the largest. */
  readonly maxInFlight: number;
  /** After this long without an answer a message no longer keeps the next from leaving. */
  readonly patienceMs: number;
}

/** Should the two halves of an end be parted, the second is told again in this time. */
const SETTLING_MS = 15 * 60_000;

interface Waiting {
  readonly operation: Operation;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

export class EngineLedger implements LedgerStore {
  readonly #options: EngineLedgerOptions;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #scheduled = false;
  readonly #unanswered = new Set<Promise<unknown>>();

  constructor(options: EngineLedgerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async reserve(reservation: Reservation): Promise<ReserveResult> {
    checkReservation(reservation);
    return readReserved(await this.#run(reserveOperation(reservation, this.#now())));
  }

  async extend(id: string, total: number, expiresAt: number, lease?: LeaseReport): Promise<ExtendResult> {
    checkAmount('A total', total);
    if (lease) checkReport(lease);
    return readExtended(await this.#run(extendOperation(id, total, expiresAt - this.#now(), lease)));
  }

  async settle(id: string, amount: number, dimensions: SpendDimensions | undefined): Promise<void> {
    checkAmount('A settled amount', amount);
    if (dimensions) await this.#run(settleOperation(id, amount, dimensions));
    else await this.#settleUnrolled(id, amount);
  }

  /** What was used, told as a lease tells it, then the end: engines of every version know both. They leave in one message. */
  async #settleUnrolled(id: string, used: number): Promise<void> {
    const report = { used, held: 0, version: Number.MAX_SAFE_INTEGER };
    const told = this.#run(extendOperation(id, used, SETTLING_MS, report));
    await Promise.all([told, this.release(id)]);
  }

  async release(id: string): Promise<void> {
    await this.#run({ op: 'release', id: storedName(id) });
  }

  async read(accounts: readonly string[]): Promise<readonly AccountState[]> {
    return readStates(await this.#run({ op: 'read', accounts: accounts.map(storedName) }));
  }

  async query({
    by,
    from,
    to,
  }: {
    by: readonly RollupDimension[];
    from: number;
    to: number;
  }): Promise<readonly RollupRow[]> {
    const rows = await this.#options.engine.rows(from, to);
    const stored = rows.map(([row, nanoUsd, calls, inputTokens, outputTokens]) => ({
      dimensions: dimensionsOf(row),
      nanoUsd: Number(nanoUsd),
      calls: Number(calls),
      inputTokens: Number(inputTokens),
      outputTokens: Number(outputTokens),
    }));
    return groupRows(stored, by);
  }

  async flush(): Promise<void> {
    await Promise.allSettled(this.#unanswered);
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#options.engine.close();
  }

  #run(operation: Operation): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
    });
    this.#unanswered.add(answer);
    const done = (): void => {
      this.#unanswered.delete(answer);
    };
    answer.then(done, done);
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#send();
      });
    }
    return answer;
  }

  #send(): void {
    const { maxInFlight, maxBatch } = this.#options;
    while (this.#waiting.length > 0 && this.#inFlight < maxInFlight) {
      const batch = this.#waiting.splice(0, maxBatch);
      this.#inFlight++;
      void this.#deliver(batch);
    }
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    const { engine, now, patienceMs } = this.#options;
    let counted = true;
    const leave = (): void => {
      if (counted) this.#inFlight--;
      counted = false;
      this.#send();
    };
    const timer = setTimeout(leave, patienceMs);
    timer.unref?.();
    try {
      const answers = await engine.run(
        batch.map(({ operation }) => operation),
        now?.(),
      );
      for (const [place, { resolve }] of batch.entries()) resolve(answers[place]);
    } catch (cause) {
      for (const { reject } of batch) reject(cause);
    } finally {
      clearTimeout(timer);
      leave();
    }
  }
}
