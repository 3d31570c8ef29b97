/** VAT numbers of the European Union and its neighbours: the country's letters, then a number with that country's check. */
import { digitAt, passesLuhn, passesMod11And10, remainder, weightedSum } from '../../../checksums.ts';
import { DISTINCT, defineIds, LIKELY } from '../id-kind.ts';

type Check = (digits: string) => boolean;

/** Whether the check digit at the end is the weighted sum of those before, by a rule from its rest modulo 11. */
const mod11 =
  (weights: readonly number[], check: (rest: number) => number): Check =>
  (digits) =>
    check(weightedSum(digits, weights) % 11) === Number(digits.at(-1));

/** What stands behind the letters of each country, as the Commission's VIES checks it. */
const CHECKS: Readonly<Record<string, Check>> = {
  ATU: (digits) => /^\d{8}$/.test(digits) && isAustrian(digits),
  BE: (digits) => /^[01]\d{9}$/.test(digits) && 97 - (Number(digits.slice(0, 8)) % 97) === Number(digits.slice(8)),
  BG: (digits) => /^\d{9}$/.test(digits) && isBulgarian(digits),
  CZ: (digits) => /^\d{8}$/.test(digits) && mod11([8, 7, 6, 5, 4, 3, 2], (rest) => (11 - rest) % 10)(digits),
  DE: (digits) => /^[1-9]\d{8}$/.test(digits) && passesMod11And10(digits),
  DK: (digits) => /^[1-9]\d{7}$/.test(digits) && weightedSum(digits, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
  EE: (digits) => /^10\d{7}$/.test(digits) && weightedSum(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0,
  EL: (digits) => /^\d{9}$/.test(digits) && mod11([256, 128, 64, 32, 16, 8, 4, 2], (rest) => rest % 10)(digits),
  FI: (digits) => /^\d{8}$/.test(digits) && mod11([7, 9, 10, 5, 8, 4, 2], (rest) => (11 - rest) % 11)(digits),
  FR: (digits) =>
    /^\d{11}$/.test(digits) && (12 + 3 * (Number(digits.slice(2)) % 97)) % 97 === Number(digits.slice(0, 2)),
  GB: (digits) => /^\d{9}$/.test(digits) && isBritish(digits),
  HR: (digits) => /^\d{11}$/.test(digits) && passesMod11And10(digits),
  HU: (digits) =>
    /^\d{8}$/.test(digits) && (10 - (weightedSum(digits, [9, 7, 3, 1, 9, 7, 3]) % 10)) % 10 === digitAt(digits, 7),
  LU: (digits) => /^\d{8}$/.test(digits) && Number(digits.slice(0, 6)) % 89 === Number(digits.slice(6)),
  MT: (digits) =>
    /^\d{8}$/.test(digits) && weightedSum(digits.slice(0, 6), [3, 4, 6, 7, 8, 9]) % 37 === 37 - Number(digits.slice(6)),
  NL: (id) => /^\d{9}B\d{2}$/.test(id) && (remainder(`NL${id}`, 97) === 1 || isDutch(id)),
  RO: (digits) => /^[1-9]\d{6,9}$/.test(digits) && isRomanian(digits),
  SE: (digits) => /^\d{10}01$/.test(digits) && passesLuhn(digits.slice(0, 10)),
  SI: (digits) => /^[1-9]\d{7}$/.test(digits) && mod11([8, 7, 6, 5, 4, 3, 2], (rest) => (11 - rest) % 10)(digits),
  SK: (digits) => /^[1-9]\d[2-47-9]\d{7}$/.test(digits) && Number(digits) % 11 === 0,
  XI: (digits) => /^\d{9}$/.test(digits) && isBritish(digits),
  IE: (id) => /^\d{7}[A-W][A-I]?$/.test(id) && isIrish(id),
  CHE: (digits) =>
    /^\d{9}$/.test(digits) && (11 - (weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4]) % 11)) % 11 === digitAt(digits, 8),
};

export const VAT = defineIds([
  {
    entity: 'VAT_NUMBER',
    labels: [
      'ust idnr',
      'uid nummer',
      'umsatzsteuer identifikationsnummer',
      'eu vat',
      'numero iva',
      'nif iva',
      'alv numero',
    ],
    forms: [
      { shapes: ['AAA-999.999.999'], score: DISTINCT, valid: isVat },
      {
        shapes: [
          ...[
            'AAA99999999',
            'AA9999999999',
            'AA999999999',
            'AA99999999',
            'AA99999999999',
            'AA999999999999',
            'AAA999999999',
          ],
          ...[
            'AA999999999A99',
            'AA9999999A',
            'AA9999999AA',
            'AA 999999999',
            'AA 999 999 999',
            'AA 99999999',
            'AA 99 999999999',
          ],
          ...['AA 999 9999 99', 'AA 9999.999.999', 'AA9999.999.999', 'AAA 99999999'],
        ],
        score: LIKELY,
        valid: isVat,
      },
    ],
  },
]);

function isVat(id: string): boolean {
  const country = /^(?:ATU|CHE|[A-Z]{2})/.exec(id)![0];
  return CHECKS[country]?.(id.slice(country.length)) === true;
}

function isAustrian(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < 7; at++) {
    const product = digitAt(digits, at) * (at % 2 === 0 ? 1 : 2);
    sum += product > 9 ? product - 9 : product;
  }
  return (10 - ((sum + 4) % 10)) % 10 === digitAt(digits, 7);
}

function isBulgarian(digits: string): boolean {
  const first = weightedSum(digits, [1, 2, 3, 4, 5, 6, 7, 8]) % 11;
  const second = (weightedSum(digits, [3, 4, 5, 6, 7, 8, 9, 10]) % 11) % 10;
  return (first < 10 ? first : second) === digitAt(digits, 8);
}

/** Modulo 97, or with 55 more for numbers since 2009. */
function isBritish(digits: string): boolean {
  const sum = weightedSum(digits, [8, 7, 6, 5, 4, 3, 2]) + Number(digits.slice(7));
  return sum % 97 === 0 || (sum + 55) % 97 === 0;
}

/** The eleven test, for numbers given out before 2020. */
function isDutch(id: string): boolean {
  return weightedSum(id, [9, 8, 7, 6, 5, 4, 3, 2]) % 11 === digitAt(id, 8);
}

function isRomanian(digits: string): boolean {
  const padded = digits.padStart(10, '0');
  return ((weightedSum(padded, [7, 5, 3, 2, 1, 7, 5, 3, 2]) * 10) % 11) % 10 === digitAt(padded, 9);
}

function isIrish(id: string): boolean {
  const second = id.length > 8 ? id.charCodeAt(8) - 0x40 : 0;
  return 'WABCDEFGHIJKLMNOPQRSTUV'[(weightedSum(id, [8, 7, 6, 5, 4, 3, 2]) + second * 9) % 23] === id[7];
}
