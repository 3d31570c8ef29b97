import { expect, it } from 'vitest';
import { fitOf } from '../../bench/growth/series.ts';
import { excessesOf, leastOf, limitsOf } from '../../bench/guard/figures.ts';

it('sets limits above the worst of the runs, closer where work is counted', () => {
  const limits = limitsOf([
    { call: 10, callPromises: 100 },
    { call: 8, callPromises: 100 },
  ]);

  expect(limits).toEqual({
    call: { least: 8, worst: 10, limit: 13 },
    callPromises: { least: 100, worst: 100, limit: 110 },
  });
});

it('leaves out what one of the runs could not measure', () => {
  expect(Object.keys(limitsOf([{ call: 10, server: 20 }, { call: 10 }]))).toEqual(['call']);
});

it('names what is over its limit, and nothing that was not measured', () => {
  const limits = limitsOf([{ call: 10, stream: 4, server: 20 }]);

  expect(excessesOf({ call: 13.1, stream: 4 }, limits)).toEqual([{ name: 'call', figure: 13.1, limit: 13 }]);
});

it('takes the least of two measurements', () => {
  expect(leastOf({ call: 14, stream: 3 }, { call: 9, stream: 4, server: 20 })).toEqual({
    call: 9,
    stream: 3,
    server: 20,
  });
});

it('fits a straight line: what there is at none, and what one more adds', () => {
  const fit = fitOf([1, 10, 100].map((x) => ({ x, median: 50 + 2 * x })));

  expect(fit.each).toBeCloseTo(2);
  expect(fit.atNone).toBeCloseTo(50);
  expect(fit.times).toBe(100);
});
