import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BodyOptions, type BodyShape, JsonBody, type TextTag } from '../../src/core/json-body.ts';
import type { JsonDocument } from '../../src/json/walk.ts';
import { createKnownBodies } from '../../src/redaction/known-bodies.ts';
import { jsonTexts } from '../json/texts.ts';

const SHAPE: BodyShape = { value: { scope: 'message' } };
const turn = (text: string): string => JSON.stringify({ role: 'user', content: text.repeat(1_000) });
const body = (...turns: string[]): string => `{"model":"m","messages":[${turns.map(turn)}]}`;

/** Walks for an owner, and how many leaves of the walk were known. */
function walking(memo: { maxBytes?: number; ttlMs?: number } | false | undefined, now?: () => number) {
  const walkFor = createKnownBodies(memo, 'test', { now });
  return (text: string, owner = 'ada'): number | undefined =>
    walkFor?.(owner)(text, SHAPE).leaves.filter(({ known }) => known !== undefined).length;
}

const DECIDES = { value: { scope: 'message', decides: true } } as const;
/** Texts that may hold JSON, whose scope something in the root decides. */
const TOLD: BodyShape = {
  value: { scope: 'message' },
  keys: new Map<string, BodyShape>([
    ['kind', DECIDES],
    ['messages', { each: { value: { scope: 'tool-output', json: true }, keys: new Map([['role', DECIDES]]) } }],
  ]),
};
const OPTIONS: BodyOptions = {
  nested: true,
  resolve: ({ tag, ...leaf }, decided) =>
    tag.json && decided({ tag, ...leaf }, 'kind') === 'reasoning' ? { scope: 'reasoning', json: true } : tag,
};

const lengthOf = ({ length }: string): number => length;

/** All that is told of the texts of a body, and what it is once all of them are written anew. */
function told(source: string | JsonDocument<TextTag>) {
  const body = new JsonBody(source, TOLD, OPTIONS);
  const slots = body.slots.map((slot) => {
    const { scope, role, encoding, kind, path, at } = slot;
    expect(slot.key ?? path.findLast((step) => typeof step === 'string')).toBe(
      path.findLast((step) => typeof step === 'string'),
    );
    return { scope, role, encoding, kind, path, at, text: slot.read(), length: slot.fact?.(lengthOf) };
  });
  for (const slot of body.slots) {
    slot.write(`${slot.read()} "!"`);
    expect(slot.fact?.(lengthOf)).toBe(slot.read().length);
  }
  return { slots, media: body.media, bytes: body.textBytes, written: body.toString() };
}

describe('the bodies of a conversation', () => {
  it('have the texts that they have for whoever knows none of them, also in strings that hold JSON', () => {
    const inner = jsonTexts().map((text) => ({ role: 'tool', content: text, padding: 'x'.repeat(2_000) }));
    const kinds = fc.constantFrom('reasoning', 'plain', undefined);
    const later = fc.record({
      at: fc.nat(4),
      removed: fc.nat(1),
      added: fc.array(inner, { maxLength: 2 }),
      kind: kinds,
    });
    fc.assert(
      fc.property(
        fc.array(inner, { minLength: 2, maxLength: 4 }),
        fc.array(later, { maxLength: 6 }),
        (first, turns) => {
          const walkFor = createKnownBodies(undefined, 'test')!;
          let messages = first;
          for (const { at, removed, added, kind } of turns) {
            messages = messages.toSpliced(at, removed, ...added);
            const text = JSON.stringify({ kind, messages });
            expect(told(walkFor('ada')(text, TOLD))).toEqual(told(text));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

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

  it('stay known beside requests that are no conversation', () => {
    const known = walking({ maxBytes: 4 * 3 * 11_000 });
    known(body('first'));
    for (let n = 0; n < 9; n++) known(JSON.stringify({ input: ['some text to be embedded '.repeat(200)] }));

    expect(known(body('first'))).toBe(2);
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
