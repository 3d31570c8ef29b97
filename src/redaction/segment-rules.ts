/**
 * Where a text may be cut into segments, told from a character and the kinds of those before it. Decided in one place for the loop
 * that passes plain words and for the close reading behind it. Knows no state.
 */
import {
  CLOSE_PAREN,
  COLON,
  CUT_AFTER,
  CUT_BEFORE,
  DASH,
  DIGIT,
  DOT,
  FIRST_UNSPACED,
  OPEN_PAREN,
  SEPARATOR,
  SPACE,
} from './characters.ts';

/** What ends the fast run over ordinary characters. */
export const STOPS = SEPARATOR | SPACE | CUT_BEFORE | CUT_AFTER | DASH;
/** The same without dashes, which end no segment. */
export const ENDS = SEPARATOR | SPACE | CUT_BEFORE | CUT_AFTER;
/** What parts two segments and belongs to neither. */
export const GAPS = SEPARATOR | SPACE;
/** A word with one of these is looked at more closely. */
export const NO_WORD = DIGIT | DASH | COLON | CUT_BEFORE;
export const NUMBER_ENDS = DIGIT | CLOSE_PAREN | DASH | DOT;
export const NUMBER_GOES_ON = DIGIT | OPEN_PAREN | DASH;

/** `&lt;`, and what follows it in the HTML form of a placeholder. */
export const HTML_OPENED = /^&(?:lt|#60|#x3c);$/i;
export const HTML_PLACEHOLDER = /^&(?:lt|#60|#x3c);[A-Za-z0-9_]{3,48}$/i;
export const SEMICOLON = 0x3b;
export const AMPERSAND = 0x26;
export const NUMBER_SIGN = 0x23;
const COMMA = 0x2c;
/** What stands at the end of a labelled value: its closing quote, or one of these. */
export const NOTHING = 0;
export const END_OF_WORD = 1;
export const END_OF_LINE = 2;
/** Separators that a value without quotes may have in it: all but blanks, quotes and commas. */
const IN_WORDS = '{}[]!?*^$#';

/** Separators that may stand inside of a value of several words: "12, rue", "1980年3月", "O'Brien". */
export function mayJoin(code: number, kinds: number, length: number): boolean {
  if ((kinds & DIGIT) !== 0) return code === COMMA || code >= FIRST_UNSPACED;
  return length === 1 && isApostrophe(code);
}

export function isApostrophe(code: number): boolean {
  return code === 0x27 || code === 0x2019;
}

export function isInWord(code: number): boolean {
  return code === 0x3d || code === 0x3e || IN_WORDS.includes(String.fromCharCode(code));
}

/** Blanks, quotes, operators and scripts without spaces; a cheap look before the close one. */
export function mayFollowLabel(code: number): boolean {
  return (
    code <= 0x20 ||
    code === 0x22 ||
    code === 0x27 ||
    code === 0x60 ||
    code === 0x3d ||
    code === 0x3e ||
    code === 0x24 ||
    code === 0xa0 ||
    code >= FIRST_UNSPACED
  );
}

/** Whether a character that cuts does so whatever stands before it: it is no part of an escaped placeholder or an inline secret. */
export function isPlainCut(code: number, kind: number, kinds: number): boolean {
  if ((kinds & CUT_BEFORE) !== 0 && (code === SEMICOLON || code === AMPERSAND || code === NUMBER_SIGN)) return false;
  return (kind & CUT_BEFORE) === 0 || (kinds & COLON) === 0 || !isInWord(code);
}
