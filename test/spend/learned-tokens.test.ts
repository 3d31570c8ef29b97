import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearnedTokens } from '../../src/spend/learned-tokens.ts';

const DAY = 86_400_000;
const call = { key: 'm', estimatedInput: 1_000, inputTokens: 1_300, outputTokens: 200 };

describe('what calls of a model really took', () => {
  it('corrects the next estimates, and keeps a margin for what varies', () => {
    const learned = new LearnedTokens({ now: () => 0 });
    expect(learned.inputTokens('m', 1_000, 10_000)).toBe(1_500);
    for (let count = 0; count < 100; count++) learned.learn(call);
    expect(learned.inputTokens('m', 1_000, 10_000)).toBe(1_301);
    learned.learn({ ...call, inputTokens: 2_000 });
    expect(learned.inputTokens('m', 1_000, 10_000)).toBeGreaterThan(2_000);
    expect(learned.inputTokens('other', 1_000, 10_000)).toBe(1_500);
  });

  it('covers at least nineteen requests of twenty of a text that it knows', () => {
    const learned = new LearnedTokens({ now: () => 0 });
    let [covered, seed] = [0, 1];
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let count = 0; count < 1_000; count++) {
      const inputTokens = Math.round(1_000 * (0.7 + 0.2 * random()));
      if (count >= 50 && learned.inputTokens('m', 1_000, 10_000) >= inputTokens) covered++;
      learned.learn({ ...call, inputTokens });
    }
    expect(covered / 950).toBeGreaterThan(0.95);
  });

  it('never reckons with more tokens than the request has bytes, nor with none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(10_000), fc.nat(10_000))),
        fc.nat(10_000),
        fc.integer({ min: 1, max: 10_000 }),
        (calls, estimate, bound) => {
          const learned = new LearnedTokens({ now: () => 0 });
          for (const [estimatedInput, inputTokens] of calls) learned.learn({ ...call, estimatedInput, inputTokens });
          const tokens = learned.inputTokens('m', estimate, bound);
          expect(Number.isSafeInteger(tokens) && tokens >= 1 && tokens <= bound).toBe(true);
        },
      ),
    );
  });

  it('is not led astray by what no tokenizer does', () => {
    const learned = new LearnedTokens({ now: () => 0 });
    for (let count = 0; count < 100; count++) learned.learn({ ...call, inputTokens: 900_000 });
    expect(learned.inputTokens('m', 100, 1e9)).toBeLessThanOrEqual(2_001);
  });

  it('fades: after a day half of it, after many all of it', () => {
    let now = 0;
    const learned = new LearnedTokens({ now: () => now });
    for (let count = 0; count < 100; count++) learned.learn({ ...call, inputTokens: 2_000 });
    const fresh = learned.inputTokens('m', 1_000, 1e6);
    now = DAY;
    const dayOld = learned.inputTokens('m', 1_000, 1e6);
    now = 60 * DAY;
    expect([fresh, learned.inputTokens('m', 1_000, 1e6)]).toEqual([2_001, 1_500]);
    expect(dayOld).toBeLessThan(fresh);
    expect(dayOld).toBeGreaterThan(1_500);
  });

  it('tells the output that 19 of 20 calls stay under, once it has seen enough', () => {
    let now = 0;
    const learned = new LearnedTokens({ now: () => now });
    for (let count = 1; count <= 19; count++) learned.learn({ ...call, outputTokens: count });
    expect(learned.outputTokens('m', 4_096)).toBe(4_096);
    learned.learn({ ...call, outputTokens: 20 });
    expect(learned.outputTokens('m', 4_096)).toBe(19);
    expect(learned.outputTokens('m', 10)).toBe(10);
    for (let count = 0; count < 128; count++) learned.learn({ ...call, outputTokens: 700 });
    expect(learned.outputTokens('m', 4_096)).toBe(700);
    now = 2 * DAY;
    expect(learned.outputTokens('m', 4_096)).toBe(4_096);
  });

  it('remembers a bounded number of models, the last used', () => {
    const learned = new LearnedTokens({ now: () => 0, maxModels: 3 });
    for (const key of ['a', 'b', 'c', 'a', 'd']) learned.learn({ ...call, key, inputTokens: 3_000 });
    expect(learned.size).toBe(3);
    expect(learned.inputTokens('a', 1_000, 1e6)).toBeGreaterThan(1_500);
    expect(learned.inputTokens('b', 1_000, 1e6)).toBe(1_500);
  });
});
