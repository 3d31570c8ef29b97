import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyPath } from '../../src/core/text.ts';
import { createConversations } from '../../src/redaction/conversations.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { CARD, EMAIL, PHONE } from './fixtures.ts';

interface Turn {
  readonly text: string;
  readonly path: KeyPath;
}

const texts = fc
  .array(fc.constantFrom(EMAIL, PHONE, CARD, '219099999', 'the order', '<EMAIL_ADDRESS_2>', 'sk', '\u200b', '-----'), {
    maxLength: 5,
  })
  .map((words) => words.join(' '));
const keys = fc.constantFrom('content', 'order_id', 'ssn', 'password', 'role');
const turns: fc.Arbitrary<Turn> = fc.record({ text: texts, path: keys.map((key) => ['messages', 0, key]) });
/** What a client may do to a history before it sends it again. */
const changes = fc.record({
  at: fc.nat(12),
  removed: fc.nat(4),
  added: fc.array(turns, { maxLength: 4 }),
  owner: fc.constantFrom('ada', 'bob'),
  fromStart: fc.boolean(),
});

const counting = (options: { memo?: { maxBytes?: number; ttlMs?: number } | false; now?: () => number } = {}) => {
  const asked: string[] = [];
  const conversations = createConversations<string>(options.memo, 'test', options);
  const find = (list: readonly string[], owner = 'ada', key = 'content') =>
    conversations.find(
      list.map((text) => ({ text, key })),
      owner,
      (index) => {
        asked.push(list[index]!);
        return [`${owner} ${list[index]}`];
      },
    );
  return { find, asked: () => asked.splice(0) };
};

describe('the texts of a conversation', () => {
  it('give what a scan of each gives, for any histories, edits, keys and owners', () => {
    fc.assert(
      fc.property(fc.array(turns, { maxLength: 12 }), fc.array(changes, { maxLength: 6 }), (first, later) => {
        const scanning = createRedactor({ memo: false });
        const redactor = createRedactor();
        let history = first;
        for (const { at, removed, added, owner, fromStart } of later) {
          const found = redactor.scanRequest(history, owner);
          expect(found).toEqual(history.map(({ text, path }) => scanning.scanWhole(text, { path, owner })));
          history = fromStart ? [...first] : [...history];
          history.splice(at, removed, ...added);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are asked about once, while the conversation grows and its tools stand behind it', () => {
    const { find, asked } = counting();
    find(['system', 'question', 'tool']);
    asked();

    find(['system', 'question', 'answer', 'thanks', 'tool']);

    expect(asked()).toEqual(['answer', 'thanks']);
  });

  it('are met again behind one that was replaced or taken out', () => {
    const { find, asked } = counting();
    find(['a', 'b', 'c', 'd']);
    asked();

    find(['x', 'b', 'd']);

    expect(asked()).toEqual(['x']);
  });

  it('are known apart for each owner and under each key', () => {
    const { find, asked } = counting();
    find(['a']);
    asked();

    const others = find(['a'], 'bob');
    find(['a'], 'ada', 'order_id');

    expect(others).toEqual([['bob a']]);
    expect(asked()).toEqual(['a', 'a']);
  });

  it('of several at once are told apart by how they begin', () => {
    const { find, asked } = counting();
    find(['system', 'one']);
    find(['system', 'two', 'more', 'and more']);
    asked();

    find(['system', 'one', '1']);
    find(['system', 'two', 'more', 'and more', '2']);

    expect(asked()).toEqual(['1', '2']);
  });

  it('are forgotten after their time, beyond their share of the memory, and when nothing is to be remembered', () => {
    let time = 1;
    const timed = counting({ memo: { ttlMs: 100 }, now: () => time });
    const small = counting({ memo: { maxBytes: 4_000 } });
    const off = counting({ memo: false });
    const sides = [timed, small, off];
    for (const { find } of sides) find(['a'.repeat(900)]);
    for (const { asked } of sides) asked();
    time = 102;

    for (const { find } of sides) find(['a'.repeat(900)]);

    expect(sides.map(({ asked }) => asked().length)).toEqual([1, 1, 1]);
  });
});
