/**
 * Phone numbers: international (`+`, `00`), North American in its usual forms, and national with a leading zero. Other digits
 * count only beside a word or key that says phone.
 */
import { DIGIT } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { CERTAIN_SCORE, defineDetector, digitsOf } from '../../detector.ts';
import type { NumberRun } from '../../number-runs.ts';
import { NUMBER_TRACE, numberRuns } from '../../number-runs.ts';

/** ITU-T E.164 country codes; one and two digits name whole zones of assigned codes. */
const COUNTRY_CODE =
  /^(?:1|7|2[07]|3[0123469]|4[013456789]|5[12345678]|6[0123456]|8[1246]|9[0123458]|2[1-69]\d|3[578]\d|42\d|50\d|59\d|6[789]\d|8[0578]\d|9[679]\d)/;
const EXTENSION = /^ ?(?:x|ext\.?:?) ?\d{1,6}(?!\w)/i;
const DATE = /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d{2})(?!\d)/;

export const phone = defineDetector({
  name: 'phone',
  group: 'pii',
  entities: ['PHONE_NUMBER'],
  needs: { kinds: DIGIT, digits: 7, length: 7 },
  trace: NUMBER_TRACE,
  context: {
    words:
      /(?:^|[^a-z])(?:(?:tele|cell|mobile)?phones?|telephone|tel|cell|mobile|mobil|handy|call(?:ed|ing|s| me)?|fax|sms|whatsapp|hotline|dial|text me|contact|ring|reach|telefon|telefono|tel[eé]fono|t[eé]l[eé]phone|telefone|celular|m[oó]vil|kontakt|numer|телефон)(?![a-z])/i,
    keys: /(?:^|_)(?:(?:tele|cell|mobile_?)?phone|telephone|tel|mobile|cell|fax|msisdn|whatsapp)(?:_?(?:number|no|num))?(?:_|$)/,
  },
  normalise: (value) => digitsOf(value.replace(EXTENSION, '')),
  find(text, from) {
    return numberRuns(text, from).flatMap((run) => phonesIn(text, run, from));
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
    found.push({ start, end: numberEnd(text, run.groups[form.last]!.end), type: 'PHONE_NUMBER', score: form.score });
    index = form.last;
  }
  return found;
}

/** The `+` or `(` that belongs to a number, if there is one. */
function numberStart(text: string, digits: number, from: number): number {
  const before = /(?:\+ ?\(?|\()$/.exec(text.slice(Math.max(from, digits - 3), digits));
  return before === null ? digits : digits - before[0].length;
}

function mayBegin(text: string, start: number): boolean {
  return !/(?:[\w+@#\\]|[\w)][./-])$/.test(text.slice(Math.max(0, start - 2), start));
}

/** A letter directly behind the digits makes them something else, but for an extension and for a form that is certain. */
function isFreeBehind(text: string, run: NumberRun, { last, score }: Form): boolean {
  if (last < run.groups.length - 1 || run.freeAfter || score >= CERTAIN_SCORE) return true;
  return EXTENSION.test(text.slice(run.groups[last]!.end, run.groups[last]!.end + 12));
}

function numberEnd(text: string, end: number): number {
  return end + (EXTENSION.exec(text.slice(end, end + 12))?.[0].length ?? 0);
}

function formFrom(text: string, run: NumberRun, first: number, start: number): Form | undefined {
  const digits = run.groups[first]!.start;
  if (text[start] === '+') return international(run, first, 0, 0.9);
  if (DATE.test(text.slice(digits, digits + 11))) return undefined;
  const opened = text[start] === '(';
  return (
    northAmerican(text, run, first, opened) ??
    (run.groups[first]!.digits.startsWith('00')
      ? international(run, first, 2, isBare(run, first) ? 0.4 : 0.6)
      : undefined) ??
    national(text, run, first, opened) ??
    anyDigits(text, run, first)
  );
}

function isBare(run: NumberRun, first: number): boolean {
  return run.groups[first]!.digits.length > 6;
}

/** `+` or `00`, a country code and 7 to 15 digits in all. Country 1 has eleven. */
function international(run: NumberRun, first: number, skip: number, score: number): Form | undefined {
  const compact = run.groups
    .slice(first, first + 8)
    .map((group) => group.digits)
    .join('')
    .slice(skip);
  if (!COUNTRY_CODE.test(compact)) return undefined;
  const limit = compact.startsWith('1') ? 11 : isBare(run, first) ? 15 : 13;
  const last = lastWithin(run, first, limit + skip + (hasTrunkZero(run, first) ? 1 : 0));
  const count = digitCount(run, first, last) - skip;
  const least = compact.startsWith('1') ? 11 : 7;
  return count >= least && isFreeAfter(run, last) ? { last, score } : undefined;
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

/** A trunk zero, then eight to eleven digits, with at least one separator. */
function national(text: string, run: NumberRun, first: number, opened: boolean): Form | undefined {
  const group = run.groups[first]!;
  if (!/^0[1-9]/.test(group.digits) || group.digits.length > 6) return undefined;
  const last = lastWithin(run, first, 11);
  const count = digitCount(run, first, last);
  const plausible =
    last > first && count >= 9 && isFreeAfter(run, last) && !/^:\d/.test(text.slice(run.groups[last]!.end));
  const dotted = run.groups[first + 1]?.separator === '.';
  return plausible ? { last, score: opened ? 0.7 : dotted && last - first < 4 ? 0.4 : 0.6 } : undefined;
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
