/**
 * Lays the hand-kept rows over a price table: what its source lacks (service tiers, regions, speeds, prices of tools and of
 * audio), each with its own source and date. Knows no file.
 */

import { parseDecimal } from '../src/spend/money.ts';
import type {
  StoredFees,
  StoredMatch,
  StoredModel,
  StoredProvider,
  StoredRates,
  StoredRow,
  StoredVariant,
} from '../src/spend/price-format.ts';
import { knownRates, storedList, trimmed } from '../src/spend/price-format.ts';
import { FEE_NAMES, RATE_NAMES, type RateName } from '../src/spend/rates.ts';

export interface OverlayRow {
  readonly provider: string;
  /** Ids of the source (`*` stands for anything, `openai:` before it for another provider's, `+` for a new one), or `*`: every model. */
  readonly models: '*' | readonly string[];
  /** `tier=flex`, `region=eu`, `speed=fast`, joined by `&`. Without it the base price itself is completed. */
  readonly when?: string;
  /** For all rates that are not given. Default 1. */
  readonly factor?: string;
  /** USD per million tokens, or `2 x input`. */
  readonly rates?: Readonly<Partial<Record<RateName, string>>>;
  /** The rates are those of requests with more input tokens. */
  readonly above?: number;
  /** USD a piece. */
  readonly fees?: Readonly<Partial<Record<(typeof FEE_NAMES)[number], string>>>;
  readonly source: string;
  readonly asOf: string;
  readonly note?: string;
}

export interface SourceProvider {
  readonly id: string;
  /** Ids of `stored.models`, in their order. */
  readonly ids: readonly string[];
  readonly stored: StoredProvider;
}

/** @throws Error when a row names a model or provider that is not there, so that none is without effect unseen */
export function withOverlay(
  sources: readonly SourceProvider[],
  rows: readonly OverlayRow[],
): Record<string, StoredProvider> {
  for (const { provider, source, asOf } of rows) {
    if (!sources.some(({ id }) => id === provider)) throw new Error(`Overlay: there is no provider ${provider}.`);
    if (!/^https:/.test(source) || !/^\d{4}-\d\d-\d\d$/.test(asOf))
      throw new Error('Overlay: a row lacks source or date.');
  }
  return Object.fromEntries(sources.map((source) => [source.id, completed(source, sources, rows)]));
}

function completed(
  source: SourceProvider,
  sources: readonly SourceProvider[],
  all: readonly OverlayRow[],
): StoredProvider {
  const rows = all.filter(({ provider }) => provider === source.id);
  const models = [...source.stored.models];
  for (const row of rows.filter(({ when }) => when === undefined)) complete(source, models, row);
  const variants = rows.flatMap((row) => (row.when === undefined ? [] : [variantOf(row, sources)]));
  const fees = rows.filter(({ models: names, fees }) => names === '*' && fees !== undefined);
  return {
    ...source.stored,
    models,
    ...(fees.length > 0 ? { fees: feesOf(Object.assign({}, ...fees.map((row) => row.fees))) } : {}),
    ...(variants.length > 0 ? { variants } : {}),
  };
}

function complete(source: SourceProvider, models: StoredModel[], row: OverlayRow): void {
  if (row.models === '*') return;
  const added = row.models.filter((name) => name.startsWith('+')).map((name) => name.slice(1));
  for (const name of added) models.push([`=${name}`, [null, null, null, feesOf(row.fees ?? {})]]);
  for (const place of placesOf(
    source,
    row.models.filter((name) => !name.startsWith('+')),
  )) {
    const [match, ...lists] = models[place]!;
    models[place] = [match, ...lists.map((list) => completedRow(list, row))];
  }
}

function completedRow([rates, tiers, when, fees]: StoredRow, row: OverlayRow): StoredRow {
  if (!rates) return [rates, tiers, when, fees];
  const own = row.fees === undefined ? fees : feesOf(row.fees);
  if (row.above !== undefined) {
    const tier = [row.above, withRates(rates, row.rates ?? {})] as const;
    return trimmedRow([rates, [...(tiers ?? []).filter(([above]) => above !== row.above), tier], when, own]);
  }
  const higher = tiers?.map(([above, list]) => [above, withRates(list, row.rates ?? {})] as const);
  return trimmedRow([withRates(rates, row.rates ?? {}), higher, when, own]);
}

function trimmedRow(row: StoredRow): StoredRow {
  return trimmed(row.map((value) => value ?? null)) as unknown as StoredRow;
}

function withRates(stored: StoredRates, given: NonNullable<OverlayRow['rates']>): StoredRates {
  const known = knownRates(stored);
  const changed = Object.entries(given).map(([name, text]) => [name, rateOf(text, known)]);
  return storedList(RATE_NAMES, { ...known, ...(Object.fromEntries(changed) as Partial<Record<RateName, number>>) });
}

function rateOf(text: string, known: Partial<Record<RateName, number>>): number {
  const [, times, name] = /^(\d+) x (\w+)$/.exec(text) ?? [];
  if (name !== undefined) return Number(times) * known[name as RateName]!;
  return exact(text, 6);
}

function feesOf(fees: NonNullable<OverlayRow['fees']>): StoredFees {
  return storedList(FEE_NAMES, Object.fromEntries(Object.entries(fees).map(([name, usd]) => [name, exact(usd, 9)])));
}

function exact(text: string, places: number): number {
  const value = parseDecimal(text, places);
  if (value === undefined) throw new Error(`Overlay: ${text} is no decimal with at most ${places} places.`);
  return Number(value);
}

function variantOf(
  { provider, when, factor = '1', rates = {}, models }: OverlayRow,
  sources: readonly SourceProvider[],
): StoredVariant {
  const stored = storedList(
    RATE_NAMES,
    Object.fromEntries(Object.entries(rates).map(([name, usd]) => [name, exact(usd, 6)])),
  );
  const own = stored.length === 0 ? null : stored;
  if (models === '*') return own === null ? [when!, factor] : [when!, factor, own];
  return [when!, factor, own, clausesOf(provider, models, sources)];
}

function clausesOf(own: string, names: readonly string[], sources: readonly SourceProvider[]): StoredMatch {
  const clauses = names.flatMap((name) => {
    const [, provider = own, id = name] = /^(openai):(.+)$/.exec(name) ?? [];
    const source = sources.find((one) => one.id === provider)!;
    return placesOf(source, [id]).map((place) => source.stored.models[place]![0]);
  });
  return clauses.flatMap((clause) => (typeof clause !== 'string' && clause[0] !== '&' ? clause : [clause]));
}

function placesOf({ id, ids }: SourceProvider, names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const pattern = new RegExp(`^${name.replace(/[.:]/g, '\\$&').replaceAll('*', '.*')}$`);
    const places = ids.flatMap((one, place) => (pattern.test(one) ? [place] : []));
    if (places.length === 0) throw new Error(`Overlay: ${id} has no model ${name}.`);
    return places;
  });
}
