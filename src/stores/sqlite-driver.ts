/** Opens a database file by the SQLite that this Node has built in, or by better-sqlite3 where it has none. Knows no tables. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { describe, optionError } from '../errors.ts';

export type SqliteDriver = 'node:sqlite' | 'better-sqlite3';

/** What both drivers have. */
export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Statement {
  run(...values: readonly (string | number | null)[]): unknown;
  get(...values: readonly (string | number | null)[]): unknown;
  all(...values: readonly (string | number | null)[]): unknown[];
}

/** A fault that the reader can mend, told with what to do. */
export class SqliteSetupError extends Error {}

const DRIVERS = ['node:sqlite', 'better-sqlite3'];

/** @throws GatewayError `invalid_option` */
export function checkSqliteOptions(name: string, { path, driver }: { path: unknown; driver?: unknown }): void {
  if (typeof path !== 'string' || path === '') throw optionError(`${name}: path`, 'the path of a file', path);
  if (driver !== undefined && !DRIVERS.includes(driver as string))
    throw optionError(`${name}: driver`, DRIVERS.map(describe).join(' or '), driver);
}

/** Releases before it can lose a WAL that two processes write (sqlite.org/wal.html, "the WAL-reset bug"). */
const SAFE_WAL = [3, 51, 3] as const;
/** NFS, SMB, CIFS, SMB2, AFS, Ceph, 9P, Lustre: WAL needs shared memory, which ends at the machine. */
const NETWORK_FILESYSTEMS = [
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400, 0x01021997, 0x0bd00bd0,
] as const;

export function openDatabase(path: string, driver: SqliteDriver | undefined): Database {
  if (path !== ':memory:') checkFilesystem(path);
  const database = driver === 'better-sqlite3' ? undefined : openBuiltIn(path);
  if (database) return database;
  if (driver === 'node:sqlite')
    throw new SqliteSetupError(
      `Node ${process.versions.node} has no node:sqlite: use Node 22.13 or later, or better-sqlite3.`,
    );
  return openBetterSqlite(path);
}

function openBuiltIn(path: string): Database | undefined {
  const sqlite = process.getBuiltinModule('node:sqlite') as
    | { DatabaseSync: new (path: string) => Database }
    | undefined;
  return sqlite && new sqlite.DatabaseSync(path);
}

function openBetterSqlite(path: string): Database {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve('better-sqlite3');
  } catch {
    throw new SqliteSetupError(
      `Node ${process.versions.node} has no node:sqlite, and better-sqlite3 is not installed. Run: npm install better-sqlite3@12, or use Node 22.13 or later.`,
    );
  }
  checkNodeApi(entry);
  const Sqlite = require(entry) as new (path: string, options: object) => Database;
  return new Sqlite(path, { timeout: 0 });
}

/** better-sqlite3 13 is built for Node-API 10 and crashes the process where there is less (WiseLibs/better-sqlite3#1514). */
function checkNodeApi(entry: string): void {
  const manifest = JSON.parse(readFileSync(join(entry, '..', '..', 'package.json'), 'utf8')) as { version: string };
  if (Number(process.versions.napi) < 10 && Number.parseInt(manifest.version, 10) >= 13)
    throw new SqliteSetupError(
      `better-sqlite3 ${manifest.version} crashes Node ${process.versions.node}. Run: npm install better-sqlite3@12`,
    );
}

function checkFilesystem(path: string): void {
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) throw new SqliteSetupError(`The folder of ${path} does not exist.`);
  // Some systems give the type as a signed number.
  const type = statfsSync(folder).type >>> 0;
  if ((NETWORK_FILESYSTEMS as readonly number[]).includes(type))
    throw new SqliteSetupError(`${path} is on a network file system, where SQLite cannot be shared safely.`);
}

/** Write-ahead logging where it is safe, and in either case nothing is acknowledged before it is on disk. */
export function setDurability(database: Database): void {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  const mode = isAtLeast(version, SAFE_WAL) ? 'WAL' : 'DELETE';
  database.exec('PRAGMA busy_timeout = 0');
  database.exec(`PRAGMA journal_mode = ${mode}`);
  database.exec('PRAGMA synchronous = FULL');
}

export function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  const place = least.findIndex((part, at) => (parts[at] ?? 0) !== part);
  return place === -1 || (parts[place] ?? 0) > least[place]!;
}

/** Another connection is writing. */
export function isBusy(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return (typeof errcode === 'number' && (errcode & 0xff) === 5) || String(code).startsWith('SQLITE_BUSY');
}
