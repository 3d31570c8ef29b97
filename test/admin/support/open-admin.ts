/** An admin API over a state in memory and a gateway whose provider is a function. */

import { tokenHash } from '../../../src/admin/access.ts';
import { type AdminOptions, createAdmin } from '../../../src/admin/admin.ts';
import { EventFeed } from '../../../src/admin/event-feed.ts';
import { type ConfiguredPolicy, PolicyBook, type PolicyBookOptions } from '../../../src/admin/policy-book.ts';
import type { Keys, LogEntry } from '../../../src/admin/ports.ts';
import { PriceList } from '../../../src/admin/price-list.ts';
import { createGateway } from '../../../src/gateway/gateway.ts';
import { spendCap } from '../../../src/policies/spend-cap.ts';
import type { IssuedKey, KeyResource } from '../../../src/resources/key.ts';
import type { PolicyBody } from '../../../src/resources/policy.ts';
import type { OverrideBody } from '../../../src/resources/spend.ts';
import type { SpendCapOptions } from '../../../src/spend/cap.ts';
import { createPriceBook, type PriceOverrides } from '../../../src/spend/prices.ts';
import { FakeState } from './fake-state.ts';

export const ADMIN_TOKEN = 'adm_test_5f4dcc3b5aa765d61d8327deb882cf99';
export const VIEWER_TOKEN = 'adm_view_6b1b36cbb04b41490bfc0ab2bfa26f86';
export const KEY = 'ptn_abcdefabcdef_0123456789012345678901234567890123456789012';
export const NOW = Date.parse('2026-11-26T10:30:00Z');

export interface Asked {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}

export interface Given extends Partial<AdminOptions> {
  readonly configured?: readonly ConfiguredPolicy[];
  readonly configuredPrices?: PriceOverrides;
}

export function openAdmin({ configured = [], configuredPrices = {}, ...options }: Given = {}) {
  const clock = { now: NOW };
  const now = (): number => clock.now;
  const state = new FakeState();
  const log: LogEntry[] = [];
  const write = (entry: LogEntry): void => void log.push(entry);
  const logger = { info: write, warn: write, error: write };
  const capOf: PolicyBookOptions['capOf'] = ({ body, overrides }) => capOptions(body, overrides);
  const policies = new PolicyBook({
    state,
    configured,
    logger,
    now,
    capOf,
    check: (policy) => {
      const cap = capOf(policy);
      if (cap) spendCap(cap);
    },
  });
  const feed = new EventFeed({
    redactText: (text) => gateway.redactText(text),
    policyId: (name) => policies.idOf(name),
    link: 'https://traces.example/{traceId}',
    now,
  });
  const book = createPriceBook();
  const prices = new PriceList({ state, book, configured: configuredPrices, logger, now });
  const gateway = createGateway({
    fetch: async () => Response.json(ANSWER),
    prices: book,
    observers: [feed],
    policies: policies.caps().map(({ cap }) => spendCap(cap)),
    now,
  });
  const admin = createAdmin({
    gateway,
    state,
    keys: fakeKeys(),
    policies,
    prices,
    feed,
    tokens: [
      { name: 'ops', role: 'admin', hash: tokenHash(ADMIN_TOKEN) },
      { name: 'wall', role: 'viewer', hash: tokenHash(VIEWER_TOKEN) },
    ],
    hosts: ['admin.example'],
    providers: async () => [
      {
        name: 'openai',
        kind: 'built-in',
        base_url: 'https://api.openai.com',
        path: '/openai',
        key: 'env:OPENAI_API_KEY',
        key_found: true,
      },
    ],
    health: async () => ({
      status: 'ok',
      version: '0.1.0',
      started_at: new Date(NOW).toISOString(),
      open_calls: 0,
      observer_failures: 0,
      checks: { ledger: { status: 'ok', latency_ms: 1 } },
    }),
    ready: async () => ({ status: 'ok', checks: { ledger: 'ok', state: 'ok' } }),
    verify: async () => ({ ok: true, rows: state.head.seq, head: state.head }),
    exported: ({ seq }) => ({ class_uid: 6003, seq }),
    metrics: () => 'postern_up 1\n',
    logger,
    now,
    ...options,
  });
  const ask = async (method: string, path: string, asked: Asked = {}): Promise<Response> => {
    const { token = ADMIN_TOKEN, body, headers = {}, address } = asked;
    const request = new Request(`http://localhost:4101${path}`, {
      method,
      headers: {
        host: 'localhost:4101',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return admin.fetch(request, { remoteAddress: address ?? '127.0.0.1' });
  };
  return { admin, ask, state, policies, prices, feed, gateway, book, log, clock };
}

export type Opened = ReturnType<typeof openAdmin>;

/** One call through the gateway. */
export async function call(gateway: Opened['gateway'], context: { user?: string; workspace?: string } = {}) {
  return gateway.withContext(context, () =>
    gateway.fetch('https://api.openai.com/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-invented' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 }),
    }),
  );
}

const ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 0,
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1_000, completion_tokens: 1_000, total_tokens: 2_000 },
};

/** What the policies' own factory will do: enough of it for spend caps. */
function capOptions(body: PolicyBody, overrides: readonly OverrideBody[]): SpendCapOptions | undefined {
  if (body.policy_type !== 'spend_cap' && body.policy_type !== 'default_spend_cap') return undefined;
  const { name, mode, config } = body;
  return {
    ...{ name, mode, limitUsd: config.limit_usd, window: config.window, timeZone: config.time_zone },
    ...(body.policy_type === 'default_spend_cap' ? { per: 'user' as const } : {}),
    overrides: overrides.map(({ limit_usd, until, reason, subject_matchers = [] }) => ({
      ...{ limitUsd: limit_usd, until, reason },
      match: Object.fromEntries(subject_matchers.map(({ key, value }) => [key.replace('_id', ''), value])),
    })),
  };
}

function fakeKeys(): Keys {
  const keys = new Map<string, KeyResource>();
  const issued = (key: KeyResource): IssuedKey => ({ key, secret: KEY });
  return {
    list: () => [...keys.values()],
    get: (id) => keys.get(id),
    async create({ name }, { name: created_by }) {
      const key: KeyResource = {
        ...{ id: 'abcdefabcdef', name, tags: {}, status: 'active', disabled: false, hint: 'ptn_abc', created_by },
        created_at: new Date(NOW).toISOString(),
      };
      keys.set(key.id, key);
      return issued(key);
    },
    async update(id, { disabled = false }) {
      const key = { ...keys.get(id)!, disabled };
      keys.set(id, key);
      return key;
    },
    rotate: async (id) => issued(keys.get(id)!),
    async delete(id) {
      keys.delete(id);
    },
  };
}
