import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BodyOptions, type BodyShape, JsonBody } from '../../src/core/json-body.ts';
import { clearMember, setMember } from '../../src/json/splice.ts';
import { canonical, jsonTexts } from '../json/texts.ts';

const TEXT: BodyShape = { value: { scope: 'message' } };
const NESTED: BodyShape = { value: { scope: 'tool-input', json: true } };
const MESSAGE: BodyShape = { keys: new Map([['role', { value: { scope: 'message', decides: true } }]]) };
const MEDIA: BodyShape = { value: { scope: 'message', media: true } };

const bodyOf = (text: string, shape: BodyShape = TEXT, options: BodyOptions = {}): JsonBody =>
  new JsonBody(text, shape, options);

describe('a body', () => {
  it('that is not edited stays as it came', () => {
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        const body = bodyOf(text, NESTED, { nested: true });
        expect(body.edited).toBe(false);
        expect(body.toString()).toBe(text);
      }),
    );
  });

  it('whose texts are all written anew means what was written, beside bytes that stay', () => {
    fc.assert(
      fc.property(jsonTexts(), (text) => {
        const body = bodyOf(text);
        for (const slot of body.slots) if (slot.kind === 'string') slot.write(`${slot.read()}"\\\n!`);
        const expected = JSON.parse(text, (_, value: unknown) =>
          typeof value === 'string' && value !== '' ? `${value}"\\\n!` : value,
        ) as unknown;
        expect(canonical(JSON.parse(body.toString()))).toBe(canonical(expected));
      }),
    );
  });

  it('shows each reader the text as it was last written', () => {
    const body = bodyOf('{"a":"\\u0041"}');
    const [slot] = body.slots;
    expect(slot!.read()).toBe('A');
    slot!.write('B');
    expect(slot!.read()).toBe('B');
    slot!.write('C');
    expect(body.toString()).toBe('{"a":"C"}');
  });

  it('tells of each text the role of the nearest object around it that has one', () => {
    const shape: BodyShape = { ...TEXT, keys: new Map([['messages', { each: MESSAGE }]]) };
    const body = bodyOf('{"a":"x","messages":[{"b":["y"],"role":"model"},{"b":"z"}]}', shape);
    expect(body.slots.map((slot) => [slot.read(), slot.role])).toEqual([
      ['x', undefined],
      ['y', 'model'],
      ['z', undefined],
    ]);
  });

  it('writes a long number as a string, and keeps one that is not written', () => {
    const body = bodyOf('[12345678901234567890, 1234567890]');
    body.slots[1]!.write('<PHONE_NUMBER_1>');
    expect(body.toString()).toBe('[12345678901234567890, "<PHONE_NUMBER_1>"]');
  });

  it('gives a member of its root, also with raw control characters in it', () => {
    const body = bodyOf('{"a":{"b":[1]},"c":"x\u0001"}');
    expect([body.member('a'), body.member('c'), body.member('d')]).toEqual([{ b: [1] }, 'x\u0001', undefined]);
  });

  it('sets and clears fields beside its edited texts', () => {
    const body = bodyOf('{"a":"x","b":{"c":"y"}, "n":1}');
    body.slots[0]!.write('z');
    body.set(['b', 'd'], true);
    body.set(['n'], 2);
    body.clear(['b', 'c']);
    body.clear(['none', 0]);
    expect(body.toString()).toBe('{"a":"z","b":{"d":true,"c":null}, "n":2}');
  });

  it('sets and clears fields as if one were changed after the other, in the text with all of its edits', () => {
    const keys = fc.constantFrom('a', 'b', 'c', '__proto__');
    const path = fc.array(fc.oneof(keys, fc.nat(1)), { minLength: 1, maxLength: 3 });
    const changes = fc.array(fc.record({ path, value: fc.option(fc.jsonValue({ maxDepth: 1 })) }), { maxLength: 5 });
    const members = fc.dictionary(keys, fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(
        jsonTexts(fc.oneof(members, fc.jsonValue({ maxDepth: 3 }))),
        changes,
        fc.array(fc.nat()),
        (text, all, written) => {
          const [body, edited] = [bodyOf(text), bodyOf(text)];
          for (const { slots } of [body, edited]) for (const at of written) slots[at % slots.length]?.write(`${at} "`);
          for (const { path, value } of all) value === null ? body.clear(path) : body.set(path, value);
          const one = (now: string, { path, value }: (typeof all)[number]) =>
            value === null ? clearMember(now, path) : setMember(now, path, value);
          expect(body.toString()).toBe(all.reduce(one, edited.toString()));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('JSON in a string', () => {
  const text =
    '{"arguments":"{\\"to\\":\\"ada\\",\\"id\\":12345678901234567890, \\"to\\":\\"bob\\"}","plain":"to ada"}';

  it('is taken apart into slots, and goes back into its string', () => {
    const body = bodyOf(text, NESTED, { nested: true });
    expect(body.slots.map(({ path, kind, encoding }) => [path, kind, encoding])).toEqual([
      [['arguments', 'to'], 'string', 'text'],
      [['arguments', 'id'], 'number', 'text'],
      [['arguments', 'to'], 'string', 'text'],
      [['plain'], 'string', 'json'],
    ]);
    body.slots[0]!.write('"A"');
    const { arguments: inner } = JSON.parse(body.toString()) as { arguments: string };
    expect(inner).toBe('{"to":"\\"A\\"","id":12345678901234567890, "to":"bob"}');
  });

  it('is one text where the answer is filtered as it arrives', () => {
    expect(bodyOf(text, NESTED).slots.map(({ encoding }) => encoding)).toEqual(['json', 'json']);
  });

  it('is one text when it only looks like JSON', () => {
    expect(bodyOf('["{to: ada}"]', NESTED, { nested: true }).slots.map((slot) => slot.read())).toEqual(['{to: ada}']);
  });
});

describe('media', () => {
  it.each(['A'.repeat(300), 'data:image/png;base64,AAAA'])('is none when words stand behind it: %.30s', (bytes) => {
    for (const words of [' ada', 'ada@example.com']) {
      const body = new JsonBody(JSON.stringify([bytes + words]), MEDIA);
      expect(body.slots.map((slot) => slot.read())).toEqual([bytes + words]);
    }
  });

  it('are counted and not scanned, as data URLs and as bare base64', () => {
    const bytes = 'QUJD'.repeat(100);
    const body = bodyOf(JSON.stringify([`data:image/png;base64,${bytes}`, bytes]), MEDIA);
    expect(body.slots).toEqual([]);
    expect(body.media).toEqual({ count: 2, characters: 822 });
  });

  it.each([
    'https://example.com/ada@example.com',
    'data:text/plain;base64,YWRh',
    'data:text/plain,ada@example.com',
    'QUJD',
  ])('are not %s', (text) => {
    expect(bodyOf(JSON.stringify([text]), MEDIA).slots).toHaveLength(1);
  });
});
