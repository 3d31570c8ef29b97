/**
 * What answers of a model were like: how long, and how many tokens were billed for text of which only the form was counted. In
 * memory and bounded. Knows no texts and no prices.
 */
import { RecentNumbers } from './recent-numbers.ts';

export interface EndedAnswer {
  /** All that was billed as output. */
  readonly outputTokens: number;
  /** What was counted while it was streamed; 0 when it came whole. */
  readonly countedTokens: number;
  /** Part of `outputTokens` that does not stand in the answer, where the provider tells. */
  readonly reasoningTokens: number;
}

interface Answers {
  /** Of billed to counted tokens: mean and mean deviation (Jacobson 1988). */
  ratio: number;
  deviation: number;
  readonly outputs: RecentNumbers;
  /** Billed beyond what the ratio explains. */
  readonly hidden: RecentNumbers;
  /** The longest lately; it shrinks slowly. */
  peak: number;
}

/** Models remembered; past it the one that was longest unused is forgotten. */
const MAX_MODELS = 1_000;
/** With fewer answers little can be said of the next. */
const ENOUGH = 20;
/** A peak counts half after 138 shorter answers. */
const PEAK_DECAY = 0.995;
/** A ratio outside of this is not one of tokenizers. */
const MIN_RATIO = 0.2;
const MAX_RATIO = 5;

export class AnswerHistory {
  readonly #models = new Map<string, Answers>();

  get size(): number {
    return this.#models.size;
  }

  /** Tokens that `countedTokens` of streamed text stand for: probably, and rarely more than. */
  passed(key: string, countedTokens: number): { likely: number; safe: number } {
    const { ratio = 1, deviation = 0, hidden } = this.#models.get(key) ?? {};
    return {
      likely: countedTokens * ratio,
      safe: countedTokens * (ratio + 4 * deviation) + (hidden?.quantile(0.95) ?? 0),
    };
  }

  /** Half of the answers are shorter; 0 while too little is known. */
  typical(key: string): number {
    return this.#known(key)?.outputs.quantile(0.5) ?? 0;
  }

  /** Hardly any answer is longer; `undefined` while too little is known. */
  longest(key: string): number | undefined {
    const answers = this.#known(key);
    return answers && Math.ceil(answers.peak);
  }

  #known(key: string): Answers | undefined {
    const answers = this.#models.get(key);
    return answers && answers.outputs.size >= ENOUGH ? answers : undefined;
  }

  learn(key: string, { outputTokens, countedTokens, reasoningTokens }: EndedAnswer): void {
    const answers = this.#take(key);
    answers.outputs.add(outputTokens);
    answers.peak = Math.max(outputTokens, answers.peak * PEAK_DECAY);
    if (countedTokens <= 0) return;
    const shown = Math.max(0, outputTokens - reasoningTokens);
    const ratio = Math.min(MAX_RATIO, Math.max(MIN_RATIO, shown / countedTokens));
    const error = ratio - answers.ratio;
    answers.ratio += error / 8;
    answers.deviation += (Math.abs(error) - answers.deviation) / 4;
    answers.hidden.add(Math.max(0, Math.ceil(outputTokens - countedTokens * answers.ratio)));
  }

  /** The entry, made if need be, as the one that was used last. */
  #take(key: string): Answers {
    const start = { ratio: 1, deviation: 0, peak: 0 };
    const answers = this.#models.get(key) ?? { ...start, outputs: new RecentNumbers(), hidden: new RecentNumbers() };
    this.#models.delete(key);
    this.#models.set(key, answers);
    for (const oldest of this.#models.keys()) {
      if (this.#models.size <= MAX_MODELS) break;
      this.#models.delete(oldest);
    }
    return answers;
  }
}
