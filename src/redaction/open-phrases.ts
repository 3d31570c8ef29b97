/** Keeps count of the values of several words that are open in a segment. Knows no phrase of its own. */
import { kindOf, SPACE } from './characters.ts';
import type { KeywordWatch, Prefilter } from './prefilter.ts';
import { mayJoin } from './segment-rules.ts';

/** A space or separator, `text[at]`, and the word before it. */
export interface Gap {
  readonly text: string;
  /** Offset of `text` in the whole. */
  readonly base: number;
  /** Where the segment begins, and its last word. */
  readonly start: number;
  readonly word: number;
  readonly at: number;
  /** Of the segment. */
  readonly kinds: number;
}

const ANY = 0xffff;

export class OpenPhrases {
  private readonly prefilter: Prefilter;
  private readonly watch: KeywordWatch;
  /** Where each kind of phrase began; one that began before the segment is over. */
  private readonly starts: number[];

  constructor(prefilter: Prefilter, watch: KeywordWatch) {
    this.prefilter = prefilter;
    this.watch = watch;
    this.starts = prefilter.phrases.map(() => -1);
  }

  /** The text before was dropped: all places are so much less. */
  forget(characters: number): void {
    for (let index = 0; index < this.starts.length; index++) this.starts[index]! -= characters;
  }

  /** The kinds of characters with which a phrase goes on behind the gap; beside a number that goes on with `joined`. */
  joining(gap: Gap, joined: number): number {
    const { text, start, word, at } = gap;
    const { phrases } = this.prefilter;
    const next = at + 1 < text.length ? kindOf(text.charCodeAt(at + 1)) : ANY;
    let joining = 0;
    for (let index = 0; index < phrases.length; index++) {
      const from = this.starts[index]!;
      const isOpen = from >= start;
      const openable = isOpen ? ANY : this.openable(index, gap);
      if (openable === 0 || ((openable | joined) & next) === 0) continue;
      const kinds = phrases[index]!.joins(text, isOpen ? from : -1, word, at) & openable;
      joining |= kinds;
      if (kinds === 0) this.starts[index] = -1;
      else if (!isOpen) this.starts[index] = word;
    }
    return joining;
  }

  /** The kinds with which a phrase may go on that the word before the gap begins. */
  private openable(phrase: number, { text, base, word, at, kinds }: Gap): number {
    const code = text.charCodeAt(at);
    if ((kindOf(code) & SPACE) === 0) return mayJoin(code, kinds, at - word) ? ANY : 0;
    if (this.watch.pending <= base + at) this.watch.pass(base + at, text, base);
    return this.prefilter.nextIn(phrase, kinds, this.watch, base + word);
  }
}
