/** Numbers of persons and taxpayers in North America, Brazil and the south of the continent. The US social security number has a detector of its own. */
import { digitAt, passesLuhn, weightedSum } from '../../../checksums.ts';
import { BARE, CHECKED, DISTINCT, defineIds, hasMonthAndDay, isRepeated, LIKELY } from '../id-kind.ts';

export const AMERICAS = defineIds([
  {
    entity: 'CA_SIN',
    labels: ['social insurance number', 'sin number', 'sin no', "numero d'assurance sociale", 'canadian sin'],
    hints: ['sin', 'nas', 'social insurance', 'assurance sociale'],
    forms: [
      { shapes: ['999-999-999'], score: CHECKED, valid: isSin },
      { shapes: ['999 999 999', '999999999'], score: BARE, valid: isSin },
    ],
  },
  {
    entity: 'US_TAX_ID',
    labels: [
      'ein',
      'fein',
      'employer identification number',
      'federal tax id',
      'federal employer identification number',
    ],
    hints: ['employer identification', 'irs', 'w 9'],
    forms: [{ shapes: ['99-9999999'], score: CHECKED, valid: (id) => !UNUSED_EIN.test(id) }],
  },
  {
    entity: 'US_PASSPORT',
    labels: ['us passport', 'u s passport', 'american passport', 'united states passport'],
    hints: ['passport', 'travel document', 'passport card'],
    forms: [{ shapes: ['A99999999', '999999999'], score: BARE }],
  },
  {
    entity: 'BR_CPF',
    labels: ['cpf', 'cpf mf', 'cadastro de pessoas fisicas'],
    hints: ['contribuinte', 'pessoa fisica'],
    forms: [
      { shapes: ['999.999.999-99'], score: DISTINCT, valid: isCpf },
      { shapes: ['999999999-99'], score: LIKELY, valid: isCpf },
      { shapes: ['99999999999', '999 999 999 99'], score: CHECKED, valid: isCpf },
    ],
  },
  {
    entity: 'BR_CNPJ',
    labels: ['cnpj', 'cnpj mf', 'cadastro nacional da pessoa juridica'],
    hints: ['empresa', 'pessoa juridica'],
    forms: [
      // Twelve letters or digits and two digits since July 2026 (IN RFB 2.229).
      { shapes: ['99.999.999/9999-99', 'XX.XXX.XXX/XXXX-99'], score: DISTINCT, valid: isCnpj },
      { shapes: ['XXXXXXXXXXXX99'], score: BARE, valid: isCnpj },
      // The head office is 0001 and branches count up: other numbers of 14 digits have no such zeros.
      { shapes: ['99999999999999'], score: LIKELY, valid: (id) => id.startsWith('000', 8) && isCnpj(id) },
      { shapes: ['99999999999999'], score: CHECKED, valid: (id) => !isTimestamp(id) && isCnpj(id) },
      { shapes: ['99999999999999'], score: BARE, valid: isCnpj },
    ],
  },
  {
    entity: 'BR_NATIONAL_ID',
    labels: [
      'rg',
      'registro geral',
      'carteira de identidade',
      'pis',
      'pis pasep',
      'pasep',
      'nit pis',
      'titulo eleitoral',
    ],
    forms: [
      { shapes: ['99.999.999-X', '9.999.999-9'], score: BARE },
      { shapes: ['999.99999.99-9'], score: DISTINCT, valid: isPis },
      { shapes: ['99999999999'], score: BARE, valid: isPis },
    ],
  },
  {
    entity: 'MX_CURP',
    labels: ['curp', 'clave unica de registro de poblacion'],
    forms: [{ shapes: ['AAAA999999AAAAAAX9'], score: DISTINCT, valid: isCurp }],
  },
  {
    entity: 'MX_RFC',
    labels: ['registro federal de contribuyentes', 'clave rfc', 'rfc mexico'],
    hints: ['rfc', 'contribuyente', 'contribuyentes', 'sat', 'factura', 'cfdi'],
    forms: [
      { shapes: ['AAAA999999XXX', 'AAA999999XXX'], score: 0.75, valid: isRfc },
      { shapes: ['AAAA999999XXX', 'AAA999999XXX'], score: BARE, valid: (id) => hasMonthAndDay(id, id.length - 7) },
    ],
  },
  {
    entity: 'MX_VOTER_ID',
    labels: ['clave de elector', 'clave elector', 'credencial para votar', 'ine'],
    forms: [
      {
        shapes: ['AAAAAA99999999A999'],
        score: DISTINCT,
        valid: (id) => hasMonthAndDay(id, 8) && /^.{14}[HMX]/.test(id),
      },
    ],
  },
  {
    entity: 'MX_SOCIAL_INSURANCE_NUMBER',
    labels: ['imss', 'numero de seguridad social imss', 'nss imss'],
    hints: ['imss', 'nss', 'seguro social'],
    forms: [{ shapes: ['99999999999', '99-99-99-9999-9', '99 99 99 9999 9'], score: BARE, valid: passesLuhn }],
  },
  {
    entity: 'CL_TAX_ID',
    labels: ['rut', 'rol unico tributario', 'rol unico nacional'],
    hints: ['run', 'cedula', 'chileno', 'chilena', 'chile'],
    forms: [
      { shapes: ['99.999.999-X', '9.999.999-X'], score: DISTINCT, valid: isRut },
      { shapes: ['99999999-X', '9999999-X', '99999999X'], score: BARE, valid: isRut },
    ],
  },
  {
    entity: 'AR_TAX_ID',
    labels: ['cuit', 'cuil', 'cuit cuil', 'clave unica de identificacion tributaria'],
    hints: ['afip', 'arca', 'monotributo'],
    forms: [
      { shapes: ['99-99999999-9'], score: DISTINCT, valid: isCuit },
      { shapes: ['99999999999', '99 99999999 9'], score: CHECKED, valid: isCuit },
    ],
  },
  {
    // Argentina, Peru and Spain call it so.
    entity: 'NATIONAL_ID',
    labels: ['dni', 'd n i', 'documento nacional de identidad', 'documento de identidad', 'libreta civica'],
    forms: [{ shapes: ['99.999.999'], score: BARE }],
  },
  {
    entity: 'EC_NATIONAL_ID',
    labels: ['cedula ecuatoriana'],
    hints: ['cedula', 'ruc', 'ecuador'],
    forms: [
      { shapes: ['9999999999', '999999999-9'], score: BARE, valid: isEcuadorianId },
      // A person's taxpayer number (RUC) is that with the establishment behind it.
      {
        shapes: ['9999999999999'],
        score: LIKELY,
        valid: (id) => id.endsWith('001') && isEcuadorianId(id.slice(0, 10)),
      },
    ],
  },
  {
    entity: 'UY_NATIONAL_ID',
    hints: ['cedula', 'uruguay', 'uruguaya', 'ci'],
    forms: [
      { shapes: ['9.999.999-9'], score: LIKELY, valid: isUruguayanId },
      { shapes: ['9999999-9', '99999999'], score: BARE, valid: isUruguayanId },
    ],
  },
]);

/** Campus prefixes that the IRS has not given out. */
const UNUSED_EIN = /^(?:0[0789]|1[789]|2[89]|49|69|70|78|79|89|9[67])/;

/** First digit 0 is not issued, 8 is for businesses (Service Canada). */
function isSin(id: string): boolean {
  return /^[1-79]/.test(id) && passesLuhn(id);
}

/** `20240131123456` */
function isTimestamp(id: string): boolean {
  return /^(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d/.test(id);
}

function isCpf(id: string): boolean {
  return !isRepeated(id) && [9, 10].every((at) => cpfDigit(id, at) === digitAt(id, at));
}

function cpfDigit(id: string, count: number): number {
  const weights = Array.from({ length: count }, (_, at) => count + 1 - at);
  return ((weightedSum(id, weights) * 10) % 11) % 10;
}

const CNPJ_WEIGHTS = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];

function isCnpj(id: string): boolean {
  return (
    !isRepeated(id) &&
    /\d{2}$/.test(id) &&
    cnpjDigit(id, 12) === digitAt(id, 12) &&
    cnpjDigit(id, 13) === digitAt(id, 13)
  );
}

/** A letter counts as its character code less 48, as a digit does. */
function cnpjDigit(id: string, count: number): number {
  const rest = weightedSum(id, CNPJ_WEIGHTS.slice(13 - count)) % 11;
  return rest < 2 ? 0 : 11 - rest;
}

function isPis(id: string): boolean {
  return !isRepeated(id) && ((weightedSum(id, [3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10 === digitAt(id, 10);
}

/** The last digit is not asked for: the state's own check tools accept older numbers that were issued with another one. */
function isCurp(id: string): boolean {
  return hasMonthAndDay(id, 6) && /^[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}/.test(id);
}

const RFC_CHARACTERS = '0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ ';

/** SAT, Anexo 1: weights 13 to 2; companies have a space before their three letters. */
function isRfc(id: string): boolean {
  const text = id.padStart(13, ' ');
  let sum = 0;
  for (let at = 0; at < 12; at++) sum += RFC_CHARACTERS.indexOf(text[at]!) * (13 - at);
  return hasMonthAndDay(id, id.length - 7) && '0A987654321'[sum % 11] === id.at(-1);
}

/** Weights 2 to 7 from the right, modulo 11; ten is K. */
function isRut(id: string): boolean {
  let sum = 0;
  for (let at = id.length - 2, weight = 2; at >= 0; at--, weight = weight === 7 ? 2 : weight + 1) {
    sum += digitAt(id, at) * weight;
  }
  return '0K987654321'[sum % 11] === id.at(-1);
}

function isCuit(id: string): boolean {
  const check = (11 - (weightedSum(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  return /^(?:2[034567]|3[034])/.test(id) && check === digitAt(id, 10);
}

/** Province 01 to 24 (30 abroad), a third digit below 6, and Luhn. */
function isEcuadorianId(id: string): boolean {
  return /^(?:0[1-9]|1\d|2[0-4]|30)[0-5]/.test(id) && passesLuhn(id);
}

function isUruguayanId(id: string): boolean {
  return !isRepeated(id) && (10 - (weightedSum(id, [2, 9, 8, 7, 6, 3, 4]) % 10)) % 10 === digitAt(id, 7);
}
