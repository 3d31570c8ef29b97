/** Turns the tokens of a call into money for the pipeline, by way of a price book. Knows no ledger and no policy. */
import type { Cost, Exchange, Usage } from '../core/exchange.ts';
import type { Meter } from '../core/pipeline.ts';
import { optionError } from '../errors.ts';
import { costBound, reportedCost } from './cost.ts';
import { estimateTokens } from './estimate.ts';
import { LearnedTokens } from './learned-tokens.ts';
import { type Factor, ONE } from './money.ts';
import { costOf, priceUsage } from './price-usage.ts';
import type { Price, PriceBook } from './prices.ts';
import { type Fields, record, told } from './usage/fields.ts';
import { answerUsage, familyOf, foldEvent, hostRegion } from './usage.ts';

export interface MeterOptions {
  readonly priceBook: PriceBook;
  /** Output tokens of one answer when the request names no limit. Default 4,096. */
  readonly defaultMaxOutputTokens?: number | undefined;
  /** The clock, ms since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** What a call will probably take. */
export interface Estimate {
  readonly inputTokens: number;
  /** Of all choices together. */
  readonly outputTokens: number;
  readonly cost: Cost;
}

/** A meter that learns, and that knows negotiated prices. */
export interface SpendMeter extends Meter {
  bound(exchange: Exchange, factor?: Factor): Cost | undefined;
  cost(exchange: Exchange, factor?: Factor): Cost | undefined;
  /**
   * What the call will probably cost: input as estimated and corrected by what the model really took, output as much as 19 in
   * 20 recent calls had, or the request's limit. `undefined` when its model has no price.
   */
  estimate(exchange: Exchange, factor?: Factor): Estimate | undefined;
  /** What so many output tokens more cost at most, for holds that grow with a stream. */
  outputCost(exchange: Exchange, outputTokens: number, factor?: Factor): Cost | undefined;
  /** The answer as far as a stream's events tell it, for `usage`: some APIs spread it over several. */
  fold(dialect: string, known: Fields | undefined, event: unknown): Fields | undefined;
  /** Takes what a call really took; to be called when it has ended, whatever the outcome. */
  learn(exchange: Exchange): void;
}

/**
 * A call is priced at the instant it started, by the model that answered, or by the one that was asked for where only that has a price
 * (or an override of it).
 */
export function createMeter(options: MeterOptions): SpendMeter {
  const { priceBook, defaultMaxOutputTokens = 4_096, now = Date.now } = options;
  if (!Number.isSafeInteger(defaultMaxOutputTokens) || defaultMaxOutputTokens < 1) {
    throw optionError('defaultMaxOutputTokens', 'a whole number of at least 1', defaultMaxOutputTokens);
  }
  return new PriceBookMeter(priceBook, defaultMaxOutputTokens, new LearnedTokens({ now }));
}

class PriceBookMeter implements SpendMeter {
  readonly defaultMaxOutputTokens: number;
  readonly estimateTokens = estimateTokens;
  readonly #book: PriceBook;
  readonly #learned: LearnedTokens;

  constructor(book: PriceBook, defaultMaxOutputTokens: number, learned: LearnedTokens) {
    this.#book = book;
    this.defaultMaxOutputTokens = defaultMaxOutputTokens;
    this.#learned = learned;
  }

  /** Takes a usage object, or the answer that holds it, which tells more: tools beside the tokens, the service tier. */
  usage(dialect: string, usage: unknown): Usage | undefined {
    if (!dialect.includes('.')) return undefined;
    const holds = record(usage).usage !== undefined || record(usage).usageMetadata !== undefined;
    const body = holds ? usage : dialect.startsWith('google') ? { usageMetadata: usage } : { usage };
    return answerUsage(familyOf(dialect, body), body);
  }

  fold(dialect: string, known: Fields | undefined, event: unknown): Fields | undefined {
    return foldEvent(familyOf(dialect, event), known, event);
  }

  bound(exchange: Exchange, factor: Factor = ONE): Cost | undefined {
    return this.#dearest(exchange, exchange.inputTokenBound, this.#outputLimit(exchange), factor);
  }

  estimate(exchange: Exchange, factor: Factor = ONE): Estimate | undefined {
    const key = learnedKey(exchange);
    const inputTokens = this.#learned.inputTokens(key, estimatedInput(exchange), exchange.inputTokenBound);
    const outputTokens = this.#learned.outputTokens(key, this.#outputLimit(exchange));
    const cost = this.#dearest(exchange, inputTokens, outputTokens, factor);
    return cost && { inputTokens, outputTokens, cost };
  }

  outputCost(exchange: Exchange, outputTokens: number, factor: Factor = ONE): Cost | undefined {
    // The input decides which list holds, and is paid for already.
    const input = this.#dearest(exchange, exchange.inputTokenBound, 0, factor);
    const both = this.#dearest(exchange, exchange.inputTokenBound, outputTokens, factor);
    const nanoUsd = (both?.nanoUsd ?? 0) - (input?.nanoUsd ?? 0);
    return both && { ...both, nanoUsd, inputNanoUsd: 0, outputNanoUsd: nanoUsd };
  }

  cost(exchange: Exchange, factor: Factor = ONE): Cost | undefined {
    const { usage, response, provider, model, startedAt } = exchange;
    if (usage === undefined) return undefined;
    if (usage.reportedNanoUsd !== undefined) return reportedCost(usage, usage.reportedNanoUsd);
    const served = { serviceTier: response?.serviceTier ?? asked(exchange), region: regionOf(exchange) };
    const used = { provider, model, answered: response?.model, at: startedAt, usage: { ...told(served), ...usage } };
    const priced = priceUsage(used, this.#book);
    return priced && costOf(priced, factor);
  }

  learn(exchange: Exchange): void {
    const { usage, outcome } = exchange;
    // A call that was cut off had less output than it would have had.
    if (usage?.source !== 'provider' || outcome !== 'completed' || usage.inputTokens === 0) return;
    const { inputTokens, outputTokens } = usage;
    this.#learned.learn({
      key: learnedKey(exchange),
      estimatedInput: estimatedInput(exchange),
      inputTokens,
      outputTokens,
    });
  }

  /** By the base list or the one that was asked for, whichever is dearer: a discount may not be given. */
  #dearest(exchange: Exchange, inputTokens: number, outputTokens: number, factor: Factor): Cost | undefined {
    const { provider, model, startedAt, operation } = exchange;
    const lookup = (served: { serviceTier?: string | undefined }): Price | undefined =>
      this.#book.lookup(provider, model, startedAt, operation, { region: regionOf(exchange), ...served });
    const base = lookup({});
    const tier = asked(exchange);
    const served = tier === undefined ? undefined : lookup({ serviceTier: tier });
    const costs = [base, served].map((price) => price && costBound(inputTokens, outputTokens, price, factor));
    const [first, second] = costs;
    return first && second && second.nanoUsd > first.nanoUsd ? second : first;
  }

  #outputLimit({ operation, maxOutputTokens, choices }: Exchange): number {
    return operation === 'embeddings' ? 0 : (maxOutputTokens ?? this.defaultMaxOutputTokens) * choices;
  }
}

function learnedKey({ provider, model, operation }: Exchange): string {
  return `${provider}\n${model}\n${operation}`;
}

function estimatedInput({ texts }: Exchange): number {
  return texts.reduce((sum, slot) => sum + estimateTokens(slot.read()), 0);
}

function asked({ parameters }: Exchange): string | undefined {
  const { service_tier: tier } = parameters;
  return typeof tier === 'string' ? tier : undefined;
}

function regionOf({ upstream }: Exchange): string | undefined {
  return upstream === undefined ? undefined : hostRegion(upstream);
}
