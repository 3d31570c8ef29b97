/** An admin API over a state in memory and a gateway whose provider is a function. */
import { tokenHash } from '../../../src/admin/access.ts';
import { type AdminOptions, createAdmin } from '../../../src/admin/admin.ts';
import { EventFeed } from '../../../src/admin/event-feed.ts';
import type { LogEntry } from '../../../src/admin/logger.ts';
import { type ConfiguredPolicy, PolicyBook } from '../../../src/admin/policy-book.ts';
import { PriceList } from '../../../src/admin/price-list.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { StateStore } from '../../../src/core/state.ts';
import { createGateway } from '../../../src/gateway/gateway.ts';
import { createPolicySet } from '../../../src/resources/policy-set.ts';
import { createPriceBook, type PriceOverrides } from '../../../src/spend/prices.ts';
import { createKeys } from '../../../src/state/keys.ts';
import { openState } from '../../../src/state/server-state.ts';
import { memoryState } from '../../../src/stores/state/memory.ts';

export const ADMIN_TOKEN = 'adm_test_5f4dcc3b5aa765d61d8327deb882cf99';
export const VIEWER_TOKEN = 'adm_view_6b1b36cbb04b41490bfc0ab2bfa26f86';
export const PEPPER = 'pepper-pepper-pepper-pepper-pepper-pepper';
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
  /** Several servers may have one. */
  readonly store?: StateStore;
  readonly answer?: (request: Request) => Response | Promise<Response>;
}

export async function openAdmin(given: Given = {}) {
  const { configured = [], configuredPrices = {}, store = memoryState(), answer, ...options } = given;
  const clock = { now: NOW };
  const now = (): number => clock.now;
  const state = await openState(store, { pollMs: 0, now });
  const log: LogEntry[] = [];
  const write = (entry: LogEntry): void => void log.push(entry);
  const logger = { info: write, warn: write, error: write };
  const policies = new PolicyBook({ state, configured, logger, now });
  const feed = new EventFeed({
    redactText: (text) => gateway.redactText(text),
    policyId: (name) => policies.idOf(name),
    link: 'https://traces.example/{traceId}',
    now,
  });
  const book = createPriceBook();
  const prices = new PriceList({ state, book, configured: configuredPrices, logger, now });
  const gateway = createGateway({
    fetch: async (input, init) => answer?.(new Request(input, init)) ?? Response.json(ANSWER),
    prices: book,
    observers: [feed],
    now,
  });
  const set = createPolicySet();
  const apply = (): void => gateway.setPolicies(set.policies(policies.entries()));
  apply();
  policies.onChange(apply);
  const keys = createKeys(state, { pepper: new Secret(PEPPER), now });
  const admin = createAdmin({
    ...{ gateway, state, keys, policies, prices, feed },
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
  return { admin, ask, state, store, keys, policies, prices, feed, gateway, book, log, clock };
}

export type Opened = Awaited<ReturnType<typeof openAdmin>>;

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
