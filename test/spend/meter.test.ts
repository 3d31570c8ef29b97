import { describe, expect, it } from 'vitest';
import type { Exchange, Usage } from '../../src/core/exchange.ts';
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

describe('a request that lets other models answer instead', () => {
  const asked = { model: 'gpt-4o-mini', inputTokenBound: 10, maxOutputTokens: 10 };

  it('can cost, and is held, what the dearest of them costs', () => {
    const dear = exchangeWith({ ...asked, model: 'gpt-4o' });
    const exchange = exchangeWith({ ...asked, alternatives: ['gpt-4o', 'gpt-4o-mini'] });
    expect(meter.bound(exchange)).toEqual(meter.bound(dear));
    expect(meter.held(exchange, 5, 5)).toEqual(meter.held(dear, 5, 5));
  });

  it('has no price where one of them has none', () => {
    expect(strict.bound(exchangeWith({ ...asked, alternatives: ['gpt-99', 'gpt-4o'] }))).toBeUndefined();
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

describe('what a call will probably cost', () => {
  const texts = [
    { read: () => 'Tell me of the sea, of its ships and of its harbours.' },
  ] as unknown as Exchange['texts'];
  const asked = { model: 'asked', texts, inputTokenBound: 100, maxOutputTokens: 5_000 };

  it('is learned from what calls of the model took', () => {
    const learning = createMeter({ priceBook: createPriceBook({ overrides: OVERRIDES }), now: () => 0 });
    const first = learning.estimate(exchangeWith(asked))!;
    expect(first).toMatchObject({ outputTokens: 5_000, cost: { outputNanoUsd: 10_000_000 } });
    for (let count = 0; count < 30; count++) {
      const ended = exchangeWith({
        ...asked,
        outcome: 'completed',
        usage: { ...usage, inputTokens: 9, outputTokens: 40 },
      });
      learning.learn(ended);
      learning.learn({ ...ended, outcome: 'aborted', usage: { ...usage, outputTokens: 1 } });
      learning.learn({ ...ended, usage: { ...usage, source: 'estimated', outputTokens: 3_000 } });
    }
    const then = learning.estimate(exchangeWith(asked))!;
    expect(then.outputTokens).toBe(40);
    expect(then.inputTokens).toBeLessThan(first.inputTokens);
    expect(then.cost.nanoUsd).toBe(then.inputTokens * 1_000 + 40 * 2_000);
  });

  it('is at most the bound, and none for a blocked model', () => {
    const exchange = exchangeWith(asked);
    expect(meter.estimate(exchange)!.cost.nanoUsd).toBeLessThanOrEqual(meter.bound(exchange)!.nanoUsd);
    expect(strict.estimate(exchangeWith({ model: 'gpt-99' }))).toBeUndefined();
  });

  it('goes on by output alone while a stream passes', () => {
    expect(meter.outputCost(exchangeWith({ model: 'asked' }), 256)).toMatchObject({
      nanoUsd: 512_000,
      inputNanoUsd: 0,
      outputNanoUsd: 512_000,
    });
  });
});

describe('how a call is served', () => {
  it('is bounded by the dearer of the base list and the tier asked for, and billed by the tier of the answer', () => {
    const flex = exchangeWith({ model: 'gpt-5', parameters: { service_tier: 'flex' } });
    const priority = exchangeWith({ model: 'gpt-5', parameters: { service_tier: 'priority' } });
    const plain = meter.bound(exchangeWith({ model: 'gpt-5' }))!.nanoUsd;
    expect([meter.bound(flex)!.nanoUsd, meter.bound(priority)!.nanoUsd]).toEqual([plain, 2 * plain]);
    const cost = (serviceTier: string) => meter.cost({ ...priority, usage, response: { serviceTier } })!.nanoUsd;
    expect([cost('default'), cost('flex'), cost('priority')]).toEqual([112_500, 56_250, 225_000]);
  });

  it('is dearer at a host with data residency', () => {
    const cost = (upstream: string) => meter.cost(exchangeWith({ model: 'gpt-5.4', usage, upstream }))!.nanoUsd;
    expect(cost('https://eu.api.openai.com')).toBe((cost('https://api.openai.com') / 10) * 11);
  });

  it('is at a negotiated price, held and billed', () => {
    const half = { numerator: 1, denominator: 2 };
    const exchange = exchangeWith({ model: 'asked', usage });
    expect(meter.cost(exchange, half)!.nanoUsd).toBe(meter.cost(exchange)!.nanoUsd / 2);
    expect(meter.bound(exchange, half)!.nanoUsd).toBe(meter.bound(exchange)!.nanoUsd / 2);
  });
});

describe('usage of a dialect', () => {
  const of = (dialect: string): Exchange => exchangeWith({ dialect });

  it('is read from the whole answer, and from events', () => {
    const message = { usage: { input_tokens: 1, output_tokens: 2, cache_read_input_tokens: 3 } };
    expect(meter.usage(of('anthropic.messages'), message)).toMatchObject({ inputTokens: 4 });
    const generated = { usageMetadata: { promptTokenCount: 4 } };
    expect(meter.usage(of('google.generate'), generated)).toMatchObject({ inputTokens: 4 });
    const response = { usage: { input_tokens: 1, output_tokens: 2 }, output: [{ type: 'file_search_call' }] };
    expect(meter.usage(of('openai.responses'), response)!.units).toEqual({ fileSearch: 1 });
    const known = meter.fold('anthropic.messages', undefined, {
      type: 'message_start',
      message: { usage: { input_tokens: 1, output_tokens: 1 } },
    });
    const folded = meter.fold('anthropic.messages', known, { type: 'message_delta', usage: { output_tokens: 8 } });
    expect(meter.usage(of('anthropic.messages'), folded)).toMatchObject({ inputTokens: 1, outputTokens: 8 });
    expect(meter.usage(of('openai.chat'), { id: 'no usage' })).toBeUndefined();
  });

  it('takes a tier and a cost that headers tell', () => {
    const generated = { usageMetadata: { promptTokenCount: 4 } };
    const flex = new Headers({ 'x-gemini-service-tier': 'flex' });
    expect(meter.usage(of('google.generate'), generated, flex)).toMatchObject({ serviceTier: 'flex' });
    const billed = new Headers({ 'x-litellm-response-cost': '0.25' });
    expect(meter.usage(of('openai.chat'), {}, billed)).toMatchObject({ reportedNanoUsd: 250_000_000 });
  });
});
