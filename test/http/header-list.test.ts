/** A list of headers is what the platform's `Headers` are, wherever both can be asked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../src/http/header-list.ts';

const sorted = (fields: Iterable<readonly [string, string]>): string[] =>
  [...fields].map(([name, value]) => `${name}: ${value}`).sort();

type Change = readonly ['append' | 'set' | 'delete', name: string, value: string];

function changed<List extends Pick<HeaderList, 'append' | 'set' | 'delete'>>(list: List, changes: readonly Change[]) {
  const refused = changes.map(([change, name, value]) => {
    try {
      list[change](name, value);
      return false;
    } catch (error) {
      return error instanceof TypeError;
    }
  });
  return { list, refused };
}

const name = fc.oneof(
  fc.constantFrom('accept', 'Accept', 'set-cookie', 'Set-Cookie', 'x-a', '__proto__', 'constructor'),
  fc.string({ minLength: 1, maxLength: 4 }),
);
const value = fc.oneof(
  fc.constantFrom('', ' ', 'a', ' a\t', '\va', 'a\r\nb: c', 'a\0', 'ä', '\u00ff', '€', 'a, b'),
  fc.string({ maxLength: 6, unit: 'binary' }),
);
const change = fc.tuple(fc.constantFrom('append' as const, 'set' as const), name, value);

it('takes and refuses what Headers do, and gives the same', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const ours = changed(new HeaderList(), changes);
      const theirs = changed(new Headers(), changes);
      expect(ours.refused).toEqual(theirs.refused);
      expect(sorted(ours.list)).toEqual(sorted(theirs.list));
      expect(sorted(ours.list.toHeaders())).toEqual(sorted(new Headers([...theirs.list])));
      expect(sorted(HeaderList.from(theirs.list))).toEqual(sorted(theirs.list));
      for (const [, asked] of changes.filter((_, i) => !ours.refused[i])) {
        expect(ours.list.get(asked)).toBe(theirs.list.get(asked));
        expect(ours.list.has(asked)).toBe(theirs.list.has(asked));
      }
    }),
    { numRuns: 2_000 },
  );
});

it('forgets a name however it is written', () => {
  const { list } = changed(new HeaderList(), [
    ['set', 'X-A', '1'],
    ['delete', 'x-A', ''],
  ]);
  expect([list.has('x-a'), [...list]]).toEqual([false, []]);
});

describe('cookies', () => {
  it('stay several, wherever they come from', () => {
    const parsed = HeaderList.parsed({ 'set-cookie': ['a=1', 'b=2'], 'x-a': ['1', '2'], date: 'now' });
    expect(parsed.toRaw()).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-a', '1, 2', 'date', 'now']);
    const one = HeaderList.parsed({ 'set-cookie': 'a=1' });
    one.append('set-cookie', 'b=2');
    expect(one.toHeaders().getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('are left out one by one', () => {
    const parsed = HeaderList.parsed({ 'set-cookie': ['a=1', 'b=2'], 'x-a': '1' });
    expect(parsed.filter((_, value) => value !== 'a=1').toRaw()).toEqual(['set-cookie', 'b=2', 'x-a', '1']);
    expect(parsed.toRaw().length).toBe(6);
  });
});
