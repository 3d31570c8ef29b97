/**
 * The state of one server: a copy of the documents that calls read without waiting, kept current by asking the store for its head, and the
 * one way to change them, which writes the audit row in the same transaction. Knows no kind of document and no store.
 */
import { randomUUID } from 'node:crypto';
import type {
  AuditEntry,
  AuditRecord,
  StateDocument,
  StateHead,
  StateKind,
  StateStore,
  StateWrite,
} from '../core/state.ts';
import { GatewayError, optionError } from '../errors.ts';
import { chained } from './audit-chain.ts';
import { throughJson } from './canonical-json.ts';
import { changeFailed, inTime, unavailable, wentBack } from './state-faults.ts';
import { StateView } from './state-view.ts';

export interface ServerStateOptions {
  /** How often the store is asked whether another server changed something, in ms. 0: never. Default 1,000. */
  readonly pollMs?: number | undefined;
  /** Longest wait for one answer of the store, in ms. Default 6,000: SQLite waits 5,000 for another process to let go of the file. */
  readonly deadlineMs?: number | undefined;
  /** Milliseconds since the epoch, of audit rows. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** From 0 to 1, for waits between tries. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Told once when the store stops answering, when its log went back, and of listeners that throw. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** What a change wants: the row's entry, and the documents that it writes. */
export interface Change<Result> {
  readonly entry: AuditEntry;
  readonly writes: readonly StateWrite[];
  readonly result: Result;
}

export interface StateHealth {
  readonly ok: boolean;
  /** Of the last answer. */
  readonly latencyMs: number | undefined;
  /** When the store was last asked, ms since the epoch. */
  readonly checkedAt: number;
  /** Code of what is wrong. */
  readonly error?: string | undefined;
}

type ResultOf<Made> = Made extends Change<infer Result> ? Result : undefined;

/** Changes of one server that wait for their turn. */
const MAX_WAITING = 1_000;
/** Each try that is lost is a change that somebody else made. */
const MAX_TRIES = 50;
const MAX_BACKOFF_MS = 20;

/** Reads the documents once. @throws GatewayError `state_unavailable` when it cannot */
export async function openState(store: StateStore, options: ServerStateOptions = {}): Promise<ServerState> {
  const state = new ServerState(store, options);
  try {
    await state.refresh();
  } catch (cause) {
    await state.close();
    throw cause;
  }
  return state;
}

export class ServerState {
  readonly #store: StateStore;
  readonly #pollMs: number;
  readonly #deadlineMs: number;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #onError: (error: Error) => void;
  readonly #listeners = new Set<(head: StateHead) => void>();
  #view: StateView | undefined;
  #health: StateHealth;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** What asks or changes the store does so one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Use `openState`. */
  constructor(store: StateStore, options: ServerStateOptions) {
    const { pollMs = 1_000, deadlineMs = 6_000, now = Date.now, random = Math.random, onError } = options;
    for (const [name, value, least] of [
      ['pollMs', pollMs, 0],
      ['deadlineMs', deadlineMs, 1],
    ] as const)
      if (!Number.isSafeInteger(value) || value < least)
        throw optionError(`openState: ${name}`, `a whole number of at least ${least}`, value);
    this.#store = store;
    this.#pollMs = pollMs;
    this.#deadlineMs = deadlineMs;
    this.#now = now;
    this.#random = random;
    this.#onError = onError ?? (() => undefined);
    this.#health = { ok: true, latencyMs: undefined, checkedAt: now() };
    this.#pollLater();
  }

  /** Of the copy. */
  get head(): StateHead {
    return this.#known.head;
  }

  get health(): StateHealth {
    return this.#health;
  }

  documents(kind: StateKind): readonly StateDocument[] {
    return this.#known.documents(kind);
  }

  document(kind: StateKind, id: string): StateDocument | undefined {
    return this.#known.document(kind, id);
  }

  /** Told after the documents have changed, by whom ever. Returns what takes the listener out again. */
  onChange(listener: (head: StateHead) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes a change and its audit row, or neither. `make` gets the documents as they stand in the store, must do nothing else than look at
   * them, and is asked again when another server was first; `undefined` is no change at all. What it throws is thrown.
   * @throws GatewayError `state_unavailable` when the row cannot be written
   */
  change<Made extends Change<unknown> | undefined>(make: (view: StateView) => Made): Promise<ResultOf<Made>> {
    return this.#inTurn(() => this.#change(make));
  }

  /** Asks the store whether something has changed. @throws GatewayError `state_unavailable` */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refresh());
  }

  /** Rows from `from` on, at most `limit`, out of the store. @throws GatewayError `state_unavailable` */
  audit(from: number, limit: number): Promise<readonly AuditRecord[]> {
    return this.#ask(() => this.#store.audit(from, limit));
  }

  /** Lets go of the store, when what was begun has ended. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    await this.#last;
    await this.#store.close?.();
  }

  get #known(): StateView {
    if (this.#view === undefined) throw new GatewayError('state_unavailable', 'The state has not been read yet.');
    return this.#view;
  }

  async #change<Made extends Change<unknown> | undefined>(make: (view: StateView) => Made): Promise<ResultOf<Made>> {
    const ownId = randomUUID();
    await this.#refresh();
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const view = this.#known;
      const made = make(view);
      if (made === undefined) return undefined as ResultOf<Made>;
      const { entry, writes: given, result } = made;
      const writes = throughJson(given);
      // Without an id of its own a row of another server could say the same, and its hash would pass for ours.
      const record = chained({ ...entry, requestId: entry.requestId ?? ownId }, view.head, this.#now());
      if (await this.#commit(record, writes)) {
        this.#replace(view.with({ seq: record.seq, hash: record.hash }, writes));
        return result as ResultOf<Made>;
      }
      await this.#pause(tries);
      await this.#refresh();
    }
    throw new GatewayError(
      'state_unavailable',
      `The change was not made: other servers were first ${MAX_TRIES} times. Make it again.`,
      { details: { known: true } },
    );
  }

  /** Whether the row is in the log. An answer may be lost on its way, and a client may have asked twice: the log tells. */
  async #commit(record: AuditRecord, writes: readonly StateWrite[]): Promise<boolean> {
    const fault = await this.#tryCommit(record, writes);
    if (fault === 'done') return true;
    const place = await this.#placeOf(record, fault);
    if (place === 'taken') return true;
    if (place === 'lost' || fault === undefined) return false;
    // Nobody is in its place: it was refused, or is still on its way.
    throw fault.code === 'state_unavailable' ? changeFailed(fault) : fault;
  }

  /** `undefined`: somebody else is in its place, or it is itself. */
  async #tryCommit(record: AuditRecord, writes: readonly StateWrite[]): Promise<'done' | GatewayError | undefined> {
    try {
      return (await this.#ask(() => this.#store.commit(record, writes))) ? 'done' : undefined;
    } catch (cause) {
      return cause as GatewayError;
    }
  }

  async #placeOf(record: AuditRecord, fault: GatewayError | undefined): Promise<'taken' | 'lost' | 'empty'> {
    try {
      const [row] = await this.#ask(() => this.#store.audit(record.seq, 1));
      if (row === undefined) return 'empty';
      return row.hash === record.hash ? 'taken' : 'lost';
    } catch (cause) {
      throw changeFailed(fault ?? (cause as GatewayError), 'unknown');
    }
  }

  async #refresh(): Promise<void> {
    const head = await this.#ask(() => this.#store.head());
    const before = this.#view?.head;
    if (before !== undefined && head.seq === before.seq && head.hash === before.hash) return;
    const loaded = await this.#ask(() => this.#store.load());
    if (before !== undefined && isBehind(loaded.head, before)) this.#onError(wentBack(before, loaded.head));
    this.#replace(StateView.of(loaded.head, loaded.documents));
  }

  #replace(view: StateView): void {
    this.#view = view;
    for (const listener of [...this.#listeners]) {
      try {
        listener(view.head);
      } catch (cause) {
        this.#onError(new Error('A listener for changes of the state failed.', { cause }));
      }
    }
  }

  /** One answer of the store, within the deadline. */
  async #ask<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const started = performance.now();
    try {
      const answer = await inTime(ask, this.#deadlineMs);
      this.#health = { ok: true, latencyMs: performance.now() - started, checkedAt: this.#now() };
      return answer;
    } catch (cause) {
      const error = unavailable(cause);
      const isNew = this.#health.ok;
      this.#health = {
        ok: false,
        latencyMs: performance.now() - started,
        checkedAt: this.#now(),
        error: error.code,
      };
      if (isNew) this.#onError(error);
      throw error;
    }
  }

  #inTurn<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    if (this.#closed) return Promise.reject(new GatewayError('state_unavailable', 'The state is closed.'));
    if (this.#waiting >= MAX_WAITING)
      return Promise.reject(
        new GatewayError('state_unavailable', `${MAX_WAITING} changes are waiting already.`, {
          details: { known: true },
        }),
      );
    this.#waiting++;
    const turn = this.#last.then(act).finally(() => this.#waiting--);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #pollLater(): void {
    if (this.#closed || this.#pollMs === 0) return;
    this.#timer = setTimeout(() => this.#poll(), this.#pollMs);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    // Who changes something asks for the head anyway.
    if (this.#waiting === 0) await this.refresh().catch(() => undefined);
    this.#pollLater();
  }

  #pause(tries: number): Promise<void> {
    const longest = Math.min(MAX_BACKOFF_MS, 2 ** tries);
    return new Promise((resolve) => setTimeout(resolve, this.#random() * longest));
  }
}

function isBehind(head: StateHead, before: StateHead): boolean {
  return head.seq < before.seq || (head.seq === before.seq && head.hash !== before.hash);
}
