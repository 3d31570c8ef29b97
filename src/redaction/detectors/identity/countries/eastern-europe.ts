/** Numbers of persons and taxpayers in Poland, Czechia, Slovakia, Hungary, Romania, Bulgaria, the former Yugoslavia, Russia and Ukraine. */
import { digitAt, icaoSum, passesMod11And10, weightedSum } from '../../../checksums.ts';
import {
  BARE,
  CHECKED,
  DISTINCT,
  defineIds,
  hasDayAndMonth,
  hasMonthAndDay,
  isDay,
  isRepeated,
  LIKELY,
} from '../id-kind.ts';

export const EASTERN_EUROPE = defineIds([
  {
    entity: 'PL_PESEL',
    labels: ['pesel', 'nr pesel', 'numer pesel', 'numerem pesel', 'numeru pesel', 'peselem'],
    hints: ['ewidencyjny', 'urodzony', 'urodzona'],
    forms: [
      { shapes: ['999999-99999'], score: LIKELY, valid: isPesel },
      { shapes: ['99999999999', '999999 99999', '99 99 99 99999'], score: CHECKED, valid: isPesel },
    ],
  },
  {
    entity: 'PL_TAX_ID',
    labels: ['nip', 'numer identyfikacji podatkowej', 'nip ue'],
    hints: ['podatkowej', 'podatnik', 'podatnika', 'nabywca', 'sprzedawca', 'faktura'],
    forms: [
      { shapes: ['999-999-99-99', '999-99-99-999'], score: LIKELY, valid: isNip },
      { shapes: ['9999999999', '999 999 99 99', '999 99 99 999'], score: BARE, valid: isNip },
      { shapes: ['AA9999999999'], score: LIKELY, valid: (id) => id.startsWith('PL') && isNip(id.slice(2)) },
    ],
  },
  {
    entity: 'PL_NATIONAL_BUSINESS_ID',
    labels: ['regon', 'krs', 'numer krs'],
    hints: ['rejestrze', 'rejestr przedsiebiorcow'],
    forms: [{ shapes: ['999999999', '999-999-999', '999 999 999', '99999999999999'], score: BARE, valid: isRegon }],
  },
  {
    entity: 'PL_ID_CARD',
    labels: [
      'dowod osobisty',
      'dowodu osobistego',
      'dowodem osobistym',
      'dowodzie osobistym',
      'seria i numer dowodu',
      'numer dowodu',
      'nr dowodu',
      'dowod',
    ],
    hints: ['dowod', 'dowodu', 'dowodem', 'osobistego', 'tozsamosci', 'tozsamosc'],
    forms: [{ shapes: ['AAA999999', 'AAA 999999', 'AAA-999999'], score: BARE, valid: isPolishIdCard }],
  },
  {
    entity: 'PL_PASSPORT',
    labels: ['paszport', 'paszportu', 'paszportem', 'numer paszportu', 'nr paszportu'],
    hints: ['paszportowy', 'paszporcie'],
    forms: [{ shapes: ['AA9999999', 'AA 9999999', 'AA-9999999'], score: BARE }],
  },
  {
    entity: 'PL_DRIVER_LICENSE',
    labels: ['prawo jazdy', 'prawa jazdy', 'prawem jazdy', 'numer prawa jazdy'],
    forms: [{ shapes: ['99999/99/9999'], score: BARE }],
  },
  {
    entity: 'CZ_NATIONAL_ID',
    labels: ['rodne cislo', 'rodneho cisla', 'rodnym cislem', 'r c', 'rc'],
    hints: ['obcansky', 'obcianskeho', 'narozen', 'narozena'],
    forms: [
      { shapes: ['999999/9999'], score: LIKELY, valid: isBirthNumber },
      { shapes: ['9999999999', '999999/999'], score: BARE, valid: (id) => isBirthNumber(id) },
    ],
  },
  {
    entity: 'HU_NATIONAL_ID',
    labels: ['taj szam', 'tajszam', 'taj', 'szemelyi szam', 'szemelyi igazolvany', 'szemelyi azonosito'],
    hints: ['tb szam', 'magyar', 'hungarian'],
    forms: [
      { shapes: ['999 999 999', '999-999-999', '999999999'], score: BARE, valid: isTaj },
      { shapes: ['9 999999 9999', '9-999999-9999', '99999999999'], score: BARE, valid: isHungarianId },
    ],
  },
  {
    entity: 'HU_TAX_ID',
    labels: ['adoazonosito jel', 'adoazonosito', 'adoszam', 'ado szam'],
    hints: ['nav', 'adozo'],
    forms: [
      { shapes: ['99999999-9-99'], score: DISTINCT, valid: (id) => isAdoszam(id) },
      { shapes: ['9999999999'], score: BARE, valid: isAdoazonosito },
    ],
  },
  {
    entity: 'RO_NATIONAL_ID',
    labels: ['cnp', 'cod numeric personal', 'cif romania'],
    forms: [
      { shapes: ['9999999999999'], score: LIKELY, valid: (id) => !/^1[67]/.test(id) && isCnp(id) },
      // A time in milliseconds begins with 16 or 17.
      { shapes: ['9999999999999'], score: BARE, valid: isCnp },
    ],
  },
  {
    entity: 'BG_NATIONAL_ID',
    labels: ['egn', 'егн', 'единен граждански номер'],
    forms: [{ shapes: ['9999999999'], score: BARE, valid: isEgn }],
  },
  {
    entity: 'HR_NATIONAL_ID',
    labels: ['oib', 'osobni identifikacijski broj'],
    forms: [{ shapes: ['99999999999'], score: BARE, valid: passesMod11And10 }],
  },
  {
    entity: 'SI_NATIONAL_ID',
    labels: ['emso', 'jmbg', 'јмбг', 'jedinstveni maticni broj', 'maticni broj'],
    forms: [{ shapes: ['9999999999999'], score: LIKELY, valid: isJmbg }],
  },
  {
    entity: 'RU_TAX_ID',
    labels: ['инн', 'инн физического лица'],
    hints: ['inn', 'налогоплательщика', 'taxpayer'],
    forms: [
      { shapes: ['999999999999'], score: CHECKED, valid: isInn },
      { shapes: ['9999999999'], score: BARE, valid: isInn },
    ],
  },
  {
    entity: 'RU_INSURANCE_NUMBER',
    labels: ['снилс', 'snils'],
    hints: ['страхового', 'пенсионного'],
    forms: [
      { shapes: ['999-999-999 99', '999-999-999-99'], score: DISTINCT, valid: isSnils },
      { shapes: ['99999999999'], score: CHECKED, valid: isSnils },
    ],
  },
  {
    entity: 'RU_PASSPORT',
    labels: ['паспорт', 'паспорта', 'паспорт серия', 'серия и номер паспорта', 'загранпаспорт'],
    hints: ['паспортные', 'паспортом'],
    forms: [{ shapes: ['9999 999999', '99 99 999999'], score: BARE }],
  },
  {
    entity: 'UA_TAX_ID',
    labels: [
      'рнокпп',
      'іпн',
      'ипн',
      'rnokpp',
      'індивідуальний податковий номер',
      'ідентифікаційний номер',
      'ідентифікаційний код',
    ],
    hints: ['податків', 'платника податків', 'інн'],
    forms: [{ shapes: ['9999999999'], score: BARE, valid: isRnokpp }],
  },
  {
    entity: 'BY_NATIONAL_ID',
    labels: ['идентификационный номер', 'личный номер'],
    forms: [{ shapes: ['9999999A999AA9'], score: DISTINCT, valid: isBelarusianId }],
  },
  {
    entity: 'MD_NATIONAL_ID',
    labels: ['idnp', 'cod personal'],
    hints: ['moldova'],
    forms: [{ shapes: ['9999999999999'], score: BARE, valid: isIdnp }],
  },
  {
    entity: 'AL_NATIONAL_ID',
    labels: ['nipt', 'numri personal', 'numri i leternjoftimit'],
    hints: ['albania', 'shqiperi', 'nid'],
    forms: [{ shapes: ['A99999999A'], score: BARE }],
  },
  {
    entity: 'KZ_NATIONAL_ID',
    labels: ['иин', 'жсн', 'iin', 'бин', 'индивидуальный идентификационный номер'],
    hints: ['казахстан', 'kazakhstan'],
    forms: [{ shapes: ['999999999999'], score: CHECKED, valid: isIin }],
  },
  {
    entity: 'UZ_NATIONAL_ID',
    labels: ['pinfl', 'jshshir', 'пинфл'],
  },
  {
    entity: 'AZ_NATIONAL_ID',
    labels: ['voen', 'fin kod', 'vəsiqə', 'şəxsiyyət vəsiqəsi'],
  },
  {
    entity: 'GE_NATIONAL_ID',
    labels: ['პირადი ნომერი', 'piradi nomeri', 'georgian id'],
  },
  {
    entity: 'AM_NATIONAL_ID',
    labels: ['հծհ', 'հանրային ծառայության համարանիշ', 'armenian id'],
  },
]);

/** The month is 20, 40, 60 or 80 more outside the 1900s. */
function isPesel(id: string): boolean {
  const sum = weightedSum(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
  return isDay(Number(id.slice(2, 4)) % 20, Number(id.slice(4, 6))) && sum % 10 === 0;
}

function isNip(id: string): boolean {
  return !isRepeated(id) && weightedSum(id, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === digitAt(id, 9);
}

const REGON_LONG = [2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8];

function isRegon(id: string): boolean {
  const isShort = (weightedSum(id, [8, 9, 2, 3, 4, 5, 6, 7]) % 11) % 10 === digitAt(id, 8);
  return isShort && (id.length === 9 || (weightedSum(id, REGON_LONG) % 11) % 10 === digitAt(id, 13));
}

/** ICAO 9303 sum with the check digit, the first of the digits, in its place. */
function isPolishIdCard(id: string): boolean {
  return icaoSum(id.slice(0, 3) + id.slice(4)) % 10 === digitAt(id, 3);
}

/** 50 more months for women, 20 more when a day's numbers ran out. Nine digits, without a check, before 1954. */
function isBirthNumber(id: string): boolean {
  const month = (Number(id.slice(2, 4)) % 50) % 20;
  if (!isDay(month, Number(id.slice(4, 6)))) return false;
  return id.length === 9 ? Number(id.slice(0, 2)) < 54 : Number(id) % 11 === 0;
}

function isCnp(id: string): boolean {
  const check = weightedSum(id, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
  return id[0] !== '0' && hasMonthAndDay(id, 3) && (check === 10 ? 1 : check) === digitAt(id, 12);
}

function isEgn(id: string): boolean {
  const check = (weightedSum(id, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10;
  return isDay(Number(id.slice(2, 4)) % 20, Number(id.slice(4, 6))) && check === digitAt(id, 9);
}

/** Day, month and three digits of the year, then region, serial and check. */
function isJmbg(id: string): boolean {
  const check = 11 - (weightedSum(id, [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);
  return hasDayAndMonth(id, 0) && /^[09]/.test(id.slice(4)) && (check > 9 ? 0 : check) === digitAt(id, 12);
}

function isInn(id: string): boolean {
  if (isRepeated(id)) return false;
  if (id.length === 10) return innDigit(id, [2, 4, 10, 3, 5, 9, 4, 6, 8]) === digitAt(id, 9);
  return (
    innDigit(id, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) === digitAt(id, 10) &&
    innDigit(id, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) === digitAt(id, 11)
  );
}

function innDigit(id: string, weights: readonly number[]): number {
  return (weightedSum(id, weights) % 11) % 10;
}

function isSnils(id: string): boolean {
  return !isRepeated(id) && (weightedSum(id, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === Number(id.slice(9));
}

/** Weights 3 and 7 by turns, modulo 10. */
function isTaj(id: string): boolean {
  return !isRepeated(id) && weightedSum(id, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === digitAt(id, 8);
}

/** Sex and century, date, serial, check; the weights turned round in 1997. */
function isHungarianId(id: string): boolean {
  if (!/^[1-8]/.test(id) || !hasMonthAndDay(id, 3)) return false;
  const up = weightedSum(id, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11;
  const down = weightedSum(id, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
  return up === digitAt(id, 10) || down === digitAt(id, 10);
}

function isAdoazonosito(id: string): boolean {
  return id[0] === '8' && (weightedSum(id, [1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11) % 10 === digitAt(id, 9);
}

function isAdoszam(id: string): boolean {
  return (10 - (weightedSum(id, [9, 7, 3, 1, 9, 7, 3]) % 10)) % 10 === digitAt(id, 7) && /^[1-5]/.test(id.slice(8));
}

/** Sex and century, date, region, serial, citizenship; weights 7, 3, 1 with letters from 10. */
function isBelarusianId(id: string): boolean {
  return (
    /^[1-6]\d{6}[ABCHKEM]\d{3}(?:PB|BA|BI)\d$/.test(id) &&
    hasDayAndMonth(id, 1) &&
    icaoSum(id.slice(0, 13)) % 10 === digitAt(id, 13)
  );
}

function isIdnp(id: string): boolean {
  return /^[02]/.test(id) && weightedSum(id, [7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1]) % 10 === digitAt(id, 12);
}

/** Date, sex and century, serial, and a check that takes other weights when the first give ten. */
function isIin(id: string): boolean {
  const first = weightedSum(id, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) % 11;
  const second = weightedSum(id, [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) % 11;
  return hasMonthAndDay(id, 2) && /^[0-6]/.test(id.slice(6)) && (first < 10 ? first : second) === digitAt(id, 11);
}

function isRnokpp(id: string): boolean {
  const sum = weightedSum(id, [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11;
  return !isRepeated(id) && ((sum + 11) % 11) % 10 === digitAt(id, 9);
}
