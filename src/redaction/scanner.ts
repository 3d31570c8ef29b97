/**
 * Cuts a text into segments and finds the values in each. Where it cuts depends only on the characters before, never on how the
 * text was split into pieces or on what follows: so a stream and the whole text give one result by construction. A segment is
 * about a word, with the spaces inside numbers; it never holds more than `WINDOW_CHARS`.
 */
import {
  COLON,
  CUT_BEFORE,
  DASH,
  DIGIT,
  DIGIT_SHIFT,
  FIRST_UNSPACED,
  kindOf,
  LABELLED,
  SEPARATOR,
  SPACE,
  UPPER,
} from './characters.ts';
import type { Block, Detector } from './detector.ts';
import { LEFT_CONTEXT_CHARS, MAX_MATCH_CHARS, WINDOW_CHARS } from './detector.ts';
import type { KeyContext } from './key-context.ts';
import { opensInline } from './labels.ts';
import { type LongValue, longBlock, longToken } from './long-value.ts';
import type { Match } from './matcher.ts';
import { OpenPhrases } from './open-phrases.ts';
import { PlainSegments } from './plain-segments.ts';
import type { KeywordWatch, Prefilter } from './prefilter.ts';
import {
  AMPERSAND,
  END_OF_LINE,
  END_OF_WORD,
  HTML_OPENED,
  HTML_PLACEHOLDER,
  isInWord,
  NOTHING,
  NUMBER_ENDS,
  NUMBER_GOES_ON,
  NUMBER_SIGN,
  SEMICOLON,
  STOPS,
} from './segment-rules.ts';
import { type Found, reported, type ScannerMatch, SegmentSearch } from './segment-search.ts';

export interface ScannerOptions {
  readonly prefilter: Prefilter;
  /** Values with spaces and line breaks in them. */
  readonly blocks: readonly { readonly detector: Detector; readonly block: Block }[];
  /** A key names the text. */
  readonly isKeyed: boolean;
  readonly key: () => KeyContext;
  readonly report: (match: ScannerMatch) => void;
}

/** How far a full window moves on: all of a value that starts before is in the window. */
const STEP_CHARS = WINDOW_CHARS - MAX_MATCH_CHARS;
const HEADER_LOOK_BACK_CHARS = 72;
const HYPHEN = 0x2d;
const NEW_LINE = 0x0a;

export class Scanner {
  private readonly options: ScannerOptions;
  private readonly watch: KeywordWatch;
  /** Up to 64 characters that are settled, then those that are not. Offsets below are offsets in this text. */
  text = '';
  /** Offset of `text` in the whole text. */
  base = 0;
  /** Where the segment begins, and what is known of it. */
  start = 0;
  at = 0;
  kinds = 0;
  digits = 0;
  /** Behind a gap that was taken into a segment: the kinds that go on with it, else 0; and the segment's kinds without it. */
  private joining = 0;
  private kindsBefore = 0;
  /** What ends the labelled value that the segment is; nothing when it is none. */
  private closing = NOTHING;
  private readonly phrases: OpenPhrases;
  private readonly searcher: SegmentSearch;
  private readonly plain: PlainSegments;
  /** Where the last word of the segment begins. */
  word = 0;
  /** What the segment has turned out to begin. */
  private long: LongValue | undefined;

  constructor(options: ScannerOptions) {
    this.options = options;
    this.watch = options.prefilter.watch(options.isKeyed);
    this.phrases = new OpenPhrases(options.prefilter, this.watch);
    this.searcher = new SegmentSearch(options.prefilter, this.watch, options.key);
    this.plain = new PlainSegments(options.prefilter, this.watch, this.searcher, options);
  }

  /** Up to here, in the whole text, all values have been reported. */
  get settled(): number {
    return this.base + this.start;
  }

  push(piece: string): void {
    this.text = this.text === '' ? piece : this.text + piece;
    this.watch.grow(this.text, this.base);
    this.read();
    this.forget();
  }

  end(): void {
    this.watch.end(this.text, this.base);
    // What a broken-off block leaves is read again as ordinary text, and may hold another one.
    while (this.long !== undefined) {
      this.closeLong(this.long);
      this.read();
    }
    if (this.joining !== 0) this.part();
    else this.finish(this.text.length);
  }

  private read(): void {
    while (this.at < this.text.length) {
      if (this.long !== undefined) this.readLong(this.long);
      else {
        if (this.at === this.start) this.begin(this.plain.pass(this.text, this.base, this.start));
        this.readSegment();
      }
    }
  }

  /** Drops what is settled, but for the left context of what is not. */
  private forget(): void {
    const keep = this.start - LEFT_CONTEXT_CHARS;
    if (keep <= 0) return;
    this.text = this.text.slice(keep);
    this.base += keep;
    this.start -= keep;
    this.at -= keep;
    this.word -= keep;
    this.phrases.forget(keep);
  }

  /** Reads ordinary characters up to the next one that decides something, and decides it. */
  private readSegment(): void {
    if (this.isFull()) {
      this.moveWindow();
      return;
    }
    if (this.joining !== 0) this.join(kindOf(this.text.charCodeAt(this.at)));
    if (this.at === this.start) this.openValue();
    this.skipOrdinary();
    if (this.at === this.text.length || this.isFull()) return;
    const code = this.text.charCodeAt(this.at);
    const kind = kindOf(code);
    if ((kind & DASH) === 0 && this.goesOnInValue(code, kind)) this.takeIn(kind);
    else if ((kind & DASH) === 0 && this.closing !== NOTHING && this.at > this.start) this.finish(this.at);
    else if ((kind & SEPARATOR) !== 0) this.readSeparator();
    else if ((kind & SPACE) !== 0) this.readSpace();
    else if ((kind & DASH) !== 0) this.readDash(code);
    else if ((kind & CUT_BEFORE) !== 0) this.cutBefore(code, kind);
    else this.cutAfter(code, kind);
  }

  /** A segment behind a label (`password: "`) is the whole value, up to its quote or to the word's end. */
  private openValue(): void {
    if (this.base + this.start === 0 && this.options.isKeyed && this.options.key().isLabel) {
      this.closing = END_OF_LINE;
      this.kinds |= LABELLED;
      return;
    }
    const label = this.plain.labelAt(this.text, this.base, this.start);
    if (label === undefined) return;
    this.closing = label.quote === 0 ? END_OF_WORD : label.quote;
    this.kinds |= LABELLED;
  }

  /** Whether a character that would cut belongs to a labelled value. */
  private goesOnInValue(code: number, kind: number): boolean {
    if (this.closing === NOTHING) return (kind & (SEPARATOR | CUT_BEFORE)) !== 0 && this.opensInline(code);
    if (this.closing === END_OF_WORD) return isInWord(code) || ((this.kinds & DASH) !== 0 && this.isUnfinishedHeader());
    return code !== NEW_LINE && code !== this.closing;
  }

  /** `pass:a#b`, `postgres://user:a!b@host`: what is behind the colon goes on to the word's end. */
  private opensInline(code: number): boolean {
    if ((this.kinds & COLON) === 0 || !isInWord(code) || !opensInline(this.lookBack(WINDOW_CHARS))) return false;
    this.closing = END_OF_WORD;
    return true;
  }

  private takeIn(kind: number): void {
    this.kinds |= kind;
    this.at++;
    this.word = this.at;
  }

  private isFull(): boolean {
    return this.at - this.start >= WINDOW_CHARS;
  }

  /** Behind a gap inside a value: either the value goes on, or it ended before the gap. */
  private join(kind: number): void {
    if ((kind & this.joining) === 0) this.part();
    this.joining = 0;
  }

  /** The gap that was taken in belonged to nothing: as if it had not been. The 日 of a date is no gap. */
  private part(): void {
    const { at } = this;
    if (this.text.charCodeAt(at - 1) >= FIRST_UNSPACED) {
      this.finish(at);
      return;
    }
    this.kinds = this.kindsBefore;
    this.finish(at - 1);
    this.begin(at);
  }

  private skipOrdinary(): void {
    const { text } = this;
    const limit = Math.min(text.length, this.start + WINDOW_CHARS);
    let { at, kinds, digits } = this;
    for (; at < limit; at++) {
      const kind = kindOf(text.charCodeAt(at));
      if ((kind & STOPS) !== 0) break;
      kinds |= kind;
      digits += (kind & DIGIT) >>> DIGIT_SHIFT;
    }
    this.at = at;
    this.kinds = kinds;
    this.digits = digits;
  }

  private readSeparator(): void {
    const joining = this.at > this.start ? this.phrases.joining(this, 0) : 0;
    if (joining === 0) this.separate();
    else this.joinBehind(joining, SEPARATOR);
  }

  /** Takes a space or separator into the segment, for as long as one of the given kinds follows. */
  private joinBehind(joining: number, kind: number): void {
    this.kindsBefore = this.kinds;
    this.kinds |= kind;
    this.joining = joining;
    this.at++;
    this.word = this.at;
  }

  private separate(): void {
    this.finish(this.at);
    this.begin(this.at + 1);
  }

  private readSpace(): void {
    let joining = 0;
    if (this.at > this.start) {
      joining = this.joiningAfter(kindOf(this.text.charCodeAt(this.at - 1)));
      joining |= this.phrases.joining(this, joining);
    }
    if (joining === 0) this.separate();
    else this.joinBehind(joining, SPACE);
  }

  /** The kinds of characters that go on with the segment if the next one, a space, is part of it. */
  private joiningAfter(kind: number): number {
    let joining = this.digits > 0 && (kind & NUMBER_ENDS) !== 0 ? NUMBER_GOES_ON : 0;
    if ((kind & (UPPER | DIGIT)) !== 0 && (this.kinds & DASH) !== 0 && this.isUnfinishedHeader())
      joining |= UPPER | DIGIT;
    return joining;
  }

  private isUnfinishedHeader(): boolean {
    const text = this.lookBack(HEADER_LOOK_BACK_CHARS);
    return this.options.blocks.some(({ block }) => block.unfinished.test(text));
  }

  private lookBack(characters: number): string {
    return this.text.slice(Math.max(this.start, this.at - characters), this.at);
  }

  private readDash(code: number): void {
    this.kinds |= DASH;
    this.at++;
    if (code === HYPHEN && (this.kinds & SPACE) !== 0 && this.text.startsWith('-----', this.at - 5)) this.openBlock();
  }

  private openBlock(): void {
    const text = this.lookBack(HEADER_LOOK_BACK_CHARS);
    for (const { detector, block } of this.options.blocks) {
      const header = block.header.exec(text)?.[0].length ?? 0;
      if (header === 0) continue;
      const { at } = this;
      this.finish(at - header);
      this.at = at;
      this.long = longBlock(detector, block, header);
      return;
    }
  }

  private cutBefore(code: number, kind: number): void {
    if (!this.isInHtmlPlaceholder(code)) this.finish(this.at);
    this.kinds |= kind;
    this.at++;
  }

  /** `&lt;NAME_1&gt;` and `&#60;NAME_1&#62;` stay in one piece. */
  private isInHtmlPlaceholder(code: number): boolean {
    if (code === NUMBER_SIGN) return this.at > this.start && this.text.charCodeAt(this.at - 1) === AMPERSAND;
    return code === AMPERSAND && HTML_PLACEHOLDER.test(this.lookBack(WINDOW_CHARS));
  }

  private cutAfter(code: number, kind: number): void {
    this.kinds |= kind;
    this.at++;
    if (code !== SEMICOLON || !HTML_OPENED.test(this.lookBack(WINDOW_CHARS))) this.finish(this.at);
  }

  /** Searches the segment that ends here and begins the next one. */
  private finish(end: number): void {
    for (const match of this.find(end, end)) this.found(match.start, match.end, match);
    this.begin(end);
  }

  private begin(start: number): void {
    this.start = start;
    this.at = start;
    this.word = start;
    this.kinds = 0;
    this.digits = 0;
    this.joining = 0;
    this.closing = NOTHING;
  }

  /**
   * The segment is as long as the window. All values that start in its first part are known; they are rewritten, and the rest
   * stays. A value that may go on past the window is swallowed to its end.
   */
  private moveWindow(): void {
    let next = this.start + STEP_CHARS;
    for (const match of this.find(this.at, next)) {
      if (this.goesOn(match)) {
        this.start = match.start;
        this.long = longToken(match);
        return;
      }
      this.found(match.start, match.end, match);
      next = Math.max(next, match.end);
    }
    this.start = next;
    this.word = Math.max(this.word, next);
  }

  private find(end: number, until: number): readonly Match[] {
    return this.searcher.find(this.text, this.base, this, end, until);
  }

  /** Whether nothing but characters of the value stands between its end and the window's. */
  private goesOn(match: Match): boolean {
    const { continues } = match.detector;
    if (continues === undefined) return false;
    for (let at = match.end; at < this.at; at++) if (!continues(this.text.charCodeAt(at))) return false;
    return true;
  }

  private found(start: number, end: number, found: Found): void {
    this.options.report(reported(this.text, this.base, start, end, found));
  }

  private readLong(value: LongValue): void {
    const { text } = this;
    for (; this.at < text.length; this.at++) {
      const verdict = value.step(text.charCodeAt(this.at), this.at - this.start);
      if (verdict === 'more') continue;
      if (verdict === 'cut') {
        this.found(this.start, this.at, value);
        this.start = this.at;
        continue;
      }
      if (verdict === 'whole') this.at++;
      this.closeLong(value);
      return;
    }
  }

  /** Reports the value that was read; what turned out not to be part of it is read again as ordinary text. */
  private closeLong(value: LongValue): void {
    const { start } = this;
    this.long = undefined;
    const length = value.lengthOf(this.text.slice(start, this.at));
    if (length > 0) this.found(start, start + length, value);
    this.begin(start + (length > 0 ? length : value.header));
  }
}
