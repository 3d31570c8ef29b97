/**
 * The price engine on its own: what one call cost, from its request and answer as they stand. Needs no gateway and keeps
 * nothing between calls but tables of prices.
 */
import type { Usage } from '../core/exchange.ts';
import { GatewayError, optionError } from '../errors.ts';
import { type BillLine, billLines, reportedLine } from './bill.ts';
import { type Factor, ONE, parseFactor } from './money.ts';
import { costOf, priceUsage } from './price-usage.ts';
import { createPriceBook, type Price, type PriceBook, priceSnippet } from './prices.ts';
import { estimatedUsage } from './usage/estimated.ts';
import { type Fields, record, text, told } from './usage/fields.ts';
import { type ApiFamily, answerUsage, familyOf, foldEvents, type UsageContext, unwrapped } from './usage.ts';

export interface PriceResponseInput {
  /** `openai`, `anthropic`, `google`, `aws`, `azure`, `x-ai`, `openrouter`, or a name of your own that has prices. */
  readonly provider: string;
  /** `chat.completions`, `responses`, `messages`, `generateContent`, `converse`, ... Default: read from the answer's form. */
  readonly api?: string | undefined;
  /** The model asked for. Default: the request's. The model that answered goes before it. */
  readonly model?: string | undefined;
  /** Body of the request. `region` in it (`eu`, `us`) says where it was sent, which no answer of OpenAI's or Azure's tells. */
  readonly request?: unknown;
  /** The parsed answer. */
  readonly response?: unknown;
  /** The parsed events of a streamed answer; they go before `response`. */
  readonly stream?: readonly unknown[] | undefined;
  /** Headers of the answer: two of them tell a tier or a cost. */
  readonly headers?: Headers | Readonly<Record<string, string>> | undefined;
  /** When the call was made: prices change by day and by hour. Default: now. */
  readonly at?: string | number | Date | undefined;
}

export interface PriceResponseOptions {
  /** Default: the bundled table, with ceilings for models that it does not know. */
  readonly prices?: PriceBook | undefined;
  /** A negotiated price as a decimal: `'0.85'`. It is not for costs that the provider reports. */
  readonly factor?: string | undefined;
}

export interface PricedResponse {
  /** Whole nano-USD, rounded once. */
  readonly costNanoUsd: number;
  /** What makes up the cost, before rounding. */
  readonly lines: readonly BillLine[];
  readonly usage: Usage;
  readonly price: UsedPrice;
}

export interface UsedPrice {
  /** `reported`: the provider told what it billed. */
  readonly source: Price['source'] | 'reported';
  /** The model that was priced. */
  readonly model: string;
  readonly version: string;
  /** The price is not known and the dearest was assumed; `hint` says how to give one. */
  readonly assumed: boolean;
  readonly hint?: string | undefined;
}

/** Its tables are parsed as they are needed, and nothing in it depends on who asks. */
const BUNDLED_PRICES = createPriceBook();

/**
 * What a call cost. A cost that the provider reported counts; else usage times price. Where the answer tells no usage it is
 * estimated from the texts (`usage.source`). Reported tokens of zero are zero.
 * @throws GatewayError `price_unknown` when the price book blocks unknown models, `invalid_option` when the input is none
 */
export function priceResponse(input: PriceResponseInput, options: PriceResponseOptions = {}): PricedResponse {
  const call = readInput(input);
  const book = options.prices ?? BUNDLED_PRICES;
  const usage = usageOf(call);
  const answered = text(call.body.model) ?? text(call.body.modelVersion);
  if (usage.reportedNanoUsd !== undefined) {
    const price = { source: 'reported', model: answered ?? call.model, version: 'reported', assumed: false } as const;
    return { costNanoUsd: usage.reportedNanoUsd, lines: [reportedLine(usage.reportedNanoUsd)], usage, price };
  }
  const factor = readFactor(options.factor);
  const priced = priceUsage({ ...call, answered, usage }, book);
  if (priced === undefined) throw priceUnknown(call.provider, answered ?? call.model);
  const { parts, model, price, assumedModel } = priced;
  return {
    costNanoUsd: costOf(priced, factor).nanoUsd,
    lines: parts.flatMap((part) =>
      billLines(part.usage, part.price, factor, part.model === model ? undefined : part.model),
    ),
    usage,
    price: told({
      source: price.source,
      model,
      version: price.version,
      assumed: assumedModel !== undefined,
      hint: assumedModel === undefined ? undefined : `Set ${priceSnippet(call.provider, assumedModel)}.`,
    }),
  };
}

interface Call extends UsageContext {
  readonly provider: string;
  readonly model: string;
  readonly family: ApiFamily;
  readonly body: Fields;
  readonly streamed: readonly unknown[];
  readonly at: number;
}

function readInput(input: PriceResponseInput): Call {
  if (typeof input !== 'object' || input === null) throw optionError('priceResponse', 'given one call', input);
  const { api, request, response, stream = [], at = Date.now() } = input;
  if (typeof input.provider !== 'string') throw optionError('priceResponse: provider', 'a name', input.provider);
  if (!Array.isArray(stream)) throw optionError('priceResponse: stream', 'a list of events', stream);
  const instant = at instanceof Date ? at.getTime() : typeof at === 'string' ? Date.parse(at) : at;
  if (!Number.isFinite(instant)) throw optionError('priceResponse: at', 'an instant', at);
  const family = familyOf(
    api,
    stream.length > 0 ? (foldEvents(familyOf(api, stream[0]), stream) ?? response) : response,
  );
  const folded = foldEvents(family, stream);
  const asked = input.model ?? text(record(request).model) ?? text(record(request).modelId) ?? '';
  const { model, region } = regionInName(input.provider, asked);
  return {
    provider: input.provider,
    api,
    model,
    request: region === undefined ? request : { region, ...record(request) },
    headers: headersOf(input),
    family,
    body: folded?.usage === undefined && folded?.usageMetadata === undefined ? unwrapped(response ?? folded) : folded,
    streamed: stream,
    isStream: stream.length > 0,
    at: instant,
  };
}

function headersOf({ headers }: PriceResponseInput): Record<string, string> {
  return Object.fromEntries(headers instanceof Headers ? headers.entries() : Object.entries(headers ?? {}));
}

/** LiteLLM's names of Azure's data zones: `eu/gpt-4.1`. */
function regionInName(provider: string, name: string): { model: string; region?: string } {
  const [, region, model] = /^(?:azure\/)?(eu|us|global|global-standard)\/(.+)$/.exec(name) ?? [];
  return model === undefined || !/azure/.test(provider) ? { model: name } : { model, region: region! };
}

function usageOf(call: Call): Usage {
  return answerUsage(call.family, call.body, call) ?? estimatedUsage(call);
}

function priceUnknown(provider: string, model: string): GatewayError {
  const snippet = priceSnippet(provider, model);
  return new GatewayError('price_unknown', `A model of the provider has no known price. Set ${snippet}.`, {
    param: 'model',
    details: { provider, hint: `Set ${snippet}.` },
  });
}

function readFactor(factor: string | undefined): Factor {
  if (factor === undefined) return ONE;
  const read = typeof factor === 'string' ? parseFactor(factor) : undefined;
  if (read === undefined) throw optionError('priceResponse: factor', "a decimal string like '0.85'", factor);
  return read;
}
