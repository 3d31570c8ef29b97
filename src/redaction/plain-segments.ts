/**
 * Passes the segments of a text whose end is plain from the characters beside it: nearly all of a text is read here. What needs a
 * closer look (labels, values of several words, blocks, escaped placeholders) is left to the scanner, which cuts by the same rules.
 */
import { COLON, CUT_AFTER, CUT_BEFORE, DASH, DIGIT, isDigit, KINDS, kindOf, SPACE, UPPER } from './characters.ts';
import { WINDOW_CHARS } from './detector.ts';
import type { Label } from './labels.ts';
import { labelBefore, mayBeLabelled } from './labels.ts';
import type { KeywordWatch, Prefilter } from './prefilter.ts';
import {
  ENDS,
  GAPS,
  isApostrophe,
  isInWord,
  isPlainCut,
  mayFollowLabel,
  mayJoin,
  NO_WORD,
  NUMBER_GOES_ON,
} from './segment-rules.ts';
import { reported, type ScannerMatch, type SegmentSearch } from './segment-search.ts';

export interface PlainOptions {
  /** A key names the text. */
  readonly isKeyed: boolean;
  readonly report: (match: ScannerMatch) => void;
}

/** No value begins with it, nor with a control character. */
const BLANK = 0x20;
const LESS_THAN = 0x3c;

export class PlainSegments {
  private readonly prefilter: Prefilter;
  private readonly watch: KeywordWatch;
  private readonly searcher: SegmentSearch;
  private readonly options: PlainOptions;
  /** The last label that was found, and where in the whole text its value begins. */
  private label: Label | undefined;
  private labelled = -1;

  constructor(prefilter: Prefilter, watch: KeywordWatch, searcher: SegmentSearch, options: PlainOptions) {
    this.prefilter = prefilter;
    this.watch = watch;
    this.searcher = searcher;
    this.options = options;
  }

  /**
   * From the beginning of a segment: passes segments for as long as it is plain where they end, and searches those that may hold
   * something. Returns where the first one begins that must be read closely. The loop calls nothing for a word that is just a word.
   */
  pass(text: string, base: number, from: number): number {
    const { watch } = this;
    const { shortest, shortestNear, next, nextNear } = this.prefilter;
    // Whether a segment is over is known from the character behind it.
    const last = text.length - 1;
    let start = from;
    while (start < last) {
      if (watch.pending <= base + start) watch.pass(base + start, text, base);
      let code = text.charCodeAt(start);
      if (
        base + start <= watch.labelsUntil &&
        (base + start === 0 || (code > BLANK && mayBeLabelled(text, start))) &&
        this.opensValue(text, base, start)
      )
        break;
      let kind = KINDS[code]!;
      let kinds = kind & CUT_BEFORE;
      let at = kinds === 0 ? start : start + 1;
      const limit = Math.min(last, start + WINDOW_CHARS);
      for (; at < limit; at++) {
        code = text.charCodeAt(at);
        kind = KINDS[code]!;
        if ((kind & ENDS) !== 0) break;
        kinds |= kind;
      }
      if (at >= limit) break;
      if ((kind & GAPS) !== 0) {
        const isNear = watch.nearUntil > base + start;
        const isWord =
          (kinds & NO_WORD) === 0 &&
          watch.pending > base + at &&
          at - start < (isNear ? shortestNear : shortest)[kinds]! &&
          ((kind & SPACE) === 0
            ? at - start > 1 || !isApostrophe(code)
            : ((isNear ? nextNear : next)[kinds]! & KINDS[text.charCodeAt(at + 1)]!) === 0);
        if (isWord || at === start) {
          start = at + 1;
          continue;
        }
      }
      const behind = this.passSegment(text, base, start, at, kinds);
      if (behind < 0) break;
      start = behind;
    }
    return start;
  }

  /** Whether a labelled value begins here, or a text whose key is a label. */
  private opensValue(text: string, base: number, start: number): boolean {
    return base + start === 0 ? this.options.isKeyed : this.labelAt(text, base, start) !== undefined;
  }

  /** The label of the value that would begin at `start` in a text that stands at `base` in the whole. */
  labelAt(text: string, base: number, start: number): Label | undefined {
    const { watch } = this;
    if (this.labelled === base + start) return this.label;
    if (watch.pending <= base + start) watch.pass(base + start, text, base);
    if (base + start > watch.labelsUntil) return undefined;
    const code = text.charCodeAt(start);
    if (code <= BLANK || code === 0x22 || code === 0x27 || code === 0x60 || code === LESS_THAN) return undefined;
    if (!mayFollowLabel(text.charCodeAt(start - 1))) return undefined;
    const label = labelBefore(text, start);
    if (label !== undefined) {
      this.label = label;
      this.labelled = base + start;
    }
    return label;
  }

  /** Searches the segment up to `at` if it may hold something; returns where the next one begins, or -1 when it does not end plainly. */
  private passSegment(text: string, base: number, start: number, at: number, kinds: number): number {
    const { watch } = this;
    const code = text.charCodeAt(at);
    const kind = kindOf(code);
    const keywords = watch.pending <= base + at ? watch.pass(base + at, text, base) : 0;
    if ((kind & GAPS) !== 0) {
      if (!this.isPlainGap(text, base, start, at, kinds, keywords)) return -1;
      this.search(text, base, start, at, kinds, keywords);
      return at + 1;
    }
    const all = kinds | (kind & CUT_AFTER);
    if (!isPlainCut(code, kind, all)) return -1;
    const end = (kind & CUT_AFTER) !== 0 ? at + 1 : at;
    this.search(text, base, start, end, all, keywords);
    return end;
  }

  private search(text: string, base: number, start: number, end: number, kinds: number, keywords: number): void {
    const { prefilter, watch } = this;
    const isNear = watch.nearUntil > base + start;
    if ((keywords & prefilter.inside) === 0 && end - start < prefilter.shortestOf(kinds, isNear)) return;
    let digits = 0;
    if ((kinds & DIGIT) !== 0) for (let at = start; at < end; at++) if (isDigit(text.charCodeAt(at))) digits++;
    for (const match of this.searcher.find(text, base, { start, kinds, digits }, end, end)) {
      this.options.report(reported(text, base, match.start, match.end, match));
    }
  }

  /** Whether a space or separator behind a word of these kinds ends a segment, whatever its detectors say of it. */
  private isPlainGap(text: string, base: number, start: number, at: number, kinds: number, keywords: number): boolean {
    const code = text.charCodeAt(at);
    if ((kindOf(code) & SPACE) === 0) {
      if ((kinds & COLON) !== 0 && isInWord(code)) return false;
      return !mayJoin(code, kinds, at - start);
    }
    if ((keywords & this.prefilter.openers) !== 0) return false;
    const next = kindOf(text.charCodeAt(at + 1));
    if ((kinds & DIGIT) !== 0 && (next & NUMBER_GOES_ON) !== 0) return false;
    if ((kinds & DASH) !== 0 && (kindOf(text.charCodeAt(at - 1)) & (UPPER | DIGIT)) !== 0) return false;
    return (this.prefilter.nextOf(kinds, this.watch.nearUntil > base + start) & next) === 0;
  }
}
