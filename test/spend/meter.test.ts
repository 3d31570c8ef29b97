import { describe, expect, it } from 'vitest';
import type { Usage } from '../../src/core/exchange.ts';
import { createMeter } from '../../src/spend/meter.ts';
import { createPriceBook } from '../../src/spend/prices.ts';
import { exchangeWith } from './exchange.ts';

const OVERRIDES = { asked: { input: '1', output: '2' } };
const meter = createMeter({ priceBook: createPriceBook({ overrides: OVERRIDES }), defaultMaxOutputTokens: 50 });
const strict = createMeter({ priceBook: createPriceBook({ unknownModel: 'block' }) });
const usage: Usage = { inputTokens: 10, outputTokens: 10, source: 'provider' };

describe('the most a call can cost', () => {
  it('is its input and the output of every choice', () => {
    const cost = meter.bound(exchangeWith({ model: 'asked', inputTokenBound: 7, maxOutputTokens: 5, choices: 3 }));
    expect(cost).toMatchObject({
      nanoUsd: 7 * 1_000 + 15 * 2_000,
      inputNanoUsd: 7_000,
      outputNanoUsd: 30_000,
      assumed: false,
    });
  });

  it('counts the default output when the request names none', () => {
    expect(meter.bound(exchangeWith({ model: 'asked', maxOutputTokens: undefined }))!.outputNanoUsd).toBe(50 * 2_000);
  });

  it('counts no output for embeddings', () => {
    const exchange = exchangeWith({ model: 'text-embedding-3-small', operation: 'embeddings', inputTokenBound: 8 });
    expect(meter.bound(exchange)).toMatchObject({ nanoUsd: 160, outputNanoUsd: 0 });
  });

  it('takes input as audio where a model hears', () => {
    expect(meter.bound(exchangeWith({ model: 'gpt-audio', inputTokenBound: 100 }))!.inputNanoUsd).toBe(100 * 32_000);
  });

  it('takes the tier that so much input can reach', () => {
    expect(meter.bound(exchangeWith({ model: 'gpt-5.4', inputTokenBound: 272_000 }))!.inputNanoUsd).toBe(
      272_000 * 5_000,
    );
  });

  it('is assumed for an unknown model, and none where those are blocked', () => {
    expect(meter.bound(exchangeWith({ model: 'gpt-99' }))!.assumed).toBe(true);
    expect(strict.bound(exchangeWith({ model: 'gpt-99' }))).toBeUndefined();
  });
});

describe('what a call cost', () => {
  it('is priced by the model that answered', () => {
    const cost = meter.cost(exchangeWith({ model: 'gpt-4o-mini', response: { model: 'gpt-4o-2024-08-06' }, usage }));
    expect(cost).toMatchObject({ inputNanoUsd: 25_000, outputNanoUsd: 100_000, estimated: false });
  });

  it('is priced by the model asked for when only that one is known', () => {
    expect(meter.cost(exchangeWith({ model: 'gpt-4o', response: { model: 'gpt-4o-2031' }, usage }))!.assumed).toBe(
      false,
    );
  });

  it("keeps the user's price of the model asked for when the answer has a dated name", () => {
    expect(meter.cost(exchangeWith({ model: 'asked', response: { model: 'gpt-4o' }, usage }))!.priceVersion).toBe(
      'override',
    );
  });

  it('is none without usage or price, and what was billed even without a price', () => {
    expect(meter.cost(exchangeWith({}))).toBeUndefined();
    expect(strict.cost(exchangeWith({ model: 'gpt-99', usage }))).toBeUndefined();
    expect(strict.cost(exchangeWith({ model: 'gpt-99', usage: { ...usage, reportedNanoUsd: 5 } }))!.nanoUsd).toBe(5);
  });

  it('says when its tokens were estimated', () => {
    expect(meter.cost(exchangeWith({ usage: { ...usage, source: 'estimated' } }))!.estimated).toBe(true);
  });
});

it.each([0, -1, 1.5, '4096', Number.NaN])('refuses %j as default output', (defaultMaxOutputTokens) => {
  const options = { priceBook: createPriceBook(), defaultMaxOutputTokens: defaultMaxOutputTokens as number };
  expect(() => createMeter(options)).toThrow(expect.objectContaining({ param: 'defaultMaxOutputTokens' }));
});
