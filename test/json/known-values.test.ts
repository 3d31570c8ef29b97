import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KnownText, Recall } from '../../src/json/known-values.ts';
import {
  type Container,
  type JsonDocument,
  JsonSyntaxError,
  MAX_JSON_DEPTH,
  pathOf,
  type Shape,
  walkJson,
} from '../../src/json/walk.ts';
import { changed, changes } from './changes.ts';
import { jsonTexts } from './texts.ts';

const ITEM: Shape<string> = {
  value: 'item',
  keys: new Map([
    ['role', { value: 'role' }],
    ['id', { value: null }],
  ]),
};
const SHAPE: Shape<string> = {
  value: 'text',
  keys: new Map<string, Shape<string>>([
    ['messages', { each: ITEM }],
    ['tools', { value: null }],
    ['system', ITEM],
    ['notes', { each: { value: 'item' } }],
  ]),
};

/** Lists under names that the shape knows, so that what is known under one stands under another too. */
const bodies = fc
  .array(fc.tuple(fc.constantFrom('messages', 'tools', 'system', 'other'), fc.array(jsonTexts(), { maxLength: 5 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((lists) => `{${lists.map(([name, items]) => `"${name}":[${items.join()}]`).join()}}`);
/** Of a few values, so that most have stood somewhere before. */
const recurring = fc
  .array(fc.nat(14), { maxLength: 20 })
  .map((items) => `{"messages":[${items.map((n) => `{"role":"user","content":"${`${n % 5} `.repeat(80 + n)}"}`)}]}`);
const texts = fc.oneof(bodies, recurring, jsonTexts(), fc.constantFrom('', '[', '{"a":{"b":', '[[1,2],{"a":"b"}]'));

/** All that a walk tells, with which leaves stand in one object. */
function told({ leaves, members, open, text }: JsonDocument<string>) {
  const numbers = new Map<Container, number>();
  const places = (at: Container | undefined): number[] => {
    if (at === undefined) return [];
    if (!numbers.has(at)) numbers.set(at, numbers.size);
    return [numbers.get(at)!, ...places(at.parent)];
  };
  return {
    ...{ text, open, members: [...members] },
    leaves: leaves.map((leaf) => {
      const { kind, start, end, key, tag, decoded, container } = leaf;
      return { kind, start, end, key, tag, decoded, path: pathOf(leaf), places: places(container) };
    }),
  };
}

/** What a walk tells, or how it fails. */
function outcome(walk: () => JsonDocument<string>): unknown {
  try {
    return told(walk());
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { reason: error.reason, offset: error.offset, message: error.message };
  }
}

/** Walks texts one after the other, each with the memory of the one before it. */
class Walks {
  #before: KnownText<string> | undefined;
  met = 0;

  walk(text: string, shape = SHAPE): JsonDocument<string> {
    const recall = new Recall(this.#before, 0);
    const document = walkJson(text, shape, {}, recall);
    this.#before = recall.known(text, document.leaves);
    this.met = recall.met;
    return document;
  }
}

const item = (text: string): string => `{"role":"user","content":"${text}"}`;
const body = (...items: string[]): string => `{"model":"m","messages":[${items.join()}]}`;

describe('a walk that knows the text before', () => {
  it('finds what a walk that knows nothing finds, or fails as it does, whatever was changed', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.oneof(changes, texts), { maxLength: 6 }), (first, later) => {
        const walks = new Walks();
        let text = first;
        for (const next of [undefined, ...later]) {
          if (next !== undefined) text = typeof next === 'string' ? next : changed(text, next);
          expect(outcome(() => walks.walk(text))).toEqual(outcome(() => walkJson(text, SHAPE)));
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('goes into new values alone, also behind those that were taken out and before those that stood behind', () => {
    const walks = new Walks();
    walks.walk(`{"messages":[${[1, 2, 3, 4].map((n) => item(`${n}`))}],"tools":[${item('t')}]}`);

    walks.walk(`{"messages":[${[1, 4, 5].map((n) => item(`${n}`))}],"tools":[${item('t')}]}`);

    expect(walks.met).toBe(3);
  });

  it('finds its way again where the beginning of a long conversation was taken out', () => {
    const walks = new Walks();
    const long = (n: number): string => item(`${n} `.repeat(100));
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    walks.walk(body(...numbers.map(long)));

    walks.walk(body(long(0), ...numbers.slice(20).map(long)));

    expect(walks.met).toBe(1 + 20 - 4);
  });

  it('gives the same object for a leaf that stands again, and another for one that does not', () => {
    const walks = new Walks();
    for (const last of ['a', 'b']) walks.walk(body(item('first'), item(last)));
    const known = walks.walk(body(item('first'), item('b'))).leaves.map((leaf) => leaf.known);

    const again = walks.walk(body(item('first'), item('c'))).leaves.map((leaf) => leaf.known);

    expect(known.slice(1)).not.toContain(undefined);
    expect(again).toEqual([undefined, ...known.slice(1, 3), undefined, undefined]);
    expect(again[1]).toBe(known[1]);
  });

  it('finds one letter that was changed in the middle, another order of keys and another spelling', () => {
    const walks = new Walks();
    walks.walk(body(item('first'), item('second'), item('third')));

    walks.walk(body(item('first'), item('sekond'), item('third')));
    const letter = walks.met;
    walks.walk(body(item('first'), '{"content":"sekond","role":"user"}', item('third')));
    const order = walks.met;
    const { leaves } = walks.walk(body(item('first'), '{"content":"se\\u006bond","role":"user"}', item('third')));

    expect([letter, order, walks.met]).toEqual([2, 2, 2]);
    expect(leaves.map(({ decoded }) => decoded)).toContain('sekond');
  });

  it('goes into a value that stands where another shape holds', () => {
    const walks = new Walks();
    walks.walk(`{"messages":[${item('a')}]}`);

    const { leaves } = walks.walk(`{"notes":[${item('a')}]}`);

    expect(leaves.map(({ tag }) => tag)).toEqual(['item', 'item']);
  });

  it('refuses nesting where it is too deep, though the value stood elsewhere before', () => {
    const walks = new Walks();
    const within = `{"a":${'['.repeat(MAX_JSON_DEPTH - 2)}${']'.repeat(MAX_JSON_DEPTH - 2)}}`;
    walks.walk(`{"system":${within}}`);
    expect(() => walks.walk(`{"messages":[${within}]}`)).toThrow(JsonSyntaxError);
    const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    walks.walk(`[[${deep(MAX_JSON_DEPTH - 2)}]]`);

    const fails = () => walks.walk(`[[${deep(MAX_JSON_DEPTH - 1)}]]`);
    const object = () => walks.walk(`[{"a":${deep(MAX_JSON_DEPTH - 2)}}]`);

    expect(fails).toThrow(JsonSyntaxError);
    expect(object).not.toThrow();
  });
});
