/** Payment card numbers: issuer range, length and Luhn checksum. */
import { passesLuhn } from '../../checksums.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector, digitsOf } from '../../detector.ts';
import type { DigitGroup, NumberRun } from '../../number-runs.ts';
import { beginsAt, endsAt } from '../../number-runs.ts';

const MAX_DIGITS = 19;
const MIN_DIGITS = 12;

/** Issuer ranges by leading digits, and the lengths they use (ISO/IEC 7812; the networks' published ranges). */
const ISSUERS: readonly { readonly prefix: RegExp; readonly lengths: readonly number[] }[] = [
  { prefix: /^4/, lengths: [16, 13, 19] },
  { prefix: /^(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720))/, lengths: [16] },
  { prefix: /^3[47]/, lengths: [15] },
  { prefix: /^(?:6011|64[4-9]|65)/, lengths: [16, 19, 18, 17] },
  { prefix: /^(?:30[0-5]|3095|36|3[89])/, lengths: [14, 16, 19] },
  { prefix: /^(?:352[89]|35[3-8])/, lengths: [16, 19] },
  { prefix: /^(?:2131|1800)/, lengths: [15] },
  { prefix: /^(?:62|81)/, lengths: [16, 17, 18, 19] },
  { prefix: /^220[0-4]/, lengths: [16, 19] },
  { prefix: /^(?:50|5[6-9]|6[0137])/, lengths: [16, 19, 18, 13, 15] },
  { prefix: /^(?:60|65|81|82|508)/, lengths: [16] },
];

export const paymentCard = defineDetector({
  name: 'payment-card',
  group: 'pii',
  entities: ['CREDIT_CARD'],
  gates: [{ digits: 12 }],
  context: {
    words:
      /(?:^|[^a-z])(?:credit|debit|cards?|visa|mastercard|maestro|amex|discover|cc|pan|kreditkarten?(?:nummer)?|kartennummer|karty?|tarjetas?|cart[aeã]o?|kaart(?:nummer)?|kort(?:nummer)?)(?![a-z])/i,
    keys: /(?:^|_)(?:cc|pan|(?:credit_|debit_|payment_)?card(?:_?(?:number|no|num))?|card_?number|ccnum(?:ber)?)$/,
  },
  normalise: digitsOf,
  find(text, _, window) {
    return window.numbers.flatMap((run) => cardsIn(text, run));
  },
});

function cardsIn(text: string, run: NumberRun): Candidate<'CREDIT_CARD'>[] {
  const found: Candidate<'CREDIT_CARD'>[] = [];
  for (let first = 0; first < run.groups.length; first++) {
    const card =
      !beginsAt(run, first) || isNumberPart(text, run.groups[first]!.start) ? undefined : cardFrom(run, first);
    if (card === undefined) continue;
    const { start } = run.groups[first]!;
    found.push({ start, end: run.groups[card.last]!.end, type: 'CREDIT_CARD', score: card.score });
    first = card.last;
  }
  return found;
}

/** The card number that begins with the group `first`: the index of its last group, and how sure its form is. */
function cardFrom(run: NumberRun, first: number): { last: number; score: number } | undefined {
  let digits = '';
  let other: { last: number; score: number } | undefined;
  for (let index = first; index < run.groups.length && digits.length < MAX_DIGITS; index++) {
    if (index > first && !continuesCard(run.groups, first, index)) break;
    digits += run.groups[index]!.digits;
    if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS || !endsAt(run, index)) continue;
    if (digits.length > MIN_DIGITS && isCardNumber(digits))
      return { last: index, score: index === first ? 0.75 : 0.95 };
    // Issuers not in the table, and the short numbers of old: the checksum alone says little.
    if (passesLuhn(digits) && !isRepeated(digits)) other = { last: index, score: 0.25 };
  }
  return other;
}

/** Cards are written in groups of three or more with one and the same separator; only the last may be shorter. */
function continuesCard(groups: readonly DigitGroup[], first: number, index: number): boolean {
  const { separator } = groups[index]!;
  if (groups[index - 1]!.digits.length < 3 || !/^[ \u00a0-]$/.test(separator)) return false;
  return index === first + 1 || separator === groups[first + 1]!.separator;
}

export function isCardNumber(digits: string): boolean {
  if (isRepeated(digits)) return false;
  return (
    ISSUERS.some(({ prefix, lengths }) => lengths.includes(digits.length) && prefix.test(digits)) && passesLuhn(digits)
  );
}

function isRepeated(digits: string): boolean {
  return /^(\d)\1+$/.test(digits);
}

/** Whether what stands before makes it the rest of a decimal number, a UUID or an international phone number. */
function isNumberPart(text: string, start: number): boolean {
  return /(?:\w-|\d\.|\+)$/.test(text.slice(Math.max(0, start - 2), start));
}
