import { expect, it } from 'vitest';
import type { PolicyBody } from '../../src/resources/policy.ts';
import { createPolicySet, type PolicyEntry } from '../../src/resources/policy-set.ts';

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
