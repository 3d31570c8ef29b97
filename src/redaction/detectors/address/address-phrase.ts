/** Which spaces, commas and line breaks the words of an address are held together by. Decides by the last word alone. */
import { DIGIT, LOWER, OTHER, SEPARATOR, SPACE, UPPER } from '../../characters.ts';
import type { Keywords, Phrase } from '../../detector.ts';
import { BOX_FIRST_WORDS, MILITARY_UNITS, PLAIN_UNIT_WORDS, SHIPS, STREET_PREFIXES } from './street-words.ts';
import type { Word } from './words.ts';
import { isName, isNumber, isOrdinal, isParticle, isStreetCompound, isStreetPrefix, isUnitWord } from './words.ts';

const MAX_WORD_CHARS = 28;
/** More white space than that is between two paragraphs. */
const MAX_BLANK_CHARS = 6;
/** How far into a phrase small letters may be part of a name. */
const MAX_LOWER_CHARS = 24;
const WORD_START = UPPER | LOWER | OTHER | DIGIT;
/** What may stand around a word, or be left of an escaped line break. */
const MARKS = /^[^\p{L}\p{N}#]+|[.,]+$/gu;
const OTHER_WORD =
  /^(?:\d{5}-\d{4}|(?:[A-Z]{1,2}-)?\d{4,5}|\d{2}-\d{3}|\d[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?|box|n|nr|no|n[°º])$/;
const LOWER_WORD = /^\p{Ll}{3,20}$/u;
/** A house number before a comma, as in French. */
const SHORT_NUMBER = /^[("]?\d{1,4}[A-D]?$/;
/** "Berliner Straße", "Hamburger Weg". */
const ADJECTIVE = /^\p{Lu}\p{Ll}{3,20}er$/u;
const NEWLINE = 0x0a;
const BLANK = 0x20;
const COMMA = 0x2c;

/** The words an address begins with, but for numbers and compounds, and what follows them. */
const OPENERS = new Map<string, number>([
  ...[...STREET_PREFIXES, ...BOX_FIRST_WORDS, ...MILITARY_UNITS, ...SHIPS].map((word) => [word, WORD_START] as const),
  ...[...PLAIN_UNIT_WORDS].map((word) => [word, DIGIT | OTHER] as const),
]);
const OPENER_WORDS: Keywords = { words: [...OPENERS.keys()].filter((word) => word.length > 1), whole: true, reach: 0 };
const MAX_OPENER_CHARS = Math.max(...[...OPENERS.keys()].map((word) => word.length)) + 2;

export const addressPhrase: Phrase = {
  opens: [
    { kinds: DIGIT, next: UPPER | LOWER | OTHER },
    { kinds: LOWER, next: DIGIT },
    { kinds: UPPER | LOWER, next: UPPER },
    { near: OPENER_WORDS, next: WORD_START },
  ],
  joins(text, from, word, at) {
    const code = text.charCodeAt(at);
    if (at - word > MAX_WORD_CHARS) return 0;
    if (from < 0) return at > word ? opens(text, word, at, code) : 0;
    const isBreak = code === NEWLINE || code === COMMA || isQuoteMark(code);
    if (!isBreak && code !== BLANK) return 0;
    const last = bareWord(text.slice(word, at));
    if (last === '') return joinsBlank(text, from, at);
    if (!goesOn(last, word - from)) return 0;
    return isBreak ? WORD_START | SPACE | SEPARATOR : WORD_START;
  },
};

function opens(text: string, start: number, at: number, code: number): number {
  const last = text.slice(start, at);
  if (code === COMMA) return SHORT_NUMBER.test(last) ? SPACE : 0;
  if (code !== BLANK) return 0;
  const first = last.charCodeAt(0);
  const isSmall = first >= 0x61 && first <= 0x7a;
  if (isSmall) return last.length <= MAX_OPENER_CHARS ? (OPENERS.get(withoutStop(last)) ?? 0) : 0;
  const word = wordOf(bareWord(last));
  if (isNumber(word)) return UPPER | LOWER | OTHER;
  return OPENERS.get(word.lower) ?? (isStreetCompound(word) ? DIGIT : ADJECTIVE.test(word.text) ? UPPER : 0);
}

/** Behind a comma or a line's end. After "12," only letters go on: rows of numbers are no addresses. */
function joinsBlank(text: string, from: number, at: number): number {
  if (isBlankRun(text, at)) return 0;
  return SHORT_NUMBER.test(text.slice(from, at - 1)) ? UPPER | LOWER | OTHER : WORD_START | SPACE | SEPARATOR;
}

function withoutStop(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

/** Behind the last escaped line break, without punctuation. */
function bareWord(text: string): string {
  const lineBreak = text.lastIndexOf('\\n');
  return (lineBreak < 0 ? text : text.slice(lineBreak + 2)).replace(MARKS, '');
}

/** Of a line that is quoted. */
function isQuoteMark(code: number): boolean {
  return code === 0x3f || code === 0x2a || code === 0x7c;
}

function isBlankRun(text: string, at: number): boolean {
  return !/[^\s,>?*|]/.test(text.slice(Math.max(0, at - MAX_BLANK_CHARS), at));
}

function goesOn(text: string, offset: number): boolean {
  const word = wordOf(text);
  if (isName(word) || isNumber(word) || isOrdinal(word) || isParticle(word)) return true;
  if (isStreetCompound(word) || isUnitWord(word) || isStreetPrefix(word) || OTHER_WORD.test(text)) return true;
  return offset < MAX_LOWER_CHARS && LOWER_WORD.test(text);
}

function wordOf(text: string): Word {
  return { start: 0, end: text.length, text, lower: text.toLowerCase(), gap: 'space', hasStop: false, isLabel: false };
}
