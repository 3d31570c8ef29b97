/** Numbers of persons, patients and taxpayers in Australia and New Zealand. */
import { digitAt, passesLuhn, weightedSum } from '../../../checksums.ts';
import { BARE, CHECKED, DISTINCT, defineIds, isRepeated, LIKELY } from '../id-kind.ts';

export const OCEANIA = defineIds([
  {
    entity: 'AU_TFN',
    labels: ['tfn', 'tax file number', 'tax file no'],
    hints: ['tax file', 'ato'],
    forms: [
      { shapes: ['999999999', '999 999 999', '999-999-999', '99999999', '99 999 999'], score: BARE, valid: isTfn },
    ],
  },
  {
    entity: 'AU_MEDICARE',
    labels: ['medicare', 'medicare card', 'medicare number', 'medicare no', 'medicare card number'],
    hints: ['bulk billing'],
    forms: [
      { shapes: ['9999 99999 9', '9999-99999-9'], score: LIKELY, valid: isMedicare },
      { shapes: ['9999999999', '99999999999', '9999 99999 9-9'], score: BARE, valid: isMedicare },
    ],
  },
  {
    entity: 'AU_ABN',
    labels: ['abn', 'australian business number'],
    hints: ['pty', 'australian business'],
    forms: [
      { shapes: ['99 999 999 999', '99-999-999-999'], score: LIKELY, valid: isAbn },
      { shapes: ['99999999999'], score: CHECKED, valid: isAbn },
    ],
  },
  {
    entity: 'AU_ACN',
    labels: ['acn', 'australian company number'],
    hints: ['pty', 'asic'],
    forms: [{ shapes: ['999999999', '999 999 999'], score: BARE, valid: isAcn }],
  },
  {
    entity: 'AU_HEALTH_IDENTIFIER',
    labels: ['ihi', 'individual healthcare identifier', 'hpi i', 'hpi o'],
    forms: [
      {
        shapes: ['9999 9999 9999 9999', '9999999999999999'],
        score: DISTINCT,
        valid: (id) => /^80036[012]/.test(id) && passesLuhn(id),
      },
    ],
  },
  {
    entity: 'AU_PASSPORT',
    labels: ['australian passport'],
    hints: ['passport'],
    forms: [
      {
        shapes: ['A9999999', 'AA9999999'],
        score: BARE,
        valid: (id) => /^(?:[NELMBCDFGHJKPRTUVWXYZ]|P[A-F]|RA)/.test(id),
      },
    ],
  },
  {
    entity: 'NZ_TAX_ID',
    labels: ['ird', 'ird number', 'ird no', 'inland revenue number'],
    hints: ['inland revenue'],
    forms: [
      {
        shapes: ['99999999', '999999999', '99-999-999', '999-999-999', '99 999 999', '999 999 999'],
        score: BARE,
        valid: isIrd,
      },
    ],
  },
  {
    entity: 'NZ_HEALTH_ID',
    labels: ['nhi', 'nhi number', 'national health index'],
    forms: [{ shapes: ['AAA9999'], score: BARE, valid: isNhi }],
  },
]);

function isTfn(id: string): boolean {
  const weights = id.length === 9 ? [1, 4, 3, 7, 5, 8, 6, 9, 10] : [10, 7, 8, 4, 6, 3, 5, 1];
  return !isRepeated(id) && weightedSum(id, weights) % 11 === 0;
}

/** The ninth digit checks the first eight; the issue number, and a line number, follow. */
function isMedicare(id: string): boolean {
  return /^[2-6]/.test(id) && weightedSum(id, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digitAt(id, 8);
}

/** The first digit less one, then a multiple of 89. */
function isAbn(id: string): boolean {
  return id[0] !== '0' && (weightedSum(id, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0;
}

function isAcn(id: string): boolean {
  return !isRepeated(id) && (10 - (weightedSum(id, [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10 === digitAt(id, 8);
}

/** Other weights are taken when the first give ten (Inland Revenue). */
function isIrd(id: string): boolean {
  const text = id.padStart(9, '0');
  const number = Number(id);
  if (number < 10_000_000 || number > 200_000_000) return false;
  const first = (11 - (weightedSum(text, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  const check = first === 10 ? (11 - (weightedSum(text, [7, 4, 3, 2, 5, 2, 7, 6]) % 11)) % 11 : first;
  return check === digitAt(text, 8);
}

const NHI_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** Letters without I and O count from 1; weights 7 to 2, modulo 11 (HISO 10046). */
function isNhi(id: string): boolean {
  const values = [...id].map((character, at) => (at < 3 ? NHI_LETTERS.indexOf(character) + 1 : Number(character)));
  const sum = values.slice(0, 6).reduce((total, value, at) => total + value * (7 - at), 0);
  return !values.slice(0, 3).includes(0) && sum % 11 !== 0 && (11 - (sum % 11)) % 10 === values[6];
}
