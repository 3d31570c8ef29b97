/** Postcodes: by their label or key, behind a US state, and in the forms of the United Kingdom and Canada. */
import { DIGIT, isDigit, isWord, UPPER } from '../../characters.ts';
import type { Candidate, Keywords } from '../../detector.ts';
import { defineDetector, LEFT_CONTEXT_CHARS } from '../../detector.ts';
import { UK_AREAS, US_STATES } from './street-words.ts';

const FREE = '(?<![\\w@/.-])';
const END = '(?![\\w@%]|[./-]\\w)';
const LABEL =
  /(?:\bzip(?:[ _-]?code)?|post[ _-]?code|postal[ _-]?code|postleitzahl|\bplz|code postal|c[oó]digo postal|\bc\.?p\.|\bcep|\bcap|postcode|kod pocztowy|postnummer|postinumero|ps[cč]|ir[aá]ny[ií]t[oó]sz[aá]m|индекс|邮编|邮政编码|郵便番号|우편번호)["']?(?:[\s:=#"'(]{1,5}|\s(?:is|was|of|ist|est|es|[eè]|to)\s)$/i;
const BEHIND_STATE = new RegExp(`[A-Za-z.]{2},? (?:${[...US_STATES].join('|')}),? {1,2}$`);
/** Royal Mail's letters of the inward code leave out C, I, K, M, O and V. */
const UK = new RegExp(
  `${FREE}(?:(?:${UK_AREAS})\\d[A-Z\\d]?|[BEGLMNSW]\\d[A-Z\\d]?) \\d[ABD-HJLNP-UW-Z]{2}${END}`,
  'g',
);
const CANADIAN = new RegExp(`${FREE}[ABCEGHJ-NPRSTVXY]\\d[ABCEGHJ-NPRSTV-Z] ?\\d[ABCEGHJ-NPRSTV-Z]\\d${END}`, 'g');
const ANY = new RegExp(
  `${FREE}(?:\\d{5}(?:-\\d{4})?|\\d{4}(?: ?[A-Z]{2})?|\\d{2}-\\d{3}|\\d{3} \\d{2}|\\d{3}-\\d{4}|\\d{5}-\\d{3}|\\d{6}|[A-Z]{1,2}\\d[A-Z\\d]? ?\\d[A-Z]{2}|[A-Z]\\d[A-Z] ?\\d[A-Z]\\d)${END}`,
  'gi',
);
/** The first half of a British or Canadian code. */
const FIRST_HALF = new RegExp(`^[("]?(?:(?:${UK_AREAS}|[BEGLMNSW])\\d[A-Z\\d]?|[A-Z]\\d[A-Z])$`);

/** Parts of the labels above, one of which is in each. */
const LABEL_PARTS: Keywords = {
  words: [
    'zip',
    'post',
    'plz',
    'postal',
    'cep',
    'cap',
    'kod',
    'c.p',
    'cp.',
    'psč',
    'psc',
    'irány',
    'irany',
    'индекс',
    '邮',
    '郵',
    '우편',
  ],
  reach: LEFT_CONTEXT_CHARS,
};

const KEYED = 0.8;
const context = {
  words:
    /(?:^|[^a-z])(?:post ?code|postal|address|street|road|lane|avenue|london|live[sd]? (?:in|at)|resid(?:ing|es?)|ship(?:ping)?|deliver(?:y|ed)?|uk|england|scotland|wales|canada|ontario|toronto)(?![a-z])/i,
  keys: /(?:^|_)(?:zip(?:_?code)?|post(?:al)?_?code|plz|postleitzahl|code_postal|codigo_postal|cep|kod_pocztowy|postnummer)$/,
};

export const postalCode = defineDetector({
  name: 'postal-code',
  group: 'pii',
  entities: ['POSTAL_CODE'],
  gates: [
    { digits: 2, length: 4, near: LABEL_PARTS },
    { kinds: UPPER, digits: 2, length: 6 },
    { digits: 5, length: 5 },
  ],
  context,
  phrase: {
    opens: [{ kinds: DIGIT | UPPER, next: DIGIT }],
    joins: (text, from, word, at) =>
      from < 0 && at - word < 8 && text.charCodeAt(at) === 0x20 && FIRST_HALF.test(text.slice(word, at)) ? DIGIT : 0,
  },
  normalise: (value) => value.replace(/[ -]/g, '').toUpperCase(),
  find(text, from, window) {
    if (!mayHoldCode(text, from)) return [];
    const score: Score = window.isKey(context) ? () => KEYED : anyScore;
    return [
      ...codes(UK, text, from, ukScore),
      ...codes(CANADIAN, text, from, canadianScore),
      ...codes(ANY, text, from, score),
    ];
  },
});

/** A cheap look: four digits together, or two pieces of a code side by side. */
function mayHoldCode(text: string, from: number): boolean {
  let run = 0;
  for (let at = from; at < text.length; at++) {
    if (!isDigit(text.charCodeAt(at))) {
      run = 0;
      continue;
    }
    if (++run === 4) return true;
    const before = text.charCodeAt(at - 1);
    if (
      at > from &&
      run === 1 &&
      (isLetter(before) || ((before === 0x20 || before === 0x2d) && isWord(text.charCodeAt(at - 2))))
    )
      return true;
  }
  return false;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

type Score = (value: string, before: string) => number;

function codes(pattern: RegExp, text: string, from: number, score: Score): Candidate<'POSTAL_CODE'>[] {
  const found: Candidate<'POSTAL_CODE'>[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const before = text.slice(Math.max(0, match.index - LEFT_CONTEXT_CHARS), match.index);
    const points = score(match[0], before);
    if (points > 0)
      found.push({ start: match.index, end: match.index + match[0].length, type: 'POSTAL_CODE', score: points });
  }
  return found;
}

/** "M1 8GB" is also a size of memory. */
function ukScore(value: string): number {
  return /^[A-Z]{2}/.test(value) && !/[GTMK]B$/.test(value) ? 0.6 : 0.3;
}

function canadianScore(value: string): number {
  return value.includes(' ') ? 0.55 : 0.2;
}

function anyScore(value: string, before: string): number {
  if (LABEL.test(before)) return 0.8;
  return /^\d{5}(?:-\d{4})?$/.test(value) && BEHIND_STATE.test(before) ? 0.75 : 0;
}
