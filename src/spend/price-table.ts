/**
 * Reads the bundled price table: which model a name means at a provider, and its prices at an instant. Knows nothing of
 * overrides, ceilings or tokens.
 */
import { PRICE_TABLE } from './price-table.generated.ts';

/** Pico-USD per token (1e-12 USD); one USD per million tokens is 1,000,000. */
export interface Rates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly audioInput: number;
  readonly audioOutput: number;
  readonly audioCacheRead: number;
}

export interface TablePrice {
  readonly rates: Rates;
  /** Rates of the whole request when it has more than `above` input tokens; rising. */
  readonly tiers: readonly { readonly above: number; readonly rates: Rates }[];
  /** Embedding models have no output price. */
  readonly hasOutput: boolean;
}

type StoredRates = readonly (number | null)[];
type StoredRow = readonly [
  rates?: StoredRates | null,
  tiers?: readonly (readonly [above: number, rates: StoredRates])[] | null,
  /** From this UTC day on, or in these seconds of the UTC day. */
  when?: string | readonly [from: number, to: number] | null,
];
type StoredMatch = string | readonly StoredMatch[];
type StoredModel = readonly [match: StoredMatch, ...rows: StoredRow[]];
interface StoredProvider {
  readonly fallback?: readonly string[];
  readonly models: readonly StoredModel[];
}

/** Names that OpenTelemetry's GenAI conventions give to providers of the table. */
const ALIASES: Readonly<Record<string, string>> = {
  'aws.bedrock': 'aws',
  'azure.ai.inference': 'azure',
  'azure.ai.openai': 'azure',
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  gemini: 'google',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
  x_ai: 'x-ai',
  xai: 'x-ai',
};

/** Longer names are not looked up: the caller chooses them, and clauses hold patterns. */
const MAX_MODEL_CHARS = 200;
/** Models remembered by name. Past it all are forgotten and found again. */
const MAX_REMEMBERED = 2_000;
const COMPACT_DATE = /-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g;

export class PriceTable {
  readonly #providers = new Map<string, StoredProvider>();
  readonly #remembered = new Map<string, StoredModel | undefined>();

  /** Whether the table has the provider, by its own name or by that of OpenTelemetry's conventions. */
  knows(provider: string): boolean {
    return this.#provider(provider) !== undefined;
  }

  /** Prices of exactly this model at `at`; `undefined` when its name matches no clause or it is not sold by the token. */
  find(provider: string, model: string, at: number): TablePrice | undefined {
    const stored = this.#model(provider, model);
    return stored === undefined ? undefined : priceAt(stored, at);
  }

  /** Every rate that any model of a kind has or had at a provider, whatever the date, hour or length of the request. */
  everyRate(provider: string, kind: 'chat' | 'embeddings'): Rates[] {
    const rows = (this.#provider(provider)?.models ?? []).flatMap(([, ...all]) => all);
    const ofKind = rows.filter(([rates]) => rates && (typeof rates[1] === 'number') === (kind === 'chat'));
    return ofKind.flatMap(([rates, tiers]) => [rates!, ...(tiers ?? []).map(([, above]) => above)].map(ratesOf));
  }

  #model(provider: string, name: string): StoredModel | undefined {
    if (name.length > MAX_MODEL_CHARS) return undefined;
    const key = `${provider}\n${name}`;
    if (this.#remembered.has(key)) return this.#remembered.get(key);
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    const model = this.#search(provider, name.toLowerCase().trim());
    this.#remembered.set(key, model);
    return model;
  }

  #search(provider: string, name: string): StoredModel | undefined {
    const stored = this.#provider(provider);
    if (stored === undefined) return undefined;
    // Some hosts write 20250807 where the table has 2025-08-07; its own models go before those of other vendors.
    const dated = name.replace(COMPACT_DATE, '-$1-$2-$3');
    const own = searchModels(stored, name) ?? searchModels(stored, dated);
    if (own !== undefined) return own;
    for (const vendor of stored.fallback ?? []) {
      const models = this.#provider(vendor);
      const found = models && (searchModels(models, name) ?? searchModels(models, dated));
      if (found) return found;
    }
    return undefined;
  }

  #provider(name: string): StoredProvider | undefined {
    const id = ALIASES[name] ?? name;
    const known = this.#providers.get(id);
    if (known !== undefined || !Object.hasOwn(PRICE_TABLE, id)) return known;
    const parsed = JSON.parse(PRICE_TABLE[id]!) as StoredProvider;
    this.#providers.set(id, parsed);
    return parsed;
  }
}

function searchModels(provider: StoredProvider, name: string): StoredModel | undefined {
  return provider.models.find(([match]) => matches(match, name));
}

function matches(match: StoredMatch, name: string): boolean {
  if (typeof match !== 'string') {
    return match[0] === '&'
      ? match.slice(1).every((part) => matches(part, name))
      : match.some((part) => matches(part, name));
  }
  const clause = match.slice(1);
  if (match[0] === '=') return name === clause;
  if (match[0] === '^') return name.startsWith(clause);
  if (match[0] === '$') return name.endsWith(clause);
  if (match[0] === '*') return name.includes(clause);
  return new RegExp(clause).test(name);
}

/** The last row whose condition holds; the first row has none. */
function priceAt([, ...rows]: StoredModel, at: number): TablePrice | undefined {
  const row = rows.findLast(([, , when]) => when === undefined || when === null || holds(when, at));
  if (!row?.[0]) return undefined;
  const tiers = (row[1] ?? []).map(([above, rates]) => ({ above, rates: ratesOf(rates) }));
  return { rates: ratesOf(row[0]), tiers, hasOutput: typeof row[0][1] === 'number' };
}

function holds(when: string | readonly [number, number], at: number): boolean {
  if (typeof when === 'string') return at >= Date.parse(when);
  const second = Math.floor(at / 1000) % 86_400;
  const [from, to] = when;
  return from <= to ? second >= from && second < to : second >= from || second < to;
}

/** A kind of token without a price of its own is billed as the kind it is part of. */
function ratesOf([input, output, cacheRead, cacheWrite, audioInput, audioOutput, audioCacheRead]: StoredRates): Rates {
  const text = input ?? 0;
  const answer = output ?? 0;
  return {
    input: text,
    output: answer,
    cacheRead: cacheRead ?? text,
    cacheWrite: cacheWrite ?? text,
    audioInput: audioInput ?? text,
    audioOutput: audioOutput ?? answer,
    audioCacheRead: audioCacheRead ?? audioInput ?? cacheRead ?? text,
  };
}
