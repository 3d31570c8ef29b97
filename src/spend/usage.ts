/**
 * Finds the usage in parsed answers of every API family, whole or as a list of stream events. Pure: knows no dialect, socket
 * or price.
 */
import type { Usage } from '../core/exchange.ts';
import type { AnswerHeaders } from '../core/meter.ts';
import { usdToNanoUsd } from './money.ts';
import { anthropicUsage, foldAnthropicEvent } from './usage/anthropic.ts';
import { bedrockUsage, foldBedrockEvent, foldInvokeEvent, invokeUsage } from './usage/bedrock.ts';
import { type Fields, list, NOTHING, record, text, told } from './usage/fields.ts';
import { foldGeminiEvent, geminiUsage } from './usage/gemini.ts';
import { audioUsage, chatUsage, imagesUsage, responsesUsage, together } from './usage/openai.ts';
import { imageGrade } from './usage/pieces.ts';

export { openaiUsage } from './usage/openai.ts';

export type ApiFamily =
  | 'openai.chat'
  | 'openai.responses'
  | 'openai.images'
  | 'openai.audio'
  | 'openai.realtime'
  | 'anthropic.messages'
  | 'google.generate'
  | 'aws.converse'
  | 'aws.invoke';

/** What is known of the call besides its answer. */
export interface UsageContext {
  /** The API as people and SDKs call it: `chat.completions`, `messages`, `generateContent`, `converse`, or a dialect's id. */
  readonly api?: string | undefined;
  readonly provider?: string | undefined;
  /** The model asked for. */
  readonly model?: string | undefined;
  /** Body of the request: which service tier and place were asked for counts where the answer tells none. */
  readonly request?: unknown;
  /** Headers of the answer, by lower-case names. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The answer was streamed: its headers went before its cost was known. */
  readonly isStream?: boolean | undefined;
}

/** Headers of an answer that tell something of its usage or cost. */
const USAGE_HEADERS = [
  'x-gemini-service-tier',
  'x-amzn-bedrock-input-token-count',
  'x-amzn-bedrock-output-token-count',
  'x-amzn-bedrock-cache-read-input-token-count',
  'x-amzn-bedrock-cache-write-input-token-count',
  'x-litellm-response-cost',
  'x-postern-metadata',
] as const;

/** Those of them that are there, for `UsageContext`. Reading all headers of an answer costs more than the rest of it. */
export function usageHeaders(headers: AnswerHeaders): Record<string, string> {
  const there: Record<string, string> = {};
  for (const name of USAGE_HEADERS) {
    const value = headers.get(name);
    if (value !== null) there[name] = value;
  }
  return there;
}

/** Names that say which family, in the order in which they are looked for. */
const FAMILY_BY_API: readonly (readonly [RegExp, ApiFamily])[] = [
  [/realtime/, 'openai.realtime'],
  [/responses/, 'openai.responses'],
  [/images?\b|image\./, 'openai.images'],
  [/audio|transcri|translation|speech|ocr/, 'openai.audio'],
  [/converse/, 'aws.converse'],
  [/aws\.invoke|invoke_?model/, 'aws.invoke'],
  [/generate_?content|embed_?content|gemini|google|batchembed/, 'google.generate'],
  [/messages|anthropic/, 'anthropic.messages'],
  [/chat|completion|embedding|openai/, 'openai.chat'],
];

/** By the name of the API alone. */
export function familyNamed(api = ''): ApiFamily | undefined {
  const name = api.toLowerCase();
  return FAMILY_BY_API.find(([pattern]) => pattern.test(name))?.[1];
}

/** By the name of the API; where that says nothing, by the form of the answer. `known`: what the name says. */
export function familyOf(api: string | undefined, body: unknown, known = familyNamed(api)): ApiFamily {
  const fields = unwrapped(body);
  const usage = record(fields.usage);
  if (fields.usageMetadata !== undefined) return 'google.generate';
  if (usage.inputTokens !== undefined) return 'aws.converse';
  if (known !== undefined) return known;
  if (fields.type === 'message' || usage.cache_creation_input_tokens !== undefined) return 'anthropic.messages';
  return fields.object === 'response' || usage.input_tokens_details !== undefined ? 'openai.responses' : 'openai.chat';
}

/** The usage that a whole answer tells; `undefined` when it tells none. A stream's events folded into one are such an answer. */
export function answerUsage(family: ApiFamily, body: unknown, context: UsageContext = {}): Usage | undefined {
  const fields = unwrapped(body);
  const usage = readers[family](fields, context);
  const headers = headersOf(context, fields);
  const reported = headerCost(headers, context.isStream);
  if (usage === undefined) return reported === undefined ? undefined : billed(reported);
  return told({ ...usage, ...served(usage, context, headers), reportedNanoUsd: usage.reportedNanoUsd ?? reported });
}

const readers: Readonly<Record<ApiFamily, (body: Fields, context: UsageContext) => Usage | undefined>> = {
  'openai.chat': (body, { provider = '' }) => withHiddenThoughts(chatUsage(body), body, provider),
  'openai.responses': responsesUsage,
  'openai.images': imagesUsage,
  'openai.audio': audioUsage,
  'openai.realtime': (body) =>
    together([...list(body.responses).map(record), body].flatMap((one) => responsesUsage(one) ?? [])),
  'anthropic.messages': anthropicUsage,
  'google.generate': (body, { model = '' }) => geminiUsage(body, model),
  'aws.converse': bedrockUsage,
  'aws.invoke': (body, context) => invokeUsage(body, headersOf(context, body)),
};

/** Gemini's OpenAI-compatible API has thoughts in the total alone. */
function withHiddenThoughts(usage: Usage | undefined, body: Fields, provider: string): Usage | undefined {
  const sum = Number(record(body.usage).total_tokens);
  if (usage === undefined || !/google|gemini|vertex/.test(provider) || !Number.isSafeInteger(sum)) return usage;
  return { ...usage, outputTokens: Math.max(usage.outputTokens, sum - usage.inputTokens) };
}

/** An answer as far as an event tells it, to be given with the next event, and at the end to `answerUsage`. */
export function foldEvent(family: ApiFamily, known: Fields | undefined, event: unknown): Fields | undefined {
  const fields = record(event);
  return (folds[family] ?? foldOpenaiEvent)(known, fields);
}

/** The answer that a list of events tells; `undefined` when none says anything of usage. */
export function foldEvents(family: ApiFamily, events: readonly unknown[]): Fields | undefined {
  return events.reduce<Fields | undefined>((known, event) => foldEvent(family, known, event), undefined);
}

const folds: Partial<Record<ApiFamily, (known: Fields | undefined, event: Fields) => Fields | undefined>> = {
  'anthropic.messages': foldAnthropicEvent,
  'google.generate': foldGeminiEvent,
  'aws.converse': foldBedrockEvent,
  'aws.invoke': foldInvokeEvent,
  'openai.realtime': (known, event) =>
    event.type === 'response.done' ? { responses: [...list(known?.responses), event.response] } : known,
};

/** Usage stands on any chunk, mostly on the last; those without it, or with `null`, say nothing of it. */
function foldOpenaiEvent(known: Fields | undefined, event: Fields): Fields | undefined {
  const body = unwrapped(event);
  const usage = body.usage ?? record(body.x_groq).usage ?? known?.usage;
  const changed = told({
    model: text(body.model) ?? known?.model,
    service_tier: text(body.service_tier) ?? known?.service_tier,
    usage,
    svg_usage: body.svg_usage ?? known?.svg_usage,
    tool_usage: body.tool_usage ?? known?.tool_usage,
    tools: body.tools ?? known?.tools,
    output: list(body.output).length > 0 ? body.output : known?.output,
  });
  return Object.keys(changed).length === 0 ? undefined : changed;
}

/** The answer within an event of a responses stream, a line of a batch's results, or an SDK's envelope. */
export function unwrapped(body: unknown): Fields {
  const fields = record(body);
  if (fields.usage !== undefined && fields.usage !== null) return fields;
  const inner = [fields.response, record(fields.result).message, fields.body].find(
    (one) => typeof one === 'object' && one,
  );
  return inner === undefined ? fields : unwrapped(inner);
}

/** What applied, as told; a tier or place that was only asked for counts where the answer tells none. */
function served(
  usage: Usage,
  { api = '', request }: UsageContext,
  headers: Readonly<Record<string, string>>,
): Partial<Usage> {
  const asked = record(request);
  const batch = /batch(?!embed)/i.test(api) ? 'batch' : undefined;
  const tier =
    text(headers['x-gemini-service-tier']) ??
    // The lines of a batch call themselves standard, and are billed as what they came in.
    batch ??
    usage.serviceTier ??
    text(asked.service_tier) ??
    text(asked.serviceTier) ??
    text(record(asked.serviceTier).type) ??
    text(record(asked.config).serviceTier) ??
    text(record(asked.generationConfig).serviceTier);
  return told({
    serviceTier: tier,
    region: usage.region ?? regionOf(asked),
    speed: usage.speed ?? text(asked.speed),
    grade: usage.units?.image === undefined ? undefined : imageGrade(asked),
  });
}

/** Where callers say in which place their deployment computes: no answer of OpenAI's or Azure's tells it. */
const REGION_KEYS = [
  'region',
  'data_zone',
  'dataZone',
  'zone',
  'geo',
  'geography',
  'inference_geo',
  'location',
  'sku',
  'deployment_type',
];

/** `eu` of `EU`, of `DataZoneStandard-EU`, or of a host with data residency. */
function regionOf(asked: Fields): string | undefined {
  const said = REGION_KEYS.map((key) => text(asked[key])?.toLowerCase()).find((place) => place !== undefined);
  if (said !== undefined) return /(?:^|[^a-z])(eu|us)(?:[^a-z]|$)/.exec(said)?.[1] ?? said;
  const host = text(asked.base_url) ?? text(asked.baseURL);
  return host === undefined ? undefined : hostRegion(host);
}

/** `https://eu.api.openai.com`: OpenAI's hosts with data residency. */
export function hostRegion(url: string): string | undefined {
  return /^https:\/\/([a-z]{2})\.api\.openai\.com(?:[:/]|$)/.exec(url)?.[1];
}

function headersOf({ headers = {} }: UsageContext, body: Fields): Readonly<Record<string, string>> {
  const own = record(body.headers ?? record(body.sdkHttpResponse).headers ?? record(body.sdk_http_response).headers);
  if (own === NOTHING && Object.keys(headers).length === 0) return headers;
  const entries = Object.entries({ ...own, ...headers }).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** What a LiteLLM proxy or another Postern tells that it billed. A cost of nothing at the head of a stream is one that is not known yet. */
function headerCost(headers: Readonly<Record<string, string>>, streamed = false): number | undefined {
  const cost = costIn(headers['x-litellm-response-cost']) ?? costIn(posternCost(headers['x-postern-metadata']));
  return streamed && cost === 0 ? undefined : cost;
}

function costIn(usd: unknown): number | undefined {
  const cost = typeof usd === 'string' ? Number(usd || Number.NaN) : usd;
  return typeof cost === 'number' && Number.isFinite(cost) && cost >= 0 ? usdToNanoUsd(cost) : undefined;
}

function posternCost(metadata = ''): unknown {
  if (!metadata.startsWith('{')) return undefined;
  try {
    return record(JSON.parse(metadata)).cost_usd;
  } catch {
    return undefined;
  }
}

function billed(reportedNanoUsd: number): Usage {
  return { inputTokens: 0, outputTokens: 0, reportedNanoUsd, source: 'provider' };
}
