import { expect, it } from 'vitest';
import type { Policy, PolicyContext } from '../../src/core/policy.ts';
import { createGateway, redact, scoped } from '../../src/index.ts';
import { exchangeWith } from '../spend/exchange.ts';

const CONTEXT: PolicyContext = { bound: () => undefined, defaultMaxOutputTokens: 1 };
const policy: Policy = { name: 'p', mode: 'monitor', failure: 'open', decide: () => ({ findings: [] }) };

it('a scoped policy decides for the callers that match, and is the same otherwise', () => {
  const narrow = scoped(policy, { workspace: ['rd', 'ml'], tags: { team: 'a' } });
  const decided = (workspace: string, team: string): unknown =>
    narrow.decide(exchangeWith({ identity: { workspace, tags: { team } } }), CONTEXT);
  expect(narrow).toMatchObject({ name: 'p', mode: 'monitor', failure: 'open' });
  expect(decided('ml', 'a')).toEqual({ findings: [] });
  expect(decided('ml', 'b')).toBeUndefined();
  expect(decided('x', 'a')).toBeUndefined();
});

it('leaves the traces of other callers to the default rules', () => {
  const emails = scoped(redact({ entities: ['EMAIL_ADDRESS'] }), { user: 'ada' });
  expect(createGateway({ policies: [emails] }).redactText('521-44-9876')).toBe('<US_SSN_1>');
  const all = redact({ name: 'all', entities: ['EMAIL_ADDRESS'] });
  expect(createGateway({ policies: [emails, all] }).redactText('521-44-9876')).toBe('521-44-9876');
});

it('names what is wrong', () => {
  expect(() => scoped({ name: 'x' } as Policy, {})).toThrow('scoped: policy must be a policy');
  expect(() => scoped(policy, { users: 'ada' } as never)).toThrow('scoped: match must be made of');
});
