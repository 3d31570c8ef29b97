/** Splits text into the words that addresses are made of, and says what each may be. Knows no form of an address. */
import { isWord } from '../../characters.ts';
import { PARTICLES, STREET_PREFIXES, STREET_SUFFIXES, STREET_TYPES, UNIT_WORDS } from './street-words.ts';

export interface Word {
  readonly start: number;
  readonly end: number;
  /** As written, without a full stop at the end. */
  readonly text: string;
  readonly lower: string;
  /** What stands before it: a space; a comma or a line's end, with the marks of a quoted line; or anything else. */
  readonly gap: 'space' | 'break' | 'other';
  /** A full stop followed, which need not be a sentence's. */
  readonly hasStop: boolean;
  /** A colon follows: "Phone:" begins something new. */
  readonly isLabel: boolean;
}

const WORD = /[^\s,;:="'`<>()[\]{}?*|\\]+(?:['’][^\s,;:="'`<>()[\]{}?*|\\.]+)?\.?/g;
const GAP_SPACE = /^ $/;
/** A comma, line breaks (also as they are written in JSON), and the indent or quote marks of the next line. */
const GAP_BREAK = /^(?:,|\\?\\[nr]|[\n\r])?(?:[\s,>?*|]|\\?\\n){0,7}$/;
const CAPITAL = /^\p{Lu}[\p{L}\p{M}'’./-]*$/u;
const LETTERS = /^\p{L}[\p{L}\p{M}'’./-]*$/u;
const NUMBER = /^#?\d{1,6}(?:[A-Za-z]|[-/]\d{1,4}[A-Za-z]?)?$/;
const ORDINAL = /^\d{1,4}(?:st|nd|rd|th)$/i;
const MIN_STEM_CHARS = 2;

/** Words from `from` on. A word that began before belongs to the text before. */
export function wordsOf(text: string, from: number): Word[] {
  const found: Word[] = [];
  WORD.lastIndex = from;
  let last = from;
  for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
    // The `n` of an escaped line break is not the first letter of a word.
    const escapeChars = text[match.index - 1] === '\\' && /^[nrt]/.test(match[0]) ? 1 : 0;
    const start = match.index + escapeChars;
    const end = match.index + match[0].length;
    if (start === end || (start === from && from > 0 && isWord(text.charCodeAt(from - 1)))) continue;
    const written = text.slice(start, end);
    const word = written.endsWith('.') ? written.slice(0, -1) : written;
    const gap = gapOf(text.slice(last, start));
    found.push({
      start,
      end: start + word.length,
      text: word,
      lower: word.toLowerCase(),
      gap,
      hasStop: written.endsWith('.'),
      isLabel: text[end] === ':',
    });
    last = end;
  }
  return found;
}

function gapOf(between: string): Word['gap'] {
  if (GAP_SPACE.test(between)) return 'space';
  return between !== '' && GAP_BREAK.test(between) ? 'break' : 'other';
}

export const isNumber = ({ text }: Word): boolean => NUMBER.test(text);
export const isOrdinal = ({ text }: Word): boolean => ORDINAL.test(text);
export const isName = ({ text }: Word): boolean => CAPITAL.test(text);
export const isAnyWord = ({ text }: Word): boolean => LETTERS.test(text);
export const isParticle = ({ text }: Word): boolean => PARTICLES.has(text) || /^[dl]['’]\p{Lu}/u.test(text);
export const isStreetType = ({ lower }: Word): boolean => STREET_TYPES.has(lower);
export const isStreetPrefix = ({ lower }: Word): boolean => STREET_PREFIXES.has(lower);
export const isUnitWord = ({ lower }: Word): boolean => UNIT_WORDS.has(lower);

/** "Hauptstraße", or the street word of such a name by itself ("Berliner Straße"). */
export function isStreetCompound({ text, lower }: Word): boolean {
  return CAPITAL.test(text) && STREET_SUFFIXES.some((suffix) => lower.endsWith(suffix) && isStem(lower, suffix));
}

function isStem(lower: string, suffix: string): boolean {
  return lower.length === suffix.length ? suffix.length > 3 : lower.length >= suffix.length + MIN_STEM_CHARS;
}
