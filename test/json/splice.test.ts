import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clearMember, setMember, splice, spliceBytes } from '../../src/json/splice.ts';
import { walkJson } from '../../src/json/walk.ts';
import { canonical, type Json, jsonTexts, jsonValues } from './texts.ts';

const keys = fc.constantFrom('a', 'b', 'model', '__proto__', 'a"b', 'é', '0');
const objects = fc.dictionary(keys, fc.oneof(jsonValues, fc.dictionary(keys, jsonValues)));
const objectTexts = jsonTexts(objects);

const isObject = (value: unknown): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a program would do that parses and writes the whole body. */
function assigned(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const object = isObject(value) ? value : {};
  const own = Object.hasOwn(object, key) ? object[key] : undefined;
  return Object.fromEntries([...Object.entries(object), [key, assigned(own, rest, to)]]);
}

/** How many characters two texts have in common at their start and, beyond that, at their end. */
function common(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return start + end;
}

describe('splice', () => {
  it('makes of bytes what it makes of their text', () => {
    const piece = fc.string({ unit: 'binary', maxLength: 6 });
    const pieces = fc.array(
      fc.record({
        kept: fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
        cut: piece,
        put: fc.oneof(fc.constant(''), piece),
      }),
      {
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(pieces, piece, fc.boolean(), (all, last, backwards) => {
        let text = '';
        const edits = all.map(({ kept, cut, put }) => {
          const start = text.length + kept.length;
          text += kept + cut;
          return { start, end: start + cut.length, text: put };
        });
        text += last;
        const inAnyOrder = backwards ? edits.toReversed() : edits;
        const bytes = spliceBytes(new TextEncoder().encode(text), text, inAnyOrder);
        expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)).toBe(splice(text, inAnyOrder));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('setMember', () => {
  it('sets what JavaScript would set, making the objects on the way', () => {
    fc.assert(
      fc.property(objectTexts, fc.array(keys, { minLength: 1, maxLength: 3 }), jsonValues, (text, path, to) => {
        const expected = assigned(JSON.parse(text), path, to);
        expect(canonical(JSON.parse(setMember(text, path, to)))).toBe(canonical(expected));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every other byte: spelling, order of keys, whitespace', () => {
    fc.assert(
      fc.property(objectTexts, keys, (text, key) => {
        const member = walkJson(text, {}).members.get(key);
        const edited = setMember(text, [key], 'NEW');
        const kept = common(text, edited);
        expect(kept).toBeGreaterThanOrEqual(member ? text.length - (member.end - member.start) : text.length);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a value', '{ "id": 12345678901234567890, "model": "a" }', ['model'], 'b'],
    ['nothing', '{ "id": 12345678901234567890 }', ['model'], 'b'],
    [
      'null where an object belongs',
      '{"id":12345678901234567890,"stream_options":null}',
      ['stream_options', 'x'],
      true,
    ],
    ['a list where an object belongs', '{"id":12345678901234567890,"a":[1]}', ['a', 'b'], 1],
  ])('keeps 64-bit numbers beside %s', (_, text, path, to) => {
    expect(setMember(text, path, to)).toContain('12345678901234567890');
  });

  it.each([
    ['{}', ['a'], '{"a":1}'],
    ['{ }', ['a'], '{"a":1 }'],
    ['  {"b" : 2}\n', ['a'], '  {"a":1,"b" : 2}\n'],
    ['{"a" : {"b":0, "c":12345678901234567890}}', ['a', 'b'], '{"a" : {"b":1, "c":12345678901234567890}}'],
    ['{"a":{}}', ['a', 'b', 'c'], '{"a":{"b":{"c":1}}}'],
    ['{"\\u0061":0}', ['a'], '{"\\u0061":1}'],
    ['{"b":{"a":0}}', ['a'], '{"a":1,"b":{"a":0}}'],
    ['{"a":0,"a":2}', ['a'], '{"a":0,"a":1}'],
  ])('makes of %s with %j', (text, path, expected) => {
    expect(setMember(text, path, 1)).toBe(expected);
  });
});

describe('clearMember', () => {
  it('empties what stands at a path, and nothing when nothing stands there', () => {
    const text = '{ "choices": [ {"logprobs": {"content": []}, "index": 0} ], "id": 12345678901234567890 }';
    expect(clearMember(text, ['choices', 0, 'logprobs'])).toBe(
      '{ "choices": [ {"logprobs": null, "index": 0} ], "id": 12345678901234567890 }',
    );
    for (const path of [
      ['choices', 1, 'logprobs'],
      ['choices', 0, 'x'],
      ['id', 'x'],
      ['x', 0],
    ])
      expect(clearMember(text, path)).toBe(text);
  });

  it.each([
    ['{"a":{"k" : 7}}', '{"a":{"k" : null}}'],
    [String.raw`{"a":{"\u006b":7},"k":null}`, String.raw`{"a":{"\u006b":null},"k":null}`],
    ['{"a":{"k": [1, [2]]}}', '{"a":{"k": []}}'],
    ['{"k":null,"b":{"k": null},"a":{"k": {}}}', '{"k":null,"b":{"k": null},"a":{"k": null}}'],
  ])('sees a key however it is written: %s', (text, cleared) => {
    expect(clearMember(text, ['a', 'k'])).toBe(cleared);
  });

  it('is found by any path that JSON.parse finds', () => {
    fc.assert(
      fc.property(
        jsonTexts(fc.array(objects, { minLength: 1, maxLength: 3 })),
        fc.nat({ max: 3 }),
        keys,
        (text, at, key) => {
          const value = JSON.parse(text) as Record<string, Json>[];
          const edited = JSON.parse(clearMember(text, [at, key])) as Record<string, Json>[];
          const emptied = (old: Json | undefined): Json => (Array.isArray(old) ? [] : null);
          const there = at < value.length && Object.hasOwn(value[at]!, key);
          const expected = value.map((item, i) =>
            there && i === at ? assigned(item, [key], emptied(item[key])) : item,
          );
          expect(canonical(edited)).toBe(canonical(expected));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('splice', () => {
  it('gives the text itself when there are no edits', () => {
    expect(splice('{ "a" : 1 }', [])).toBe('{ "a" : 1 }');
  });

  it('applies edits in any order, each to its own range', () => {
    const slices = fc.array(fc.record({ keep: fc.string(), old: fc.string(), text: fc.string() }), { maxLength: 5 });
    fc.assert(
      fc.property(slices, fc.string(), fc.boolean(), (parts, tail, reversed) => {
        const text = parts.map(({ keep, old }) => keep + old).join('') + tail;
        let at = 0;
        const edits = parts.map(({ keep, old, text: to }) => {
          const start = at + keep.length;
          at = start + old.length;
          return { start, end: at, text: to };
        });
        const expected = parts.map(({ keep, text: to }) => keep + to).join('') + tail;
        // Two edits at one place stay in the order they were given.
        const unordered = reversed && parts.every(({ keep, old }) => keep !== '' && old !== '');
        expect(splice(text, unordered ? [...edits].reverse() : edits)).toBe(expected);
      }),
    );
  });
});
