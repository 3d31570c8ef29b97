/**
 * Bank details other than IBANs: account numbers by their label, and routing numbers, sort codes, BICs and the like beside a word
 * that says what they are. Only some have check digits.
 */
import { UPPER } from '../../characters.ts';
import { digitAt, weightedSum } from '../../checksums.ts';
import type { Candidate, Keywords, ValueContext } from '../../detector.ts';
import { defineDetector, digitsOf, LEFT_CONTEXT_CHARS } from '../../detector.ts';

/** What may stand between a label and its value. */
const GAP = '[\\s:=#"\'\\\\(*.,\\u2013-]{0,6}(?:(?:is|was|are|ist|lautet|est|es|[eé]|to|w)\\s)?["\'(]?$';

/** `account number`, `acct no.`, `bank a/c`: words that leave no doubt. */
const ACCOUNT_LABEL = new RegExp(
  `(?:(?:bank|checking|chequing|savings?|current|deposit|beneficiary|payee|debit|giro) (?:account|acct|a\\/c)|(?:account|acct|acc|a\\/c)\\.?[ _]?(?:number|num|no|nr|#)|kontonummer|konto-?nr|bankkonto|rekeningnummer|bankrekening|(?:num[eé]ro|n[°º]|no\\.?) de compte|compte bancaire|(?:n[uú]mero|n[°º]|nro\\.?) de cuenta|cuenta (?:bancaria|corriente)|conto corrente|numero (?:di )?conto|c\\/c|conta (?:corrente|banc[aá]ria|poupan[cç]a)|n[uú]mero da conta|(?:nr|numer) (?:konta|rachunku)|rachunek(?: bankowy)?|tilinumero|[cč][ií]slo [uú][cč]tu|sz[aá]mlasz[aá]m|hesap (?:no|numaras[iı])|(?:расч[её]тный|лицевой) сч[её]т|номер сч[её]та|р\\/с|口座番号|(?:银行)?[账帐]号|賬號|계좌(?:번호)?)\\.?[ _]?(?:number|no|nr|#)?\\.?${GAP}`,
  'iu',
);
/** An account that need not be a bank's. */
const PLAIN_LABEL = new RegExp(
  `(?<!(?:aws|azure|gcp|cloud|user|twitter|github|google|service)[ _-]?)\\b(?:account|acct|konto|cuenta|compte)${GAP}`,
  'i',
);
/** Of the largest banks, published by each: these count by themselves. */
const KNOWN_ROUTING_NUMBERS = new Set(
  (
    '021000021 072000326 322271627 111000614 267084131 044000037 071000013 065400137 102001017 122100024 026009593 121000358 ' +
    '111000025 011000138 063100277 053000196 061000052 125000024 121000248 121042882 091000019 053000219 021000089 021272655 ' +
    '321171184 271070801 091000022 122235821 043000096 031207607 031101266 056073612 065000090 061000104 053101121'
  ).split(' '),
);
const ROUTING_LABEL = /(?:routing|\baba\b|\brtn\b|transit|\bach\b|\bwire\b|bank(?:ing)?\b)[^\d\n]{0,40}$/i;
const SORT_CODE_LABEL = /sort[ _-]?code[^\d\n]{0,20}$|\bS\/C[ :]{1,3}$/i;
const BIC_LABEL = /(?:swift|\bbic\b)[^\n]{0,24}$/i;
const IFSC_LABEL = /(?:ifsc|\bneft\b|\brtgs\b|\bbank|branch)[^\n]{0,32}$/i;
const CLABE_LABEL = /(?:clabe|interbancaria|\bspei\b|cuenta|transferencia)[^\d\n]{0,40}$/i;
const BSB_LABEL = /\bbsb\b[^\d\n]{0,20}$/i;

/** Labels are looked for here, directly before the value, since other numbers may stand close to one. */
const NO_WORDS = /(?!)/;
const byKey = (keys: RegExp): ValueContext => ({ words: NO_WORDS, keys });
const LABELLED = 0.85;

type NumberEntity = 'US_BANK_NUMBER' | 'US_BANK_ROUTING' | 'UK_SORT_CODE' | 'AU_BANK_BSB' | 'MX_BANK_CLABE';
type CodeEntity = 'SWIFT_CODE' | 'IN_BANK_IFSC';
type Entity = NumberEntity | CodeEntity;
type IsKey = (context: ValueContext) => boolean;

interface Kind<Found extends Entity> {
  readonly type: Found;
  readonly pattern: RegExp;
  readonly label: RegExp;
  readonly context: ValueContext;
  readonly isValid?: (value: string) => boolean;
}

const FREE = '(?<![\\w+]|\\w[./-])';
const END = '(?![\\w%]|[./-]\\w)';

const NUMBER_KINDS: readonly Kind<NumberEntity>[] = [
  {
    type: 'US_BANK_ROUTING',
    pattern: new RegExp(`${FREE}\\d{9}${END}`, 'g'),
    label: ROUTING_LABEL,
    context: byKey(/(?:^|_)(?:routing|aba|rtn|transit)(?:_?(?:number|no|num|code))?$/),
    isValid: isRoutingNumber,
  },
  {
    type: 'UK_SORT_CODE',
    pattern: new RegExp(`${FREE}\\d{2}([ -]?)\\d{2}\\1\\d{2}${END}`, 'g'),
    label: SORT_CODE_LABEL,
    context: byKey(/(?:^|_)sort_?code$/),
  },
  {
    type: 'AU_BANK_BSB',
    pattern: new RegExp(`${FREE}\\d{3}[ -]?\\d{3}${END}`, 'g'),
    label: BSB_LABEL,
    context: byKey(/(?:^|_)bsb(?:_?(?:number|code|no))?$/),
  },
  {
    type: 'MX_BANK_CLABE',
    pattern: new RegExp(`${FREE}\\d{3}[ -]?\\d{3}[ -]?\\d{11}[ -]?\\d${END}`, 'g'),
    label: CLABE_LABEL,
    context: byKey(/(?:^|_)clabe(?:_|$)/),
    isValid: isClabe,
  },
  {
    type: 'US_BANK_NUMBER',
    pattern: new RegExp(`${FREE}\\d(?:[ -]?\\d){5,25}${END}`, 'g'),
    label: ACCOUNT_LABEL,
    context: byKey(
      /(?:^|_)(?:bank_?account|(?:account|acct|iban|kontonummer|konto)_?(?:number|no|num|nr)?|cuenta|compte)$/,
    ),
  },
  {
    type: 'US_BANK_NUMBER',
    pattern: new RegExp(`${FREE}(?!\\d{12}(?!\\d))\\d{8,17}${END}`, 'g'),
    label: PLAIN_LABEL,
    context: byKey(NO_WORDS),
  },
];

const LETTER_KINDS: readonly Kind<CodeEntity>[] = [
  {
    type: 'SWIFT_CODE',
    // ISO 9362: institution, country, location, and the branch.
    pattern: /(?<![\w@/.-])[A-Z]{4} ?[A-Z]{2} ?[A-Z0-9]{2}(?: ?[A-Z0-9]{3})?(?![\w@]|[.-]\w)/g,
    label: BIC_LABEL,
    context: byKey(/(?:^|_)(?:swift|bic)(?:_?code)?(?:_|$)/),
  },
  {
    type: 'IN_BANK_IFSC',
    pattern: /(?<![\w@/.-])[A-Z]{4}0[A-Z0-9]{6}(?![\w@]|[.-]\w)/g,
    label: IFSC_LABEL,
    context: byKey(/(?:^|_)ifsc(?:_?code)?$/),
  },
];

/** In each of the labels above is one of these. */
const NUMBER_WORDS: Keywords = {
  words: (
    'account acct acc a/c bank debit giro konto rekening compte cuenta conto c/c conta konta rachun tilinumero uctu účtu szaml hesap сч р/с 口座 账 帳 賬 계좌 ' +
    'routing aba rtn transit ach wire sort s/c clabe interbanc spei transfer bsb'
  ).split(' '),
  reach: LEFT_CONTEXT_CHARS,
};

export const bankNumber = defineDetector({
  name: 'bank-number',
  group: 'pii',
  entities: ['US_BANK_NUMBER', 'US_BANK_ROUTING', 'UK_SORT_CODE', 'AU_BANK_BSB', 'MX_BANK_CLABE'],
  gates: [{ digits: 6, near: NUMBER_WORDS }],
  normalise: digitsOf,
  find: (text, from, isKey) => NUMBER_KINDS.flatMap((kind) => valuesOf(kind, text, from, isKey)),
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
  find: (text, from, isKey) => LETTER_KINDS.flatMap((kind) => valuesOf(kind, text, from, isKey)),
});

function valuesOf<Found extends Entity>(
  kind: Kind<Found>,
  text: string,
  from: number,
  isKey: IsKey = () => false,
): Candidate<Found>[] {
  const { type, pattern, label, context, isValid } = kind;
  const found: Candidate<Found>[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [value] = match;
    if (isValid?.(digitsOf(value)) === false) continue;
    const before = text.slice(Math.max(0, match.index - LEFT_CONTEXT_CHARS), match.index);
    const score = label.test(before) ? LABELLED : KNOWN_ROUTING_NUMBERS.has(value) || isKey(context) ? 0.6 : 0;
    if (score === 0) continue;
    found.push({ start: match.index, end: match.index + value.length, type, score, context });
  }
  return found;
}

/** Federal Reserve district and ABA checksum: weights 3, 7, 1. */
function isRoutingNumber(digits: string): boolean {
  const district = Number(digits.slice(0, 2));
  const inUse = district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72);
  return (
    (inUse || district === 80) && weightedSum(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0 && digits !== '000000000'
  );
}

/** Banco de México: each of the first 17 digits times 3, 7, 1 by turns, modulo 10. */
function isClabe(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < 17; at++) sum += (digitAt(digits, at) * [3, 7, 1][at % 3]!) % 10;
  return (10 - (sum % 10)) % 10 === digitAt(digits, 17);
}
