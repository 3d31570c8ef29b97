/** What is open under runs: taken once, told of when nobody takes it in time, and never more than there may be. */
import { expect, it } from 'vitest';
import { MAX_OPEN_RUNS, OpenRuns } from '../../src/langchain/open-runs.ts';

function opened(ttlMs = 100) {
  const clock = { now: 0 };
  const left: string[] = [];
  return {
    clock,
    left,
    runs: new OpenRuns<string>({ ttlMs, now: () => clock.now, left: (value) => left.push(value) }),
  };
}

it('is taken once, and nobody is told', () => {
  const { runs, left } = opened();
  runs.set('a', 'first');
  runs.set('b', 'second');
  expect([runs.take('a'), runs.take('a'), runs.take('b'), runs.take('c')]).toEqual([
    'first',
    undefined,
    'second',
    undefined,
  ]);
  expect(left).toEqual([]);
});

it('what another takes the place of is left', () => {
  const { runs, left } = opened();
  runs.set('a', 'first');
  runs.set('a', 'second');
  expect([left, runs.take('a')]).toEqual([['first'], 'second']);
});

it('what is over is left when it is asked for, or when another begins', () => {
  const { runs, left, clock } = opened();
  runs.set('a', 'first');
  runs.set('b', 'second');
  clock.now = 99;
  runs.set('c', 'third');
  expect(left).toEqual([]);
  clock.now = 100;
  expect(runs.take('b')).toBeUndefined();
  expect(left).toEqual(['second']);
  runs.set('d', 'fourth');
  expect([left, runs.take('c')]).toEqual([['second', 'first'], 'third']);
});

it('the oldest makes place when there are too many', () => {
  const { runs, left } = opened();
  for (let n = 0; n <= MAX_OPEN_RUNS; n++) runs.set(String(n), String(n));
  expect(left).toEqual(['0']);
  expect(runs.take(String(MAX_OPEN_RUNS))).toBe(String(MAX_OPEN_RUNS));
});
