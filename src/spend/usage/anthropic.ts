/** Reads usage of Anthropic's Messages API, whole and streamed. Pure. */
import type { OtherUsage, Usage } from '../../core/exchange.ts';
import { type Fields, list, record, text, tokens, told, total } from './fields.ts';
import { unitsTold } from './openai.ts';

/** Sub-inferences that the totals of a message leave out (SDK 1.11, `BetaIterationsUsage`). */
const BESIDE_THE_TOTALS = new Set(['compaction', 'advisor_message']);

/** A message. `input_tokens` leaves out what was read from and written to the cache; here all input is in `inputTokens`. */
export function anthropicUsage(message: Fields): Usage | undefined {
  const fields = record(message.usage);
  const usage = tokensOf(fields);
  if (usage === undefined) return undefined;
  const others = iterations(fields);
  return told({
    ...usage,
    units: unitsTold({ webSearch: tokens(record(fields.server_tool_use).web_search_requests) }),
    serviceTier: text(fields.service_tier),
    region: text(fields.inference_geo),
    speed: text(fields.speed),
    others: others.length > 0 ? others : undefined,
  });
}

function tokensOf(fields: Fields): Usage | undefined {
  const uncached = tokens(fields.input_tokens);
  const outputTokens = tokens(fields.output_tokens);
  if (uncached === undefined || outputTokens === undefined) return undefined;
  const creation = record(fields.cache_creation);
  const written1h = tokens(creation.ephemeral_1h_input_tokens);
  const written =
    tokens(fields.cache_creation_input_tokens) ?? total(tokens(creation.ephemeral_5m_input_tokens), written1h);
  const read = tokens(fields.cache_read_input_tokens);
  return told({
    inputTokens: uncached + (written ?? 0) + (read ?? 0),
    outputTokens,
    cacheReadTokens: read,
    cacheWriteTokens: written,
    cacheWrite1hTokens: written1h,
    reasoningTokens: tokens(record(fields.output_tokens_details).thinking_tokens),
    source: 'provider' as const,
  });
}

function iterations(fields: Fields): OtherUsage[] {
  return list(fields.iterations)
    .map(record)
    .flatMap((iteration) => {
      const usage = BESIDE_THE_TOTALS.has(String(iteration.type)) ? tokensOf(iteration) : undefined;
      return usage === undefined ? [] : [{ model: text(iteration.model), usage }];
    });
}

/**
 * The message as far as an event tells it. The start tells tier, place and lifetimes of the cache; each later usage holds
 * running totals, so its fields replace those before and are never added. Fields that are `null` say nothing.
 */
export function foldAnthropicEvent(known: Fields | undefined, event: Fields): Fields | undefined {
  if (event.type === 'message_start') return record(event.message);
  if (event.type !== 'message_delta' || event.usage === undefined) return known;
  const changed = Object.entries(record(event.usage)).filter(([, value]) => value !== null && value !== undefined);
  return { ...known, usage: { ...record(known?.usage), ...Object.fromEntries(changed) } };
}
