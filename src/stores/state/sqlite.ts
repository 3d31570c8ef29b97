/** What a server keeps, in an SQLite file: the ledger's own, or another. Changes are rare, so it needs no thread. */
import { type AuditRecord, EMPTY_HEAD, type StateHead, type StateStore, type StateWrite } from '../../core/state.ts';
import { GatewayError } from '../../errors.ts';
import {
  checkSqliteOptions,
  type Database,
  isBusy,
  openDatabase,
  type SqliteDriver,
  SqliteSetupError,
  type Statement,
  setDurability,
} from '../sqlite-driver.ts';
import { documentOf, recordOf, STATE_LAYOUT, textWrites } from './stored.ts';

export interface SqliteStateOptions {
  /** The database file, on a disk of this machine; a ledger may stand in it too. It is made when it is not there; its folder must be. */
  readonly path: string;
  /**
   * Default: `node:sqlite` where Node has it (22.13 and later), else the installed `better-sqlite3`. A ledger in the same file and
   * process must have the same one: two copies of SQLite in one process undo each other's locks (sqlite.org/howtocorrupt.html, 2.2).
   */
  readonly driver?: SqliteDriver | undefined;
}

const NAME = 'sqliteState';
/** Another process may keep the file to itself for a moment; past this something is wrong with it. */
const BUSY_MS = 5_000;
const MAX_WAIT_MS = 4;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS state_schema (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS state_head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS state_audit (seq INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS state_document (kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, id))
  WITHOUT ROWID;
INSERT OR IGNORE INTO state_head (one, seq, hash) VALUES (1, ${EMPTY_HEAD.seq}, '${EMPTY_HEAD.hash}');
`;

const STATEMENTS = {
  head: 'SELECT seq, hash FROM state_head',
  documents: 'SELECT kind, id, value FROM state_document',
  moveHead: 'UPDATE state_head SET seq = ?, hash = ?',
  append: 'INSERT INTO state_audit (seq, record) VALUES (?, ?)',
  write: `INSERT INTO state_document (kind, id, value) VALUES (?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value`,
  remove: 'DELETE FROM state_document WHERE kind = ? AND id = ?',
  audit: 'SELECT seq, record FROM state_audit WHERE seq >= ? ORDER BY seq LIMIT ?',
} as const;

interface Opened {
  readonly database: Database;
  readonly statements: Readonly<Record<keyof typeof STATEMENTS, Statement>>;
}

/** A change is on disk before it is acknowledged. */
export function sqliteState(options: SqliteStateOptions): StateStore {
  checkSqliteOptions(NAME, options);
  return new SqliteState(options);
}

class SqliteState implements StateStore {
  readonly #options: SqliteStateOptions;
  #opened: Opened | undefined;

  constructor(options: SqliteStateOptions) {
    this.#options = options;
  }

  head(): Promise<StateHead> {
    return this.#patiently((opened) => headOf(opened));
  }

  load(): ReturnType<StateStore['load']> {
    return this.#patiently((opened) =>
      inTransaction(opened, 'BEGIN', () => ({ head: headOf(opened), documents: documentsOf(opened) })),
    );
  }

  commit(record: AuditRecord, writes: readonly StateWrite[]): Promise<boolean> {
    return this.#patiently((opened) => inTransaction(opened, 'BEGIN IMMEDIATE', () => commit(opened, record, writes)));
  }

  audit(from: number, limit: number): Promise<readonly AuditRecord[]> {
    return this.#patiently(({ statements }) => {
      const rows = statements.audit.all(from, limit) as { seq: number; record: string }[];
      return rows.map(({ seq, record }) => recordOf(seq, record));
    });
  }

  async close(): Promise<void> {
    this.#opened?.database.close();
    this.#opened = undefined;
  }

  /** The file may be somebody else's for a moment; each try is whole, and between two the event loop goes on. */
  async #patiently<Answer>(act: (opened: Opened) => Answer): Promise<Answer> {
    const end = performance.now() + BUSY_MS;
    for (;;) {
      try {
        return act(this.#open());
      } catch (cause) {
        if (cause instanceof SqliteSetupError) throw new GatewayError('not_supported', `SQLite: ${cause.message}`);
        if (!isBusy(cause) || performance.now() > end) throw cause;
        await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * MAX_WAIT_MS));
      }
    }
  }

  #open(): Opened {
    if (this.#opened) return this.#opened;
    const database = openDatabase(this.#options.path, this.#options.driver);
    try {
      setDurability(database);
      createSchema(database);
      const statements = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
      this.#opened = { database, statements: Object.fromEntries(statements) as Opened['statements'] };
      return this.#opened;
    } catch (cause) {
      database.close();
      throw cause;
    }
  }
}

function createSchema(database: Database): void {
  database.exec('BEGIN IMMEDIATE');
  database.exec(SCHEMA);
  const { version } = database.prepare('SELECT max(version) AS version FROM state_schema').get() as {
    version: number | null;
  };
  if (version === null) database.prepare('INSERT INTO state_schema (version) VALUES (?)').run(STATE_LAYOUT);
  else if (version > STATE_LAYOUT)
    throw new SqliteSetupError(
      `The state's tables are of version ${version}, this Postern knows ${STATE_LAYOUT}: update Postern.`,
    );
  database.exec('COMMIT');
}

function inTransaction<Answer>({ database }: Opened, begin: string, act: () => Answer): Answer {
  database.exec(begin);
  try {
    const answer = act();
    database.exec('COMMIT');
    return answer;
  } catch (cause) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back on its own, as it does when the disk is full.
    }
    throw cause;
  }
}

function headOf({ statements }: Opened): StateHead {
  const { seq, hash } = statements.head.get() as StateHead;
  return { seq, hash };
}

function documentsOf({ statements }: Opened): ReturnType<typeof documentOf>[] {
  const rows = statements.documents.all() as { kind: string; id: string; value: string }[];
  return rows.map(({ kind, id, value }) => documentOf(kind, id, value));
}

function commit(opened: Opened, record: AuditRecord, writes: readonly StateWrite[]): boolean {
  const { statements } = opened;
  const head = headOf(opened);
  if (head.seq !== record.seq - 1 || head.hash !== record.prev) return false;
  statements.append.run(record.seq, JSON.stringify(record));
  for (const { kind, id, text } of textWrites(writes)) {
    if (text === null) statements.remove.run(kind, id);
    else statements.write.run(kind, id, text);
  }
  statements.moveHead.run(record.seq, record.hash);
  return true;
}
