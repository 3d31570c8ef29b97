/**
 * Reads price tables: which model a name means at a provider, and its prices at an instant, under the conditions it was
 * served. Knows nothing of ceilings or usage.
 */
import {
  exampleName,
  feesOf,
  knownRates,
  matchesName,
  ratesOf,
  type StoredMatch,
  type StoredModel,
  type StoredProvider,
  type StoredRates,
  type StoredRow,
  type StoredTable,
} from './price-format.ts';
import { applyVariants, readVariants, type ScaledRates, type Variant } from './price-variants.ts';
import type { Fees, Rates } from './rates.ts';

export interface TablePrice extends ScaledRates {
  readonly fees: Fees;
  /** Sold by the token. Audio by the hour and pages are not. */
  readonly byToken: boolean;
  /** Embedding models have no output price. */
  readonly hasOutput: boolean;
  /** How it was served is not in the table, and the dearest list is taken. */
  readonly assumed: boolean;
}

/** Names that OpenTelemetry's GenAI conventions, LiteLLM and people give to providers of the table. */
const ALIASES: Readonly<Record<string, string>> = {
  'aws.bedrock': 'aws',
  bedrock: 'aws',
  'amazon-bedrock': 'aws',
  'azure.ai.inference': 'azure',
  'azure.ai.openai': 'azure',
  azure_ai: 'azure',
  'azure-openai': 'azure',
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  vertex: 'google',
  vertex_ai: 'google',
  'google-vertex': 'google',
  gemini: 'google',
  mistral_ai: 'mistral',
  mistralai: 'mistral',
  moonshot: 'moonshotai',
  moonshot_ai: 'moonshotai',
  fireworks_ai: 'fireworks',
  together_ai: 'together',
  voyage: 'voyageai',
  x_ai: 'x-ai',
  xai: 'x-ai',
};

/** Longer names are not looked up: the caller chooses them, and clauses hold patterns. */
const MAX_MODEL_CHARS = 200;
/** Models remembered by name, and prices of one by list and conditions. Past it all are forgotten and found again. */
const MAX_REMEMBERED = 2_000;
const MAX_PRICES = 50;
const COMPACT_DATE = /-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g;

/** What a model does, as far as prices differ by it. */
export type ModelKind = 'chat' | 'embeddings' | 'image' | 'audio';

/** A model's lists of prices, wherever they come from. */
export interface PricedModel {
  readonly rows: readonly StoredRow[];
  readonly variants: readonly Variant[];
  /** Of the provider, for models without their own. */
  readonly fees: Fees;
}

interface Found extends PricedModel {
  readonly prices: Map<string, TablePrice>;
}

/** The table's own name of a provider. */
export function providerId(name: string): string {
  const lower = name.toLowerCase();
  return Object.hasOwn(ALIASES, lower) ? ALIASES[lower]! : lower;
}

export class PriceTable {
  readonly #table: StoredTable;
  readonly #providers = new Map<string, StoredProvider>();
  readonly #found = new Map<string, Found | undefined>();

  constructor(table: StoredTable) {
    this.#table = table;
  }

  get providers(): readonly string[] {
    return Object.keys(this.#table);
  }

  /** Whether the table has the provider, by its own name or by an alias. */
  knows(provider: string): boolean {
    return this.#provider(providerId(provider)) !== undefined;
  }

  /** Prices of exactly this model at `at`; `undefined` when its name matches no clause or nothing says what it costs. */
  find(provider: string, model: string, at: number, conditions: readonly string[] = []): TablePrice | undefined {
    const found = this.#find(provider, model);
    const row = found === undefined ? -1 : rowAt(found, at);
    if (found === undefined || row < 0) return undefined;
    const key = `${row} ${conditions.join('&')}`;
    const known = found.prices.get(key);
    if (known !== undefined) return known;
    const price = priceOf(found, row, conditions);
    // Conditions are words of the provider's answer, so their number has to be bounded too.
    if (found.prices.size >= MAX_PRICES) found.prices.clear();
    if (price !== undefined) found.prices.set(key, price);
    return price;
  }

  /** What changes the price of any model of a provider. */
  variantsOf(provider: string): readonly Variant[] {
    return readVariants(
      (this.#provider(providerId(provider))?.variants ?? []).filter((variant) => variant[3] === undefined),
    );
  }

  /** The most that a piece costs with any model of a provider. */
  dearestFees(provider: string): Fees {
    const { models = [], fees } = this.#provider(providerId(provider)) ?? {};
    const all = [feesOf(fees), ...models.flatMap(([, ...rows]) => rows.map((row) => feesOf(row[3])))];
    return all.reduce(dearest, {});
  }

  /** Every list of rates that any model of a kind has or had at a provider, whatever the date, hour or length of the request. */
  everyRate(provider: string, kind: ModelKind): Rates[] {
    const rows = (this.#provider(providerId(provider))?.models ?? []).flatMap(([, ...all]) => all);
    const ofKind = rows.filter(([rates]) => rates && isOfKind(rates, kind));
    return ofKind.flatMap(([rates, tiers]) => [rates!, ...(tiers ?? []).map(([, above]) => above)].map(ratesOf));
  }

  /** A name of every model that has one. */
  *names(): Generator<{ readonly provider: string; readonly model: string }> {
    for (const provider of this.providers) {
      for (const [match] of this.#provider(provider)?.models ?? []) {
        const model = exampleName(match);
        if (model !== undefined) yield { provider, model };
      }
    }
  }

  /** The same table, in which the models of these names (as `names` has them) are known to have no price. */
  without(dropped: ReadonlySet<string>): PriceTable {
    const entries = this.providers.map((id): [string, StoredProvider] => {
      const stored = this.#provider(id)!;
      const models = stored.models.map(
        (model): StoredModel => (dropped.has(`${id}/${exampleName(model[0])}`) ? [model[0]] : model),
      );
      return [id, { ...stored, models }];
    });
    return new PriceTable(Object.fromEntries(entries));
  }

  #find(provider: string, name: string): Found | undefined {
    if (name.length > MAX_MODEL_CHARS) return undefined;
    const key = `${provider}\n${name}`;
    if (this.#found.has(key)) return this.#found.get(key);
    if (this.#found.size >= MAX_REMEMBERED) this.#found.clear();
    const found = this.#search(providerId(provider), name.toLowerCase().trim());
    this.#found.set(key, found);
    return found;
  }

  #search(provider: string, name: string): Found | undefined {
    const own = this.#provider(provider);
    if (own === undefined) return undefined;
    // A provider's own models go before those of other vendors that it sells too.
    for (const vendor of [provider, ...(own.fallback ?? [])]) {
      const stored = this.#provider(vendor);
      const model = stored && modelNamed(stored, name);
      if (!model) continue;
      const sellers = vendor === provider ? [own] : [own, stored];
      const [, ...rows] = model;
      return {
        rows,
        variants: variantsOf(sellers, name),
        fees: Object.assign({}, ...sellers.map(({ fees }) => feesOf(fees)).reverse()),
        prices: new Map(),
      };
    }
    return undefined;
  }

  #provider(id: string): StoredProvider | undefined {
    const known = this.#providers.get(id);
    if (known !== undefined || !Object.hasOwn(this.#table, id)) return known;
    const stored = this.#table[id]!;
    const provider = typeof stored === 'string' ? (JSON.parse(stored) as StoredProvider) : stored;
    this.#providers.set(id, provider);
    return provider;
  }
}

/** By what it has rates for; models that speak or draw do not differ from others by anything else. */
function isOfKind(rates: StoredRates, kind: ModelKind): boolean {
  const { output, audioInput, audioOutput, imageInput, imageOutput } = knownRates(rates);
  if (kind === 'embeddings' || output === undefined) return kind === 'embeddings' && output === undefined;
  if (kind === 'audio') return (audioInput ?? audioOutput) !== undefined;
  return kind === 'chat' || (imageInput ?? imageOutput) !== undefined;
}

function modelNamed({ models }: StoredProvider, name: string): StoredModel | undefined {
  const named = (text: string): StoredModel | undefined => models.find(([match]) => matchesName(match, text));
  return named(name) ?? named(dashedDate(name));
}

/** Some hosts write 20250807 where the table has 2025-08-07. */
function dashedDate(name: string): string {
  return name.replace(COMPACT_DATE, '-$1-$2-$3');
}

/** Those for the model before those for all, the seller's before the vendor's. */
function variantsOf(providers: readonly StoredProvider[], name: string): Variant[] {
  const applies = (match: StoredMatch): boolean => matchesName(match, name) || matchesName(match, dashedDate(name));
  const stored = providers.flatMap(({ variants = [] }) => [
    ...variants.filter(([, , , match]) => match !== undefined && applies(match)),
    ...variants.filter(([, , , match]) => match === undefined),
  ]);
  return readVariants(stored);
}

/** The price at an instant; `undefined` when no list holds then, or nothing says what the model costs. */
export function priceAt(model: PricedModel, at: number, conditions: readonly string[]): TablePrice | undefined {
  const row = rowAt(model, at);
  return row < 0 ? undefined : priceOf(model, row, conditions);
}

/** The last row whose condition holds, or -1. */
function rowAt({ rows }: PricedModel, at: number): number {
  return rows.findLastIndex(([, , when]) => when === undefined || when === null || holds(when, at));
}

function holds(when: string | readonly [number, number], at: number): boolean {
  if (typeof when === 'string') return at >= Date.parse(when);
  const second = Math.floor(at / 1000) % 86_400;
  const [from, to] = when;
  return from <= to ? second >= from && second < to : second >= from || second < to;
}

function priceOf(
  { rows, variants, fees }: PricedModel,
  row: number,
  conditions: readonly string[],
): TablePrice | undefined {
  const [rates, tiers, , stored] = rows[row]!;
  const own = feesOf(stored);
  if (!rates && Object.keys(own).length === 0) return undefined;
  const base = {
    rates: ratesOf(rates ?? []),
    tiers: (tiers ?? []).map(([above, higher]) => ({ above, rates: ratesOf(higher) })),
    divisor: 1,
  };
  const scaled = conditions.length === 0 ? { ...base, assumed: false } : applyVariants(base, variants, conditions);
  return { ...scaled, fees: { ...fees, ...own }, byToken: Boolean(rates), hasOutput: typeof rates?.[1] === 'number' };
}

function dearest(most: Fees, fees: Fees): Fees {
  const names = [...new Set([...Object.keys(most), ...Object.keys(fees)])] as (keyof Fees)[];
  return Object.fromEntries(names.map((name) => [name, Math.max(most[name] ?? 0, fees[name] ?? 0)]));
}
