/** The kinds of characters that decide where a text may be cut. One table look-up a character; knows no detector. */

/** Ends a segment and belongs to none. */
export const SEPARATOR = 1;
/** A space that may stand inside a number. */
export const SPACE = 1 << 1;
export const CUT_BEFORE = 1 << 2;
export const CUT_AFTER = 1 << 3;
export const DASH = 1 << 4;
export const DIGIT = 1 << 5;
export const UPPER = 1 << 6;
export const LOWER = 1 << 7;
export const AT = 1 << 8;
export const DOT = 1 << 9;
export const COLON = 1 << 10;
export const UNDERSCORE = 1 << 11;
export const OPEN_PAREN = 1 << 12;
export const CLOSE_PAREN = 1 << 13;
export const OTHER = 1 << 14;

/** No character has it: the segment stands behind a label (labels.ts). */
export const LABELLED = 1 << 15;

/** Shift that turns the DIGIT bit into a count of one. */
export const DIGIT_SHIFT = 5;

/** CJK and what follows has no spaces between words: every character from here on is a separator. */
export const FIRST_UNSPACED = 0x3000;
const CODE_UNITS = 0x1_00_00;

/** The kind bits of each UTF-16 code unit; loops over text read it directly, since a call for each character is felt. */
export const KINDS = buildKinds();

/** The kind bits of a UTF-16 code unit; none of what is no code unit. */
export function kindOf(code: number): number {
  return KINDS[code]!;
}

function buildKinds(): Uint16Array {
  const kinds = new Uint16Array(CODE_UNITS).fill(OTHER);
  kinds.fill(SEPARATOR, FIRST_UNSPACED);
  const set = (characters: string, kind: number) => {
    for (const character of characters) kinds[character.charCodeAt(0)] = kind;
  };
  const range = (first: number, last: number, kind: number) => kinds.fill(kind, first, last + 1);
  range(0x00, 0x1f, SEPARATOR);
  range(0x7f, 0x9f, SEPARATOR);
  set(',"\'{}[]|!?*^$`', SEPARATOR);
  set('¡¿«»\u00b7', SEPARATOR);
  range(0x2016, 0x2029, SEPARATOR);
  range(0x2030, 0x205e, SEPARATOR);
  set(' \u00a0\u2007\u2009\u202f', SPACE);
  set('<&#', CUT_BEFORE);
  set('>;=', CUT_AFTER);
  set('-\u2010\u2011\u2012\u2013\u2014\u2015', DASH);
  range(0x30, 0x39, DIGIT);
  range(0x41, 0x5a, UPPER);
  range(0x61, 0x7a, LOWER);
  set('@', AT);
  set('.', DOT);
  set(':', COLON);
  set('_', UNDERSCORE);
  set('(', OPEN_PAREN);
  set(')', CLOSE_PAREN);
  return kinds;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** ASCII letter, digit or `_`, as `\w`. */
export function isWord(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f;
}
