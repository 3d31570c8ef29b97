/**
 * What a call of a model costs: the user's override, else a refreshed table, else the bundled one, else a stated ceiling.
 * Names are matched strictly, so an unknown model is known to be unknown. Knows nothing of calls.
 */
import type { Operation, Usage, UsageUnit } from '../core/exchange.ts';
import { describe, optionError } from '../errors.ts';
import { billsFully } from './cost.ts';
import { overrideOf, type PriceOverrides, readOverrides } from './price-overrides.ts';
import { PRICE_TABLE, PRICE_TABLE_DATE, PRICE_TABLE_VERSION } from './price-table.generated.ts';
import { type ModelKind, type PricedModel, PriceTable, priceAt, providerId, type TablePrice } from './price-table.ts';
import { applyVariants, conditionsOf, type Served, type Variant } from './price-variants.ts';
import { dearestRates, type Fees, mapRates, type Rates } from './rates.ts';

export type { PriceOverride, PriceOverrides } from './price-overrides.ts';
export type { Rates } from './rates.ts';

export interface PriceBookOptions {
  /** Prices that go before all tables. Errors call this option `prices`, its name at the gateway. */
  readonly overrides?: PriceOverrides | undefined;
  /**
   * `ceiling` (the default): a model without a known price costs as much as the dearest of its provider and kind (chat or
   * embeddings) ever did; at a provider that the table does not know, as the dearest of OpenAI, Anthropic and Google.
   * `block`: it has no price, and spend caps refuse it.
   */
  readonly unknownModel?: 'ceiling' | 'block' | undefined;
}

export interface Price {
  /** Pico-USD per token, times `divisor`. */
  readonly rates: Rates;
  /** Rates of the whole request when it has more than `above` input tokens; rising. */
  readonly tiers: readonly { readonly above: number; readonly rates: Rates }[];
  /** What rates have to be divided by; more than 1 where a factor leaves a fraction of a pico-USD. Default 1. */
  readonly divisor?: number | undefined;
  /** Nano-USD a piece. Default none. */
  readonly fees?: Fees | undefined;
  /** False for what is sold by the piece alone. Default true. */
  readonly byToken?: boolean | undefined;
  /** False for embeddings and transcriptions by the hour. Default true. */
  readonly hasOutput?: boolean | undefined;
  readonly source: 'override' | 'remote' | 'table' | 'ceiling';
  /** True for a ceiling, and where how the call was served has no price of its own. */
  readonly assumed: boolean;
  /** Which table the price is from, for `Cost.priceVersion`. */
  readonly version: string;
}

/** Prices that were read from elsewhere: by their names, by a table, or both. */
export interface PriceSource {
  readonly version: string;
  /** UTC day on which they held. */
  readonly asOf?: string | undefined;
  readonly overrides: ReadonlyMap<string, PricedModel>;
  readonly table: PriceTable;
}

export interface PriceBook {
  /**
   * The price of a model at an instant (ms since the epoch). `undefined` only under `unknownModel: 'block'`. `operation` says
   * which kind of models a ceiling is taken from; default `chat`. `served`: by which list, as the answer tells it.
   */
  lookup(provider: string, model: string, at: number, operation?: Operation, served?: Served): Price | undefined;
  /** The price that covers every part of a usage: a ceiling where a known one lacks what was used. */
  lookupFor(provider: string, model: string, at: number, usage: Usage, operation?: Operation): Price | undefined;
  /** Puts prices that were read in the place of those read before; the bundled ones stay behind them. */
  refresh(source: PriceSource | undefined): void;
  /**
   * Puts prices that people wrote in the place of those written before (`overrides`), for calls that start from now on.
   * @throws GatewayError `invalid_option`; nothing has changed then
   */
  override(prices: PriceOverrides): void;
  /** The newest prices: what they are called, and the UTC day they are of. */
  readonly version: string;
  readonly asOf: string;
  /** Whether an unnoticed change of prices is likely: the newest ones are more than `days` (default 45) old. */
  isStale(now: number, days?: number): boolean;
}

/** Vendors whose dearest model stands for those of a provider that the table does not know. */
const FLAGSHIP_VENDORS = ['openai', 'anthropic', 'google'];
const DAY = 86_400_000;

export function createPriceBook(options: PriceBookOptions = {}): PriceBook {
  return new Book(readOverrides(options.overrides ?? {}), readUnknownModel(options.unknownModel));
}

/** Told by its form: a book may come from another copy of the package. */
export function isPriceBook(value: object | undefined): value is PriceBook {
  return typeof (value as Partial<PriceBook> | undefined)?.lookup === 'function';
}

class Book implements PriceBook {
  #overrides: ReadonlyMap<string, PricedModel>;
  readonly #strict: boolean;
  readonly #bundled = new PriceTable(PRICE_TABLE);
  readonly #ceilings = new Map<string, Price>();
  #remote: PriceSource | undefined;

  constructor(overrides: ReadonlyMap<string, PricedModel>, unknownModel: 'ceiling' | 'block') {
    this.#overrides = overrides;
    this.#strict = unknownModel === 'block';
  }

  get version(): string {
    return this.#remote?.version ?? PRICE_TABLE_VERSION;
  }

  get asOf(): string {
    return this.#remote?.asOf ?? PRICE_TABLE_DATE;
  }

  isStale(now: number, days = 45): boolean {
    return now - Date.parse(this.asOf) > days * DAY;
  }

  refresh(source: PriceSource | undefined): void {
    this.#remote = source;
    this.#ceilings.clear();
  }

  override(prices: PriceOverrides): void {
    this.#overrides = readOverrides(prices);
  }

  lookup(
    provider: string,
    model: string,
    at: number,
    operation: Operation = 'chat',
    served: Served = {},
  ): Price | undefined {
    const conditions = conditionsOf(served);
    const known = this.#known(provider, namesOf(model, served), at, conditions);
    if (known !== undefined && (known.source === 'override' || sells(known, operation))) return known;
    return this.#strict ? undefined : this.#ceiling(provider, kindOf(operation), conditions);
  }

  lookupFor(provider: string, model: string, at: number, usage: Usage, operation?: Operation): Price | undefined {
    const conditions = conditionsOf(usage);
    const known = this.#known(provider, namesOf(model, usage), at, conditions);
    if (known !== undefined && billsFully(usage, known)) return known;
    if (this.#strict) return undefined;
    const kind = kindOf(operation ?? (usage.outputTokens === 0 ? 'embeddings' : 'chat'));
    const ceiling = this.#ceiling(provider, kind, conditions);
    // Only what is missing is assumed: one search without a known fee does not make its tokens dear.
    return known === undefined || !billsFully({ ...usage, units: undefined }, known)
      ? ceiling
      : { ...known, fees: { ...ceiling.fees, ...known.fees }, assumed: true };
  }

  /** Gateways and resellers name a model with its vendor: `openai/gpt-4o`. Their own price of it goes before the vendor's. */
  #known(provider: string, names: readonly string[], at: number, conditions: readonly string[]): Price | undefined {
    const own = this.#named(provider, names, at, conditions);
    const [vendor = '', ...rest] = names.at(-1)?.split('/') ?? [];
    if (own !== undefined || rest.length === 0 || !this.#bundled.knows(vendor)) return own;
    const prefix = `${vendor}/`;
    return this.#named(
      vendor,
      names.map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name)),
      at,
      conditions,
    );
  }

  /** By the first of the names that has a price; whoever wrote one goes before all tables. */
  #named(provider: string, names: readonly string[], at: number, conditions: readonly string[]): Price | undefined {
    const sources: readonly ((model: string) => Price | undefined)[] = [
      (model) => this.#written(this.#overrides, 'override', 'override', provider, model, at, conditions),
      (model) => this.#read(provider, model, at, conditions),
      (model) => named(this.#bundled.find(provider, model, at, conditions), 'table', PRICE_TABLE_VERSION),
    ];
    for (const find of sources) {
      for (const name of names) {
        const price = find(name);
        if (price !== undefined) return price;
      }
    }
    return undefined;
  }

  #read(provider: string, model: string, at: number, conditions: readonly string[]): Price | undefined {
    if (this.#remote === undefined) return undefined;
    const { version, overrides, table } = this.#remote;
    return (
      this.#written(overrides, 'remote', version, provider, model, at, conditions) ??
      named(table.find(provider, model, at, conditions), 'remote', version)
    );
  }

  /** Where a price that somebody wrote says nothing of a service tier, the provider's usual factor holds. */
  #written(
    overrides: ReadonlyMap<string, PricedModel>,
    source: Price['source'],
    version: string,
    provider: string,
    model: string,
    at: number,
    conditions: readonly string[],
  ): Price | undefined {
    const written = overrideOf(overrides, provider, model);
    if (written === undefined) return undefined;
    const variants = conditions.length === 0 ? [] : [...written.variants, ...this.#bundled.variantsOf(provider)];
    return named(priceAt({ ...written, variants }, at, conditions), source, version);
  }

  #ceiling(provider: string, kind: ModelKind, conditions: readonly string[]): Price {
    const known = this.#bundled.knows(provider);
    const key = `${known ? providerId(provider) : ''} ${kind} ${conditions.join('&')}`;
    const price = this.#ceilings.get(key) ?? ceilingPrice(this.#bundled, provider, kind, conditions);
    if (this.#ceilings.size >= 1_000) this.#ceilings.clear();
    this.#ceilings.set(key, price);
    return price;
  }
}

/** What to add to the gateway's `prices` so that a model has one. */
export function priceSnippet(provider: string, model: string): string {
  return `prices: { ${describe(`${provider}/${model}`)}: { input: '<USD per million tokens>', output: '<USD per million tokens>' } }`;
}

function named(price: TablePrice | undefined, source: Price['source'], version: string): Price | undefined {
  return price && { ...price, source, version };
}

/** Images that are sold by the piece have a price for each grade: `dall-e-3/hd`. */
function namesOf(model: string, { grade }: Served): readonly string[] {
  return grade === undefined ? [model] : [`${model}/${grade}`, model];
}

/** What an operation is sold by, where it is not sold by the token. */
const PIECES: Readonly<Partial<Record<Operation, UsageUnit>>> = {
  image: 'image',
  speech: 'character',
  transcription: 'audioSecond',
};

/** Whether the price says what the operation costs. */
function sells({ byToken = true, hasOutput = true, fees = {} }: Price, operation: Operation): boolean {
  const unit = PIECES[operation];
  if (unit !== undefined && fees[unit] !== undefined) return true;
  return byToken && (hasOutput || operation === 'embeddings');
}

function kindOf(operation: Operation): ModelKind {
  if (operation === 'embeddings' || operation === 'image') return operation;
  return operation === 'speech' || operation === 'transcription' ? 'audio' : 'chat';
}

/** Each rate is the dearest of its kind, so that no model of the provider costs more, whatever its mix of tokens. */
function ceilingPrice(table: PriceTable, provider: string, kind: ModelKind, conditions: readonly string[]): Price {
  const ofKind = (name: string): Rates[] => table.everyRate(name, kind);
  const own = ofKind(provider);
  const vendors = own.length > 0 ? [provider] : FLAGSHIP_VENDORS;
  const rates = withoutGaps(dearestRates(own.length > 0 ? own : FLAGSHIP_VENDORS.flatMap(ofKind)));
  const fees = Object.assign({}, ...[...FLAGSHIP_VENDORS, ...vendors].map((vendor) => table.dearestFees(vendor)));
  const base = { rates, tiers: [], divisor: 1 };
  const dearer = applyVariants(
    base,
    vendors.flatMap((vendor) => table.variantsOf(vendor)).filter(isDearer),
    conditions,
  );
  return {
    ...dearer,
    fees,
    byToken: true,
    hasOutput: kind !== 'embeddings',
    source: 'ceiling',
    assumed: true,
    version: PRICE_TABLE_VERSION,
  };
}

/** A kind that no model of the provider has a rate of its own for costs at least as the text it is part of. */
function withoutGaps(rates: Rates): Rates {
  return mapRates(rates, (rate, name) => Math.max(rate, /output$/i.test(name) ? rates.output : rates.input));
}

/** A ceiling is never lowered by a discount that may not be given. */
function isDearer({ factor }: Variant): boolean {
  return factor.numerator > factor.denominator;
}

function readUnknownModel(value: unknown): 'ceiling' | 'block' {
  if (value === undefined || value === 'ceiling' || value === 'block') return value ?? 'ceiling';
  throw optionError('unknownModel', "'ceiling' or 'block'", value);
}
