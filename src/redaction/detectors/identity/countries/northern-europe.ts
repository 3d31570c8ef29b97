/** Numbers of persons in Sweden, Finland, Denmark, Norway, Iceland and the Baltic states. */
import { digitAt, passesLuhn, weightedSum } from '../../../checksums.ts';
import { BARE, CHECKED, DISTINCT, defineIds, hasDayAndMonth, hasMonthAndDay, isDay, LIKELY } from '../id-kind.ts';

export const NORTHERN_EUROPE = defineIds([
  {
    entity: 'SE_PERSONNUMMER',
    labels: [
      'personnummer',
      'person nr',
      'personnr',
      'samordningsnummer',
      'swedish personal number',
      'svenskt personnummer',
    ],
    hints: ['pnr', 'personal identity number', 'fodd', 'sverige', 'swedish'],
    forms: [
      { shapes: ['99999999-9999'], score: 0.75, valid: (id) => isPersonnummer(id) && !isRecent(id) },
      { shapes: ['999999999999'], score: LIKELY, valid: (id) => isPersonnummer(id) && !isRecent(id) },
      { shapes: ['999999-9999'], score: LIKELY, valid: isPersonnummer },
      { shapes: ['9999999999', '999999999999', '99999999-9999'], score: BARE, valid: isPersonnummer },
    ],
  },
  {
    entity: 'SE_ORGANISATION_TAX_ID',
    labels: ['organisationsnummer', 'org nr', 'orgnr', 'organisationsnr', 'org nummer', 'organization number'],
    hints: ['aktiebolag', 'ab'],
    forms: [
      { shapes: ['999999-9999'], score: CHECKED, valid: isOrganisation },
      { shapes: ['9999999999'], score: BARE, valid: isOrganisation },
    ],
  },
  {
    entity: 'FI_PERSONAL_IDENTITY_CODE',
    labels: ['hetu', 'henkilotunnus', 'henkilotunnukseni', 'personbeteckning', 'sotu', 'henkilotunnuksen'],
    forms: [{ shapes: ['999999-999X', '999999A999X'], score: DISTINCT, valid: isHetu }],
  },
  {
    entity: 'DK_NATIONAL_ID',
    labels: ['cpr', 'cpr nr', 'cpr nummer', 'personnummer cpr', 'cprnr'],
    hints: ['sygesikring', 'personnummer', 'dansk', 'danmark'],
    forms: [
      { shapes: ['999999-9999'], score: 0.55, valid: (id) => hasDayAndMonth(id, 0) && passesCprCheck(id) },
      // Since 2007 numbers are given out that do not pass the check.
      { shapes: ['999999-9999', '9999999999', '999999 9999'], score: BARE, valid: (id) => hasDayAndMonth(id, 0) },
    ],
  },
  {
    entity: 'NO_NATIONAL_ID',
    labels: ['fodselsnummer', 'fødselsnummer', 'fødselsnr', 'd nummer', 'fnr', 'personnr norge'],
    hints: ['personnummer', 'norsk', 'norge'],
    forms: [
      { shapes: ['999999 99999', '999999-99999'], score: LIKELY, valid: isNorwegianId },
      { shapes: ['99999999999'], score: CHECKED, valid: isNorwegianId },
    ],
  },
  {
    entity: 'IS_NATIONAL_ID',
    labels: ['kennitala', 'kt'],
    forms: [
      {
        shapes: ['999999-9999', '9999999999'],
        score: BARE,
        valid: (id) => hasDayAndMonth(id, 0) && weightedSum(id, [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
      },
    ],
  },
  {
    entity: 'EE_NATIONAL_ID',
    labels: ['isikukood', 'isikukoodi'],
    hints: ['eesti', 'estonian'],
    forms: [{ shapes: ['99999999999'], score: CHECKED, valid: isBalticId }],
  },
  {
    entity: 'LT_NATIONAL_ID',
    labels: ['asmens kodas', 'asmens kodo'],
    hints: ['lietuva', 'lithuanian'],
    forms: [{ shapes: ['99999999999'], score: BARE, valid: isBalticId }],
  },
  {
    entity: 'LV_NATIONAL_ID',
    labels: ['personas kods', 'personas koda'],
    hints: ['latvija', 'latvian'],
    forms: [
      { shapes: ['999999-99999'], score: LIKELY, valid: isLatvianId },
      { shapes: ['99999999999'], score: BARE, valid: isLatvianId },
    ],
  },
]);

/** Builds and log files are numbered with the day and the time: `20240131-1234`. */
function isRecent(id: string): boolean {
  return id >= '2018';
}

/** The third digit, a month in numbers of persons, is 2 or more. */
function isOrganisation(id: string): boolean {
  return /^[125-9]\d[2-9]/.test(id) && passesLuhn(id);
}

/** With or without the century; a co-ordination number has 60 more days. */
function isPersonnummer(id: string): boolean {
  const short = id.slice(-10);
  const century = id.slice(0, -10);
  const day = Number(short.slice(4, 6));
  return (
    /^(?:|1[89]|20)$/.test(century) && isDay(Number(short.slice(2, 4)), day > 60 ? day - 60 : day) && passesLuhn(short)
  );
}

const HETU_CHECKS = '0123456789ABCDEFHJKLMNPRSTUVWXY';

/** Date, individual number and a check of both modulo 31 (Digital and Population Data Services Agency). */
function isHetu(id: string): boolean {
  const digits = id.slice(0, 6) + id.slice(-4, -1);
  const century = id.slice(6, -4);
  return /^[A-FUVWXY]?$/.test(century) && hasDayAndMonth(id, 0) && HETU_CHECKS[Number(digits) % 31] === id.at(-1);
}

function passesCprCheck(id: string): boolean {
  return weightedSum(id, [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;
}

/** Two check digits; a D number has 40 more days, a synthetic one 40 or 80 more months. */
function isNorwegianId(id: string): boolean {
  const day = Number(id.slice(0, 2)) % 40;
  const month = Number(id.slice(2, 4)) % 40;
  const first = weightedSum(id, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11;
  const second = weightedSum(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11;
  return isDay(month, day) && first === 0 && second === 0;
}

/** Sex and century, date, serial, and a check that takes other weights when the first give ten. */
function isBalticId(id: string): boolean {
  const first = weightedSum(id, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const second = weightedSum(id, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
  return /^[1-6]/.test(id) && hasMonthAndDay(id, 3) && (first < 10 ? first : second % 10) === digitAt(id, 10);
}

/** Numbers since 2017 begin with 32 and have no date. */
function isLatvianId(id: string): boolean {
  const check = (1101 - weightedSum(id, [1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11;
  return id.startsWith('32') || (hasDayAndMonth(id, 0) && check === digitAt(id, 10));
}
