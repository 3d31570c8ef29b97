import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalOf, nanoUsdToUsd, parseDecimal, usdToNanoUsd } from '../../src/spend/money.ts';

describe('money', () => {
  it.each([
    [0, '0'],
    [1, '0.000000001'],
    [3_252_500, '0.0032525'],
    [5_000_000_000, '5'],
    [12_340_000_000, '12.34'],
    [-1_500_000_000, '-1.5'],
    [Number.MAX_SAFE_INTEGER, '9007199.254740991'],
  ])('%i nano-USD are %s USD', (nanoUsd, usd) => {
    expect(nanoUsdToUsd(nanoUsd)).toBe(usd);
  });

  it('comes back the same', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (nanoUsd) => {
        expect(parseDecimal(nanoUsdToUsd(nanoUsd), 9)).toBe(BigInt(nanoUsd));
      }),
    );
  });

  it('does not format fractions of a nano-USD', () => {
    expect(() => nanoUsdToUsd(0.5)).toThrow(RangeError);
  });

  it.each([
    [0.1, '0.1'],
    [1e-7, '0.0000001'],
    [1.5e-9, '0.0000000015'],
    [-0, '0'],
    [1e21, undefined],
    [Number.NaN, undefined],
    [-1, undefined],
  ])('reads the number %d as it is written', (value, text) => {
    expect(decimalOf(value)).toBe(text);
  });

  it.each(['', '.5', '1.', '1e3', ' 1', '+1', '-1', '0x1', '1,5', '1_000'])(
    'does not take %j for a decimal',
    (text) => {
      expect(parseDecimal(text, 9)).toBeUndefined();
    },
  );

  it('rounds what was billed half up', () => {
    expect([usdToNanoUsd(1.4999e-9), usdToNanoUsd(1.5e-9), usdToNanoUsd(0.00061193)]).toEqual([1, 2, 611_930]);
  });
});
