import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Queue } from '../../src/stores/queue.ts';

it('gives back what came first, as an array would', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat())), (steps) => {
      const queue = new Queue<number>();
      const array: number[] = [];
      for (const step of steps) {
        if (step === null) expect(queue.shift()).toBe(array.shift());
        else {
          queue.push(step);
          array.push(step);
        }
        expect([queue.size, queue.first]).toEqual([array.length, array[0]]);
      }
    }),
  );
});
