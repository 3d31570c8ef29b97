/**
 * What a detector is: one family of values, how to rule a text out cheaply, and how to find them in a short window of text.
 * A detector knows nothing of streams, placeholders or policies.
 */
import { MAX_PARTIAL_CHARS } from './fold.ts';
import type { SearchWindow } from './search-window.ts';

/** No closed value is longer. */
export const MAX_MATCH_CHARS = 128;
/** The most text that is held back on a stream at a time. */
export const HELD_CHARS = 256;
/** The most text that is looked at at a time: what is held, without an escape that may be unfinished behind it. */
export const WINDOW_CHARS = HELD_CHARS - MAX_PARTIAL_CHARS;
/** How far a detector may look left of what it may report: for boundaries and for context words. */
export const LEFT_CONTEXT_CHARS = 64;
/** A candidate below this score is dropped unless its context raises it. */
export const ACCEPT_SCORE = 0.5;
/** What a key such as `order_id` does not veto: forms that nothing else has. */
export const CERTAIN_SCORE = 0.8;
/** What a context word or key adds; Presidio's figure (lemma_context_aware_enhancer.py). */
export const CONTEXT_RAISE = 0.35;

/** Words (in the 64 characters before) and keys (lower-case, `_` between words) that raise a candidate's score. */
export interface ValueContext {
  readonly words: Pick<RegExp, 'test'>;
  readonly keys: Pick<RegExp, 'test'>;
}

export interface Candidate<Entity extends string = string> {
  /** UTF-16 offsets in the window. */
  readonly start: number;
  readonly end: number;
  readonly type: Entity;
  /** 0 to 1: how sure the form alone makes it, before context. */
  readonly score: number;
  /** In place of the detector's, for detectors of many entities. */
  readonly context?: ValueContext | undefined;
  /** For an encoded value: what it says; `null` when it says more than the value. Default: the text itself. */
  readonly plain?: string | null | undefined;
}

/** Keywords of which one must stand in a piece of text, or before it. Case and accents are ignored. */
export interface Keywords {
  readonly words: readonly string[];
  /** Words by themselves, not as parts of others. `passportNo` is two. */
  readonly whole?: boolean | undefined;
  /** How many characters behind a keyword a value may begin; 0 when the keyword stands in it. */
  readonly reach: number;
}

/** What a segment must hold for a detector to look at it: all that is given. A cheap no; the detector itself says yes. */
export interface Gate {
  /** Character kinds (characters.ts), each of which occurs. */
  readonly kinds?: number | undefined;
  /** ASCII digits at least. */
  readonly digits?: number | undefined;
  /** Characters at least. */
  readonly length?: number | undefined;
  /** Compared by identity: share one object where two gates have the same keywords. */
  readonly near?: Keywords | undefined;
}

/** Reads a value that spans lines (a PEM block) character by character, once its header has been seen. */
export interface BlockReader {
  /** Until a value is certain no more than `WINDOW_CHARS` may be read. `more`: go on. `whole`: this character ends the block. `stop`: the block ended before this character. */
  step(code: number): 'more' | 'whole' | 'stop';
  /** Length of the value from the header's start when reading ended; 0 when it was no value after all. */
  length(): number;
}

export interface Block {
  /** A header that has been read up to and including a word's last letter, so that the space after it joins. */
  readonly unfinished: RegExp;
  /** A whole header at the end of the text; ends in `-----$`. */
  readonly header: RegExp;
  open(headerLength: number): BlockReader;
}

/** Where a value of several words may begin: behind which word, in front of which character. All that is given must hold. */
export interface PhraseOpening {
  /** Character kinds (characters.ts), each of which occurs in the word. */
  readonly kinds?: number | undefined;
  /** Kinds of the character behind the space, one of which it must have. */
  readonly next: number;
  /** Keywords of which one stands in the word, or before it. */
  readonly near?: Keywords | undefined;
}

/** Values of several words: tells the segmenter where a space or separator belongs to one. */
export interface Phrase {
  /** Words behind which one may begin. Every other space is passed without asking. */
  readonly opens: readonly PhraseOpening[];
  /**
   * Asked in front of each space or separator, which is `text[at]`: the kinds of characters (characters.ts) of which one must
   * follow for the value to go on, or 0. `word` is where the last word began (`at` behind another separator), `from` where the
   * phrase began: -1 when none is open. May look at 64 characters before the phrase, and at nothing behind `at`.
   */
  joins(text: string, from: number, word: number, at: number): number;
}

export interface Detector<Entity extends string = string> {
  readonly name: string;
  readonly group: 'pii' | 'secrets';
  readonly entities: readonly Entity[];
  /** Languages (`en`, `de`) without which it is of no use. Default: it serves all. */
  readonly languages?: readonly string[] | undefined;
  /** It looks at segments that open one of them. */
  readonly gates: readonly Gate[];
  readonly context?: ValueContext | undefined;
  /**
   * For values longer than `MAX_MATCH_CHARS`: which characters go on with a value whose beginning is certain. Such a value
   * is swallowed to its end.
   */
  readonly continues?: ((code: number) => boolean) | undefined;
  readonly block?: Block | undefined;
  readonly phrase?: Phrase | undefined;
  /** One form for all spellings of a value. Default: the value itself. */
  readonly normalise?: ((value: string) => string) | undefined;
  /**
   * Candidates that start at `from` or later. What stands before `from` (at most 64 characters) may be looked at only.
   * Time must be linear in the window: bounded quantifiers, guarded starts. `window` has what detectors share of it; a detector of many
   * entities asks it for the key of the text, so as not to report every value once for each of them.
   */
  find(text: string, from: number, window: SearchWindow): readonly Candidate<Entity>[];
}

/** Keeps a detector's entity names as literal types. */
export function defineDetector<const Entity extends string>(detector: Detector<Entity>): Detector<Entity> {
  return detector;
}

/** Candidates from the matches of a global pattern. A score of 0 drops one. */
export function candidates<const Entity extends string>(
  pattern: RegExp,
  text: string,
  from: number,
  type: Entity,
  score: number | ((match: string) => number),
): Candidate<Entity>[] {
  const found: Candidate<Entity>[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const value = match[0];
    const points = typeof score === 'number' ? score : score(value);
    if (points > 0) found.push({ start: match.index, end: match.index + value.length, type, score: points });
  }
  return found;
}

/** The digits of a value: how cards, phones and the like are compared. */
export function digitsOf(value: string): string {
  return value.replace(/\D/g, '');
}
