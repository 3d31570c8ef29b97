/** The books of holds in SQLite tables. Reads are remembered and writes kept back until the transaction ends. */
import type { LedgerLine, ReserveResult } from '../core/ledger.ts';
import type { Account, Books, HeldLine, HoldRecord, HoldState } from './hold-machine.ts';
import { type EngineRow, KEEP_ENDED_MS, type LineOperation, type Operation } from './operations.ts';
import type { Database, Statement } from './sqlite-driver.ts';

const SCHEMA_VERSION = 1;
const SCHEMA = `
CREATE TABLE IF NOT EXISTS ledger_schema (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ledger_account (
  name TEXT PRIMARY KEY, posted INTEGER NOT NULL, held INTEGER NOT NULL, unreconciled INTEGER NOT NULL, forget_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_account_forget ON ledger_account (forget_at) WHERE forget_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS ledger_hold (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, used INTEGER NOT NULL, version INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  ended_at INTEGER, result TEXT, lines TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_hold_open ON ledger_hold (expires_at) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS ledger_hold_ended ON ledger_hold (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS ledger_rollup (
  slot INTEGER NOT NULL, row TEXT NOT NULL, nano_usd INTEGER NOT NULL, calls INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, PRIMARY KEY (slot, row)
) WITHOUT ROWID;
`;

const STATEMENTS = {
  account: 'SELECT posted, held, unreconciled, forget_at FROM ledger_account WHERE name = ?',
  saveAccount: `INSERT INTO ledger_account (name, posted, held, unreconciled, forget_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET posted = excluded.posted, held = excluded.held, unreconciled = excluded.unreconciled`,
  hold: 'SELECT state, used, version, expires_at, ended_at, result, lines FROM ledger_hold WHERE id = ?',
  saveHold: `INSERT INTO ledger_hold (id, state, used, version, expires_at, ended_at, result, lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, used = excluded.used, version = excluded.version,
      expires_at = excluded.expires_at, ended_at = excluded.ended_at, lines = excluded.lines`,
  due: "SELECT id FROM ledger_hold WHERE state = 'open' AND expires_at <= ? ORDER BY expires_at LIMIT 64",
  book: `INSERT INTO ledger_rollup (slot, row, nano_usd, calls, input_tokens, output_tokens) VALUES (?, ?, ?, 1, ?, ?)
    ON CONFLICT (slot, row) DO UPDATE SET nano_usd = nano_usd + excluded.nano_usd, calls = calls + 1,
      input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens`,
  rows: `SELECT row, sum(nano_usd) AS nano_usd, sum(calls) AS calls, sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens FROM ledger_rollup WHERE slot >= ? AND slot < ? GROUP BY row`,
  forgetHolds: `DELETE FROM ledger_hold WHERE id IN
    (SELECT id FROM ledger_hold WHERE ended_at IS NOT NULL AND ended_at <= ? ORDER BY ended_at LIMIT 512)`,
  forgetAccounts: `DELETE FROM ledger_account WHERE name IN
    (SELECT name FROM ledger_account WHERE forget_at IS NOT NULL AND forget_at <= ? AND held = 0 LIMIT 512)`,
  forgetRows: 'DELETE FROM ledger_rollup WHERE slot < ?',
} as const;

/** Makes the tables unless they are there. Must run in a transaction. */
export function createSchema(database: Database): void {
  database.exec(SCHEMA);
  const { version } = database.prepare('SELECT max(version) AS version FROM ledger_schema').get() as {
    version: number | null;
  };
  if (version === null) database.prepare('INSERT INTO ledger_schema (version) VALUES (?)').run(SCHEMA_VERSION);
  else if (version > SCHEMA_VERSION)
    throw new Error(
      `The ledger's tables are of version ${version}, this Postern knows ${SCHEMA_VERSION}: update Postern.`,
    );
}

interface KeptAccount extends Account {
  readonly forgetAt: number | null;
}

interface KeptHold extends HoldRecord {
  endedAt: number | null;
}

interface AccountRow {
  readonly posted: number;
  readonly held: number;
  readonly unreconciled: number;
  readonly forget_at: number | null;
}

interface HoldRow {
  readonly state: HoldState;
  readonly used: number;
  readonly version: number;
  readonly expires_at: number;
  readonly ended_at: number | null;
  readonly result: string | null;
  readonly lines: string;
}

export type SettleOperation = Extract<Operation, { op: 'settle' }>;

const NOTHING_OVER: ReserveResult = { ok: true, over: [] };

export class SqliteBooks implements Books {
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, Statement>>;
  readonly #accounts = new Map<string, KeptAccount | undefined>();
  readonly #holds = new Map<string, KeptHold | undefined>();
  readonly #changedAccounts = new Set<KeptAccount>();
  readonly #changedHolds = new Set<KeptHold>();
  #now = 0;

  constructor(database: Database) {
    const entries = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#statements = Object.fromEntries(entries) as Record<keyof typeof STATEMENTS, Statement>;
  }

  /** Forgets what was read, since others may have written between transactions. */
  begin(now: number): void {
    this.#now = now;
    this.#accounts.clear();
    this.#holds.clear();
    this.#changedAccounts.clear();
    this.#changedHolds.clear();
  }

  /** Writes what was changed. */
  write(): void {
    const { saveAccount, saveHold } = this.#statements;
    for (const { name, posted, held, unreconciled, forgetAt } of this.#changedAccounts)
      saveAccount.run(name, posted, held, unreconciled, forgetAt);
    for (const { id, state, used, version, expiresAt, endedAt, result, lines } of this.#changedHolds) {
      const stored = result.ok && result.over.length === 0 ? null : JSON.stringify(result);
      saveHold.run(id, state, used, version, expiresAt, endedAt, stored, JSON.stringify(lines));
    }
  }

  account(name: string): KeptAccount | undefined {
    if (this.#accounts.has(name)) return this.#accounts.get(name);
    const row = this.#statements.account.get(name) as AccountRow | undefined;
    const account = row && { name, ...row, forgetAt: row.forget_at };
    this.#accounts.set(name, account);
    return account;
  }

  openAccount({ account: name, keepMs }: LedgerLine & Partial<LineOperation>): KeptAccount {
    const forgetAt = keepMs === undefined || keepMs < 0 ? null : this.#now + keepMs;
    const account = { name, posted: 0, held: 0, unreconciled: 0, forgetAt };
    this.#accounts.set(name, account);
    return account;
  }

  saveAccount(account: Account): void {
    this.#changedAccounts.add(account as KeptAccount);
  }

  hold(id: string): KeptHold | undefined {
    if (this.#holds.has(id)) return this.#holds.get(id);
    const row = this.#statements.hold.get(id) as HoldRow | undefined;
    const hold = row && readHold(id, row);
    this.#holds.set(id, hold);
    return hold;
  }

  saveHold(hold: HoldRecord, was: HoldState | undefined): void {
    const endedAt = (was === undefined ? null : (hold as KeptHold).endedAt) ?? null;
    const kept = Object.assign(hold, { endedAt });
    if (hold.state !== 'open' && hold.state !== was) kept.endedAt = this.#now;
    this.#holds.set(hold.id, kept);
    this.#changedHolds.add(kept);
  }

  /** Open holds that have expired, some at a time. Sums do not depend on it. */
  due(): readonly KeptHold[] {
    const rows = this.#statements.due.all(this.#now) as { id: string }[];
    return rows.flatMap(({ id }) => this.hold(id) ?? []);
  }

  book({ slot, row, amount, inputTokens, outputTokens }: SettleOperation): void {
    this.#statements.book.run(slot, row, amount, inputTokens, outputTokens);
  }

  rows(from: number, to: number): readonly EngineRow[] {
    const rows = this.#statements.rows.all(from, to) as Record<string, number>[];
    return rows.map((sums) => [String(sums.row), sums.nano_usd!, sums.calls!, sums.input_tokens!, sums.output_tokens!]);
  }

  /** Takes out what nobody asks about any more. */
  forget(keepRowsMs: number): void {
    const { forgetHolds, forgetAccounts, forgetRows } = this.#statements;
    forgetHolds.run(this.#now - KEEP_ENDED_MS);
    forgetAccounts.run(this.#now);
    forgetRows.run(this.#now - keepRowsMs);
  }
}

function readHold(id: string, row: HoldRow): KeptHold {
  return {
    id,
    result: row.result === null ? NOTHING_OVER : (JSON.parse(row.result) as ReserveResult),
    lines: JSON.parse(row.lines) as HeldLine[],
    state: row.state,
    used: row.used,
    version: row.version,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
  };
}
