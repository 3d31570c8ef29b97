/** Prices that people write: decimal strings in USD, checked and named when they are wrong. Knows no table. */
import { isRecord } from '../core/record.ts';
import { describe, optionError } from '../errors.ts';
import { parseDecimal, parseFactor } from './money.ts';
import { type StoredRates, type StoredRow, storedList } from './price-format.ts';
import { type PricedModel, providerId } from './price-table.ts';
import { readVariants, type Variant } from './price-variants.ts';
import { FEE_NAMES, RATE_NAMES, type RateName } from './rates.ts';

/** USD per million tokens, as decimal strings with at most six places. A kind without a rate costs what it is part of. */
export type RateOverride = {
  /** `cacheRead`, `cacheWrite`, `cacheWrite1h`, `audioInput`, `audioOutput`, `imageInput`, `imageOutput`, ... */
  readonly [kind in Exclude<RateName, 'input' | 'output'>]?: string | undefined;
} & {
  readonly input: string;
  readonly output: string;
};

/** How a variant differs: by a factor, by rates of its own, or by both (the factor is for the rates that are not given). */
export type VariantOverride = Partial<RateOverride> & { readonly factor?: string | undefined };

/** `{ input: '1.25', output: '10' }`: USD per million tokens as decimal strings. */
export type PriceOverride = RateOverride & {
  /** The whole request costs so much when it has more than `above` input tokens. */
  readonly tiers?: readonly (RateOverride & { readonly above: number })[] | undefined;
  /** By service tier (`flex`, `priority`, `batch`) or `region=eu`. Default: the provider's usual factors. */
  readonly variants?: Readonly<Record<string, VariantOverride>> | undefined;
  /** USD a piece: `{ webSearch: '0.01' }`; `audioSecond` in USD an hour. */
  readonly fees?: Readonly<Partial<Record<(typeof FEE_NAMES)[number], string>>> | undefined;
  /** First UTC day on which it holds: `'2026-12-01'`. Before it, what was known before holds. */
  readonly from?: string | undefined;
};

/**
 * By `provider/model` or by model; case does not matter. `'free'` for a model that costs nothing. Several prices of one model
 * are a list, each with its `from`.
 */
export type PriceOverrides = Readonly<Record<string, PriceOverride | readonly PriceOverride[] | 'free'>>;

const KEYS: readonly string[] = [...RATE_NAMES, 'tiers', 'variants', 'fees', 'from'];
const TIER_KEYS: readonly string[] = [...RATE_NAMES, 'above'];
const VARIANT_KEYS: readonly string[] = [...RATE_NAMES, 'factor'];
const FREE: StoredRow = [[0, 0]];
const RATE_FORM = "USD per million tokens as a decimal string with at most six places, like '1.25'";

/** @throws GatewayError `invalid_option` that names the entry. `option` is what the prices are called where they were given. */
export function readOverrides(prices: unknown, option = 'prices'): Map<string, PricedModel> {
  if (!isRecord(prices)) throw optionError(option, 'an object of prices by model', prices);
  return new Map(
    Object.entries(prices).map(([key, value]) => [key.toLowerCase(), readModel(`${option}[${describe(key)}]`, value)]),
  );
}

/** The entry for a model: with its provider's name, that of the table, or by the model alone. */
export function overrideOf(
  overrides: ReadonlyMap<string, PricedModel>,
  provider: string,
  model: string,
): PricedModel | undefined {
  if (overrides.size === 0) return undefined;
  const name = model.toLowerCase();
  return (
    overrides.get(`${provider.toLowerCase()}/${name}`) ??
    overrides.get(`${providerId(provider)}/${name}`) ??
    overrides.get(name)
  );
}

function readModel(option: string, value: unknown): PricedModel {
  if (value === 'free') return { rows: [FREE], variants: [], fees: {} };
  const lists = Array.isArray(value) ? (value as unknown[]) : [value];
  if (lists.length === 0) throw optionError(option, 'a price or a list of them', value);
  const rows = lists.map((list) => readRow(option, list));
  const byDate = [...rows].sort((a, b) => String(a[2] ?? '').localeCompare(String(b[2] ?? '')));
  return { rows: byDate, variants: lists.flatMap((list) => readOverrideVariants(option, list)), fees: {} };
}

function readRow(option: string, value: unknown): StoredRow {
  if (!isRecord(value)) throw optionError(option, "{ input, output } or 'free'", value);
  checkKeys(option, KEYS, value);
  return [
    readRates(option, value),
    readTiers(option, value.tiers),
    readDay(option, value.from),
    readFees(option, value.fees),
  ];
}

function readRates(option: string, value: Record<string, unknown>): StoredRates {
  const required = ['input', 'output'] as const;
  for (const name of required) readRate(`${option}.${name}`, value[name]);
  return readPartialRates(option, value);
}

function readPartialRates(option: string, value: Record<string, unknown>): StoredRates {
  const known = RATE_NAMES.filter((name) => value[name] !== undefined);
  return storedList(
    RATE_NAMES,
    Object.fromEntries(known.map((name) => [name, readRate(`${option}.${name}`, value[name])])),
  );
}

/** USD per million tokens, exactly, as pico-USD per token. */
function readRate(option: string, value: unknown): number {
  const pico = typeof value === 'string' ? parseDecimal(value, 6) : undefined;
  if (pico !== undefined && pico <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(pico);
  throw optionError(option, RATE_FORM, value);
}

function readTiers(option: string, value: unknown): StoredRow[1] {
  if (value === undefined) return null;
  if (!Array.isArray(value)) throw optionError(`${option}.tiers`, 'a list of { above, input, output }', value);
  const tiers = (value as unknown[]).map((tier) => {
    if (!isRecord(tier) || !Number.isSafeInteger(tier.above) || (tier.above as number) < 1)
      throw optionError(`${option}.tiers`, 'a list of { above, input, output } with whole numbers above', tier);
    checkKeys(`${option}.tiers`, TIER_KEYS, tier);
    return [tier.above as number, readRates(`${option}.tiers`, tier)] as const;
  });
  return tiers.sort(([a], [b]) => a - b);
}

function readDay(option: string, value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw optionError(`${option}.from`, "a UTC day like '2026-12-01'", value);
}

function readFees(option: string, value: unknown): StoredRow[3] {
  if (value === undefined) return null;
  if (!isRecord(value)) throw optionError(`${option}.fees`, `made of ${FEE_NAMES.join(', ')}`, value);
  checkKeys(`${option}.fees`, FEE_NAMES, value);
  const fees = Object.entries(value).map(([name, usd]) => {
    const nano = typeof usd === 'string' ? parseDecimal(usd, 9) : undefined;
    if (nano === undefined || nano > BigInt(Number.MAX_SAFE_INTEGER))
      throw optionError(`${option}.fees.${name}`, 'USD as a decimal string with at most nine places', usd);
    return [name, Number(nano)] as const;
  });
  return storedList(FEE_NAMES, Object.fromEntries(fees));
}

function readOverrideVariants(option: string, value: unknown): Variant[] {
  const variants = isRecord(value) ? value.variants : undefined;
  if (variants === undefined) return [];
  if (!isRecord(variants)) throw optionError(`${option}.variants`, 'an object by service tier', variants);
  return Object.entries(variants).flatMap(([name, variant]) =>
    readVariant(`${option}.variants.${name}`, name, variant),
  );
}

function readVariant(option: string, name: string, value: unknown): Variant[] {
  if (!isRecord(value)) throw optionError(option, "{ factor: '0.5' } or rates", value);
  checkKeys(option, VARIANT_KEYS, value);
  const { factor = '1' } = value;
  if (typeof factor !== 'string' || parseFactor(factor) === undefined)
    throw optionError(`${option}.factor`, "a decimal string like '0.5'", factor);
  const when = name.includes('=') ? name.toLowerCase() : `tier=${name.toLowerCase()}`;
  return readVariants([[when, factor, readPartialRates(option, value)]]);
}

function checkKeys(option: string, known: readonly string[], value: Record<string, unknown>): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw optionError(option, `made of ${known.join(', ')}`, unknown);
}
