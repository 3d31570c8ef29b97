import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type LedgerSpec, openLedger } from '../support/open-ledger.ts';
import { type PrivateServer, privatePostgres, privateRedis } from '../support/servers.ts';
import { ACCOUNT, LIMIT, SCARCE_ACCOUNT, SCARCE_LIMIT } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Each is a kill, a freeze and a restart. `POSTERN_CHAOS_CYCLES=100` for a longer run. */
const CYCLES = Number(process.env.POSTERN_CHAOS_CYCLES ?? 2);
const CYCLE_SECONDS = 3;
const PROCESSES = 2;
const LONG = 3_600_000;
/** Deadlines of the stores, the time the loop itself may stand still on a busy machine, and some. */
const SLOWEST_MS = 5_000;

interface WorkerEnd {
  readonly admitted: number;
  readonly unavailable: number;
  readonly unacknowledged: number;
  readonly slowest: number;
  readonly spent: number;
  readonly scarceSpent: number;
}

async function disturb(server: PrivateServer): Promise<void> {
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await sleep(400 + Math.random() * 200);
    await server.kill();
    await sleep(Math.random() * 300);
    await server.start();
    await sleep(500);
    server.freeze();
    await sleep(300 + Math.random() * 700);
    server.thaw();
  }
}

async function worker(spec: LedgerSpec, seed: number): Promise<{ acks: Map<string, number>; end: WorkerEnd }> {
  const args = [WORKER, JSON.stringify(spec), `w${seed}`, `${CYCLES * CYCLE_SECONDS + 2}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e9 });
  const lines = stdout.trim().split('\n');
  const acks = lines.filter((each) => each.startsWith('ack ')).map((each) => each.split(' '));
  return {
    acks: new Map(acks.map(([, id, cost]) => [id!, Number(cost)])),
    end: JSON.parse(lines.at(-1)!.slice('end '.length)) as WorkerEnd,
  };
}

function chaos(
  name: string,
  open: () => Promise<PrivateServer | undefined>,
  specs: (url: string) => readonly LedgerSpec[],
): void {
  it(
    `${name}: killed, frozen and restarted under load`,
    async ({ skip }) => {
      const server = await open();
      if (!server && process.env.CI !== 'true') skip(`${name} is not installed on this machine`);
      expect(server).toBeDefined();
      try {
        await server!.start();
        const kinds = specs(server!.url);
        const working = Promise.all(
          Array.from({ length: PROCESSES }, (_, place) => worker(kinds[place % kinds.length]!, place)),
        );
        await Promise.all([working, disturb(server!)]);
        const results = await working;

        const { ledger, close } = await openLedger({ ...kinds[0]!, leases: false, deadlineMs: 10_000 });
        const [state, scarce] = await ledger.read([ACCOUNT, SCARCE_ACCOUNT]);
        const rows = await ledger.query({ by: ['session'], from: 0, to: Number.MAX_SAFE_INTEGER });
        await close();
        const booked = new Map(rows.map(({ group, nanoUsd, calls }) => [group.session, { nanoUsd, calls }]));
        const total = (count: 'admitted' | 'unavailable' | 'unacknowledged' | 'spent' | 'scarceSpent'): number =>
          results.reduce((sum, { end }) => sum + end[count], 0);
        const acks = results.flatMap((result) => [...result.acks]);
        console.log(
          `${name}: ${total('admitted')} admitted, ${total('unavailable')} refused as unavailable, ${acks.length} acknowledged, ` +
            `${total('unacknowledged')} told later, slowest answer ${Math.round(Math.max(...results.map(({ end }) => end.slowest)))} ms`,
        );

        for (const [id, nanoUsd] of acks) expect(booked.get(id), id).toEqual({ nanoUsd, calls: 1 });
        expect(acks.length).toBeGreaterThan(100);
        expect(total('unavailable') + total('unacknowledged')).toBeGreaterThan(0);
        expect(state).toEqual({ account: ACCOUNT, posted: total('spent'), held: 0 });
        expect(scarce).toEqual({ account: SCARCE_ACCOUNT, posted: total('scarceSpent'), held: 0 });
        expect(state!.posted).toBeLessThanOrEqual(LIMIT);
        expect(scarce!.posted).toBeLessThanOrEqual(SCARCE_LIMIT);
        // The cap was reached while servers came and went.
        expect(scarce!.posted).toBeGreaterThan(SCARCE_LIMIT / 2);
        for (const { end } of results) expect(end.slowest).toBeLessThan(SLOWEST_MS);
      } finally {
        await server?.dispose();
      }
    },
    LONG,
  );
}

for (const leases of [false, true]) {
  const how = leases ? ', leased' : '';
  chaos(`redis${how}`, privateRedis, (url) => [
    { kind: 'redis', url, tag: 'chaos', client: 'ioredis', leases },
    { kind: 'redis', url, tag: 'chaos', client: 'node-redis', leases },
  ]);
  chaos(`postgres${how}`, privatePostgres, (url) => [
    { kind: 'postgres', url, schema: 'chaos', client: 'pg', leases },
    { kind: 'postgres', url, schema: 'chaos', client: 'postgres.js', leases },
  ]);
}
