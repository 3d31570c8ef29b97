/** Numbers of persons in South Africa, Nigeria, Turkey, Israel, the Emirates and Egypt. */
import { digitAt, passesLuhn } from '../../../checksums.ts';
import { BARE, DISTINCT, defineIds, hasMonthAndDay, isRepeated } from '../id-kind.ts';

export const AFRICA_AND_MIDDLE_EAST = defineIds([
  {
    entity: 'ZA_NATIONAL_ID',
    labels: ['rsa id', 'sa id', 'south african id', 'said number', 'id nommer', 'identiteitsnommer'],
    hints: ['south africa', 'south african'],
    // Date, serial, citizen or resident, a digit that is 8 or 9, Luhn.
    forms: [
      {
        shapes: ['9999999999999', '999999 9999 999', '999999 9999 99 9'],
        score: 0.75,
        valid: (id) => hasMonthAndDay(id, 2) && /^[012][89]\d$/.test(id.slice(10)) && passesLuhn(id),
      },
    ],
  },
  {
    entity: 'NG_NATIONAL_ID',
    labels: ['nin', 'nimc', 'nimc number', 'national identification number', 'nigerian nin'],
  },
  {
    entity: 'NG_BANK_VERIFICATION_NUMBER',
    labels: ['bvn', 'bank verification number'],
  },
  {
    entity: 'TR_NATIONAL_ID',
    labels: [
      'tckn',
      'tc kimlik',
      't c kimlik',
      'tc kimlik no',
      'kimlik no',
      'kimlik numarasi',
      'tc no',
      'turkish id',
      'vkn',
    ],
    hints: ['kimlik', 'tc', 'nufus', 'vatandas', 'vatandaslik', 'kisi', 'turkish'],
    forms: [{ shapes: ['99999999999', '999 999 999 99'], score: BARE, valid: isTurkishId }],
  },
  {
    entity: 'IL_NATIONAL_ID',
    labels: ['teudat zehut', 'תעודת זהות', 'מספר זהות', 'ת ז', 'ת.ז', 'israeli id'],
    hints: ['israel', 'israeli', 'zehut', 'זהות'],
    forms: [{ shapes: ['999999999', '99999999-9'], score: BARE, valid: (id) => !isRepeated(id) && passesLuhn(id) }],
  },
  {
    entity: 'AE_NATIONAL_ID',
    labels: ['emirates id', 'eid number', 'emirates id number', 'رقم الهوية'],
    forms: [
      {
        shapes: ['999-9999-9999999-9', '999999999999999'],
        score: DISTINCT,
        valid: (id) => /^784(?:19|20)/.test(id) && passesLuhn(id),
      },
    ],
  },
  {
    entity: 'EG_NATIONAL_ID',
    labels: ['egyptian id', 'الرقم القومي'],
    hints: ['egypt', 'egyptian'],
    forms: [{ shapes: ['99999999999999'], score: BARE, valid: (id) => /^[23]/.test(id) && hasMonthAndDay(id, 3) }],
  },
]);

/** Two check digits over the nine before, the second over all ten. */
function isTurkishId(id: string): boolean {
  if (id[0] === '0') return false;
  let odd = 0;
  let even = 0;
  for (let at = 0; at < 9; at++) {
    if (at % 2 === 0) odd += digitAt(id, at);
    else even += digitAt(id, at);
  }
  const tenth = (((odd * 7 - even) % 10) + 10) % 10;
  return tenth === digitAt(id, 9) && (odd + even + tenth) % 10 === digitAt(id, 10);
}
