/**
 * What a ledger costs a call, store by store: `npm run bench:ledger [name]`. A call reserves on four accounts and settles; both count
 * as operations. Servers that are not running are left out. Figures are medians of three rounds on whatever else the
 * machine does, so read the ratios.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LedgerStore } from '../../src/core/ledger.ts';
import { type LedgerSpec, openLedger } from '../../test/stores/support/open-ledger.ts';
import { accepts, POSTGRES_URL, REDIS_URL } from '../../test/stores/support/services.ts';

interface Row {
  readonly store: string;
  readonly inFlight: number;
  readonly operationsPerSecond: number;
  readonly reserveP50Us: number;
  readonly reserveP99Us: number;
  readonly settleP50Us: number;
}

const ROUND_MS = 1_000;
const ROUNDS = 3;
const IN_FLIGHT = [1, 64];
const ACCOUNTS = ['org', 'workspace', 'user', 'key'];
const LIMIT = 9e15;
const OUTPUT = new URL('../results/ledger.json', import.meta.url);

let calls = 0;

async function round(ledger: LedgerStore, inFlight: number): Promise<Omit<Row, 'store' | 'inFlight'>> {
  const reserves: number[] = [];
  const settles: number[] = [];
  const started = performance.now();
  const caller = async (): Promise<void> => {
    while (performance.now() - started < ROUND_MS) {
      const id = `bench ${process.pid} ${calls++}`;
      const lines = ACCOUNTS.map((account) => ({ account, limit: LIMIT, amount: 1_000, enforce: true }));
      const before = performance.now();
      // Not awaited when the answer is there at once, as a caller would who cares.
      const reserved = ledger.reserve({ id, lines, expiresAt: Date.now() + 60_000 });
      if (reserved instanceof Promise) await reserved;
      const between = performance.now();
      const row = { provider: 'openai', model: 'gpt-4o', user: 'ada', inputTokens: 1, outputTokens: 1, at: Date.now() };
      const settled = ledger.settle(id, 700, row);
      if (settled instanceof Promise) await settled;
      reserves.push(between - before);
      settles.push(performance.now() - between);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const seconds = (performance.now() - started) / 1_000;
  return {
    operationsPerSecond: Math.round((2 * reserves.length) / seconds),
    reserveP50Us: quantile(reserves, 0.5),
    reserveP99Us: quantile(reserves, 0.99),
    settleP50Us: quantile(settles, 0.5),
  };
}

function quantile(milliseconds: number[], part: number): number {
  const sorted = milliseconds.sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(part * (sorted.length - 1))]! * 10_000) / 10;
}

async function bench(store: string, spec: LedgerSpec): Promise<Row[]> {
  const { ledger, close, drop } = await openLedger({ ...spec, deadlineMs: 10_000 });
  const rows: Row[] = [];
  await round(ledger, 16);
  for (const inFlight of IN_FLIGHT) {
    const rounds = [];
    for (let n = 0; n < ROUNDS; n++) rounds.push(await round(ledger, inFlight));
    rounds.sort((a, b) => a.operationsPerSecond - b.operationsPerSecond);
    rows.push({ store, inFlight, ...rounds[Math.floor(ROUNDS / 2)]! });
  }
  // First what it still has to say, or that would be said into what was taken out.
  await ledger.close?.();
  await drop();
  await close();
  return rows;
}

async function main(): Promise<void> {
  const only = process.argv[2] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  const specs: [string, LedgerSpec][] = [['memory', { kind: 'memory' }]];
  for (const leases of [false, true]) {
    const how = leases ? ', leased' : '';
    for (const driver of ['node:sqlite', 'better-sqlite3'] as const)
      specs.push([
        `sqlite, ${driver}${how}`,
        { kind: 'sqlite', driver, path: join(folder, `${driver.replace(':', '-')}${leases}`), leases },
      ]);
    if (await accepts(Number(REDIS_URL.port), REDIS_URL.hostname))
      for (const client of ['ioredis', 'node-redis'] as const)
        specs.push([
          `redis, ${client}${how}`,
          { kind: 'redis', client, url: REDIS_URL.href, tag: `bench-${process.pid}`, leases },
        ]);
    if (await accepts(Number(POSTGRES_URL.port), POSTGRES_URL.hostname))
      for (const client of ['pg', 'postgres.js'] as const)
        specs.push([
          `postgres, ${client}${how}`,
          { kind: 'postgres', client, url: POSTGRES_URL.href, schema: `postern_bench_${process.pid}`, leases },
        ]);
  }
  const rows: Row[] = [];
  for (const [store, spec] of specs.filter(([store]) => store === 'memory' || store.includes(only))) {
    const measured = await bench(store, spec);
    rows.push(...measured);
    print(measured, rows);
  }
  rmSync(folder, { recursive: true });
  if (only !== '') return;
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const machine = { node: process.version, processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  mkdirSync(new URL('.', OUTPUT), { recursive: true });
  writeFileSync(OUTPUT, `${JSON.stringify({ commit, machine, rows }, undefined, 2)}\n`);
}

/** The slowdown is against memory with as many calls in flight. */
function print(measured: readonly Row[], all: readonly Row[]): void {
  for (const row of measured) {
    const memory = all.find(({ store, inFlight }) => store === 'memory' && inFlight === row.inFlight)!;
    const ratio = memory.operationsPerSecond / row.operationsPerSecond;
    console.log(
      `${row.store.padEnd(32)} ${String(row.inFlight).padStart(3)} in flight ${String(row.operationsPerSecond).padStart(9)} op/s ` +
        `1/${ratio.toFixed(ratio < 10 ? 1 : 0).padEnd(5)} reserve p50 ${row.reserveP50Us} µs, p99 ${row.reserveP99Us} µs; settle p50 ${row.settleP50Us} µs`,
    );
  }
}

await main();
