import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { BodyShape } from '../../src/core/json-body.ts';
import { createKnownBodies } from '../../src/redaction/known-bodies.ts';

const SHAPE: BodyShape = { value: { scope: 'message' } };
const turn = (text: string): string => JSON.stringify({ role: 'user', content: text.repeat(1_000) });
const body = (...turns: string[]): string => `{"model":"m","messages":[${turns.map(turn)}]}`;

/** Walks for an owner, and how many leaves of the walk were known. */
function walking(memo: { maxBytes?: number; ttlMs?: number } | false | undefined, now?: () => number) {
  const walkFor = createKnownBodies(memo, 'test', { now });
  return (text: string, owner = 'ada'): number | undefined =>
    walkFor?.(owner)(text, SHAPE).leaves.filter(({ known }) => known !== undefined).length;
}

describe('the bodies of a conversation', () => {
  it('are known as far as they stood in the one before', () => {
    const known = walking(undefined);

    expect([known(body('first', 'next')), known(body('first', 'next', 'more')), known(body('other', 'next'))]).toEqual([
      ...[0, 4, 2],
    ]);
  });

  it('are known to their owner alone', () => {
    const known = walking(undefined);
    known(body('first', 'next'));

    expect([known(body('first', 'next'), 'bob'), known(body('first', 'next'))]).toEqual([0, 4]);
  });

  it('of several at once are told apart by how they begin', () => {
    const known = walking(undefined);
    for (const turns of [
      ['same', 'one', 'two', 'three'],
      ['same', 'four', 'five', 'six'],
    ])
      known(body(...turns));

    expect([known(body('same', 'one', 'two', 'three')), known(body('same', 'four', 'five', 'six'))]).toEqual([8, 8]);
  });

  it('are forgotten after their time, and when nothing is to be remembered', () => {
    let time = 1;
    const known = walking({ ttlMs: 100 }, () => time);
    known(body('first'));
    time = 102;

    expect([known(body('first')), walking(false)(body('first'))]).toEqual([0, undefined]);
  });

  it('are forgotten beyond their share of the memory, those of other owners and the oldest of one first', () => {
    const known = walking({ maxBytes: 4 * 3 * 11_000 });
    for (const text of ['first', 'other', 'third', 'forth']) known(body(text));

    expect([known(body('first')), known(body('forth')), known(body('bobby'), 'bob'), known(body('forth'))]).toEqual([
      ...[0, 2, 0, 0],
    ]);
  });

  it('keep no body alive but the last, whatever is known of those before', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const known = walking(undefined);
    const content = { a_key_that_is_no_short_one: { another_key_of_that_length: 'with "quotes"' } };
    const messages: object[] = [{ role: 'system', content: 'x'.repeat(200_000) }];
    const ask = (): number | undefined => known(Buffer.from(JSON.stringify({ messages })).toString());
    for (let turn = 0; turn < 60; turn++) ask();
    collect();
    const before = process.memoryUsage().heapUsed;

    for (let turn = 0; turn < 60; turn++) {
      messages.push({ role: 'user', content });
      ask();
    }

    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
  });
});
