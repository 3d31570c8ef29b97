/** Numbers of persons in Africa and the Middle East. */
import { digitAt, passesLuhn, weightedSum } from '../../../checksums.ts';
import { BARE, CHECKED, DISTINCT, defineIds, hasMonthAndDay, isRepeated, LIKELY } from '../id-kind.ts';

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
    forms: [{ shapes: ['99999999999', '999 999 999 99'], score: CHECKED, valid: isTurkishId }],
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
    forms: [
      { shapes: ['99999999999999'], score: CHECKED, valid: (id) => !/^20[0-3]\d/.test(id) && isEgyptianId(id) },
      { shapes: ['99999999999999'], score: BARE, valid: (id) => /^[23]/.test(id) && hasMonthAndDay(id, 3) },
    ],
  },
  {
    entity: 'SA_NATIONAL_ID',
    labels: ['iqama', 'iqama number', 'saudi id', 'رقم الإقامة', 'الهوية الوطنية', 'رقم الهوية الوطنية'],
    hints: ['saudi', 'السعودية'],
    forms: [{ shapes: ['9999999999'], score: BARE, valid: (id) => /^[12]/.test(id) && passesLuhn(id) }],
  },
  {
    entity: 'KW_NATIONAL_ID',
    labels: ['kuwait civil id', 'الرقم المدني'],
    hints: ['civil id', 'kuwait'],
    forms: [{ shapes: ['999999999999'], score: CHECKED, valid: isKuwaitiId }],
  },
  {
    entity: 'GULF_NATIONAL_ID',
    labels: [
      'qatar id',
      'qid',
      'cpr bahrain',
      'bahrain id',
      'oman id',
      'الرقم الشخصي',
      'البطاقة الشخصية',
      'بطاقة الهوية',
    ],
  },
  {
    entity: 'IR_NATIONAL_ID',
    labels: ['کد ملی', 'شماره ملی', 'code melli', 'melli code'],
    hints: ['iran', 'iranian'],
    forms: [{ shapes: ['9999999999', '999-999999-9'], score: BARE, valid: isIranianId }],
  },
  {
    entity: 'JO_NATIONAL_ID',
    labels: ['الرقم الوطني', 'jordanian id'],
  },
  {
    entity: 'MA_NATIONAL_ID',
    labels: ['cin', 'cnie', 'carte nationale', 'numero cin', 'رقم البطاقة الوطنية'],
    weakLabels: ['cni maroc'],
  },
  {
    entity: 'GH_NATIONAL_ID',
    labels: ['ghana card', 'ghanacard'],
    forms: [{ shapes: ['AAA-999999999-9'], score: DISTINCT, valid: (id) => /^[A-Z]{3}/.test(id) }],
  },
  {
    entity: 'KE_NATIONAL_ID',
    labels: ['kra pin', 'kenyan id', 'huduma number', 'maisha namba', 'nambari ya kitambulisho'],
    hints: ['kra', 'kenya'],
    forms: [{ shapes: ['A999999999A'], score: CHECKED, valid: (id) => /^[AP]/.test(id) }],
  },
  {
    entity: 'UG_NATIONAL_ID',
    labels: ['ugandan nin', 'nira'],
    hints: ['uganda', 'nin'],
    forms: [{ shapes: ['AA99999999999A', 'AA999999999XXX'], score: CHECKED, valid: (id) => /^C[MF]\d{9}/.test(id) }],
  },
  {
    entity: 'TZ_NATIONAL_ID',
    labels: ['nida', 'nida number'],
    forms: [
      {
        shapes: ['99999999-99999-99999-99'],
        score: DISTINCT,
        valid: (id) => /^(?:19|20)/.test(id) && hasMonthAndDay(id, 4),
      },
    ],
  },
  {
    entity: 'RW_NATIONAL_ID',
    labels: ['indangamuntu', 'rwandan id'],
    forms: [{ shapes: ['9 9999 9 9999999 9 99'], score: LIKELY, valid: (id) => /^[123](?:19|20)/.test(id) }],
  },
  {
    entity: 'ZW_NATIONAL_ID',
    labels: ['zimbabwean id'],
    hints: ['zimbabwe', 'national id'],
    forms: [{ shapes: ['99-999999A99', '99-9999999A99', '99-999999-A-99', '99-9999999-A-99'], score: LIKELY }],
  },
]);

/** Century, date, governorate (88 abroad), serial, check. */
function isEgyptianId(id: string): boolean {
  const governorate = Number(id.slice(7, 9));
  return /^[23]/.test(id) && hasMonthAndDay(id, 3) && ((governorate >= 1 && governorate <= 35) || governorate === 88);
}

function isKuwaitiId(id: string): boolean {
  return (
    /^[23]/.test(id) &&
    hasMonthAndDay(id, 3) &&
    11 - (weightedSum(id, [2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11) === digitAt(id, 11)
  );
}

function isIranianId(id: string): boolean {
  const rest = weightedSum(id, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
  return !isRepeated(id) && (rest < 2 ? rest : 11 - rest) === digitAt(id, 9);
}

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
