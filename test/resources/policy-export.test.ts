/** Policies as LangSmith's API gives them; every id and name is invented. */
import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../../src/index.ts';
import { readPolicyExport } from '../../src/resources/policy-export.ts';
import { policyFrom } from '../../src/resources/policy-factory.ts';

const facts = (n: number): object => ({
  ...{ id: `00000000-0000-4000-8000-00000000000${n}`, organization_id: 'org-1', tenant_id: 'ws-1' },
  ...{
    created_at: '2026-10-01T00:00:00Z',
    updated_at: '2026-10-02T00:00:00Z',
    description: null,
    parent_policy_id: null,
  },
  action: 'block',
});
const EXPORT = [
  {
    ...facts(1),
    ...{ name: 'R&D Spend Cap', policy_type: 'spend_cap', current_spend_usd: 12.5 },
    subject_matchers: [{ key: 'workspace_id', value: 'ws-rd' }],
    config: { version: 1, window: 'monthly', limit_usd: 2000 },
  },
  {
    ...facts(2),
    ...{ name: 'Each member', policy_type: 'default_spend_cap' },
    subject_matchers: [{ key: 'user_id', value: '' }],
    config: { window: 'daily', limit_usd: 5.5 },
  },
  {
    ...facts(3),
    ...{ name: 'Each member', policy_type: 'spend_cap', parent_policy_id: 'p2' },
    subject_matchers: [{ key: 'user_id', value: 'ada' }],
    config: { window: 'daily', limit_usd: 5.5 },
  },
  {
    ...facts(4),
    ...{ name: 'Dev Team Rate Limit', policy_type: 'rate_limit' },
    subject_matchers: [
      { key: 'workspace_id', value: 'ws-rd' },
      { key: 'X-Gateway-Team', value: 'dev' },
    ],
    config: {
      version: 1,
      limits: [
        { metric: 'requests', window: 'minute', value: 60 },
        { metric: 'tokens', window: 'hour', value: 1_000_000 },
      ],
    },
  },
  {
    ...facts(5),
    ...{ name: 'Each key', policy_type: 'default_rate_limit', subject_matchers: [{ key: 'api_key_id', value: '' }] },
    config: { version: 1, limits: [{ metric: 'requests', window: 'minute', value: 600 }] },
  },
  {
    ...facts(6),
    ...{ name: 'PII', policy_type: 'guard', subject_matchers: [{ key: 'organization_id', value: 'org-1' }] },
    config: { version: 1, detect: { pii: true, secrets: true }, timeout_seconds: 2 },
  },
];

const problems = (json: unknown): string[] => {
  try {
    readPolicyExport(json);
    return [];
  } catch (error) {
    expect((error as GatewayError).code).toBe('invalid_option');
    return (error as GatewayError).message.split('\n');
  }
};

describe('an export of LangSmith', () => {
  it.each([
    ['a list', EXPORT],
    ['policies', { policies: EXPORT }],
    ['data', { data: EXPORT, total: 4 }],
    ['items', { items: EXPORT }],
  ])('loads unchanged from %s', (_, json) => {
    const { policies, skipped } = readPolicyExport(json);
    expect(policies.map(({ body }) => [body.policy_type, body.name])).toEqual([
      ['spend_cap', 'R&D Spend Cap'],
      ['default_spend_cap', 'Each member'],
      ['rate_limit', 'Dev Team Rate Limit'],
      ['default_rate_limit', 'Each key'],
      ['guard', 'PII'],
    ]);
    expect(policies[0]).toEqual({
      id: '00000000-0000-4000-8000-000000000001',
      body: {
        ...{ name: 'R&D Spend Cap', policy_type: 'spend_cap', action: 'block' },
        subject_matchers: [{ key: 'workspace_id', value: 'ws-rd' }],
        config: { version: 1, window: 'monthly', limit_usd: 2000 },
      },
    });
    expect(policies[2]!.body.config).toEqual(EXPORT[3]!.config);
    expect(skipped).toEqual([
      { name: 'Each member', reason: 'made by the default policy "p2", which does it here too' },
    ]);
    for (const { body } of policies) expect(policyFrom(body).name).toBe(body.name);
  });

  it('may have two policies of one name', () => {
    const [first] = EXPORT;
    const { policies } = readPolicyExport([first, { ...first, config: { window: 'daily', limit_usd: 100 } }, first]);
    expect(policies.map(({ body }) => body.name)).toEqual(['R&D Spend Cap', 'R&D Spend Cap (2)', 'R&D Spend Cap (3)']);
    expect(policies.map(({ renamedFrom }) => renamedFrom)).toEqual([undefined, 'R&D Spend Cap', 'R&D Spend Cap']);
  });
});

describe('what is wrong is told by its path, all at once', () => {
  const [spend] = EXPORT;
  it('in policies', () => {
    expect(
      problems([
        { ...spend, policy_type: 'model_access' },
        { ...spend, config: { window: 'quarterly', limit_usd: 5, windw: 'daily' } },
        { ...spend, config: { window: 'daily', limit_usd: 5, time_zone: 'Mars/Base' } },
        { ...spend, subject_matchers: [{ key: 'run_rule_id', value: 'r' }] },
        { ...spend, colour: 'red', name: undefined },
        'no policy',
      ]),
    ).toEqual([
      'policies[0].policy_type must be one of "spend_cap", "default_spend_cap", "rate_limit", "default_rate_limit", "guard", got "model_access".',
      'policies[1].config.window must be one of "hourly", "daily", "weekly", "monthly", "lifetime" or an object, got "quarterly".',
      'policies[1].config.windw is not known here.',
      `policies[2].config.time_zone must be an IANA time zone like 'Europe/Berlin', got "Mars/Base".`,
      'policies[3].subject_matchers[0].key must be something that a call tells: run rules are kept by LangSmith, got "run_rule_id".',
      'policies[4].name is missing: it must be a text.',
      'policies[4].colour is not known here.',
      'policies[5] must be an object, got "no policy".',
    ]);
  });

  it.each([
    [{}, 'policies must be a list of policies, or an object with one as policies, data, items, got an object.'],
    [{ policies: 7 }, 'policies must be a list of policies, or an object with one as policies, data, items, got 7.'],
    [null, 'policies must be a list of policies, or an object with one as policies, data, items, got null.'],
  ])('%j', (json, message) => expect(problems(json)).toEqual([message]));
});
