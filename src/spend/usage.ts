/** Reads the `usage` object of OpenAI's chat and embeddings APIs, and of the many that speak them, into one form. Pure. */
import type { Usage } from '../core/exchange.ts';
import { divideHalfUp, safeNumber, usdToNanoUsd } from './money.ts';

type Fields = Readonly<Record<string, unknown>>;

/** xAI bills in ticks, 1e10 to the dollar. */
const TICKS_PER_NANO_USD = 10n;

/**
 * `undefined` when there is no usage or it is malformed; explicit zeros are real. Detail fields that are malformed are left
 * out. Two departures from OpenAI are read: reasoning tokens beside the completion tokens instead of among them (xAI), told
 * by a total that only adds up that way, and costs that the provider reports (OpenRouter, xAI).
 */
export function openaiUsage(usage: unknown): Usage | undefined {
  const fields = record(usage);
  const inputTokens = tokens(fields.prompt_tokens);
  const completionTokens = tokens(fields.completion_tokens ?? restOf(fields.total_tokens, inputTokens));
  if (inputTokens === undefined || completionTokens === undefined) return undefined;
  const input = record(fields.prompt_tokens_details);
  const output = record(fields.completion_tokens_details);
  const reasoningTokens = tokens(output.reasoning_tokens);
  const additive =
    reasoningTokens !== undefined && fields.total_tokens === inputTokens + completionTokens + reasoningTokens;
  return {
    inputTokens,
    outputTokens: completionTokens + (additive ? reasoningTokens : 0),
    cacheReadTokens: tokens(input.cached_tokens) ?? tokens(fields.prompt_cache_hit_tokens),
    cacheWriteTokens: tokens(input.cache_write_tokens),
    audioInputTokens: tokens(input.audio_tokens),
    audioOutputTokens: tokens(output.audio_tokens),
    reasoningTokens,
    reportedNanoUsd: reportedNanoUsd(fields),
    source: 'provider',
  };
}

/** Embeddings tell no completion tokens, nor do some chat hosts, whose total then has them. */
function restOf(total: unknown, inputTokens = 0): number {
  return Math.max(0, (tokens(total) ?? 0) - inputTokens);
}

/** `cost` is what the caller was charged; with their own key at the upstream provider (`is_byok`), that bill comes on top. */
function reportedNanoUsd(fields: Fields): number | undefined {
  const ticks = tokens(fields.cost_in_usd_ticks);
  if (ticks !== undefined) return safeNumber(divideHalfUp(BigInt(ticks), TICKS_PER_NANO_USD));
  const charged = nanoUsd(fields.cost);
  if (charged === undefined || fields.is_byok !== true) return charged;
  return charged + (nanoUsd(record(fields.cost_details).upstream_inference_cost) ?? 0);
}

function nanoUsd(value: unknown): number | undefined {
  return typeof value === 'number' ? usdToNanoUsd(value) : undefined;
}

function tokens(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
