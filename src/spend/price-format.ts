/**
 * The compact form in which price tables are stored, bundled or read from elsewhere: lists by position, clauses that
 * recognise model names. Knows where no table comes from.
 */
import { completeRates, FEE_NAMES, type Fees, RATE_NAMES, type RateName, type Rates } from './rates.ts';

/** Pico-USD per token in the order of `RATE_NAMES`; `null` where there is no such rate, cut after the last one. */
export type StoredRates = readonly (number | null)[];

/** Nano-USD a piece in the order of `FEE_NAMES`. */
export type StoredFees = readonly (number | null)[];

export type StoredRow = readonly [
  /** None: not sold by the token. */
  rates?: StoredRates | null | undefined,
  tiers?: readonly (readonly [above: number, rates: StoredRates])[] | null | undefined,
  /** From this UTC day on, or in these seconds of the UTC day. */
  when?: string | readonly [from: number, to: number] | null | undefined,
  fees?: StoredFees | null | undefined,
];

/** A clause begins with its kind (`=^$*~`); a list is true when one of its clauses is, or all after a leading `&`. */
export type StoredMatch = string | readonly StoredMatch[];

/** The last row whose condition holds counts. */
export type StoredModel = readonly [match: StoredMatch, ...rows: StoredRow[]];

/**
 * What changes a price: `tier=flex`, `region=eu`, `speed=fast`, or several joined by `&`. The rates given replace those of
 * the base list; all others are multiplied by the factor, a decimal. Without `match` it is for every model of the provider.
 */
export type StoredVariant = readonly [when: string, factor: string, rates?: StoredRates | null, match?: StoredMatch];

export interface StoredProvider {
  /** Providers whose models are sold here under the same names. */
  readonly fallback?: readonly string[] | undefined;
  readonly models: readonly StoredModel[];
  /** What is sold by the piece with any model that has no fee of its own. */
  readonly fees?: StoredFees | undefined;
  readonly variants?: readonly StoredVariant[] | undefined;
}

/** By provider; as JSON text where it is parsed when its first price is asked for. */
export type StoredTable = Readonly<Record<string, StoredProvider | string>>;

export function matchesName(match: StoredMatch, name: string): boolean {
  if (typeof match !== 'string') {
    return match[0] === '&'
      ? match.slice(1).every((part) => matchesName(part, name))
      : match.some((part) => matchesName(part, name));
  }
  const clause = match.slice(1);
  if (match[0] === '=') return name === clause;
  if (match[0] === '^') return name.startsWith(clause);
  if (match[0] === '$') return name.endsWith(clause);
  if (match[0] === '*') return name.includes(clause);
  return new RegExp(clause).test(name);
}

/** A name that the clauses recognise, for reports; `undefined` when they are all patterns. */
export function exampleName(match: StoredMatch): string | undefined {
  if (typeof match !== 'string') return match.map(exampleName).find((name) => name !== undefined);
  return match[0] === '~' || match[0] === '&' ? undefined : match.slice(1);
}

export function knownRates(stored: StoredRates): Partial<Record<RateName, number>> {
  const known: Partial<Record<RateName, number>> = {};
  for (const [place, rate] of stored.entries()) if (rate !== null) known[RATE_NAMES[place]!] = rate;
  return known;
}

export function ratesOf(stored: StoredRates): Rates {
  return completeRates(knownRates(stored));
}

export function feesOf(stored: StoredFees | null | undefined): Fees {
  const fees: Partial<Record<keyof Fees, number>> = {};
  for (const [place, fee] of (stored ?? []).entries()) if (fee !== null) fees[FEE_NAMES[place]!] = fee;
  return fees;
}

/** By position, cut after the last one. */
export function storedList<K extends string>(
  names: readonly K[],
  known: Partial<Record<K, number | undefined>>,
): (number | null)[] {
  return trimmed(names.map((name) => known[name] ?? null));
}

export function trimmed<T>(values: readonly (T | null)[]): (T | null)[] {
  return values.slice(0, values.findLastIndex((value) => value !== null) + 1);
}
