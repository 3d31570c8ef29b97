import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRolling, rollingBucket } from '../../src/spend/rolling.ts';

const length = fc.constantFrom('1m', '7m', '1h', '90m', '24h', '7d', '30d', '366d');
const instant = fc.integer({ min: Date.parse('2005-01-01T00:00:00Z'), max: Date.parse('2035-01-01T00:00:00Z') });

describe('rolling windows', () => {
  it('never forget what the window still holds, and count nothing longer than a 24th more', () => {
    fc.assert(
      fc.property(length, instant, fc.double({ min: 0, max: 2, noNaN: true }), (name, spentAt, share) => {
        const window = parseRolling('window', name);
        const later = spentAt + Math.floor(window.lengthMs * share);
        const booked = rollingBucket(window, spentAt);
        const asked = rollingBucket(window, later);
        const counts = [asked.label, ...asked.counting].includes(booked.label);
        if (later - spentAt < window.lengthMs) expect(counts).toBe(true);
        if (later - spentAt >= window.lengthMs * (25 / 24)) expect(counts).toBe(false);
        expect(counts).toBe(later < booked.leavesAt);
      }),
      { numRuns: 1_000 },
    );
  });

  it('join their parts without a gap, on the same instants in every process and zone', () => {
    fc.assert(
      fc.property(length, instant, (name, at) => {
        const window = parseRolling('window', name);
        const here = rollingBucket(window, at);
        expect(here.start <= at && at < here.end).toBe(true);
        expect(rollingBucket(window, here.end).counting[0]).toBe(here.label);
        expect(rollingBucket(window, here.start)).toEqual(here);
        expect(new Set([here.label, ...here.counting]).size).toBe(25);
      }),
    );
  });

  it.each(['', '24', 'h', '1.5h', '-1h', '0m', '1s', '367d', '24 h', 24, null])(
    'do not take %j for a length',
    (text) => {
      expect(() => parseRolling('window', text)).toThrow(expect.objectContaining({ param: 'window' }));
    },
  );
});
