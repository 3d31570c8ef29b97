/** US social security numbers, and the taxpayer numbers (ITIN) that share their form. */
import type { Candidate } from '../../detector.ts';
import { defineDetector, digitsOf } from '../../detector.ts';
import type { DigitGroup, NumberRun } from '../../number-runs.ts';
import { beginsAt, endsAt } from '../../number-runs.ts';

type Entity = 'US_SSN' | 'US_ITIN';

const DIGITS = 9;

export const usSsn = defineDetector({
  name: 'us-ssn',
  group: 'pii',
  entities: ['US_SSN', 'US_ITIN'],
  gates: [{ digits: DIGITS }],
  context: {
    words:
      /(?:^|[^a-z])(?:ssns?|itin|tin|social security|soc\.? ?sec|social|taxpayer|seguro social|seguridad social)(?![a-z])/i,
    keys: /(?:^|_)(?:ssn|itin|social_?security(?:_?(?:number|no|num))?|taxpayer_?id|tax_?id)(?:_|$)/,
  },
  normalise: digitsOf,
  find(text, _, window) {
    return window.numbers.flatMap((run) => numbersIn(text, run));
  },
});

function numbersIn(text: string, run: NumberRun): Candidate<Entity>[] {
  const found: Candidate<Entity>[] = [];
  for (let index = 0; index < run.groups.length; index++) {
    const length = formLength(run, index);
    if (length === 0 || !beginsAt(run, index) || !endsAt(run, index + length - 1)) continue;
    const start = run.groups[index]!.start;
    const end = run.groups[index + length - 1]!.end;
    if (/(?:\w-|\d\.|\+)$/.test(text.slice(Math.max(0, start - 2), start))) continue;
    const { type, valid } = classify(digitsOf(text.slice(start, end)));
    found.push({ start, end, type, score: valid ? formScore(run, index, length) : 0.2 });
    index += length - 1;
  }
  return found;
}

/** Groups of the form that starts here: three for 3-2-4, one for nine bare digits, nine for digits written one by one, else none. */
function formLength({ groups }: NumberRun, index: number): number {
  const [area, middle, serial] = [groups[index]!, groups[index + 1], groups[index + 2]];
  if (area.digits.length === 9) return 1;
  if (isSpelled(groups, index)) return DIGITS;
  if (area.digits.length !== 3 || middle?.digits.length !== 2 || serial?.digits.length !== 4) return 0;
  return middle.separator === serial.separator && /^(?:-|[ \u00a0]|\.| - )$/.test(middle.separator) ? 3 : 0;
}

function isSpelled(groups: readonly DigitGroup[], index: number): boolean {
  if (groups.length < index + DIGITS || groups[index]!.digits.length !== 1) return false;
  const { separator } = groups[index + 1]!;
  for (let at = index + 1; at < index + DIGITS; at++) {
    if (groups[at]!.digits.length !== 1 || groups[at]!.separator !== separator) return false;
  }
  return groups[index + DIGITS]?.separator !== separator;
}

/** Dashes are the agency's own form; spaces and dots are used by other numbers as well. */
function formScore({ groups }: NumberRun, index: number, length: number): number {
  if (length !== 3) return 0.3;
  return groups[index + 1]!.separator.includes('-') ? 0.85 : groups[index + 1]!.separator === '.' ? 0.3 : 0.5;
}

/**
 * The ranges the agencies give out: no area 000, 666 or above 899, no group 00, no serial 0000 (SSA, 2011); an ITIN has
 * area 9xx and group 50-65, 70-88, 90-92 or 94-99 (IRS). A number out of range needs a word that says what it is.
 */
function classify(digits: string): { type: Entity; valid: boolean } {
  const [area, group, serial] = [Number(digits.slice(0, 3)), Number(digits.slice(3, 5)), Number(digits.slice(5))];
  if (area >= 900) return { type: 'US_ITIN', valid: group >= 50 && ![66, 67, 68, 69, 89, 93].includes(group) };
  return { type: 'US_SSN', valid: area !== 0 && area !== 666 && group !== 0 && serial !== 0 };
}
