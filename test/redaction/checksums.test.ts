import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  icaoSum,
  passesEan,
  passesLuhn,
  passesLuhn36,
  passesMod11And2,
  passesMod11And10,
  passesMod97,
  passesVerhoeff,
  remainder,
  weightedSum,
} from '../../src/redaction/checksums.ts';

const DIGITS = '0123456789';

describe.each([
  ['Luhn', passesLuhn, '79927398713'],
  ['Verhoeff', passesVerhoeff, '2363'],
  ['EAN-13', passesEan, '4006381333931'],
  ['ISO 7064 MOD 11,10', passesMod11And10, '07945'],
  ['ISO 7064 MOD 11-2', passesMod11And2, '079X'],
  ['Luhn in base 36', passesLuhn36, '27AAPFU0939F1ZV'],
])('%s', (_, passes, example) => {
  it('accepts the published example', () => {
    expect(passes(example)).toBe(true);
  });

  it('notices every single wrong digit', () => {
    for (let at = 0; at < example.length; at++) {
      if (!DIGITS.includes(example[at]!)) continue;
      const wrong = [...DIGITS].filter((digit) => digit !== example[at]);
      const found = wrong.filter((digit) => passes(example.slice(0, at) + digit + example.slice(at + 1)));

      expect(found).toEqual([]);
    }
  });
});

it('Verhoeff notices two neighbours that were swapped', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{11}$/), fc.nat(9), (digits, at) => {
      const whole = [...DIGITS].map((check) => digits + check).find(passesVerhoeff)!;
      const swapped = whole.slice(0, at) + whole[at + 1] + whole[at] + whole.slice(at + 2);

      expect(passesVerhoeff(swapped)).toBe(swapped === whole);
    }),
  );
});

it('an account number passes with its check digits and not with others', () => {
  expect(passesMod97('GB82WEST12345698765432')).toBe(true);
  expect(passesMod97('GB83WEST12345698765432')).toBe(false);
});

it('the remainder of a long number is that of the number', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{1,40}$/), fc.integer({ min: 2, max: 1000 }), (digits, modulus) => {
      expect(remainder(digits, modulus)).toBe(Number(BigInt(digits) % BigInt(modulus)));
    }),
  );
});

it('sums are taken from the left, as far as there are weights', () => {
  expect(weightedSum('1239', [3, 2, 1])).toBe(10);
  expect(icaoSum('L898902C3') % 10).toBe(6);
});
