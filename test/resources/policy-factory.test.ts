/** What policies of the configuration and the admin API do, over a gateway and its ledger. */
import { afterEach, describe, expect, it } from 'vitest';
import type { CallContext, GatewayError } from '../../src/index.ts';
import { memoryLedger } from '../../src/index.ts';
import type { PolicyBody } from '../../src/resources/policy.ts';
import { capOptionsOf, policyFrom, type SpendCapBody } from '../../src/resources/policy-factory.ts';
import type { OverrideBody } from '../../src/resources/spend.ts';
import { spendReport } from '../../src/spend/spend-report.ts';
import { startWorld, type World } from '../contract/world.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const DAY = '2026-11-21';
const EMAIL = 'ada.lovelace@example.com';
const KEY = 'sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb7cDe0fGh3iJk6l';

let world: World | undefined;
let store = memoryLedger({ now: () => NOW });
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

type SpendConfig = SpendCapBody['config'];
const cap = (
  subject_matchers: PolicyBody['subject_matchers'],
  config: Partial<SpendConfig> = {},
  policy_type: 'spend_cap' | 'default_spend_cap' = 'spend_cap',
): PolicyBody => ({ name: 'R&D', policy_type, subject_matchers, config: { window: 'daily', limit_usd: 5, ...config } });

async function start(body: PolicyBody, options: Parameters<typeof policyFrom>[1] = {}): Promise<World> {
  store = memoryLedger({ now: () => NOW });
  world = await startWorld({ store, now: () => NOW, policies: [policyFrom(body, options)] });
  return world;
}

function call(context: CallContext, content = 'Hello'): Promise<Response> {
  const { gateway, provider } = world!;
  return gateway.withContext(context, () =>
    gateway.fetch(`${provider.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] }),
    }),
  );
}

const status = async (context: CallContext): Promise<number> => (await call(context)).status;
const posted = (account: string): number => store.read([account])[0]!.posted;

describe('a spend cap', () => {
  it('is for callers of whom every key has one of its values', async () => {
    await start(
      cap(
        [
          { key: 'workspace_id', value: 'rd-eu' },
          { key: 'workspace_id', value: 'rd-us' },
          { key: 'X-Gateway-Customer', value: 'acme' },
        ],
        { limit_usd: 0 },
      ),
    );
    const tags = { customer: 'acme' };
    expect(await status({ workspace: 'rd-eu', tags })).toBe(402);
    expect(await status({ workspace: 'rd-us', tags })).toBe(402);
    expect(await status({ workspace: 'hr', tags })).toBe(200);
    expect(await status({ workspace: 'rd-eu', tags: { customer: 'Acme' } })).toBe(200);
  });

  it.each([
    ['organization_id', { organization: 'x' }],
    ['workspace_id', { workspace: 'x' }],
    ['user_id', { user: 'x' }],
    ['api_key_id', { apiKey: 'x' }],
  ])('knows %s', async (key, context) => {
    await start(cap([{ key, value: 'x' }], { limit_usd: '0' }));
    expect(await status(context)).toBe(402);
    expect(await status({})).toBe(200);
  });

  it('of a default policy gives every value of the key an account of its own, within what else matches', async () => {
    const matchers = [
      { key: 'user_id', value: '' },
      { key: 'workspace_id', value: 'rd' },
    ];
    await start(cap(matchers, {}, 'default_spend_cap'));
    await (await call({ user: 'ada', workspace: 'rd' })).text();
    await (await call({ user: 'ada', workspace: 'hr' })).text();
    await (await call({ user: 'bob', workspace: 'rd' })).text();
    await world!.gateway.close();
    expect([posted(`R&D|user=ada|${DAY}`), posted(`R&D|user=bob|${DAY}`)]).toEqual([8_700, 8_700]);
  });

  it('has the limit of an override until its end, in calls and in reports', async () => {
    const override: OverrideBody = {
      policy_id: 'p',
      subject_matchers: [{ key: 'user_id', value: 'ada' }],
      limit_usd: '7.5',
      until: '2026-12-01T00:00:00+01:00',
      reason: 'launch',
    };
    const body = cap([{ key: 'user_id', value: '' }], { limit_usd: 0 }, 'default_spend_cap');
    await start(body, { overrides: [override] });
    expect(await status({ user: 'bob' })).toBe(402);
    const answer = await call({ user: 'ada' });
    expect(answer.status).toBe(200);
    await answer.text();
    await world!.gateway.close();
    const report = await spendReport({ ledger: store, caps: [capOptionsOf(body, [override])!], at: NOW });
    expect(report.accounts).toMatchObject([{ cap: 'R&D', subject: 'ada', limit: 7.5e9, used: 8_700 }]);
  });

  it('keeps its account under another name', async () => {
    const body = cap([{ key: 'user_id', value: '' }], {}, 'default_spend_cap');
    await start(body, { account: 'p1' });
    await (await call({ user: 'ada' })).text();
    world!.gateway.setPolicies([policyFrom({ ...body, name: 'Renamed' }, { account: 'p1' })]);
    await (await call({ user: 'ada' })).text();
    await world!.gateway.close();
    expect(posted(`p1|user=ada|${DAY}`)).toBe(2 * 8_700);
    const caps = [capOptionsOf({ ...body, name: 'Renamed' }, [], 'p1')!];
    const { accounts } = await spendReport({ ledger: store, caps, at: NOW });
    expect(accounts).toMatchObject([{ cap: 'Renamed', subject: 'ada', used: 2 * 8_700 }]);
  });

  it('takes what is ours: rolling windows, zones, thresholds, modes', async () => {
    const options = capOptionsOf({
      ...cap([], {
        window: { rolling: '24h' },
        thresholds: [0.5],
        reserve: 'strict',
        max_output_tokens: 9,
        clamp: true,
      }),
      mode: 'monitor',
      failure: 'open',
    });
    expect(options).toMatchObject({
      ...{ window: { rolling: '24h' }, thresholds: [0.5], reserve: 'strict', maxOutputTokens: 9, clamp: true },
      ...{ mode: 'monitor', failure: 'open', match: {}, per: undefined },
    });
  });
});

describe('a guard', () => {
  const guard = (config: Extract<PolicyBody, { policy_type: 'guard' }>['config'], subjects?: string): PolicyBody => ({
    ...{ name: 'guard', policy_type: 'guard', config },
    subject_matchers: subjects === undefined ? undefined : [{ key: 'user_id', value: subjects }],
  });
  const sent = (): string => world!.provider.requests.at(-1)!.body;

  it.each([
    [{ pii: true }, true, false],
    [{ secrets: true, pii: false }, false, true],
    [{ pii: true, secrets: true }, true, true],
    [undefined, true, true],
  ])('that detects %j', async (detect, pii, secrets) => {
    await start(guard({ version: 1, detect, timeout_seconds: 2 }));
    await (await call({}, `${EMAIL} ${KEY}`)).text();
    expect(sent().includes(EMAIL)).toBe(!pii);
    expect(sent().includes(KEY)).toBe(!secrets);
  });

  it('is for its subjects alone', async () => {
    await start(guard({ detect: { pii: true } }, 'ada'));
    await (await call({ user: 'ada' }, EMAIL)).text();
    expect(sent()).not.toContain(EMAIL);
    await (await call({ user: 'bob' }, EMAIL)).text();
    expect(sent()).toContain(EMAIL);
  });

  it('takes what is ours: entities, actions, allowed values, tags by a key', async () => {
    const config = {
      entities: ['EMAIL_ADDRESS', 'US_SSN'],
      placeholders: 'hmac',
      allow: ['help@example.com'],
    } as const;
    const body = guard({
      ...config,
      entities: [...config.entities],
      allow: [...config.allow],
      actions: { US_SSN: 'block' },
    });
    await start(body, { hmacKey: 'an invented key of some length' });
    await (await call({}, `${EMAIL} help@example.com`)).text();
    const first = /<EMAIL_ADDRESS_[0-9a-f]+> help@example\.com/.exec(sent())?.[0];
    expect(first).toBeDefined();
    expect((await call({}, '521-44-9876')).status).toBe(403);
    await world!.stop();
    await start(body, { hmacKey: 'an invented key of some length' });
    await (await call({}, `${EMAIL} help@example.com`)).text();
    expect(sent()).toContain(first);
  });
});

describe('errors name the path in the policy', () => {
  const matchers = (key: string, value = 'x'): PolicyBody =>
    cap([
      { key: 'user_id', value: 'a' },
      { key, value },
    ]);
  it.each<[PolicyBody, string, string]>([
    [cap([], { time_zone: 'Mars/Base' }), 'config.time_zone', 'IANA time zone'],
    [cap([], { limit_usd: 1e12 }), 'config.limit_usd', 'got 1000000000000'],
    [cap([], { window: { rolling: '999d' } }), 'config.window.rolling', 'up to 366 days'],
    [matchers('run_rule_id'), 'subject_matchers[1].key', 'run rules are kept by LangSmith'],
    [matchers('X-Gateway-User-Email'), 'subject_matchers[1].key', 'not reserved'],
    [matchers('workspace_id', ''), 'subject_matchers[1].value', '"" is for every value, in a default policy'],
    [cap([{ key: 'user_id', value: 'a' }], {}, 'default_spend_cap'), 'subject_matchers', 'given one of value ""'],
    [
      { name: 'R&D', policy_type: 'guard', config: { detect: { pii: false } } },
      'config.detect',
      'true for pii or secrets',
    ],
    [
      { name: 'R&D', policy_type: 'guard', config: { entities: ['EMAIL_ADRESS'] } },
      'config.entities[0]',
      'EMAIL_ADDRESS',
    ],
  ])('%#', (body, path, words) => {
    const error = (() => {
      try {
        return policyFrom(body);
      } catch (cause) {
        return cause as GatewayError;
      }
    })();
    expect(error).toMatchObject({ code: 'invalid_option', param: path });
    expect((error as GatewayError).message).toContain(`Policy "R&D": ${path}`);
    expect((error as GatewayError).message).toContain(words);
  });
});
