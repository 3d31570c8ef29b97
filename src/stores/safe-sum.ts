/** Sums of whole nano-USD within what a number holds exactly: 2^53 - 1, over nine million USD. */

/** Stays at the largest safe number, which is above every limit, rather than losing exactness. */
export function addSafely(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Throws unless the amount is a whole, safe number that is not negative. */
export function checkAmount(name: string, amount: number): void {
  if (!Number.isSafeInteger(amount) || amount < 0)
    throw new RangeError(`${name} must be whole nano-USD, got ${amount}.`);
}
