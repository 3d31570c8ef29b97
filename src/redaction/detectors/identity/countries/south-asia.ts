/** More numbers of persons in India and its neighbours: driving licences, pensions, health accounts. */
import { passesVerhoeff } from '../../../checksums.ts';
import { BARE, CHECKED, defineIds, LIKELY } from '../id-kind.ts';

/** Codes of India's states and territories on plates and licences. */
export const INDIAN_STATES =
  'AN|AP|AR|AS|BH|BR|CG|CH|DD|DL|DN|GA|GJ|HP|HR|JH|JK|KA|KL|LA|LD|MH|ML|MN|MP|MZ|NL|OD|OR|PB|PY|RJ|SK|TN|TR|TS|UA|UK|UP|WB';
const LICENCE = new RegExp(`^(?:${INDIAN_STATES})\\d{2}(?:19|20)\\d{9}$`);

export const SOUTH_ASIA = defineIds([
  {
    entity: 'IN_DRIVER_LICENSE',
    labels: ['indian driving licence', 'indian driving license', 'sarathi'],
    hints: ['driving licence', 'driving license', 'dl', 'rto'],
    forms: [
      {
        shapes: ['AA9999999999999', 'AA99 99999999999', 'AA-9999999999999', 'AA-99-9999-9999999', 'AA99-99999999999'],
        score: LIKELY,
        valid: (id) => LICENCE.test(id),
      },
    ],
  },
  {
    entity: 'IN_HEALTH_ID',
    labels: ['abha', 'abha number', 'abha id', 'ayushman bharat health account'],
    hints: ['abha', 'ayushman', 'health id'],
    forms: [{ shapes: ['99-9999-9999-9999'], score: CHECKED, valid: passesVerhoeff }],
  },
  {
    entity: 'IN_TAX_DEDUCTION_NUMBER',
    labels: ['tan', 'tan no', 'tan number', 'tax deduction account number'],
    hints: ['tds', 'income tax'],
    forms: [{ shapes: ['AAAA99999A'], score: BARE }],
  },
  {
    entity: 'IN_PENSION_ID',
    labels: ['uan', 'uan no', 'uan number', 'universal account number', 'pf number', 'epf number', 'esic number'],
  },
  {
    entity: 'LK_NATIONAL_ID',
    labels: ['nic no', 'nic number', 'sri lankan nic', 'sri lankan id'],
    hints: ['nic', 'sri lanka', 'sri lankan'],
    forms: [
      {
        shapes: ['999999999A'],
        score: CHECKED,
        valid: (id) => /[VX]$/.test(id) && isDayOfYear(Number(id.slice(2, 5))),
      },
      {
        shapes: ['999999999999'],
        score: BARE,
        valid: (id) => /^(?:19|20)/.test(id) && isDayOfYear(Number(id.slice(4, 7))),
      },
    ],
  },
  {
    entity: 'BD_NATIONAL_ID',
    labels: ['nid no', 'nid number', 'nid card', 'bangladesh nid', 'জাতীয় পরিচয়পত্র', 'এনআইডি'],
  },
  {
    entity: 'NP_NATIONAL_ID',
    labels: ['nagarikta', 'nepali citizenship', 'नागरिकता नं', 'नागरिकता'],
  },
  {
    entity: 'PK_TAX_ID',
    labels: ['ntn', 'ntn number', 'strn'],
    forms: [{ shapes: ['9999999-9'], score: BARE }],
  },
]);

/** Women have 500 more. */
function isDayOfYear(day: number): boolean {
  return (day >= 1 && day <= 366) || (day >= 501 && day <= 866);
}
