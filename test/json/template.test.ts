import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonTemplate } from '../../src/json/template.ts';
import { walkJson } from '../../src/json/walk.ts';

const SHAPE = { value: 'text', keys: new Map([['id', { value: null }]]) };
const walk = (text: string) => walkJson(text, SHAPE, { duplicateKeys: 'allow' });
const event = (id: number, text: string, more = ''): string =>
  `{"id": "chunk-${id}", "delta": [{"content": ${JSON.stringify(text)}, "more": "${more}"}], "done": false}`;

test('a text that differs in its strings alone is recognised, with all that a walk finds', () => {
  const template = new JsonTemplate(walk(event(1, 'one', 'a')));
  const text = event(1, 'two words', 'bcd');
  const walked = walk(text);
  const { leaves, members, open } = template.match(text)!;
  expect({ leaves, members, open }).toEqual({ leaves: walked.leaves, members: walked.members, open: walked.open });
});

test.each([
  ['structure', event(2, 'one', 'a')],
  ['an empty string', event(1, '', 'a')],
  ['an escape', event(1, 'a "word"', 'a')],
  ['an escape in another string', event(1, 'one', '\\n')],
  ['text behind the end', `${event(1, 'one', 'a')} `],
  ['a text that is cut off', event(1, 'one', 'a').slice(0, -1)],
  ['a string that closes early', event(1, 'one', 'a", "x": "y')],
])('%s is not recognised', (_, text) => {
  expect(new JsonTemplate(walk(event(1, 'one', 'a'))).match(text)).toBeUndefined();
});

test('a text in which a string differs that decides what the others mean is not recognised', () => {
  const shape = { value: 'text', keys: new Map([['type', { value: 'decides' }]]) };
  const template = new JsonTemplate(walkJson('{"type":"one","text":"a"}', shape), (tag) => tag === 'decides');
  expect(template.match('{"type":"one","text":"b"}')?.leaves).toHaveLength(2);
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
      if (matched) expect(matched.leaves).toEqual(walk(make(next)).leaves);
    }),
  );
});
