import { describe, expect, it } from 'vitest';
import { readOverlay } from '../../scripts/generate-prices.ts';
import { type OverlayRow, withOverlay } from '../../scripts/price-overlay.ts';
import { PriceTable } from '../../src/spend/price-table.ts';
import { conditionsOf } from '../../src/spend/price-variants.ts';

const SOURCE = {
  id: 'cellar',
  ids: ['red', 'red-mini', 'white'],
  stored: {
    models: [
      ['=red', [[1_000_000, 4_000_000]]],
      ['=red-mini', [[100_000, 400_000]]],
      ['=white', [[2_000_000, 8_000_000, 200_000]]],
    ],
  },
} as const;
const row = (more: Partial<OverlayRow>): OverlayRow => ({
  provider: 'cellar',
  models: '*',
  source: 'https://cellar.example/prices',
  asOf: '2026-11-21',
  ...more,
});
const find = (rows: readonly OverlayRow[], model: string, serviceTier?: string, tokens = 0) => {
  const price = new PriceTable(withOverlay([SOURCE], rows)).find('cellar', model, 0, conditionsOf({ serviceTier }))!;
  const rates = price.tiers.findLast(({ above }) => tokens > above)?.rates ?? price.rates;
  return {
    input: rates.input / price.divisor,
    output: rates.output / price.divisor,
    cacheRead: rates.cacheRead / price.divisor,
  };
};

describe('the hand-kept overlay', () => {
  it('has a source and a date on every row', () => {
    for (const { source, asOf } of readOverlay()) {
      expect(source).toMatch(/^https:\/\//);
      expect(Date.parse(asOf)).toBeGreaterThan(Date.parse('2026-01-01'));
    }
  });

  it('multiplies every rate of a tier, but for those it gives', () => {
    const rows = [
      row({ when: 'tier=flex', factor: '0.5' }),
      row({ models: ['white'], when: 'tier=flex', factor: '0.5', rates: { cacheRead: '0.13' } }),
    ];
    expect(find(rows, 'red', 'flex')).toMatchObject({ input: 500_000, output: 2_000_000 });
    expect(find(rows, 'white', 'flex')).toEqual({ input: 1_000_000, output: 4_000_000, cacheRead: 130_000 });
    expect(find(rows, 'white')).toMatchObject({ cacheRead: 200_000 });
  });

  it('takes the row of a model before that of all, and of several conditions before one', () => {
    const rows = [
      row({ when: 'tier=priority', factor: '2' }),
      row({ when: 'region=eu', factor: '1.1' }),
      row({ models: ['red'], when: 'tier=priority', factor: '1.75' }),
      row({ models: ['white'], when: 'region=eu&tier=priority', factor: '2.75' }),
    ];
    const table = new PriceTable(withOverlay([SOURCE], rows));
    const input = (model: string, served: object) => {
      const price = table.find('cellar', model, 0, conditionsOf(served))!;
      return price.rates.input / price.divisor;
    };
    expect(input('red', { serviceTier: 'priority' })).toBe(1_750_000);
    expect(input('red', { serviceTier: 'priority', region: 'eu' })).toBe(1_925_000);
    expect(input('white', { serviceTier: 'priority', region: 'EU' })).toBe(5_500_000);
  });

  it('completes base prices: rates, tiers, pieces, new models', () => {
    const rows = [
      row({ models: ['*mini'], rates: { cacheRead: '2 x input' } }),
      row({ models: ['red'], above: 1_000, rates: { input: '3' } }),
      row({ models: ['+speech'], fees: { character: '0.000015' } }),
      row({ fees: { webSearch: '0.01' } }),
    ];
    const table = new PriceTable(withOverlay([SOURCE], rows));
    expect(table.find('cellar', 'red-mini', 0)!.rates.cacheRead).toBe(200_000);
    expect(find(rows, 'red', undefined, 1_001)).toMatchObject({ input: 3_000_000, output: 4_000_000 });
    expect(table.find('cellar', 'speech', 0)).toMatchObject({
      byToken: false,
      fees: { character: 15_000, webSearch: 10_000_000 },
    });
  });

  it.each([
    [row({ models: ['rose'] }), 'no model rose'],
    [row({ provider: 'attic' }), 'no provider attic'],
    [row({ source: 'somewhere' }), 'lacks source or date'],
    [row({ models: ['red'], rates: { input: '0.0000001' } }), 'no decimal'],
  ])('has no row without effect: %#', (wrong, reason) => {
    expect(() => withOverlay([SOURCE], [wrong])).toThrow(reason);
  });
});
