import { describe, expect, it } from 'vitest';
import type { Identity, Operation } from '../../src/core/exchange.ts';
import type { Decision, PolicyContext } from '../../src/core/policy.ts';
import { type RateLimitOptions, rateLimit } from '../../src/policies/rate-limit.ts';
import { accountName, accountParts } from '../../src/spend/accounts.ts';
import { exchangeWith } from '../spend/exchange.ts';

const CONTEXT: PolicyContext = { bound: () => undefined, defaultMaxOutputTokens: 1 };
const AT = Date.parse('2026-11-21T12:34:56.789Z');

interface Asked {
  readonly identity?: Identity;
  readonly operation?: Operation;
}

function decided(options: Partial<RateLimitOptions>, { identity = {}, operation = 'chat' }: Asked = {}) {
  const limits = [{ metric: 'requests', window: 'minute', value: 5 }] as const;
  const policy = rateLimit({ name: 'p', limits, ...options });
  return policy.decide(exchangeWith({ identity, operation, startedAt: AT }), CONTEXT) as Decision | undefined;
}

it('counts on the account of the window of the clock in which the call starts', () => {
  const limits = (['minute', 'hour', 'day'] as const).map(
    (window) => ({ metric: 'requests', window, value: 5 }) as const,
  );
  expect(decided({ limits })?.rates).toMatchObject([
    { account: 'rate|p|all=all|requests|2026-11-21T12:34', resetsAt: Date.parse('2026-11-21T12:35:00Z'), limit: 5 },
    { account: 'rate|p|all=all|requests|2026-11-21T12', resetsAt: Date.parse('2026-11-21T13:00:00Z') },
    { account: 'rate|p|all=all|requests|2026-11-21', resetsAt: Date.parse('2026-11-22T00:00:00Z') },
  ]);
});

it('keeps its accounts under another name', () => {
  expect(decided({ name: 'q', account: 'p1' })?.rates).toMatchObject([
    { account: expect.stringMatching(/^rate\|p1\|/) },
  ]);
});

it('stands on a dimension, and shares one account among calls without it, with a warning', () => {
  const per = 'tag:customer';
  expect(decided({ per }, { identity: { tags: { customer: 'a|b=c' } } })).toMatchObject({
    rates: [{ account: 'rate|p|tag:customer=a%7Cb%3Dc|requests|2026-11-21T12:34', scope: per, subject: 'a|b=c' }],
    warnings: [],
  });
  expect(decided({ per })).toMatchObject({
    rates: [{ subject: 'unattributed' }],
    warnings: [{ code: 'rate_unattributed' }],
  });
});

it('is for those who match and are not excepted', () => {
  const options = { match: { workspace: 'rd' }, except: [{ user: 'ada', tags: { team: 'x' } }] };
  const passes = (identity: Identity): boolean => decided(options, { identity }) === undefined;
  expect(passes({ workspace: 'hr' })).toBe(true);
  expect(passes({ workspace: 'rd', user: 'ada' })).toBe(false);
  expect(passes({ workspace: 'rd', user: 'ada', tags: { team: 'x' } })).toBe(true);
});

it('counts no tokens where none are sold, and says nothing where nothing is left', () => {
  const tokens = { metric: 'tokens', window: 'day', value: 5 } as const;
  expect(decided({ limits: [tokens] }, { operation: 'count_tokens' })).toBeUndefined();
  const both = [tokens, { metric: 'requests', window: 'day', value: 5 } as const];
  expect(decided({ limits: both }, { operation: 'count_tokens' })?.rates).toHaveLength(1);
});

it('has accounts that no cap can have, whatever the names are', () => {
  const rates = ['p', 'rate', 'rate|p', 'all=all', ''].flatMap(
    (subject) => decided({ name: subject || 'x', per: 'user' }, { identity: { user: subject } })!.rates!,
  );
  for (const { account } of rates) expect(accountParts(account)).toBeUndefined();
  const caps = ['rate', 'rate|p'].map((cap) => accountName({ cap, scope: 'p', subject: 'all', window: '2026-11-21' }));
  for (const cap of caps) expect(cap).toMatch(/^[^|]+\|[^|=]+=/);
  for (const { account } of rates) expect(account).not.toMatch(/^[^|]+\|[^|=]+=/);
});

it('is named by its dimension', () => {
  const limits = [{ metric: 'requests', window: 'minute', value: 5 }] as const;
  expect([rateLimit({ limits }).name, rateLimit({ limits, per: 'user' }).name]).toEqual([
    'rate limit',
    'rate limit per user',
  ]);
});

describe('a wrong option is named', () => {
  const rule = { metric: 'requests', window: 'minute', value: 5 };
  it.each([
    [{ limits: [] }, 'rateLimit: limits must be a list of 1 to 20, got an array of 0.'],
    [
      { limits: [{ ...rule, metric: 'calls' }] },
      `rateLimit: limits[0].metric must be 'requests' or 'tokens', got "calls".`,
    ],
    [{ limits: [{ ...rule, window: 'week' }] }, 'rateLimit: limits[0].window must be'],
    [
      { limits: [{ ...rule, value: 0.5 }] },
      'rateLimit: limits[0].value must be a whole number of at least 1, got 0.5.',
    ],
    [{ limits: [{ ...rule, limit: 1 }] }, 'rateLimit: limits[0] must be given metric, window, value, got "limit".'],
    [{ limits: [rule, { ...rule, value: 9 }] }, 'rateLimit: limits[1] must be the only one of requests a minute'],
    [{ name: '' }, 'rateLimit: name must be a text'],
    [{ per: 'team' }, 'rateLimit: per must be one of'],
    [{ match: { team: 'x' } }, 'rateLimit: match must be made of'],
    [{ except: [{ user: '' }] }, 'rateLimit: except[0].user must be a text or'],
    [{ mode: 'watch' }, "rateLimit: mode must be 'enforce' or 'monitor'"],
    [{ failure: 'maybe' }, "rateLimit: failure must be 'open' or 'closed'"],
    [{ limit: 5 }, 'rateLimit must be given name, account, limits,'],
  ])('%j', (options, message) => {
    expect(() => rateLimit({ limits: [rule], ...options } as never)).toThrow(message);
  });
});
