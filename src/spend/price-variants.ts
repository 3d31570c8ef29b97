/**
 * Which of a model's price lists applies: batch, flex or priority, in a region, at a speed. Turns a base price into the one
 * that holds. Knows no table and no usage.
 */
import { type Factor, greatestCommonDivisor, ONE, parseFactor } from './money.ts';
import { knownRates, type StoredVariant } from './price-format.ts';
import { mapRates, type RateName, type Rates, type RateTier } from './rates.ts';

/** How a call was served, in providers' own words. */
export interface Served {
  readonly serviceTier?: string | undefined;
  readonly region?: string | undefined;
  readonly speed?: string | undefined;
  /** Of images that are sold by the piece. */
  readonly grade?: string | undefined;
}

export interface Variant {
  /** `tier=flex`, `region=eu`: all must hold. */
  readonly conditions: readonly string[];
  readonly factor: Factor;
  readonly rates: Partial<Record<RateName, number>>;
}

/** Rates of which each stands for `rate / divisor` pico-USD a token. */
export interface ScaledRates {
  readonly rates: Rates;
  readonly tiers: readonly RateTier[];
  readonly divisor: number;
}

/** Tiers that are billed by the base list, or were paid for beforehand. */
const STANDARD_TIERS = new Set(
  'default standard auto standard_only on_demand on_demand_offpeak unspecified scale reserved provisioned_throughput'.split(
    ' ',
  ),
);
const TIER_NAMES: Readonly<Record<string, string>> = {
  fast: 'priority',
  on_demand_flex: 'flex',
  on_demand_priority: 'priority',
  batches: 'batch',
};
/** `global` is no region, and Anthropic says `not_available` of models that run anywhere. */
const NO_REGIONS = new Set(['global', 'not_available', 'default', 'unspecified']);

export function readVariants(stored: readonly StoredVariant[]): Variant[] {
  return stored.map(([when, factor, rates]) => ({
    conditions: when.split('&'),
    factor: parseFactor(factor) ?? ONE,
    rates: knownRates(rates ?? []),
  }));
}

/** `['tier=flex', 'region=us']`; nothing where the base list applies. */
export function conditionsOf({ serviceTier, region, speed }: Served): string[] {
  const tier = named(serviceTier);
  const known = TIER_NAMES[tier] ?? tier;
  const place = named(region);
  return [
    ...(known === '' || STANDARD_TIERS.has(known) ? [] : [`tier=${known}`]),
    ...(place === '' || NO_REGIONS.has(place) ? [] : [`region=${place}`]),
    ...(named(speed) === 'fast' ? ['speed=fast'] : []),
  ];
}

function named(value: string | undefined): string {
  return (value ?? '').trim().toLowerCase();
}

/**
 * The price under all conditions. Of several variants the one with the most conditions goes first, of equal ones the earlier.
 * A tier that nobody knows, of a provider that has tiers, costs as the dearest one known: `assumed`.
 */
export function applyVariants(
  base: ScaledRates,
  variants: readonly Variant[],
  conditions: readonly string[],
): ScaledRates & { readonly assumed: boolean } {
  const open = new Set(conditions);
  const bySize = [...variants].sort((a, b) => b.conditions.length - a.conditions.length);
  let scaled = base;
  for (const variant of bySize) {
    if (!variant.conditions.every((condition) => open.has(condition))) continue;
    for (const condition of variant.conditions) open.delete(condition);
    scaled = scale(scaled, variant);
  }
  const dearest = [...open].some((condition) => condition.startsWith('tier=')) ? dearestTier(variants) : undefined;
  return { ...(dearest ? scale(scaled, dearest) : scaled), assumed: dearest !== undefined };
}

function dearestTier(variants: readonly Variant[]): Variant | undefined {
  const size = ({ factor }: Variant): number => factor.numerator / factor.denominator;
  return variants
    .filter((variant) => variant.conditions.every((condition) => condition.startsWith('tier=')) && size(variant) > 1)
    .reduce<Variant | undefined>((most, variant) => (most && size(most) >= size(variant) ? most : variant), undefined);
}

/** Multiplies without a fraction: the divisor grows where the rates do not divide. Rates that are given replace those of the base list only. */
function scale({ rates, tiers, divisor }: ScaledRates, { factor, rates: given }: Variant): ScaledRates {
  const { numerator, denominator } = factor;
  const grown = divisor * denominator;
  const times = (all: Rates): Rates => mapRates(all, (rate) => rate * numerator);
  return simplified({
    rates: mapRates(times(rates), (rate, name) => (given[name] === undefined ? rate : given[name] * grown)),
    tiers: tiers.map((tier) => ({ above: tier.above, rates: times(tier.rates) })),
    divisor: grown,
  });
}

function simplified({ rates, tiers, divisor }: ScaledRates): ScaledRates {
  const lists = [rates, ...tiers.map((tier) => tier.rates)];
  const common = lists.flatMap((all) => Object.values(all)).reduce(greatestCommonDivisor, divisor);
  if (common === 1) return { rates, tiers, divisor };
  const over = (all: Rates): Rates => mapRates(all, (rate) => rate / common);
  return {
    rates: over(rates),
    tiers: tiers.map((tier) => ({ above: tier.above, rates: over(tier.rates) })),
    divisor: divisor / common,
  };
}
