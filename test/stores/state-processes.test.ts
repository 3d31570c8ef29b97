import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { LedgerLine } from '../../src/core/ledger.ts';
import type { AuditRecord, StateStore } from '../../src/core/state.ts';
import { auditRows, verifyChain } from '../../src/state/audit-chain.ts';
import { sqliteLedger } from '../../src/stores/sqlite.ts';
import { openStateStore, type StateSpec } from './support/open-state.ts';
import { POSTGRES_URL, REDIS_URL, withService } from './support/services.ts';

const WORKER = fileURLToPath(new URL('./support/state-worker.ts', import.meta.url));
const LONG = 180_000;
/** `POSTERN_KILL_CYCLES=500` for a long run. */
const KILLS = Number(process.env.POSTERN_KILL_CYCLES ?? 12);

const LINE: LedgerLine = { account: 'all', limit: Number.MAX_SAFE_INTEGER, amount: 1_000, enforce: true };

interface Ack {
  readonly seq: number;
  readonly id: string;
}

/** Runs to its end, or is killed some time after its first change. */
async function runWorker(spec: StateSpec, name: string, count: number, killAfterMs?: number): Promise<Ack[]> {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(spec), name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acks: Ack[] = [];
  const ended = new Promise((resolve) => child.once('close', resolve));
  const working = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      const [, seq, id] = /^ack (\d+) (\S+)$/.exec(text) ?? [];
      if (id !== undefined) acks.push({ seq: Number(seq), id });
      resolve();
    });
  });
  if (killAfterMs !== undefined) {
    await Promise.race([working, ended]);
    await sleep(killAfterMs);
    child.kill('SIGKILL');
  }
  await ended;
  return acks;
}

/** What was acknowledged is in the log at its place, the chain is whole, and the documents are those of the log. */
async function check(store: StateStore, acks: readonly Ack[]): Promise<number> {
  const rows: AuditRecord[] = [];
  for await (const row of auditRows(store)) rows.push(row);
  const { head, documents } = await store.load();
  expect(await verifyChain(rows, head)).toEqual({ ok: true, rows: rows.length, head });
  for (const { seq, id } of acks) expect(rows[seq - 1]?.resource.id).toBe(id);
  const count = documents.find(({ id }) => id === 'count')?.value.count;
  expect(count).toBe(rows.length);
  expect(documents.map(({ id }) => id).sort()).toEqual(['count', ...rows.map(({ resource }) => resource.id)].sort());
  return rows.length;
}

const folder = mkdtempSync(join(tmpdir(), 'postern-state-processes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function race(spec: StateSpec): Promise<void> {
  const { store, close, drop } = await openStateStore(spec);
  try {
    const acks = await Promise.all(['a', 'b', 'c'].map((name) => runWorker(spec, name, 40)));

    expect(acks.map((each) => each.length)).toEqual([40, 40, 40]);
    expect(await check(store, acks.flat())).toBe(120);
  } finally {
    await drop();
    await close();
  }
}

describe('three processes that change one store at once', () => {
  for (const driver of ['node:sqlite', 'better-sqlite3'] as const)
    it(
      `leave one chain without a gap: sqlite, ${driver}`,
      () => race({ kind: 'sqlite', driver, path: join(folder, `race-${driver.length}.db`) }),
      LONG,
    );
});

await withService('redis', REDIS_URL, () => {
  for (const client of ['ioredis', 'node-redis'] as const)
    it(
      `three processes leave one chain without a gap: redis, ${client}`,
      () => race({ kind: 'redis', client, tag: `test_race_${process.pid}_${client}` }),
      LONG,
    );
});

await withService('postgres', POSTGRES_URL, () => {
  for (const client of ['pg', 'postgres.js'] as const)
    it(
      `three processes leave one chain without a gap: postgres, ${client}`,
      () => race({ kind: 'postgres', client, schema: `test_race_${process.pid}_${client.length}` }),
      LONG,
    );
});

it(
  `no acknowledged change is lost, and none is half made, when processes are killed ${KILLS} times beside a ledger in the same file`,
  async () => {
    const path = join(folder, 'killed.db');
    const spec = { kind: 'sqlite', driver: 'node:sqlite', path } as const;
    const ledger = sqliteLedger({ path });
    const { store, close } = await openStateStore(spec);
    let done = false;
    let settled = 0;
    const spend = async (): Promise<void> => {
      for (; !done; settled++) {
        const id = `hold-${settled}`;
        await ledger.reserve({ id, lines: [LINE], expiresAt: Date.now() + 60_000 });
        await ledger.settle(id, 700, { provider: 'p', model: 'm', inputTokens: 1, outputTokens: 1, at: Date.now() });
      }
    };
    const spending = spend();

    const acks: Ack[] = [];
    for (let kill = 0; kill < KILLS; kill += 2)
      for (const each of await Promise.all(
        ['x', 'y'].map((name) => runWorker(spec, `${name}${kill}`, 100_000, 20 + Math.random() * 100)),
      ))
        acks.push(...each);
    done = true;
    await spending;

    expect(await check(store, acks)).toBeGreaterThanOrEqual(acks.length);
    expect(acks.length).toBeGreaterThan(KILLS);
    const [account] = await ledger.read(['all']);
    expect(account?.posted).toBe(settled * 700);
    await ledger.close();
    await close();
  },
  LONG,
);
