/** Turns the tokens of a call into money for the pipeline, by way of a price book. Knows no ledger and no policy. */
import type { Exchange } from '../core/exchange.ts';
import type { Meter } from '../core/pipeline.ts';
import { optionError } from '../errors.ts';
import { cost, costBound, reportedCost } from './cost.ts';
import { estimateTokens } from './estimate.ts';
import type { Price, PriceBook } from './prices.ts';
import { openaiUsage } from './usage.ts';

export interface MeterOptions {
  readonly priceBook: PriceBook;
  /** Output tokens of one answer when the request names no limit. Default 4,096. */
  readonly defaultMaxOutputTokens?: number | undefined;
}

/** The better known of two prices is used. */
const RANKS: readonly Price['source'][] = ['ceiling', 'table', 'override'];

/**
 * A call is priced at the instant it started, by the model that answered, or by the one that was asked for where only that has a price
 * (or an override of it).
 */
export function createMeter(options: MeterOptions): Meter {
  const { priceBook, defaultMaxOutputTokens = 4_096 } = options;
  if (!Number.isSafeInteger(defaultMaxOutputTokens) || defaultMaxOutputTokens < 1) {
    throw optionError('defaultMaxOutputTokens', 'a whole number of at least 1', defaultMaxOutputTokens);
  }
  return {
    defaultMaxOutputTokens,
    estimateTokens,
    usage: (dialect, usage) => (dialect.startsWith('openai.') ? openaiUsage(usage) : undefined),
    bound(exchange) {
      const { provider, model, startedAt, operation } = exchange;
      const price = priceBook.lookup(provider, model, startedAt, operation);
      return price && costBound(exchange.inputTokenBound, outputBound(exchange, defaultMaxOutputTokens), price);
    },
    cost(exchange) {
      const { usage } = exchange;
      if (usage === undefined) return undefined;
      if (usage.reportedNanoUsd !== undefined) return reportedCost(usage, usage.reportedNanoUsd);
      const price = answeredPrice(exchange, priceBook);
      return price && cost(usage, price);
    },
  };
}

function outputBound({ operation, maxOutputTokens, choices }: Exchange, fallback: number): number {
  return operation === 'embeddings' ? 0 : (maxOutputTokens ?? fallback) * choices;
}

function answeredPrice(
  { provider, model, response, startedAt, operation }: Exchange,
  priceBook: PriceBook,
): Price | undefined {
  const asked = priceBook.lookup(provider, model, startedAt, operation);
  if (response?.model === undefined || response.model === model) return asked;
  const answered = priceBook.lookup(provider, response.model, startedAt, operation);
  return rank(asked) > rank(answered) ? asked : answered;
}

function rank(price: Price | undefined): number {
  return price === undefined ? -1 : RANKS.indexOf(price.source);
}
