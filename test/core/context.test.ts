import { describe, expect, it } from 'vitest';
import { type CallContext, currentContext, runWithContext } from '../../src/core/context.ts';
import { isOwnError } from '../../src/errors.ts';

type ContextModule = typeof import('../../src/core/context.ts');

const copyOfModule = (name: string): Promise<ContextModule> =>
  import(/* @vite-ignore */ `../../src/core/context.ts?${name}`) as Promise<ContextModule>;

function refusalOf(context: unknown): unknown {
  try {
    runWithContext(context as CallContext, () => {});
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the context of a call', () => {
  it('is empty outside', () => {
    expect(currentContext()).toEqual({});
  });

  it('is what was given, however deep and however late', async () => {
    const seen = await runWithContext({ user: 'ada' }, async () => {
      await Promise.resolve();
      return Promise.all([currentContext(), new Promise((resolve) => setImmediate(() => resolve(currentContext())))]);
    });
    expect(seen).toEqual([{ user: 'ada' }, { user: 'ada' }]);
    expect(currentContext()).toEqual({});
  });

  it('lies over the one around it, field by field and tag by tag', () => {
    const outer = { user: 'ada', workspace: 'rd', tags: { team: 'a', env: 'test' } };
    runWithContext(outer, () => {
      const inner = runWithContext({ user: 'bob', session: 's', tags: { team: 'b' } }, currentContext);
      expect(inner).toEqual({ user: 'bob', workspace: 'rd', session: 's', tags: { team: 'b', env: 'test' } });
      expect(currentContext()).toEqual(outer);
    });
  });

  it('is not taken away by a field that is undefined', () => {
    const inner = runWithContext({ user: 'ada', tags: { team: 'a' } }, () =>
      runWithContext({ user: undefined, tags: undefined }, currentContext),
    );
    expect(inner).toEqual({ user: 'ada', tags: { team: 'a' } });
  });

  it('does not leak between calls that run at the same time, nor out of one that throws', async () => {
    const run = (user: string): Promise<string | undefined> =>
      runWithContext({ user }, async () => {
        await Promise.resolve();
        return currentContext().user;
      });
    expect(await Promise.all(['a', 'b', 'c'].map(run))).toEqual(['a', 'b', 'c']);
    expect(() =>
      runWithContext({ user: 'ada' }, () => {
        throw new Error('thrown');
      }),
    ).toThrow('thrown');
    expect(currentContext()).toEqual({});
  });

  it('is the same for two copies of the module', async () => {
    const [one, two] = await Promise.all([copyOfModule('one'), copyOfModule('two')]);
    expect(one.runWithContext).not.toBe(two.runWithContext);
    const seen = one.runWithContext({ user: 'ada' }, () =>
      two.runWithContext({ session: 's' }, () => [one.currentContext(), two.currentContext(), currentContext()]),
    );
    expect(seen).toEqual(Array(3).fill({ user: 'ada', session: 's' }));
  });
});

describe('a wrong context', () => {
  it.each([
    ['nothing', undefined, 'context'],
    ['null', null, 'context'],
    ['a text', 'ada', 'context'],
    ['a number for a user', { user: 7 }, 'context.user'],
    ['an empty user', { user: '' }, 'context.user'],
    ['null for a workspace', { workspace: null }, 'context.workspace'],
    ['an object for a call id', { callId: {} }, 'context.callId'],
    ['a tag that is no text', { tags: { team: 7 } }, 'context.tags.team'],
    ['a text for tags', { tags: 'team' }, 'context.tags'],
    ['null for tags', { tags: null }, 'context.tags'],
  ])('is refused by the name of the field: %s', (_, context, param) => {
    const refusal = refusalOf(context);
    expect(isOwnError(refusal)).toBe(true);
    expect(refusal).toMatchObject({ code: 'invalid_option', param });
  });

  it('does not run anything', () => {
    let ran = false;
    expect(() =>
      runWithContext({ user: '' }, () => {
        ran = true;
      }),
    ).toThrow();
    expect(ran).toBe(false);
  });
});
