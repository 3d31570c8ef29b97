/** What the pipeline asks about tokens and money; the answers are joined in from the spend folder. */
import type { Cost, Exchange, Usage } from './exchange.ts';

/** The headers of an answer, by lower-case names: the platform's, or a door's own. */
export type AnswerHeaders = Pick<Headers, 'get'>;

/** Turns the tokens of a call into money. */
export interface Meter {
  /** The most the call can cost; `undefined` when its model has no price. */
  bound(exchange: Exchange): Cost | undefined;
  /** What it did cost by its usage; `undefined` when there is none to price. */
  cost(exchange: Exchange): Cost | undefined;
  /** Reads the usage out of a whole answer, or out of what `fold` made of events, and a cost that headers tell; `undefined` when there is none. */
  usage(exchange: Exchange, answer: unknown, headers?: AnswerHeaders): Usage | undefined;
  /** The answer as far as the events of a stream told it, for `usage`: some APIs spread it over several. */
  fold(dialect: string, known: unknown, event: unknown): unknown;
  estimateTokens(text: string): number;
  readonly defaultMaxOutputTokens: number;
}

/** Tokens that a call will probably take. */
export interface ExpectedTokens {
  /** What a scan of the request's texts said, uncorrected. */
  readonly scannedTokens: number;
  readonly inputTokens: number;
  /** Of all choices together. */
  readonly outputTokens: number;
}

/** What a call will probably take, and cost. */
export interface CallEstimate extends ExpectedTokens {
  readonly cost: Cost;
}

/** Tokens behind text of which only the form was counted. */
export interface PassedTokens {
  readonly likely: number;
  /** Rarely exceeded, with what does not show (reasoning that is billed and not sent). */
  readonly safe: number;
}

/** A meter that learns from the calls that end, and holds money for those that begin. */
export interface CallMeter extends Meter {
  /** The tokens of `estimate`, also of a model without a price. */
  expected(exchange: Exchange): ExpectedTokens;
  /** What to hold at first: input as scanned and corrected, output as calls of the model mostly have. */
  estimate(exchange: Exchange): CallEstimate | undefined;
  /** The most that so many tokens cost in this call. */
  held(exchange: Exchange, inputTokens: number, outputTokens: number): Cost | undefined;
  /** Output tokens that text of an answer stands for, when `estimateTokens` said `countedTokens` of it. */
  passed(exchange: Exchange, countedTokens: number): PassedTokens;
  /** Output tokens of an ordinary call of the model, of all choices together; 0 while that is not known. */
  typicalOutputTokens(exchange: Exchange): number;
  /**
   * What a call took whose answer told nothing of it, by its pieces and how its model is sold; `undefined` for a call without pieces.
   * `seen`: tokens of the texts that went and came.
   */
  untold(exchange: Exchange, seen: { readonly inputTokens: number; readonly outputTokens: number }): Usage | undefined;
  /** Takes what a call that has ended really took. `scannedTokens`: 0 for a call that nobody asked an estimate of. */
  learn(exchange: Exchange, countedTokens: number, scannedTokens: number): void;
}
