/**
 * Reads usage in the form of OpenAI's APIs and of the many hosts that speak them: chat, completions, embeddings, responses,
 * images, transcriptions, realtime. Pure.
 */
import type { OtherUsage, Usage, UsageUnit } from '../../core/exchange.ts';
import { divideHalfUp, safeNumber, usdToNanoUsd } from '../money.ts';
import { type Fields, list, record, text, tokens, told, total } from './fields.ts';

/** xAI bills in ticks, 1e10 to the dollar. */
const TICKS_PER_NANO_USD = 10n;

/**
 * `undefined` when there is no usage or it is malformed; explicit zeros are real. Detail fields that are malformed are left
 * out. The APIs name the same facts differently (`prompt_tokens`, `input_tokens`; `..._tokens_details`, `..._token_details`).
 * Departures that are read: reasoning tokens beside the completion tokens instead of among them (xAI), told by a total that
 * only adds up that way; cache hits and misses (DeepSeek); costs that the provider reports (OpenRouter, xAI, Perplexity).
 */
export function openaiUsage(usage: unknown): Usage | undefined {
  const fields = record(usage);
  const inputTokens = tokens(fields.prompt_tokens ?? fields.input_tokens);
  const given = fields.completion_tokens ?? fields.output_tokens;
  const completionTokens = tokens(given ?? restOf(fields.total_tokens, inputTokens));
  if (inputTokens === undefined || completionTokens === undefined) return undefined;
  const input = record(fields.prompt_tokens_details ?? fields.input_tokens_details ?? fields.input_token_details);
  const output = record(
    fields.completion_tokens_details ?? fields.output_tokens_details ?? fields.output_token_details,
  );
  const cached = record(input.cached_tokens_details ?? fields.cached_tokens_details);
  const reasoningTokens = tokens(output.reasoning_tokens);
  const additive =
    reasoningTokens !== undefined && fields.total_tokens === inputTokens + completionTokens + reasoningTokens;
  return told({
    inputTokens,
    outputTokens: completionTokens + (additive ? reasoningTokens : 0),
    cacheReadTokens: cachedTokens(fields, input),
    cacheWriteTokens: tokens(input.cache_write_tokens),
    audioInputTokens: tokens(input.audio_tokens),
    imageInputTokens: tokens(input.image_tokens),
    audioCacheReadTokens: tokens(cached.audio_tokens),
    imageCacheReadTokens: tokens(cached.image_tokens ?? cached.cached_image_tokens),
    audioOutputTokens: tokens(output.audio_tokens),
    imageOutputTokens: tokens(output.image_tokens),
    reasoningTokens,
    units: unitsOf(fields),
    serviceTier: text(fields.service_tier),
    reportedNanoUsd: reportedNanoUsd(fields),
    source: 'provider' as const,
  });
}

function cachedTokens(fields: Fields, input: Fields): number | undefined {
  return tokens(input.cached_tokens) ?? tokens(fields.prompt_cache_hit_tokens) ?? tokens(fields.cached_tokens);
}

/** Embeddings tell no completion tokens, nor do some chat hosts, whose total then has them. */
function restOf(sum: unknown, inputTokens = 0): number {
  return Math.max(0, (tokens(sum) ?? 0) - inputTokens);
}

/** Searches (Perplexity, OpenRouter) and seconds of audio (Mistral) that stand beside the tokens. */
function unitsOf(fields: Fields): Usage['units'] {
  const webSearch = tokens(fields.num_search_queries) ?? tokens(record(fields.server_tool_use).web_search_requests);
  return unitsTold({ webSearch, audioSecond: seconds(fields.prompt_audio_seconds) });
}

function seconds(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** `undefined` instead of an object in which there is nothing. */
export function unitsTold(units: Partial<Record<UsageUnit, number | undefined>>): Usage['units'] {
  const known = Object.entries(units).filter(([, count]) => count !== undefined && count > 0);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as Usage['units']);
}

/** `cost` is what the caller was charged; with their own key at the upstream provider (`is_byok`), that bill comes on top. */
function reportedNanoUsd(fields: Fields): number | undefined {
  const ticks = tokens(fields.cost_in_usd_ticks);
  if (ticks !== undefined) return safeNumber(divideHalfUp(BigInt(ticks), TICKS_PER_NANO_USD));
  const charged = nanoUsd(fields.cost) ?? nanoUsd(record(fields.cost).total_cost);
  if (charged === undefined || fields.is_byok !== true) return charged;
  return charged + (nanoUsd(record(fields.cost_details).upstream_inference_cost) ?? 0);
}

function nanoUsd(value: unknown): number | undefined {
  return typeof value === 'number' ? usdToNanoUsd(value) : undefined;
}

/** A chat completion, a completion, embeddings: Groq has the usage of streams in a field of its own. */
export function chatUsage(body: Fields): Usage | undefined {
  const usage = openaiUsage(body.usage ?? record(body.x_groq).usage);
  return usage && told({ ...usage, serviceTier: text(body.service_tier) ?? usage.serviceTier });
}

/** A response, with the tools that it used: they are billed beside its tokens. */
export function responsesUsage(body: Fields): Usage | undefined {
  const usage = openaiUsage(body.usage);
  if (usage === undefined) return undefined;
  const image = openaiUsage(record(body.tool_usage).image_gen);
  const used = image !== undefined && image.inputTokens + image.outputTokens > 0;
  return told({
    ...usage,
    serviceTier: text(body.service_tier) ?? usage.serviceTier,
    units: unitsTold({ ...usage.units, ...toolUnits(body) }),
    others: used ? [{ model: imageModel(body), usage: asImageOutput(image) }] : undefined,
  });
}

function toolUnits(body: Fields): Usage['units'] {
  const items = list(body.output).map(record);
  const ofType = (type: string): Fields[] => items.filter((item) => item.type === type);
  const searches = ofType('web_search_call').filter(
    ({ action }) => (text(record(action).type) ?? 'search') === 'search',
  );
  const sessions = ofType('code_interpreter_call').map(({ container_id: id }, place) => text(id) ?? place);
  return {
    // The provider's own count leaves out what it does not bill.
    webSearch: tokens(record(record(body.tool_usage).web_search).num_requests) ?? searches.length,
    fileSearch: ofType('file_search_call').length,
    codeSession: new Set(sessions).size,
  };
}

/** Which model drew; where the tool names none, the dearest of them. */
function imageModel(body: Fields): string {
  const tool = list(body.tools)
    .map(record)
    .find(({ type }) => type === 'image_generation');
  return text(tool?.model) ?? 'gpt-image-1';
}

/** What an image API puts out is images, where it does not say otherwise. */
function asImageOutput(usage: Usage): Usage {
  return { ...usage, imageOutputTokens: usage.imageOutputTokens ?? usage.outputTokens };
}

export function imagesUsage(body: Fields): Usage | undefined {
  const usage = openaiUsage(body.usage);
  if (usage === undefined) {
    const images = list(body.data).length;
    return images === 0 ? undefined : piecesUsage({ image: images });
  }
  const drawn = openaiUsage(body.svg_usage);
  const others: OtherUsage[] = drawn ? [{ model: text(record(body.svg_usage).model), usage: drawn }] : [];
  return told({ ...asImageOutput(usage), others: others.length > 0 ? others : undefined });
}

/** Transcriptions and translations are billed by tokens or by the duration, whichever is told. */
export function audioUsage(body: Fields): Usage | undefined {
  const { usage, usage_info: pages, duration } = body;
  const given =
    seconds(record(usage).seconds) ?? (usage === undefined ? seconds(Number(duration ?? Number.NaN)) : undefined);
  if (given !== undefined) return piecesUsage({ audioSecond: given });
  return openaiUsage(usage) ?? pagesUsage(pages);
}

/** Mistral's OCR counts pages. */
function pagesUsage(info: unknown): Usage | undefined {
  const page = tokens(record(info).pages_processed);
  return page === undefined ? undefined : piecesUsage({ page });
}

/** What is sold by the piece alone. */
export function piecesUsage(units: NonNullable<Usage['units']>, source: Usage['source'] = 'provider'): Usage {
  return { inputTokens: 0, outputTokens: 0, units, source };
}

/** The input side of several usages is that of the first; the others are billed beside it, each by its own length. */
export function together(usages: readonly Usage[]): Usage | undefined {
  const [first, ...rest] = usages;
  if (first === undefined || rest.length === 0) return first;
  return { ...first, others: [...(first.others ?? []), ...rest.map((usage) => ({ model: undefined, usage }))] };
}

/** All tokens of a call, those of other models included. */
export function allTokens(usage: Usage, side: 'inputTokens' | 'outputTokens'): number {
  return total(usage[side], ...(usage.others ?? []).map((other) => allTokens(other.usage, side))) ?? 0;
}
