/** Numbers of persons and taxpayers in France, the Netherlands, Belgium, Germany, Austria and Switzerland. */
import {
  digitAt,
  icaoSum,
  passesEan,
  passesLuhn,
  passesMod11And10,
  passesVerhoeff,
  weightedSum,
} from '../../../checksums.ts';
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

export const WESTERN_EUROPE = defineIds([
  {
    entity: 'FR_NATIONAL_ID',
    labels: [
      'nir',
      'insee',
      'numero de securite sociale',
      'n de securite sociale',
      'numero secu',
      'securite sociale',
      'numero de secu',
    ],
    hints: ['secu', 'carte vitale', 'assure', 'assuree', 'ameli', 'cpam'],
    forms: [
      {
        shapes: [
          '999999999999999',
          '999999A99999999',
          '9 99 99 99 999 999 99',
          '9 99 99 9A 999 999 99',
          '9999999999999 99',
        ],
        score: DISTINCT,
        valid: isNir,
      },
      { shapes: ['9999999999999', '9 99 99 99 999 999'], score: BARE, valid: (id) => NIR_FORM.test(id) },
    ],
  },
  {
    entity: 'FR_TAX_ID',
    labels: ['numero fiscal', 'numero spi', 'numero fiscal de reference', 'reference fiscale', 'numero de tva'],
    hints: ['impots', 'fiscal', 'spi'],
    forms: [
      { shapes: ['99 99 999 999 999'], score: LIKELY, valid: isSpi },
      // A time in milliseconds begins with 15 to 19.
      { shapes: ['9999999999999'], score: CHECKED, valid: (id) => !/^1[5-9]/.test(id) && isSpi(id) },
      { shapes: ['9999999999999'], score: BARE, valid: isSpi },
    ],
  },
  {
    entity: 'FR_BUSINESS_TAX_ID',
    labels: ['siren', 'siret', 'numero siren', 'numero siret', 'n siret', 'n siren'],
    hints: ['rcs', 'sarl', 'sas', 'entreprise'],
    forms: [
      { shapes: ['999 999 999 99999', '99999999999999', '999 999 999'], score: BARE, valid: (id) => passesLuhn(id) },
    ],
  },
  {
    entity: 'FR_PASSPORT',
    labels: ['passeport francais', 'numero de passeport', 'french passport'],
    hints: ['passeport', 'passport'],
    forms: [{ shapes: ['99AA99999', '99 AA 99999'], score: BARE }],
  },
  {
    entity: 'NL_NATIONAL_ID',
    labels: ['bsn', 'burgerservicenummer', 'burger service nummer', 'sofinummer', 'sofi nummer', 'bsn nummer'],
    hints: ['rsin', 'citizen service number'],
    forms: [
      { shapes: ['999999999', '9999.99.999', '999 999 999', '9999 99 999', '999.999.999'], score: BARE, valid: isBsn },
    ],
  },
  {
    entity: 'BE_NATIONAL_ID',
    labels: [
      'rijksregisternummer',
      'rijksregister',
      'registre national',
      'numero national',
      'numero de registre national',
      'nationaal nummer',
      'insz',
      'niss',
      'nrn',
    ],
    hints: ['belgique', 'belgie', 'nn'],
    forms: [
      { shapes: ['99.99.99-999.99', '99.99.99-999-99', '99.99.99 999.99'], score: DISTINCT, valid: isBelgianId },
      { shapes: ['999999-999-99', '999999-999.99', '99 99 99 999 99'], score: LIKELY, valid: isBelgianId },
      { shapes: ['99999999999', '999999 999 99'], score: CHECKED, valid: isBelgianId },
    ],
  },
  {
    entity: 'DE_TAX_ID',
    labels: [
      'steuer id',
      'steueridentifikationsnummer',
      'steuerliche identifikationsnummer',
      'steuer identifikationsnummer',
      'idnr',
      'id nr',
      'tin nummer',
    ],
    hints: ['steuer', 'finanzamt', 'identifikationsnummer', 'lohnsteuer'],
    forms: [
      { shapes: ['99 999 999 999', '99999999999'], score: CHECKED, valid: (id) => isSteuerId(id) && hasOneRepeat(id) },
      { shapes: ['99999999999', '99 999 999 999', '99 999 999 99 9'], score: BARE, valid: isSteuerId },
    ],
  },
  {
    entity: 'DE_TAX_NUMBER',
    labels: [
      'steuernummer',
      'steuer nr',
      'st nr',
      'stnr',
      'steuer nummer',
      'ust id',
      'ust idnr',
      'ust id nr',
      'umsatzsteuer id',
    ],
    hints: ['finanzamt', 'steuer'],
    forms: [{ shapes: ['99/999/99999', '999/999/99999', '999/9999/9999'], score: BARE }],
  },
  {
    entity: 'DE_PENSION_INSURANCE_NUMBER',
    labels: [
      'rentenversicherungsnummer',
      'sozialversicherungsnummer',
      'sv nummer',
      'rvnr',
      'rv nummer',
      'versicherungsnummer',
    ],
    hints: ['rentenversicherung', 'sozialversicherung', 'sv ausweis'],
    forms: [{ shapes: ['99999999A999', '99 999999 A 999'], score: 0.85, valid: isGermanPension }],
  },
  {
    entity: 'DE_HEALTH_INSURANCE',
    labels: [
      'kvnr',
      'krankenversichertennummer',
      'versichertennummer',
      'versicherten nr',
      'versichertennr',
      'krankenversicherungsnummer',
      'egk nummer',
    ],
    hints: ['krankenkasse', 'krankenversicherung', 'egk', 'gesundheitskarte', 'versicherte', 'versicherter'],
    forms: [{ shapes: ['A999999999'], score: BARE, valid: isKvnr }],
  },
  {
    entity: 'DE_ID_CARD',
    labels: ['personalausweis', 'personalausweisnummer', 'ausweisnummer', 'ausweis nr', 'perso', 'ausweis'],
    hints: ['german id card', 'personalausweises', 'ausweises'],
    forms: [
      { shapes: ['AXXXXXXXX9'], score: BARE, valid: (id) => isGermanDocument(id) && passesIcao(id) },
      { shapes: ['AXXXXXXXX', 'A99999999'], score: BARE, valid: isGermanDocument },
    ],
  },
  {
    entity: 'DE_PASSPORT',
    labels: [
      'reisepass',
      'reisepassnummer',
      'passnummer',
      'pass nr',
      'pass nummer',
      'deutscher pass',
      'german passport',
    ],
    hints: ['reisepasses', 'passport', 'pass'],
    forms: [
      { shapes: ['AXXXXXXXX', 'AXXXXXXXX9'], score: BARE, valid: (id) => /^[CFGHJK]/.test(id) && isGermanDocument(id) },
    ],
  },
  {
    entity: 'LU_NATIONAL_ID',
    labels: ['matricule', 'numero matricule', 'numero d identification national luxembourg'],
    hints: ['luxembourg', 'ccss'],
    forms: [{ shapes: ['9999999999999'], score: LIKELY, valid: isLuxembourgId }],
  },
  {
    entity: 'AT_SOCIAL_INSURANCE_NUMBER',
    labels: ['svnr', 'sv nr', 'sozialversicherungs nr', 'vsnr'],
    hints: ['sozialversicherungsnummer', 'sozialversicherung', 'e card', 'versicherungsnummer'],
    forms: [
      { shapes: ['9999 999999', '9999-999999'], score: LIKELY, valid: isAustrianInsurance },
      { shapes: ['9999999999', '9999 99 99 99'], score: BARE, valid: isAustrianInsurance },
    ],
  },
  {
    entity: 'CH_SOCIAL_INSURANCE_NUMBER',
    labels: ['ahv', 'ahv nr', 'ahv nummer', 'numero avs', 'no avs', 'numero ahv', 'ahv iv nr', 'nss avs'],
    hints: ['avs', 'sozialversicherungsnummer'],
    forms: [
      { shapes: ['999.9999.9999.99'], score: DISTINCT, valid: isAhv },
      { shapes: ['9999999999999', '999 9999 9999 99'], score: LIKELY, valid: isAhv },
    ],
  },
]);

/** Sex, year, month (20 to 42 and from 50 on where it is unknown), department with Corsica's 2A and 2B (INSEE). */
const NIR_FORM = /^[1-478]\d\d(?:0[1-9]|1[0-2]|[2-4]\d|[5-9]\d)(?:0[1-9]|[1-9]\d|2[AB])\d{6}/;

function isNir(id: string): boolean {
  if (!NIR_FORM.test(id)) return false;
  const number = Number(id.slice(0, 13).replace('2A', '19').replace('2B', '18'));
  return 97 - (number % 97) === Number(id.slice(13));
}

function isSpi(id: string): boolean {
  return /^[0-3]/.test(id) && Number(id.slice(0, 10)) % 511 === Number(id.slice(10));
}

function isSteuerId(id: string): boolean {
  return id[0] !== '0' && passesMod11And10(id);
}

/** Of the first ten digits one occurs twice or three times, and all others at most once (BZSt). */
function hasOneRepeat(id: string): boolean {
  const counts = [...'0123456789'].map((digit) => id.slice(0, 10).split(digit).length - 1);
  return counts.filter((count) => count > 1).length === 1 && Math.max(...counts) <= 3;
}

/** Serial numbers have no vowels, and none of B, D, Q and S (PAuswV); three digits at least tell one from a word. */
function isGermanDocument(id: string): boolean {
  return /^[CFGHJKLMNPRTVWXYZ\d]+$/.test(id) && id.replace(/\D/g, '').length >= 3;
}

function passesIcao(id: string): boolean {
  return icaoSum(id.slice(0, 9)) % 10 === digitAt(id, 9);
}

/** The eleven test: weights 9 to 2 and minus 1. */
function isBsn(id: string): boolean {
  return !isRepeated(id) && weightedSum(id, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;
}

/** Born in or after 2000: a 2 goes before. The month is 20 or 40 more for a BIS number, and 0 where the day is unknown. */
function isBelgianId(id: string): boolean {
  const month = Number(id.slice(2, 4)) % 20;
  const day = Number(id.slice(4, 6));
  const check = Number(id.slice(9));
  const number = id.slice(0, 9);
  return (
    month <= 12 &&
    day <= 31 &&
    !isRepeated(id) &&
    [number, `2${number}`].some((text) => 97 - (Number(text) % 97) === check)
  );
}

/** Digits of the products with these weights, summed; the letter counts as its place in the alphabet, in two digits. */
const PENSION_WEIGHTS = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];

function isGermanPension(id: string): boolean {
  const day = Number(id.slice(2, 4)) % 50;
  if (!isDay(Number(id.slice(4, 6)), day)) return false;
  const digits = id.slice(0, 8) + letterDigits(id[8]!) + id.slice(9, 11);
  return crossSum(digits, PENSION_WEIGHTS) % 10 === digitAt(id, 11);
}

function isKvnr(id: string): boolean {
  return crossSum(letterDigits(id[0]!) + id.slice(1, 9), [1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) % 10 === digitAt(id, 9);
}

function letterDigits(letter: string): string {
  return String(letter.charCodeAt(0) - 0x40).padStart(2, '0');
}

function crossSum(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => {
    const product = weight * digitAt(digits, at);
    return sum + Math.floor(product / 10) + (product % 10);
  }, 0);
}

/** The fourth digit checks the others; then the date of birth, with month 13 and more when a day's numbers ran out. */
function isAustrianInsurance(id: string): boolean {
  const check = weightedSum(id, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
  const isDate = hasDayAndMonth(id, 4) || /^1[3-5]$/.test(id.slice(6, 8));
  return id[0] !== '0' && isDate && check === digitAt(id, 3);
}

/** Date with century, serial, then Luhn's digit and Verhoeff's over the first eleven. */
function isLuxembourgId(id: string): boolean {
  const number = id.slice(0, 11);
  return (
    /^(?:18|19|20)/.test(id) && hasMonthAndDay(id, 4) && passesLuhn(number + id[11]) && passesVerhoeff(number + id[12])
  );
}

function isAhv(id: string): boolean {
  return id.startsWith('756') && passesEan(id);
}
