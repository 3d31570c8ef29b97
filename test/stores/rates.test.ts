/** Rate limits of several gateways over one store: none lets one request more through than the limit, and the sums are right. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Policy, Rate } from '../../src/core/policy.ts';
import { type RateLine, Rates } from '../../src/core/rates.ts';
import { createCallMeter } from '../../src/spend/call-meter.ts';
import { createMeter } from '../../src/spend/meter.ts';
import { createPriceBook } from '../../src/spend/prices.ts';
import { exchangeWith } from '../spend/exchange.ts';
import { type LedgerSpec, type Opened, openLedger } from './support/open-ledger.ts';
import { POSTGRES_URL, REDIS_URL, withService } from './support/services.ts';

const GATEWAYS = 3;
const CALLS = 240;
const LIMIT = 100;
/** Really taken, of 1,000 that were held. */
const TOKENS = 7;

const meter = {
  ...createCallMeter({ meter: createMeter({ priceBook: createPriceBook() }) }),
  expected: () => ({ scannedTokens: 0, inputTokens: 900, outputTokens: 100 }),
};
const policy: Policy = { name: 'limit', decide: () => undefined };
const rate = (metric: Rate['metric'], window: string, limit: number): RateLine => ({
  ...{ policy, enforced: true },
  rate: {
    ...{ account: `rate|limit|all=all|${metric}|${window}`, metric, window, limit },
    ...{ scope: 'all', subject: 'all', resetsAt: Date.now() + 3_600_000, lingerMs: 60_000 },
  },
});
const lines = [rate('requests', 'minute', LIMIT), rate('requests', 'day', 1_000), rate('tokens', 'day', 1_000_000)];

function shared(name: string, spec: () => LedgerSpec, { exact }: { readonly exact: boolean }): void {
  it(`${name}: ${GATEWAYS} gateways hold one limit together`, async () => {
    const opened: Opened[] = await Promise.all(
      Array.from({ length: GATEWAYS }, () => openLedger({ ...spec(), deadlineMs: 20_000 })),
    );
    try {
      const calls = Array.from({ length: CALLS }, async (_, n) => {
        const { ledger } = opened[n % GATEWAYS]!;
        const listener = { refused: () => {}, failed: () => {} };
        const options = { ledger, meter, now: Date.now, holdTtlMs: 60_000 };
        const rates = new Rates(exchangeWith({ id: `${name} ${n}` }), options, listener);
        const refusal = await rates.admit(lines);
        // A few of those that were let through never leave.
        const sent = refusal === undefined && n % 17 !== 0;
        await rates.settle({ sent, tokens: TOKENS });
        return { code: refusal?.code, sent };
      });
      const ended = await Promise.all(calls);
      for (const { ledger } of opened) await ledger.flush?.();
      const sent = ended.filter((call) => call.sent).length;
      expect(new Set(ended.map(({ code }) => code))).toEqual(new Set([undefined, 'rate_limited']));
      expect(sent).toBeLessThanOrEqual(LIMIT);
      if (exact) expect(sent).toBeGreaterThan(LIMIT - 20);
      const states = await opened[0]!.ledger.read(lines.map((line) => line.rate.account));
      expect(states.map(({ posted, held }) => [posted, held])).toEqual([
        [sent, 0],
        [sent, 0],
        [sent * TOKENS, 0],
      ]);
      expect(await opened[0]!.ledger.query({ by: [], from: 0, to: Number.MAX_SAFE_INTEGER })).toEqual([]);
    } finally {
      await opened[0]!.drop();
      for (const one of opened) await one.close();
    }
  });
}

const folder = mkdtempSync(join(tmpdir(), 'postern-rates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tag = `rates${process.pid}`;
for (const leases of [false, true]) {
  const suffix = leases ? ', leased' : '';
  const path = join(folder, `${leases}.db`);
  const exact = { exact: !leases };
  shared(`sqlite${suffix}`, () => ({ kind: 'sqlite', path, driver: 'better-sqlite3', leases }), exact);
  await withService('redis', REDIS_URL, () =>
    shared(
      `redis${suffix}`,
      () => ({ kind: 'redis', url: REDIS_URL.href, client: 'ioredis', tag: tag + leases, leases }),
      exact,
    ),
  );
  await withService('postgres', POSTGRES_URL, () =>
    shared(
      `postgres${suffix}`,
      () => ({ kind: 'postgres', url: POSTGRES_URL.href, client: 'pg', schema: `${tag}${leases}`, leases }),
      exact,
    ),
  );
}
