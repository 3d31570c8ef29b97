import { describe, expect, it } from 'vitest';
import type { SpendDimensions } from '../../src/core/ledger.ts';
import { type RollupQuery, rollup } from '../../src/spend/rollups.ts';
import { memoryLedger } from '../../src/stores/memory.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z');

function dimensionsAt(at: number, more: Partial<SpendDimensions> = {}): SpendDimensions {
  return { provider: 'openai', model: 'gpt-4o', inputTokens: 10, outputTokens: 5, at, ...more };
}

describe('rollup', () => {
  it('sums what settled in the window, dearest first, in exact decimals', async () => {
    const ledger = memoryLedger({ now: () => NOON });
    ledger.settle('a', 100_000_001, dimensionsAt(NOON, { user: 'ada' }));
    ledger.settle('b', 200_000_000, dimensionsAt(NOON + 1, { user: 'ada' }));
    ledger.settle('c', 500_000_000, dimensionsAt(NOON, { tags: { team: 'x' } }));
    ledger.settle('d', 999_000_000, dimensionsAt(NOON - 86_400_000, { user: 'ada' }));

    const { rows, label, start, end } = await rollup(ledger, { by: ['user'], window: 'daily' }, NOON);

    expect(rows).toEqual([
      { user: null, costUsd: '0.5', costNanoUsd: 500_000_000, calls: 1, inputTokens: 10, outputTokens: 5 },
      { user: 'ada', costUsd: '0.300000001', costNanoUsd: 300_000_001, calls: 2, inputTokens: 20, outputTokens: 10 },
    ]);
    expect([label, end! - start]).toEqual(['2026-11-21', 86_400_000]);
  });

  it('follows the clocks of zones that are half an hour off', async () => {
    const ledger = memoryLedger({ now: () => NOON });
    const midnight = Date.parse('2026-11-21T18:30:00Z');
    ledger.settle('before', 1, dimensionsAt(midnight - 1));
    ledger.settle('after', 2, dimensionsAt(midnight));

    const { rows } = await rollup(ledger, { by: [], window: 'daily', at: midnight, timeZone: 'Asia/Kolkata' });

    expect(rows).toMatchObject([{ costNanoUsd: 2, calls: 1 }]);
  });

  it('goes by tags', async () => {
    const ledger = memoryLedger({ now: () => NOON });
    ledger.settle('a', 1, dimensionsAt(NOON, { tags: { team: 'x', other: 'y' } }));
    const { rows, end } = await rollup(ledger, { by: ['tag:team', 'tag:toString'], window: 'lifetime' }, NOON);
    expect(rows).toMatchObject([{ 'tag:team': 'x', 'tag:toString': null, costNanoUsd: 1 }]);
    expect(end).toBeUndefined();
  });

  it('tells several windows one by one, each with its label', async () => {
    const ledger = memoryLedger({ now: () => NOON });
    const DAY = 86_400_000;
    for (const [id, days] of [
      ['a', 3],
      ['b', 1],
      ['c', 1],
      ['d', 0],
    ] as const)
      ledger.settle(id, 1, dimensionsAt(NOON - days * DAY, { user: 'ada' }));
    const query = { by: ['user'], window: 'daily', from: NOON - 3 * DAY } as const;
    const { rows, label, start, end } = await rollup(ledger, query, NOON);
    expect(rows.map(({ window, user, calls }) => [window, user, calls])).toEqual([
      ['2026-11-18', 'ada', 1],
      ['2026-11-20', 'ada', 2],
      ['2026-11-21', 'ada', 1],
    ]);
    expect([label, end! - start]).toEqual(['2026-11-21', 4 * DAY]);
    await expect(rollup(ledger, { ...query, from: 0 }, NOON)).rejects.toMatchObject({ param: 'rollup: from' });
  });

  it.each([
    [{ by: 'user', window: 'daily' }, 'rollup: by'],
    [{ by: ['team'], window: 'daily' }, 'rollup: by'],
    [{ by: [], window: 'yearly' }, 'rollup: window'],
    [{ by: [], window: 'daily', timeZone: 'Mars/Olympus' }, 'rollup: timeZone'],
    [{ by: [], window: 'daily', at: Number.NaN }, 'rollup: at'],
  ])('names the option that is wrong: %j', async (query, param) => {
    await expect(rollup(memoryLedger(), query as unknown as RollupQuery)).rejects.toMatchObject({
      code: 'invalid_option',
      param,
    });
  });
});
