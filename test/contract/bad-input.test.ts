/** Bad input gets a clear error that names the field, at both doors of HTTP, and nothing is held or sent. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway, type GatewayOptions, memoryLedger, redact, spendCap } from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';
import { startWorld, type World } from './doors.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({
    store: memoryLedger(),
    policies: [redact(), spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })],
  });
});
afterEach(() => world.stop());

const doors = [
  {
    name: 'fetch',
    post: (body: BodyInit, path = '/chat/completions', headers = {}) =>
      world.gateway.fetch(world.provider.baseURL + path, { method: 'POST', body, headers }),
  },
  {
    name: 'server',
    post: (body: BodyInit, path = '/chat/completions', headers = {}) =>
      fetch(`${world.serverURL}/openai/v1${path}`, { method: 'POST', body, headers }),
  },
];

const canary = '521-44-9876';
const chat = (fields: object): string =>
  JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: canary }], ...fields });

describe.each(doors)('over $name', ({ name, post }) => {
  it.each([
    {
      what: 'broken JSON',
      body: `{"model": "gpt-4o-mini", "messages": [{"content": "${canary}"`,
      code: 'invalid_json',
      param: 'body',
    },
    {
      what: 'a key that stands twice',
      body: '{"model":"gpt-4o-mini","messages":[],"model":"gpt-4"}',
      code: 'invalid_json',
      param: 'body',
    },
    {
      what: 'nesting that is too deep',
      body: `{"model":"m","messages":${'['.repeat(100)}${']'.repeat(100)}}`,
      code: 'invalid_json',
      param: 'body',
    },
    { what: 'an array', body: '[]', code: 'invalid_request', param: 'body' },
    { what: 'no model', body: chat({ model: undefined }), code: 'invalid_request', param: 'model' },
    { what: 'a model that is no string', body: chat({ model: 7 }), code: 'invalid_request', param: 'model' },
    { what: 'a stream flag that is no flag', body: chat({ stream: 'yes' }), code: 'invalid_request', param: 'stream' },
    {
      what: 'a token limit of the wrong type',
      body: chat({ max_tokens: '100' }),
      code: 'invalid_request',
      param: 'max_tokens',
    },
    {
      what: 'a negative token limit',
      body: chat({ max_completion_tokens: -1 }),
      code: 'invalid_request',
      param: 'max_completion_tokens',
    },
    { what: 'a count of answers that is none', body: chat({ n: 0 }), code: 'invalid_request', param: 'n' },
    { what: 'bytes that are no UTF-8', body: new Uint8Array([0x7b, 0xff, 0x7d]), code: 'invalid_json', param: 'body' },
  ])('$what', async ({ body, code, param }) => {
    const response = await post(body);
    const answer = (await response.json()) as { error: { code: string; param: string; message: string } };
    expect(response.status).toBe(400);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(answer).toMatchObject({ type: 'error', error: { code, param } });
    expect(JSON.stringify(answer)).not.toContain(canary);
    expect(world.provider.requests).toHaveLength(0);
    expect(world.gateway.stats.open).toBe(0);
  });

  it('a body in another form is refused under an enforcing policy', async () => {
    const form = new FormData();
    form.append('file', new Blob(['hello']), 'a.txt');
    const response = await post(form);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      error: { code: expect.stringMatching(/unguarded_request|invalid_json/) },
    });
    expect(world.provider.requests).toHaveLength(0);
  });

  it('a compressed body, which was not read, is refused', async () => {
    const response = await post(new Uint8Array([31, 139, 8]), '/chat/completions', { 'content-encoding': 'gzip' });
    // The server inflates it, where it can.
    const { status, code } =
      name === 'server' ? { status: 400, code: 'invalid_request' } : { status: 422, code: 'unguarded_request' };
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
    expect(world.provider.requests).toHaveLength(0);
  });

  it('embeddings of token ids cannot be searched, and say so', async () => {
    const response = await post(JSON.stringify({ model: 'text-embedding-3-small', input: [[1, 2, 3]] }), '/embeddings');
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      error: { code: 'unguarded_request', details: { policies: ['redact'] } },
    });
  });
});

it('an unknown path with a body is refused in process, and passes with an event when so configured', async () => {
  const url = (path: string): string => world.provider.baseURL + path;
  const refused = await world.gateway.fetch(url('/videos'), { method: 'POST', body: '{"prompt":"x"}' });
  expect(refused.status).toBe(422);
  await world.stop();

  world = await startWorld({ policies: [redact()], unguarded: 'pass' });
  const passed = await world.gateway.fetch(url('/videos'), { method: 'POST', body: '{"prompt":"x"}' });
  expect(passed.status).toBe(404);
  expect(world.provider.requests[0]!.body).toBe('{"prompt":"x"}');
  expect(world.events).toMatchObject([{ type: 'unguarded', policies: ['redact'] }]);
});

it('a method in small letters is the one that it is sent as', async () => {
  const { gateway, provider } = world;
  const response = await gateway.fetch(`${provider.baseURL}/chat/completions`, { method: 'post', body: chat({}) });
  expect(response.status).toBe(200);
  expect(provider.requests.map(({ method }) => method)).toEqual(['POST']);
});

it('requests without a body and the probes of clients pass', async () => {
  expect((await world.gateway.fetch(`${world.provider.baseURL}/models`)).status).toBe(200);
  expect(await (await world.gateway.fetch('data:,probe')).text()).toBe('probe');
});

it('an unchanged body leaves byte for byte, whatever its spelling', async () => {
  await world.stop();
  world = await startWorld({ policies: [redact()] });
  const body =
    '{ "messages" : [ {"content":"caf\\u00e9 \\/ 9007199254740993","role":"user"} ],\n "model":"gpt-4o-mini", "seed": 12345678901234567890 }';
  await world.gateway.fetch(`${world.provider.baseURL}/chat/completions`, { method: 'POST', body });
  expect(world.provider.requests[0]!.body).toBe(body);
});

it('a model without a price is held at the dearest, or refused when so configured', async () => {
  const ask = (options: GatewayOptions = {}): Promise<Response> =>
    createGateway({ policies: [spendCap({ name: 'cap', limitUsd: 1000, window: 'daily' })], ...options }).fetch(
      `${world.provider.baseURL}/chat/completions`,
      {
        method: 'POST',
        body: chat({ model: 'gpt-unheard-of', max_tokens: 10 }),
      },
    );
  expect((await ask()).status).toBe(200);
  const refused = await ask({ unknownModel: 'block' });
  expect(refused.status).toBe(402);
  expect(await refused.json()).toMatchObject({
    error: { code: 'price_unknown', param: 'model', message: expect.stringContaining('gpt-unheard-of') },
  });
  expect((await ask({ unknownModel: 'block', prices: { 'gpt-unheard-of': { input: '1', output: '2' } } })).status).toBe(
    200,
  );
});

describe('options', () => {
  const cap = spendCap({ name: 'a', limitUsd: 1, window: 'daily' });
  it.each<{ make: () => unknown; names: string }>([
    { make: () => spendCap({ limitUsd: 'much', window: 'daily' }), names: 'spendCap: limitUsd' },
    { make: () => spendCap({ limitUsd: 1, window: 'yearly' as never }), names: 'spendCap: window' },
    { make: () => redact({ entities: ['EMAIL' as never] }), names: 'redact: entities[0]' },
    { make: () => redact({ restore: 'yes' as never }), names: 'redact: restore' },
    { make: () => createGateway({ policies: {} as never }), names: 'policies' },
    { make: () => createGateway({ policies: [{} as never] }), names: 'policies[0]' },
    { make: () => createGateway({ policies: [cap, cap] }), names: 'policies[1].name' },
    { make: () => createGateway({ unguarded: 'maybe' as never }), names: 'unguarded' },
    { make: () => createGateway({ idleTimeoutMs: 0 }), names: 'idleTimeoutMs' },
    { make: () => createGateway({ upstream: { baseURL: 'localhost' } }), names: 'upstream.baseURL' },
    {
      make: () => createGateway({ providers: [{ name: 'x', baseURL: 'https://user:secret@host/v1' }] }),
      names: 'providers[0].baseURL',
    },
    { make: () => createGatewayServer({ gateway: {} as never }), names: 'gateway' },
    {
      make: () => createGatewayServer({ gateway: world.gateway, providers: { nobody: {} } }),
      names: 'providers.nobody',
    },
    {
      make: () =>
        createGatewayServer({
          gateway: world.gateway,
          providers: { openai: { apiKey: 'sk-the-key-itself' as never } },
        }),
      names: 'providers.openai.apiKey',
    },
    {
      make: () =>
        createGatewayServer({
          gateway: world.gateway,
          customProviders: { a: { baseURL: 'http://127.0.0.1/v1', model: '' } },
        }),
      names: 'customProviders["a"].model',
    },
    { make: () => world.gateway.withContext({ user: '' }, () => 1), names: 'context.user' },
    { make: () => world.gateway.withContext({ tags: { a: 1 as never } }, () => 1), names: 'context.tags.a' },
  ])('$names', ({ make, names }) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'invalid_option', param: names, message: expect.stringContaining(names) }),
    );
    expect(make).not.toThrow(/sk-the-key-itself|user:secret/);
  });
});
