import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';

const CLEAR = '\r\u001b[K';

/** What is drawn when bytes are read at given times. */
function drawn(
  total: number | undefined,
  reads: readonly (readonly [ms: number, bytes: number])[],
  isShown = true,
): string {
  const stderr = new PassThrough();
  let time = 0;
  const bar = createProgress({ stderr, total, now: () => time }, isShown);
  for (const [ms, bytes] of reads) {
    time = ms;
    bar.add(bytes);
  }
  bar.clear();
  return String(stderr.read() ?? '');
}

it('shows share, amount and, once it can be told, speed of a large input, and goes away at its end', () => {
  expect(
    drawn(10_000_000, [
      [100, 2_500_000],
      [1000, 2_500_000],
      [2500, 5_000_000],
    ]),
  ).toBe(
    [
      `${CLEAR}[######..................]  25 %   2.5 of 10.0 MB`,
      `${CLEAR}[############............]  50 %   5.0 of 10.0 MB   5 MB/s`,
      `${CLEAR}[########################] 100 %   10.0 of 10.0 MB   4 MB/s`,
      CLEAR,
    ].join(''),
  );
});

it('is drawn ten times a second at most', () => {
  const reads = Array.from({ length: 1000 }, (_, index) => [index, 10_000] as const);

  expect(drawn(10_000_000, reads).split(CLEAR).length - 2).toBe(10);
});

it('shows amount and speed of a pipe once it has brought much', () => {
  expect(
    drawn(undefined, [
      [1000, 3_000_000],
      [2000, 3_000_000],
    ]),
  ).toBe(`${CLEAR}6.0 MB   3 MB/s${CLEAR}`);
});

it('draws nothing for a small input or where nobody looks', () => {
  expect(drawn(100_000, [[0, 100_000]])).toBe('');
  expect(drawn(10_000_000, [[100, 10_000_000]], false)).toBe('');
});
