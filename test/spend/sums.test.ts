import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Usage } from '../../src/core/exchange.ts';
import { cost, scaleCost } from '../../src/spend/cost.ts';
import { parseFactor } from '../../src/spend/money.ts';
import { priceResponse } from '../../src/spend/price-response.ts';
import { createPriceBook, type Price } from '../../src/spend/prices.ts';

/** The goal is a million, which takes five seconds: in CI, or with POSTERN_FULL=1. */
const CALLS = process.env.CI === 'true' || process.env.POSTERN_FULL === '1' ? 1_000_000 : 50_000;
const AT = Date.parse('2026-11-21T12:00:00Z');
const MODELS = [
  ['openai', 'gpt-4o', {}],
  ['openai', 'gpt-5.4', { serviceTier: 'flex' }],
  ['openai', 'gpt-5.6-luna', { serviceTier: 'priority' }],
  ['anthropic', 'claude-sonnet-4-5', { region: 'us' }],
  ['anthropic', 'claude-opus-4-8', { speed: 'fast', region: 'us' }],
  ['google', 'gemini-2.5-pro', { serviceTier: 'batch' }],
  ['aws', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', { serviceTier: 'priority' }],
  ['groq', 'openai/gpt-oss-120b', {}],
] as const;

/** Mulberry32: the same calls on every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What a call costs, told a second time by plain fractions: numerator over `divisor` pico-USD. */
function exactly(usage: Usage, { rates, tiers, divisor = 1 }: Price): { pico: bigint; divisor: bigint } {
  const tier = tiers.filter(({ above }) => usage.inputTokens > above).at(-1)?.rates ?? rates;
  const { cacheReadTokens = 0, cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const fresh = usage.inputTokens - cacheReadTokens - cacheWriteTokens;
  const parts = [
    [fresh, tier.input],
    [cacheReadTokens, tier.cacheRead],
    [cacheWriteTokens - cacheWrite1hTokens, tier.cacheWrite],
    [cacheWrite1hTokens, tier.cacheWrite1h],
    [usage.outputTokens, tier.output],
  ] as const;
  const pico = parts.reduce((sum, [tokens, rate]) => sum + BigInt(tokens) * BigInt(rate), 0n);
  return { pico, divisor: BigInt(divisor) };
}

it(`${CALLS.toLocaleString('en-US')} random calls are each exact, and so is their sum`, () => {
  const random = randomFrom(20_261_121);
  const book = createPriceBook({ unknownModel: 'block' });
  let [sum, checked, exact] = [0, 0n, 0n];
  for (let call = 0; call < CALLS; call++) {
    const [provider, model, served] = MODELS[random(MODELS.length)]!;
    const inputTokens = random(400_000);
    const cacheReadTokens = random(inputTokens + 1);
    const cacheWriteTokens = random(inputTokens - cacheReadTokens + 1);
    const cacheWrite1hTokens = random(cacheWriteTokens + 1);
    const written = { cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens };
    const usage: Usage = { inputTokens, ...written, outputTokens: random(32_000), source: 'provider', ...served };
    const price = book.lookupFor(provider, model, AT, usage)!;
    const { nanoUsd } = cost(usage, price);
    const { pico, divisor } = exactly(usage, price);
    const unit = divisor * 1_000n;
    if (BigInt(nanoUsd) !== (2n * pico + unit) / (2n * unit)) expect([provider, model, usage, nanoUsd]).toBe('exact');
    sum += nanoUsd;
    checked += BigInt(nanoUsd);
    exact += (pico * 1_000n) / divisor;
  }
  // A number holds the sum of whole nano-USD without loss; each call was rounded by at most half of one.
  expect(BigInt(sum)).toBe(checked);
  const drift = Number(checked - exact / 1_000_000n);
  expect(Math.abs(drift)).toBeLessThan(CALLS / 2);
});

it('rounds a call once, however many models and factors it is made of', () => {
  const usage = { input_tokens: 1, output_tokens: 0 };
  const response = { usage: { ...usage, iterations: [{ type: 'compaction', ...usage }] } };
  const call = { provider: 'anthropic', api: 'messages', model: 'claude-haiku-4-5', response, at: AT };
  // Two tokens at 1,000 pico-USD, times 0.0003: 0.6 nano-USD, not twice 0.3.
  expect(priceResponse(call, { factor: '0.0003' }).costNanoUsd).toBe(1);
});

it('a scaled cost adds up, and is the exact product rounded half up', () => {
  const decimals = fc.integer({ min: 0, max: 3_000_000 }).map((millionths) => (millionths / 1e6).toFixed(6));
  fc.assert(
    fc.property(fc.nat(1e15), fc.nat(1e15), fc.nat(1e15), decimals, (input, output, fees, text) => {
      const factor = parseFactor(text)!;
      const sides = { inputNanoUsd: input, outputNanoUsd: output, feesNanoUsd: fees, nanoUsd: input + output + fees };
      const scaled = scaleCost({ ...sides, assumed: false, estimated: false, priceVersion: 'x' }, factor);
      const exact =
        (BigInt(sides.nanoUsd) * BigInt(factor.numerator) * 2n + BigInt(factor.denominator)) /
        (2n * BigInt(factor.denominator));
      expect(scaled.nanoUsd).toBe(Number(exact));
      expect(scaled.inputNanoUsd + scaled.outputNanoUsd + scaled.feesNanoUsd!).toBe(scaled.nanoUsd);
      expect(Math.min(scaled.inputNanoUsd, scaled.outputNanoUsd, scaled.feesNanoUsd!)).toBeGreaterThanOrEqual(0);
    }),
  );
});
