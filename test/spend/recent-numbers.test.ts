/** Quantiles of the last numbers: as a sort of them would tell. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecentNumbers } from '../../src/spend/recent-numbers.ts';

it('tells the quantiles that a sort of the last 128 numbers tells', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 400 }), (values) => {
      const recent = new RecentNumbers();
      for (const value of values) recent.add(value);
      const sorted = values.slice(-128).sort((a, b) => a - b);
      expect(recent.size).toBe(sorted.length);
      for (const share of [0, 0.5, 0.95, 1])
        expect(recent.quantile(share)).toBe(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0);
    }),
  );
});
