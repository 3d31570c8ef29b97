/** What is taken as a value behind a name: letters and digits with at least three digits, as documents are numbered. */
import { isDigit } from '../../characters.ts';
import type { Label, Names } from './names.ts';
import { isConnector } from './names.ts';
import type { Atom } from './written-number.ts';
import { mayEnd } from './written-number.ts';

export interface LabelledValue {
  readonly end: number;
  /** Letters and at least five digits: what is taken behind a name that other things share. */
  readonly isCode: boolean;
  /** `MRN-1234567` names itself. */
  readonly ownLabel: Label | undefined;
}

const MIN_CHARS = 5;
const MAX_CHARS = 20;
const MIN_DIGITS = 3;
/** Groups that a space joins are short: "AB 123456", "1234 567 890". */
const MAX_GROUP_CHARS = 4;
const MAX_LAST_GROUP_CHARS = 7;
/** What is longer with its separators has too many characters. */
const MAX_WRITTEN_CHARS = 40;
/** Five digits with no more than a character between, three behind letters, or letters and digits by turns. */
const NUMBERED =
  /\d(?:[A-Za-z ./:(\u00a0\u2007\u2009\u202f\u2010-\u2013-]?\d){4}|[A-Za-z]{2}[ -]?\d{3}|\d[A-Za-z][A-Za-z\d]\d|[A-Z]{2}\d{2}[ -]?[A-Z]{3}/;
const DATE_OR_TIME =
  /^(?:\d{4}[-./]\d{1,2}(?:[-./]\d{1,2})?|\d{1,2}[-./]\d{1,2}[-./](?:\d{2}|\d{4})|\d{1,2}:\d\d(?::\d\d)?|(?:\d{1,3}\.){3}\d{1,3})(?!\d|[-./]\d)/;

/** Digits as a scanner reads them: l for 1, O for 0. */
const READ_BY_SCANNER = /^(?=(?:[A-Za-z]{0,8}\d){3})[\dlIOoSB]{8,14}$/;

/** The value that starts with this atom, if a name before would make it one. `spelled`: the last of digits written one by one. */
export function labelledValueAt(
  text: string,
  atoms: readonly Atom[],
  first: number,
  spelled: number,
  names: Names,
): LabelledValue | undefined {
  const { start, end: firstEnd, digits: firstDigits } = atoms[first]!;
  if (firstDigits === 0 && (firstEnd - start > 5 || isConnector(text.slice(start, firstEnd).toLowerCase()))) {
    return undefined;
  }
  const end = spelled < 0 ? valueEnd(text, atoms, first) : atoms[spelled]!.end;
  const value = text.slice(start, end);
  if (!mayEnd(text, end) || !isValue(value)) return undefined;
  const digits = countDigits(value);
  return { end, isCode: digits >= 5 && /[A-Za-z]/.test(value), ownLabel: ownLabel(value, names) };
}

function valueEnd(text: string, atoms: readonly Atom[], first: number): number {
  const { start } = atoms[first]!;
  let last = first;
  let hasLongGroup = false;
  for (let next = atoms[first + 1]; next !== undefined; next = atoms[last + 1]) {
    const group = atoms[last]!;
    hasLongGroup ||= group.end - group.start > MAX_GROUP_CHARS;
    const joined = next.separator === ' ' ? !hasLongGroup && goesOn(text, group, next) : isMark(next.separator);
    if (!joined || next.shape === '') break;
    last++;
    if (next.end - start > MAX_WRITTEN_CHARS) break;
  }
  return atoms[last]!.end;
}

function isMark(separator: string): boolean {
  return separator !== '' && separator !== '(';
}

/** Whether a group goes on behind a space. */
function goesOn(text: string, group: Atom, next: Atom): boolean {
  if (next.digits !== next.end - next.start || next.digits > MAX_LAST_GROUP_CHARS) return false;
  return /^(?:9+|A{1,4}9?)$/.test(group.shape) && !/[a-z]/.test(text.slice(group.start, group.end));
}

function isValue(value: string): boolean {
  const digits = countDigits(value);
  if (digits < MIN_DIGITS) return false;
  const chars = value.replace(/[^A-Za-z0-9]/g, '');
  if (chars.length < MIN_CHARS || chars.length > MAX_CHARS) return false;
  // With small letters it is a word with a number unless nearly all of it is digits.
  if (/[a-z]/.test(chars) && (digits < 5 || chars.length - digits > 4)) return READ_BY_SCANNER.test(chars);
  return NUMBERED.test(value) && !DATE_OR_TIME.test(value);
}

function countDigits(value: string): number {
  let count = 0;
  for (let at = 0; at < value.length; at++) if (isDigit(value.charCodeAt(at))) count++;
  return count;
}

/** `MRN-1234567`, `DL-L3447712`. Where other things share the name, letters must follow. */
function ownLabel(value: string, names: Names): Label | undefined {
  const [, word, letters] = /^([A-Z]{2,8})(?:[-#]?\d{5,}|-([A-Z]{1,2})\d{4,}(?:-\d{1,6})?)$/.exec(value) ?? [];
  const label = word === undefined ? undefined : names.labelOf(word.toLowerCase());
  // Where the number has check digits, a prefix is not enough to go without them.
  return label !== undefined && (letters !== undefined || !label.isWeak) && label.kind.forms === undefined
    ? label
    : undefined;
}
