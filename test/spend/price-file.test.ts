import { describe, expect, it } from 'vitest';
import { describeMoves, guardPrices, readPriceFile } from '../../src/spend/price-file.ts';
import { createPriceBook } from '../../src/spend/prices.ts';

const AT = Date.parse('2026-11-21T12:00:00Z');
const known = createPriceBook();

function bookWith(file: unknown) {
  const book = createPriceBook();
  book.refresh(readPriceFile(file, 'prices.json'));
  return book;
}

describe('a file of our own shape', () => {
  const file = { version: 'acme 7', asOf: '2026-11-20', prices: { 'openai/gpt-7': { input: '1.25', output: '10' } } };

  it('goes before the bundled table and after the overrides, and names itself on the bill', () => {
    const book = createPriceBook({ overrides: { 'openai/gpt-8': { input: '9', output: '9' } } });
    book.refresh(
      readPriceFile({ ...file, prices: { ...file.prices, 'openai/gpt-8': { input: '1', output: '1' } } }, 'x'),
    );
    expect(book.lookup('openai', 'gpt-7', AT)).toMatchObject({
      source: 'remote',
      version: 'acme 7',
      rates: { input: 1_250_000 },
    });
    expect(book.lookup('openai', 'gpt-8', AT)!.source).toBe('override');
    expect(book.lookup('openai', 'gpt-4o', AT)!.source).toBe('table');
    expect([book.version, book.asOf]).toEqual(['acme 7', '2026-11-20']);
  });

  it.each([
    [{ ...file, version: 7 }, 'version'],
    [{ ...file, asOf: 'yesterday' }, 'asOf'],
    [{ ...file, prices: { x: { input: 1, output: '1' } } }, 'prices["x"].input'],
  ])('has to be complete: %#', (broken, reason) => {
    expect(() => readPriceFile(broken, 'x')).toThrow(reason);
  });
});

describe("a file of genai-prices' shape", () => {
  const provider = {
    id: 'openai',
    fallback_model_providers: ['anthropic'],
    models: [
      {
        id: 'gpt-7',
        match: { or: [{ starts_with: 'GPT-7' }, { regex: '^seven-\\d+$' }] },
        prices: [
          {
            prices: {
              input_mtok: { base: 1, tiers: [{ start: 1_000, price: 2 }] },
              output_mtok: 4,
              web_searches_kcount: 10,
            },
          },
          { constraint: { type: 'start_date', start_date: '2027-01-01' }, prices: { input_mtok: 3, output_mtok: 9 } },
        ],
      },
    ],
  };

  it.each([[[provider]], [{ version: 2, providers: [provider] }]])('is read: %#', (file) => {
    const book = bookWith(file);
    const price = book.lookup('openai', 'gpt-7-mini', AT)!;
    expect(price).toMatchObject({ source: 'remote', rates: { input: 1_000_000 }, fees: { webSearch: 10_000_000 } });
    expect(price.tiers).toMatchObject([{ above: 1_000, rates: { input: 2_000_000, output: 4_000_000 } }]);
    expect(book.lookup('openai', 'seven-7', Date.parse('2027-01-01'))!.rates.input).toBe(3_000_000);
  });

  it.each([
    [{ ...provider.models[0], prices: { input_mtok: -1 } }, 'not a number of at least 0'],
    [{ ...provider.models[0], match: { regex: '(a+)+$' } }, 'repeats a group'],
    [{ ...provider.models[0], match: {} }, 'no clause'],
  ])('is refused when it is broken or hostile: %#', (model, reason) => {
    expect(() => readPriceFile([{ ...provider, models: [model] }], 'x')).toThrow(reason);
  });
});

describe("a file of LiteLLM's shape", () => {
  const file = {
    sample_spec: { litellm_provider: 'one of https://…', input_cost_per_token: 0 },
    'gpt-7': {
      litellm_provider: 'openai',
      mode: 'chat',
      input_cost_per_token: 1.25e-6,
      input_cost_per_token_flex: 6.25e-7,
      output_cost_per_token: 1e-5,
      output_cost_per_token_flex: 5e-6,
      cache_read_input_token_cost: 1.25e-7,
      input_cost_per_token_above_200k_tokens: 2.5e-6,
      regional_processing_uplift_multiplier_eu: 1.1,
    },
    'gemini/gemini-9': {
      litellm_provider: 'gemini',
      input_cost_per_token: 1e-6,
      output_cost_per_token: 2e-6,
      input_cost_per_audio_token: 3e-6,
    },
    'vertex_ai/gemini-9': {
      litellm_provider: 'vertex_ai-language-models',
      input_cost_per_token: 9e-6,
      output_cost_per_token: 9e-6,
    },
    'claude-9': {
      litellm_provider: 'anthropic',
      input_cost_per_token: 5e-6,
      output_cost_per_token: 2.5e-5,
      cache_creation_input_token_cost_above_1hr: 1e-5,
      provider_specific_entry: { us: 1.1, fast: 2 },
      search_context_cost_per_query: { search_context_size_medium: 0.01 },
    },
    'whisper-9': { litellm_provider: 'openai', mode: 'audio_transcription', input_cost_per_second: 0.0001 },
    nothing: { litellm_provider: 'openai' },
  };

  it('is read: tiers of length and of service, regions, tools, audio', () => {
    const book = bookWith(file);
    const rate = (provider: string, model: string, served = {}) => {
      const { rates, divisor = 1 } = book.lookup(provider, model, AT, 'chat', served)!;
      return rates.input / divisor;
    };
    expect(rate('openai', 'gpt-7')).toBe(1_250_000);
    expect(rate('openai', 'gpt-7', { serviceTier: 'flex' })).toBe(625_000);
    expect(rate('openai', 'gpt-7', { region: 'eu' })).toBe(1_375_000);
    expect(book.lookup('openai', 'gpt-7', AT)!.tiers).toMatchObject([
      { above: 200_000, rates: { input: 2_500_000, output: 10_000_000 } },
    ]);
    expect(rate('google', 'gemini-9')).toBe(1_000_000);
    expect(rate('anthropic', 'claude-9', { region: 'us', speed: 'fast' })).toBe(11_000_000);
    expect(book.lookup('anthropic', 'claude-9', AT)).toMatchObject({
      fees: { webSearch: 10_000_000 },
      rates: { cacheWrite1h: 10_000_000 },
    });
    const usage = { inputTokens: 0, outputTokens: 0, units: { audioSecond: 9 }, source: 'provider' as const };
    expect(book.lookupFor('openai', 'whisper-9', AT, usage)!.fees).toEqual({ audioSecond: 360_000_000 });
  });
});

it.each([7, [], 'x', {}, { a: 1 }, [{ id: 'x' }]])('what has none of the shapes is refused: %j', (file) => {
  expect(() => readPriceFile(file, 'x')).toThrow('none of the three shapes');
});

describe('a price that moves wildly', () => {
  const own = (prices: object) => readPriceFile({ version: '1', asOf: '2026-11-20', prices }, 'x');
  const price = (input: string, output: string) => ({ input, output });
  const steady = Object.fromEntries(
    ['gpt-4o-mini', 'gpt-5', 'gpt-5-mini', 'gpt-4.1'].map((model) => {
      const { rates } = known.lookup('openai', model, AT)!;
      return [`openai/${model}`, price(String(rates.input / 1e6), String(rates.output / 1e6))];
    }),
  );

  it('is left out by name, and its known price stays', () => {
    const { source, moves } = guardPrices(own({ ...steady, 'openai/gpt-4o': price('0', '51') }), known, AT);
    expect(describeMoves(moves)).toBe(
      'openai/gpt-4o input 2.5 -> 0, openai/gpt-4o output 10 -> 51 USD per million tokens',
    );
    const book = createPriceBook();
    book.refresh(source);
    expect(book.lookup('openai', 'gpt-4o', AT)).toMatchObject({ source: 'table', rates: { input: 2_500_000 } });
    expect(book.lookup('openai', 'gpt-5', AT)!.source).toBe('remote');
  });

  it('may be five times as dear or as cheap, no more', () => {
    const moved = (input: string, output: string) =>
      guardPrices(own({ ...steady, 'openai/gpt-4o': price(input, output) }), known, AT).moves.length;
    expect([moved('12.5', '2'), moved('12.500001', '10'), moved('0.499999', '10')]).toEqual([0, 1, 1]);
  });

  it('may move when it is allowed', () => {
    const file = own({ 'openai/gpt-4o': price('99', '99'), 'openai/gpt-5': price('0', '0') });
    expect(guardPrices(file, known, AT, ['openai/gpt-4o', 'openai/gpt-5*']).moves).toEqual([]);
  });

  it('in company is a broken file, of which nothing is taken', () => {
    const thousandfold = { 'openai/gpt-4o': price('2500', '10000'), 'openai/gpt-5': price('1250', '10000') };
    expect(guardPrices(own(thousandfold), known, AT)).toMatchObject({ source: undefined });
  });

  it('is none for a model that is new', () => {
    expect(guardPrices(own({ 'openai/gpt-99': price('5000', '5000') }), known, AT).moves).toEqual([]);
  });

  it('is left out of tables that recognise by clauses too', () => {
    const model = (id: string, input: number) => ({
      id,
      match: { starts_with: id },
      prices: { input_mtok: input, output_mtok: 10 },
    });
    const models = [model('gpt-4o', 250), model('gpt-5', 1.25)];
    const { source, moves } = guardPrices(readPriceFile([{ id: 'openai', models }], 'x'), known, AT);
    expect(moves).toMatchObject([{ model: 'gpt-4o', before: 2.5, after: 250 }]);
    const book = createPriceBook();
    book.refresh(source);
    expect(book.lookup('openai', 'gpt-4o', AT)!.rates.input).toBe(2_500_000);
  });
});
