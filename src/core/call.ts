/** A call that the pipeline has opened, as the doors see it: what to set and filter, what to tell of its answer, and its one end. */
import type { GatewayError } from '../errors.ts';
import type { Exchange, Outcome } from './exchange.ts';
import type { AnswerHeaders } from './meter.ts';
import type { RequestSettings } from './policy.ts';
import type { AnswerFilter, Pending, TextSlot } from './text.ts';

/** What the caller may know about a call: names and counts, never values. */
export interface CallSummary {
  readonly id: string;
  readonly outcome: Outcome | 'streaming';
  readonly policies: readonly string[];
  /** Redacted values by entity, in request and answer. */
  readonly redactions: Readonly<Record<string, number>>;
  readonly costNanoUsd?: number | undefined;
  /** The output limit that the call got because more was not affordable. */
  readonly clamped?: Exchange['clamped'];
  /** Code of the refusal. */
  readonly reason?: string | undefined;
}

export interface EndOptions {
  readonly error?: unknown;
  /** The provider cannot have charged: it was never reached, or refused. */
  readonly free?: boolean | undefined;
  /** The provider goes on to the end of its answer though nobody reads it, and charges that. */
  readonly full?: boolean | undefined;
  /** The provider itself said that its answer ended so. */
  readonly told?: boolean | undefined;
}

/** A call that was let through. */
export interface Call {
  readonly exchange: Exchange;
  /** Request fields to set before it leaves. */
  readonly settings: RequestSettings;
  /** Whether the answer's texts are to go through filters. */
  readonly filtering: boolean;
  /** Whether a policy looks at them: an answer that cannot be read may not pass. */
  readonly guarding: boolean;
  /** A fresh filter for one text of the answer, whole (the default) or `streamed`. */
  filter(text: AnswerText, streamed?: boolean): CallFilter;
  /** Takes a whole answer with its headers, for the usage in it; the last one that tells some counts. */
  learnUsage(answer: unknown, headers?: AnswerHeaders): void;
  /** Takes an event of a streamed answer in which usage stands. */
  learnEvent(event: unknown, headers?: AnswerHeaders): void;
  /** Counts answer text as it passes, for calls whose usage is never told. */
  count(text: string): void;
  /**
   * Whether the answer may go on, for whoever streams it, after each piece: there is nothing to wait for while the money that is
   * held suffices. Else a refusal, which the stream is to be ended with; the call is to be ended `blocked`.
   */
  pace(): Pending<GatewayError | undefined>;
  /** Ends the call. The first outcome counts; later calls wait for the same end. */
  end(outcome: Outcome, options?: EndOptions): Promise<void>;
  summary(): CallSummary;
}

export interface AnswerText extends Pick<TextSlot, 'scope' | 'kind' | 'path' | 'encoding'> {
  /** It passed before, in pieces: what is found in it was told of then. */
  readonly repeats?: boolean | undefined;
}

export interface CallFilter extends AnswerFilter {
  /** False when the text that went in came out the same, though perhaps spelled differently (JSON escapes). Known when it has ended. */
  readonly changed?: boolean;
}

export type Opened =
  | { readonly call: Call; readonly refusal?: undefined }
  | { readonly refusal: GatewayError; readonly call: Call };
