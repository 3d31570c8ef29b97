import { expect, it } from 'vitest';
import type { PolicyContext } from '../../src/core/policy.ts';
import type { PolicyBody } from '../../src/resources/policy.ts';
import { createPolicySet, type PolicyEntry } from '../../src/resources/policy-set.ts';
import { exchangeWith } from '../spend/exchange.ts';

const COST = { nanoUsd: 1, inputNanoUsd: 1, outputNanoUsd: 0, assumed: false, estimated: false, priceVersion: 'test' };
const CONTEXT: PolicyContext = { bound: () => COST, defaultMaxOutputTokens: 1 };

const cap = (name: string, limit_usd = 5): PolicyBody => ({
  ...{ name, policy_type: 'spend_cap' },
  config: { window: 'daily', limit_usd },
});
const guard = (name: string): PolicyBody => ({
  ...{ name, policy_type: 'guard' },
  config: { detect: { pii: true } },
});
const entry = (id: string, body: PolicyBody, rest: Partial<PolicyEntry> = {}): PolicyEntry => ({ id, body, ...rest });

it('makes a policy again only where something of it changed, and keeps the order', () => {
  const set = createPolicySet();
  const before = set.policies([entry('1', cap('a')), entry('2', cap('b'))]);
  const after = set.policies([entry('2', cap('b')), entry('1', cap('a', 6)), entry('3', cap('c'))]);
  expect(after.map(({ name }) => name)).toEqual(['b', 'a', 'c']);
  expect(after[0]).toBe(before[1]);
  expect(after[1]).not.toBe(before[0]);
});

it('puts guards before all else', () => {
  const policies = createPolicySet().policies([entry('1', cap('a')), entry('2', guard('g')), entry('3', cap('b'))]);
  expect(policies.map(({ name }) => name)).toEqual(['g', 'a', 'b']);
});

it('keeps what a policy remembers when its mode is switched', () => {
  const set = createPolicySet();
  const guarded = (mode?: 'enforce' | 'monitor') => set.policies([entry('1', guard('g'), { mode })])[0]!;
  const [first, monitored, enforced] = [guarded(), guarded('monitor'), guarded('enforce')];
  expect([first.mode, monitored.mode, enforced.mode]).toEqual([undefined, 'monitor', 'enforce']);
  expect(monitored.decide).toBe(first.decide);
  expect(enforced.redactText).toBe(first.redactText);
});

it('gives guards the key of their tags, and says where one needs it', () => {
  const body: PolicyBody = { name: 'g', policy_type: 'guard', config: { placeholders: 'hmac' } };
  const [policy] = createPolicySet({ hmacKey: 'an invented key of some length' }).policies([entry('1', body)]);
  expect(policy!.redactText!('ada@example.com')).toMatch(/^<EMAIL_ADDRESS_[0-9a-f]+>$/);
  expect(() => createPolicySet().policies([entry('1', body)])).toThrow('Policy "g": hmacKey must be a secret');
});

const rate = (name: string, type: 'rate_limit' | 'default_rate_limit', matchers: [string, string][]): PolicyBody => ({
  ...{ name, policy_type: type, subject_matchers: matchers.map(([key, value]) => ({ key, value })) },
  config: { version: 1, limits: [{ metric: 'requests', window: 'minute', value: 5 }] },
});

it('lets a rate limit stand in for the default of its key, and caps only tighten', () => {
  const each = rate('each', 'default_rate_limit', [['user_id', '']]);
  const ada = rate('ada', 'rate_limit', [['user_id', 'ada']]);
  const rd = rate('rd', 'rate_limit', [['workspace_id', 'rd']]);
  const hers = { ...cap('hers'), subject_matchers: [{ key: 'user_id', value: 'ada' }] };
  const applied = (user: string, mode?: 'monitor'): string[] =>
    createPolicySet()
      .policies([entry('1', each), entry('2', ada, { mode }), entry('3', rd), entry('4', cap('all')), entry('5', hers)])
      .filter((policy) => policy.decide(exchangeWith({ identity: { user, workspace: 'rd' } }), CONTEXT))
      .map(({ name }) => name);
  expect(applied('bob')).toEqual(['each', 'rd', 'all']);
  expect(applied('ada')).toEqual(['ada', 'rd', 'all', 'hers']);
  expect(applied('ada', 'monitor')).toEqual(['each', 'ada', 'rd', 'all', 'hers']);
});

it('leaves out what is not enabled', () => {
  expect(createPolicySet().policies([entry('1', { ...cap('a'), enabled: false })])).toEqual([]);
});

it('refuses two of a name or an id, and remembers what was there before', () => {
  const set = createPolicySet();
  const before = set.policies([entry('1', guard('g'))]);
  expect(() => set.policies([entry('1', guard('g')), entry('2', cap('g'))])).toThrow('policies[1].name must be unique');
  expect(() => set.policies([entry('1', guard('g')), entry('1', cap('a'))])).toThrow('policies[1].id must be unique');
  expect(() => set.policies([entry('1', guard('g')), entry('2', cap('a', 1e12))])).toThrow(
    'Policy "a": config.limit_usd',
  );
  expect(set.policies([entry('1', guard('g'))])[0]).toBe(before[0]);
});
