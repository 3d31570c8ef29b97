/**
 * Bank details other than IBANs: account numbers by their label, and routing numbers, sort codes, BICs and the like beside a word
 * or key that says what they are. What has a form and check digits of its own counts alone.
 */
import { isDigit, UPPER } from '../../characters.ts';
import type { Candidate, Keywords, ValueContext } from '../../detector.ts';
import { defineDetector, digitsOf, LEFT_CONTEXT_CHARS } from '../../detector.ts';
import type { SearchWindow } from '../../search-window.ts';
import {
  isBic,
  isClabe,
  isCzechAccount,
  isFrenchAccount,
  isPolishAccount,
  isRoutingNumber,
  isSpanishAccount,
} from './checks.ts';
import {
  ACCOUNT_LABEL,
  BIC_LABEL,
  BSB_LABEL,
  CLABE_LABEL,
  GERMAN_CODE_LABEL,
  IFSC_LABEL,
  PLAIN_LABEL,
  ROUTING_LABEL,
  SORT_CODE_LABEL,
  SWIFT_NEAR,
  TRANSIT_LABEL,
} from './labels.ts';

/** Labels are looked for here, directly before the value, since other numbers may stand close to one. */
const NO_WORDS = /(?!)/;
const byKey = (keys: RegExp): ValueContext => ({ words: NO_WORDS, keys });
const LABELLED = 0.85;
const KEYED = 0.6;

type NumberEntity =
  | 'US_BANK_NUMBER'
  | 'US_BANK_ROUTING'
  | 'UK_SORT_CODE'
  | 'AU_BANK_BSB'
  | 'MX_BANK_CLABE'
  | 'CA_BANK_TRANSIT'
  | 'DE_BANK_CODE';
type CodeEntity = 'SWIFT_CODE' | 'IN_BANK_IFSC';
type Entity = NumberEntity | CodeEntity;

interface Kind<Found extends Entity> {
  readonly type: Found;
  readonly pattern: RegExp;
  readonly label: RegExp;
  readonly context: ValueContext;
  readonly isValid?: (value: string) => boolean;
  /** How sure the form makes it without a label or key. Default: not at all. */
  readonly alone?: (value: string) => number;
}

const FREE = '(?<![\\w+]|\\w[./-])';
const END = '(?![\\w%]|[./-]\\w)';
const number = (source: string) => new RegExp(`${FREE}${source}${END}`, 'g');

const ACCOUNT_KEYS = byKey(
  /(?:^|_)(?:bank_?account|(?:account|acct|acc|iban|kontonummer|konto|rekening)_?(?:number|no|num|nr)?|cuenta|compte|conto|conta|rachunek|(?:nr|numer)_(?:konta|rachunku)|rekeningnummer|kontonummer)$/,
);

const NUMBER_KINDS: readonly Kind<NumberEntity>[] = [
  {
    type: 'US_BANK_ROUTING',
    pattern: number('(?:\\d{9}|\\d{4}-\\d{4}-\\d)'),
    label: ROUTING_LABEL,
    context: byKey(/(?:^|_)(?:routing|aba|rtn|transit|ach)(?:_?(?:number|no|num|code))?$/),
    isValid: (value) => isRoutingNumber(digitsOf(value)),
    // Nine digits that begin with a zero are no count, and one in eleven of them passes; with dashes nothing else is written so.
    alone: (value) => (value.includes('-') ? 0.6 : value.startsWith('0') ? 0.5 : 0),
  },
  {
    type: 'UK_SORT_CODE',
    pattern: number('\\d{2}([ -]?)\\d{2}\\1\\d{2}'),
    label: SORT_CODE_LABEL,
    context: byKey(/(?:^|_)sort_?code$/),
  },
  {
    type: 'AU_BANK_BSB',
    pattern: number('\\d{3}[ -]?\\d{3}'),
    label: BSB_LABEL,
    context: byKey(/(?:^|_)bsb(?:_?(?:number|code|no))?$/),
  },
  {
    type: 'CA_BANK_TRANSIT',
    pattern: number('(?:\\d{5}[ -]?\\d{3}|0\\d{3}[ -]?\\d{5}|\\d{5})'),
    label: TRANSIT_LABEL,
    context: byKey(/(?:^|_)(?:(?:bank|branch)_)?transit(?:_?(?:number|no|num|code))?$/),
  },
  {
    type: 'DE_BANK_CODE',
    pattern: number('[1-8]\\d{2} ?\\d{3} ?\\d{2}'),
    label: GERMAN_CODE_LABEL,
    context: byKey(/(?:^|_)(?:blz|bankleitzahl)$/),
  },
  {
    type: 'MX_BANK_CLABE',
    pattern: number('\\d{3}[ -]?\\d{3}[ -]?\\d{11}[ -]?\\d'),
    label: CLABE_LABEL,
    context: byKey(/(?:^|_)clabe(?:_|$)/),
    isValid: (value) => isClabe(digitsOf(value)),
  },
  {
    // Poland's, Spain's and France's accounts: two check digits, as many groups as nothing else has.
    type: 'US_BANK_NUMBER',
    pattern: number('(?:\\d{2}(?: \\d{4}){6}|\\d{4}([ -])\\d{4}\\1\\d{2}\\1\\d{10}|\\d{5} \\d{5} \\d{11} \\d{2})'),
    label: ACCOUNT_LABEL,
    context: ACCOUNT_KEYS,
    isValid: (value) => isNationalAccount(digitsOf(value)),
    alone: () => 0.7,
  },
  {
    type: 'US_BANK_NUMBER',
    pattern: number('(?:\\d{2,6}-)?\\d{2,10}/\\d{4}'),
    label: ACCOUNT_LABEL,
    context: ACCOUNT_KEYS,
    isValid: (value) => isCzechAccount(value.slice(0, -5)),
  },
  {
    type: 'US_BANK_NUMBER',
    pattern: number('\\d(?:[ .-]?\\d){4,25}'),
    label: ACCOUNT_LABEL,
    context: ACCOUNT_KEYS,
  },
  {
    // Twelve digits are an account of a cloud.
    type: 'US_BANK_NUMBER',
    pattern: number('(?!\\d{12}(?!\\d))\\d{8,17}'),
    label: PLAIN_LABEL,
    context: byKey(NO_WORDS),
  },
];

const LETTER_KINDS: readonly Kind<CodeEntity>[] = [
  {
    type: 'SWIFT_CODE',
    pattern: /(?<![\w@/.-])[A-Z]{4} ?[A-Z]{2} ?[A-Z0-9]{2}(?: ?[A-Z0-9]{3})?(?![\w@]|[.-]\w)/g,
    label: SWIFT_NEAR,
    context: byKey(/(?:^|_)(?:swift|bic)(?:_?code)?(?:_|$)/),
  },
  {
    type: 'IN_BANK_IFSC',
    pattern: /(?<![\w@/.-])[A-Z]{4}0[A-Z0-9]{6}(?![\w@]|[.-]\w)/g,
    label: IFSC_LABEL,
    context: byKey(/(?:^|_)ifsc(?:_?code)?$/),
  },
];

/** In each of the labels of numbers is one of these. */
const NUMBER_WORDS: Keywords = {
  words: (
    'account acct acc a/c bank debit giro clearing konto kontonr rekening compte rib cuenta ccc conto c/c conta nib rachun tilinumero pankkitili uctu účtu ucet účet ' +
    'szaml cont racun račun hesap akaun khoan khoản расч счёт счет р/с рахун λογαριασ 口座 账 帳 賬 卡号 계좌 حساب חשבון खाता บัญชี ' +
    'routing aba rtn transit ach wire sort s/c clabe interbanc spei transfer bsb blz leitzahl'
  ).split(' '),
  reach: LEFT_CONTEXT_CHARS,
};
/** The shortest number here has five digits, with a character between. */
const MIN_DIGITS = 5;
/** A routing number, which may stand alone. */
const MIN_DIGITS_ALONE = 9;

export const bankNumber = defineDetector({
  name: 'bank-number',
  group: 'pii',
  entities: [
    'US_BANK_NUMBER',
    'US_BANK_ROUTING',
    'UK_SORT_CODE',
    'AU_BANK_BSB',
    'MX_BANK_CLABE',
    'CA_BANK_TRANSIT',
    'DE_BANK_CODE',
  ],
  gates: [{ digits: MIN_DIGITS, near: NUMBER_WORDS }, { digits: MIN_DIGITS_ALONE }],
  normalise: digitsOf,
  find: (text, from, window) =>
    hasLongNumber(text, from) ? NUMBER_KINDS.flatMap((kind) => valuesOf(kind, text, from, window)) : [],
});

const CODE_WORDS: Keywords = {
  words: ['swift', 'bic', 'ifsc', 'neft', 'rtgs', 'bank', 'branch'],
  reach: LEFT_CONTEXT_CHARS,
};

export const bankCode = defineDetector({
  name: 'bank-code',
  group: 'pii',
  entities: ['SWIFT_CODE', 'IN_BANK_IFSC'],
  gates: [{ kinds: UPPER, length: 8, near: CODE_WORDS }],
  normalise: (value) => value.replace(/ /g, ''),
  find: (text, from, window) =>
    hasFourCapitals(text, from) ? LETTER_KINDS.flatMap((kind) => valuesOf(kind, text, from, window)) : [],
});

/** Digits with no more than one other character between: a cheap look before the close one. */
function hasLongNumber(text: string, from: number): boolean {
  let count = 0;
  let gap = 0;
  for (let at = from; at < text.length; at++) {
    if (isDigit(text.charCodeAt(at))) {
      gap = 0;
      if (++count === MIN_DIGITS) return true;
    } else if (++gap > 1) count = 0;
  }
  return false;
}

/** What both kinds of codes begin with. */
function hasFourCapitals(text: string, from: number): boolean {
  let count = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    count = code >= 0x41 && code <= 0x5a ? count + 1 : 0;
    if (count === 4) return true;
  }
  return false;
}

function valuesOf<Found extends Entity>(
  kind: Kind<Found>,
  text: string,
  from: number,
  window: SearchWindow,
): Candidate<Found>[] {
  const { type, pattern, label, context, isValid } = kind;
  const found: Candidate<Found>[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [value] = match;
    if (isValid?.(value) === false) continue;
    const before = text.slice(Math.max(0, match.index - LEFT_CONTEXT_CHARS), match.index);
    const score = label.test(before)
      ? labelledScore(kind, value, before)
      : window.isKey(context)
        ? KEYED
        : (kind.alone?.(value) ?? 0);
    if (score === 0) continue;
    found.push({ start: match.index, end: match.index + value.length, type, score, context });
  }
  return found;
}

/** Directly behind "BIC" any code counts; farther from it, one that names a country and is no word. */
function labelledScore({ type }: Kind<Entity>, value: string, before: string): number {
  if (type !== 'SWIFT_CODE' || BIC_LABEL.test(before)) return LABELLED;
  const code = value.replace(/ /g, '');
  return isBic(code) && /\d|XXX$/.test(code) ? LABELLED : 0;
}

function isNationalAccount(digits: string): boolean {
  if (digits.length === 26) return isPolishAccount(digits);
  return digits.length === 20 ? isSpanishAccount(digits) : isFrenchAccount(digits);
}
