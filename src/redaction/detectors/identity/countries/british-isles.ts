/** Numbers of persons in the United Kingdom and Ireland. */
import { digitAt, weightedSum } from '../../../checksums.ts';
import { BARE, DISTINCT, defineIds, isRepeated, LIKELY } from '../id-kind.ts';

export const BRITISH_ISLES = defineIds([
  {
    entity: 'UK_NHS',
    labels: ['nhs', 'nhs number', 'national health service number', 'chi number'],
    hints: ['national health service', 'health service', 'gp surgery'],
    forms: [
      // Above the score of a phone number in that form, which no North American number in these ranges can be.
      { shapes: ['999 999 9999', '999-999-9999'], score: 0.75, valid: (id) => isNhs(id) && isGivenOut(id) },
      { shapes: ['999 999 9999', '999-999-9999', '9999999999'], score: BARE, valid: isNhs },
    ],
  },
  {
    entity: 'UK_NINO',
    labels: ['nino', 'ni number', 'ni no', 'national insurance', 'national insurance number', 'nat ins no'],
    hints: ['insurance number', 'hmrc', 'paye'],
    forms: [
      { shapes: ['AA 99 99 99 A', 'AA 999999 A', 'AA-99-99-99-A'], score: DISTINCT, valid: isNino },
      { shapes: ['AA999999A'], score: 0.85, valid: isNino },
    ],
  },
  {
    entity: 'UK_DRIVING_LICENCE',
    labels: ['uk driving licence', 'dvla licence', 'dvla number'],
    hints: ['dvla', 'driving licence', 'driver number'],
    forms: [{ shapes: ['AAXXX999999AX9AA', 'AAAAA 999999 AX9AA'], score: DISTINCT, valid: isUkDriverNumber }],
  },
  {
    entity: 'UK_PASSPORT',
    labels: ['uk passport', 'british passport', 'gb passport'],
    hints: ['hm passport office', 'hmpo'],
    forms: [{ shapes: ['999999999', 'AA9999999'], score: BARE }],
  },
  {
    entity: 'UK_TAX_ID',
    labels: ['utr', 'unique taxpayer reference', 'self assessment utr'],
    hints: ['hmrc', 'self assessment'],
    forms: [{ shapes: ['9999999999', '99999 99999'], score: BARE, valid: isUtr }],
  },
  {
    entity: 'IE_NATIONAL_ID',
    labels: ['ppsn', 'pps number', 'pps no', 'personal public service number', 'rsi number'],
    hints: ['pps', 'public service number'],
    forms: [
      { shapes: ['9999999AA', '9999999A'], score: LIKELY, valid: isPps },
      { shapes: ['9999999 A', '9999999 AA'], score: BARE, valid: isPps },
    ],
  },
]);

function isNhs(id: string): boolean {
  const check = 11 - (weightedSum(id, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return !isRepeated(id) && check % 11 === digitAt(id, 9) && check !== 10;
}

/** England and Wales have 4, 6 and 7. North American exchanges begin with 2 to 9. */
function isGivenOut(digits: string): boolean {
  return /^[467]\d\d[01]/.test(digits);
}

/** HMRC, NIM39110: the letters that are not used, and the prefixes that are not given out. */
function isNino(id: string): boolean {
  return /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/.test(id);
}

/** Surname filled with nines; then decade, month (50 more for women), day and year of birth (DVLA). */
function isUkDriverNumber(id: string): boolean {
  return /^[A-Z]{2}(?:[A-Z]{3}|[A-Z]{2}9|[A-Z]99|999)\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d[A-Z][A-Z9]\d[A-Z]{2}$/.test(
    id,
  );
}

/** The first digit checks the nine behind it. */
function isUtr(id: string): boolean {
  const rest = weightedSum(id.slice(1), [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
  return '21987654321'[rest] === id[0];
}

/** Modulo 23, with the second letter (since 2013) counted nine times. */
function isPps(id: string): boolean {
  const second = id.length > 8 ? id.charCodeAt(8) - 0x40 : 0;
  const sum = weightedSum(id, [8, 7, 6, 5, 4, 3, 2]) + (second === 23 ? 0 : second * 9);
  return second <= 23 && 'WABCDEFGHIJKLMNOPQRSTUV'[sum % 23] === id[7];
}
