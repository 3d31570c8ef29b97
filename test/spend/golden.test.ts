import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../src/spend/money.ts';
import { type PriceResponseInput, priceResponse } from '../../src/spend/price-response.ts';

interface GoldenRow extends PriceResponseInput {
  readonly id: string;
  readonly feature: string;
  readonly cost_usd: string;
  readonly cost_nano_usd: string;
  readonly lines: readonly { readonly unit: string; readonly qty: number; readonly usd: string }[];
}

const rows = readFileSync(new URL('pricing-golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line): GoldenRow => JSON.parse(line));

describe('golden bills', () => {
  it.each(rows.map((row) => [row.id, row.feature, row] as const))('%s: %s', (_id, _feature, row) => {
    const { costNanoUsd, lines, usage, price } = priceResponse(row);

    expect(costNanoUsd).toBe(Number(row.cost_nano_usd));
    expect(price.assumed).toBe(false);
    expect(usage.source).toBe('provider');
    const sum = lines.reduce((total, { usd }) => total + parseDecimal(usd, 18)!, 0n);
    expect(sum).toBe(parseDecimal(row.cost_usd, 18));
    expect(lines.map(({ usd }) => usd).sort()).toEqual(row.lines.map(({ usd }) => usd).sort());
  });
});
