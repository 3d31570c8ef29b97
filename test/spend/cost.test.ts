import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from '../../src/core/exchange.ts';
import { billedParts, cost, costBound } from '../../src/spend/cost.ts';
import type { Price, Rates } from '../../src/spend/prices.ts';
import { completeRates } from '../../src/spend/rates.ts';

const RATES: Rates = completeRates({
  input: 1_000,
  output: 4_000,
  cacheRead: 100,
  cacheWrite: 1_250,
  audioInput: 9_000,
  audioOutput: 20_000,
  audioCacheRead: 300,
});

function priceOf(rates: Partial<Rates> = {}, tiers: Price['tiers'] = []): Price {
  return { rates: { ...RATES, ...rates }, tiers, source: 'table', assumed: false, version: 'test' };
}

function usageOf(usage: Partial<Usage>): Usage {
  return { inputTokens: 0, outputTokens: 0, source: 'provider', ...usage };
}

const tokens = fc.nat({ max: 3_000_000 });
const usages = fc.record({
  inputTokens: tokens,
  outputTokens: tokens,
  cacheReadTokens: tokens,
  cacheWriteTokens: tokens,
  cacheWrite1hTokens: tokens,
  audioInputTokens: tokens,
  imageInputTokens: tokens,
  videoInputTokens: tokens,
  audioCacheReadTokens: tokens,
  imageCacheReadTokens: tokens,
  audioOutputTokens: tokens,
  imageOutputTokens: tokens,
  videoOutputTokens: tokens,
  source: fc.constant('provider' as const),
});

describe('cost', () => {
  it('bills each part of the input at its own rate', () => {
    const usage = usageOf({ inputTokens: 1_000, cacheReadTokens: 100, cacheWriteTokens: 200, audioInputTokens: 300 });
    expect(cost(usage, priceOf()).nanoUsd).toBe(400 + 10 + 250 + 2_700);
  });

  it('bills tokens that must be both cached and audio as cached audio', () => {
    const usage = usageOf({ inputTokens: 100, cacheReadTokens: 80, audioInputTokens: 50 });
    expect(cost(usage, priceOf()).nanoUsd).toBe((50 * 100 + 30 * 300 + 20 * 9_000) / 1_000);
  });

  it('rounds the exact sum once, half up', () => {
    const half = priceOf({ input: 250, output: 250 });
    expect(cost(usageOf({ inputTokens: 1, outputTokens: 1 }), half).nanoUsd).toBe(1);
    expect(cost(usageOf({ inputTokens: 1 }), half).nanoUsd).toBe(0);
  });

  it('is never negative when a part is larger than the whole', () => {
    const usage = usageOf({
      inputTokens: 10,
      cacheReadTokens: 500,
      audioInputTokens: 70,
      outputTokens: 1,
      audioOutputTokens: 9,
    });
    expect(cost(usage, priceOf())).toMatchObject({ inputNanoUsd: 3, outputNanoUsd: 20 });
  });

  it('bills the whole request at the tier that its input passes, not reaches', () => {
    const price = priceOf({}, [{ above: 1_000, rates: { ...RATES, input: 2_000, output: 8_000 } }]);
    expect(cost(usageOf({ inputTokens: 1_000, outputTokens: 1 }), price).nanoUsd).toBe(1_004);
    expect(cost(usageOf({ inputTokens: 1_001, outputTokens: 1 }), price).nanoUsd).toBe(2_010);
  });

  it('counts every token once, whatever the parts claim', () => {
    fc.assert(
      fc.property(usages, (usage) => {
        const parts = billedParts(usage, {});
        const sum = (side: string) =>
          parts.filter((part) => part.side === side).reduce((all, { quantity }) => all + quantity, 0);
        expect([sum('input'), sum('output')]).toEqual([usage.inputTokens, usage.outputTokens]);
        expect(parts.every(({ quantity }) => quantity > 0)).toBe(true);
      }),
    );
  });

  it('bills what is sold by the piece beside the tokens, and audio by the hour', () => {
    const price = { ...priceOf(), fees: { webSearch: 10_000_000, audioSecond: 360_000_000 } };
    const bill = cost(usageOf({ inputTokens: 1_000, units: { webSearch: 2, audioSecond: 4.5 } }), price);
    expect(bill).toMatchObject({ nanoUsd: 1_000 + 20_000_000 + 450_000, feesNanoUsd: 20_450_000, outputNanoUsd: 0 });
  });

  it('is what the provider reports, when it reports', () => {
    const reported = cost(usageOf({ inputTokens: 1_000, reportedNanoUsd: 7 }), priceOf());
    expect(reported).toMatchObject({ nanoUsd: 7, assumed: false, priceVersion: 'reported' });
  });

  it('stays a safe whole number and adds up for any usage', () => {
    fc.assert(
      fc.property(usages, (usage) => {
        const { nanoUsd, inputNanoUsd, outputNanoUsd, feesNanoUsd = 0 } = cost(usage, priceOf());
        expect(Number.isSafeInteger(nanoUsd) && Math.min(inputNanoUsd, outputNanoUsd, feesNanoUsd) >= 0).toBe(true);
        expect(inputNanoUsd + outputNanoUsd + feesNanoUsd).toBe(nanoUsd);
      }),
    );
  });

  it('is never above the bound for as many tokens, in any mix and tier', () => {
    const tiers = [{ above: 200_000, rates: { ...RATES, input: 2_000, cacheWrite: 30_000, output: 1_000 } }];
    fc.assert(
      fc.property(usages, fc.nat(1_000), fc.nat(1_000), (usage, moreInput, moreOutput) => {
        const bound = costBound(usage.inputTokens + moreInput, usage.outputTokens + moreOutput, priceOf({}, tiers));
        expect(cost(usage, priceOf({}, tiers)).nanoUsd).toBeLessThanOrEqual(bound.nanoUsd);
      }),
    );
  });

  it('keeps an absurd bound a safe number', () => {
    expect(costBound(1, Number.MAX_SAFE_INTEGER, priceOf()).nanoUsd).toBe(Number.MAX_SAFE_INTEGER);
  });
});
