/**
 * `langsmith.usage_metadata`: the one attribute by which LangSmith takes costs, and tokens in detail; without it, it prices the call
 * from its own table. Names are those of the `langsmith` package (0.10: `UsageMetadata`, `utils/usage`).
 */
import type { Cost, Usage } from '../core/exchange.ts';

const NANO_PER_USD = 1e9;

export function usageMetadata(usage: Usage | undefined, cost: Cost | undefined): string | undefined {
  if (!usage && !cost) return undefined;
  return JSON.stringify({ ...(usage && tokens(usage)), ...(cost && costs(cost)) });
}

function tokens(usage: Usage): object {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    input_token_details: {
      cache_read: usage.cacheReadTokens,
      ...cacheWrites(usage),
      audio: usage.audioInputTokens,
      image: usage.imageInputTokens,
      video: usage.videoInputTokens,
    },
    output_token_details: {
      reasoning: usage.reasoningTokens,
      audio: usage.audioOutputTokens,
      image: usage.imageOutputTokens,
      video: usage.videoOutputTokens,
    },
  };
}

/** By lifetime where the provider tells; never both, for LangSmith adds up what it finds. Its name for an hour is `1hr`. */
function cacheWrites({ cacheWriteTokens, cacheWrite1hTokens }: Usage): object {
  if (cacheWriteTokens === undefined || cacheWrite1hTokens === undefined) return { cache_creation: cacheWriteTokens };
  return {
    ephemeral_5m_input_tokens: cacheWriteTokens - cacheWrite1hTokens,
    ephemeral_1hr_input_tokens: cacheWrite1hTokens,
  };
}

/** What is sold by the piece has no name there: it is in the total alone. */
function costs({ nanoUsd, inputNanoUsd, outputNanoUsd }: Cost): object {
  return {
    input_cost: inputNanoUsd / NANO_PER_USD,
    output_cost: outputNanoUsd / NANO_PER_USD,
    total_cost: nanoUsd / NANO_PER_USD,
  };
}
