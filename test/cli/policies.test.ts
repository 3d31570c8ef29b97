import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-policies-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const YAML = `
policies:
  - name: "R&D \\e[31mSpend Cap"
    policy_type: spend_cap
    subject_matchers:
      - { key: workspace_id, value: rd-eu }
      - { key: workspace_id, value: rd-us }
    config: { window: monthly, limit_usd: 2000 }
  - name: Each customer
    policy_type: default_spend_cap
    mode: monitor
    subject_matchers: [{ key: X-Gateway-Customer, value: "" }]
    config: { window: { rolling: 24h }, limit_usd: "5.50" }
  - name: Each customer
    policy_type: spend_cap
    parent_policy_id: p2
    config: { window: daily, limit_usd: 5 }
  - name: Dev Team
    policy_type: rate_limit
    enabled: false
    config: { limits: [{ metric: requests, window: minute, value: 60 }, { metric: tokens, window: hour, value: 9000 }] }
  - name: PII
    policy_type: guard
    subject_matchers: [{ key: api_key_id, value: k1 }]
    config: { detect: { pii: true, secrets: true }, timeout_seconds: 2 }
  - name: PII
    policy_type: guard
    config: { entities: [IBAN_CODE], restore: false }
`;

describe('postern policies check', () => {
  it('says in words what each policy would be', async () => {
    const { code, stdout, stderr } = await runCli(['policies', 'check', file('p.yaml', YAML)]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'R&D ?[31mSpend Cap',
      '  Spend cap of $2000 a month, for workspace "rd-eu" or "rd-us".',
      'Each customer',
      '  Spend cap of $5.50 in any 24h, for each tag customer. It only watches.',
      'Dev Team',
      '  Rate limit of 60 requests a minute and 9000 tokens an hour, for all calls. It is switched off.',
      'PII',
      '  Guard that redacts personal data and secrets in requests and answers, and puts back in answers what the caller sent (timeout_seconds has nothing to wait for), for API key "k1".',
      'PII (2)',
      '  Guard that redacts IBAN_CODE in requests and answers, for all calls.',
      '  Another one before it has its name, so it has a number here.',
      'Skipped: Each customer: made by the default policy "p2", which does it here too.',
      '5 policies can be loaded.',
      '',
    ]);
  });

  it('tells all that is wrong, by its path, and ends with 1', async () => {
    const json = [{ name: 'x', policy_type: 'spend_cap', config: { window: 'yearly', limit_usd: 5 } }, 7];
    const { code, stdout } = await runCli(['policies', 'check', '-'], { stdin: JSON.stringify(json) });
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      '2 problems, nothing would be loaded:',
      '  policies[0].config.window must be one of "hourly", "daily", "weekly", "monthly", "lifetime" or an object, got "yearly"',
      '  policies[1] must be an object, got 7',
      '',
    ]);
  });

  it('gives the same as JSON', async () => {
    const { stdout } = await runCli(['policies', 'check', '--json', file('p.yml', YAML)]);
    const { ok, policies, skipped, problems } = JSON.parse(stdout) as Record<string, unknown[]>;
    expect([ok, policies!.length, skipped!.length, problems]).toEqual([true, 5, 1, []]);
    expect(policies![4]).toMatchObject({ name: 'PII (2)', policy_type: 'guard', renamed_from: 'PII' });
    const { code, stdout: wrong } = await runCli(['policies', 'check', '--json', '-'], { stdin: '{}' });
    expect([code, JSON.parse(wrong)]).toMatchObject([1, { ok: false, problems: [{ path: 'policies' }] }]);
  });

  it.each([
    [['policies'], 'say what to do: postern policies check <file>.'],
    [['policies', 'check'], 'name one file.'],
    [['policies', 'check', 'nowhere.yaml'], 'nowhere.yaml does not exist.'],
    [['policies', 'check', file('bad.yaml', 'a: 1\nb: [secret-text')], 'bad.yaml is neither JSON nor YAML: line 2.'],
    [['policies', 'check', file('twice.json', '{"a": 1,\n "a": 2}')], 'twice.json is neither JSON nor YAML: line 2.'],
  ])('%j', async (args, message) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('secret-text');
  });
});
