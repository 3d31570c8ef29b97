/**
 * Phone numbers: international (`+`, `00`), North American in its usual forms, and national with a leading zero. Other digits
 * count only beside a word or key that says phone.
 */
import { DIGIT, isDigit, LOWER } from '../../characters.ts';
import type { Candidate, ValueContext } from '../../detector.ts';
import { ACCEPT_SCORE, CERTAIN_SCORE, defineDetector, digitsOf } from '../../detector.ts';
import type { NumberRun } from '../../number-runs.ts';
import { dialledLength } from './calling-codes.ts';

const EXTENSION = /^(?: ?(?:x|extn?\.?:?|extension|доб\.?|poste|anexo|durchwahl) ?)\d{1,6}(?!\w)/i;
const MIN_DIGITS = 7;
/** A country's code and groups of digits, one digit too few. */
const MISTYPED = 0.55;
const MAX_NUMBER_CHARS = 16;
const NUMBER_SEPARATORS = ' ().-/';
const MAX_EXTENSION_CHARS = 20;
/** What a number is for, directly behind it. */
const SUFFIX = /^ ?[-(]? ?(?:office|fax|home|mobile|work|cell|desk|tel|phone|direct)\b/i;
/** Also the end of one behind a running number: `0932/01/2026`. */
const MAX_DATE_CHARS = 16;
const DATE =
  /^(?:\d{1,5}\/\d{1,2}\/(?:19|20)\d{2}|\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d{2})(?!\d)/;

const WORDS =
  '(?:tele|cell|mobile)?phones?|(?:my|your|his|her|our|their) (?:new )?number|telephone|tel|cell|mobile|mobil|handy|call(?:ed|ing|s| me)?|fax|sms|whatsapp|signal|viber|telegram|hotline|helpline|voicemail|dial|text(?:ed|ing|s)?|contact(?:ed)?|ring|rang|reach(?:ed)?|answer(?:s|ed|ing)?|pick(?:s|ed)? up|messages? (?:to|on|at|from)|telefon(?:nummer|szám|u|em)?|tel[eé]fonos?|t[eé]l|t[eé]l[eé]phone|telefones?|celular|cel|m[oó]vil|m[oó]viles|cellulare|portable|kontakt(?:owy)?|numer|kom(?:[oó]rka)?|rufnummer|mobilnummer|puhelin|puhelinnumero|telefoon(?:nummer)?|gsm|nomor|hp|điện thoại|sđt|телефон[уа]?|тел|моб|звоните|τηλ(?:έφωνο)?';
const CONTEXT: ValueContext = {
  words: new RegExp(`(?:^|[^a-zà-ž])(?:${WORDS})(?![a-zà-ž])`, 'i'),
  keys: /(?:^|_)(?:(?:tele|cell|mobile_?)?phone|telephone|tel|mobile|cell|fax|msisdn|whatsapp|telefono?|handynummer|rufnummer|celular|movil)(?:_?(?:number|no|num))?(?:_|$)/,
};
/** What else has a number that one may call about. */
const OTHER_NUMBERS =
  '(?:orders?|tickets?|cases?|invoices?|items?|ref(?:erence)?|sku|tracking|bookings?|reservations?|accounts?|claims?|id)(?![a-z])';
/** For digits that only their context makes a phone number: the word stands in the same clause, with no other number between. */
const NEAR_CONTEXT: ValueContext = {
  words: new RegExp(
    `(?:^|[^a-zà-ž])(?:${WORDS}|电话|手机|電話|携帯|전화|휴대폰)(?![a-zà-ž])(?:(?!${OTHER_NUMBERS})[^{}[\\]\\d;|]){0,40}\\+?$`,
    'i',
  ),
  keys: CONTEXT.keys,
};

export const phone = defineDetector({
  name: 'phone',
  group: 'pii',
  entities: ['PHONE_NUMBER'],
  gates: [{ digits: 7 }],
  context: CONTEXT,
  phrase: { opens: [{ kinds: DIGIT, next: LOWER }], joins: joinsExtension },
  normalise: (value) => digitsOf(value.replace(EXTENSION, '')),
  find(text, from, window) {
    return window.numbers.flatMap((run) => phonesIn(text, run, from));
  },
});

interface Form {
  /** Index of the last group. */
  readonly last: number;
  readonly score: number;
}

function phonesIn(text: string, run: NumberRun, from: number): Candidate<'PHONE_NUMBER'>[] {
  const found: Candidate<'PHONE_NUMBER'>[] = [];
  for (let index = 0; index < run.groups.length; index++) {
    const start = numberStart(text, run.groups[index]!.start, from);
    const form = mayBegin(text, start) ? formFrom(text, run, index, start) : undefined;
    if (form === undefined || !isFreeBehind(text, run, form)) continue;
    const { end } = run.groups[form.last]!;
    const score = SUFFIX.test(text.slice(end, end + MAX_EXTENSION_CHARS)) ? form.score + 0.3 : form.score;
    const context = score < ACCEPT_SCORE ? NEAR_CONTEXT : CONTEXT;
    found.push({ start, end: numberEnd(text, end), type: 'PHONE_NUMBER', score, context });
    index = form.last;
  }
  return found;
}

/** The `+` or `(` that belongs to a number, if there is one. */
function numberStart(text: string, digits: number, from: number): number {
  const before = /(?:\+ ?\(?|\()$/.exec(text.slice(Math.max(from, digits - 3), digits));
  return before === null ? digits : digits - before[0].length;
}

/** Behind a sign of money it is a sum. */
function mayBegin(text: string, start: number): boolean {
  return !/(?:[\w+@#\\$€£¥₹]|[\w)][./-])$/.test(text.slice(Math.max(0, start - 2), start));
}

/** Groups behind two letters and two digits are an IBAN's, even where its checksum is wrong. */
function isInAccountNumber(text: string, start: number): boolean {
  return /(?:^|[^A-Za-z0-9])[A-Z]{2}\d{2} (?:[A-Z0-9]{1,4} ){0,7}$/.test(text.slice(Math.max(0, start - 44), start));
}

/** A letter directly behind the digits makes them something else, but for an extension and for a form that is certain. */
function isFreeBehind(text: string, run: NumberRun, { last, score }: Form): boolean {
  if (last < run.groups.length - 1 || run.freeAfter || score >= CERTAIN_SCORE) return true;
  return EXTENSION.test(text.slice(run.groups[last]!.end, run.groups[last]!.end + MAX_EXTENSION_CHARS));
}

function numberEnd(text: string, end: number): number {
  return end + (EXTENSION.exec(text.slice(end, end + MAX_EXTENSION_CHARS))?.[0].length ?? 0);
}

function formFrom(text: string, run: NumberRun, first: number, start: number): Form | undefined {
  const digits = run.groups[first]!.start;
  if (text[start] === '+') return international(run, first, 0, 0.9);
  if (DATE.test(text.slice(digits, digits + MAX_DATE_CHARS)) || isInAccountNumber(text, start)) return undefined;
  const opened = text[start] === '(';
  return (
    northAmerican(text, run, first, opened) ??
    (run.groups[first]!.digits.startsWith('00')
      ? international(run, first, 2, isBare(run, first) ? 0.4 : 0.6)
      : undefined) ??
    mobile(run, first) ??
    national(text, run, first, opened) ??
    bracketed(text, run, first, opened) ??
    threeThreeTwoTwo(run, first) ??
    anyDigits(text, run, first)
  );
}

function isBare(run: NumberRun, first: number): boolean {
  return run.groups[first]!.digits.length > 6;
}

/** `+` or `00`, a calling code and as many digits as its numbers have. */
function international(run: NumberRun, first: number, skip: number, score: number): Form | undefined {
  const compact = run.groups
    .slice(first, first + 8)
    .map((group) => group.digits)
    .join('')
    .slice(skip);
  const length = dialledLength(compact);
  if (length === undefined) return undefined;
  const last = lastWithin(run, first, length.most + skip + (hasTrunkZero(run, first) ? 1 : 0));
  if (!isFreeAfter(run, last)) return undefined;
  const missing = length.least - (digitCount(run, first, last) - skip);
  if (missing <= 0) return { last, score };
  // A digit was left out of a number that is written as one.
  return missing === 1 && skip === 0 && last - first > 1 ? { last, score: MISTYPED } : undefined;
}

/** `+44 (0)20 ...`: the zero is written and not dialled. */
function hasTrunkZero(run: NumberRun, first: number): boolean {
  return run.groups[first + 1]?.separator.endsWith('(') === true && run.groups[first + 1]?.digits === '0';
}

/** 3-3-4, with or without a leading 1. */
function northAmerican(text: string, run: NumberRun, first: number, opened: boolean): Form | undefined {
  const area = ['1', '001'].includes(run.groups[first]!.digits) ? first + 1 : first;
  const [a, b, c] = [run.groups[area], run.groups[area + 1], run.groups[area + 2]];
  if (a?.digits.length !== 3 || b?.digits.length !== 3 || c?.digits.length !== 4) return undefined;
  if (!isFreeAfter(run, area + 2)) return undefined;
  const enclosed = (opened || a.separator.includes('(')) && text[a.end] === ')';
  if (enclosed || area > first) return { last: area + 2, score: 0.8 };
  const uniform = b.separator === c.separator && /^[ .-]$/.test(b.separator);
  if (!uniform) return undefined;
  return { last: area + 2, score: b.separator === ' ' ? 0.5 : 0.7 };
}

/**
 * A trunk zero and a mobile network without a separator, as they are typed: no count and hardly an id begins with a zero. Eleven digits in
 * the United Kingdom, Japan, Korea, the Philippines, Türkiye and Bangladesh; ten in most other countries.
 */
const MOBILE = /^0(?:(?:7[1-9]|9\d|[78]0|1[0136-9]|5\d)\d{8}|[4-9]\d{8})$/;

function mobile(run: NumberRun, first: number): Form | undefined {
  const isMobile = run.groups.length === 1 && MOBILE.test(run.groups[first]!.digits);
  return isMobile ? { last: first, score: ACCEPT_SCORE } : undefined;
}

/** A trunk zero, then eight to eleven digits, with at least one separator. */
function national(text: string, run: NumberRun, first: number, opened: boolean): Form | undefined {
  const group = run.groups[first]!;
  const isTrunk = group.digits === '0' && run.groups[first + 1]?.separator === ' (';
  if ((!/^0[1-9]/.test(group.digits) && !isTrunk) || group.digits.length > 6) return undefined;
  const last = lastWithin(run, first, 11);
  const count = digitCount(run, first, last);
  const plausible =
    last > first && count >= 9 && isFreeAfter(run, last) && !/^:\d/.test(text.slice(run.groups[last]!.end));
  const dotted = run.groups[first + 1]?.separator === '.';
  return plausible ? { last, score: opened ? 0.7 : dotted && last - first < 4 ? 0.4 : 0.6 } : undefined;
}

/** "(11) 96123-4567": an area code in brackets, then one or two groups of three to five digits. */
function bracketed(text: string, run: NumberRun, first: number, opened: boolean): Form | undefined {
  const [area, a, b] = [run.groups[first]!, run.groups[first + 1], run.groups[first + 2]];
  if (!opened || text[area.end] !== ')' || area.digits.length < 2 || area.digits.length > 4) return undefined;
  if (a === undefined || !/^\) ?$/.test(a.separator) || a.digits.length < 3 || a.digits.length > 5) return undefined;
  const isTwo = b !== undefined && /^[ -]$/.test(b.separator) && b.digits.length >= 3 && b.digits.length <= 4;
  const last = isTwo ? first + 2 : first + 1;
  if (digitCount(run, first, last) < 7 || !isFreeAfter(run, last)) return undefined;
  const isYear = /^(?:19|20)\d\d$/.test(area.digits);
  return { last, score: isTwo && !isYear && b.separator === '-' ? 0.6 : 0.3 };
}

/** "532 123 45 67": how mobile numbers are written in Turkey and Eastern Europe. */
function threeThreeTwoTwo(run: NumberRun, first: number): Form | undefined {
  const groups = run.groups.slice(first, first + 4);
  if (groups.map(({ digits }) => digits.length).join('') !== '3322' || !isFreeAfter(run, first + 3)) return undefined;
  const [middle, third, last] = groups.slice(1).map(({ separator }) => separator);
  return / |-/.test(middle!) && third === last && /^[ -]$/.test(third!) ? { last: first + 3, score: 0.5 } : undefined;
}

/** Anything of a phone number's length, for a text that says what it is. */
function anyDigits(text: string, run: NumberRun, first: number): Form | undefined {
  const last = lastWithin(run, first, 13);
  const count = last < first ? 0 : digitCount(run, first, last);
  const next = last < first ? '' : text.slice(run.groups[last]!.end, run.groups[last]!.end + 1);
  return count >= 7 && isFreeAfter(run, last) && !/[:%$€]/.test(next) ? { last, score: 0.25 } : undefined;
}

/** The last group so that no more than `limit` digits are taken; below `first` when even one group is too long. */
function lastWithin(run: NumberRun, first: number, limit: number): number {
  let count = 0;
  let index = first;
  for (; index < run.groups.length; index++) {
    count += run.groups[index]!.digits.length;
    if (count > limit) break;
  }
  return index - 1;
}

function digitCount(run: NumberRun, first: number, last: number): number {
  let count = 0;
  for (let index = first; index <= last; index++) count += run.groups[index]!.digits.length;
  return count;
}

function isFreeAfter(run: NumberRun, last: number): boolean {
  const next = run.groups[last + 1];
  if (next === undefined) return true;
  return /^(?:[ \u00a0]|\)? |\/)/.test(next.separator);
}

/** "555-0123 ext. 45": a word between a number and its extension. */
function joinsExtension(text: string, from: number, word: number, at: number): number {
  if (text.charCodeAt(at) !== 0x20 || at === word) return 0;
  if (from >= 0)
    return /^(?:x|extn?\.?:?|extension|доб\.?|poste|anexo|durchwahl)$/i.test(text.slice(word, at)) ? DIGIT : 0;
  return isDigit(text.charCodeAt(at - 1)) && digitsBefore(text, at) >= MIN_DIGITS ? LOWER : 0;
}

/** Digits of the number that ends here, as far as one looks. */
function digitsBefore(text: string, at: number): number {
  let count = 0;
  for (let place = at - 1; place >= at - MAX_NUMBER_CHARS && place >= 0; place--) {
    if (isDigit(text.charCodeAt(place))) count++;
    else if (!NUMBER_SEPARATORS.includes(text[place]!)) break;
  }
  return count;
}
