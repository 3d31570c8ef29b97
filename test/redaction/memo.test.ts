import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemo } from '../../src/redaction/memo.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { CARD, EMAIL, PHONE } from './fixtures.ts';

const LONG = 'words that are long enough to be remembered '.repeat(8);

/** Counts how often a rule of the user is asked, which is how often a text is scanned. */
function counting(options: { memo?: false | { maxBytes?: number; ttlMs?: number } } = {}) {
  const scans: number[] = [];
  const detect = (text: string) => {
    scans.push(text.length);
    return [];
  };
  return { scans, redactor: createRedactor({ ...options, detectors: [{ name: 'COUNTED', detect }] }) };
}

describe('what was found in a text', () => {
  it('is remembered for the same text, not for a copy with one more character', () => {
    const { redactor, scans } = counting();
    const text = `${LONG} ${EMAIL}`;

    const first = redactor.scanWhole(text);
    const again = redactor.scanWhole(`${text} `.slice(0, -1));
    redactor.scanWhole(`${text}.`);

    expect(again).toEqual(first);
    expect(again.map(({ type }) => type)).toEqual(['EMAIL_ADDRESS']);
    expect(scans).toHaveLength(2);
  });

  it('costs the second turn of a conversation its new text only', () => {
    const { redactor, scans } = counting();
    const turns = Array.from({ length: 200 }, (_, index) => `${index}: ${LONG}`);
    for (const text of turns) redactor.scanWhole(text, { owner: 'ada' });
    scans.length = 0;

    for (const text of [...turns, `new: ${LONG}`]) redactor.scanWhole(text, { owner: 'ada' });

    expect(scans).toEqual([LONG.length + 5]);
  });

  it('is remembered apart for each owner and for each key', () => {
    const { redactor, scans } = counting();
    for (const owner of ['ada', 'bob', 'ada']) redactor.scanWhole(LONG, { owner });
    for (const key of ['note', 'order_id', 'note'])
      redactor.scanWhole(LONG, { owner: 'ada', path: ['messages', 0, key] });

    expect(scans).toHaveLength(4);
  });

  it('is remembered for an ordinary turn, which is much shorter than a prompt', () => {
    const { redactor, scans } = counting();
    for (let turn = 0; turn < 3; turn++) redactor.scanWhole(`Please write to ${EMAIL} again.`);

    expect(scans).toHaveLength(1);
  });

  it('is not remembered for a few characters, nor when that is switched off', () => {
    const short = counting();
    const off = counting({ memo: false });
    for (let turn = 0; turn < 2; turn++) {
      short.redactor.scanWhole('short');
      off.redactor.scanWhole(LONG);
    }

    expect(short.scans).toHaveLength(2);
    expect(off.scans).toHaveLength(2);
  });

  it('is what a scan would find, for any texts, keys and owners in any order', () => {
    const words = fc.constantFrom(
      EMAIL,
      PHONE,
      CARD,
      '219099999',
      'the order',
      'ssn',
      '\u200b',
      '<EMAIL_ADDRESS_1>',
      'of the day',
    );
    const text = fc.array(words, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(' '));
    const key = fc.constantFrom('content', 'ssn', 'order_id', 'password');
    const asked = fc.record({ text, key, owner: fc.constantFrom('ada', 'bob'), again: fc.nat({ max: 2 }) });
    fc.assert(
      fc.property(
        fc.array(asked, { maxLength: 12 }),
        fc.constantFrom(undefined, { maxBytes: 2_000 }),
        (questions, memo) => {
          const remembering = createRedactor({ memo });
          const plain = createRedactor({ memo: false });
          for (const { text, key, owner, again } of [...questions, ...questions].sort((a, b) => a.again - b.again)) {
            const context = { path: [key], owner };
            expect(remembering.scanWhole(text, context), `${again}`).toEqual(plain.scanWhole(text, context));
            expect(remembering.redact(text, context)).toBe(plain.redact(text, context));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is forgotten when it was not asked for in time', () => {
    let time = 1;
    const memo = createMemo<number>({ ttlMs: 1_000 }, 'test', { now: () => time });
    memo.keep(LONG, 'ada', [1]);
    const found = [900, 900, 1_100].map((wait) => {
      time += wait;
      return memo.find(LONG, 'ada');
    });

    expect(found).toEqual([[1], [1], undefined]);
  });

  it('is forgotten when there is no room, the oldest first', () => {
    const { redactor, scans } = counting({ memo: { maxBytes: 3 * LONG.length * 2 } });
    for (const start of ['1', '2', '3', '4', '5', '1']) redactor.scanWhole(start + LONG);

    expect(scans).toHaveLength(6);
  });

  it('is bounded for one text by the number of owners', () => {
    const memo = createMemo<number>(undefined, 'test');
    for (let owner = 0; owner < 100; owner++) memo.keep(LONG, String(owner), [owner]);

    expect(memo.find(LONG, '0')).toBeUndefined();
    expect(memo.find(LONG, '99')).toEqual([99]);
  });
});
