/** Sums of whole nano-USD within what a number holds exactly: 2^53 - 1, over nine million USD. */
import type { LeaseReport, Reservation } from '../core/ledger.ts';

/** Stays at the largest safe number, which is above every limit, rather than losing exactness. */
export function addSafely(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Throws unless the amount is a whole, safe number that is not negative. */
export function checkAmount(name: string, amount: number): void {
  if (!Number.isSafeInteger(amount) || amount < 0)
    throw new RangeError(`${name} must be whole nano-USD, got ${amount}.`);
}

export function checkReservation({ lines }: Reservation): void {
  for (const { amount, limit } of lines) {
    checkAmount('An amount', amount);
    checkAmount('A limit', limit);
  }
}

export function checkReport({ used, held, version }: LeaseReport): void {
  checkAmount('A used amount', used);
  checkAmount('A held amount', held);
  if (!Number.isSafeInteger(version) || version < 1)
    throw new RangeError(`A version must be a whole number of at least 1, got ${version}.`);
}
