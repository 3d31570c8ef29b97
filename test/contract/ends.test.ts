/** However a call ends, it ends once, and nothing stays held. */
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type GatewayOptions, memoryLedger, type Policy, redact, spendCap } from '../../src/index.ts';
import { startWorld, type World } from './doors.ts';

let world: World;
afterEach(() => world.stop());

const day = (): string => new Date().toISOString().slice(0, 10);
const account = (): string => `cap|all=all|${day()}`;

async function start(
  options: GatewayOptions = {},
): Promise<{ books: () => Promise<{ posted: number; held: number }> }> {
  const store = memoryLedger();
  world = await startWorld({
    store,
    policies: [redact(), spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })],
    ...options,
  });
  return {
    books: async () => {
      const [{ posted, held } = { posted: 0, held: 0 }] = await store.read([account()]);
      return { posted, held };
    },
  };
}

const doors = [
  {
    name: 'fetch',
    client: (): OpenAI =>
      new OpenAI({ apiKey: 'key', baseURL: world.provider.baseURL, fetch: world.gateway.fetch, maxRetries: 0 }),
  },
  {
    name: 'server',
    client: (): OpenAI => new OpenAI({ apiKey: 'key', baseURL: `${world.serverURL}/openai/v1`, maxRetries: 0 }),
  },
];
const BODY = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Hello' }],
  max_completion_tokens: 50,
};

/** Ends reach the gateway a moment after the client has let go; waits for them, not for a time. */
async function ended(count = 1): Promise<readonly string[]> {
  while (world.calls.length < count || world.gateway.stats.open > 0)
    await new Promise((resolve) => setImmediate(resolve));
  return world.calls.map(({ outcome }) => outcome);
}

describe.each(doors)('over $name', ({ client }) => {
  it('success', async () => {
    const { books } = await start();
    await client().chat.completions.create(BODY);
    expect(await ended()).toEqual(['completed']);
    expect(await books()).toEqual({ posted: 8_700, held: 0 });
  });

  it('an HTTP error of the provider costs nothing, and its body reaches the caller redacted', async () => {
    const { books } = await start();
    world.provider.intercept = (_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          error: { message: 'Not for eve@example.com', type: 'invalid_request_error', code: 'nope', param: 'messages' },
        }),
      );
      return true;
    };
    await expect(client().chat.completions.create(BODY)).rejects.toMatchObject({
      status: 400,
      code: 'nope',
      message: '400 Not for <EMAIL_ADDRESS_1>',
    });
    expect(await ended()).toEqual(['failed']);
    expect(await books()).toEqual({ posted: 0, held: 0 });
  });

  it('a provider that cannot be reached costs nothing', async () => {
    const { books } = await start();
    const openai = client();
    await world.provider.close();
    await expect(openai.chat.completions.create(BODY)).rejects.toThrow();
    expect(await ended()).toEqual(['failed']);
    expect(await books()).toEqual({ posted: 0, held: 0 });
  });

  it('a connection that breaks before the answer is charged by its input, for the provider may have worked', async () => {
    const { books } = await start();
    world.provider.intercept = (_request, response) => {
      response.destroy();
      return true;
    };
    await expect(client().chat.completions.create(BODY)).rejects.toThrow();
    expect(await ended()).toEqual(['failed']);
    const { posted, held } = await books();
    expect(held).toBe(0);
    expect(posted).toBeGreaterThan(0);
  });

  it('a connection that breaks within a stream is charged by what passed', async () => {
    const { books } = await start();
    world.provider.intercept = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"id":"c","choices":[{"index":0,"delta":{"content":"one two three four "}}]}\n\n', () =>
        response.destroy(),
      );
      return true;
    };
    const stream = await client().chat.completions.create({ ...BODY, stream: true });
    await expect(drain(stream)).rejects.toThrow();
    expect(await ended()).toEqual(['failed']);
    expect((await books()).held).toBe(0);
    expect(world.calls[0]!.usage).toMatchObject({ source: 'estimated' });
    expect(world.calls[0]!.usage!.outputTokens).toBeGreaterThan(2);
  });

  it('an error that the provider reports within a stream reaches the caller', async () => {
    const { books } = await start();
    world.provider.intercept = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        'data: {"choices":[{"index":0,"delta":{"content":"well"}}]}\n\ndata: {"error":{"message":"overloaded","type":"server_error","code":"busy"}}\n\n',
      );
      return true;
    };
    const stream = await client().chat.completions.create({ ...BODY, stream: true });
    await expect(drain(stream)).rejects.toMatchObject({ code: 'busy' });
    expect(await ended()).toEqual(['failed']);
    expect((await books()).held).toBe(0);
  });

  it('a client that aborts before the first byte', async () => {
    const { books } = await start();
    const abort = new AbortController();
    world.provider.intercept = () => {
      abort.abort();
      return true;
    };
    await expect(client().chat.completions.create(BODY, { signal: abort.signal })).rejects.toThrow();
    expect(await ended()).toEqual(['aborted']);
    expect((await books()).held).toBe(0);
  });

  it('a client that aborts after the first byte also aborts upstream', async () => {
    const { books } = await start();
    world.provider.intercept = endlessStream;
    const stream = await client().chat.completions.create({ ...BODY, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    expect(await ended()).toEqual(['aborted']);
    const { posted, held } = await books();
    expect(held).toBe(0);
    expect(posted).toBeGreaterThan(0);
    while (world.provider.closedEarly === 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('a client whose timeout passes', async () => {
    const { books } = await start();
    world.provider.intercept = () => true;
    await expect(client().chat.completions.create(BODY, { timeout: 30 })).rejects.toThrow(/timed out/i);
    expect(await ended()).toEqual(['aborted']);
    expect((await books()).held).toBe(0);
  });

  it('a policy that throws refuses the call and gives the money back', async () => {
    const broken: Policy = {
      name: 'broken',
      decide() {
        throw new Error('at 521-44-9876');
      },
    };
    const { books } = await start({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' }), broken] });
    await expect(client().chat.completions.create(BODY)).rejects.toMatchObject({
      status: 500,
      code: 'policy_failed',
      message: expect.not.stringContaining('521-44-9876'),
    });
    expect(world.provider.requests).toHaveLength(0);
    expect(await ended()).toEqual(['blocked']);
    expect(await books()).toEqual({ posted: 0, held: 0 });
  });

  it.each(['closed', 'open'] as const)('a filter that throws within a stream, failing %s', async (failure) => {
    const broken: Policy = {
      name: 'broken',
      failure,
      decide: () => ({
        filter: () => ({
          push: (piece) => {
            if (piece.includes('three')) throw new Error('no');
            return piece;
          },
          end: () => '',
        }),
      }),
    };
    const { books } = await start({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' }), broken] });
    world.provider.reply = 'one two three four';
    const stream = await client().chat.completions.create({ ...BODY, stream: true });
    const text = drain(stream);
    if (failure === 'open') expect(await text).toBe('one two three four');
    else await expect(text).rejects.toMatchObject({ code: 'policy_failed' });
    expect(await ended()).toEqual([failure === 'open' ? 'completed' : 'failed']);
    expect((await books()).held).toBe(0);
  });
});

it('a stream that nobody reads ends when it has been idle, and closes its connection', async () => {
  const { books } = await start({ idleTimeoutMs: 30 });
  world.provider.intercept = endlessStream;
  const response = await world.gateway.fetch(`${world.provider.baseURL}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ ...BODY, stream: true }),
  });
  expect(response.status).toBe(200);
  expect(await ended()).toEqual(['aborted']);
  expect((await books()).held).toBe(0);
  while (world.provider.closedEarly === 0) await new Promise((resolve) => setImmediate(resolve));
});

it('a hold of a process that died is charged when it expires', async () => {
  let now = Date.UTC(2026, 10, 21, 12);
  const store = memoryLedger({ now: () => now });
  await store.reserve({
    id: 'dead',
    lines: [{ account: 'cap', limit: 100, amount: 60, enforce: true }],
    expiresAt: now + 1_000,
  });
  now += 1_001;
  expect(await store.read(['cap'])).toEqual([{ account: 'cap', posted: 60, held: 0, unreconciled: 60 }]);
  world = await startWorld();
});

it('200 calls at once against two overlapping caps never post above the enforced one, and leave nothing held on either', async () => {
  const store = memoryLedger();
  world = await startWorld({
    store,
    policies: [
      spendCap({ name: 'hard', limitUsd: '0.001', window: 'lifetime' }),
      spendCap({ name: 'watched', limitUsd: '0.0001', window: 'lifetime', mode: 'monitor' }),
    ],
  });
  const openai = new OpenAI({
    apiKey: 'key',
    baseURL: world.provider.baseURL,
    fetch: world.gateway.fetch,
    maxRetries: 0,
  });
  const asked = Array.from({ length: 200 }, (_, i) =>
    openai.chat.completions.create({ ...BODY, messages: [{ role: 'user', content: `call ${i}` }] }),
  );
  const results = await Promise.allSettled(asked);
  const answered = results.filter(({ status }) => status === 'fulfilled').length;

  const [hard, watched] = await store.read(['hard|all=all|lifetime', 'watched|all=all|lifetime']);
  expect(answered).toBeGreaterThan(10);
  expect(answered).toBeLessThan(200);
  expect(hard).toEqual({ account: 'hard|all=all|lifetime', posted: answered * 8_700, held: 0 });
  expect(hard!.posted).toBeLessThanOrEqual(1_000_000);
  expect(watched).toEqual({ account: 'watched|all=all|lifetime', posted: answered * 8_700, held: 0 });
  expect(
    world.events.filter((event) => event.type === 'policy' && event.policy === 'watched' && event.decision === 'audit')
      .length,
  ).toBeGreaterThan(0);
  const refusals = results.flatMap((result) =>
    result.status === 'rejected' ? [(result.reason as { code: string }).code] : [],
  );
  expect(new Set(refusals)).toEqual(new Set(['spend_held_in_flight']));
});

function endlessStream(_request: unknown, response: import('node:http').ServerResponse): boolean {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(
    () => response.write('data: {"id":"c","choices":[{"index":0,"delta":{"content":"more words "}}]}\n\n'),
    1,
  );
  response.on('close', () => {
    clearInterval(timer);
    world.provider.closedEarly++;
  });
  return true;
}

async function drain(stream: AsyncIterable<{ choices: { delta: { content?: string | null } }[] }>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}
