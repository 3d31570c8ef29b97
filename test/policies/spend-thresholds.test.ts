import { describe, expect, it } from 'vitest';
import { SpendThresholds } from '../../src/policies/spend-thresholds.ts';

const HOUR = 3_600_000;

function started(...thresholds: number[]): SpendThresholds {
  const told = new SpendThresholds(thresholds);
  told.reached('a', 0, 100, 0);
  return told;
}

describe('thresholds', () => {
  it('are told once each, lowest first, several at once where one call passes them', () => {
    const told = started(0.8, 0.5, 1);
    expect(told.reached('a', 49, 100, 1)).toEqual([]);
    expect(told.reached('a', 50, 100, 2)).toEqual([0.5]);
    expect(told.reached('a', 79, 100, 3)).toEqual([]);
    expect(told.reached('a', 120, 100, 4)).toEqual([0.8, 1]);
    expect(told.reached('a', 130, 100, 5)).toEqual([]);
  });

  it('that stand when an account is met were told before', () => {
    const told = new SpendThresholds([0.5, 0.8]);
    expect(told.isNew('a')).toBe(true);
    expect(told.reached('a', 60, 100, 0)).toEqual([]);
    expect(told.isNew('a')).toBe(false);
    expect(told.reached('a', 80, 100, 0)).toEqual([0.8]);
  });

  it('of a rolling window are told again when it has rolled once', () => {
    const told = started(0.5);
    expect(told.reached('a', 50, 100, 0, HOUR)).toEqual([0.5]);
    expect(told.reached('a', 10, 100, HOUR / 2, HOUR)).toEqual([]);
    expect(told.reached('a', 50, 100, HOUR - 1, 2 * HOUR)).toEqual([]);
    expect(told.reached('a', 50, 100, HOUR, 2 * HOUR)).toEqual([0.5]);
  });

  it('keep a bounded number of accounts', () => {
    const told = new SpendThresholds([0.5]);
    for (let account = 0; account < 10_100; account++) told.reached(`a${account}`, 0, 1, 0);
    expect(told.size).toBe(10_000);
    expect(told.isNew('a0')).toBe(true);
    expect(told.isNew('a10099')).toBe(false);
  });
});
