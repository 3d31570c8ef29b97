/**
 * Reads LiteLLM's `model_prices_and_context_window.json` into the stored form: prices by exact name, service tiers in columns
 * of their own. Knows no other shape.
 */
import { decimalOf, divideHalfUp, parseDecimal } from './money.ts';
import type { StoredModel, StoredProvider, StoredRates, StoredVariant } from './price-format.ts';
import { storedList, trimmed } from './price-format.ts';
import { FEE_NAMES, RATE_NAMES, type RateName } from './rates.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Columns of USD per token. */
const COLUMNS: Readonly<Partial<Record<RateName, string>>> = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cacheRead: 'cache_read_input_token_cost',
  cacheWrite: 'cache_creation_input_token_cost',
  cacheWrite1h: 'cache_creation_input_token_cost_above_1hr',
  audioInput: 'input_cost_per_audio_token',
  audioOutput: 'output_cost_per_audio_token',
  audioCacheRead: 'cache_read_input_audio_token_cost',
  imageInput: 'input_cost_per_image_token',
  imageOutput: 'output_cost_per_image_token',
};
const TIERS: readonly (readonly [name: string, suffix: string])[] = [
  ['batch', '_batches'],
  ['flex', '_flex'],
  ['priority', '_priority'],
];
/** Its names for providers, and what stands before the model in its keys. */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure',
  azure_ai: 'azure',
  bedrock: 'aws',
  bedrock_converse: 'aws',
  cohere_chat: 'cohere',
  fireworks_ai: 'fireworks',
  gemini: 'google',
  moonshot: 'moonshotai',
  'text-completion-openai': 'openai',
  together_ai: 'together',
  voyage: 'voyageai',
  xai: 'x-ai',
};

/** The providers of a file in this shape; `undefined` when it is another one. */
export function readLitellmPrices(file: unknown): Record<string, StoredProvider> | undefined {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return undefined;
  const entries = Object.entries(file as Fields).flatMap(([key, value]) => readEntry(key, value));
  if (entries.length === 0) return undefined;
  const providers: Record<string, { models: StoredModel[]; variants: StoredVariant[] }> = {};
  const names = new Set<string>();
  for (const { provider, name, model, variants } of entries) {
    // The same model under a second key (`gemini/...` and Vertex AI's) does not change the first.
    if (names.has(`${provider}/${name}`)) continue;
    names.add(`${provider}/${name}`);
    providers[provider] ??= { models: [], variants: [] };
    providers[provider].models.push(model);
    providers[provider].variants.push(...variants);
  }
  return providers;
}

interface Entry {
  readonly provider: string;
  readonly name: string;
  readonly model: StoredModel;
  readonly variants: readonly StoredVariant[];
}

function readEntry(key: string, value: unknown): Entry[] {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Fields;
  const own = fields.litellm_provider;
  if (typeof own !== 'string' || key === 'sample_spec') return [];
  const provider = PROVIDERS[own] ?? (own.startsWith('vertex_ai') ? 'google' : own.toLowerCase());
  const name = nameOf(key, own);
  const rates = ratesOf(fields, '');
  const fees = feesOf(fields);
  if (rates.length === 0 && fees === null) return [];
  const row = trimmed([rates.length === 0 ? null : rates, tiersOf(fields), null, fees]) as unknown as StoredModel[1];
  return [{ provider, name, model: [`=${name}`, row], variants: variantsOf(fields, `=${name}`) }];
}

/** `gemini/gemini-2.5-pro` is Google's `gemini-2.5-pro`; what stands before is the provider, an alias of it, or a folder. */
function nameOf(key: string, provider: string): string {
  const lower = key.toLowerCase();
  const folder = lower.startsWith(`${provider.toLowerCase()}/`) ? provider.length + 1 : 0;
  return lower.slice(folder).replace(/^(?:vertex_ai|bedrock|xai|gemini)\//, '');
}

function ratesOf(fields: Fields, suffix: string): StoredRates {
  const known = RATE_NAMES.map((name) => {
    const column = COLUMNS[name];
    return [name, column === undefined ? undefined : units(fields[`${column}${suffix}`], 12)] as const;
  });
  return storedList(RATE_NAMES, Object.fromEntries(known));
}

/** `..._above_200k_tokens`: for the whole request. A rate that has no such column stays. */
function tiersOf(fields: Fields): StoredModel[1][1] {
  const found = Object.keys(fields).flatMap((key) => /_above_(\d+)k_tokens$/.exec(key)?.[1] ?? []);
  const thousands = [...new Set(found.map(Number))].sort((a, b) => a - b);
  if (thousands.length === 0) return null;
  const base = ratesOf(fields, '');
  return thousands.map((count) => [count * 1_000, over(base, ratesOf(fields, `_above_${count}k_tokens`))] as const);
}

function over(base: StoredRates, higher: StoredRates): StoredRates {
  return RATE_NAMES.map((_, place) => higher[place] ?? base[place] ?? null);
}

function variantsOf(fields: Fields, match: string): StoredVariant[] {
  const tiers = TIERS.flatMap(([name, suffix]): StoredVariant[] => {
    const rates = ratesOf(fields, suffix);
    return rates.length === 0 ? [] : [[`tier=${name}`, ratio(fields, suffix), rates, match]];
  });
  const { us, fast } = (fields.provider_specific_entry ?? {}) as Fields;
  const factors: readonly (readonly [string, unknown])[] = [
    ['region=us', us ?? fields.regional_processing_uplift_multiplier_us],
    ['region=eu', fields.regional_processing_uplift_multiplier_eu],
    ['speed=fast', fast],
  ];
  return [
    ...tiers,
    ...factors.flatMap(([when, factor]): StoredVariant[] =>
      typeof factor === 'number' && factor > 0 ? [[when, String(factor), null, match]] : [],
    ),
  ];
}

/** What the columns of a tier do not say goes by its input price. */
function ratio(fields: Fields, suffix: string): string {
  const base = units(fields.input_cost_per_token, 12);
  const own = units(fields[`input_cost_per_token${suffix}`], 12);
  if (!base || own === undefined) return '1';
  return String(Math.round((own / base) * 1e6) / 1e6);
}

function feesOf(fields: Fields): (number | null)[] | null {
  const search = (fields.search_context_cost_per_query ?? {}) as Fields;
  const second = fields.mode === 'audio_transcription' ? units(fields.input_cost_per_second, 15) : undefined;
  const fees = storedList(FEE_NAMES, {
    webSearch: units(search.search_context_size_medium, 9),
    request: units(fields.input_cost_per_request, 9),
    page: units(fields.ocr_cost_per_page, 9),
    image: units(fields.output_cost_per_image, 9),
    codeSession: units(fields.code_interpreter_cost_per_session, 9),
    character: units(fields.input_cost_per_character, 9),
    audioSecond: second === undefined ? undefined : Math.round((second * 3_600) / 1e6),
  });
  return fees.length === 0 ? null : fees;
}

/** An amount in USD as whole units of `10^-places`, rounded half up where it has more places. */
function units(value: unknown, places: number): number | undefined {
  const text = typeof value === 'number' ? decimalOf(value) : undefined;
  if (text === undefined) return undefined;
  const fine = parseDecimal(text, 30);
  return fine === undefined ? undefined : Number(divideHalfUp(fine, 10n ** BigInt(30 - places)));
}
