/** What a spend cap does to a call, over both doors that speak HTTP, with the real client. */
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { METADATA_HEADER } from '../../src/http/refuse.ts';
import { type GatewayOptions, gatewayErrorOf, memoryLedger, type SpendCapOptions, spendCap } from '../../src/index.ts';
import { startWorld, USER_HEADER, type World } from './doors.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
/** gpt-4o-mini, and what the fake provider says of each answer. */
const CALL_NANO_USD = 8_700;

let world: World;
let now = NOW;
let store = memoryLedger({ now: () => now });
afterEach(() => world.stop());

async function start(cap: Partial<SpendCapOptions>, options: GatewayOptions = {}): Promise<void> {
  now = NOW;
  store = memoryLedger({ now: () => now });
  const policies = [spendCap({ name: 'cap', limitUsd: 1, window: 'daily', ...cap })];
  world = await startWorld({ store, now: () => now, policies, ...options });
}

const doors = [
  {
    name: 'fetch',
    client: (): OpenAI =>
      new OpenAI({ apiKey: 'key', baseURL: world.provider.baseURL, fetch: world.gateway.fetch, maxRetries: 0 }),
    as: <T>(user: string, fn: () => Promise<T>): Promise<T> => world.gateway.withContext({ user }, fn),
  },
  {
    name: 'server',
    client: (user?: string): OpenAI =>
      new OpenAI({
        apiKey: 'key',
        baseURL: `${world.serverURL}/openai/v1`,
        maxRetries: 0,
        defaultHeaders: { [USER_HEADER]: user ?? null },
      }),
    as: <T>(_user: string, fn: () => Promise<T>): Promise<T> => fn(),
  },
];

const BODY = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Hello' }],
  max_completion_tokens: 50,
};
const UNLIMITED = { model: BODY.model, messages: BODY.messages };
type Sent = { max_tokens?: number; max_completion_tokens?: number };
const sent = (): Sent => JSON.parse(world.provider.requests.at(-1)!.body) as Sent;
const events = (code: string): unknown[] =>
  world.events.flatMap((event) => (event.type === 'policy' && event.code === code ? [event] : []));
const books = async (...labels: string[]): Promise<unknown> =>
  (await store.read(labels.map((label) => `cap|${label}`))).map(({ posted, held }) => [posted, held]);
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each(doors)('over $name', ({ client, as }) => {
  const ask = (user = 'ada', more: object = {}): Promise<OpenAI.ChatCompletion> =>
    as(user, () => client(user).chat.completions.create({ ...BODY, ...more }));

  it('402 says policy, scope, subject, window, limit, spent, held, requested, when it resets and what to do', async () => {
    await start({ limitUsd: '0.000035', per: 'user' });
    await ask();

    const error = await caught(ask());

    expect(error).toMatchObject({ status: 402, code: 'spend_cap_reached', type: 'insufficient_quota' });
    expect((error as { headers: Headers }).headers.get('x-should-retry')).toBe('false');
    const { details, message } = gatewayErrorOf(error)!;
    expect(details).toEqual({
      policy: 'cap',
      scope: 'user',
      subject: 'ada',
      window: 'daily',
      ...{ limit_usd: 0.000035, spent_usd: 0.0000087, held_usd: 0 },
      requested_usd: expect.any(Number) as number,
      resets_at: '2026-11-22T00:00:00.000Z',
      hint: "Raise limitUsd, lower the request's max tokens, or wait until 2026-11-22T00:00:00.000Z.",
    });
    expect(message).toContain('Spend cap "cap" reached for user "ada": $0.0000087 of $0.000035 spent today');
  });

  it('429 says how long to wait when only calls in flight stand in the way', async () => {
    await start({ limitUsd: '0.0001', per: 'user' });
    let finish = (): void => {};
    world.provider.intercept = () => new Promise((resolve) => (finish = () => resolve(false)));
    const first = ask();
    while (world.provider.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));

    const error = await caught(ask('ada', { max_completion_tokens: 150 }));

    expect(error).toMatchObject({ status: 429, code: 'spend_held_in_flight' });
    expect((error as { headers: Headers }).headers.get('retry-after')).toBe('1');
    expect((error as { headers: Headers }).headers.get('retry-after-ms')).toBe('1000');
    expect(gatewayErrorOf(error)!.details).toMatchObject({
      spent_usd: 0,
      held_usd: expect.any(Number) as number,
      resets_at: '2026-11-22T00:00:00.000Z',
      hint: 'Wait for calls in flight to end, or send fewer at once.',
    });
    expect(gatewayErrorOf(error)!.details!.held_usd).toBeGreaterThan(0);
    finish();
    await first;
  });

  it('thresholds are told once a window and account, when the money was spent', async () => {
    await start({ limitUsd: '0.00003', per: 'user', thresholds: [0.5, 0.25], reserve: 'strict', mode: 'monitor' });
    for (let call = 0; call < 4; call++) await ask();
    await ask('bob');

    expect(events('spend_threshold')).toMatchObject([
      {
        action: 'warn',
        details: {
          scope: 'user',
          subject: 'ada',
          window: 'daily',
          threshold: 0.25,
          limit_usd: 0.00003,
          spent_usd: 0.0000087,
        },
      },
      { details: { subject: 'ada', threshold: 0.5, spent_usd: 0.0000174 } },
      { details: { subject: 'bob', threshold: 0.25 } },
    ]);
    now = Date.parse('2026-11-22T00:00:00Z');
    await ask();
    expect(events('spend_threshold')).toHaveLength(4);
  });

  it('an override raises the limit for whom it names until it ends, and what was spent stays', async () => {
    const until = '2026-11-21T13:00:00Z';
    const overrides = [{ match: { user: 'ada' }, limitUsd: 1, until, reason: 'launch' }];
    await start({ limitUsd: '0.000015', per: 'user', overrides });

    await ask();
    await ask();
    expect(await caught(ask('bob', { max_completion_tokens: 5_000 }))).toMatchObject({ status: 402 });
    expect(events('spend_override')).toMatchObject([
      {
        details: {
          subject: 'ada',
          limit_usd: 1,
          override_until: '2026-11-21T13:00:00.000Z',
          override_reason: 'launch',
        },
      },
    ]);

    now = Date.parse(until);
    expect(await caught(ask())).toMatchObject({ status: 402, code: 'spend_cap_reached' });
    expect(await books('user=ada|2026-11-21')).toEqual([[2 * CALL_NANO_USD, 0]]);
  });

  it('an override may also lower it, and the refusal says why', async () => {
    const overrides = [{ limitUsd: 0, until: new Date(NOW + 1), reason: 'freeze' }];
    await start({ overrides });
    const error = await caught(ask());
    expect(gatewayErrorOf(error)!.details).toMatchObject({ limit_usd: 0, override_reason: 'freeze' });
  });

  it('clamp lowers max tokens to what is affordable, and says so in an event and in the metadata', async () => {
    await start({ limitUsd: '0.0005', clamp: true });

    const { response } = await as('ada', () =>
      client('ada')
        .chat.completions.create({ ...BODY, max_completion_tokens: 2_000 })
        .withResponse(),
    );

    const limit = sent().max_completion_tokens!;
    expect(limit).toBeGreaterThan(256);
    expect(limit).toBeLessThan(1_000);
    expect(events('spend_clamped')).toMatchObject([
      { action: 'set', decision: 'modify', details: { maxOutputTokens: limit, asked: 2_000 } },
    ]);
    expect(JSON.parse(response.headers.get(METADATA_HEADER)!)).toMatchObject({
      clamped: { max_tokens: limit, asked: 2_000 },
    });
    expect(await books('all=all|2026-11-21')).toEqual([[CALL_NANO_USD, 0]]);
  });

  it('clamp sets the limit in the field that the request named it by', async () => {
    await start({ limitUsd: '0.0005', clamp: true });
    await ask('ada', { max_completion_tokens: undefined, max_tokens: 2_000 });
    expect(sent().max_tokens).toBeLessThan(1_000);
    expect(sent().max_completion_tokens).toBeUndefined();
  });

  it('clamp refuses where no answer worth its call is affordable, and leaves be what fits', async () => {
    await start({ limitUsd: '0.0001', clamp: true });
    expect(await caught(ask('ada', { max_completion_tokens: 2_000 }))).toMatchObject({ status: 402 });
    await ask();
    expect(sent().max_completion_tokens).toBe(50);
    expect(events('spend_clamped')).toEqual([]);
  });

  it('clamp in monitor mode tells what it would have done', async () => {
    await start({ limitUsd: '0.0005', clamp: true, mode: 'monitor' });
    await ask('ada', { max_completion_tokens: 2_000 });
    expect(sent().max_completion_tokens).toBe(2_000);
    expect(events('spend_clamped')).toMatchObject([{ decision: 'audit' }]);
  });

  it('negotiated factors scale what is held and booked, for whom and at which provider they were agreed', async () => {
    const priceFactors = [
      { match: { user: 'ada' }, provider: 'openai', factor: '0.85' },
      { match: { user: 'eve' }, provider: 'groq', factor: '0.1' },
      { match: { tags: { plan: 'x' } }, factor: '0.5' },
    ];
    await start({ per: 'user' }, { priceFactors });
    for (const user of ['ada', 'bob', 'eve']) await ask(user);
    expect(await books('user=ada|2026-11-21', 'user=bob|2026-11-21', 'user=eve|2026-11-21')).toEqual([
      [7_395, 0],
      [8_700, 0],
      [8_700, 0],
    ]);
    const { rows } = await world.gateway.spend.rollup({ by: ['user'], window: 'daily' });
    expect(rows.find(({ user }) => user === 'ada')).toMatchObject({ costNanoUsd: 7_395 });
  });

  it('a rolling window counts the last hours, whatever the clock says, and says when something leaves it', async () => {
    await start({ limitUsd: '0.000012', window: { rolling: '24h' }, reserve: 'estimate' });
    const small = { max_completion_tokens: 10 };
    for (let call = 0; call < 2; call++) {
      await ask('ada', small).catch(() => undefined);
      now += 3_600_000;
    }
    const spent = world.calls.filter(({ outcome }) => outcome === 'completed').length;
    expect(spent).toBe(1);

    const error = await caught(ask('ada', small));
    expect(error).toMatchObject({ status: 402, code: 'spend_cap_reached' });
    expect(gatewayErrorOf(error)!.details).toMatchObject({
      window: 'rolling 24h',
      spent_usd: 0.0000087,
      resets_at: '2026-11-21T15:00:00.000Z',
    });
    expect(gatewayErrorOf(error)!.message).toContain('spent in the last 24h');

    now = NOW + 24 * 3_600_000;
    expect(await caught(ask('ada', small))).toMatchObject({ status: 402 });
    now = NOW + 25 * 3_600_000;
    await ask('ada', small);
  });

  it('a stream whose cap is reached ends with the spend error in the provider’s own form, and settles on what it took', async () => {
    await start({ limitUsd: '0.001' });
    world.provider.reply = 'word '.repeat(5_000);

    const stream = await as('ada', () => client('ada').chat.completions.create({ ...UNLIMITED, stream: true }));
    let shown = '';
    const error = await caught(
      (async () => {
        for await (const chunk of stream) shown += chunk.choices[0]?.delta.content ?? '';
      })(),
    );

    expect(error).toMatchObject({ code: 'spend_cap_reached', type: 'insufficient_quota' });
    expect(gatewayErrorOf(error)!.details).toMatchObject({ policy: 'cap', limit_usd: 0.001, spent_usd: 0 });
    expect(gatewayErrorOf(error)!.message).toContain('this answer, which ends here, would take');
    expect(shown.length).toBeGreaterThan(1_000);
    while (world.gateway.stats.open > 0) await new Promise((resolve) => setImmediate(resolve));
    const [call] = world.calls;
    expect(call).toMatchObject({ outcome: 'blocked', usage: { source: 'estimated' } });
    expect(call!.cost!.nanoUsd).toBeGreaterThan(900_000);
    expect(await books('all=all|2026-11-21')).toEqual([[call!.cost!.nanoUsd, 0]]);
    expect(call!.cost!.nanoUsd).toBeLessThanOrEqual(1_000_000);
    expect(events('spend_cap_reached')).toMatchObject([{ action: 'block', decision: 'deny', target: 'output' }]);
    while (world.provider.closedEarly === 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('a stream under a monitored cap goes on, and is reported once', async () => {
    await start({ limitUsd: '0.0005', mode: 'monitor' });
    world.provider.reply = 'word '.repeat(3_000);
    const stream = await as('ada', () => client('ada').chat.completions.create({ ...UNLIMITED, stream: true }));
    let words = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) words++;
    expect(words).toBe(3_000);
    expect(events('spend_cap_reached')).toMatchObject([{ decision: 'audit' }]);
  });

  it('no limit is set in a request that names none, but under strict or when told to', async () => {
    await start({});
    await ask('ada', { max_completion_tokens: undefined });
    expect(sent().max_completion_tokens).toBeUndefined();
    await world.stop();
    await start({ reserve: 'strict' });
    await ask('ada', { max_completion_tokens: undefined });
    expect(sent().max_completion_tokens).toBe(4_096);
    await world.stop();
    await start({ maxOutputTokens: 700 });
    await ask('ada', { max_completion_tokens: undefined });
    expect(sent().max_completion_tokens).toBe(700);
  });
});
