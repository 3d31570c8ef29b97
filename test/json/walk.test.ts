import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJsonString, JsonSyntaxError, MAX_JSON_DEPTH, parseJson, pathOf, walkJson } from '../../src/json/walk.ts';
import { canonical, jsonTexts } from './texts.ts';

const ALL = { value: 'text' };
const CANARY = 'canary-ada.lovelace@example.com';

/** Leaves as `kind path = text`, so that lists of them can be compared. */
function leavesOf(text: string, shape: Parameters<typeof walkJson<string>>[1] = ALL): string[] {
  const { leaves } = walkJson(text, shape);
  return leaves.map((leaf) => line(leaf.kind, pathOf(leaf), decodeJsonString(text, leaf.start, leaf.end))).sort();
}

const line = (kind: string, path: readonly (string | number)[], text: string): string =>
  `${kind} ${JSON.stringify(path)} = ${JSON.stringify(text)}`;

/** The same leaves, found in what JSON.parse makes of the text. */
function expectedLeaves(value: unknown, path: (string | number)[]): string[] {
  if (typeof value === 'string') return value === '' ? [] : [line('string', path, value)];
  if (typeof value === 'number')
    return /^-?\d{9,}$/.test(JSON.stringify(value)) ? [line('number', path, JSON.stringify(value))] : [];
  if (Array.isArray(value)) return value.flatMap((item, i) => expectedLeaves(item, [...path, i]));
  return Object.entries(value ?? {}).flatMap(([key, item]) => [
    ...(/@|\d{4}|[A-Za-z0-9_-]{20}/.test(key) ? [line('key', [...path, key], key)] : []),
    ...expectedLeaves(item, [...path, key]),
  ]);
}

const isContainer = (value: unknown): boolean => typeof value === 'object' && value !== null;

function failureOf(text: string): JsonSyntaxError {
  try {
    walkJson(text, ALL);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
  throw new Error('The walk accepted a text that it should refuse.');
}

const refuses = (text: string): JsonSyntaxError | undefined => {
  try {
    walkJson(text, ALL);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(JsonSyntaxError);
    return error as JsonSyntaxError;
  }
};

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('what the walk finds', () => {
  it('is every string, value-like key and long number that JSON.parse finds, by the same path', () => {
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        const value: unknown = JSON.parse(text);
        // A scalar at the root stands under the key ''.
        expect(leavesOf(text)).toEqual(expectedLeaves(value, isContainer(value) ? [] : ['']).sort());
      }),
      { numRuns: 500 },
    );
  });

  it('is the range of each member of the root, which alone parses to its value', () => {
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        const value: unknown = JSON.parse(text);
        const { members, open } = walkJson(text, ALL);
        const found = [...members].map(([key, { start, end }]) => [key, canonical(JSON.parse(text.slice(start, end)))]);
        const expected = isContainer(value)
          ? Object.entries(value as object).map(([key, item]) => [key, canonical(item)])
          : [];
        expect(found.sort()).toEqual(expected.sort());
        expect(open > 0).toBe(isContainer(value) && !Array.isArray(value));
      }),
      { numRuns: 500 },
    );
  });

  it('has ranges that lie between the quotes, so that text can be put in their place', () => {
    const text = '{"a": ["x\\u0041\\/", "\\ud83d"], "b": -1234567890}';
    const ranges = walkJson(text, ALL).leaves.map(({ kind, start, end }) => [kind, text.slice(start, end)]);
    expect(ranges).toEqual([
      ['string', 'x\\u0041\\/'],
      ['string', '\\ud83d'],
      ['number', '-1234567890'],
    ]);
  });

  it('has at hand what strings with escapes say', () => {
    const check = (text: string) => {
      for (const { kind, start, end, decoded } of walkJson(text, ALL, { duplicateKeys: 'allow' }).leaves)
        if (kind === 'string') expect(decoded ?? text.slice(start, end)).toBe(decodeJsonString(text, start, end));
    };

    fc.assert(fc.property(jsonTexts(), check));
    for (const text of ['["\\\\\\"a","b\\\\"]', '["\\n\\"","\\\\"]', '["","\\u0041"]']) check(text);
  });

  it('is numbers of nine digits or more, whole, with all their digits', () => {
    const text = '[12345678, 123456789, -123456789, 12345678901234567890, 123456789.5, 1e12]';
    expect(leavesOf(text)).toEqual(
      [
        line('number', [1], '123456789'),
        line('number', [2], '-123456789'),
        line('number', [3], '12345678901234567890'),
      ].sort(),
    );
  });

  it('is keys that may be values: with an @, with four digits, or long', () => {
    const text = '{"name":1,"ada@example.com":1,"4111":1,"sk_live_0123456789abcdef":1,"snake_case_name":1}';
    expect(leavesOf(text)).toEqual(
      ['ada@example.com', '4111', 'sk_live_0123456789abcdef'].map((key) => line('key', [key], key)).sort(),
    );
  });

  it('leaves structure out, and says for every other text what the deepest entry of the shape says', () => {
    const shape = {
      value: 'rest',
      keys: new Map([
        ['id', { value: null }],
        [
          'items',
          {
            each: {
              keys: new Map<string, { value: string | null }>([
                ['type', { value: null }],
                ['text', { value: 'item' }],
              ]),
            },
          },
        ],
      ]),
    };
    const text = '{"id":"a","items":[{"type":"b","text":"c","new":"d"}],"deep":{"id":"e"}}';
    const { leaves } = walkJson(text, shape);
    expect(leaves.map((leaf) => [text.slice(leaf.start, leaf.end), leaf.tag])).toEqual([
      ['c', 'item'],
      ['d', 'rest'],
      ['e', 'rest'],
    ]);
  });

  it('knows a key of the shape by its meaning, not by its spelling', () => {
    const shape = { value: 'text', keys: new Map([['id', { value: null }]]) };
    expect(leavesOf('{"\\u0069d":"x"}', shape)).toEqual([]);
  });

  it('reports keys below structure neither', () => {
    expect(leavesOf('{"id":{"ada@example.com":"x"}}', { keys: new Map([['id', { value: null }]]) })).toEqual([]);
  });
});

describe('keys', () => {
  it.each([
    ['at the root', '{"a":1,"a":2}', 8],
    ['in an object in a list', '[{"a":{"b":1,"b":2}}]', 14],
    ['behind a deep value', '{"x":{"y":[1,{"z":{}}]},"x":0}', 25],
    ['spelled with an escape', '{"model":"a","\\u006dodel":"b"}', 14],
    ['with an escape in both', '{"\\u0061":1,"\\u0061":2}', 13],
    ['that are empty', '{"":1,"":2}', 7],
    ['named __proto__', '{"__proto__":1,"__proto__":2}', 16],
  ])('that stand twice are refused %s', (_, text, offset) => {
    expect(failureOf(text)).toMatchObject({ reason: 'duplicate_key', offset });
  });

  it('that stand twice in different objects are fine', () => {
    expect(refuses('{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}')).toBeUndefined();
  });

  it('that stand twice can be allowed, and then both texts are found and the last member counts', () => {
    const { leaves, members } = walkJson('{"a":"x","a":"y"}', ALL, { duplicateKeys: 'allow' });
    expect(leaves).toHaveLength(2);
    expect(members.get('a')).toEqual({ start: 13, end: 16 });
  });

  it('that mean something to JavaScript are names like any other', () => {
    const text = '{"__proto__":{"polluted":"x"},"constructor":"y","toString":"z"}';
    const { leaves, members } = walkJson(text, { value: 'text', keys: new Map() });
    expect(leaves.map((leaf) => pathOf(leaf))).toEqual([['__proto__', 'polluted'], ['constructor'], ['toString']]);
    expect([...members.keys()]).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('nesting', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

  it(`is accepted to ${MAX_JSON_DEPTH} levels and refused at the bracket that goes deeper`, () => {
    expect(refuses(nested(MAX_JSON_DEPTH))).toBeUndefined();
    expect(failureOf(nested(MAX_JSON_DEPTH + 1))).toMatchObject({ reason: 'depth', offset: MAX_JSON_DEPTH });
    expect(failureOf('{"a":'.repeat(MAX_JSON_DEPTH + 1))).toMatchObject({
      reason: 'depth',
      offset: 5 * MAX_JSON_DEPTH,
    });
  });

  it('that would overflow a recursive reader is refused like any other', () => {
    expect(failureOf(nested(200_000)).reason).toBe('depth');
  });
});

describe('broken JSON', () => {
  it.each([
    ['', 0],
    ['   ', 3],
    ['nul', 0],
    ['{', 1],
    ['{"a"', 4],
    ['{"a":', 5],
    ['{"a":1', 6],
    ['{"a" 1}', 5],
    ['{"a":1,}', 7],
    ['{"a":1 "b":2}', 7],
    ['{a:1}', 1],
    ["{'a':1}", 1],
    ['{,}', 1],
    ['[', 1],
    ['[1', 2],
    ['[1,]', 3],
    ['[,1]', 1],
    ['[1 2]', 3],
    ['[1}', 2],
    ['{"a":1]', 6],
    ['1 2', 2],
    ['{} {}', 3],
    ['"abc', 0],
    ['"abc\\"', 0],
    ['["\\q"]', 2],
    ['["\\u12g4"]', 2],
    ['["\\u12"]', 2],
    ['["a\\\\\\x"]', 5],
    ['["\\\n"]', 2],
    ['{"\\q":1}', 2],
    ['[-]', 1],
    ['[01]', 2],
    ['[1.]', 2],
    ['[.5]', 1],
    ['[+1]', 1],
    ['[1e]', 2],
    ['[NaN]', 1],
    ['[True]', 1],
    ['[1]//', 3],
    ['\uFEFF{}', 0],
    ['\u00a0{}', 0],
  ])('%j is refused, with the offset of what is wrong', (text, offset) => {
    expect(parses(text)).toBe(false);
    expect(failureOf(text)).toMatchObject({ reason: 'syntax', offset });
  });

  it('is accepted and refused as JSON.parse does, but for what is documented', () => {
    fc.assert(
      fc.property(mutatedTexts(), (text) => {
        const refusal = refuses(text);
        if ((refusal === undefined) === parses(text)) return;
        if (refusal) {
          // JSON.parse takes the last of two keys.
          expect(refusal.reason).toBe('duplicate_key');
        } else {
          // JSON.parse refuses raw control characters in strings, and nothing but them is the difference.
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          expect(parses(text.replace(/[\u0000-\u001f]/g, ' '))).toBe(true);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('is told without a word of the text', () => {
    fc.assert(
      fc.property(mutatedTexts(fc.constant({ [CANARY]: [CANARY, { a: CANARY }] })), (text) => {
        const refusal = refuses(text);
        if (refusal === undefined) return;
        expect(refusal.message).not.toMatch(/canary|ada|lovelace|example/);
        expect(refusal.offset).toBeGreaterThanOrEqual(0);
        expect(refusal.offset).toBeLessThanOrEqual(text.length);
        expect(refusal.message).toContain(`offset ${refusal.offset}`);
        expect(refusal.cause).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('raw control characters in a string', () => {
  it('are read as they stand, by the walk and by parseJson', () => {
    const text = '{"a\u0001":"x\ny\\"\t\\\\","b":\n"\u0000"}';
    expect(leavesOf(text)).toEqual([line('string', ['a\u0001'], 'x\ny"\t\\'), line('string', ['b'], '\u0000')].sort());
    expect(parseJson(text)).toEqual({ 'a\u0001': 'x\ny"\t\\', b: '\u0000' });
  });

  it('change nothing about what parseJson makes of other texts', () => {
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        expect(canonical(parseJson(text))).toBe(canonical(JSON.parse(text)));
      }),
    );
  });
});

/** Valid texts with some characters inserted, deleted or replaced. */
function mutatedTexts(values?: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.constantFrom(0, 0, 1),
    insert: fc.constantFrom('', ...'{}[]",:\\/uebtfn0123456789-+.aZ \n\t\r\u0001\u001f\u007f\u2028\ud83d\uFEFF'),
  });
  return fc.tuple(jsonTexts(values), fc.array(change, { minLength: 1, maxLength: 3 })).map(([text, changes]) =>
    changes.reduce((so, { at, drop, insert }) => {
      const offset = Math.floor(at * (so.length + 1));
      return so.slice(0, offset) + insert + so.slice(offset + drop);
    }, text),
  );
}
