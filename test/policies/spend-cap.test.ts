import { describe, expect, it } from 'vitest';
import type { Exchange, Identity } from '../../src/core/exchange.ts';
import type { Decision, PolicyContext } from '../../src/core/policy.ts';
import { type SpendCapOptions, spendCap } from '../../src/policies/spend-cap.ts';
import { createMeter } from '../../src/spend/meter.ts';
import { createPriceBook, type PriceBookOptions } from '../../src/spend/prices.ts';
import { exchangeWith } from '../spend/exchange.ts';

const DAILY: SpendCapOptions = { name: 'cap', limitUsd: 5, window: 'daily' };

function contextFor(exchange: Exchange, prices: PriceBookOptions = {}): PolicyContext {
  const meter = createMeter({
    priceBook: createPriceBook({ overrides: { m: { input: '1', output: '2' } }, ...prices }),
  });
  return { bound: () => meter.bound(exchange), defaultMaxOutputTokens: meter.defaultMaxOutputTokens };
}

function decide(
  options: SpendCapOptions,
  identity: Identity = {},
  facts: Partial<Exchange> = {},
): Decision | undefined {
  const exchange = exchangeWith({ model: 'm', identity, ...facts });
  return spendCap(options).decide(exchange, contextFor(exchange)) as Decision | undefined;
}

describe('spendCap', () => {
  it('holds what the call will probably cost on one account for all', () => {
    expect(decide(DAILY)!.holds).toEqual([
      {
        account: 'cap|all=all|2026-11-21',
        limit: 5_000_000_000,
        amount: 'estimate',
        resetsAt: Date.parse('2026-11-22T00:00:00Z'),
        scope: 'all',
        subject: 'all',
        window: 'daily',
      },
    ]);
  });

  it('gives every value of a dimension an account of its own', () => {
    const account = (per: SpendCapOptions['per'], identity: Identity) =>
      decide({ ...DAILY, per }, identity)!.holds![0]!.account;
    expect(account('user', { user: 'ada' })).toBe('cap|user=ada|2026-11-21');
    expect(account('tag:team', { tags: { team: 'x' } })).toBe('cap|tag:team=x|2026-11-21');
  });

  it('keeps subjects apart that would run into other parts of the name', () => {
    const accounts = ['a|b', 'a%7Cb', 'a=b', 'a', '\ud800'].map(
      (user) => decide({ ...DAILY, per: 'user' }, { user })!.holds![0]!.account,
    );
    expect(new Set(accounts).size).toBe(accounts.length);
    expect(accounts.every((account) => account.split('|').length === 3)).toBe(true);
  });

  it.each([{}, { user: '' }, { tags: { user: 'ada' } }])(
    'books calls without a subject on one account, with a warning: %j',
    (identity) => {
      const { holds, warnings } = decide({ ...DAILY, per: 'user' }, identity)!;
      expect(holds).toMatchObject([{ account: 'cap|user=unattributed|2026-11-21', subject: 'unattributed' }]);
      expect(warnings).toMatchObject([{ code: 'spend_unattributed' }]);
    },
  );

  it('begins its window on the clocks of its zone', () => {
    const facts = { startedAt: Date.parse('2026-11-21T23:30:00Z') };
    expect(decide({ ...DAILY, timeZone: 'Europe/Berlin' }, {}, facts)!.holds).toMatchObject([
      { account: 'cap|all=all|2026-11-22', resetsAt: Date.parse('2026-11-22T23:00:00Z') },
    ]);
    expect(decide({ ...DAILY, window: 'lifetime' }, {}, facts)!.holds).toMatchObject([
      { account: 'cap|all=all|lifetime', resetsAt: undefined },
    ]);
  });

  it('moves to the next window when one ends', () => {
    const cap = spendCap({ ...DAILY, window: 'hourly' });
    const accounts = ['2026-11-21T12:59:59.999Z', '2026-11-21T13:00:00Z', '2026-11-21T12:30:00Z'].map((at) => {
      const exchange = exchangeWith({ model: 'm', startedAt: Date.parse(at) });
      return (cap.decide(exchange, contextFor(exchange)) as Decision).holds![0]!.account;
    });
    expect(accounts).toEqual([
      'cap|all=all|2026-11-21T12+00:00',
      'cap|all=all|2026-11-21T13+00:00',
      'cap|all=all|2026-11-21T12+00:00',
    ]);
  });

  it.each([
    [{ workspace: 'rd' }, { workspace: 'rd' }, true],
    [{ workspace: ['rd-eu', 'rd-us'] }, { workspace: 'rd-us' }, true],
    [{ workspace: 'rd' }, { workspace: 'sales' }, false],
    [{ workspace: 'rd' }, {}, false],
    [{ workspace: 'rd', user: 'ada' }, { workspace: 'rd', user: 'bob' }, false],
    [{ tags: { team: ['x', 'y'] } }, { tags: { team: 'y' } }, true],
    [{ tags: { team: 'x' } }, { tags: { constructor: 'x' } }, false],
    [{}, {}, true],
  ])('applies where all dimensions match: %j to %j is %s', (match, identity, applies) => {
    expect(decide({ ...DAILY, match }, identity) !== undefined).toBe(applies);
  });

  it('holds the most that it can cost under strict, and limits the output of a chat that names no limit', () => {
    const STRICT: SpendCapOptions = { ...DAILY, reserve: 'strict' };
    expect(decide(STRICT)!.holds).toMatchObject([{ amount: 'bound' }]);
    expect(decide(STRICT, {}, { maxOutputTokens: undefined })!.edits).toEqual([{ set: { maxOutputTokens: 4_096 } }]);
    expect(decide(STRICT)!.edits).toBeUndefined();
    expect(decide(STRICT, {}, { maxOutputTokens: undefined, operation: 'embeddings' })!.edits).toBeUndefined();
    expect(decide(STRICT, {}, { maxOutputTokens: undefined, watchedOnly: true })!.edits).toBeUndefined();
    expect(decide(DAILY, {}, { maxOutputTokens: undefined })!.edits).toBeUndefined();
    expect(decide({ ...DAILY, maxOutputTokens: 9 }, {}, { maxOutputTokens: undefined })!.edits).toEqual([
      { set: { maxOutputTokens: 9 } },
    ]);
  });

  it('counts a rolling window in parts, all of which stand under its limit', () => {
    const { holds, watch } = decide(
      { ...DAILY, window: { rolling: '24h' }, per: 'user', thresholds: [1] },
      { user: 'ada' },
    )!;
    const [hold] = holds!;
    expect(hold).toMatchObject({
      account: 'cap|user=ada|24h@2026-11-21T12:00:00.000Z',
      window: 'rolling 24h',
      freesAt: Date.parse('2026-11-21T13:00:00Z'),
      resetsAt: Date.parse('2026-11-22T13:00:00Z'),
    });
    expect(hold!.counting).toHaveLength(24);
    expect(hold!.counting![0]).toBe('cap|user=ada|24h@2026-11-21T11:00:00.000Z');
    expect(hold!.counting![23]).toBe('cap|user=ada|24h@2026-11-20T12:00:00.000Z');
    expect(watch!.accounts).toEqual([hold!.account, ...hold!.counting!]);
    expect(spendCap({ limitUsd: 1, window: { rolling: '90m' } }).name).toBe('spend cap: rolling 90m');
  });

  it('takes the first override that matches and has not ended, on the same account', () => {
    const overrides = [
      { match: { user: 'ada' }, limitUsd: '9', until: new Date('2026-11-21T12:00:00Z'), reason: 'ended' },
      { match: { user: 'ada' }, limitUsd: '7', until: Date.parse('2026-11-21T12:00:01Z'), reason: 'launch' },
      { limitUsd: 6, until: '2026-11-22T00:00:00+01:00', reason: 'all' },
    ];
    const hold = (user: string) => decide({ ...DAILY, overrides }, { user })!.holds![0]!;
    expect(hold('ada')).toMatchObject({
      account: 'cap|all=all|2026-11-21',
      limit: 7_000_000_000,
      details: { override_until: '2026-11-21T12:00:01.000Z', override_reason: 'launch' },
    });
    expect(hold('bob')).toMatchObject({ limit: 6_000_000_000, details: { override_reason: 'all' } });
  });

  it('warns once of a model whose price is assumed, with what to add', () => {
    const cap = spendCap(DAILY);
    const exchange = exchangeWith({ model: 'gpt-99' });
    const warnings = () => (cap.decide(exchange, contextFor(exchange)) as Decision).warnings!;
    expect(warnings()).toMatchObject([
      { code: 'price_assumed', message: expect.stringContaining('prices: { "openai/gpt-99": { input:') },
    ]);
    expect(warnings()).toEqual([]);
  });

  it('refuses a model without a price where those are blocked', () => {
    const exchange = exchangeWith({ model: 'gpt-99' });
    const { block, holds } = spendCap(DAILY).decide(
      exchange,
      contextFor(exchange, { unknownModel: 'block' }),
    ) as Decision;
    expect(block).toMatchObject({ code: 'price_unknown', status: 402, param: 'model', details: { policy: 'cap' } });
    expect(block!.message).toContain('prices: { "openai/gpt-99": { input:');
    expect(holds).toBeUndefined();
  });

  it('hands on its mode and failure, and has a name without being given one', () => {
    expect(spendCap({ limitUsd: 1, window: 'daily', per: 'user', mode: 'monitor', failure: 'open' })).toMatchObject({
      name: 'spend cap: daily per user',
      mode: 'monitor',
      failure: 'open',
    });
  });

  it.each([
    [5, 5_000_000_000],
    [0.1, 100_000_000],
    ['0.000000001', 1],
    [1e-9, 1],
    [1.1, 1_100_000_000],
    [4.35, 4_350_000_000],
    [0, 0],
    ['9007199', 9_007_199_000_000_000],
    ['5.50000000000', 5_500_000_000],
  ])('takes a limit of %j USD to the nano-USD', (limitUsd, limit) => {
    expect(decide({ ...DAILY, limitUsd })!.holds![0]!.limit).toBe(limit);
  });

  it.each<[string, Record<string, unknown>]>([
    ['spendCap: limitUsd', { limitUsd: -1 }],
    ['spendCap: limitUsd', { limitUsd: Number.NaN }],
    ['spendCap: limitUsd', { limitUsd: Number.POSITIVE_INFINITY }],
    ['spendCap: limitUsd', { limitUsd: 9_007_200 }],
    ['spendCap: limitUsd', { limitUsd: '0.0000000001' }],
    ['spendCap: limitUsd', { limitUsd: '$5' }],
    ['spendCap: limitUsd', { limitUsd: '' }],
    ['spendCap: limitUsd', { limitUsd: undefined }],
    ['spendCap: limitUsd', { limitUsd: true }],
    ['spendCap: window', { window: 'yearly' }],
    ['spendCap: window', { window: undefined }],
    ['spendCap: timeZone', { timeZone: 'Mars/Olympus' }],
    ['spendCap: timeZone', { timeZone: 3 }],
    ['spendCap: name', { name: '' }],
    ['spendCap: per', { per: 'team' }],
    ['spendCap: per', { per: 'tag:' }],
    ['spendCap: match', { match: 'rd' }],
    ['spendCap: match', { match: { team: 'x' } }],
    ['spendCap: match.user', { match: { user: [] } }],
    ['spendCap: match.user', { match: { user: [7] } }],
    ['spendCap: match.tags', { match: { tags: 'x' } }],
    ['spendCap: match.tags.team', { match: { tags: { team: '' } } }],
    ['spendCap: window.rolling', { window: { rolling: '1w' } }],
    ['spendCap: window.rolling', { window: { rolling: '0h' } }],
    ['spendCap: window.rolling', { window: { rolling: '367d' } }],
    ['spendCap: window', { window: { rolling: '1h', zone: 'UTC' } }],
    ['spendCap: reserve', { reserve: 'learned' }],
    ['spendCap: maxOutputTokens', { maxOutputTokens: 0 }],
    ['spendCap: clamp', { clamp: 'yes' }],
    ['spendCap: thresholds', { thresholds: [80] }],
    ['spendCap: thresholds', { thresholds: 0.8 }],
    ['spendCap: overrides', { overrides: {} }],
    ['spendCap: overrides[0]', { overrides: [{ limit: 1 }] }],
    ['spendCap: overrides[0].match.user', { overrides: [{ match: { user: [] }, limitUsd: 1, until: 1, reason: 'x' }] }],
    ['spendCap: overrides[0].limitUsd', { overrides: [{ limitUsd: '-1', until: 1, reason: 'x' }] }],
    ['spendCap: overrides[0].until', { overrides: [{ limitUsd: 1, until: '2026-11-21', reason: 'x' }] }],
    ['spendCap: overrides[0].until', { overrides: [{ limitUsd: 1, until: '2026-11-21T12:00:00', reason: 'x' }] }],
    ['spendCap: overrides[0].reason', { overrides: [{ limitUsd: 1, until: 1 }] }],
    ['spendCap: mode', { mode: 'observe' }],
    ['spendCap: failure', { failure: true }],
    ['spendCap', { limit: 5 }],
  ])('names the option that is wrong: %s (%#)', (param, wrong) => {
    const options = { ...DAILY, ...wrong } as unknown as SpendCapOptions;
    expect(() => spendCap(options)).toThrow(expect.objectContaining({ code: 'invalid_option', param }));
    expect(() => spendCap(options)).toThrow(param);
  });

  it('says what to give when nothing was given', () => {
    expect(() => spendCap(undefined as unknown as SpendCapOptions)).toThrow(
      expect.objectContaining({ param: 'spendCap' }),
    );
  });
});
