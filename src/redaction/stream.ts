/**
 * Cuts a text into segments and rewrites the values found in each. Where it cuts depends only on the characters before, never on
 * how the text was split into pieces or on what follows: so a stream and the whole text give one result by construction.
 * A segment is about a word, with the spaces inside numbers; it never holds more than 256 characters.
 */
import type { TextFilter } from '../core/text.ts';
import {
  CLOSE_PAREN,
  COLON,
  CUT_AFTER,
  CUT_BEFORE,
  DASH,
  DIGIT,
  DIGIT_SHIFT,
  DOT,
  kindOf,
  LABELLED,
  LOWER,
  OPEN_PAREN,
  SEPARATOR,
  SPACE,
  UPPER,
} from './characters.ts';
import type { Block, BlockReader, Detector, Phrase } from './detector.ts';
import { LEFT_CONTEXT_CHARS, MAX_MATCH_CHARS, WINDOW_CHARS } from './detector.ts';
import type { KeyContext } from './key-context.ts';
import { LabelWatch, labelBefore, opensInline } from './labels.ts';
import type { Match, Matcher } from './matcher.ts';
import type { Prefilter } from './prefilter.ts';

/** A value in the text that passes; offsets in the whole text. */
export interface StreamMatch {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  readonly score: number;
  readonly value: string;
  /** For an encoded value: what it says; `null` when it says more than the value. */
  readonly plain?: string | null | undefined;
}

export interface StreamOptions {
  readonly matcher: Matcher;
  readonly prefilter: Prefilter;
  /** Values with spaces and line breaks in them. */
  readonly blocks: readonly { readonly detector: Detector; readonly block: Block }[];
  /** Values of several words. */
  readonly phrases: readonly Phrase[];
  readonly key: () => KeyContext;
  /** What to show in a value's place; `undefined` leaves it. */
  readonly replace: (match: StreamMatch) => string | undefined;
}

/** What is kept when a full window moves on: the second half, in which nothing has been reported yet. */
const HALF_WINDOW_CHARS = WINDOW_CHARS / 2;
/** A run that goes on is cut into values of this length. */
const MAX_RUN_CHARS = 16_384;
const HEADER_LOOK_BACK_CHARS = 72;
/** Shorter pieces are read without looking ahead for traces, and shorter clean stretches are not worth a jump. */
const MIN_JUMP_PIECE_CHARS = 512;
const MIN_JUMP_CHARS = 32;
/** How far before its trace a value of several words may begin. */
export const TRACE_REACH_CHARS = 64;

/** What ends the fast run over ordinary characters. */
const STOPS = SEPARATOR | SPACE | CUT_BEFORE | CUT_AFTER | DASH;
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
/** What stands at the end of a labelled value: its closing quote, or one of these. */
const NOTHING = 0;
const END_OF_WORD = 1;
const END_OF_LINE = 2;
/** Separators that a value without quotes may have in it: all but blanks, quotes and commas. */
const IN_WORDS = '{}[]!?*^$#';

const LESS_THAN = 0x3c;

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

export class RedactionStream implements TextFilter {
  private readonly options: StreamOptions;
  /** Up to 64 characters that were passed on, then those that are held. Offsets below are offsets in this text. */
  private text = '';
  /** Offset of `text` in the whole text. */
  private base = 0;
  private out = '';
  /** How far the text has been passed on to `out`. */
  private shown = 0;
  /** Where the segment begins, and what is known of it. */
  private start = 0;
  private at = 0;
  kinds = 0;
  digits = 0;
  /** After a space inside a segment: the kinds that go on with it; else 0. */
  private joining = 0;
  /** What ends the labelled value that the segment is; nothing when it is none. */
  private closing = NOTHING;
  private readonly labels = new LabelWatch();
  /** Where each kind of phrase began; one that began before the segment is over. */
  private readonly phraseStarts: number[];
  /** Where the last word of the segment begins. */
  private word = 0;
  private mode: Mode = SEGMENT;
  /** Where the next trace of a value stands; for long pieces only. */
  private nextTrace: ((from: number) => number) | undefined;
  private jumpFrom = 0;

  constructor(options: StreamOptions) {
    this.options = options;
    this.phraseStarts = options.phrases.map(() => -1);
  }

  push(piece: string): string {
    this.text = this.text === '' ? piece : this.text + piece;
    if (piece.length >= MIN_JUMP_PIECE_CHARS) {
      this.nextTrace = this.options.prefilter.traces(this.text);
      this.jumpFrom = 0;
      if (this.start === this.at && this.mode === SEGMENT) this.jump();
    }
    this.read();
    this.nextTrace = undefined;
    return this.take();
  }

  end(): string {
    // What a broken-off block leaves is read again as ordinary text, and may hold another one.
    while (this.mode !== SEGMENT) {
      this.closeMode();
      this.read();
    }
    this.finish(this.text.length);
    return this.take();
  }

  held(): string {
    return this.text.slice(this.start);
  }

  private read(): void {
    while (this.at < this.text.length) {
      if (this.mode === SEGMENT) this.readSegment();
      else this.readMode();
    }
    if (this.mode === SEGMENT && this.isFull()) this.moveWindow();
  }

  /** Hands out what may be shown, and keeps what is held with its left context. */
  private take(): string {
    const out =
      this.shown === 0 && this.start === this.text.length
        ? this.text
        : this.out + this.text.slice(this.shown, this.start);
    const keep = Math.max(0, this.start - LEFT_CONTEXT_CHARS);
    this.text = this.text.slice(keep);
    this.base += keep;
    this.start -= keep;
    this.at -= keep;
    this.word -= keep;
    for (let index = 0; index < this.phraseStarts.length; index++) this.phraseStarts[index]! -= keep;
    this.shown = this.start;
    this.out = '';
    return out;
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
    const code = this.text.charCodeAt(this.at);
    if (this.base + this.start === 0) {
      if (!this.options.key().isLabel) return this.openLabelled(code);
      this.closing = END_OF_LINE;
      this.kinds |= LABELLED;
    } else this.openLabelled(code);
  }

  private openLabelled(code: number): void {
    if (code <= 0x20 || code === 0x22 || code === 0x27 || code === 0x60 || code === LESS_THAN) return;
    if (!mayFollowLabel(this.text.charCodeAt(this.start - 1))) return;
    if (!this.labels.isNear(this.text, this.base, this.start)) return;
    const label = labelBefore(this.text, this.start);
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
    const joining = this.at > this.start ? this.phraseJoining() : 0;
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
    if (this.nextTrace !== undefined && this.at >= this.jumpFrom) this.jump();
  }

  /**
   * At the beginning of a segment: goes on at the last place before the next trace where a segment begins whatever came before.
   * What lies between has no values, and cutting it up would end at the same place.
   */
  private jump(): void {
    const trace = this.nextTrace!(this.at);
    // The rest of a value that begins at the text's end, trace and all, may be in the next piece.
    const limit = Math.min(trace - TRACE_REACH_CHARS, this.text.length - MAX_MATCH_CHARS);
    // Up to there this is the last jump: looking again would read a long run of spaces once for each of them.
    this.jumpFrom = trace;
    if (limit - this.at < MIN_JUMP_CHARS) return;
    for (let at = limit - 1; at > this.at; at--) {
      if (!this.isCutBehind(at)) continue;
      this.begin(at + 1);
      return;
    }
  }

  /** A separator always cuts; a space does behind a small letter, with which neither a number, an IBAN nor a header goes on. */
  private isCutBehind(at: number): boolean {
    const kind = kindOf(this.text.charCodeAt(at));
    return (kind & SEPARATOR) !== 0 || ((kind & SPACE) !== 0 && (kindOf(this.text.charCodeAt(at - 1)) & LOWER) !== 0);
  }

  private readSpace(): void {
    const joining =
      this.at > this.start ? this.joiningAfter(kindOf(this.text.charCodeAt(this.at - 1))) | this.phraseJoining() : 0;
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

  /** The same for values of several words; more than one may be open. */
  private phraseJoining(): number {
    const { phrases } = this.options;
    const ending = kindOf(this.text.charCodeAt(this.at - 1));
    let joining = 0;
    for (let index = 0; index < phrases.length; index++) {
      const phrase = phrases[index]!;
      const from = this.phraseStarts[index]!;
      const isOpen = from >= this.start;
      if (!isOpen && phrase.endings !== undefined && (phrase.endings & ending) === 0) continue;
      const kinds = phrase.joins(this.text, isOpen ? from : -1, this.word, this.at);
      joining |= kinds;
      if (kinds === 0) this.phraseStarts[index] = -1;
      else if (!isOpen) this.phraseStarts[index] = this.word;
    }
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

  /** Rewrites the segment that ends here and begins the next one. */
  private finish(end: number): void {
    if (this.options.matcher.mayHold(this, end - this.start)) {
      for (const match of this.find(end, end)) this.show(match.start, match.end, match);
    }
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
      this.show(match.start, match.end, match);
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
  private find(end: number, until: number): Match[] {
    const left = Math.max(0, this.start - LEFT_CONTEXT_CHARS);
    const { matcher, key } = this.options;
    const matches = matcher.match(
      this.text.slice(left, end),
      { from: this.start - left, until: until - left },
      this,
      key,
    );
    return left === 0
      ? matches
      : matches.map((match) => ({ ...match, start: match.start + left, end: match.end + left }));
  }

  private show(start: number, end: number, found: Pick<StreamMatch, 'type' | 'score' | 'plain'>): void {
    const { base } = this;
    const value = this.text.slice(start, end);
    const shown = this.options.replace({
      start: base + start,
      end: base + end,
      type: found.type,
      score: found.score,
      value,
      plain: found.plain,
    });
    if (shown === undefined) return;
    this.out += this.text.slice(this.shown, start) + shown;
    this.shown = end;
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
    this.show(this.start, this.at, mode.match);
    this.start = this.at;
    return 'more';
  }

  /** A full stop behind a token is the sentence's. */
  private endOfRun(): number {
    let end = this.at;
    while (end > this.start && this.text[end - 1] === '.') end--;
    return end;
  }

  /** Shows the value that was read; what turned out not to be part of it is read again as ordinary text. */
  private closeMode(): void {
    const { mode, start } = this;
    this.mode = SEGMENT;
    if (mode.name === 'run') {
      const end = this.endOfRun();
      if (end > start) this.show(start, end, mode.match);
      this.begin(end);
    } else if (mode.name === 'block') {
      const length = mode.reader.length();
      if (length > 0) this.show(start, start + length, { type: mode.detector.entities[0]!, score: 1 });
      this.begin(start + (length > 0 ? length : mode.headerEnd));
    }
  }
}
