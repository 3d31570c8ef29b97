import { describe, expect, it } from 'vitest';
import { type PriceResponseInput, priceResponse } from '../../src/spend/price-response.ts';
import { createPriceBook } from '../../src/spend/prices.ts';

const AT = '2026-11-21T12:00:00Z';

function priced(call: Omit<PriceResponseInput, 'at'>, factor?: string) {
  return priceResponse({ at: AT, ...call }, { factor });
}

const chat = (more: object = {}, usage: object = {}) => ({
  provider: 'openai',
  api: 'chat.completions',
  model: 'gpt-5',
  response: { usage: { prompt_tokens: 1_000, completion_tokens: 100, ...usage }, ...more },
});
const STANDARD = 1_000 * 1_250 + 100 * 10_000;

describe('the price list that applies', () => {
  it.each([
    ['flex', STANDARD / 2],
    ['batch', STANDARD / 2],
    ['priority', STANDARD * 2],
    ['default', STANDARD],
    ['scale', STANDARD],
  ])('is that of the tier in the answer: %s', (service_tier, nanoUsd) => {
    expect(priced(chat({ service_tier })).costNanoUsd).toBe(nanoUsd);
  });

  it('is the standard one after a downgrade, whatever was asked for', () => {
    const call = { ...chat({ service_tier: 'default' }), request: { service_tier: 'priority' } };
    expect(priced(call).costNanoUsd).toBe(STANDARD);
  });

  it('is that of the tier asked for where the answer tells none', () => {
    expect(priced({ ...chat(), request: { service_tier: 'flex' } }).costNanoUsd).toBe(STANDARD / 2);
  });

  it('is that of the batch, whatever its lines call themselves', () => {
    expect(priced({ ...chat({ service_tier: 'default' }), api: 'batches' }).costNanoUsd).toBe(STANDARD / 2);
  });

  it('is the dearest known for a tier that nobody knows, and says so', () => {
    const { costNanoUsd, price } = priced(chat({ service_tier: 'ultrafast' }));
    expect([costNanoUsd, price.assumed]).toEqual([STANDARD * 2, true]);
  });

  it('is dearer with data residency, told by the request', () => {
    const call = { ...chat(), provider: 'azure', response: { ...chat().response, model: 'gpt-4o-2024-08-06' } };
    const plain = priced({ ...call, model: 'prod-chat', request: { deployment: 'prod-chat' } }).costNanoUsd;
    expect(priced({ ...call, request: { region: 'eu' } }).costNanoUsd).toBe((plain / 10) * 11);
    expect(priced({ ...chat(), provider: 'azure', model: 'eu/gpt-4o-2024-08-06' }).costNanoUsd).toBe((plain / 10) * 11);
    expect(priced({ ...call, request: { sku: 'DataZoneStandard-EU' } }).costNanoUsd).toBe((plain / 10) * 11);
    expect(priced({ ...call, request: { region: 'global' } }).costNanoUsd).toBe(plain);
  });

  it.each([
    [{ 'x-gemini-service-tier': 'flex' }, {}, 0.5],
    [{ 'X-Gemini-Service-Tier': 'priority' }, {}, 1.8],
    [{}, { trafficType: 'ON_DEMAND_FLEX' }, 0.5],
    [{}, { trafficType: 'PROVISIONED_THROUGHPUT' }, 1],
    [{}, { serviceTier: 'priority' }, 1.8],
  ])("is told by Gemini's header or its traffic: %j %j", (headers, meta, factor) => {
    const usageMetadata = { promptTokenCount: 1_000, candidatesTokenCount: 100, ...meta };
    const call = { provider: 'google', api: 'generateContent', model: 'gemini-3-flash-preview', headers };
    expect(priced({ ...call, response: { usageMetadata } }).costNanoUsd).toBe((500_000 + 300_000) * factor);
  });

  it("multiplies Anthropic's place and speed, and leaves searches alone", () => {
    const usage = {
      input_tokens: 1_000,
      output_tokens: 100,
      inference_geo: 'us',
      speed: 'fast',
      server_tool_use: { web_search_requests: 1 },
    };
    const call = { provider: 'anthropic', api: 'messages', model: 'claude-opus-4-6', response: { usage } };
    expect(priced(call).costNanoUsd).toBe(7_500_000 * 6 + 4_500_000 + 10_000_000);
  });

  it('is the one of its hour and day', () => {
    const call = { ...chat(), provider: 'deepseek', model: 'deepseek-v4-pro' };
    const peak = priceResponse({ ...call, at: new Date('2026-11-21T03:00:00Z') }).costNanoUsd;
    expect(peak).toBe(2 * priceResponse({ ...call, at: '2026-11-21T05:00:00Z' }).costNanoUsd);
  });
});

describe('what comes beside the tokens', () => {
  it("is the LangChain repro: a stream with web search costs what the wire says, not the callback's third of it", () => {
    const stream = [
      {
        type: 'message_start',
        message: {
          model: 'claude-sonnet-4-6',
          usage: { input_tokens: 2_679, output_tokens: 3, service_tier: 'standard' },
        },
      },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Found.' } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { input_tokens: 10_682, output_tokens: 510, server_tool_use: { web_search_requests: 1 } },
      },
    ];
    const { costNanoUsd } = priced({ provider: 'anthropic', api: 'messages', model: 'claude-sonnet-4-6', stream });
    expect(costNanoUsd).toBe(49_696_000);
  });

  it('is a compaction, which the totals leave out, and an advisor at its own price', () => {
    const iteration = {
      input_tokens: 1_000,
      output_tokens: 100,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    };
    const usage = {
      input_tokens: 1_000,
      output_tokens: 100,
      iterations: [
        { type: 'message', ...iteration },
        { type: 'compaction', ...iteration },
        { type: 'advisor_message', model: 'claude-opus-4-8', ...iteration },
      ],
    };
    const { costNanoUsd, lines } = priced({
      provider: 'anthropic',
      api: 'messages',
      model: 'claude-sonnet-4-6',
      response: { usage },
    });
    expect(costNanoUsd).toBe(2 * 4_500_000 + 7_500_000);
    expect(lines.filter(({ model }) => model === 'claude-opus-4-8').map(({ unit }) => unit)).toEqual([
      'input',
      'output',
    ]);
  });

  it('is what tools of a response used: searches, files, containers, images', () => {
    const response = {
      model: 'gpt-5-2025-08-07',
      usage: { input_tokens: 1_000, output_tokens: 100 },
      tools: [{ type: 'image_generation', model: 'gpt-image-1-mini' }],
      tool_usage: { image_gen: { input_tokens: 100, output_tokens: 1_000 } },
      output: [
        { type: 'web_search_call', action: { type: 'search' } },
        { type: 'web_search_call', action: { type: 'open_page' } },
        { type: 'file_search_call' },
        { type: 'code_interpreter_call', container_id: 'cntr_1' },
        { type: 'code_interpreter_call', container_id: 'cntr_1' },
      ],
    };
    const { costNanoUsd } = priced({ provider: 'openai', api: 'responses', model: 'gpt-5', response });
    const image = 100 * 2_000 + 1_000 * 8_000;
    expect(costNanoUsd).toBe(STANDARD + 10_000_000 + 2_500_000 + 30_000_000 + image);
  });

  it('is the search that Google grounds an answer on: by prompt up to Gemini 2.5, by query from 3 on', () => {
    const response = {
      usageMetadata: { promptTokenCount: 0 },
      candidates: [{ groundingMetadata: { webSearchQueries: ['a', 'b'] } }],
    };
    const call = (model: string) => priced({ provider: 'google', api: 'generateContent', model, response }).costNanoUsd;
    expect([call('gemini-2.5-flash'), call('gemini-3.5-flash')]).toEqual([35_000_000, 28_000_000]);
  });

  it('is a second model that wrote an SVG', () => {
    const usage = { input_tokens: 50, output_tokens: 100, input_tokens_details: { text_tokens: 50, image_tokens: 0 } };
    const response = { usage, svg_usage: { model: 'gpt-5', input_tokens: 1_000, output_tokens: 100 } };
    const call = { provider: 'openai', api: 'images.generations', model: 'gpt-image-1', response };
    expect(priced(call).costNanoUsd).toBe(50 * 5_000 + 100 * 40_000 + STANDARD);
  });

  it('is each answer of a realtime session', () => {
    const usage = {
      input_tokens: 100,
      output_tokens: 10,
      input_token_details: {
        audio_tokens: 80,
        text_tokens: 20,
        cached_tokens: 30,
        cached_tokens_details: { audio_tokens: 30 },
      },
      output_token_details: { audio_tokens: 10 },
    };
    const done = { type: 'response.done', response: { usage } };
    const call = {
      provider: 'openai',
      api: 'realtime',
      model: 'gpt-realtime',
      stream: [{ type: 'session.created' }, done, done],
    };
    expect(priced(call).costNanoUsd).toBe(2 * (50 * 32_000 + 20 * 4_000 + 30 * 400 + 10 * 64_000));
  });

  it('is sold by the second, the character or the page', () => {
    const audio = (response: object) =>
      priced({ provider: 'openai', api: 'audio.transcriptions', model: 'whisper-1', response });
    expect(audio({ usage: { type: 'duration', seconds: 9.5 } }).costNanoUsd).toBe(950_000);
    expect(audio({ duration: '7' }).costNanoUsd).toBe(700_000);
    const groq = { provider: 'groq', api: 'audio.transcriptions', model: 'whisper-large-v3' };
    expect(priced({ ...groq, response: { usage: { type: 'duration', seconds: 10 } } }).costNanoUsd).toBe(308_333);
    const speech = priced({
      provider: 'openai',
      api: 'audio.speech',
      model: 'tts-1',
      request: { input: 'Hello there.' },
    });
    expect([speech.costNanoUsd, speech.usage.source]).toEqual([12 * 15_000, 'estimated']);
    const ocr = {
      provider: 'mistral',
      api: 'ocr',
      model: 'mistral-ocr-4-1',
      response: { usage_info: { pages_processed: 3 } },
    };
    expect(priced(ocr).costNanoUsd).toBe(12_000_000);
  });
});

describe('what the provider billed', () => {
  it('goes before every price, in the body or in a header', () => {
    const reported = priced(chat({}, { cost: 0.00061193 }));
    expect([reported.costNanoUsd, reported.price.source, reported.lines]).toEqual([
      611_930,
      'reported',
      [{ unit: 'reported', quantity: 1, usdPer: '0.00061193', per: 1, usd: '0.00061193' }],
    ]);
    expect(priced({ ...chat(), headers: new Headers({ 'x-litellm-response-cost': '1.5e-05' }) }).costNanoUsd).toBe(
      15_000,
    );
    expect(priced(chat({}, { cost: { total_cost: 0.004 } })).costNanoUsd).toBe(4_000_000);
  });

  it('is not changed by a negotiated price', () => {
    expect(priced(chat({}, { cost: 0.002 }), '0.5').costNanoUsd).toBe(2_000_000);
  });
});

describe('a negotiated price', () => {
  it('is for tokens and pieces, and the whole is rounded once', () => {
    const { costNanoUsd, lines } = priced(chat({}, { prompt_tokens: 3, completion_tokens: 0 }), '0.8501');
    expect(costNanoUsd).toBe(3_188);
    expect(lines).toEqual([{ unit: 'input', quantity: 3, usdPer: '1.062625', per: 1_000_000, usd: '0.000003187875' }]);
  });

  it.each(['-1', '1e3', 'cheap', ''])('has to be a decimal: %j', (factor) => {
    expect(() => priced(chat(), factor)).toThrow(expect.objectContaining({ code: 'invalid_option' }));
  });
});

describe('what is not known', () => {
  it('costs the dearest of the provider, says so, and says how to tell the price', () => {
    const { costNanoUsd, price } = priced({ ...chat(), model: 'gpt-99' });
    expect(costNanoUsd).toBe(1_000 * 150_000 + 100 * 600_000);
    expect(price).toMatchObject({ source: 'ceiling', assumed: true });
    expect(price.hint).toContain('prices: { "openai/gpt-99": { input:');
  });

  it('is refused where unknown models are blocked', () => {
    const prices = createPriceBook({ unknownModel: 'block' });
    expect(() => priceResponse({ ...chat(), model: 'gpt-99', at: AT }, { prices })).toThrow(
      expect.objectContaining({ code: 'price_unknown' }),
    );
  });

  it('is never free: a search without a fee costs the dearest one, and its tokens what they cost', () => {
    const call = { ...chat({}, { num_search_queries: 2 }), provider: 'groq', model: 'openai/gpt-oss-120b' };
    const { costNanoUsd, price } = priced(call);
    expect(costNanoUsd).toBe(1_000 * 150 + 100 * 600 + 2 * 35_000_000);
    expect(price).toMatchObject({ source: 'table', assumed: true });
  });

  it('is estimated from the texts when the answer tells no usage', () => {
    const { usage, costNanoUsd } = priced({
      ...chat(),
      request: { model: 'gpt-5', messages: [{ role: 'user', content: 'Tell me of the sea.' }] },
      response: { id: 'chatcmpl-1', choices: [{ message: { role: 'assistant', content: 'It is wide.' } }] },
    });
    expect(usage).toEqual({ inputTokens: 7, outputTokens: 4, source: 'estimated' });
    expect(costNanoUsd).toBe(7 * 1_250 + 4 * 10_000);
  });

  it('is estimated from what was streamed before it broke off', () => {
    const chunk = (content: string) => ({ choices: [{ index: 0, delta: { content } }], usage: null });
    const { usage } = priced({ ...chat(), response: undefined, stream: [chunk('It is '), chunk('wide.')] });
    expect(usage).toMatchObject({ outputTokens: 5, source: 'estimated' });
  });
});

describe('an input of a wrong form is refused by name', () => {
  it.each([
    [undefined, 'priceResponse'],
    [{ provider: 7 }, 'priceResponse: provider'],
    [{ provider: 'openai', at: 'yesterday' }, 'priceResponse: at'],
    [{ provider: 'openai', stream: {} }, 'priceResponse: stream'],
  ])('%j', (input, param) => {
    expect(() => priceResponse(input as unknown as PriceResponseInput)).toThrow(
      expect.objectContaining({ code: 'invalid_option', param }),
    );
  });
});
