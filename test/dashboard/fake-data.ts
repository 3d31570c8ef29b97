/** What the fake admin API starts with: a day of an invented company. Amounts and names are made up. */
import type { KeyResource } from '../../src/resources/key.ts';
import type { AuditResource, EventResource, HealthResource, ProviderResource } from '../../src/resources/operation.ts';
import type { PolicyEffect, PolicyResource } from '../../src/resources/policy.ts';
import type { AccountResource, OverrideResource, PricesResource } from '../../src/resources/spend.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface FakeData {
  health: HealthResource;
  policies: PolicyResource[];
  effects: Map<string, PolicyEffect>;
  accounts: AccountResource[];
  keys: KeyResource[];
  overrides: OverrideResource[];
  prices: PricesResource;
  providers: ProviderResource[];
  events: EventResource[];
  audit: AuditResource[];
  broken: { seq: number; reason: string } | undefined;
}

const iso = (at: number): string => new Date(at).toISOString();

export function emptyData(now: number): FakeData {
  return {
    health: {
      status: 'ok',
      version: '0.1.0',
      started_at: iso(now - 3 * DAY),
      open_calls: 0,
      observer_failures: 0,
      checks: {
        ledger: { status: 'ok' },
        state: { status: 'ok' },
        exporter: { status: 'off' },
        prices: { status: 'ok' },
      },
    },
    policies: [],
    effects: new Map(),
    accounts: [],
    keys: [],
    overrides: [],
    prices: { version: 'genai-prices@0.1.8 (2026-09-23)', as_of: '2026-09-23', stale: false, overrides: [] },
    providers: [],
    events: [],
    audit: [],
    broken: undefined,
  };
}

export function fakeData(now: number): FakeData {
  return {
    ...emptyData(now),
    health: {
      status: 'degraded',
      version: '0.1.0',
      started_at: iso(now - 3 * DAY),
      open_calls: 4,
      observer_failures: 0,
      checks: {
        ledger: { status: 'ok', detail: 'SQLite, spend.db', latency_ms: 0.4 },
        state: { status: 'ok', detail: 'SQLite, 31 documents', latency_ms: 0.3 },
        exporter: { status: 'warning', detail: 'last batch refused 12 s ago: 503' },
        prices: { status: 'ok', detail: 'genai-prices@0.1.8, 64 days old' },
        config: { status: 'ok', detail: 'postern.config.yaml, reloaded 2 h ago' },
      },
    },
    policies: policies(now),
    effects: new Map(policies(now).map((policy) => [policy.id, effectOf(policy, now)])),
    accounts: accounts(now),
    keys: keys(now),
    overrides: [
      {
        id: 'ovr_1',
        policy_id: 'pol_user',
        subject_matchers: [{ key: 'user_id', value: 'mei.lin' }],
        limit_usd: '25',
        until: iso(now + 2 * DAY),
        reason: 'Release week',
        created_at: iso(now - DAY),
        created_by: 'ops',
        active: true,
      },
    ],
    prices: {
      version: 'genai-prices@0.1.8 (2026-09-23)',
      as_of: '2026-09-23',
      stale: false,
      overrides: [{ model: 'cluster/llama-in-house', input: '0.2', output: '0.6', source: 'config' }],
    },
    providers: [
      {
        name: 'openai',
        kind: 'built-in',
        base_url: 'https://api.openai.com',
        path: '/openai/v1',
        key: 'env:OPENAI_API_KEY',
        key_found: true,
      },
      {
        name: 'anthropic',
        kind: 'built-in',
        base_url: 'https://api.anthropic.com',
        path: '/anthropic',
        key: 'file:/run/secrets/anthropic',
        key_found: true,
      },
      {
        name: 'mistral',
        kind: 'built-in',
        base_url: 'https://api.mistral.ai',
        path: '/mistral/v1',
        key: 'env:MISTRAL_API_KEY',
        key_found: false,
      },
      {
        name: 'cluster',
        kind: 'custom',
        base_url: 'https://llm.example/v1',
        path: '/providers/cluster/v1',
        model: 'llama-in-house',
      },
    ],
    events: events(now),
    audit: audit(now),
  };
}

function policies(now: number): PolicyResource[] {
  const facts = {
    mode_overridden: false,
    enabled: true,
    created_at: iso(now - 20 * DAY),
    updated_at: iso(now - 2 * DAY),
  };
  return [
    {
      ...facts,
      id: 'pol_org',
      source: 'config',
      name: 'company month',
      policy_type: 'spend_cap',
      mode: 'enforce',
      subject_matchers: [],
      config: { version: 1, window: 'monthly', limit_usd: 5000, thresholds: [0.5, 0.8, 0.95] },
      current_spend_usd: 3120.44,
    },
    {
      ...facts,
      id: 'pol_user',
      source: 'api',
      name: 'per user, per day',
      policy_type: 'default_spend_cap',
      mode: 'enforce',
      subject_matchers: [{ key: 'user_id', value: '' }],
      config: { version: 1, window: 'daily', limit_usd: 10 },
      current_spend_usd: 9.96,
      description: 'Everybody alike; ask #llm-platform for more.',
    },
    {
      ...facts,
      id: 'pol_rd',
      source: 'api',
      name: 'R&D workspaces',
      policy_type: 'spend_cap',
      mode: 'monitor',
      subject_matchers: [
        { key: 'workspace_id', value: 'rd-eu' },
        { key: 'workspace_id', value: 'rd-us' },
      ],
      config: { version: 1, window: { rolling: '24h' }, limit_usd: 150, reserve: 'strict' },
      current_spend_usd: 88.2,
    },
    {
      ...facts,
      id: 'pol_rate',
      source: 'api',
      name: 'bursts',
      policy_type: 'default_rate_limit',
      mode: 'enforce',
      subject_matchers: [{ key: 'api_key_id', value: '' }],
      config: {
        version: 1,
        limits: [
          { metric: 'requests', window: 'minute', value: 120 },
          { metric: 'tokens', window: 'hour', value: 2_000_000 },
        ],
      },
    },
    {
      ...facts,
      id: 'pol_guard',
      source: 'config',
      name: 'personal data',
      policy_type: 'guard',
      mode: 'monitor',
      mode_overridden: true,
      config: { version: 1, detect: { pii: true, secrets: true }, timeout_seconds: 2 },
    },
  ];
}

export function effectOf(policy: PolicyResource, now: number): PolicyEffect {
  const isGuard = policy.policy_type === 'guard';
  const monitored = policy.mode === 'monitor';
  const found = isGuard ? 214 : 17;
  return {
    policy_id: policy.id,
    since: iso(now - 6 * HOUR),
    calls: 1840,
    matched: isGuard ? 1840 : 612,
    blocked: monitored || isGuard ? 0 : found,
    would_block: monitored && !isGuard ? found : 0,
    redacted: 0,
    would_redact: isGuard ? found : 0,
    warned: isGuard ? 0 : 5,
    entities: isGuard ? { EMAIL_ADDRESS: 301, PHONE_NUMBER: 44, AWS_ACCESS_KEY: 2 } : {},
    subjects: [
      { subject: 'mei.lin', count: Math.ceil(found / 2) },
      { subject: 'rd-eu', count: Math.floor(found / 3) },
    ],
  };
}

function accounts(now: number): AccountResource[] {
  const tomorrow = new Date(now);
  tomorrow.setUTCHours(24, 0, 0, 0);
  const month = new Date(now);
  month.setUTCMonth(month.getUTCMonth() + 1, 1);
  month.setUTCHours(0, 0, 0, 0);
  const day = iso(now).slice(0, 10);
  const of = (
    policy: Pick<AccountResource, 'policy_id' | 'policy' | 'mode' | 'scope' | 'window' | 'window_label' | 'resets_at'>,
    subject: string,
    [limit, spent, held]: readonly [number, number, number],
  ): AccountResource => ({
    ...policy,
    subject,
    limit_usd: String(limit),
    spent_usd: String(spent),
    held_usd: String(held),
    left_usd: String(Math.max(0, Math.round((limit - spent - held) * 1e9) / 1e9)),
  });
  const user = {
    policy_id: 'pol_user',
    policy: 'per user, per day',
    mode: 'enforce',
    scope: 'user',
    window: 'daily',
    window_label: day,
    resets_at: tomorrow.toISOString(),
  } as const;
  const org = {
    policy_id: 'pol_org',
    policy: 'company month',
    mode: 'enforce',
    scope: 'all',
    window: 'monthly',
    window_label: day.slice(0, 7),
    resets_at: month.toISOString(),
  } as const;
  const rd = {
    policy_id: 'pol_rd',
    policy: 'R&D workspaces',
    mode: 'monitor',
    scope: 'all',
    window: 'rolling 24h',
    window_label: 'rolling 24h',
    resets_at: undefined,
  } as const;
  const key = { ...rd, policy_id: 'pol_key', policy: 'per key', scope: 'apiKey' } as const;
  return [
    of(key, 'key_2', [20, 4.6, 0]),
    of(org, 'all', [5000, 3120.44, 2.18]),
    of(rd, 'all', [150, 88.2, 1.4]),
    { ...of(user, 'mei.lin', [25, 21.7, 0.62]), override: { until: iso(now + 2 * DAY), reason: 'Release week' } },
    of(user, 'ada', [10, 9.96, 0.31]),
    of(user, 'jo.okafor', [10, 4.02, 0.9]),
    of(user, 'svc-nightly-reports', [10, 2.5, 0]),
    of(user, 'unattributed', [10, 0.004, 0]),
    of(user, 'tomás', [10, 0.81, 0]),
  ].map((account) => JSON.parse(JSON.stringify(account)) as AccountResource);
}

function keys(now: number): KeyResource[] {
  return [
    {
      id: 'key_1',
      name: 'Claude Code, Ada',
      organization: 'acme',
      workspace: 'platform',
      user: 'ada',
      tags: { team: 'core' },
      status: 'active',
      disabled: false,
      hint: 'gwk_7hq2',
      created_at: iso(now - 12 * DAY),
      created_by: 'ops',
      last_used_at: iso(now - 40_000),
    },
    {
      id: 'key_2',
      name: 'nightly reports',
      organization: 'acme',
      workspace: 'rd-eu',
      tags: {},
      status: 'active',
      disabled: false,
      hint: 'gwk_p0c9',
      created_at: iso(now - 40 * DAY),
      created_by: 'root',
      rotated_at: iso(now - HOUR),
      previous_until: iso(now + 23 * HOUR),
      expires_at: iso(now + 50 * DAY),
      last_used_at: iso(now - 9 * HOUR),
    },
    {
      id: 'key_3',
      name: 'contractor',
      workspace: 'rd-us',
      user: 'jo.okafor',
      tags: {},
      status: 'disabled',
      disabled: true,
      hint: 'gwk_x31v',
      created_at: iso(now - 80 * DAY),
      created_by: 'ops',
    },
    {
      id: 'key_4',
      name: 'spring demo',
      tags: {},
      status: 'expired',
      disabled: false,
      hint: 'gwk_aa0k',
      created_at: iso(now - 200 * DAY),
      created_by: 'ops',
      expires_at: iso(now - 90 * DAY),
    },
  ];
}

const USERS = ['ada', 'mei.lin', 'jo.okafor', 'tomás'];
const MODELS = ['gpt-4o', 'claude-sonnet-4-5', 'gpt-4o-mini'];

export function eventAt(id: number, at: number): EventResource {
  const user = USERS[id % USERS.length]!;
  const base = {
    id,
    at: iso(at),
    call_id: `call_${id}`,
    exchange_id: `ex_${id}`,
    provider: id % 3 === 1 ? 'anthropic' : 'openai',
    model: MODELS[id % MODELS.length]!,
    workspace: id % 2 ? 'rd-eu' : 'platform',
    user,
    api_key_id: `key_${(id % 2) + 1}`,
    trace_id: id.toString(16).padStart(32, '0'),
    trace_url: `http://traces.invalid/t/${id}`,
  };
  switch (id % 6) {
    case 0:
      return {
        ...base,
        type: 'policy',
        policy_id: 'pol_user',
        policy: 'per user, per day',
        mode: 'enforce',
        action: 'block',
        decision: 'deny',
        code: 'spend_cap_reached',
        message: `Spend cap "per user, per day" of ${user} is reached: $9.96 of $10.00 spent.`,
      };
    case 1:
      return {
        ...base,
        type: 'policy',
        policy_id: 'pol_guard',
        policy: 'personal data',
        mode: 'monitor',
        action: 'redact',
        decision: 'audit',
        target: 'input',
        findings: [{ kind: 'EMAIL_ADDRESS', scope: 'message', action: 'redact', count: 3 }],
      };
    case 2:
      return {
        ...base,
        type: 'policy',
        policy_id: 'pol_org',
        policy: 'company month',
        mode: 'enforce',
        action: 'warn',
        decision: 'warn',
        code: 'spend_threshold',
        message: 'Spend cap "company month": 50 % of $5,000 is spent.',
      };
    default:
      return {
        ...base,
        type: 'call',
        outcome: id % 6 === 5 ? 'failed' : 'completed',
        cost_usd: '0.014205',
        input_tokens: 4120,
        output_tokens: 388,
        duration_ms: 2140.5,
      };
  }
}

function events(now: number): EventResource[] {
  return Array.from({ length: 60 }, (_, index) => eventAt(60 - index, now - index * 47_000));
}

function audit(now: number): AuditResource[] {
  const hash = (seq: number): string => (seq * 2_654_435_761).toString(16).padStart(64, 'ab').slice(0, 64);
  const rows: Omit<AuditResource, 'seq' | 'hash' | 'at'>[] = [
    {
      actor: { kind: 'system', name: 'postern' },
      operation: 'import_config',
      resource: { type: 'configuration', id: 'config' },
      changes: {},
    },
    {
      actor: { kind: 'cli', name: 'root' },
      operation: 'create_gateway_key',
      resource: { type: 'gateway_key', id: 'key_2', name: 'nightly reports' },
      changes: { name: { to: 'nightly reports' }, workspace: { to: 'rd-eu' } },
    },
    {
      actor: { kind: 'admin_token', name: 'ops' },
      operation: 'create_gateway_policy',
      resource: { type: 'gateway_policy', id: 'pol_user', name: 'per user, per day' },
      changes: { 'config.limit_usd': { to: 8 }, 'config.window': { to: 'daily' } },
      request_id: 'req_81',
    },
    {
      actor: { kind: 'admin_token', name: 'ops' },
      operation: 'update_gateway_policy',
      resource: { type: 'gateway_policy', id: 'pol_user', name: 'per user, per day' },
      changes: {
        'config.limit_usd': { from: 8, to: 10 },
        description: { to: 'Everybody alike; ask #llm-platform for more.' },
      },
      request_id: 'req_95',
    },
    {
      actor: { kind: 'admin_token', name: 'ops' },
      operation: 'update_gateway_policy',
      resource: { type: 'gateway_policy', id: 'pol_guard', name: 'personal data' },
      changes: { mode: { from: 'enforce', to: 'monitor' } },
      request_id: 'req_99',
    },
  ];
  return Array.from({ length: 130 }, (_, index) => ({
    ...rows[index % rows.length]!,
    seq: index + 1,
    at: iso(now - (130 - index) * 31 * 60_000),
    hash: hash(index + 1),
  })).reverse();
}
