import { describe, expect, it } from 'vitest';
import { createMemo } from '../../src/redaction/memo.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { EMAIL } from './fixtures.ts';

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

  it('is not remembered for short texts, nor when that is switched off', () => {
    const short = counting();
    const off = counting({ memo: false });
    for (let turn = 0; turn < 2; turn++) {
      short.redactor.scanWhole('short');
      off.redactor.scanWhole(LONG);
    }

    expect(short.scans).toHaveLength(2);
    expect(off.scans).toHaveLength(2);
  });

  it('is forgotten when there is no room, the oldest first', () => {
    const { redactor, scans } = counting({ memo: { maxBytes: 3 * LONG.length * 2 } });
    for (const start of ['1', '2', '3', '4', '5', '1']) redactor.scanWhole(start + LONG);

    expect(scans).toHaveLength(6);
  });

  it('is bounded for one text by the number of owners', () => {
    const memo = createMemo<number>(undefined, 'test');
    for (let owner = 0; owner < 20; owner++) memo.keep(LONG, String(owner), [owner]);

    expect(memo.find(LONG, '0')).toBeUndefined();
    expect(memo.find(LONG, '19')).toEqual([19]);
  });
});
