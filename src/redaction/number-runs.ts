/** Reads runs of digit groups ("4111 1111 ...", "(555) 123-4567") for the detectors of numbers. Knows no kind of number. */
import { isDigit, isWord } from './characters.ts';

export interface DigitGroup {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  /** What stands between the group before and this one; empty for the first. */
  readonly separator: string;
}

export interface NumberRun {
  readonly groups: readonly DigitGroup[];
  /** Neither a letter, a digit nor `_` stands directly before the first group (or its `+` or `(`). */
  readonly freeBefore: boolean;
  /** Neither a letter nor `_` stands directly behind the last group. */
  readonly freeAfter: boolean;
}

const SEPARATOR_CHARS = ' ().-/\u00a0';
/** ") - " is the longest separator that numbers are written with. */
const MAX_SEPARATOR_CHARS = 3;

/**
 * All runs of so many digits or more whose first digit stands at `from` or later. Groups of one run are at most three separator
 * characters apart.
 */
export function numberRuns(text: string, from: number, minDigits: number): NumberRun[] {
  const runs: NumberRun[] = [];
  let at = from;
  // A number that began before the window belongs to the window before.
  if (from > 0 && isDigit(text.charCodeAt(from - 1))) at = skipDigits(text, from);
  while (at < text.length) {
    if (!isDigit(text.charCodeAt(at))) {
      at++;
      continue;
    }
    const start = at;
    let digits = 0;
    for (let next = at; next >= 0; next = nextGroup(text, at)) {
      at = skipDigits(text, next);
      digits += at - next;
    }
    if (digits < minDigits) continue;
    const groups = readGroups(text, start);
    runs.push({ groups, freeBefore: isFree(text, start - 1), freeAfter: isFree(text, at) });
  }
  return runs;
}

function readGroups(text: string, from: number): DigitGroup[] {
  const groups: DigitGroup[] = [];
  let start = from;
  let separator = '';
  while (start >= 0) {
    const end = skipDigits(text, start);
    groups.push({ start, end, digits: text.slice(start, end), separator });
    start = nextGroup(text, end);
    separator = start < 0 ? '' : text.slice(end, start);
  }
  return groups;
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length && isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** Where the next group of the same run starts, or -1. */
function nextGroup(text: string, from: number): number {
  for (let at = from; at <= from + MAX_SEPARATOR_CHARS && at < text.length; at++) {
    if (isDigit(text.charCodeAt(at))) return at;
    if (!SEPARATOR_CHARS.includes(text[at]!)) return -1;
  }
  return -1;
}

function isFree(text: string, at: number): boolean {
  return at < 0 || at >= text.length || !isWord(text.charCodeAt(at));
}

/** Whether a number may begin with this group: it is the first of a free run, or a space stands before it. */
export function beginsAt(run: NumberRun, index: number): boolean {
  return index === 0 ? run.freeBefore : endsInSpace(run.groups[index]!.separator);
}

/** Whether a number may end with this group: it is the last of a free run, or a space stands behind it. */
export function endsAt(run: NumberRun, index: number): boolean {
  const next = run.groups[index + 1];
  return next === undefined ? run.freeAfter : next.separator.startsWith(' ') || next.separator.startsWith('/');
}

function endsInSpace(separator: string): boolean {
  return /[ (]$/.test(separator);
}
