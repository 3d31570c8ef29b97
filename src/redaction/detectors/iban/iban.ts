/** International bank account numbers: country, length and mod-97 checksum. */
import { DIGIT, isDigit, LOWER, UPPER } from '../../characters.ts';
import { passesMod97 } from '../../checksums.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';

/** Characters of an IBAN by country (SWIFT IBAN registry, release 99). */
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const SEPARATORS = ' \\u00a0\\u2007\\u2009\\u202f.\\/_\\u2010-\\u2015-';
const START = new RegExp(
  `(?<![A-Za-z0-9])[A-Za-z]{2}[${SEPARATORS}]{0,3}\\d[${SEPARATORS}]{0,3}\\d(?=[${SEPARATORS}A-Za-z0-9])`,
  'g',
);
const SEPARATOR = new RegExp(`[${SEPARATORS}]`);
/** " - " is the longest that account numbers are grouped with. */
const MAX_SEPARATOR_CHARS = 3;
const COUNTRY = /^[A-Z]{2}$/;
/** What a word ends with that begins an account number, and the words that go on with one. */
const FIRST_WORD = /(?:^|[^A-Za-z0-9])([A-Za-z]{2})\d[A-Za-z0-9]{0,32}$/;
const NEXT_WORD = /^(?:[A-Za-z]{1,4}|(?=[A-Za-z]{0,31}\d)[A-Za-z0-9]{1,32})$/;
const MAX_WORD_CHARS = 40;

export const iban = defineDetector({
  name: 'iban',
  group: 'pii',
  entities: ['IBAN_CODE'],
  gates: [{ digits: 4, length: 15 }],
  phrase: {
    opens: [
      { kinds: UPPER, next: DIGIT },
      { kinds: DIGIT, next: DIGIT | UPPER | LOWER },
    ],
    joins: joinsIban,
  },
  normalise: (value) => value.replace(/[^A-Za-z0-9]/g, '').toUpperCase(),
  find(text, from) {
    const found: Candidate<'IBAN_CODE'>[] = [];
    if (!mayHoldCountry(text, from)) return found;
    START.lastIndex = from;
    for (let match = START.exec(text); match !== null; match = START.exec(text)) {
      const end = ibanEnd(text, match.index);
      if (end > 0) found.push({ start: match.index, end, type: 'IBAN_CODE', score: 1 });
    }
    return found;
  },
});

/** A cheap look: a digit behind a letter, with no more than a separator's characters between. */
function mayHoldCountry(text: string, from: number): boolean {
  for (let at = from + 2; at < text.length; at++) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let before = at - 1;
    while (before > from && before >= at - MAX_SEPARATOR_CHARS && !isAlphanumeric(text.charCodeAt(before))) before--;
    if (isLetter(text.charCodeAt(before)) && isLetter(text.charCodeAt(before - 1))) return true;
  }
  return false;
}

function isAlphanumeric(code: number): boolean {
  return isDigit(code) || isLetter(code);
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

/** "DE89 3704 0044", "DE 89 3704", "gb82 WEST 1234". */
function joinsIban(text: string, from: number, word: number, at: number): number {
  if (at - word > MAX_WORD_CHARS || !isSpace(text.charCodeAt(at)) || at === word) return 0;
  const last = text.slice(word, at);
  if (from >= 0) return NEXT_WORD.test(last) ? DIGIT | caseOf(text, from) : 0;
  if (last.length === 2) return COUNTRY.test(last) && LENGTHS[last] !== undefined ? DIGIT : 0;
  const country = FIRST_WORD.exec(last)?.[1];
  return country !== undefined && LENGTHS[country.toUpperCase()] !== undefined ? DIGIT | caseOf(country, 0) : 0;
}

/** Letters that go on are of the same case. */
function caseOf(text: string, at: number): number {
  return /[a-z]/.test(text[at]!) ? LOWER : UPPER;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0xa0 || code === 0x2007 || code === 0x2009 || code === 0x202f;
}

/** End of the account number that starts here, or -1. */
function ibanEnd(text: string, start: number): number {
  const length = LENGTHS[text.slice(start, start + 2).toUpperCase()];
  if (length === undefined) return -1;
  let compact = '';
  let gap = 0;
  let at = start;
  for (; compact.length < length; at++) {
    const character = text[at];
    if (character === undefined) return -1;
    if (/[A-Za-z0-9]/.test(character)) {
      compact += character;
      gap = 0;
    } else if (!SEPARATOR.test(character) || ++gap > MAX_SEPARATOR_CHARS) return -1;
  }
  return !/[A-Za-z0-9]/.test(text[at] ?? ' ') && passesMod97(compact.toUpperCase()) ? at : -1;
}
