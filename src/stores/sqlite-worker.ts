/**
 * The thread that writes the SQLite file, so that no event loop waits for a disk. What has arrived since the last commit
 * goes into one transaction, and is answered when that is on disk.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { expire, extend, release, reserve, settle } from './hold-machine.ts';
import type { EngineRow, Operation } from './operations.ts';
import { createSchema, SqliteBooks } from './sqlite-books.ts';
import {
  type Database,
  isBusy,
  openDatabase,
  type SqliteDriver,
  SqliteSetupError,
  setDurability,
} from './sqlite-driver.ts';

export interface SqliteWorkerData {
  readonly path: string;
  readonly driver: SqliteDriver | undefined;
  /** How long another process may keep the file to itself. */
  readonly busyMs: number;
  readonly keepRowsMs: number;
}

export type SqliteRequest =
  | { readonly seq: number; readonly operations: readonly Operation[]; readonly now: number | undefined }
  | { readonly seq: number; readonly rows: { readonly from: number; readonly to: number } }
  | { readonly seq: number; readonly close: true };

export type SqliteReply =
  | { readonly seq: number; readonly answers: readonly unknown[] }
  | { readonly seq: number; readonly error: string; readonly setup: boolean };

type Write = Extract<SqliteRequest, { operations: unknown }>;

const FORGET_EVERY_MS = 60_000;
const MAX_OPERATIONS = 1_024;
const MIN_SLEEP_MS = 0.05;
const MAX_SLEEP_MS = 4;

class Writer {
  readonly #port: MessagePort;
  readonly #data: SqliteWorkerData;
  #opened: { readonly database: Database; readonly books: SqliteBooks } | undefined;
  #waiting: Write[] = [];
  #forgotAt = 0;
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));

  constructor(port: MessagePort, data: SqliteWorkerData) {
    this.#port = port;
    this.#data = data;
  }

  receive(request: SqliteRequest): void {
    if ('operations' in request) {
      // What else has arrived is delivered before an immediate runs, and joins the transaction.
      if (this.#waiting.length === 0) setImmediate(() => this.#writeAll());
      this.#waiting.push(request);
      return;
    }
    this.#writeAll();
    this.#answer([request.seq], () => [
      'rows' in request ? this.#open().books.rows(request.rows.from, request.rows.to) : this.#close(),
    ]);
  }

  #writeAll(): void {
    while (this.#waiting.length > 0) {
      let count = 0;
      const end = this.#waiting.findIndex(({ operations }) => {
        count += operations.length;
        return count > MAX_OPERATIONS;
      });
      const writes = this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(1, end));
      this.#answer(
        writes.map(({ seq }) => seq),
        () => this.#transact(writes),
      );
    }
  }

  /** One reply for each request, or the fault for all of them: a transaction that failed has changed nothing. */
  #answer(seqs: readonly number[], act: () => readonly (readonly unknown[])[]): void {
    let replies: SqliteReply[];
    try {
      const answers = act();
      replies = seqs.map((seq, place) => ({ seq, answers: answers[place]! }));
    } catch (cause) {
      const error = cause instanceof Error ? cause.message : String(cause);
      replies = seqs.map((seq) => ({ seq, error, setup: cause instanceof SqliteSetupError }));
    }
    this.#port.postMessage(replies);
  }

  #transact(writes: readonly Write[]): (readonly unknown[])[] {
    const { database, books } = this.#open();
    this.#patiently(() => database.exec('BEGIN IMMEDIATE'));
    try {
      const now = writes.at(-1)!.now ?? Date.now();
      books.begin(now);
      for (const hold of books.due()) expire(books, hold);
      if (Math.abs(now - this.#forgotAt) > FORGET_EVERY_MS) {
        books.forget(this.#data.keepRowsMs);
        this.#forgotAt = now;
      }
      const answers = writes.map(({ operations }) => operations.map((operation) => run(books, operation, now)));
      books.write();
      this.#patiently(() => database.exec('COMMIT'));
      return answers;
    } catch (cause) {
      try {
        database.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back on its own, as it does when the disk is full.
      }
      throw cause;
    }
  }

  #open(): { readonly database: Database; readonly books: SqliteBooks } {
    if (this.#opened) return this.#opened;
    const database = openDatabase(this.#data.path, this.#data.driver);
    try {
      this.#patiently(() => setDurability(database));
      this.#patiently(() => database.exec('BEGIN IMMEDIATE'));
      createSchema(database);
      database.exec('COMMIT');
      this.#opened = { database, books: new SqliteBooks(database) };
      return this.#opened;
    } catch (cause) {
      database.close();
      throw cause;
    }
  }

  #close(): readonly EngineRow[] {
    this.#opened?.database.close();
    this.#opened = undefined;
    return [];
  }

  /** SQLite's own waiting starves one of two busy processes for seconds; short random sleeps let both get on. */
  #patiently(act: () => unknown): void {
    const end = performance.now() + this.#data.busyMs;
    for (;;) {
      try {
        act();
        return;
      } catch (cause) {
        if (!isBusy(cause) || performance.now() > end) throw cause;
        Atomics.wait(this.#sleeper, 0, 0, MIN_SLEEP_MS + Math.random() * (MAX_SLEEP_MS - MIN_SLEEP_MS));
      }
    }
  }
}

function run(books: SqliteBooks, operation: Operation, now: number): unknown {
  switch (operation.op) {
    case 'reserve':
      return reserve(books, { ...operation, expiresAt: now + operation.ttlMs });
    case 'extend': {
      const { id, total, ttlMs, used, held, version } = operation;
      return extend(books, id, total, now + ttlMs, version > 0 ? { used, held, version } : undefined);
    }
    case 'settle':
      if (settle(books, operation.id, operation.amount)) books.book(operation);
      return null;
    case 'release':
      release(books, operation.id);
      return null;
    case 'read':
      return operation.accounts.map((account) => books.account(account) ?? noAccount(account)).map(toState);
  }
}

function noAccount(name: string): { name: string; posted: number; held: number; unreconciled: number } {
  return { name, posted: 0, held: 0, unreconciled: 0 };
}

function toState({ name, posted, held, unreconciled }: ReturnType<typeof noAccount>): unknown {
  return { account: name, posted, held, unreconciled };
}

if (parentPort) {
  const port = parentPort;
  const writer = new Writer(port, workerData as SqliteWorkerData);
  port.on('message', (request: SqliteRequest) => writer.receive(request));
}
