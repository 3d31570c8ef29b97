/** `postern/sqlite`: a ledger in a file, and what a server keeps besides, for all processes of one machine. */
import {
  checkSharedOptions,
  keepRowsMs,
  type SharedLedger,
  type SharedLedgerOptions,
  sharedLedger,
} from './shared-ledger.ts';
import { checkSqliteOptions, type SqliteDriver } from './sqlite-driver.ts';
import { SqliteEngine } from './sqlite-engine.ts';
import { type SqliteStateOptions, sqliteState } from './state/sqlite.ts';

export type { StateStore } from '../core/state.ts';
export type { SharedLedger, SharedLedgerOptions, SqliteDriver, SqliteStateOptions };
export { sqliteState };

export interface SqliteLedgerOptions extends SharedLedgerOptions {
  /** The database file, on a disk of this machine. It is made when it is not there; its folder must be. */
  readonly path: string;
  /** Default: `node:sqlite` where Node has it (22.13 and later), else the installed `better-sqlite3`. */
  readonly driver?: SqliteDriver | undefined;
  /** Default false: a call waits a fraction of a millisecond for the file. */
  readonly leases?: boolean | undefined;
  /** Default 2,000. */
  readonly deadlineMs?: number | undefined;
}

const NAME = 'sqliteLedger';
/** Another process may keep the file to itself for a moment; past this something is wrong with it. */
const BUSY_MS = 5_000;

/** Books are on disk before a call is answered. A thread of its own writes them, several calls in one transaction. */
export function sqliteLedger(options: SqliteLedgerOptions): SharedLedger {
  checkSharedOptions(NAME, options, false);
  const { path, driver } = options;
  checkSqliteOptions(NAME, options);
  const engine = new SqliteEngine({ path, driver, busyMs: BUSY_MS, keepRowsMs: keepRowsMs(options) });
  return sharedLedger(
    engine,
    { name: NAME, leases: false, deadlineMs: 2_000, maxBatch: 512, maxInFlight: Number.POSITIVE_INFINITY },
    options,
  );
}
