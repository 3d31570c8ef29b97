import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/core/exchange.ts';
import { createCallMeter } from '../../src/spend/call-meter.ts';
import { createMeter } from '../../src/spend/meter.ts';
import { createPriceBook } from '../../src/spend/prices.ts';
import { exchangeWith } from './exchange.ts';

const meterOf = () =>
  createCallMeter({
    meter: createMeter({ priceBook: createPriceBook({ overrides: { m: { input: '1', output: '2' } } }), now: () => 0 }),
  });
const slot = (text: string): Exchange['texts'][number] => ({
  ...{ scope: 'message', encoding: 'text', kind: 'string', path: [], read: () => text, write: () => {} },
});
const call = (facts: Partial<Exchange> = {}): Exchange =>
  exchangeWith({ model: 'm', texts: [slot('Some words that are asked.')], maxOutputTokens: undefined, ...facts });

function taught(outputs: readonly number[], facts: Partial<Exchange> = {}, counted = 0) {
  const meter = meterOf();
  for (const outputTokens of outputs) {
    const exchange = call(facts);
    exchange.usage = { inputTokens: 10, outputTokens, source: 'provider' };
    exchange.outcome = 'completed';
    meter.learn(exchange, counted, 0);
  }
  return meter;
}

describe('what is held at first', () => {
  it('while nothing is known: 1,024 tokens of a stream, the default of a whole answer, the limit where it is lower', () => {
    const meter = meterOf();
    expect(meter.estimate(call({ stream: true }))!.outputTokens).toBe(1_024);
    expect(meter.estimate(call({ stream: true, choices: 3 }))!.outputTokens).toBe(3_072);
    expect(meter.estimate(call({ stream: true, maxOutputTokens: 50 }))!.outputTokens).toBe(50);
    expect(meter.estimate(call())!.outputTokens).toBe(4_096);
    expect(meter.estimate(call({ maxOutputTokens: 9_000 }))!.outputTokens).toBe(9_000);
    expect(meter.estimate(call({ stream: true, watchedOnly: true }))!.outputTokens).toBe(4_096);
  });

  it('once calls were seen: what 19 of 20 had of a stream, the longest of a whole answer, the limit at most', () => {
    const outputs = [...Array.from({ length: 98 }, () => 100), 900, 100];
    const meter = taught(outputs);
    expect(meter.estimate(call({ stream: true, maxOutputTokens: 16_000 }))!.outputTokens).toBe(100);
    // The longest counts for a little less with each that is shorter.
    expect(meter.estimate(call({ maxOutputTokens: 16_000 }))!.outputTokens).toBe(896);
    expect(meter.estimate(call({ maxOutputTokens: 500 }))!.outputTokens).toBe(500);
    expect(meter.estimate(call({ operation: 'embeddings' }))!.outputTokens).toBe(0);
  });

  it('takes images by their allowance, and token ids by their bytes', () => {
    const meter = meterOf();
    const text = meter.estimate(call())!.inputTokens;
    expect(text).toBeLessThan(20);
    const image = call({ inputTokenBound: 60_000, mediaTokenBound: 50_000 });
    expect(meter.estimate(image)!.inputTokens).toBe(text + 50_000);
    expect(
      meter.estimate(call({ readable: { texts: false, cost: true }, texts: [], inputTokenBound: 700 }))!.inputTokens,
    ).toBe(700);
  });

  it('is priced at the dearest rates, as the bound is', () => {
    const meter = meterOf();
    expect(meter.held(call(), 10, 20)!.nanoUsd).toBe(10 * 1_000 + 20 * 2_000);
  });
});

describe('text that passes', () => {
  it('stands for as many tokens as it was billed for before', () => {
    expect(meterOf().passed(call(), 100)).toEqual({ likely: 100, safe: 100 });
    const meter = taught(
      Array.from({ length: 100 }, () => 80),
      { stream: true },
      100,
    );
    const { likely, safe } = meter.passed(call(), 1_000);
    expect(likely).toBeCloseTo(800, 0);
    expect(safe).toBeGreaterThanOrEqual(likely);
    expect(safe).toBeLessThan(1_000);
  });

  it('is joined by reasoning that is billed and does not show', () => {
    const meter = meterOf();
    for (let i = 0; i < 30; i++) {
      const exchange = call({ stream: true });
      exchange.usage = { inputTokens: 10, outputTokens: 600, reasoningTokens: 500, source: 'provider' };
      exchange.outcome = 'completed';
      meter.learn(exchange, 100, 0);
    }
    expect(meter.passed(call(), 10).likely).toBeCloseTo(10, 0);
    expect(meter.passed(call(), 10).safe).toBeGreaterThanOrEqual(510);
  });

  it('teaches nothing where it was cut off or estimated', () => {
    const meter = meterOf();
    for (const facts of [
      { outcome: 'aborted' as const },
      { outcome: 'completed' as const, source: 'estimated' as const },
    ]) {
      const exchange = call();
      exchange.usage = { inputTokens: 10, outputTokens: 600, source: facts.source ?? 'provider' };
      exchange.outcome = facts.outcome;
      for (let i = 0; i < 30; i++) meter.learn(exchange, 100, 0);
    }
    expect(meter.typicalOutputTokens(call())).toBe(0);
    expect(meter.passed(call(), 10).likely).toBe(10);
  });
});

it('an ordinary answer is as long as half of them', () => {
  const meter = taught(Array.from({ length: 101 }, (_, index) => index));
  expect(meter.typicalOutputTokens(call())).toBe(50);
  expect(meterOf().typicalOutputTokens(call())).toBe(0);
});
