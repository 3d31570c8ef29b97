/** Turns the tokens of a call into money for the pipeline, by way of a price book. Knows no ledger and no policy. */
import { type Cost, type Exchange, TEXT_OPERATIONS, type Units, type Usage } from '../core/exchange.ts';
import type { AnswerHeaders, Meter } from '../core/meter.ts';
import type { TextSlot } from '../core/text.ts';
import { optionError } from '../errors.ts';
import { costBound, reportedCost } from './cost.ts';
import { estimateRange, estimateTokens } from './estimate.ts';
import { LearnedTokens } from './learned-tokens.ts';
import { type Factor, ONE } from './money.ts';
import { costOf, priceUsage } from './price-usage.ts';
import type { Served } from './price-variants.ts';
import type { Price, PriceBook } from './prices.ts';
import { FEE_NAMES } from './rates.ts';
import { type Fields, told } from './usage/fields.ts';
import { piecesUsage } from './usage/openai.ts';
import { imageGrade, pieceTokens, tokensUsage } from './usage/pieces.ts';
import { type ApiFamily, answerUsage, familyNamed, familyOf, foldEvent, hostRegion, usageHeaders } from './usage.ts';

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
  /** The tokens of `estimate`, without their price, and what a scan said of the request's texts. */
  expected(exchange: Exchange): Omit<Estimate, 'cost'> & { readonly scannedTokens: number };
  /** The most that so many tokens cost in this call. */
  held(exchange: Exchange, inputTokens: number, outputTokens: number, factor?: Factor): Cost | undefined;
  /** What a call took whose answer told nothing of it; `undefined` for one without pieces. `seen`: tokens of its texts. */
  untold(exchange: Exchange, seen: { readonly inputTokens: number; readonly outputTokens: number }): Usage | undefined;
  /** What so many output tokens more cost at most, for holds that grow with a stream. */
  outputCost(exchange: Exchange, outputTokens: number, factor?: Factor): Cost | undefined;
  /** Takes what a call really took; to be called when it has ended, whatever the outcome. `scannedTokens`: where that is known. */
  learn(exchange: Exchange, scannedTokens?: number): void;
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

/** What money is held by. */
interface HoldPrices {
  readonly model: string;
  readonly base: Price | undefined;
  /** Of the service that was asked for. */
  readonly served: Price | undefined;
}

class PriceBookMeter implements SpendMeter {
  readonly defaultMaxOutputTokens: number;
  readonly estimateTokens = estimateTokens;
  readonly #book: PriceBook;
  readonly #learned: LearnedTokens;
  /** What the name of each dialect says: each event of a stream asks. */
  readonly #families = new Map<string, ApiFamily | undefined>();
  readonly #holdPrices = new WeakMap<Exchange, HoldPrices>();

  constructor(book: PriceBook, defaultMaxOutputTokens: number, learned: LearnedTokens) {
    this.#book = book;
    this.defaultMaxOutputTokens = defaultMaxOutputTokens;
    this.#learned = learned;
  }

  usage(exchange: Exchange, answer: unknown, headers?: AnswerHeaders): Usage | undefined {
    const { dialect, provider, model, pieces, parameters, stream } = exchange;
    const context = {
      ...{ api: dialect, provider, model, isStream: stream },
      request: pieces && parameters,
      headers: headers && usageHeaders(headers),
    };
    const usage = answerUsage(this.#familyOf(dialect, answer), answer, context);
    // Pieces of a model that is sold by tokens were counted, not told.
    const counted = usage?.units && usage.inputTokens + usage.outputTokens === 0 && pieces !== undefined;
    return (counted && !this.#sellsPieces(exchange)) || isUncounted(exchange, usage) ? undefined : usage;
  }

  fold(dialect: string, known: unknown, event: unknown): unknown {
    return foldEvent(this.#familyOf(dialect, event), known as Fields | undefined, event);
  }

  #familyOf(dialect: string, body: unknown): ApiFamily {
    if (!this.#families.has(dialect)) this.#families.set(dialect, familyNamed(dialect));
    return familyOf(dialect, body, this.#families.get(dialect));
  }

  bound(exchange: Exchange, factor: Factor = ONE): Cost | undefined {
    const { inputTokenBound, pieces, parameters } = exchange;
    const beside = pieces ? pieceTokens(pieces.most, parameters, 'most').inputTokens : 0;
    return this.#dearest(exchange, inputTokenBound + beside, this.#outputLimit(exchange), factor, pieces?.most);
  }

  untold(exchange: Exchange, seen: { readonly inputTokens: number; readonly outputTokens: number }): Usage | undefined {
    const { pieces, parameters } = exchange;
    if (pieces === undefined) return undefined;
    const { likely } = pieces;
    if (this.#sellsPieces(exchange)) return told({ ...piecesUsage(likely, 'estimated'), grade: this.#grade(exchange) });
    const { inputTokens, outputTokens } = pieceTokens(likely, parameters, 'likely');
    // What was written down is there to be counted; pictures and sound are not.
    const written = likely.audioSecond !== undefined && seen.outputTokens > 0 ? seen.outputTokens : outputTokens;
    return tokensUsage(likely, { inputTokens: seen.inputTokens + inputTokens, outputTokens: written });
  }

  #sellsPieces(exchange: Exchange): boolean {
    const units: Units = exchange.pieces?.likely ?? {};
    const fees = this.#lookup(exchange, {})?.fees ?? {};
    return FEE_NAMES.some((name) => units[name] !== undefined && fees[name] !== undefined);
  }

  estimate(exchange: Exchange, factor: Factor = ONE): Estimate | undefined {
    const { inputTokens, outputTokens } = this.expected(exchange);
    const cost = this.held(exchange, inputTokens, outputTokens, factor);
    return cost && { inputTokens, outputTokens, cost };
  }

  expected(exchange: Exchange): ReturnType<SpendMeter['expected']> {
    const key = learnedKey(exchange);
    const scannedTokens = scan(exchange);
    const { pieces, parameters, inputTokenBound } = exchange;
    // Models differ in how many tokens a picture has, so all that it may have is held.
    const degree = pieces?.likely.image === undefined ? 'likely' : 'most';
    const made = pieces && pieceTokens(pieces.likely, parameters, degree);
    const inputTokens = this.#learned.inputTokens(key, scannedTokens, inputTokenBound) + (made?.inputTokens ?? 0);
    const outputTokens = made?.outputTokens ?? this.#learned.outputTokens(key, this.#outputLimit(exchange));
    return { scannedTokens, inputTokens, outputTokens };
  }

  held(exchange: Exchange, inputTokens: number, outputTokens: number, factor: Factor = ONE): Cost | undefined {
    const { operation, pieces } = exchange;
    return this.#dearest(exchange, inputTokens, operation === 'embeddings' ? 0 : outputTokens, factor, pieces?.likely);
  }

  outputCost(exchange: Exchange, outputTokens: number, factor: Factor = ONE): Cost | undefined {
    // The input decides which list holds, and is paid for already.
    const input = this.#dearest(exchange, exchange.inputTokenBound, 0, factor);
    const both = this.#dearest(exchange, exchange.inputTokenBound, outputTokens, factor);
    const nanoUsd = (both?.nanoUsd ?? 0) - (input?.nanoUsd ?? 0);
    return both && { ...both, nanoUsd, inputNanoUsd: 0, outputNanoUsd: nanoUsd };
  }

  cost(exchange: Exchange, factor: Factor = ONE): Cost | undefined {
    const { usage, response, provider, model, startedAt, operation } = exchange;
    if (usage === undefined) return undefined;
    if (usage.reportedNanoUsd !== undefined) return reportedCost(usage, usage.reportedNanoUsd);
    const special = asked(exchange);
    const served = {
      ...special,
      serviceTier: response?.serviceTier ?? special.serviceTier,
      region: special.region ?? regionOf(exchange),
    };
    const used = {
      provider,
      model,
      answered: response?.model,
      at: startedAt,
      usage: { ...told(served), ...usage },
      ...(exchange.pieces ? { operation } : {}),
    };
    const priced = priceUsage(used, this.#book);
    return priced && costOf(priced, factor);
  }

  learn(exchange: Exchange, scannedTokens?: number): void {
    const { usage, outcome } = exchange;
    // A call that was cut off had less output than it would have had.
    if (usage?.source !== 'provider' || outcome !== 'completed' || usage.inputTokens === 0) return;
    const { inputTokens, outputTokens } = usage;
    const estimatedInput = scannedTokens ?? scan(exchange);
    this.#learned.learn({ key: learnedKey(exchange), estimatedInput, inputTokens, outputTokens });
  }

  /** By the dearest model that may answer. Where one of them has no price, there is none. */
  #dearest(
    exchange: Exchange,
    inputTokens: number,
    outputTokens: number,
    factor: Factor,
    pieces?: Units,
  ): Cost | undefined {
    const first = this.#dearer(exchange, inputTokens, outputTokens, factor, pieces);
    return (exchange.alternatives ?? []).reduce<Cost | undefined>((most, model) => {
      const other = this.#dearer({ ...exchange, model }, inputTokens, outputTokens, factor, pieces);
      return most && other && other.nanoUsd <= most.nanoUsd ? most : most && other;
    }, first);
  }

  /** By the base list or the one that was asked for, whichever is dearer: a discount may not be given. */
  #dearer(
    exchange: Exchange,
    inputTokens: number,
    outputTokens: number,
    factor: Factor,
    pieces?: Units,
  ): Cost | undefined {
    const { base, served } = this.#pricesOf(exchange);
    const first = base && costBound(inputTokens, outputTokens, base, factor, pieces);
    const second = served && costBound(inputTokens, outputTokens, served, factor, pieces);
    return first && second && second.nanoUsd > first.nanoUsd ? second : first;
  }

  /** Looked up once a call: each hold of it asks, and each top-up. A policy may set another model meanwhile. */
  #pricesOf(exchange: Exchange): HoldPrices {
    const known = this.#holdPrices.get(exchange);
    if (known && known.model === exchange.model) return known;
    const special = asked(exchange);
    const served = Object.keys(special).length === 0 ? undefined : this.#lookup(exchange, special);
    const prices = { model: exchange.model, base: this.#lookup(exchange, {}), served };
    this.#holdPrices.set(exchange, prices);
    return prices;
  }

  #lookup(exchange: Exchange, served: Served): Price | undefined {
    const { provider, model, startedAt, operation } = exchange;
    const known = { region: regionOf(exchange), grade: this.#grade(exchange) };
    return this.#book.lookup(provider, model, startedAt, operation, { ...known, ...served });
  }

  #grade({ pieces, parameters }: Exchange): string | undefined {
    return pieces?.likely.image === undefined ? undefined : imageGrade(parameters);
  }

  #outputLimit({ operation, maxOutputTokens, choices, pieces, parameters }: Exchange): number {
    if (pieces !== undefined) return pieceTokens(pieces.most, parameters, 'most').outputTokens;
    return operation === 'embeddings' ? 0 : (maxOutputTokens ?? this.defaultMaxOutputTokens) * choices;
  }
}

/** Hosts that do not count write noughts: no answer to a text took no token at all. */
function isUncounted({ dialect, operation }: Exchange, usage: Usage | undefined): boolean {
  if (usage === undefined || !TEXT_OPERATIONS.has(operation) || !dialect.startsWith('openai.')) return false;
  const { inputTokens, outputTokens, reportedNanoUsd, units, others } = usage;
  return inputTokens + outputTokens === 0 && (reportedNanoUsd ?? units ?? others) === undefined;
}

function learnedKey({ provider, model, operation }: Exchange): string {
  return `${provider}\n${model}\n${operation}`;
}

/** What the request says of how it is to be served. */
function asked({ parameters }: Exchange): Served {
  const named = (field: string): string | undefined => {
    const value = parameters[field];
    return typeof value === 'string' ? value : undefined;
  };
  return told({ serviceTier: named('service_tier'), speed: named('speed'), region: named('inference_geo') });
}

function regionOf({ upstream }: Exchange): string | undefined {
  return upstream === undefined ? undefined : hostRegion(upstream);
}

/** A request with more text than this is scanned in part: agents send their whole history with each call. */
const SCANNED_WHOLE_CHARS = 32_768;
/** One block is scanned out of each stretch, from a place that a text cannot be made for. */
const BLOCK_CHARS = 256;
const STRETCH_CHARS = 2_048;

function scan({ texts: slots }: Exchange): number {
  const characters = slots.reduce((sum, slot) => sum + slot.read().length, 0);
  const mostWhole = characters > SCANNED_WHOLE_CHARS ? STRETCH_CHARS : Infinity;
  return slots.reduce((sum, slot) => sum + tokensOf(slot, mostWhole), 0);
}

function tokensOf(slot: TextSlot, mostWhole: number): number {
  const text = slot.read();
  if (text.length > mostWhole) return sampledTokens(text);
  return slot.fact ? slot.fact(estimateTokens) : estimateTokens(text);
}

function sampledTokens(text: string): number {
  let tokens = 0;
  let scanned = 0;
  for (let at = Math.floor(Math.random() * (STRETCH_CHARS - BLOCK_CHARS)); at < text.length; at += STRETCH_CHARS) {
    const end = Math.min(at + BLOCK_CHARS, text.length);
    tokens += estimateRange(text, at, end);
    scanned += end - at;
  }
  return Math.ceil((tokens * text.length) / scanned);
}
