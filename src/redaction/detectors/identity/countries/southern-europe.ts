/** Numbers of persons and taxpayers in Spain, Portugal, Italy and Greece. */
import { digitAt, passesLuhn, weightedSum } from '../../../checksums.ts';
import { BARE, CHECKED, DISTINCT, defineIds, hasDayAndMonth, isRepeated, LIKELY } from '../id-kind.ts';

const NIF_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';

export const SOUTHERN_EUROPE = defineIds([
  {
    entity: 'ES_NIF',
    labels: ['nif', 'n i f', 'cif', 'dni nif', 'numero de identificacion fiscal', 'codigo de identificacion fiscal'],
    hints: ['dni', 'identificacion', 'documento', 'contribuyente', 'hacienda'],
    forms: [
      { shapes: ['99999999A', '99999999-A', '99.999.999-A', '99999999 A'], score: 0.79, valid: isNif },
      { shapes: ['A9999999A', 'A-9999999-A', 'A9999999-A'], score: LIKELY, valid: isCompanyNif },
      { shapes: ['A99999999', 'A-99999999'], score: BARE, valid: isCompanyNif },
    ],
  },
  {
    entity: 'ES_NIE',
    labels: ['nie', 'n i e', 'numero de identidad de extranjero', 'numero de identificacion de extranjero'],
    hints: ['extranjero', 'extranjeria'],
    forms: [{ shapes: ['A9999999A', 'A-9999999-A', 'A9999999-A', 'A 9999999 A'], score: 0.85, valid: isNie }],
  },
  {
    entity: 'ES_PASSPORT',
    labels: ['pasaporte espanol', 'spanish passport'],
    hints: ['pasaporte', 'passport', 'pas'],
    forms: [{ shapes: ['AAA999999', 'AA999999', 'AAA 999999'], score: BARE }],
  },
  {
    entity: 'ES_SOCIAL_INSURANCE_NUMBER',
    labels: ['numero de afiliacion', 'numero de la seguridad social', 'nuss', 'naf'],
    hints: ['seguridad social', 'afiliacion'],
    forms: [
      {
        shapes: ['99 99999999 99', '99/99999999/99', '999999999999', '99-99999999-99'],
        score: BARE,
        valid: isSpanishInsurance,
      },
    ],
  },
  {
    entity: 'PT_TAX_ID',
    labels: ['contribuinte', 'nipc', 'numero de identificacao fiscal', 'numero de contribuinte'],
    hints: ['nif', 'financas', 'identificacao fiscal', 'portugal'],
    forms: [
      { shapes: ['999999999', '999 999 999'], score: BARE, valid: isPortugueseTaxId },
      { shapes: ['AA999999999'], score: LIKELY, valid: (id) => id.startsWith('PT') && isPortugueseTaxId(id.slice(2)) },
    ],
  },
  {
    entity: 'IT_FISCAL_CODE',
    labels: ['codice fiscale', 'cod fisc', 'cod fiscale', 'c f'],
    hints: ['fiscale', 'cf', 'tessera sanitaria'],
    // A code that two people would share has letters for some of its digits.
    forms: [{ shapes: ['AAAAAAXXAXXAXXXA', 'AAAAAA 99A99 A999A'], score: DISTINCT, valid: isCodiceFiscale }],
  },
  {
    entity: 'IT_IDENTITY_CARD',
    labels: ["numero carta d'identita", 'cie', 'numero cie'],
    hints: ['identita', 'carta identita', 'identity card'],
    // The electronic card; paper ones have two letters and seven digits.
    forms: [
      { shapes: ['AA99999AA'], score: CHECKED, valid: (id) => id.startsWith('C') },
      { shapes: ['AA9999999', 'AA 9999999', '9999999AA'], score: BARE },
    ],
  },
  {
    entity: 'IT_DRIVER_LICENSE',
    labels: ['patente numero', 'numero patente', 'italian driving licence'],
    hints: ['patente', 'guida', 'driver license', 'driving licence'],
    forms: [{ shapes: ['AA9999999A', 'A9AXXXXXXA'], score: BARE, valid: (id) => /^(?:[A-Z]{2}|U1)/.test(id) }],
  },
  {
    entity: 'IT_PASSPORT',
    labels: ['passaporto italiano', 'italian passport'],
    hints: ['passaporto', 'passport'],
    forms: [{ shapes: ['AA9999999', 'AA 9999999'], score: BARE }],
  },
  {
    entity: 'IT_VAT_CODE',
    labels: ['partita iva', 'p iva', 'piva', 'part iva'],
    hints: ['iva', 'partita'],
    forms: [
      { shapes: ['99999999999'], score: BARE, valid: isPartitaIva },
      { shapes: ['AA99999999999'], score: LIKELY, valid: (id) => id.startsWith('IT') && isPartitaIva(id.slice(2)) },
    ],
  },
  {
    entity: 'PT_NATIONAL_ID',
    labels: ['cc numero', 'numero do cartao de cidadao', 'numero de bilhete de identidade', 'niss'],
    hints: ['cartao', 'cidadao', 'portugal'],
    forms: [{ shapes: ['99999999 9 AA9', '999999999AA9', '99999999 9AA9'], score: CHECKED, valid: isCitizenCard }],
  },
  {
    entity: 'CY_TAX_ID',
    labels: ['cyprus tic', 'αφτ'],
    hints: ['cyprus', 'κυπρος'],
    forms: [{ shapes: ['99999999A'], score: BARE }],
  },
  {
    entity: 'MT_NATIONAL_ID',
    labels: ['maltese id', 'karta tal identita'],
    hints: ['malta', 'maltese'],
    forms: [{ shapes: ['9999999A', '999999A'], score: BARE, valid: (id) => /[MGAPLHBZ]$/.test(id) }],
  },
  {
    entity: 'GR_TAX_ID',
    labels: ['afm', 'αφμ', 'α φ μ'],
    forms: [{ shapes: ['999999999'], score: BARE, valid: isAfm }],
  },
  {
    entity: 'GR_NATIONAL_ID',
    labels: ['amka', 'αμκα', 'α μ κ α', 'αριθμος ταυτοτητας', 'αδτ'],
    forms: [{ shapes: ['99999999999'], score: CHECKED, valid: (id) => hasDayAndMonth(id, 0) && passesLuhn(id) }],
  },
]);

function isNif(id: string): boolean {
  return NIF_LETTERS[Number(id.slice(0, 8)) % 23] === id[8];
}

function isNie(id: string): boolean {
  return /^[XYZ]/.test(id) && isNif(`${'XYZ'.indexOf(id[0]!)}${id.slice(1)}`);
}

/** Entities, and persons without a DNI (K, L, M): sums as Luhn's, with a digit or a letter as check (Orden EHA/451/2008). */
function isCompanyNif(id: string): boolean {
  if (/^[KLM]/.test(id)) return NIF_LETTERS[Number(id.slice(1, 8)) % 23] === id[8] || companyCheck(id) === id[8];
  return /^(?:[ABCDEFGHJUV]\d{8}|[CNPQRSW]\d{7}[A-J])$/.test(id) && companyCheck(id) === id[8];
}

function companyCheck(id: string): string {
  const check = [...'0123456789'].find((digit) => passesLuhn(id.slice(1, 8) + digit))!;
  return /[A-Z]/.test(id[8]!) ? 'JABCDEFGHI'[Number(check)]! : check;
}

function isSpanishInsurance(id: string): boolean {
  const province = Number(id.slice(0, 2));
  return province >= 1 && province <= 66 && Number(id.slice(0, 10)) % 97 === Number(id.slice(10));
}

/** Cartão de Cidadão: Luhn's scheme in base 36 from the left of an even length. */
function isCitizenCard(id: string): boolean {
  let sum = 0;
  for (let at = 0; at < id.length; at++) {
    const value = Number.parseInt(id[at]!, 36) * (at % 2 === 0 ? 2 : 1);
    sum += at % 2 === 0 && value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

function isPortugueseTaxId(id: string): boolean {
  const check = 11 - (weightedSum(id, [9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return /^[1235689]/.test(id) && !isRepeated(id) && (check > 9 ? 0 : check) === digitAt(id, 8);
}

/** DM 23/12/1976: what characters in odd places count; digits count as the letters A to J. */
const ODD_VALUES = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
const CODICE_FISCALE =
  /^[A-Z]{6}[\dLMNP-V]{2}[ABCDEHLMPRST](?:[04LQ][1-9M-NP-V]|[15MR][\dLMNP-V]|[26NS][\dLMNP-V]|[37PT][01LM])[A-Z][\dLMNP-V]{3}[A-Z]$/;

function isCodiceFiscale(id: string): boolean {
  if (!CODICE_FISCALE.test(id)) return false;
  let sum = 0;
  for (let at = 0; at < 15; at++) {
    const value = /\d/.test(id[at]!) ? digitAt(id, at) : id.charCodeAt(at) - 0x41;
    sum += at % 2 === 0 ? ODD_VALUES[value]! : value;
  }
  return sum % 26 === id.charCodeAt(15) - 0x41;
}

function isPartitaIva(id: string): boolean {
  return !isRepeated(id) && passesLuhn(id);
}

function isAfm(id: string): boolean {
  return !isRepeated(id) && (weightedSum(id, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === digitAt(id, 8);
}
