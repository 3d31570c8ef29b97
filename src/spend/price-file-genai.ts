/**
 * Reads the data of genai-prices (its `data.json`, or the providers of its package) into the stored form. The build of the
 * bundled table and a refresh go the same way. Knows no other shape.
 */
import type { StoredMatch, StoredModel, StoredProvider, StoredRates, StoredRow } from './price-format.ts';
import { storedList, trimmed } from './price-format.ts';
import { FEE_NAMES, type Fees, RATE_NAMES, type RateName } from './rates.ts';

type Fields = Readonly<Record<string, unknown>>;

const RATE_KEYS: Readonly<Record<RateName, string>> = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  audioInput: 'input_audio_mtok',
  audioOutput: 'output_audio_mtok',
  audioCacheRead: 'cache_audio_read_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
  imageInput: 'input_image_mtok',
  imageOutput: 'output_image_mtok',
  imageCacheRead: 'cache_image_read_mtok',
  videoInput: 'input_video_mtok',
  videoOutput: 'output_video_mtok',
};

/** Sold by the thousand; audio by the hour. */
const FEE_KEYS: readonly (readonly [keyof Fees, string, number])[] = [
  ['webSearch', 'web_searches_kcount', 1_000],
  ['fileSearch', 'storage_searches_kcount', 1_000],
  ['request', 'requests_kcount', 1_000],
  ['page', 'input_document_kpages', 1_000],
  ['audioSecond', 'input_audio_hours', 1],
];

/** A clause whose pattern repeats a group can take for ever on a name made for it. */
const REPEATED_GROUP = /\)[*+{]/;

/** The providers of a file in this shape; `undefined` when it is another one. @throws Error when it is this one, broken */
export function readGenaiPrices(file: unknown): Readonly<Record<string, StoredProvider>> | undefined {
  const providers = Array.isArray(file) ? (file as unknown[]) : fields(file).providers;
  if (!Array.isArray(providers) || providers.length === 0 || !providers.every(isProvider)) return undefined;
  return Object.fromEntries(
    (providers as Fields[]).map((provider) => [String(provider.id), readGenaiProvider(provider)]),
  );
}

function isProvider(value: unknown): boolean {
  const { id, models } = fields(value);
  return typeof id === 'string' && Array.isArray(models);
}

export function readGenaiProvider(provider: object): StoredProvider {
  const { fallback_model_providers: fallback, models } = provider as Fields;
  return {
    ...(Array.isArray(fallback) ? { fallback: fallback.map(String) } : {}),
    models: (models as unknown[]).map((model) => readModel(fields(model))),
  };
}

function readModel({ id, match, prices }: Fields): StoredModel {
  const conditional = Array.isArray(prices) ? (prices as unknown[]).map(fields) : [{ prices }];
  const rows = conditional.map((row) => readRow(String(id), fields(row.prices), fields(row).constraint));
  const clauses = readMatch(fields(match));
  // A model that nothing says the price of stays in the table, so that no later and wider clause takes its name.
  return rows.every((row) => row.length === 0) ? [clauses] : [clauses, ...rows];
}

function readRow(id: string, prices: Fields, constraint: unknown): StoredRow {
  const row = [...readRates(id, prices), readCondition(constraint), readFees(prices)];
  return trimmed(row) as unknown as StoredRow;
}

/** `[rates, tiers]`; no rates when the model is not sold by the token or its price is unknown. */
function readRates(id: string, prices: Fields): [StoredRates | null, StoredRow[1]] {
  if (Object.keys(prices).length === 0 && id.endsWith(':free')) return [[0, 0], null];
  if (prices.input_mtok === undefined) return [null, null];
  const starts = new Set(Object.values(RATE_KEYS).flatMap((key) => tiersOf(prices[key]).map(({ start }) => start)));
  const tiers = [...starts].sort((a, b) => a - b).map((start) => [start, ratesAbove(prices, start)] as const);
  return [ratesAbove(prices, -1), tiers.length === 0 ? null : tiers];
}

/** The rates of a whole request with more than `tokens` input tokens. */
function ratesAbove(prices: Fields, tokens: number): StoredRates {
  const rates = RATE_NAMES.map((name) => [name, rateAbove(prices[RATE_KEYS[name]], tokens)]);
  return storedList(RATE_NAMES, Object.fromEntries(rates) as Partial<Record<RateName, number>>);
}

function rateAbove(price: unknown, tokens: number): number | undefined {
  if (price === undefined || price === null) return undefined;
  if (typeof price !== 'object') return picoPerToken(price);
  const reached = tiersOf(price).filter((tier) => tier.start <= tokens);
  const highest = reached.sort((a, b) => b.start - a.start)[0];
  return picoPerToken(highest?.price ?? fields(price).base);
}

function tiersOf(price: unknown): { start: number; price: unknown }[] {
  const { tiers } = fields(price);
  return Array.isArray(tiers) ? (tiers as { start: number; price: unknown }[]) : [];
}

/** USD per million tokens is 1e6 pico-USD per token; only a handful of thirds in the data need the rounding. */
function picoPerToken(usdPerMillion: unknown): number {
  return Math.round(amount(usdPerMillion) * 1e6);
}

function readFees(prices: Fields): (number | null)[] | null {
  const known = FEE_KEYS.filter(([, key]) => prices[key] !== undefined);
  if (known.length === 0) return null;
  return storedList(
    FEE_NAMES,
    Object.fromEntries(known.map(([name, key, per]) => [name, Math.round((amount(prices[key]) * 1e9) / per)])),
  );
}

function amount(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new Error('A price is not a number of at least 0.');
}

/** `'2026-08-17'`, or seconds of the UTC day: `[3600, 14400]`. */
function readCondition(constraint: unknown): StoredRow[2] {
  if (constraint === undefined || constraint === null) return null;
  const { start_date: day, start_time: from, end_time: to } = fields(constraint);
  if (typeof day === 'string' && !Number.isNaN(Date.parse(day))) return day;
  return [secondOfDay(from), secondOfDay(to)];
}

function secondOfDay(time: unknown): number {
  const match = /^(\d\d):(\d\d):(\d\d)Z$/.exec(String(time));
  if (match === null) throw new Error('A time of day is in an unknown form.');
  return Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

function readMatch(match: Fields): StoredMatch {
  if (Array.isArray(match.or)) return (match.or as unknown[]).map((part) => readMatch(fields(part)));
  if (Array.isArray(match.and)) return ['&', ...(match.and as unknown[]).map((part) => readMatch(fields(part)))];
  const kinds = { equals: '=', starts_with: '^', ends_with: '$', contains: '*' } as const;
  for (const [kind, sign] of Object.entries(kinds)) {
    if (typeof match[kind] === 'string') return `${sign}${match[kind].toLowerCase()}`;
  }
  if (typeof match.regex !== 'string') throw new Error('A model has no clause that recognises its name.');
  if (REPEATED_GROUP.test(match.regex)) throw new Error('A pattern repeats a group.');
  return `~${new RegExp(match.regex).source}`;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
