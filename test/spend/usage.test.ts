import { describe, expect, it } from 'vitest';
import { openaiUsage } from '../../src/spend/usage.ts';

describe('openaiUsage', () => {
  it('reads the parts of a chat', () => {
    const usage = openaiUsage({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10, audio_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 3 },
    });
    expect(usage).toEqual({
      inputTokens: 100,
      outputTokens: 50,
      cacheReadTokens: 40,
      cacheWriteTokens: 10,
      audioInputTokens: 5,
      audioOutputTokens: 3,
      reasoningTokens: 20,
      reportedNanoUsd: undefined,
      source: 'provider',
    });
  });

  it('keeps explicit zeros', () => {
    expect(
      openaiUsage({ prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } }),
    ).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 0,
    });
  });

  it('reads embeddings, which have no output', () => {
    expect(openaiUsage({ prompt_tokens: 8, total_tokens: 8 })).toMatchObject({ inputTokens: 8, outputTokens: 0 });
  });

  it('adds reasoning only where the total says that it stands beside the completion', () => {
    const usage = (total: number) =>
      openaiUsage({
        prompt_tokens: 10,
        completion_tokens: 20,
        total_tokens: total,
        completion_tokens_details: { reasoning_tokens: 5 },
      });
    expect(usage(35)!.outputTokens).toBe(25);
    expect(usage(30)!.outputTokens).toBe(20);
  });

  it('reads what the provider billed', () => {
    const usage = (more: object) => openaiUsage({ prompt_tokens: 1, completion_tokens: 1, ...more })!.reportedNanoUsd;
    expect(usage({ cost_in_usd_ticks: 232_856_005 })).toBe(23_285_601);
    expect(usage({ cost: 0.00061193 })).toBe(611_930);
    expect(usage({ cost: 1.5e-9 })).toBe(2);
    expect(usage({ cost: 0 })).toBe(0);
    expect(usage({ cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } })).toBe(21_000_000);
    expect(usage({ cost: 0.001, is_byok: false, cost_details: { upstream_inference_cost: 0.02 } })).toBe(1_000_000);
    expect(usage({ cost: -1 })).toBeUndefined();
    expect(usage({ cost: '1' })).toBeUndefined();
  });

  it.each([
    undefined,
    null,
    'usage',
    7,
    [],
    {},
    { prompt_tokens: null },
    { prompt_tokens: '8' },
    { prompt_tokens: -1 },
    { prompt_tokens: 1.5 },
    { prompt_tokens: 1, completion_tokens: 'x' },
  ])('finds nothing in %j', (usage) => {
    expect(openaiUsage(usage)).toBeUndefined();
  });

  it('leaves out details that are malformed', () => {
    const usage = openaiUsage({
      prompt_tokens: 1,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: -4 },
      completion_tokens_details: 'x',
    });
    expect(usage).toEqual({ inputTokens: 1, outputTokens: 1, source: 'provider' });
  });
});
