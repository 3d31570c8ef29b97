import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/http/framing.ts';
import { jsonArray } from '../../src/http/json-array.ts';
import { jsonValues } from '../json/texts.ts';

/** All frames of a text that arrives in pieces. */
function framesOf(pieces: readonly string[]): Frame[] {
  const reader = jsonArray.reader();
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

const space = fc.constantFrom('', ' ', '\n', '\r\n', '\t ');
const items = fc.array(fc.tuple(jsonValues, space, space, fc.constantFrom(undefined, 2)), {
  maxLength: 5,
});
const arrays = fc.tuple(items, space, space, space).map(([parts, before, within, after]) => ({
  values: parts.map(([value]) => value),
  text: `${before}[${within}${parts.map(([value, left, right, indent]) => left + JSON.stringify(value, null, indent) + right).join(',')}]${after}`,
}));

describe('a JSON array in pieces', () => {
  it('property: gives its items and every byte of them, split anywhere', () => {
    fc.assert(
      fc.property(arrays, fc.array(fc.nat(), { maxLength: 8 }), ({ values, text }, cuts) => {
        const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...places].map((from, i) => text.slice(from, places[i] ?? text.length));
        const frames = framesOf(pieces);
        expect(frames.map(({ raw }) => raw).join('')).toBe(text);
        const data = frames.flatMap((frame) => (frame.data === undefined ? [] : [JSON.parse(frame.data) as unknown]));
        expect(data).toEqual(JSON.parse(JSON.stringify(values)));
        expect(frames.filter(({ last }) => last)).toHaveLength(1);
      }),
    );
  });

  it('gives the same items split at every character', () => {
    const text = '[{"a":"]},\\\\\\"[","b":[{}]}\n,\r\n{"c":"\\\\"},"x\\"y", -1.5e3 ,null]\n';
    const whole = framesOf([text]);
    expect(whole.map(({ data }) => data)).toEqual([
      '{"a":"]},\\\\\\"[","b":[{}]}',
      '{"c":"\\\\"}',
      '"x\\"y"',
      '-1.5e3',
      'null',
      undefined,
      undefined,
    ]);
    for (let at = 1; at < text.length; at++)
      expect(framesOf([text.slice(0, at), text.slice(at)]), `${at}`).toEqual(whole);
    expect(framesOf([...text])).toEqual(whole);
  });

  it('hands out what was cut off, and what follows the array, to be looked at as text', () => {
    expect(framesOf(['[{"a":1},{"b":"mail ada'])).toEqual([
      { raw: '[{"a":1}', data: '{"a":1}' },
      { raw: ',{"b":"mail ada', data: '{"b":"mail ada' },
    ]);
    expect(framesOf(['[]\n mail ada'])).toEqual([
      { raw: '[]', data: undefined, last: true },
      { raw: '\n mail ada', data: 'mail ada' },
    ]);
    expect(framesOf(['[{}', ' \n'])[1]).toEqual({ raw: ' \n', data: undefined });
  });

  it('refuses an item that never ends', () => {
    const reader = jsonArray.reader();
    expect(() => reader.push(`[{"a":"${'x'.repeat(17 * 1024 * 1024)}`)).toThrow(RangeError);
  });
});

describe('writing', () => {
  const [first, second] = framesOf(['[{"a":1}\n,\r\n{"b":2}', ']']) as [Frame, Frame];

  it('leaves commas and spaces where they were', () => {
    expect(jsonArray.withData(first, '{"a":3}')).toBe('[{"a":3}');
    expect(jsonArray.withData(second, '{"b":4}')).toBe('\n,\r\n{"b":4}');
  });

  it('adds items that stay an array, and ends it with an error', () => {
    const added = jsonArray.sibling(first, '{"x":1}');
    expect(JSON.parse(`${first.raw}${added}${second.raw}]`)).toEqual([{ a: 1 }, { x: 1 }, { b: 2 }]);
    const event = { data: { error: { code: 402 } } };
    expect(JSON.parse(first.raw + jsonArray.error(event, true))).toEqual([{ a: 1 }, event.data]);
    expect(JSON.parse(jsonArray.error(event, false))).toEqual([event.data]);
  });
});
