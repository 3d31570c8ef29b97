/** Reads usage of Amazon Bedrock's APIs, Converse and InvokeModel, whole and streamed. Pure. */
import type { Usage } from '../../core/exchange.ts';
import { anthropicUsage, foldAnthropicEvent } from './anthropic.ts';
import { type Fields, list, record, text, tokens, told, total } from './fields.ts';
import { openaiUsage, piecesUsage } from './openai.ts';

/** As at Anthropic, input leaves out what was read from and written to the cache; here all of it is in `inputTokens`. */
export function bedrockUsage(body: Fields): Usage | undefined {
  const fields = record(body.usage);
  const uncached = tokens(fields.inputTokens);
  const outputTokens = tokens(fields.outputTokens);
  if (uncached === undefined || outputTokens === undefined) return undefined;
  const details = list(fields.cacheDetails).map(record);
  const written1h = total(...details.filter(({ ttl }) => ttl === '1h').map((detail) => tokens(detail.inputTokens)));
  const written = tokens(fields.cacheWriteInputTokens) ?? total(...details.map((detail) => tokens(detail.inputTokens)));
  const read = tokens(fields.cacheReadInputTokens);
  return told({
    inputTokens: uncached + (written ?? 0) + (read ?? 0),
    outputTokens,
    cacheReadTokens: read,
    cacheWriteTokens: written,
    cacheWrite1hTokens: written1h,
    serviceTier: text(record(body.serviceTier).type) ?? text(body.serviceTier),
    source: 'provider' as const,
  });
}

/** The last event of a stream, `metadata`, tells what a whole answer tells. */
export function foldBedrockEvent(known: Fields | undefined, event: Fields): Fields | undefined {
  const metadata = record(event.metadata);
  return metadata.usage === undefined ? known : { ...known, ...metadata };
}

/** Bedrock's own count, on the last chunk of a stream of any model. */
const METRICS = 'amazon-bedrock-invocationMetrics';

/**
 * What a model says of itself in its own form; else what Bedrock counted, in the last chunk or in the headers of a whole answer. The
 * model's own goes before, for it tells more (lifetimes of the cache).
 */
export function invokeUsage(body: Fields, headers: Readonly<Record<string, string>> = {}): Usage | undefined {
  return (
    anthropicUsage(body) ??
    bedrockUsage(body) ??
    openaiUsage(body.usage) ??
    countedBy(record(body[METRICS])) ??
    headerUsage(headers) ??
    ownCounts(body) ??
    pictures(body)
  );
}

/** As in Converse, input leaves out what the cache took. */
function countedBy(metrics: Fields): Usage | undefined {
  return bedrockUsage({
    usage: {
      inputTokens: metrics.inputTokenCount,
      outputTokens: metrics.outputTokenCount,
      cacheReadInputTokens: metrics.cacheReadInputTokenCount,
      cacheWriteInputTokens: metrics.cacheWriteInputTokenCount,
    },
  });
}

function headerUsage(headers: Readonly<Record<string, string>>): Usage | undefined {
  const count = (name: string): number | undefined => tokens(Number(headers[name] ?? Number.NaN));
  const inputTokenCount = count('x-amzn-bedrock-input-token-count');
  if (inputTokenCount === undefined) return undefined;
  return countedBy({
    inputTokenCount,
    // Embeddings have none.
    outputTokenCount: count('x-amzn-bedrock-output-token-count') ?? 0,
    cacheReadInputTokenCount: count('x-amzn-bedrock-cache-read-input-token-count'),
    cacheWriteInputTokenCount: count('x-amzn-bedrock-cache-write-input-token-count'),
  });
}

/** Llama's and Titan's names; Titan counts the output of each of its results. */
function ownCounts(body: Fields): Usage | undefined {
  const inputTokens = tokens(body.prompt_token_count ?? body.inputTextTokenCount);
  if (inputTokens === undefined) return undefined;
  const results = list(body.results).map((result) => tokens(record(result).tokenCount));
  const outputTokens = tokens(body.generation_token_count) ?? total(...results) ?? 0;
  return { inputTokens, outputTokens, source: 'provider' };
}

function pictures(body: Fields): Usage | undefined {
  const count = list(body.images).length + list(body.artifacts).length;
  return count === 0 ? undefined : piecesUsage({ image: count });
}

/** Claude's events, Nova's, and the metrics on the last chunk of all. */
export function foldInvokeEvent(known: Fields | undefined, event: Fields): Fields | undefined {
  const own = event.type === undefined ? undefined : foldAnthropicEvent(known, event);
  const told = own ?? foldBedrockEvent(known, event);
  const usage = event.type === undefined && event.usage !== undefined ? { ...told, usage: event.usage } : told;
  return event[METRICS] === undefined ? usage : { ...usage, [METRICS]: event[METRICS] };
}
