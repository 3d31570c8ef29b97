/** Numbers of persons and taxpayers in Colombia, Peru, Venezuela, Paraguay, Bolivia, Central America and the Caribbean. */
import { digitAt, passesLuhn, weightedSum } from '../../../checksums.ts';
import { BARE, CHECKED, DISTINCT, defineIds, isRepeated, LIKELY } from '../id-kind.ts';

export const LATIN_AMERICA = defineIds([
  {
    entity: 'CO_NATIONAL_ID',
    labels: ['cedula colombiana', 'tarjeta de identidad', 'nuip', 'c c no'],
    hints: ['cedula', 'ciudadania', 'colombia'],
    forms: [{ shapes: ['9.999.999.999', '99.999.999'], score: BARE }],
  },
  {
    entity: 'CO_TAX_ID',
    labels: ['nit colombia', 'numero de identificacion tributaria', 'rut dian'],
    hints: ['nit', 'dian', 'colombia'],
    forms: [
      { shapes: ['999.999.999-9'], score: DISTINCT, valid: isNit },
      { shapes: ['999999999-9', '9999999999'], score: BARE, valid: isNit },
    ],
  },
  {
    entity: 'PE_TAX_ID',
    labels: ['ruc peru', 'registro unico de contribuyentes'],
    hints: ['ruc', 'sunat', 'peru'],
    forms: [{ shapes: ['99999999999'], score: CHECKED, valid: isPeruvianRuc }],
  },
  {
    entity: 'VE_TAX_ID',
    labels: ['rif', 'registro de informacion fiscal'],
    hints: ['seniat', 'venezuela'],
    forms: [
      { shapes: ['A-99999999-9'], score: DISTINCT, valid: isRif },
      { shapes: ['A999999999', 'A-999999999'], score: BARE, valid: isRif },
    ],
  },
  {
    entity: 'VE_NATIONAL_ID',
    labels: ['cedula venezolana', 'c i v'],
    hints: ['cedula', 'venezuela', 'venezolana', 'venezolano'],
    forms: [
      {
        shapes: ['A-99.999.999', 'A-9.999.999', 'A-99999999', 'A99999999'],
        score: BARE,
        valid: (id) => /^[VE]/.test(id),
      },
    ],
  },
  {
    entity: 'PY_TAX_ID',
    hints: ['ruc', 'paraguay'],
    forms: [{ shapes: ['99999999-9', '9999999-9', '999999-9'], score: BARE, valid: isParaguayanRuc }],
  },
  {
    entity: 'DO_NATIONAL_ID',
    labels: ['cedula dominicana', 'cedula de identidad y electoral'],
    hints: ['cedula', 'dominicana', 'dominicano'],
    forms: [
      { shapes: ['999-9999999-9'], score: LIKELY, valid: isDominicanId },
      { shapes: ['99999999999'], score: BARE, valid: isDominicanId },
    ],
  },
  {
    entity: 'CR_NATIONAL_ID',
    labels: ['cedula costarricense', 'cedula juridica', 'dimex'],
    hints: ['cedula', 'costa rica'],
    forms: [{ shapes: ['9-9999-9999', '99-9999-9999', '9-999-999999'], score: BARE }],
  },
  {
    entity: 'GT_NATIONAL_ID',
    labels: ['dpi', 'cui', 'codigo unico de identificacion', 'documento personal de identificacion'],
    hints: ['guatemala'],
    forms: [
      { shapes: ['9999 99999 9999'], score: LIKELY, valid: isCui },
      { shapes: ['9999999999999', '9999-99999-9999'], score: BARE, valid: isCui },
    ],
  },
  {
    entity: 'SV_NATIONAL_ID',
    labels: ['dui', 'documento unico de identidad'],
    hints: ['salvador', 'salvadorena', 'salvadoreno'],
    forms: [{ shapes: ['99999999-9'], score: BARE, valid: isDui }],
  },
  {
    entity: 'HN_NATIONAL_ID',
    hints: ['honduras', 'dni', 'rtn'],
    forms: [
      { shapes: ['9999-9999-99999', '9999-9999-999999'], score: BARE, valid: (id) => /^(?:0[1-9]|1[0-8])/.test(id) },
    ],
  },
  {
    entity: 'PA_NATIONAL_ID',
    labels: ['cedula panamena', 'cedula de identidad personal'],
    hints: ['cedula', 'panama'],
    forms: [{ shapes: ['9-999-9999', '99-999-9999', '9-999-99999', 'A-99-9999', 'AA-999-9999'], score: BARE }],
  },
  {
    entity: 'CU_NATIONAL_ID',
    labels: ['carne de identidad', 'carnet de identidad', 'cedula de identidad no'],
  },
]);

/** DIAN, weights by primes from the right; the check is eleven less the rest unless that is 0 or 1. */
function isNit(id: string): boolean {
  const rest = weightedSum(id.padStart(10, '0'), [41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
  return !isRepeated(id) && (rest > 1 ? 11 - rest : rest) === Number(id.at(-1));
}

function isPeruvianRuc(id: string): boolean {
  const check = 11 - (weightedSum(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);
  return /^(?:10|15|16|17|20)/.test(id) && check % 10 === digitAt(id, 10);
}

/** The letter counts four times its number. */
function isRif(id: string): boolean {
  const letter = ' VEJPG'.indexOf(id[0]!);
  if (letter < 1) return false;
  const check = 11 - ((letter * 4 + weightedSum(id.slice(1), [3, 2, 7, 6, 5, 4, 3, 2])) % 11);
  return (check > 9 ? 0 : check) === digitAt(id, 9);
}

/** Weights from 2 upwards, from the right. */
function isParaguayanRuc(id: string): boolean {
  let sum = 0;
  for (let at = id.length - 2, weight = 2; at >= 0; at--, weight++) sum += digitAt(id, at) * weight;
  const rest = sum % 11;
  return (rest > 1 ? 11 - rest : 0) === Number(id.at(-1));
}

function isDominicanId(id: string): boolean {
  return !isRepeated(id) && passesLuhn(id);
}

/** Eight digits with weights 2 to 9 modulo 11, their check, then department (1 to 22) and municipality. */
function isCui(id: string): boolean {
  const department = Number(id.slice(9, 11));
  return (
    department >= 1 &&
    department <= 22 &&
    id.slice(11) !== '00' &&
    weightedSum(id.slice(0, 8), [2, 3, 4, 5, 6, 7, 8, 9]) % 11 === digitAt(id, 8)
  );
}

function isDui(id: string): boolean {
  return (10 - (weightedSum(id, [9, 8, 7, 6, 5, 4, 3, 2]) % 10)) % 10 === digitAt(id, 8);
}
