/**
 * Prices the usage of one call: by the model that answered, each further model in it by its own price, all rounded once.
 * Knows no request and no answer.
 */
import type { Cost, Operation, Usage } from '../core/exchange.ts';
import { type ExactCost, exactCost, sumOf } from './cost.ts';
import { type Factor, ONE } from './money.ts';
import type { Price, PriceBook } from './prices.ts';
import { told } from './usage/fields.ts';

export interface UsedModel {
  readonly provider: string;
  /** The model asked for. */
  readonly model: string;
  /** The model that answered; a dated name where the request had an alias. */
  readonly answered?: string | undefined;
  readonly usage: Usage;
  readonly at: number;
  /** Which kind of models a ceiling is taken from. Default: as the usage looks. */
  readonly operation?: Operation | undefined;
}

export interface PricedPart {
  readonly model: string;
  readonly usage: Usage;
  readonly price: Price;
  readonly exact: ExactCost;
}

export interface PricedUsage {
  /** Which of the two models was priced. */
  readonly model: string;
  readonly price: Price;
  /** The call itself, then what else its answer reports. */
  readonly parts: readonly PricedPart[];
  /** A model whose price had to be assumed. */
  readonly assumedModel?: string | undefined;
  readonly estimated: boolean;
}

/** The better known of two prices is used. */
const RANKS: readonly Price['source'][] = ['ceiling', 'table', 'remote', 'override'];

/**
 * The model that answered counts, or the one that was asked for where only that has a price (or an override of it).
 * `undefined` when the price book blocks a model that is unknown.
 */
export function priceUsage(used: UsedModel, book: PriceBook): PricedUsage | undefined {
  const { provider, usage, at } = used;
  const { model, price } = pricedModel(used, book);
  if (price === undefined) return undefined;
  const parts: PricedPart[] = [{ model, usage, price, exact: exactCost(usage, price) }];
  const { serviceTier, region, speed } = usage;
  for (const other of usage.others ?? []) {
    const own = told({ serviceTier, region, speed, ...other.usage });
    const name = other.model ?? model;
    const ownPrice = other.model === undefined ? price : book.lookupFor(provider, name, at, own);
    if (ownPrice === undefined) return undefined;
    parts.push({ model: name, usage: own, price: ownPrice, exact: exactCost(own, ownPrice) });
  }
  const assumedModel = parts.find((part) => part.price.assumed)?.model;
  return { model, price, parts, assumedModel, estimated: usage.source === 'estimated' };
}

/** In whole nano-USD, rounded once. `factor`: a negotiated price. */
export function costOf({ price, parts, assumedModel, estimated }: PricedUsage, factor: Factor = ONE): Cost {
  const { version } = price;
  return sumOf(
    parts.map(({ exact }) => exact),
    { version, assumed: assumedModel !== undefined },
    estimated,
    factor,
  );
}

function pricedModel(
  { provider, model, answered, usage, at, operation }: UsedModel,
  book: PriceBook,
): { model: string; price: Price | undefined } {
  const asked = { model, price: book.lookupFor(provider, model, at, usage, operation) };
  if (answered === undefined || answered === model) return asked;
  const better = { model: answered, price: book.lookupFor(provider, answered, at, usage, operation) };
  return rank(asked.price) > rank(better.price) ? asked : better;
}

function rank(price: Price | undefined): number {
  return price === undefined ? -1 : RANKS.indexOf(price.source);
}
