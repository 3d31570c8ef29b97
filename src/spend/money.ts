/** Exact decimal money: text to whole units and back, never through a fraction. Knows nothing of tokens or prices. */

const DECIMAL = /^(\d{1,15})(?:\.(\d{1,30}))?$/;
/** How `String(number)` writes numbers that are very small. */
const EXPONENT = /^(\d)(?:\.(\d+))?e-(\d{1,2})$/;

/** A parsed decimal: `digits / 10^places`. */
interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/**
 * A plain decimal (`'0.125'`, `'5'`) in whole units of `10^-places`. `undefined` when it is not one, is negative, or has
 * more places than that.
 */
export function parseDecimal(text: string, places: number): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > places) return undefined;
  return BigInt(match[1] + fraction.padEnd(places, '0'));
}

/**
 * A number as a decimal text that `parseDecimal` reads: the shortest one that stands for it, which is what its author
 * wrote. `undefined` for negative and infinite numbers.
 */
export function decimalOf(value: number): string | undefined {
  const text = String(value);
  const match = EXPONENT.exec(text);
  if (match !== null) return `0.${'0'.repeat(Number(match[3]) - 1)}${match[1]}${match[2] ?? ''}`;
  return DECIMAL.test(text) ? text : undefined;
}

/** A reported amount in USD, rounded half up to whole nano-USD; `undefined` when it is no amount. */
export function usdToNanoUsd(usd: number): number | undefined {
  const decimal = readDecimal(decimalOf(usd));
  if (decimal === undefined) return undefined;
  const { digits, places } = decimal;
  const nano = places <= 9 ? digits * 10n ** BigInt(9 - places) : divideHalfUp(digits, 10n ** BigInt(places - 9));
  return safeNumber(nano);
}

function readDecimal(text: string | undefined): Decimal | undefined {
  const match = DECIMAL.exec(text ?? '');
  if (match === null) return undefined;
  const fraction = match[2] ?? '';
  return { digits: BigInt(match[1] + fraction), places: fraction.length };
}

/** Quotient of two whole numbers, neither negative, rounded half up. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

/** Quotient of two whole numbers, neither negative, rounded up. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** As a number; what a number cannot hold exactly (over nine million USD) becomes the largest one that it can. */
export function safeNumber(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** Whole nano-USD as an exact decimal in USD: `3252500` is `'0.0032525'`, `5000000000` is `'5'`. */
export function nanoUsdToUsd(nanoUsd: number): string {
  if (!Number.isSafeInteger(nanoUsd)) throw new RangeError(`Not a whole, safe number of nano-USD: ${nanoUsd}`);
  const digits = String(Math.abs(nanoUsd)).padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${nanoUsd < 0 ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** A positive rational number, reduced: 1.1 is 11 / 10. */
export interface Factor {
  readonly numerator: number;
  readonly denominator: number;
}

export const ONE: Factor = { numerator: 1, denominator: 1 };

/** A factor from a decimal with at most nine places, below a million; `undefined` when it is none. Zero is one. */
export function parseFactor(text: string): Factor | undefined {
  const nano = parseDecimal(text, 9);
  return nano === undefined || nano >= 10n ** 15n ? undefined : reduced(Number(nano), 1_000_000_000);
}

export function multiplyFactors(a: Factor, b: Factor): Factor {
  return reduced(a.numerator * b.numerator, a.denominator * b.denominator);
}

function reduced(numerator: number, denominator: number): Factor {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export function greatestCommonDivisor(a: number, b: number): number {
  let [larger, smaller] = [a, b];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

/** `digits / 10^places` as the shortest exact decimal: `(32525n, 7)` is `0.0032525`. */
export function decimalText(digits: bigint, places: number): string {
  const text = String(digits).padStart(places + 1, '0');
  const fraction = text.slice(text.length - places).replace(/0+$/, '');
  const whole = text.slice(0, text.length - places);
  return places === 0 || fraction === '' ? whole : `${whole}.${fraction}`;
}

/** A quotient as a decimal with at most `places` places, rounded half up there. */
export function quotientText(dividend: bigint, divisor: bigint, places: number): string {
  return decimalText(divideHalfUp(dividend * 10n ** BigInt(places), divisor), places);
}
