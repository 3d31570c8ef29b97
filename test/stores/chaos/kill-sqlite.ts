/**
 * Kills processes with SIGKILL while they write one SQLite ledger, again and again, and compares the books with what was
 * acknowledged: `node test/stores/chaos/kill-sqlite.ts [cycles] [node:sqlite | better-sqlite3]`. Default 2,000.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LedgerSpec } from '../support/open-ledger.ts';
import { ACCOUNT, LIMIT, SCARCE_ACCOUNT, SCARCE_LIMIT } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const WORKERS = 2;
const CHECK_EVERY = 50;
/** Who opens the file after a kill repairs its log, and others wait. */
const BUSY_MS = 10_000;

type Driver = 'node:sqlite' | 'better-sqlite3';

export interface KillResult {
  readonly kills: number;
  readonly acknowledged: number;
  readonly left: number;
}

/** Throws when an acknowledged settle is missing or the books do not add up. */
export async function killCycles(cycles: number, driver: Driver): Promise<KillResult> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-kill-'));
  const path = join(folder, 'ledger.db');
  const result = { kills: 0, acknowledged: 0, left: 0 };
  try {
    let started = 0;
    const runner = async (): Promise<void> => {
      while (started < cycles) {
        const acks = await killOne({ kind: 'sqlite', path, driver }, `k${started++}`);
        result.kills++;
        result.acknowledged += acks.length;
        checkAcks(path, acks);
        if (result.kills % CHECK_EVERY === 0) result.left = checkBooks(path);
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, runner));
    result.left = checkBooks(path);
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a process, lets it work for a moment from its first acknowledged settle on, and kills it. */
async function killOne(spec: LedgerSpec, seed: string): Promise<string[][]> {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(spec), seed, '60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acks: string[][] = [];
  const ended = new Promise((resolve) => child.once('close', resolve));
  let first: (() => void) | undefined;
  const working = new Promise<void>((resolve) => {
    first = resolve;
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    acks.push(text.split(' '));
    first?.();
  });
  await Promise.race([working, ended]);
  await sleep(Math.random() * 120);
  child.kill('SIGKILL');
  await ended;
  // The kill may have cut the last line short.
  return acks.filter(([kind, id, cost]) => kind === 'ack' && id !== undefined && cost !== undefined);
}

function checkAcks(path: string, acks: readonly string[][]): void {
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  const find = database.prepare('SELECT state, used FROM ledger_hold WHERE id = ?');
  for (const [, id, cost] of acks) {
    const hold = find.get(id!) as { state: string; used: number } | undefined;
    if (hold?.state !== 'ended' || !String(hold.used).startsWith(cost!))
      throw new Error(`The acknowledged settle of ${id} (${cost}) is ${JSON.stringify(hold)}.`);
  }
  database.close();
}

/** Returns how many holds are left open by those who were killed. */
function checkBooks(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  const one = (sql: string, ...values: string[]): Record<string, number | string> =>
    database.prepare(sql).get(...values) as Record<string, number | string>;
  database.exec('BEGIN');
  const { posted, held, unreconciled } = one(
    'SELECT posted, held, unreconciled FROM ledger_account WHERE name = ?',
    ACCOUNT,
  );
  const { scarce } = one(
    'SELECT coalesce(sum(posted + held), 0) AS scarce FROM ledger_account WHERE name = ?',
    SCARCE_ACCOUNT,
  );
  const { ended } = one(
    "SELECT coalesce(sum(used), 0) AS ended FROM ledger_hold WHERE state = 'ended' AND lines <> '[]'",
  );
  const inState = (state: string) =>
    one(
      "SELECT count(*) AS count, coalesce(sum(json_extract(lines, '$[0].amount')), 0) AS amount FROM ledger_hold WHERE state = ?",
      state,
    );
  const [open, expired] = [inState('open'), inState('expired')];
  const { rolled } = one('SELECT sum(nano_usd) AS rolled FROM ledger_rollup');
  const { integrity_check: integrity } = one('PRAGMA integrity_check');
  database.close();
  const books = JSON.stringify({ posted, ended, rolled, held, open, unreconciled, expired, integrity });
  const exact =
    posted === Number(ended) + Number(expired.amount) &&
    rolled === ended &&
    held === open.amount &&
    unreconciled === expired.amount;
  if (integrity !== 'ok' || !exact) throw new Error(`The books: ${books}.`);
  if (Number(posted) + Number(held) > LIMIT || Number(scarce) > SCARCE_LIMIT)
    throw new Error(`Above the cap: ${books}, scarce ${scarce}.`);
  return Number(open.count);
}

if (import.meta.main) {
  const [cycles = '2000', driver = 'node:sqlite'] = process.argv.slice(2);
  const started = performance.now();
  const result = await killCycles(Number(cycles), driver as Driver);
  console.log(JSON.stringify({ ...result, seconds: Math.round((performance.now() - started) / 1_000) }));
}
