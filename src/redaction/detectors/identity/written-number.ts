/** Reads the numbers and codes of a text with their separators ("85.07.30-033.28", "QQ 12 34 56 C"). Knows no kind of number. */

import { DIGIT, UPPER } from '../../characters.ts';

/** A run of ASCII letters and digits. */
export interface Atom {
  readonly start: number;
  readonly end: number;
  /** One of ` -./:` when this atom follows the one before directly; else empty. */
  readonly separator: string;
  /** Digits as `9`, letters as `A`. */
  readonly shape: string;
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
};
/** An atom that is longer is no part of a number that people carry. */
const MAX_ATOM_CHARS = 20;
/** Numbers that are written digit by digit have at least this many. */
const MIN_SPELLED_DIGITS = 8;

/** All atoms that start at `from` or later, in order. */
export function atomsOf(text: string, from: number): Atom[] {
  const atoms: Atom[] = [];
  const pattern = /[A-Za-z0-9]+/g;
  pattern.lastIndex = from > 0 && isAlphanumeric(text[from - 1]!) ? skipAlphanumerics(text, from) : from;
  let end = -1;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    // The `n` of an escaped line break in JSON within JSON is no part of what follows.
    const start = match.index + (/^[nrt]/.test(match[0]) && text[match.index - 1] === '\\' ? 1 : 0);
    const separator = end >= 0 && start === end + 1 ? (SEPARATORS[text[end]!] ?? '') : '';
    end = match.index + match[0].length;
    const shape = end - start > MAX_ATOM_CHARS ? '' : shapeOf(text.slice(start, end));
    atoms.push({ start, end, separator, shape });
  }
  return atoms;
}

function isAlphanumeric(character: string): boolean {
  return /[A-Za-z0-9]/.test(character);
}

function skipAlphanumerics(text: string, from: number): number {
  const run = /[A-Za-z0-9]*/y;
  run.lastIndex = from;
  return from + run.exec(text)![0].length;
}

export function shapeOf(written: string): string {
  return written.replace(/\d/g, '9').replace(/[A-Za-z]/g, 'A');
}

/** Whether a number may start here: not inside a word, a decimal, an address or a longer code. */
export function mayStart(text: string, start: number): boolean {
  if (start === 0) return true;
  const before = text[start - 1]!;
  if (/[\w@+$€£\u00c0-\u024f]/.test(before)) return before === 'n' && text[start - 2] === '\\';
  return !(/[-.\u2010-\u2013]/.test(before) && start > 1 && /[\w)]/.test(text[start - 2]!));
}

/** Whether a number may end here. */
export function mayEnd(text: string, end: number): boolean {
  const next = text[end];
  if (next === undefined) return true;
  if (/[\w@%€\u00c0-\u024f]/.test(next)) return false;
  return !(/[-.:\u2010-\u2013]/.test(next) && /\w/.test(text[end + 1] ?? ''));
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
 * Tells the segmenter that "AB 123456", "QQ 12 34 56 C" and "12345678 Z" are one value: a few capitals, then groups with digits,
 * or a long group and then capitals.
 */
export function joinsNumber(text: string, from: number, word: number, at: number): number {
  const separator = text.charCodeAt(at);
  if (at - word > MAX_ATOM_CHARS || at === word || SEPARATORS[String.fromCharCode(separator)] !== ' ') return 0;
  const last = text.slice(word, at);
  if (from >= 0) return at - from <= MAX_JOINED_CHARS && HAS_DIGIT.test(last) ? DIGIT | UPPER : 0;
  if (FIRST_GROUP.test(last)) return DIGIT;
  return LONG_GROUP.test(last) ? UPPER : 0;
}

const HAS_DIGIT = /^[A-Z0-9]{1,9}$(?<=\d[A-Z]{0,6})/;
/** Also of the French number of those born in Corsica: "1 85 05 2A 006". */
const FIRST_GROUP = /^(?:[A-Z]{1,6}\d?|2[AB])$/;
const LONG_GROUP = /^\d{7,8}$/;

/** Letters and digits only, in capitals. */
export function compactOf(written: string): string {
  return written.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
}
