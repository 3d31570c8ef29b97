/** Reads usage of Amazon Bedrock's Converse API, whole and streamed. Pure. */
import type { Usage } from '../../core/exchange.ts';
import { type Fields, list, record, text, tokens, told, total } from './fields.ts';

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
