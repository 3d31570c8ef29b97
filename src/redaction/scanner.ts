/**
 * Cuts a text into segments and finds the values in each. Where it cuts depends only on the characters before, never on how the
 * text was split into pieces or on what follows: so a stream and the whole text give one result by construction. A segment is
 * about a word, with the spaces inside numbers; it never holds more than 256 characters. Most segments are passed in one loop,
 * because their characters alone say that no detector would look at them.
 */
import {
  CLOSE_PAREN,
  COLON,
  CUT_AFTER,
  CUT_BEFORE,
  DASH,
  DIGIT,
  DIGIT_SHIFT,
  DOT,
  isDigit,
  KINDS,
  kindOf,
  LABELLED,
  OPEN_PAREN,
  SEPARATOR,
  SPACE,
  UPPER,
} from './characters.ts';
import type { Block, BlockReader, Detector } from './detector.ts';
import { LEFT_CONTEXT_CHARS, WINDOW_CHARS } from './detector.ts';
import type { KeyContext } from './key-context.ts';
import type { Label } from './labels.ts';
import { labelBefore, opensInline } from './labels.ts';
import { type Match, matchesIn } from './matcher.ts';
import type { KeywordWatch, Prefilter } from './prefilter.ts';

/** A value in the text that passes; offsets in the whole text. */
export interface ScannerMatch {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  readonly score: number;
  readonly value: string;
  /** For an encoded value: what it says; `null` when it says more than the value. */
  readonly plain?: string | null | undefined;
}

export interface ScannerOptions {
  readonly prefilter: Prefilter;
  /** Values with spaces and line breaks in them. */
  readonly blocks: readonly { readonly detector: Detector; readonly block: Block }[];
  /** A key names the text. */
  readonly isKeyed: boolean;
  readonly key: () => KeyContext;
  readonly report: (match: ScannerMatch) => void;
}

/** What is kept when a full window moves on: the second half, in which nothing has been reported yet. */
const HALF_WINDOW_CHARS = WINDOW_CHARS / 2;
/** A run that goes on is cut into values of this length. */
const MAX_RUN_CHARS = 16_384;
const HEADER_LOOK_BACK_CHARS = 72;

/** What ends the fast run over ordinary characters. */
const STOPS = SEPARATOR | SPACE | CUT_BEFORE | CUT_AFTER | DASH;
/** The same without dashes, which end no segment. */
const ENDS = SEPARATOR | SPACE | CUT_BEFORE | CUT_AFTER;
/** What parts two segments and belongs to neither. */
const GAPS = SEPARATOR | SPACE;
/** A word with one of these is looked at more closely. */
const NO_WORD = DIGIT | DASH | COLON | CUT_BEFORE;
const NUMBER_ENDS = DIGIT | CLOSE_PAREN | DASH | DOT;
const NUMBER_GOES_ON = DIGIT | OPEN_PAREN | DASH;

/** `&lt;`, and what follows it in the HTML form of a placeholder. */
const HTML_OPENED = /^&(?:lt|#60|#x3c);$/i;
const HTML_PLACEHOLDER = /^&(?:lt|#60|#x3c);[A-Za-z0-9_]{3,48}$/i;
const SEMICOLON = 0x3b;
const AMPERSAND = 0x26;
const NUMBER_SIGN = 0x23;
const HYPHEN = 0x2d;
const NEW_LINE = 0x0a;
const COMMA = 0x2c;
/** What stands at the end of a labelled value: its closing quote, or one of these. */
const NOTHING = 0;
const END_OF_WORD = 1;
const END_OF_LINE = 2;
/** Separators that a value without quotes may have in it: all but blanks, quotes and commas. */
const IN_WORDS = '{}[]!?*^$#';

const LESS_THAN = 0x3c;

/** Separators that may stand inside of a value of several words: "12, rue", "1980年3月", "O'Brien". */
function mayJoin(code: number, kinds: number, length: number): boolean {
  if ((kinds & DIGIT) !== 0) return code === COMMA || code >= 0x3000;
  return length === 1 && isApostrophe(code);
}

function isApostrophe(code: number): boolean {
  return code === 0x27 || code === 0x2019;
}

function isInWord(code: number): boolean {
  return code === 0x3d || code === 0x3e || IN_WORDS.includes(String.fromCharCode(code));
}

/** Blanks, quotes, operators and scripts without spaces; a cheap look before the close one. */
function mayFollowLabel(code: number): boolean {
  return (
    code <= 0x20 ||
    code === 0x22 ||
    code === 0x27 ||
    code === 0x60 ||
    code === 0x3d ||
    code === 0x3e ||
    code === 0x24 ||
    code === 0xa0 ||
    code >= 0x3000
  );
}

type Mode =
  | { readonly name: 'segment' }
  | { readonly name: 'block'; readonly reader: BlockReader; readonly headerEnd: number; readonly detector: Detector }
  | { readonly name: 'run'; readonly match: Match };

const SEGMENT: Mode = { name: 'segment' };
const ANY = 0xffff;
const NO_MATCHES: readonly Match[] = [];

/** Whether a character that cuts does so whatever stands before it: it is no part of an escaped placeholder or an inline secret. */
function isPlainCut(code: number, kind: number, kinds: number): boolean {
  if ((kinds & CUT_BEFORE) !== 0 && (code === SEMICOLON || code === AMPERSAND || code === NUMBER_SIGN)) return false;
  return (kind & CUT_BEFORE) === 0 || (kinds & COLON) === 0 || !isInWord(code);
}

export class Scanner {
  private readonly options: ScannerOptions;
  private readonly prefilter: Prefilter;
  private readonly watch: KeywordWatch;
  /** Up to 64 characters that are settled, then those that are not. Offsets below are offsets in this text. */
  private text = '';
  /** Offset of `text` in the whole text. */
  private base = 0;
  /** Where the segment begins, and what is known of it. */
  private start = 0;
  private at = 0;
  private kinds = 0;
  private digits = 0;
  /** After a space inside a segment: the kinds that go on with it; else 0. */
  private joining = 0;
  /** What ends the labelled value that the segment is; nothing when it is none. */
  private closing = NOTHING;
  /** Where each kind of phrase began; one that began before the segment is over. */
  private readonly phraseStarts: number[];
  /** Where the last word of the segment begins. */
  private word = 0;
  private mode: Mode = SEGMENT;

  constructor(options: ScannerOptions) {
    this.options = options;
    this.prefilter = options.prefilter;
    this.watch = options.prefilter.watch(options.isKeyed);
    this.phraseStarts = options.prefilter.phrases.map(() => -1);
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
    // What a broken-off block leaves is read again as ordinary text, and may hold another one.
    while (this.mode !== SEGMENT) {
      this.closeMode();
      this.read();
    }
    this.finish(this.text.length);
  }

  private read(): void {
    while (this.at < this.text.length) {
      if (this.mode !== SEGMENT) this.readMode();
      else {
        if (this.at === this.start) this.passPlain();
        this.readSegment();
      }
    }
    if (this.mode === SEGMENT && this.isFull()) this.moveWindow();
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
    for (let index = 0; index < this.phraseStarts.length; index++) this.phraseStarts[index]! -= keep;
  }

  /**
   * At the beginning of a segment: passes segments for as long as it is plain where they end, and searches those that may hold
   * something. Nearly all of a text is read here: the loop calls nothing for a word that is just a word.
   */
  private passPlain(): void {
    const { text, base, watch } = this;
    const { shortest, shortestNear, next, nextNear } = this.prefilter;
    // Whether a segment is over is known from the character behind it.
    const last = text.length - 1;
    let start = this.start;
    while (start < last) {
      if (watch.pending <= base + start) watch.pass(base + start, text, base);
      if (base + start <= watch.labelsUntil && this.opensValue(start)) break;
      let code = text.charCodeAt(start);
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
      const behind = this.passSegment(start, at, kinds);
      if (behind < 0) break;
      start = behind;
    }
    if (start > this.start) this.begin(start);
  }

  /** Whether a labelled value begins here, or a text whose key is a label. */
  private opensValue(start: number): boolean {
    return this.base + start === 0 ? this.options.isKeyed : this.labelAt(start) !== undefined;
  }

  /** Searches the segment up to `at` if it may hold something; returns where the next one begins, or -1 when it does not end plainly. */
  private passSegment(start: number, at: number, kinds: number): number {
    const { watch, base, text } = this;
    const code = text.charCodeAt(at);
    const kind = kindOf(code);
    const keywords = watch.pending <= base + at ? watch.pass(base + at, text, base) : 0;
    if ((kind & GAPS) !== 0) {
      if (!this.isPlainGap(start, at, kinds, keywords)) return -1;
      this.search(start, at, kinds, keywords);
      return at + 1;
    }
    const all = kinds | (kind & CUT_AFTER);
    if (!isPlainCut(code, kind, all)) return -1;
    const end = (kind & CUT_AFTER) !== 0 ? at + 1 : at;
    this.search(start, end, all, keywords);
    return end;
  }

  private search(start: number, end: number, kinds: number, keywords: number): void {
    const { prefilter, watch, text } = this;
    const isNear = watch.nearUntil > this.base + start;
    if ((keywords & prefilter.inside) === 0 && end - start < prefilter.shortestOf(kinds, isNear)) return;
    this.start = start;
    this.kinds = kinds;
    this.digits = 0;
    if ((kinds & DIGIT) !== 0) for (let at = start; at < end; at++) if (isDigit(text.charCodeAt(at))) this.digits++;
    for (const match of this.find(end, end)) this.found(match.start, match.end, match);
  }

  /** Whether a space or separator behind a word of these kinds ends a segment, whatever its detectors say of it. */
  private isPlainGap(start: number, at: number, kinds: number, keywords: number): boolean {
    const { text } = this;
    const code = text.charCodeAt(at);
    if ((kindOf(code) & SPACE) === 0) {
      if ((kinds & COLON) !== 0 && isInWord(code)) return false;
      return !mayJoin(code, kinds, at - start);
    }
    if ((keywords & this.prefilter.openers) !== 0) return false;
    const next = kindOf(text.charCodeAt(at + 1));
    if ((kinds & DIGIT) !== 0 && (next & NUMBER_GOES_ON) !== 0) return false;
    if ((kinds & DASH) !== 0 && (kindOf(text.charCodeAt(at - 1)) & (UPPER | DIGIT)) !== 0) return false;
    return (this.prefilter.nextOf(kinds, this.watch.nearUntil > this.base + start) & next) === 0;
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
    const label = this.labelAt(this.start);
    if (label === undefined) return;
    this.closing = label.quote === 0 ? END_OF_WORD : label.quote;
    this.kinds |= LABELLED;
  }

  /** The label of the value that would begin here. */
  private labelAt(start: number): Label | undefined {
    const { watch, base, text } = this;
    if (watch.pending <= base + start) watch.pass(base + start, text, base);
    if (base + start > watch.labelsUntil) return undefined;
    const code = text.charCodeAt(start);
    if (code <= 0x20 || code === 0x22 || code === 0x27 || code === 0x60 || code === LESS_THAN) return undefined;
    return mayFollowLabel(text.charCodeAt(start - 1)) ? labelBefore(text, start) : undefined;
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

  /** After a space inside a number: either the number goes on, or the space was its end. */
  private join(kind: number): void {
    if ((kind & this.joining) === 0) this.finish(this.at);
    this.joining = 0;
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
    const joining = this.at > this.start ? this.phraseJoining(0) : 0;
    if (joining === 0) this.separate();
    else this.joinBehind(joining, SEPARATOR);
  }

  /** Takes a space or separator into the segment, for as long as one of the given kinds follows. */
  private joinBehind(joining: number, kind: number): void {
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
      joining |= this.phraseJoining(joining);
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

  /** The same for values of several words; more than one may be open, beside a number that goes on with `joined`. */
  private phraseJoining(joined: number): number {
    const { phrases } = this.prefilter;
    const next = this.at + 1 < this.text.length ? kindOf(this.text.charCodeAt(this.at + 1)) : ANY;
    let joining = 0;
    for (let index = 0; index < phrases.length; index++) {
      const from = this.phraseStarts[index]!;
      const isOpen = from >= this.start;
      const openable = isOpen ? ANY : this.openable(index);
      if (openable === 0 || ((openable | joined) & next) === 0) continue;
      const kinds = phrases[index]!.joins(this.text, isOpen ? from : -1, this.word, this.at) & openable;
      joining |= kinds;
      if (kinds === 0) this.phraseStarts[index] = -1;
      else if (!isOpen) this.phraseStarts[index] = this.word;
    }
    return joining;
  }

  /** The kinds with which a phrase may go on that the word before begins; as `isPlainGap` has it. */
  private openable(phrase: number): number {
    const { watch, base, kinds } = this;
    const code = this.text.charCodeAt(this.at);
    if ((kindOf(code) & SPACE) === 0) return mayJoin(code, kinds, this.at - this.word) ? ANY : 0;
    if (watch.pending <= base + this.at) watch.pass(base + this.at, this.text, base);
    return this.prefilter.nextIn(phrase, kinds, watch, base + this.word);
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
      this.mode = { name: 'block', reader: block.open(header), headerEnd: header, detector };
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
   * The segment is as long as the window. No closed value is longer than half of it, so all that starts in the first half is
   * known; it is rewritten, and the rest stays. A value that may go on past the window is swallowed to its end.
   */
  private moveWindow(): void {
    const half = this.start + HALF_WINDOW_CHARS;
    let next = half;
    for (const match of this.find(this.at, half)) {
      if (this.goesOn(match)) {
        this.start = match.start;
        // An encoded value that goes on says more than was decoded.
        this.mode = { name: 'run', match: match.plain === undefined ? match : { ...match, plain: null } };
        return;
      }
      this.found(match.start, match.end, match);
      next = Math.max(next, match.end);
    }
    this.start = next;
    this.word = Math.max(this.word, next);
  }

  /** Whether nothing but characters of the value stands between its end and the window's. */
  private goesOn(match: Match): boolean {
    const { continues } = match.detector;
    if (continues === undefined) return false;
    for (let at = match.end; at < this.at; at++) if (!continues(this.text.charCodeAt(at))) return false;
    return true;
  }

  /** Values of the segment up to `end` that start before `until`. */
  private find(end: number, until: number): readonly Match[] {
    const detectors = this.detectorsFor(end);
    if (detectors === undefined) return NO_MATCHES;
    const left = Math.max(0, this.start - LEFT_CONTEXT_CHARS);
    const range = { from: this.start - left, until: until - left };
    const matches = matchesIn(this.text.slice(left, end), range, detectors, this.options.key);
    return left === 0
      ? matches
      : matches.map((match) => ({ ...match, start: match.start + left, end: match.end + left }));
  }

  /** The detectors that look at the segment up to `end`. */
  private detectorsFor(end: number): Detector[] | undefined {
    const { watch, base, digits } = this;
    const length = end - this.start;
    if (length === 0) return undefined;
    if (watch.pending <= base + end) watch.pass(base + end, this.text, base);
    let detectors: Detector[] | undefined;
    let last: Detector | undefined;
    for (const gate of this.prefilter.gatesOf(this.kinds)) {
      if (length < gate.length || digits < gate.digits || gate.detector === last) continue;
      if (gate.group >= 0 && !watch.isNear(gate.group, base + this.start)) continue;
      last = gate.detector;
      if (detectors === undefined) detectors = [last];
      else detectors.push(last);
    }
    return detectors;
  }

  private found(
    start: number,
    end: number,
    { type, score, plain }: Pick<ScannerMatch, 'type' | 'score' | 'plain'>,
  ): void {
    const { base } = this;
    const value = this.text.slice(start, end);
    this.options.report({ start: base + start, end: base + end, type, score, value, plain });
  }

  private readMode(): void {
    const { text, mode } = this;
    for (; this.at < text.length; this.at++) {
      const verdict = this.stepMode(mode, text.charCodeAt(this.at));
      if (verdict === 'more') continue;
      if (verdict === 'whole') this.at++;
      this.closeMode();
      return;
    }
  }

  private stepMode(mode: Mode, code: number): 'more' | 'whole' | 'stop' {
    if (mode.name === 'block') return mode.reader.step(code);
    if (mode.name === 'segment' || !mode.match.detector.continues!(code)) return 'stop';
    if (this.at - this.start < MAX_RUN_CHARS) return 'more';
    this.found(this.start, this.at, mode.match);
    this.start = this.at;
    return 'more';
  }

  /** A full stop behind a token is the sentence's. */
  private endOfRun(): number {
    let end = this.at;
    while (end > this.start && this.text[end - 1] === '.') end--;
    return end;
  }

  /** Reports the value that was read; what turned out not to be part of it is read again as ordinary text. */
  private closeMode(): void {
    const { mode, start } = this;
    this.mode = SEGMENT;
    if (mode.name === 'run') {
      const end = this.endOfRun();
      if (end > start) this.found(start, end, mode.match);
      this.begin(end);
    } else if (mode.name === 'block') {
      const length = mode.reader.length();
      if (length > 0) this.found(start, start + length, { type: mode.detector.entities[0]!, score: 1 });
      this.begin(start + (length > 0 ? length : mode.headerEnd));
    }
  }
}
