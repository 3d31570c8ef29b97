import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonPieces } from '../../src/cli/json-pieces.ts';
import { redactJson } from '../../src/cli/redact-json.ts';
import { Redaction } from '../../src/cli/redaction.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { jsonTexts } from '../json/texts.ts';
import { CARD, EMAIL, SSN } from '../redaction/fixtures.ts';

const redactor = createRedactor({ memo: false });

const redactionInto = (found: unknown[]): Redaction =>
  new Redaction(redactor, (one, place) => void found.push({ ...one, place: place() }));

function inPieces(pieces: readonly string[]): { shown: string; found: unknown[] } {
  const found: unknown[] = [];
  const redaction = redactionInto(found);
  const json = new JsonPieces((spelled, place) => redactJson(spelled, redaction, place));
  return { shown: pieces.map((piece) => json.push(piece)).join('') + json.end(), found };
}

function whole(text: string): { shown: string; found: unknown[] } {
  const found: unknown[] = [];
  return { shown: redactJson(text, redactionInto(found)), found };
}

const split = (text: string, length: number): string[] => text.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];

describe('JSON value by value', () => {
  it('passes what is not redacted byte for byte, however it is split', () => {
    fc.assert(
      fc.property(jsonTexts(), fc.integer({ min: 1, max: 9 }), (text, length) => {
        const json = new JsonPieces((spelled) => spelled);
        expect(
          split(text, length)
            .map((piece) => json.push(piece))
            .join('') + json.end(),
        ).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('hands over every value with its path', () => {
    const taken: [string, string][] = [];
    const json = new JsonPieces((spelled, { line, column, path }) => {
      taken.push([`${line}:${column} ${path.join('.')}`, spelled]);
      return spelled;
    });
    json.push(' {"a" : [1,\n {"b\\u0063": true}, [], "x\\\\\\""],\r\n"d": {}, "e": null} ');
    json.end();

    expect(taken).toEqual([
      ['1:3 a', '"a"'],
      ['1:10 a.0', '1'],
      ['2:3 a.1.bc', '"b\\u0063"'],
      ['2:14 a.1.bc', 'true'],
      ['2:25 a.3', '"x\\\\\\""'],
      ['3:1 d', '"d"'],
      ['3:10 e', '"e"'],
      ['3:15 e', 'null'],
    ]);
  });

  it('finds what a reading of the whole finds', () => {
    const value = fc.constantFrom(
      EMAIL,
      SSN,
      CARD,
      'nothing',
      '219099999',
      JSON.stringify({ ssn: '219099999', to: EMAIL }),
    );
    const key = fc.constantFrom('ssn', 'order_id', 'note', 'arguments');
    const record = fc.dictionary(key, fc.oneof(value, fc.constant(4111111111111111)));
    fc.assert(
      fc.property(fc.array(record, { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (records, length) => {
        const text = JSON.stringify(records, null, 1);
        expect(inPieces(split(text, length))).toEqual(whole(text));
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    '',
    ' ',
    '{',
    '[1,]',
    '[1 2]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{1:2}',
    '[}',
    'tru',
    '"a',
    '1 2',
    '[01]',
    ',',
    '{"a":1 "b":2}',
    '[]]',
    '@',
  ])('refuses %j as JSON.parse does', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    for (const length of [1, 100]) {
      const json = new JsonPieces((spelled) => spelled);
      expect(() => [split(text, length).map((piece) => json.push(piece)), json.end()]).toThrow('no JSON');
    }
  });

  it('holds no more than the value that is being read', () => {
    const record = JSON.stringify({ to: 'nobody', note: 'Nothing is said here.' });
    let shown = 0;
    let came = 0;
    const json = new JsonPieces((spelled) => spelled);
    for (let at = 0; at < 2_000; at++) {
      const piece = `${at === 0 ? '[' : ','}${record}`;
      came += piece.length;
      shown += json.push(piece).length;
      expect(came - shown).toBeLessThan(64);
    }
  });
});
