/** The check-digit schemes that numbers are issued with. Pure arithmetic on strings; knows no kind of number. */

/** ISO/IEC 7812: every second digit from the right is doubled, and the sum of all digits is a multiple of ten. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, double = false; at >= 0; at--, double = !double) {
    const digit = digitAt(digits, at);
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** The remainder of a number of any length; letters count from 10, as in ISO 7064 MOD 97-10. */
export function remainder(text: string, modulus: number): number {
  let rest = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % modulus;
  }
  return rest;
}

/** ISO 13616: the country and check digits go last, and the whole modulo 97 is 1. */
export function passesMod97(iban: string): boolean {
  return remainder(iban.slice(4) + iban.slice(0, 4), 97) === 1;
}

/** Sum of the first digits, each times its weight; there may be more digits than weights. */
export function weightedSum(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * digitAt(digits, at), 0);
}

/** EAN-13: weights 1 and 3 by turns. */
export function passesEan(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) sum += digitAt(digits, digits.length - 1 - at) * (at % 2 === 0 ? 1 : 3);
  return sum % 10 === 0;
}

/** ISO 7064 MOD 11,10: the last digit checks those before. */
export function passesMod11And10(digits: string): boolean {
  let product = 10;
  for (let at = 0; at < digits.length - 1; at++) {
    const sum = (digitAt(digits, at) + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10 === digitAt(digits, digits.length - 1);
}

/** ISO 7064 MOD 11-2: the last character, a digit or X for ten, checks those before. */
export function passesMod11And2(text: string): boolean {
  let sum = 0;
  for (const character of text) sum = (sum * 2 + (character === 'X' ? 10 : Number(character))) % 11;
  return sum === 1;
}

/** Luhn's scheme over digits and letters in base 36; the last character checks those before. */
export function passesLuhn36(text: string): boolean {
  let sum = 0;
  for (let at = text.length - 1, factor = 1; at >= 0; at--, factor = 3 - factor) {
    const product = Number.parseInt(text[at]!, 36) * factor;
    sum += Math.floor(product / 36) + (product % 36);
  }
  return sum % 36 === 0;
}

/** ICAO 9303: weights 7, 3, 1; letters count from 10. */
export function icaoSum(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum += Number.parseInt(text[at]!, 36) * [7, 3, 1][at % 3]!;
  return sum;
}

/** Multiplication in the dihedral group of order ten, by rows. */
const VERHOEFF_PRODUCT =
  '0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210';
/** The permutation of Verhoeff's scheme, by rows of position modulo 8. */
const VERHOEFF_PERMUTATION = '01234567891576283094580379614289160435279453126870428657390127938064157046913258';

/** Verhoeff, "Error Detecting Decimal Codes" (1969): the last digit checks those before. */
export function passesVerhoeff(digits: string): boolean {
  let check = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digitAt(digits, digits.length - 1 - at);
    check = digitAt(VERHOEFF_PRODUCT, check * 10 + digitAt(VERHOEFF_PERMUTATION, (at % 8) * 10 + digit));
  }
  return check === 0;
}

export function digitAt(digits: string, at: number): number {
  return digits.charCodeAt(at) - 0x30;
}
