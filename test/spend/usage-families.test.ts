import { describe, expect, it } from 'vitest';
import { answerUsage, familyOf, foldEvents } from '../../src/spend/usage.ts';

const family = (api: string, body: unknown = {}) => familyOf(api, body);

describe('which API it is', () => {
  it.each([
    ['chat.completions', 'openai.chat'],
    ['openai.embeddings', 'openai.chat'],
    ['responses', 'openai.responses'],
    ['images.generations', 'openai.images'],
    ['audio.transcriptions', 'openai.audio'],
    ['messages.batches', 'anthropic.messages'],
    ['streamGenerateContent', 'google.generate'],
    ['converse-stream', 'aws.converse'],
  ])('%s is %s', (api, expected) => {
    expect(family(api)).toBe(expected);
  });

  it('is told by the answer where nobody says', () => {
    expect(familyOf(undefined, { usageMetadata: {} })).toBe('google.generate');
    expect(familyOf(undefined, { usage: { inputTokens: 1 } })).toBe('aws.converse');
    expect(familyOf(undefined, { type: 'message' })).toBe('anthropic.messages');
    expect(familyOf(undefined, { object: 'response' })).toBe('openai.responses');
    expect(familyOf(undefined, undefined)).toBe('openai.chat');
  });
});

describe('OpenAI', () => {
  it('tells the usage of a stream on any chunk; later ones without it take nothing back', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5 };
    const at = (place: number) =>
      [0, 1, 2].map((index) => ({ model: 'gpt-4o', choices: [], usage: index === place ? usage : null }));
    for (const place of [0, 1, 2]) {
      const body = foldEvents('openai.chat', at(place));
      expect(answerUsage('openai.chat', body)).toMatchObject({ inputTokens: 10, outputTokens: 5 });
    }
    expect(answerUsage('openai.chat', foldEvents('openai.chat', at(3)))).toBeUndefined();
  });

  it('has no usage of its own at Groq, which puts it elsewhere', () => {
    const events = [{ choices: [] }, { choices: [], x_groq: { usage: { prompt_tokens: 3, completion_tokens: 2 } } }];
    expect(answerUsage('openai.chat', foldEvents('openai.chat', events))).toMatchObject({ inputTokens: 3 });
  });

  it.each(['response.completed', 'response.incomplete', 'response.failed'])('bills %s', (type) => {
    const response = { model: 'gpt-5', service_tier: 'flex', usage: { input_tokens: 9, output_tokens: 4 } };
    const events = [
      { type: 'response.created', response: { usage: null } },
      { type, response },
    ];
    expect(answerUsage('openai.responses', foldEvents('openai.responses', events))).toMatchObject({
      inputTokens: 9,
      outputTokens: 4,
      serviceTier: 'flex',
    });
  });

  it('reads lines of a batch and what SDKs wrap', () => {
    const usage = { prompt_tokens: 7, completion_tokens: 1 };
    const line = { custom_id: 'a', response: { status_code: 200, body: { usage } } };
    expect(answerUsage('openai.chat', line, { api: 'batches' })).toMatchObject({
      inputTokens: 7,
      serviceTier: 'batch',
    });
  });

  it("counts the thoughts that Gemini's compatible API has in the total alone", () => {
    const body = { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 } };
    expect(answerUsage('openai.chat', body, { provider: 'google' })!.outputTokens).toBe(105);
    expect(answerUsage('openai.chat', body, { provider: 'cellar' })!.outputTokens).toBe(5);
  });

  it('reads the cache of DeepSeek, and images in and out', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 9,
      prompt_cache_hit_tokens: 60,
      prompt_cache_miss_tokens: 40,
      completion_tokens_details: { image_tokens: 7 },
    };
    expect(answerUsage('openai.chat', { usage })).toMatchObject({ cacheReadTokens: 60, imageOutputTokens: 7 });
    const image = { usage: { input_tokens: 10, output_tokens: 500, input_tokens_details: { image_tokens: 8 } } };
    expect(answerUsage('openai.images', image)).toMatchObject({ imageInputTokens: 8, imageOutputTokens: 500 });
  });

  it('reads transcriptions by tokens', () => {
    const usage = { type: 'tokens', input_tokens: 14, output_tokens: 101, input_token_details: { audio_tokens: 14 } };
    expect(answerUsage('openai.audio', { usage })).toMatchObject({ audioInputTokens: 14, outputTokens: 101 });
  });
});

describe('Anthropic', () => {
  it('has its cache beside the input, and an hour costs more than five minutes', () => {
    const usage = {
      input_tokens: 10,
      output_tokens: 5,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens_details: { thinking_tokens: 3 },
    };
    expect(answerUsage('anthropic.messages', { usage })).toEqual({
      inputTokens: 1_310,
      outputTokens: 5,
      cacheReadTokens: 1_000,
      cacheWriteTokens: 300,
      cacheWrite1hTokens: 200,
      reasoningTokens: 3,
      source: 'provider',
    });
  });

  it('replaces what it told with running totals, never adds, and keeps what only the start tells', () => {
    const start = {
      type: 'message_start',
      message: {
        model: 'claude-opus-4-8',
        usage: {
          input_tokens: 25,
          output_tokens: 1,
          cache_creation: { ephemeral_1h_input_tokens: 4 },
          cache_creation_input_tokens: 4,
          speed: 'fast',
        },
      },
    };
    const delta = (usage: object) => ({ type: 'message_delta', delta: {}, usage });
    const events = [
      start,
      delta({ output_tokens: 15 }),
      delta({ input_tokens: 40, output_tokens: 30, cache_read_input_tokens: null }),
    ];
    expect(answerUsage('anthropic.messages', foldEvents('anthropic.messages', events))).toMatchObject({
      inputTokens: 44,
      outputTokens: 30,
      cacheWrite1hTokens: 4,
      speed: 'fast',
    });
  });

  it('tells a started stream by what the start told', () => {
    const start = { type: 'message_start', message: { usage: { input_tokens: 25, output_tokens: 1 } } };
    expect(answerUsage('anthropic.messages', foldEvents('anthropic.messages', [start]))).toMatchObject({
      inputTokens: 25,
      outputTokens: 1,
    });
  });

  it('reads the lines of a batch', () => {
    const message = { model: 'claude-sonnet-4-6', usage: { input_tokens: 5, output_tokens: 2, service_tier: 'batch' } };
    const line = { custom_id: 'a', result: { type: 'succeeded', message } };
    expect(answerUsage('anthropic.messages', line)).toMatchObject({ inputTokens: 5, serviceTier: 'batch' });
  });
});

describe('Gemini', () => {
  it('has thoughts beside the candidates and tool results beside the prompt, by kinds', () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      toolUsePromptTokenCount: 20,
      candidatesTokenCount: 10,
      thoughtsTokenCount: 30,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 60 },
        { modality: 'AUDIO', tokenCount: 40 },
      ],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 15 }],
      toolUsePromptTokensDetails: [{ modality: 'IMAGE', tokenCount: 20 }],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 8 }],
    };
    expect(answerUsage('google.generate', { usageMetadata })).toEqual({
      inputTokens: 120,
      outputTokens: 40,
      cacheReadTokens: 40,
      audioInputTokens: 40,
      imageInputTokens: 20,
      audioCacheReadTokens: 15,
      imageOutputTokens: 8,
      reasoningTokens: 30,
      source: 'provider',
    });
  });

  it('repeats its usage on every chunk: the last one counts', () => {
    const chunk = (candidatesTokenCount: number) => ({
      modelVersion: 'gemini-2.5-flash',
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount },
    });
    const body = foldEvents('google.generate', [chunk(3), chunk(9), { candidates: [] }]);
    expect(answerUsage('google.generate', body)).toMatchObject({ inputTokens: 10, outputTokens: 9 });
  });

  it('leaves out zeros, which are zeros all the same', () => {
    expect(answerUsage('google.generate', { usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 } })).toEqual({
      inputTokens: 7,
      outputTokens: 0,
      source: 'provider',
    });
    expect(answerUsage('google.generate', { usageMetadata: {} })).toBeUndefined();
  });
});

describe('Bedrock', () => {
  const usage = {
    inputTokens: 10,
    outputTokens: 5,
    cacheReadInputTokens: 100,
    cacheWriteInputTokens: 50,
    cacheDetails: [
      { ttl: '1h', inputTokens: 30 },
      { ttl: '5m', inputTokens: 20 },
    ],
  };
  const expected = { inputTokens: 160, cacheWriteTokens: 50, cacheWrite1hTokens: 30, serviceTier: 'flex' };

  it('has its cache beside the input, whole and in the last event', () => {
    const serviceTier = { type: 'flex' };
    expect(answerUsage('aws.converse', { usage, serviceTier })).toMatchObject(expected);
    const events = [{ contentBlockDelta: { delta: { text: 'Hi' } } }, { metadata: { usage, serviceTier } }];
    expect(answerUsage('aws.converse', foldEvents('aws.converse', events))).toMatchObject(expected);
  });
});

it.each([
  'openai.chat',
  'openai.responses',
  'openai.images',
  'openai.audio',
  'openai.realtime',
  'anthropic.messages',
  'google.generate',
  'aws.converse',
] as const)('finds nothing in what is no answer of %s, and throws nothing', (api) => {
  for (const body of [
    undefined,
    null,
    'text',
    7,
    [],
    {},
    { usage: null },
    { usage: 'x' },
    { usage: { input_tokens: -1 } },
  ])
    expect(answerUsage(api, body)).toBeUndefined();
  for (const events of [[], [null], ['x'], [{ usage: 7 }]])
    expect(answerUsage(api, foldEvents(api, events))).toBeUndefined();
});
