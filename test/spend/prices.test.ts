import { readFileSync } from 'node:fs';
import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { renderPriceTable } from '../../scripts/generate-prices.ts';
import { createPriceBook, type PriceBookOptions } from '../../src/spend/prices.ts';

const AT = Date.parse('2026-11-21T12:00:00Z');

describe('the bundled price table', () => {
  it('is what the generator makes of the installed data', async () => {
    const committed = readFileSync(new URL('../../src/spend/price-table.generated.ts', import.meta.url), 'utf8');
    expect(committed).toBe(await renderPriceTable());
    expect(committed.length).toBeLessThan(300_000);
  });

  it.each([
    ['openai', 'gpt-4o', 1],
    ['openai', 'gpt-5.4-2026-03-05', 271_999],
    ['openai', 'gpt-5.4-2026-03-05', 272_000],
    ['anthropic', 'claude-sonnet-4-5-20250929', 200_001],
    ['google', 'gemini-2.5-pro', 200_001],
    ['azure', 'gpt-4.1-2025-04-14', 10],
    ['openrouter', 'anthropic/claude-sonnet-4.5', 10],
    ['groq', 'openai/gpt-oss-120b', 10],
    ['mistral', 'mistral-large-2512', 10],
    ['deepseek', 'deepseek-v4-pro', 10],
    ['aws', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', 10],
  ])('agrees with its source on %s %s at %i input tokens', (provider, model, inputTokens) => {
    const price = createPriceBook().lookup(provider, model, AT)!;
    const rates = price.tiers.findLast(({ above }) => inputTokens > above)?.rates ?? price.rates;
    const usage = { input_tokens: inputTokens, output_tokens: 1_000 };
    const theirs = calcPrice(usage, model, { providerId: provider, timestamp: new Date(AT) })!;
    expect(price.source).toBe('table');
    expect((rates.input * inputTokens) / 1e12).toBeCloseTo(theirs.input_price, 9);
    expect((rates.output * 1_000) / 1e12).toBeCloseTo(theirs.output_price, 9);
  });

  it('changes prices on their day and in their hours, by UTC', () => {
    const book = createPriceBook();
    const input = (model: string, at: string, provider = 'openai') =>
      book.lookup(provider, model, Date.parse(at))!.rates.input;
    expect(input('o3', '2025-06-09T23:59:59.999Z')).toBe(10_000_000);
    expect(input('o3', '2025-06-10T00:00:00Z')).toBe(2_000_000);
    expect(input('deepseek-v4-pro', '2026-11-21T03:59:59Z', 'deepseek')).toBe(1_320_000);
    expect(input('deepseek-v4-pro', '2026-11-21T04:00:00Z', 'deepseek')).toBe(660_000);
    expect(input('deepseek-v4-pro', '2026-08-16T05:00:00Z', 'deepseek')).toBe(435_000);
  });

  it.each(['gpt-4oh', 'gpt-4o-2031-01-01', 'my-gpt-4o', '', 'x'.repeat(100_000)])(
    'does not know a model that merely resembles one: %#',
    (model) => {
      expect(createPriceBook({ unknownModel: 'block' }).lookup('openai', model, AT)).toBeUndefined();
    },
  );

  it('knows providers by the names of the OpenTelemetry conventions', () => {
    const book = createPriceBook({ unknownModel: 'block' });
    expect(book.lookup('azure.ai.openai', 'gpt-4.1', AT)?.source).toBe('table');
    expect(book.lookup('gcp.gemini', 'gemini-2.5-pro', AT)?.source).toBe('table');
    expect(book.lookup('constructor', 'gpt-4o', AT)).toBeUndefined();
  });
});

describe('a model without a known price', () => {
  const book = createPriceBook();

  it("costs as the dearest of its provider's chat models", () => {
    const price = book.lookup('openai', 'gpt-99', AT)!;
    expect(price).toMatchObject({ source: 'ceiling', assumed: true });
    expect(price.rates).toMatchObject({ input: 150_000_000, output: 600_000_000 });
  });

  it('costs as the dearest embedding model when it embeds', () => {
    expect(book.lookup('openai', 'text-embedding-9', AT, 'embeddings')!.rates).toMatchObject({
      input: 130_000,
      output: 0,
    });
  });

  it('costs as the dearest flagship at a provider that nobody knows', () => {
    expect(book.lookup('cellar', 'llama', AT)!.rates).toMatchObject({ input: 150_000_000, output: 600_000_000 });
  });

  it('is not free because it has no output price: chat with an embedding model is a ceiling', () => {
    expect(book.lookup('openai', 'text-embedding-3-small', AT, 'chat')!.source).toBe('ceiling');
  });

  it('is not free because it is sold by another unit', () => {
    expect(book.lookup('openai', 'whisper-1', AT)!.source).toBe('ceiling');
  });
});

describe('the age of prices', () => {
  it('is told by the newest ones', () => {
    const book = createPriceBook();
    const day = Date.parse(book.asOf);
    expect([book.isStale(day + 45 * 86_400_000), book.isStale(day + 46 * 86_400_000)]).toEqual([false, true]);
    expect(book.version).toContain('genai-prices@');
  });
});

describe('overrides', () => {
  it('go before the table, the one with the provider first, and are exact', () => {
    const overrides = {
      'openai/gpt-4o': { input: '0.000001', output: '10' },
      'GPT-4o': { input: '7', output: '8', cacheRead: '0.7' },
    };
    const book = createPriceBook({ overrides });
    expect(book.lookup('openai', 'gpt-4o', AT)).toMatchObject({
      source: 'override',
      rates: { input: 1, cacheRead: 1, output: 10_000_000 },
    });
    expect(book.lookup('azure', 'gpt-4o', AT)!.rates).toMatchObject({
      input: 7_000_000,
      cacheRead: 700_000,
      cacheWrite: 7_000_000,
    });
  });

  it('hold from their day on, and the table before', () => {
    const overrides = {
      'openai/gpt-4o': [
        { input: '2', output: '9', from: '2027-03-01' },
        { input: '1', output: '9', from: '2026-12-01' },
      ],
    };
    const book = createPriceBook({ overrides });
    const input = (at: string) => book.lookup('openai', 'gpt-4o', Date.parse(at))!.rates.input;
    expect(['2026-11-30T23:59:59Z', '2026-12-01T00:00:00Z', '2027-03-01T00:00:00Z'].map(input)).toEqual([
      2_500_000, 1_000_000, 2_000_000,
    ]);
  });

  it('have tiers, kinds of tokens, pieces and variants of their own', () => {
    const override = {
      input: '1',
      output: '4',
      audioInput: '30',
      cacheWrite1h: '2',
      tiers: [{ above: 200_000, input: '2', output: '6' }],
      variants: { flex: { factor: '0.6' }, 'region=eu': { input: '3' } },
      fees: { webSearch: '0.02' },
    };
    const book = createPriceBook({ overrides: { 'openai/gpt-7': override } });
    const price = book.lookup('openai', 'gpt-7', AT)!;
    expect(price.rates).toMatchObject({ audioInput: 30_000_000, cacheWrite1h: 2_000_000, imageInput: 1_000_000 });
    expect(price.tiers).toMatchObject([{ above: 200_000, rates: { input: 2_000_000, cacheRead: 2_000_000 } }]);
    expect(price.fees).toEqual({ webSearch: 20_000_000 });
    const rate = (served: object) => {
      const { rates, divisor = 1 } = book.lookup('openai', 'gpt-7', AT, 'chat', served)!;
      return rates.input / divisor;
    };
    expect(rate({ serviceTier: 'flex' })).toBe(600_000);
    expect(rate({ region: 'eu' })).toBe(3_000_000);
    // Not said, so as the provider usually has it.
    expect(rate({ serviceTier: 'priority' })).toBe(2_000_000);
  });

  it('can say free', () => {
    const book = createPriceBook({ overrides: { 'cellar/llama': 'free' }, unknownModel: 'block' });
    expect(book.lookup('cellar', 'llama', AT)).toMatchObject({ assumed: false, rates: { input: 0, output: 0 } });
  });

  it.each([
    [{ overrides: { m: { input: 1.25, output: '10' } } }, 'prices["m"].input'],
    [{ overrides: { m: { input: '1.25', output: '-10' } } }, 'prices["m"].output'],
    [{ overrides: { m: { input: '1.2500001', output: '10' } } }, 'prices["m"].input'],
    [{ overrides: { m: { input: '1', output: '1', cacheRead: '1e3' } } }, 'prices["m"].cacheRead'],
    [{ overrides: { m: { input: '1', output: '1', cached: '1' } } }, 'prices["m"]'],
    [{ overrides: { m: [] } }, 'prices["m"]'],
    [
      { overrides: { m: { input: '1', output: '1', tiers: [{ above: 0, input: '1', output: '1' }] } } },
      'prices["m"].tiers',
    ],
    [{ overrides: { m: { input: '1', output: '1', tiers: [{ above: 9, input: '1' }] } } }, 'prices["m"].tiers.output'],
    [{ overrides: { m: { input: '1', output: '1', from: '2026-13-01' } } }, 'prices["m"].from'],
    [{ overrides: { m: { input: '1', output: '1', fees: { webSearch: 0.01 } } } }, 'prices["m"].fees.webSearch'],
    [{ overrides: { m: { input: '1', output: '1', fees: { searches: '1' } } } }, 'prices["m"].fees'],
    [
      { overrides: { m: { input: '1', output: '1', variants: { flex: { factor: 0.5 } } } } },
      'prices["m"].variants.flex.factor',
    ],
    [{ overrides: { m: { input: '1', output: '1', variants: { flex: { rate: '1' } } } } }, 'prices["m"].variants.flex'],
    [{ overrides: { m: 'gratis' } }, 'prices["m"]'],
    [{ overrides: [] }, 'prices'],
    [{ unknownModel: 'free' }, 'unknownModel'],
  ])('of a wrong form are refused by name: %j', (options, param) => {
    expect(() => createPriceBook(options as unknown as PriceBookOptions)).toThrow(
      expect.objectContaining({ code: 'invalid_option', param }),
    );
  });
});
