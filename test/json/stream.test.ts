import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonStreamFilter, type StreamedKind } from '../../src/json/stream.ts';
import { canonical, type Json, jsonTexts, jsonValues, plainKey } from './texts.ts';

type Filter = ReturnType<Parameters<typeof jsonStreamFilter>[0]>;

const CANARY = 'ada@example.com';
const CARD = '4111 1111 1111 1111';

/** Passes everything on, `lag` characters late. */
function late(lag: number): Filter {
  let held = '';
  return {
    push(piece) {
      held += piece;
      const shown = held.slice(0, Math.max(0, held.length - lag));
      held = held.slice(shown.length);
      return shown;
    },
    end: () => held,
    held: () => held,
  };
}

/** Upper case, and a mark at the end. */
const marking = (): Filter => ({ push: (piece) => piece.toUpperCase(), end: () => '!' });

/** Takes the canaries out of a text; holds it to its end to find them. */
function removing(): Filter {
  let held = '';
  return {
    push(piece) {
      held += piece;
      return '';
    },
    end: () => held.replaceAll(CANARY, '[gone]').replaceAll(CARD, '[gone]'),
    held: () => held,
  };
}

function run(
  pieces: readonly string[],
  make: (kind: StreamedKind, key: string | undefined) => Filter,
): { text: string; changed: boolean } {
  const filter = jsonStreamFilter(make);
  const text = pieces.map((piece) => filter.push(piece)).join('') + filter.end();
  return { text, changed: filter.changed };
}

const splitAt = (text: string, at: number): string[] => [text.slice(0, at), text.slice(at)];

/** Each string and key through `change`, long numbers as strings. */
function mapped(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (typeof value === 'number') {
    const text = JSON.stringify(value);
    return /^-?\d{9,}$/.test(text) ? change(text) : value;
  }
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (value === null || typeof value === 'boolean') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapped(item, change)]));
}

/** Where a text may be cut: each position once is too many for a property. */
const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 6 });

function cutUp(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.filter((place) => place < text.length))].sort((a, b) => a - b);
  return [0, ...places].map((place, i) => text.slice(place, places[i] ?? text.length));
}

describe('a filter that changes nothing', () => {
  it('gives JSON of the same value for any split, and knows that nothing changed', () => {
    fc.assert(
      fc.property(jsonTexts(), cuts, fc.nat({ max: 9 }), (text, at, lag) => {
        const { text: shown, changed } = run(cutUp(text, at), () => late(lag));
        expect(canonical(JSON.parse(shown))).toBe(canonical(JSON.parse(text)));
        expect(changed).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps whitespace, numbers and literals as they are spelled', () => {
    const text = ' { "a" : [ 1.50 , -0 ,true,\n null, 1E5\t] , "b":123 }\r\n';
    expect(run([...text], () => late(0)).text).toBe(text);
  });
});

describe('a filter whose end takes its time', () => {
  it('gives what one gives that is ready at once, and knows as well whether anything changed', async () => {
    /** The filter's end, as many turns later as it has made filters before. */
    const delayed = (make: () => Filter): (() => Filter) => {
      let made = 0;
      return () => {
        const filter = make();
        const turns = 10 - (made++ % 10);
        return {
          push: (piece) => filter.push(piece),
          async end() {
            const end = filter.end();
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            return end;
          },
        };
      };
    };
    const makers = [() => late(3), marking, removing] as const;
    await fc.assert(
      fc.asyncProperty(jsonTexts(), cuts, fc.constantFrom(...makers), async (text, at, make) => {
        const filter = jsonStreamFilter(delayed(make));
        const shown =
          cutUp(text, at)
            .map((piece) => filter.push(piece))
            .join('') + (await filter.end());
        expect({ text: shown, changed: filter.changed }).toEqual(run([text], make));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a filter that changes texts', () => {
  it('gets every string, key and long number, and what comes out is JSON again', () => {
    fc.assert(
      fc.property(jsonTexts(fc.oneof(fc.dictionary(plainKey, jsonValues), fc.array(jsonValues))), (text) => {
        const { text: shown } = run([text], () => ({ push: (piece) => piece, end: () => '"\\!' }));
        const expected = mapped(JSON.parse(text) as Json, (leaf) => `${leaf}"\\!`);
        expect(canonical(JSON.parse(shown))).toBe(canonical(expected));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same for a text split at every position', () => {
    const text = '{"k\\u00e9y" : ["a\\"b\\\\", "\\ud83d\\ude00", 1234567890 , -1.5e3, true], "e":{}, "s":"x\\/y\\n"} ';
    const whole = run([text], marking);
    expect(JSON.parse(whole.text)).toEqual({
      'KÉY!': ['A"B\\!', '😀!', '1234567890!', -1500, true],
      'E!': {},
      'S!': 'X/Y\n!',
    });
    expect(run([...text], marking)).toEqual(whole);
    for (let at = 0; at <= text.length; at++) expect(run(splitAt(text, at), marking)).toEqual(whole);
  });

  it('gives the same for any split of any text, JSON or not', () => {
    fc.assert(
      fc.property(fc.oneof(brokenTexts(), jsonTexts(), fc.string()), cuts, (text, at) => {
        expect(run(cutUp(text, at), marking)).toEqual(run([text], marking));
      }),
      { numRuns: 1_000 },
    );
  });

  it('says that something changed, be it a string, a key, a long number or a text that was taken away', () => {
    for (const text of ['{"a":1}', '["a"]', '[1234567890]', 'plain'])
      expect(run([text], () => ({ push: () => '', end: () => 'new' })).changed).toBe(true);
    expect(run(['["a"]'], () => ({ push: () => '', end: () => '' })).changed).toBe(true);
    expect(run(['[1,true,{}]'], () => ({ push: () => '', end: () => 'new' })).changed).toBe(false);
  });

  it('is told what it is given, and under which key', () => {
    const asked: unknown[] = [];
    run(['{"user":{"ssn":"x","n":[1234567890,{"in":"y"},"z"]},"last":"w"}'], (kind, key) => {
      asked.push([kind, key]);
      return late(0);
    });
    expect(asked).toEqual([
      ['key', undefined],
      ['key', 'user'],
      ['string', 'ssn'],
      ['key', 'ssn'],
      ['number', 'n'],
      ['key', 'n'],
      ['string', 'in'],
      ['string', 'n'],
      ['key', 'user'],
      ['string', 'last'],
    ]);
  });
});

describe('text that is no JSON', () => {
  it.each([
    ['plain words', `Write to ${CANARY} now`],
    ['a word in an object', `{"to": ${CANARY}}`],
    ['a value without quotes behind a good one', `{"a":"b","to":${CANARY}, "c":1}`],
    ['words behind the end', `{"a":1} ${CANARY}`],
    ['a word for a key', `{${CANARY}: 1}`],
    ['two strings without a comma', `["a" "${CANARY}"]`],
    ['a string without end', `{"a":"${CANARY}`],
    ['a broken escape', `{"a":"\\q${CANARY}"}`],
    ['an escape that is cut off', `{"a":"${CANARY}\\u00`],
    ['digits that are a card, on their own', CARD],
    ['digits that are a card, in a list', `[${CARD}]`],
    ['digits that are a card, in an object', `{"card": ${CARD} }`],
    ['digits that are a card, behind a comma', `{"a":1, ${CARD}`],
    ['a closing bracket that fits nothing', `[1}${CARD}`],
    ['a comma without a list', `1,${CARD}`],
    ['raw line breaks in a string', `{"a":"\n${CANARY}\n"}`],
  ])('never passes unfiltered: %s', (_, text) => {
    for (let at = 0; at <= text.length; at++) {
      const shown = run(splitAt(text, at), removing).text;
      expect(shown).not.toContain(CANARY);
      expect(shown).not.toContain(CARD);
      expect(shown).toContain('[gone]');
    }
  });

  it('never passes unfiltered, whatever is broken', () => {
    fc.assert(
      fc.property(brokenTexts(), cuts, (text, at) => {
        // An escape is neither digits of the text nor its dot: `\\u0004` and `111 1111 1111 1111` are no card.
        const shown = run(cutUp(text, at), removing).text.replace(/\\u00[01][\da-f]/g, '#');
        expect(shown).not.toContain(CANARY);
        expect(shown).not.toContain(CARD);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is passed on whole when the filter changes nothing', () => {
    const text = `Hello {"a": b, [1 2]} "quoted" \\ ${CARD}`;
    expect(run([...text], () => late(5))).toEqual({ text, changed: false });
  });
});

describe('held', () => {
  it('is all that was pushed and is not shown', () => {
    const text = '{"a\\u0041":["x\\ny",1234567890 , true],"b":"z"}';
    for (let at = 0; at <= text.length; at++) {
      const filter = jsonStreamFilter(() => late(4));
      const shown = filter.push(text.slice(0, at));
      const value: unknown = JSON.parse(shown + filter.held!() + text.slice(at));
      expect(value).toEqual(JSON.parse(text));
    }
  });

  it('is bounded outside of strings', () => {
    const filter = jsonStreamFilter(() => late(0));
    filter.push(`[1${' '.repeat(1_000)}`);
    expect(filter.held!().length).toBeLessThanOrEqual(64);
    filter.push('x'.repeat(1_000));
    expect(filter.held!().length).toBeLessThanOrEqual(64);
  });
});

/** JSON with canaries in it, broken in some places. */
function brokenTexts(): fc.Arbitrary<string> {
  const leaf = fc.constantFrom<Json>(CANARY, CARD, `to ${CANARY}.`, 'x', 1, 1234567890, true);
  const values = fc.oneof(
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', CANARY, 'b'), fc.oneof(leaf, fc.array(leaf))),
  );
  const change = fc.record({
    at: fc.nat({ max: 60 }),
    drop: fc.constantFrom(0, 1, 1),
    insert: fc.constantFrom('', '', ...'{}[]",:\\u0 \n', CARD, CANARY),
  });
  return fc
    .tuple(jsonTexts(values), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([text, changes]) =>
      changes.reduce((so, { at, drop, insert }) => so.slice(0, at) + insert + so.slice(at + drop), text),
    );
}
