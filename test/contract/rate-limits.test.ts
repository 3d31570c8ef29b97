/** What a rate limit does to a call, over both doors that speak HTTP, with the real clients. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type GatewayOptions,
  gatewayErrorOf,
  type LedgerStore,
  memoryLedger,
  type RateLimitOptions,
  rateLimit,
  spendCap,
} from '../../src/index.ts';
import { startWorld, USER_HEADER, type World } from './world.ts';

const NOW = Date.parse('2026-11-21T12:00:30Z');
/** What the fake provider says of each answer: 20 in, 10 out. */
const CALL_TOKENS = 30;

let world: World;
let now = NOW;
/** Stands at `now`, unless a test lets it go on. */
let clock = (): number => now;
let store = memoryLedger({ now: () => clock() });
afterEach(() => world.stop());

type Limits = RateLimitOptions['limits'];
const perMinute = (metric: 'requests' | 'tokens', value: number): Limits => [{ metric, window: 'minute', value }];

async function start(limits: Limits, more: Partial<RateLimitOptions> = {}, options: GatewayOptions = {}) {
  now = NOW;
  clock = () => now;
  store = memoryLedger({ now: () => clock() });
  const { policies = [], ...rest } = options;
  const limit = rateLimit({ name: 'limit', limits, ...more });
  world = await startWorld({ store, now: () => clock(), policies: [limit, ...policies], ...rest });
  return world;
}

const MESSAGES = [{ role: 'user' as const, content: 'Hello' }];
const BODY = { model: 'gpt-4o-mini', messages: MESSAGES, max_completion_tokens: 50 };

const openai = (maxRetries = 0): OpenAI =>
  new OpenAI({ apiKey: 'key', baseURL: world.provider.baseURL, fetch: world.gateway.fetch, maxRetries });
const ask = (maxRetries = 0): Promise<unknown> => openai(maxRetries).chat.completions.create(BODY);
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const codes = (results: readonly unknown[]): unknown[] => results.map((error) => error && gatewayErrorOf(error)?.code);
const books = (metric: string, label = '2026-11-21T12:00', subject = 'all=all', ledger: LedgerStore = store) =>
  (ledger as typeof store).read([`rate|limit|${subject}|${metric}|${label}`])[0]!;
const events = (code: string): unknown[] =>
  world.events.filter((event) => event.type === 'policy' && event.code === code);

const doors = [
  { name: 'fetch', client: (user: string) => asUser(user) },
  {
    name: 'server',
    client: (user: string): OpenAI =>
      new OpenAI({
        apiKey: 'key',
        baseURL: `${world.serverURL}/openai/v1`,
        maxRetries: 0,
        defaultHeaders: { [USER_HEADER]: user },
      }),
  },
];
const asUser = (user: string): OpenAI =>
  new OpenAI({
    apiKey: 'key',
    baseURL: world.provider.baseURL,
    maxRetries: 0,
    fetch: (input, init) => world.gateway.withContext({ user }, () => world.gateway.fetch(input, init)),
  });

describe.each(doors)('a limit on requests, at $name', ({ client }) => {
  it('lets so many through in a minute of the clock, for each of a dimension, and says until when to wait', async () => {
    await start(perMinute('requests', 2), { per: 'user' });
    const asked = (user: string): Promise<unknown> => caught(client(user).chat.completions.create(BODY));
    expect([await asked('ada'), await asked('ada'), await asked('bob')]).toEqual([undefined, undefined, undefined]);
    const error = (await asked('ada')) as InstanceType<typeof OpenAI.APIError>;
    expect(error.status).toBe(429);
    expect(error.headers?.get('retry-after')).toBe('30');
    expect(error.headers?.get('retry-after-ms')).toBe('30000');
    expect(error.headers?.get('x-should-retry')).toBeNull();
    expect(gatewayErrorOf(error)).toEqual({
      ...{ code: 'rate_limited', status: 429, retryable: true },
      message: expect.stringContaining(
        'Rate limit "limit" for user "ada": 2 of 2 requests this minute. Wait until 2026-11-21T12:01:00.000Z, or send fewer requests.',
      ),
      details: {
        ...{ policy: 'limit', scope: 'user', subject: 'ada', metric: 'requests', window: 'minute' },
        ...{ limit: 2, used: 2, held: 0, requested: 1, resets_at: '2026-11-21T12:01:00.000Z' },
        hint: 'Wait until 2026-11-21T12:01:00.000Z, or send fewer requests.',
      },
    });
    expect(world.provider.requests).toHaveLength(3);
    now = Date.parse('2026-11-21T12:01:00Z');
    expect(await asked('ada')).toBeUndefined();
  });
});

describe('stock clients', () => {
  it('OpenAI waits as told, and its call succeeds in the next window', async () => {
    await start(perMinute('requests', 1));
    // The window ends a moment from now, and the clock goes on.
    const offset = Date.parse('2026-11-21T12:00:59.700Z') - Date.now();
    clock = () => Date.now() + offset;
    expect(await caught(ask())).toBeUndefined();
    expect(await caught(ask(1))).toBeUndefined();
    expect(clock()).toBeGreaterThanOrEqual(Date.parse('2026-11-21T12:01:00Z'));
    expect(world.provider.requests).toHaveLength(2);
  });

  it('are told not to try again where the wait is longer than a minute', async () => {
    await start([{ metric: 'requests', window: 'hour', value: 1 }]);
    await ask();
    const error = (await caught(ask(2))) as InstanceType<typeof OpenAI.APIError>;
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(error.headers?.get('retry-after')).toBe(String(59 * 60 + 30));
    expect(events('rate_limited')).toHaveLength(1);
  });

  it("Anthropic reads it as its own provider's rate limit", async () => {
    await start(perMinute('requests', 1));
    const { provider, gateway } = world;
    const client = new Anthropic({
      ...{ apiKey: 'key', baseURL: `${provider.origin}/anthropic`, fetch: gateway.fetch, maxRetries: 0 },
    });
    const create = (): Promise<unknown> =>
      client.messages.create({ model: 'claude-opus-5-5', max_tokens: 50, messages: MESSAGES });
    await create();
    const error = await caught(create());
    expect(error).toBeInstanceOf(Anthropic.RateLimitError);
    expect(codes([error])).toEqual(['rate_limited']);
  });
});

describe('a limit on tokens', () => {
  it('holds what calls will probably take, so that no burst passes, and counts what the provider reports', async () => {
    await start(perMinute('tokens', 200));
    const results = await Promise.all(Array.from({ length: 10 }, () => caught(ask())));
    const passed = results.filter((error) => error === undefined).length;
    expect(passed).toBeGreaterThan(0);
    expect(passed).toBeLessThan(5);
    expect(new Set(codes(results))).toEqual(new Set([undefined, 'rate_limited']));
    expect(books('tokens')).toMatchObject({ posted: passed * CALL_TOKENS, held: 0 });
    let calls = passed;
    while ((await caught(ask())) === undefined) calls++;
    expect(books('tokens')).toMatchObject({ posted: calls * CALL_TOKENS, held: 0 });
    expect(calls).toBeGreaterThan(passed);
    expect(calls * CALL_TOKENS).toBeLessThanOrEqual(200);
  });

  it('asks for a short wait where only calls in flight are in the way', async () => {
    await start(perMinute('tokens', 100));
    const [first, second] = await Promise.all([caught(ask()), caught(ask())]);
    const error = (first ?? second) as InstanceType<typeof OpenAI.APIError>;
    expect(error.headers?.get('retry-after-ms')).toBe('1000');
    expect(gatewayErrorOf(error)?.details).toMatchObject({ used: 0, hint: expect.stringContaining('in flight') });
  });

  it('lets a call that may take more than a window has pass where nothing else is counted', async () => {
    await start(perMinute('tokens', 10));
    expect(await caught(ask())).toBeUndefined();
    expect(books('tokens').posted).toBe(CALL_TOKENS);
    expect(codes([await caught(ask())])).toEqual(['rate_limited']);
  });

  it('counts a stream that its reader left by what passed', async () => {
    await start(perMinute('tokens', 10_000));
    for await (const _ of await openai().chat.completions.create({ ...BODY, stream: true })) break;
    await world.gateway.close();
    expect(books('tokens').held).toBe(0);
    expect(books('tokens').posted).toBeGreaterThan(0);
  });

  it('refuses what nobody can read, for nothing in it tells how many it will take', async () => {
    await start(perMinute('tokens', 100));
    const { gateway, provider } = world;
    const send = () => gateway.fetch(`${provider.baseURL}/unknown/path`, { method: 'POST', body: '{}' });
    expect((await send()).status).toBe(422);
    gateway.setPolicies([rateLimit({ name: 'limit', limits: perMinute('requests', 1) })]);
    expect((await send()).status).toBe(404);
    expect((await send()).status).toBe(429);
  });
});

describe('several limits', () => {
  it('all hold, and the refusal is that of the longest wait', async () => {
    await start([
      { metric: 'requests', window: 'minute', value: 1 },
      { metric: 'requests', window: 'hour', value: 1 },
      { metric: 'tokens', window: 'day', value: 100_000 },
    ]);
    await ask();
    expect(gatewayErrorOf(await caught(ask()))?.details).toMatchObject({ window: 'hour' });
    expect([books('requests'), books('requests', '2026-11-21T12'), books('tokens', '2026-11-21')]).toMatchObject([
      { posted: 1, held: 0 },
      { posted: 1, held: 0 },
      { posted: CALL_TOKENS, held: 0 },
    ]);
  });

  it('of which one refuses, count nothing on the others', async () => {
    const other = rateLimit({ name: 'other', limits: perMinute('tokens', 1) });
    await start(perMinute('requests', 5), {}, { policies: [other] });
    await ask();
    await caught(ask());
    expect(books('requests')).toMatchObject({ posted: 1, held: 0 });
  });
});

describe('what is no request', () => {
  it('a call that a cap refuses, before which rates are checked, holds no money and is not counted', async () => {
    const cap = spendCap({ name: 'cap', limitUsd: 0, window: 'daily' });
    await start(perMinute('requests', 1), {}, { policies: [cap] });
    expect(codes([await caught(ask()), await caught(ask())])).toEqual(['spend_cap_reached', 'spend_cap_reached']);
    expect(books('requests')).toMatchObject({ posted: 0, held: 0 });
    world.gateway.setPolicies([cap, rateLimit({ name: 'other', limits: perMinute('tokens', 1) })]);
    await caught(ask());
    expect(store.read(['rate|other|all=all|tokens|2026-11-21T12:00'])).toMatchObject([{ posted: 0, held: 0 }]);
  });

  it('a call over both is told of its rate, for it never got as far as its money', async () => {
    await start(perMinute('requests', 1), {}, { policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
    await ask();
    world.gateway.setPolicies([
      spendCap({ name: 'cap', limitUsd: 0, window: 'daily' }),
      ...world.gateway.policies.slice(0, 1),
    ]);
    expect(codes([await caught(ask())])).toEqual(['rate_limited']);
  });

  it('a call that never reached its provider; one that the provider refused is', async () => {
    await start(perMinute('requests', 2));
    world.provider.intercept = (_, response) => {
      response.writeHead(500).end('{}');
      return true;
    };
    await caught(ask());
    expect(books('requests')).toMatchObject({ posted: 1, held: 0 });
    await world.provider.close();
    await caught(ask());
    expect(world.calls.at(-1)?.outcome).toBe('failed');
    expect(books('requests')).toMatchObject({ posted: 1, held: 0 });
  });
});

it('monitor counts and reports, and never refuses', async () => {
  await start(perMinute('requests', 1), { mode: 'monitor' });
  expect([await caught(ask()), await caught(ask())]).toEqual([undefined, undefined]);
  expect(events('rate_limited')).toMatchObject([{ decision: 'audit', action: 'block', policy: 'limit' }]);
  expect(books('requests').posted).toBe(2);
});

it.each([
  ['closed', 'ledger_unavailable'],
  ['open', undefined],
] as const)('a ledger that does not answer: %s', async (failure, code) => {
  const gone = Object.assign(memoryLedger(), {
    reserve: () => {
      throw new Error('gone');
    },
  });
  await start(perMinute('requests', 1), { failure }, { store: gone });
  expect(codes([await caught(ask())])).toEqual([code]);
});

it('counts nothing in the rollups of money', async () => {
  await start([...perMinute('requests', 10), ...perMinute('tokens', 10_000)]);
  await ask();
  await world.gateway.close();
  const { rows } = await world.gateway.spend.rollup({ by: ['model'], window: 'daily' });
  expect(rows).toMatchObject([{ calls: 1, costNanoUsd: 8_700 }]);
});

it('is not for callers that are excepted', async () => {
  await start(perMinute('requests', 1), { per: 'user', except: [{ user: 'ada' }] });
  const asked = (user: string): Promise<unknown> => caught(asUser(user).chat.completions.create(BODY));
  expect(codes([await asked('ada'), await asked('ada'), await asked('bob'), await asked('bob')])).toEqual([
    undefined,
    undefined,
    undefined,
    'rate_limited',
  ]);
});
