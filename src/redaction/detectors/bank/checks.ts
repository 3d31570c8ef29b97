/** The check digits and ranges of bank numbers that have some. Pure arithmetic on digits. */
import { digitAt, remainder, weightedSum } from '../../checksums.ts';

/** ABA key: the Federal Reserve's districts (00 to 12; 21 to 32 thrifts; 61 to 72 electronic; 80 cheques), weights 3, 7, 1. */
export function isRoutingNumber(digits: string): boolean {
  const district = Number(digits.slice(0, 2));
  const inUse = district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72);
  return (
    (inUse || district === 80) && weightedSum(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0 && digits !== '000000000'
  );
}

/** Banco de México: each of the first 17 digits times 3, 7, 1 by turns, modulo 10. */
export function isClabe(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < 17; at++) sum += (digitAt(digits, at) * [3, 7, 1][at % 3]!) % 10;
  return (10 - (sum % 10)) % 10 === digitAt(digits, 17);
}

/** A Spanish account (CCC): bank and branch, two check digits, account; weights are powers of two modulo 11. */
export function isSpanishAccount(digits: string): boolean {
  return (
    Number(digits) !== 0 &&
    spanishDigit(`00${digits.slice(0, 8)}`) === digitAt(digits, 8) &&
    spanishDigit(digits.slice(10)) === digitAt(digits, 9)
  );
}

function spanishDigit(digits: string): number {
  const check = 11 - (weightedSum(digits, [1, 2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11);
  return check === 11 ? 0 : check === 10 ? 1 : check;
}

/** A French account (RIB): bank, branch, account and a key, together a multiple of 97. */
export function isFrenchAccount(digits: string): boolean {
  const [bank, branch, account, key] = [
    digits.slice(0, 5),
    digits.slice(5, 10),
    digits.slice(10, 21),
    digits.slice(21),
  ];
  const sum = 89 * remainder(bank, 97) + 15 * remainder(branch, 97) + 3 * remainder(account, 97) + Number(key);
  return Number(bank) !== 0 && sum % 97 === 0;
}

/** A Polish account (NRB): an IBAN without its country. */
export function isPolishAccount(digits: string): boolean {
  return Number(digits.slice(2)) !== 0 && remainder(`${digits.slice(2)}PL${digits.slice(0, 2)}`, 97) === 1;
}

/** A Czech or Slovak account, with or without the digits before a dash: weights are powers of two modulo 11. */
export function isCzechAccount(account: string): boolean {
  const [prefix, number] = account.includes('-') ? (account.split('-') as [string, string]) : ['', account];
  return Number(number) !== 0 && czechRest(prefix) === 0 && czechRest(number) === 0;
}

function czechRest(digits: string): number {
  return weightedSum(digits.padStart(10, '0'), [6, 3, 7, 9, 10, 5, 8, 4, 2, 1]) % 11;
}

/** ISO 3166-1 alpha-2, and Kosovo's XK, which banks use (ISO 9362). */
const COUNTRIES = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD ' +
    'CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF ' +
    'GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN ' +
    'KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA ' +
    'NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI ' +
    'SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI ' +
    'VN VU WF WS XK YE YT ZA ZM ZW'
  ).split(' '),
);

/** ISO 9362: four letters, a country, a location, and the branch if one is named. */
export function isBic(code: string): boolean {
  return COUNTRIES.has(code.slice(4, 6));
}
