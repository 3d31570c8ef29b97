import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCallMeter } from '../../src/spend/call-meter.ts';
import { createMeter } from '../../src/spend/meter.ts';
import { readPriceFactors } from '../../src/spend/price-factors.ts';
import { createPriceBook } from '../../src/spend/prices.ts';
import { exchangeWith } from './exchange.ts';

const factorOf = (factors: unknown, facts: Parameters<typeof exchangeWith>[0] = {}): number => {
  const { numerator, denominator } = readPriceFactors(factors)(exchangeWith(facts));
  return numerator / denominator;
};

describe('negotiated prices', () => {
  it('are those of the first entry that matches caller and provider', () => {
    const factors = [
      { match: { workspace: ['rd-eu', 'rd-us'] }, provider: ['groq', 'openai'], factor: '0.85' },
      { match: { tags: { plan: 'x' } }, factor: '1.2' },
      { provider: 'openai', factor: '0.9' },
    ];
    expect(factorOf(factors, { identity: { workspace: 'rd-us' } })).toBe(0.85);
    expect(factorOf(factors, { identity: { workspace: 'rd-us' }, provider: 'anthropic' })).toBe(1);
    expect(factorOf(factors, { identity: { tags: { plan: 'x' } }, provider: 'anthropic' })).toBe(1.2);
    expect(factorOf(factors)).toBe(0.9);
    expect(factorOf(undefined)).toBe(1);
  });

  it('are exact: the sum is multiplied, then rounded once', () => {
    const tokens = fc.integer({ min: 0, max: 1_000_000 });
    const rate = fc.integer({ min: 0, max: 100_000_000 });
    const places = fc.integer({ min: 1, max: 999_999 });
    fc.assert(
      fc.property(tokens, tokens, rate, rate, places, (inputTokens, outputTokens, input, output, millionths) => {
        const usd = (pico: number): string => (pico / 1e6).toFixed(6);
        const factor = `${(millionths / 1e6).toFixed(6)}`;
        const book = createPriceBook({ overrides: { m: { input: usd(input), output: usd(output) } } });
        const meter = createCallMeter({
          meter: createMeter({ priceBook: book }),
          factorFor: readPriceFactors([{ factor }]),
        });
        const exchange = exchangeWith({ model: 'm' });
        exchange.usage = { inputTokens, outputTokens, source: 'provider' };
        const pico = BigInt(inputTokens) * BigInt(input) + BigInt(outputTokens) * BigInt(output);
        // Half up of pico * millionths / 10^6 pico-USD in nano-USD.
        const exact = (2n * pico * BigInt(millionths) + 1_000_000_000n) / 2_000_000_000n;
        expect(BigInt(meter.cost(exchange)!.nanoUsd)).toBe(exact);
        expect(meter.held(exchange, inputTokens, outputTokens)!.nanoUsd).toBeGreaterThanOrEqual(Number(exact));
      }),
    );
  });

  it.each<[string, unknown]>([
    ['priceFactors', {}],
    ['priceFactors[0]', [3]],
    ['priceFactors[0]', [{ scope: 'x', factor: '1' }]],
    ['priceFactors[0].factor', [{}]],
    ['priceFactors[0].factor', [{ factor: 0.85 }]],
    ['priceFactors[0].factor', [{ factor: '0' }]],
    ['priceFactors[0].factor', [{ factor: '-1' }]],
    ['priceFactors[0].provider', [{ provider: [], factor: '1' }]],
    ['priceFactors[1].match.user', [{ factor: '1' }, { match: { user: 7 }, factor: '1' }]],
  ])('name the option that is wrong: %s (%#)', (param, factors) => {
    expect(() => readPriceFactors(factors)).toThrow(expect.objectContaining({ code: 'invalid_option', param }));
  });
});
