import { expect, it } from 'vitest';
import * as z from 'zod';
import { describeZodError, problemsError } from '../../src/resources/describe-zod-error.ts';

const schema = z.strictObject({
  'a b': z.boolean().optional(),
  list: z.array(z.int().min(1).max(9)).min(1).optional(),
  name: z.string().min(1).max(3).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  limit: z.union([z.number(), z.string().regex(/^\d+$/, 'a decimal')]).optional(),
  kind: z.literal('block').optional(),
  api_key: z.enum(['env', 'file']).optional(),
  where: z.record(z.string(), z.number()).optional(),
});

const told = (input: unknown, root = 'x'): string[] => {
  const { error } = schema.safeParse(input);
  return describeZodError(error!, root, input).map(({ path, message }) => `${path} ${message}`);
};

it.each<[unknown, string]>([
  [{ 'a b': 1 }, 'x["a b"] must be true or false, got 1'],
  [{ list: [] }, 'x.list must be a list of at least 1, got an array of 0'],
  [{ list: [3, 0.5] }, 'x.list[1] must be a whole number, got 0.5'],
  [{ list: [10] }, 'x.list[0] must be at most 9, got 10'],
  [{ name: '' }, 'x.name must be a text that is not empty, got ""'],
  [{ name: 'four' }, 'x.name must be a text of at most 3 characters, got "four"'],
  [{ until: 'soon' }, 'x.until must be an instant with its zone, like "2026-12-01T00:00:00Z", got "soon"'],
  [{ limit: true }, 'x.limit must be a number or a text, got true'],
  [{ limit: 'a' }, 'x.limit must be a decimal, got "a"'],
  [{ kind: 'warn' }, 'x.kind must be "block", got "warn"'],
  [{ where: { 'a.b': 'y' } }, 'x.where["a.b"] must be a number, got "y"'],
  [{ other: 1 }, 'x.other is not known here'],
  [7, 'x must be an object, got 7'],
])('%j', (input, message) => expect(told(input)).toEqual([message]));

it('says nothing of what may be a secret, nor of long texts', () => {
  const secret = 'sk-invented-0123456789abcdef';
  const lines = told({ api_key: 'hunter2', kind: secret, name: 'long '.repeat(20) });
  expect(lines).toEqual([
    'x.name must be a text of at most 3 characters, got a string of 100 characters',
    `x.kind must be "block", got a string of ${secret.length} characters`,
    'x.api_key must be one of "env", "file", got a string of 7 characters',
  ]);
});

it('stands without a root, and without what came where that is not known', () => {
  const { error } = schema.safeParse({ name: 7 });
  expect(describeZodError(error!)).toEqual([{ path: 'name', message: 'must be a text' }]);
});

it('tells twenty problems at most, each on a line of one error', () => {
  const input = { list: Array.from({ length: 30 }, () => 'x') };
  const { error } = schema.safeParse(input);
  const all = describeZodError(error!, '', input);
  expect(all).toHaveLength(20);
  const { message, param, details } = problemsError(all);
  expect(message.split('\n')).toHaveLength(20);
  expect([param, details]).toEqual(['list[0]', { problems: all }]);
});

it('says of a union of objects what the closest of them has against the value', () => {
  const either = z.strictObject({
    config: z.union([
      z.strictObject({ window: z.string(), limit: z.number() }),
      z.strictObject({ limits: z.array(z.number()) }),
    ]),
  });
  const input = { config: { window: 'daily', limit: '5' } };
  const { error } = either.safeParse(input);
  expect(describeZodError(error!, 'x', input)).toEqual([
    { path: 'x.config.limit', message: 'must be a number, got "5"' },
  ]);
});
