/** Reads the numbers and codes of a text with their separators ("85.07.30-033.28", "QQ 12 34 56 C"). Knows no kind of number. */

import { DIGIT, isDigit, UPPER } from '../../characters.ts';

/** A run of ASCII letters and digits. */
export interface Atom {
  readonly start: number;
  readonly end: number;
  /** One of ` -./:(` when this atom follows the one before directly; else empty. */
  readonly separator: string;
  /** Digits as `9`, letters as `A`; empty when it is part of no number. */
  readonly shape: string;
  readonly digits: number;
  /** Digits from here to the end of the atoms that are joined to it. */
  ahead: number;
}

const SEPARATORS: Readonly<Record<string, string>> = {
  ' ': ' ',
  '\u00a0': ' ',
  '\u2007': ' ',
  '\u2009': ' ',
  '\u202f': ' ',
  '-': '-',
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': '-',
  '.': '.',
  '/': '/',
  ':': ':',
  '(': '(',
};
/** An atom that is longer is no part of a number that people carry. */
const MAX_ATOM_CHARS = 20;
/** Without digits a longer one is a word. */
const MAX_LETTERS = 6;
const NINES = '9'.repeat(MAX_ATOM_CHARS);
const LETTERS = 'A'.repeat(MAX_ATOM_CHARS);
/** Numbers that are written digit by digit have at least this many. */
const MIN_SPELLED_DIGITS = 8;
const BACKSLASH = 0x5c;

/**
 * A cheap look before the close one: five digits with no more than a character between, three behind two letters, or a letter
 * between digits. Every number that is looked for has one of these.
 */
export function mayHoldNumber(text: string, from: number): boolean {
  let digits = 0;
  let gap = 0;
  let run = 0;
  for (let at = from; at < text.length; at++) {
    if (!isDigit(text.charCodeAt(at))) {
      if (++gap > 1) digits = 0;
      run = 0;
      continue;
    }
    gap = 0;
    if (++digits >= 5 || (at >= from + 3 && isBehindDigitAndLetter(text, at))) return true;
    if (++run === 3 && at >= from + 4 && isBehindLetters(text, at - 2)) return true;
    if (run === 2 && at >= from + 3 && isPlate(text, at)) return true;
  }
  return false;
}

/** "AB 123", "AB-123": one space or dash may stand between. */
function isBehindLetters(text: string, digit: number): boolean {
  const before = text.charCodeAt(digit - 1);
  const at = before === 0x20 || before === 0x2d ? digit - 2 : digit - 1;
  return isLetter(text.charCodeAt(at)) && isLetter(text.charCodeAt(at - 1));
}

/** "AB51 ABC": the second digit stands at `at`. */
function isPlate(text: string, at: number): boolean {
  if (!isUpper(text.charCodeAt(at - 2)) || !isUpper(text.charCodeAt(at - 3))) return false;
  const next = text.charCodeAt(at + 1);
  return isUpper(next === 0x20 || next === 0x2d ? text.charCodeAt(at + 2) : next);
}

/** `9A99`, `9AA9`: a code whose letters stand in the middle. */
function isBehindDigitAndLetter(text: string, at: number): boolean {
  return (
    isDigit(text.charCodeAt(at - 3)) && isLetter(text.charCodeAt(at - 2)) && isAlphanumeric(text.charCodeAt(at - 1))
  );
}

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

/** All atoms that start at `from` or later, in order. */
export function atomsOf(text: string, from: number): Atom[] {
  const atoms: Atom[] = [];
  let at = from;
  if (from > 0 && isAlphanumeric(text.charCodeAt(from - 1))) at = skipAlphanumerics(text, from);
  let end = -1;
  while (at < text.length) {
    if (!isAlphanumeric(text.charCodeAt(at))) {
      at++;
      continue;
    }
    let start = at;
    let digits = 0;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isDigit(code)) digits++;
      else if (!isLetter(code)) break;
    }
    // The `n` of an escaped line break in JSON within JSON is no part of what follows.
    if (start > 0 && text.charCodeAt(start - 1) === BACKSLASH && 'nrt'.includes(text[start]!)) start++;
    const separator = end >= 0 && start === end + 1 ? (SEPARATORS[text[end]!] ?? '') : '';
    end = at;
    if (start < end)
      atoms.push({ start, end, separator, shape: shapeOf(text, start, end, digits), digits, ahead: digits });
  }
  for (let index = atoms.length - 2; index >= 0; index--) {
    const next = atoms[index + 1]!;
    if (next.separator !== '' && next.shape !== '') atoms[index]!.ahead += next.ahead;
  }
  return atoms;
}

function isAlphanumeric(code: number): boolean {
  return isDigit(code) || isLetter(code);
}

function skipAlphanumerics(text: string, from: number): number {
  let at = from;
  while (at < text.length && isAlphanumeric(text.charCodeAt(at))) at++;
  return at;
}

function shapeOf(text: string, start: number, end: number, digits: number): string {
  const length = end - start;
  if (length > MAX_ATOM_CHARS) return '';
  if (digits === 0) return length > MAX_LETTERS ? '' : LETTERS.slice(0, length);
  if (digits === length) return NINES.slice(0, length);
  let shape = '';
  for (let at = start; at < end; at++) shape += isDigit(text.charCodeAt(at)) ? '9' : 'A';
  return shape;
}

/** Whether a number may start here: not inside a word, a decimal, an address or a longer code. */
export function mayStart(text: string, start: number): boolean {
  if (start === 0) return true;
  const before = text.charCodeAt(start - 1);
  if (before === 0x20 || before === 0x0a) return true;
  if (isAlphanumeric(before) || IN_WORDS.includes(text[start - 1]!) || isAccented(before)) {
    return before === 0x6e && text.charCodeAt(start - 2) === BACKSLASH;
  }
  if (!JOINERS.includes(text[start - 1]!) || start === 1) return true;
  const second = text.charCodeAt(start - 2);
  return !(isAlphanumeric(second) || second === 0x5f || second === 0x29);
}

const IN_WORDS = '_@+$€£';
const JOINERS = '-.\u2010\u2011\u2012\u2013';

function isAccented(code: number): boolean {
  return code >= 0xc0 && code <= 0x24f;
}

/** Whether a number may end here. */
export function mayEnd(text: string, end: number): boolean {
  if (end >= text.length) return true;
  const next = text.charCodeAt(end);
  if (isAlphanumeric(next) || isAccented(next) || '_@%€'.includes(text[end]!)) return false;
  if (!JOINERS.includes(text[end]!) && next !== 0x3a) return true;
  const second = text.charCodeAt(end + 1);
  return !(isAlphanumeric(second) || second === 0x5f);
}

/** Index of the last of the single digits that start here with one and the same separator, or -1 when they are too few. */
export function lastSpelledDigit(atoms: readonly Atom[], first: number): number {
  const separator = atoms[first + 1]?.separator;
  if (!separator || atoms[first]!.shape !== '9' || atoms[first]!.separator === separator) return -1;
  let last = first;
  while (atoms[last + 1]?.shape === '9' && atoms[last + 1]!.separator === separator) last++;
  return last - first + 1 >= MIN_SPELLED_DIGITS ? last : -1;
}

/** The longest number with spaces has 22 characters. */
const MAX_JOINED_CHARS = 32;

/**
 * Tells the segmenter that "AB 123456", "QQ 12 34 56 C", "AB51 ABC" and "12345678 Z" are one value: a few capitals, then groups with
 * digits, or a long group or a plate's first half and then capitals.
 */
export function joinsNumber(text: string, from: number, word: number, at: number): number {
  const length = at - word;
  const ending = text.charCodeAt(at - 1);
  if (length === 0 || length > MAX_ATOM_CHARS || !(isDigit(ending) || isUpper(ending))) return 0;
  const separator = text.charCodeAt(at);
  if (separator !== 0x20 && SEPARATORS[text[at]!] !== ' ') return 0;
  if (from >= 0) return at - from <= MAX_JOINED_CHARS && hasDigitAtEnd(text, word, at) ? DIGIT | UPPER : 0;
  if (length > MAX_FIRST_CHARS) return 0;
  const last = text.slice(word, at);
  if (FIRST_GROUP.test(last)) return DIGIT;
  return LONG_GROUP.test(last) ? UPPER : 0;
}

/** Up to nine capitals and digits, of which one digit among the last seven. */
function hasDigitAtEnd(text: string, start: number, end: number): boolean {
  if (end - start > 9) return false;
  let hasDigit = false;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) hasDigit ||= end - at <= 7;
    else if (!isUpper(code)) return false;
  }
  return hasDigit;
}

const MAX_FIRST_CHARS = 8;
/** Also of the French number of those born in Corsica: "1 85 05 2A 006". */
const FIRST_GROUP = /^(?:[A-Z]{1,6}\d?|2[AB])$/;
const LONG_GROUP = /^(?:\d{7,8}|[A-Z]{2}\d{2})$/;

/** Letters and digits only, in capitals. */
export function compactOf(written: string): string {
  return written.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
}
