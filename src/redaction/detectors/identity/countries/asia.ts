/** Numbers of persons and taxpayers in East, South and South-East Asia. */
import { digitAt, passesLuhn36, passesMod11And2, passesVerhoeff, weightedSum } from '../../../checksums.ts';
import { BARE, CHECKED, DISTINCT, defineIds, hasMonthAndDay, isDay, isRepeated, LIKELY } from '../id-kind.ts';

export const ASIA = defineIds([
  {
    entity: 'IN_AADHAAR',
    labels: ['aadhaar', 'aadhar', 'adhaar', 'uidai', 'aadhaar card', 'aadhar card', 'आधार'],
    hints: ['uid', 'आधार संख्या'],
    forms: [
      { shapes: ['9999 9999 9999', '9999-9999-9999', '9999:9999:9999'], score: 0.55, valid: isAadhaar },
      { shapes: ['999999999999'], score: BARE, valid: isAadhaar },
    ],
  },
  {
    entity: 'IN_PAN',
    labels: ['pan card', 'pan number', 'pan no', 'permanent account number', 'income tax pan'],
    hints: ['pan', 'income tax', 'gst', 'kyc'],
    // The fourth letter is the kind of holder (Income Tax Department).
    forms: [{ shapes: ['AAAAA9999A'], score: 0.75, valid: (id) => /^[A-Z]{3}[ABCFGHJKLPT]/.test(id) }],
  },
  {
    entity: 'IN_GST_TAX_ID',
    labels: ['gstin', 'gst number', 'gst no', 'gstin uin', 'gst registration number'],
    hints: ['gst', 'tax invoice'],
    forms: [
      { shapes: ['99AAAAA9999AXAX'], score: DISTINCT, valid: (id) => isGstin(id) && passesLuhn36(id) },
      { shapes: ['99AAAAA9999AXAX'], score: 0.7, valid: isGstin },
    ],
  },
  {
    entity: 'IN_VOTER',
    labels: ['voter id', 'voter card', 'voter id card', 'epic no', 'epic number', 'elector photo identity card'],
    hints: ['voter', 'epic', 'elector', 'election'],
    forms: [{ shapes: ['AAA9999999'], score: BARE }],
  },
  {
    entity: 'IN_PASSPORT',
    labels: ['indian passport'],
    hints: ['passport', 'republic of india'],
    forms: [{ shapes: ['A9999999', 'A 9999999'], score: BARE, valid: (id) => /^[A-PR-WY][1-9]\d{5}[1-9]$/.test(id) }],
  },
  {
    entity: 'SG_NRIC_FIN',
    labels: ['nric', 'nric fin', 'fin no', 'fin number', 'nric no', 'singapore ic'],
    hints: ['fin', 'identity card', 'singapore', 'ic'],
    forms: [{ shapes: ['A9999999A'], score: 0.8, valid: isNric }],
  },
  {
    entity: 'SG_ENTITY_TAX_ID',
    labels: ['uen', 'unique entity number', 'acra number'],
    hints: ['acra', 'singapore', 'pte'],
    forms: [
      { shapes: ['A99AA9999A'], score: LIKELY, valid: (id) => /^[RST]/.test(id) },
      { shapes: ['99999999A', '999999999A'], score: CHECKED, valid: isUen },
      { shapes: ['99999999A', '999999999A'], score: BARE },
    ],
  },
  {
    entity: 'KR_RRN',
    labels: ['rrn', 'frn', '주민등록번호', '주민번호', '외국인등록번호', 'resident registration number', 'korean rrn'],
    hints: ['resident registration', 'alien registration', 'foreigner registration', 'korean', '주민등록', '등록번호'],
    forms: [
      // Numbers given out since October 2020 have no check digit; 5 to 8 are foreigners, of whose numbers many fail it.
      {
        shapes: ['999999-9999999'],
        score: 0.7,
        valid: (id) => isRrn(id) && (isUncheckedRrn(id) || passesRrnCheck(id)),
      },
      {
        shapes: ['9999999999999'],
        score: LIKELY,
        valid: (id) => !/^1[67]/.test(id) && isRrn(id) && passesRrnCheck(id),
      },
      { shapes: ['999999-9999999'], score: CHECKED, valid: (id) => isRrn(id) && /^.{6}[5-8]/.test(id) },
      { shapes: ['9999999999999', '999999 9999999', '999999-9999999'], score: BARE, valid: isRrn },
    ],
  },
  {
    entity: 'KR_BUSINESS_TAX_ID',
    labels: ['brn', '사업자등록번호', '사업자번호', 'business registration number'],
    hints: ['사업자', 'business registration'],
    forms: [{ shapes: ['999-99-99999', '9999999999'], score: BARE, valid: isKoreanBusiness }],
  },
  {
    entity: 'KR_DRIVER_LICENSE',
    labels: ['운전면허번호', '면허번호', '운전면허'],
    hints: ['면허', 'license', 'licence'],
    forms: [{ shapes: ['99-99-999999-99'], score: LIKELY, valid: (id) => /^(?:1[1-9]|2[0-8])/.test(id) }],
  },
  {
    entity: 'KR_PASSPORT',
    labels: ['여권번호', '여권', 'korean passport'],
    hints: ['passport', '여권'],
    forms: [
      // The form since December 2021.
      { shapes: ['A999A9999'], score: CHECKED, valid: (id) => /^[MSRODG]/.test(id) },
      { shapes: ['A99999999', 'A999A9999'], score: BARE, valid: (id) => /^[MSRODG]/.test(id) },
    ],
  },
  {
    entity: 'JP_NATIONAL_ID',
    // "My number" is what everybody calls a phone's too: the English names need the check digit.
    labels: ['マイナンバー', '個人番号'],
    hints: ['my number', 'mynumber', 'individual number', '番号', 'japan', 'japanese'],
    forms: [{ shapes: ['999999999999', '9999 9999 9999', '9999-9999-9999'], score: BARE, valid: isMyNumber }],
  },
  {
    entity: 'JP_ID_CARD',
    labels: ['在留カード', '在留カード番号', 'residence card number', 'zairyu card'],
    hints: ['在留', 'residence card', 'zairyu'],
    forms: [{ shapes: ['AA99999999AA'], score: BARE }],
  },
  {
    entity: 'CN_NATIONAL_ID',
    labels: [
      '身份证',
      '身份证号',
      '身份证号码',
      '居民身份证',
      '公民身份号码',
      'resident identity card',
      'chinese id',
      'shenfenzheng',
    ],
    forms: [
      {
        shapes: ['999999999999999999', '99999999999999999A', '999999 99999999 9999', '999999 99999999 999A'],
        score: DISTINCT,
        valid: isChineseId,
      },
    ],
  },
  {
    entity: 'CN_TAX_ID',
    labels: ['统一社会信用代码', '信用代码', '纳税人识别号', '组织机构代码'],
  },
  {
    entity: 'TW_NATIONAL_ID',
    labels: ['身分證', '身分證字號', '統一編號', '身分證統一編號', '居留證', 'taiwan id'],
    hints: ['taiwan', '身分證', 'arc'],
    forms: [{ shapes: ['A999999999'], score: LIKELY, valid: isTaiwaneseId }],
  },
  {
    entity: 'HK_NATIONAL_ID',
    labels: ['hkid', 'hong kong id', 'hong kong identity card', '香港身份證', 'hkid card'],
    hints: ['hong kong', '身份證'],
    forms: [
      { shapes: ['A999999(X', 'AA999999(X'], score: DISTINCT, valid: isHongKongId },
      { shapes: ['A9999999', 'A999999A', 'AA9999999'], score: BARE, valid: isHongKongId },
    ],
  },
  {
    entity: 'TH_NATIONAL_ID',
    labels: ['tnin', 'thai id', 'thai national id', 'เลขประจำตัวประชาชน', 'เลขบัตรประชาชน', 'บัตรประชาชน'],
    hints: ['thai', 'thailand', 'ประชาชน'],
    forms: [
      { shapes: ['9-9999-99999-99-9', '9 9999 99999 99 9'], score: DISTINCT, valid: isThaiId },
      { shapes: ['9999999999999'], score: BARE, valid: isThaiId },
    ],
  },
  {
    entity: 'MY_NATIONAL_ID',
    labels: ['mykad', 'my kad no', 'my kad', 'no kad pengenalan', 'kad pengenalan', 'malaysian ic'],
    hints: ['malaysia', 'ic', 'nric'],
    forms: [
      { shapes: ['999999-99-9999'], score: LIKELY, valid: (id) => hasMonthAndDay(id, 2) },
      { shapes: ['999999999999'], score: BARE, valid: (id) => hasMonthAndDay(id, 2) },
    ],
  },
  {
    entity: 'ID_TAX_ID',
    labels: ['npwp', 'nomor pokok wajib pajak'],
    forms: [{ shapes: ['99.999.999.9-999.999'], score: DISTINCT }],
  },
  {
    entity: 'ID_NATIONAL_ID',
    labels: ['nik', 'ktp', 'nomor induk kependudukan', 'no ktp', 'nomor ktp'],
    hints: ['indonesia', 'kependudukan'],
    forms: [{ shapes: ['9999999999999999'], score: BARE, valid: isNik }],
  },
  {
    entity: 'PK_NATIONAL_ID',
    labels: ['cnic', 'nicop'],
    hints: ['nadra', 'pakistan'],
    forms: [{ shapes: ['99999-9999999-9'], score: LIKELY }],
  },
  {
    entity: 'VN_NATIONAL_ID',
    labels: ['cccd', 'cmnd', 'can cuoc cong dan', 'căn cước công dân', 'chứng minh nhân dân'],
  },
  {
    entity: 'PH_NATIONAL_ID',
    labels: [
      'philsys',
      'phil sys',
      'phil health',
      'philhealth',
      'philsys number',
      'umid',
      'sss number',
      'pag ibig',
      'phil id',
      'crn sss',
      'numero ng sss',
    ],
    hints: ['philippines', 'philippine', 'sss', 'gsis', 'filipino'],
    // UMID (CRN), SSS, PhilHealth.
    forms: [{ shapes: ['9999-9999999-9', '99-9999999-9', '99-999999999-9'], score: CHECKED }],
  },
  {
    entity: 'PH_TAX_ID',
    labels: ['tin ph', 'tax identification number bir'],
    hints: ['bir', 'philippines', 'philippine'],
    forms: [{ shapes: ['999-999-999-999', '999-999-999-99999', '999-999-999'], score: BARE }],
  },
]);

function isAadhaar(id: string): boolean {
  return /^[2-9]/.test(id) && !isRepeated(id) && passesVerhoeff(id);
}

/** ACRA: eight digits of a business, or nine with the year of a local company, and a check letter. */
function isUen(id: string): boolean {
  if (id.length === 9) {
    return 'XMKECAWLJDB'[weightedSum(id.slice(0, 8), [10, 4, 9, 3, 8, 2, 7, 1]) % 11] === id[8];
  }
  return (
    /^(?:19|20)/.test(id) && 'ZKCMDNERGWH'[weightedSum(id.slice(0, 9), [10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11] === id[9]
  );
}

/** State 01 to 38 (97, 99 for others), the holder's PAN, an entity number, Z, check. */
function isGstin(id: string): boolean {
  return /^(?:0[1-9]|[12]\d|3[0-8]|97|99)[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z/.test(id);
}

/** Weights 2, 7, 6, 5, 4, 3, 2; a T or G adds 4, an M 3. */
function isNric(id: string): boolean {
  const letters = { S: 'JZIHGFEDCBA', T: 'JZIHGFEDCBA', F: 'XWUTRQPNMLK', G: 'XWUTRQPNMLK', M: 'XWUTRQPNJLK' };
  const first = id[0]! as keyof typeof letters;
  if (letters[first] === undefined) return false;
  const offset = first === 'M' ? 3 : first === 'T' || first === 'G' ? 4 : 0;
  const rest = (weightedSum(id.slice(1), [2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
  return letters[first][rest] === id[8];
}

/** A birth date; every digit behind it, for sex, century and nationality, is in use. */
function isRrn(id: string): boolean {
  return hasMonthAndDay(id, 2);
}

/** Sex and century of those born since 2020. */
function isUncheckedRrn(id: string): boolean {
  return /^[23]\d{5}[3478]/.test(id);
}

function passesRrnCheck(id: string): boolean {
  const sum = weightedSum(id, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
  const check = (11 - (sum % 11)) % 10;
  // Numbers of foreigners are two higher.
  return check === digitAt(id, 12) || (check + 2) % 10 === digitAt(id, 12);
}

function isKoreanBusiness(id: string): boolean {
  const sum = weightedSum(id, [1, 3, 7, 1, 3, 7, 1, 3, 5]) + Math.floor((digitAt(id, 8) * 5) / 10);
  return !isRepeated(id) && (10 - (sum % 10)) % 10 === digitAt(id, 9);
}

function isMyNumber(id: string): boolean {
  const rest = weightedSum(id, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return !isRepeated(id) && (rest <= 1 ? 0 : 11 - rest) === digitAt(id, 11);
}

/** GB 11643: region, birth date with century, serial, check. */
function isChineseId(id: string): boolean {
  return /^[1-8]\d{5}(?:19|20)\d{9}[\dX]$/.test(id) && hasMonthAndDay(id, 10) && passesMod11And2(id);
}

/** Letters in the order of the numbers 10 to 35 that they stand for. */
const TAIWANESE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVXYWZIO';

function isTaiwaneseId(id: string): boolean {
  const letter = TAIWANESE_LETTERS.indexOf(id[0]!) + 10;
  const sum = Math.floor(letter / 10) + (letter % 10) * 9 + weightedSum(id.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1]);
  return /^[1289]/.test(id.slice(1)) && sum % 10 === 0;
}

/** One or two letters (a missing one counts 36), six digits and a check that is A for ten. */
function isHongKongId(id: string): boolean {
  const text = id.slice(0, -1);
  const values = [...text].map((character) => Number.parseInt(character, 36));
  const full = values.length === 7 ? [36, ...values] : values;
  const sum = full.reduce((total, value, at) => total + value * (9 - at), 0);
  return full.length === 8 && '0A987654321'[sum % 11] === id.at(-1);
}

function isThaiId(id: string): boolean {
  const sum = weightedSum(id, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  return /^[1-8]/.test(id) && !isRepeated(id) && (11 - (sum % 11)) % 10 === digitAt(id, 12);
}

/** Region, then day (40 more for women), month and year of birth. */
function isNik(id: string): boolean {
  return /^[1-9]\d/.test(id) && isDay(Number(id.slice(8, 10)), Number(id.slice(6, 8)) % 40);
}
