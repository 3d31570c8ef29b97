/**
 * What a token of a model costs: the user's override, else the bundled table, else a stated ceiling. Names are matched
 * strictly, so an unknown model is known to be unknown. Knows nothing of usage or calls.
 */
import type { Operation } from '../core/exchange.ts';
import { describe, optionError } from '../errors.ts';
import { parseDecimal } from './money.ts';
import { PRICE_TABLE_VERSION } from './price-table.generated.ts';
import { PriceTable, type Rates, type TablePrice } from './price-table.ts';

export type { Rates } from './price-table.ts';

/** USD per million tokens as decimal strings with at most six places: `{ input: '1.25', output: '10' }`. */
export interface PriceOverride {
  readonly input: string;
  readonly output: string;
  /** Tokens read from a cache; default: the price of input. */
  readonly cacheRead?: string | undefined;
  /** Tokens written to a cache; default: the price of input. */
  readonly cacheWrite?: string | undefined;
}

export type PriceOverrides = Readonly<Record<string, PriceOverride | 'free'>>;

export interface PriceBookOptions {
  /**
   * Prices that go before the bundled ones, by `provider/model` or by model; the first form wins. Case does not matter.
   * `'free'` for a model that costs nothing. Errors call this option `prices`, its name at the gateway.
   */
  readonly overrides?: PriceOverrides | undefined;
  /**
   * `ceiling` (the default): a model without a known price costs as much as the dearest of its provider and kind (chat or
   * embeddings) ever did; at a provider that the table does not know, as the dearest of OpenAI, Anthropic and Google.
   * `block`: it has no price, and spend caps refuse it.
   */
  readonly unknownModel?: 'ceiling' | 'block' | undefined;
}

export interface Price {
  readonly rates: Rates;
  /** Rates of the whole request when it has more than `above` input tokens; rising. */
  readonly tiers: readonly { readonly above: number; readonly rates: Rates }[];
  readonly source: 'override' | 'table' | 'ceiling';
  /** True for a ceiling. */
  readonly assumed: boolean;
  /** Which table the price is from, for `Cost.priceVersion`. */
  readonly version: string;
}

export interface PriceBook {
  /**
   * The price of a model at an instant (ms since the epoch). `undefined` only under `unknownModel: 'block'`.
   * `operation` says which kind of models a ceiling is taken from; default `chat`.
   */
  lookup(provider: string, model: string, at: number, operation?: Operation): Price | undefined;
}

/** Vendors whose dearest model stands for those of a provider that the table does not know. */
const FLAGSHIP_VENDORS = ['openai', 'anthropic', 'google'];
const FREE: Rates = ratesOf(0, 0, 0, 0);
const OVERRIDE_KEYS = ['input', 'output', 'cacheRead', 'cacheWrite'];

export function createPriceBook(options: PriceBookOptions = {}): PriceBook {
  const overrides = readOverrides(options.overrides ?? {});
  const unknownModel = readUnknownModel(options.unknownModel);
  const table = new PriceTable();
  const ceilings = new Map<string, Price>();

  const ceiling = (provider: string, embeddings: boolean): Price => {
    const key = `${table.knows(provider) ? provider : ''} ${embeddings}`;
    const known = ceilings.get(key) ?? ceilingPrice(table, provider, embeddings);
    ceilings.set(key, known);
    return known;
  };

  return {
    lookup(provider, model, at, operation = 'chat') {
      const name = model.toLowerCase();
      const override = overrides.get(`${provider.toLowerCase()}/${name}`) ?? overrides.get(name);
      if (override !== undefined) return override;
      const embeddings = operation === 'embeddings';
      const known = table.find(provider, model, at);
      if (known !== undefined && (known.hasOutput || embeddings)) return tablePrice(known);
      return unknownModel === 'block' ? undefined : ceiling(provider, embeddings);
    },
  };
}

/** What to add to the gateway's `prices` so that a model has one. */
export function priceSnippet(provider: string, model: string): string {
  return `prices: { ${describe(`${provider}/${model}`)}: { input: '<USD per million tokens>', output: '<USD per million tokens>' } }`;
}

function tablePrice({ rates, tiers }: TablePrice): Price {
  return { rates, tiers, source: 'table', assumed: false, version: PRICE_TABLE_VERSION };
}

/** Each rate is the dearest of its kind, so that no model of the provider costs more, whatever its mix of tokens. */
function ceilingPrice(table: PriceTable, provider: string, embeddings: boolean): Price {
  const ofKind = (name: string): Rates[] => table.everyRate(name, embeddings ? 'embeddings' : 'chat');
  const own = ofKind(provider);
  const rates = dearest(own.length > 0 ? own : FLAGSHIP_VENDORS.flatMap(ofKind));
  return { rates, tiers: [], source: 'ceiling', assumed: true, version: PRICE_TABLE_VERSION };
}

function dearest(candidates: readonly Rates[]): Rates {
  return candidates.reduce((most, rates) => ({
    input: Math.max(most.input, rates.input),
    output: Math.max(most.output, rates.output),
    cacheRead: Math.max(most.cacheRead, rates.cacheRead),
    cacheWrite: Math.max(most.cacheWrite, rates.cacheWrite),
    audioInput: Math.max(most.audioInput, rates.audioInput),
    audioOutput: Math.max(most.audioOutput, rates.audioOutput),
    audioCacheRead: Math.max(most.audioCacheRead, rates.audioCacheRead),
  }));
}

function readUnknownModel(value: unknown): 'ceiling' | 'block' {
  if (value === undefined || value === 'ceiling' || value === 'block') return value ?? 'ceiling';
  throw optionError('unknownModel', "'ceiling' or 'block'", value);
}

function readOverrides(overrides: unknown): Map<string, Price> {
  if (!isRecord(overrides)) throw optionError('prices', 'an object of prices by model', overrides);
  return new Map(Object.entries(overrides).map(([key, value]) => [key.toLowerCase(), readOverride(key, value)]));
}

function readOverride(key: string, value: unknown): Price {
  const option = `prices[${describe(key)}]`;
  if (value === 'free') return overridePrice(FREE);
  if (!isRecord(value)) throw optionError(option, "{ input, output } or 'free'", value);
  const unknown = Object.keys(value).find((name) => !OVERRIDE_KEYS.includes(name));
  if (unknown !== undefined) throw optionError(option, `made of ${OVERRIDE_KEYS.join(', ')}`, unknown);
  const input = readRate(`${option}.input`, value.input);
  const output = readRate(`${option}.output`, value.output);
  const optional = (name: string): number =>
    value[name] === undefined ? input : readRate(`${option}.${name}`, value[name]);
  return overridePrice(ratesOf(input, output, optional('cacheRead'), optional('cacheWrite')));
}

/** USD per million tokens, exactly, as pico-USD per token. */
function readRate(option: string, value: unknown): number {
  const pico = typeof value === 'string' ? parseDecimal(value, 6) : undefined;
  if (pico !== undefined && pico <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(pico);
  throw optionError(option, "USD per million tokens as a decimal string with at most six places, like '1.25'", value);
}

function overridePrice(rates: Rates): Price {
  return { rates, tiers: [], source: 'override', assumed: false, version: 'override' };
}

function ratesOf(input: number, output: number, cacheRead: number, cacheWrite: number): Rates {
  return { input, output, cacheRead, cacheWrite, audioInput: input, audioOutput: output, audioCacheRead: cacheRead };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
