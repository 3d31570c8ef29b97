import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonTemplate } from '../../src/json/template.ts';
import { walkJson } from '../../src/json/walk.ts';

const SHAPE = { value: 'text', keys: new Map([['id', { value: null }]]) };
const walk = (text: string) => walkJson(text, SHAPE, { duplicateKeys: 'allow' });
const event = (id: number, text: string, more = ''): string =>
  `{"id": "chunk-${id}", "delta": [{"content": ${JSON.stringify(text)}, "more": "${more}"}], "done": false}`;

/** Where a walk finds the strings, and where the text ends. */
const placesOf = (text: string, from = 0): number[] => [
  ...walk(text).leaves.flatMap(({ start, end }) => [from + start, from + end]),
  from + text.length,
];

test.each([
  ['words', event(1, 'two words', 'bcd')],
  ['an escape', event(1, 'a "word"\n', 'a')],
  ['an escape in another string', event(1, 'one', '\\n\\u00e9\\\\')],
  ['letters of several bytes', event(1, 'é€😀\u2028', 'a')],
])('a text that differs in its strings alone is recognised, with the places that a walk finds: %s', (_, text) => {
  expect(new JsonTemplate(walk(event(1, 'one', 'a'))).match(text)).toEqual(placesOf(text));
});

test.each([
  ['structure', event(2, 'one', 'a')],
  ['an empty string', event(1, '', 'a')],
  ['a broken escape', event(1, 'one', '\\x')],
  ['an escape that is cut off', event(1, 'one', '\\u00e')],
  ['a control character', event(1, 'one', 'a\nb')],
  ['a text that is cut off', event(1, 'one', 'a').slice(0, -1)],
  ['a string that closes early', event(1, 'one', 'a", "x": "y')],
  ['a string without end', event(1, 'one', 'a').slice(0, 40)],
])('%s is not recognised', (_, text) => {
  expect(new JsonTemplate(walk(event(1, 'one', 'a'))).match(text)).toBeUndefined();
});

test('a text is recognised wherever it stands, and where it ends is told', () => {
  const text = event(1, 'two', 'b');
  const template = new JsonTemplate(walk(event(1, 'one', 'a')));
  expect(template.match(`: ${text} and more`, 2)).toEqual(placesOf(text, 2));
  expect(template.match(`: ${text} and more`)).toBeUndefined();
});

describe('a text within another', () => {
  const within = (data: string): string => `event: x\ndata: ${data}\n\n`;
  const padded = (content: string, spaces = ''): string => `{"delta":{"text":"${content}"}${spaces}}`;
  const template = new JsonTemplate(walk(padded('a')), { within: { text: within(padded('a')), at: 15 } });

  test('is recognised with what it stands in', () => {
    expect(template.match(within(padded('word')))).toEqual([33, 37, 42]);
    expect(template.match(`${within(padded('word'))}event`)).toEqual([33, 37, 42]);
    expect(template.match(within(padded('word')).slice(0, -1))).toBeUndefined();
    expect(template.match(`event: y${within(padded('word')).slice(8)}`)).toBeUndefined();
  });

  test('may be padded where it is closed, and nowhere else', () => {
    expect(template.match(within(padded('word', '     ')))).toEqual([33, 37, 47]);
    expect(template.match(within(`${padded('word')} `))).toBeUndefined();
    expect(template.match(within(padded('word').replace(':', ': ')))).toBeUndefined();
    expect(template.match(within(padded('word').replace('}}', '}]')))).toBeUndefined();
  });
});

describe('a number that counts', () => {
  const numbered = (number: string, text: string): string => `{"n":${number},"of":7,"text":"${text}"}`;
  const template = new JsonTemplate(walk(numbered('12', 'a')), { counters: ['n'] });

  test.each(['0', '3', '99999999'])('may be another: %s', (number) => {
    const text = numbered(number, 'bc');
    expect(template.match(text)).toEqual(placesOf(text));
  });

  test.each(['', '-1', '1.5', '1e3', '012', '4111111111111111', '"1"'])('is small, and whole: not %s', (number) => {
    expect(template.match(numbered(number, 'bc'))).toBeUndefined();
  });

  test('is no other number', () => {
    expect(template.match(numbered('12', 'bc').replace('7', '8'))).toBeUndefined();
  });
});

test('a text in which a string differs that decides what the others mean is not recognised', () => {
  const shape = { value: 'text', keys: new Map([['type', { value: 'decides' }]]) };
  const known = walkJson('{"type":"one","text":"a"}', shape);
  const template = new JsonTemplate(known, { decides: (tag) => tag === 'decides' });
  expect(template.match('{"type":"one","text":"b"}')).toEqual([22, 23, 25]);
  expect(template.match('{"type":"two","text":"b"}')).toBeUndefined();
  expect(template.match('{"type":"ones","text":"b"}')).toBeUndefined();
});

test('texts with keys or numbers among the leaves are left to the walk', () => {
  const withNumber = '{"a":"x","b":4111111111111111}';
  const withKey = '{"ada@example.com":"x"}';
  for (const text of [withNumber, withKey]) expect(new JsonTemplate(walk(text)).match(text)).toBeUndefined();
});

test('property: what is recognised is what a walk finds', () => {
  const strings = fc.array(fc.string({ unit: 'binary' }), { minLength: 3, maxLength: 3 });
  const make = ([a, b, c]: string[]): string => JSON.stringify({ id: 'same', list: [a, { text: b }], last: c });
  fc.assert(
    fc.property(strings, strings, (known, next) => {
      const matched = new JsonTemplate(walk(make(known))).match(make(next));
      if (matched) expect(matched).toEqual(placesOf(make(next)));
    }),
  );
});
