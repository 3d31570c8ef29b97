import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Deadlines } from '../../src/stores/deadlines.ts';

it('gives things in the order in which they fall due, whatever was taken out between', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ due: fc.nat(20), stays: fc.boolean() })), fc.nat(20), (specs, now) => {
      const deadlines = new Deadlines<{ due: number; place: number }>();
      const items = specs.map(({ due, stays }) => ({ due, stays, place: -1 }));
      for (const item of items) deadlines.add(item);
      for (const item of items.filter(({ stays }) => !stays)) deadlines.remove(item);

      const taken: number[] = [];
      for (let item = deadlines.take(now); item; item = deadlines.take(now)) taken.push(item.due);

      const due = items.filter((item) => item.stays && item.due <= now).map((item) => item.due);
      expect(taken).toEqual(due.sort((a, b) => a - b));
      expect(deadlines.size).toBe(items.filter(({ stays }) => stays).length - taken.length);
    }),
  );
});
