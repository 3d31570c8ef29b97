/** Virtual keys at the server: who is let in, and that no key of the gateway reaches a provider. */
import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { createGateway } from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';
import { CHAT, DISABLED, EXPIRED, HELD, KEY, keys, serverWorld } from './support.ts';

const world = serverWorld();
const MESSAGES = { model: 'claude-haiku-4-5', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hi' }] };
const OAUTH = 'sk-ant-oat01-canary-of-a-login';
const everythingSent = (): string => JSON.stringify(world.provider.requests);

describe('a request needs a key', () => {
  it.each([
    [undefined, 'missing', /carries no key/],
    ['ptn_Zz99Zz99_somebody-elses-key-000000000000000', 'unknown', /does not know the key/],
    ['sk-a-key-of-openai', 'unknown', /does not know the key/],
    [DISABLED, 'disabled', /is disabled/],
    [EXPIRED, 'expired', /has expired/],
  ])('%s is 401, %s, and never repeated', async (key, reason, message) => {
    await world.start();
    const response = await world.post(
      '/openai/v1/chat/completions',
      CHAT,
      key ? { authorization: `Bearer ${key}` } : {},
    );
    const text = await response.text();
    expect(response.status).toBe(401);
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 'unauthorized', message: expect.stringMatching(message), details: { reason } },
    });
    if (key) expect(text + JSON.stringify([...response.headers])).not.toContain(key);
    expect(world.provider.requests).toHaveLength(0);
  });

  it.each([
    { authorization: `Bearer ${KEY}` },
    { authorization: `bearer ${KEY}` },
    { 'x-api-key': KEY },
    { 'x-goog-api-key': KEY },
    { 'api-key': KEY },
    { 'x-api-key': 'sk-ant-of-the-client', authorization: `Bearer ${KEY}` },
  ])('in whatever header: %j', async (headers) => {
    await world.start();
    expect((await world.post('/openai/v1/chat/completions', CHAT, headers as Record<string, string>)).status).toBe(200);
    expect(world.sent().headers.authorization).toBe(`Bearer ${HELD}`);
    expect(everythingSent()).not.toContain('ptn_');
  });

  it('its owner is who calls', async () => {
    const calls: unknown[] = [];
    const gateway = createGateway();
    gateway.on('call', ({ identity }) => calls.push(identity));
    await world.start({ gateway });
    await world.post('/openai/v1/chat/completions');
    expect(calls).toEqual([{ apiKey: 'key-1', user: 'ada', workspace: 'rd', tags: { team: 'blue' } }]);
  });

  it('keys and authenticate exclude each other', () => {
    expect(() => createGatewayServer({ gateway: createGateway(), keys, authenticate: () => ({}) })).toThrow(
      expect.objectContaining({ code: 'invalid_option', param: 'authenticate' }),
    );
  });
});

describe('a key of the gateway stays here', () => {
  it('another credential beside it goes on where the server holds none (Claude Code)', async () => {
    await world.start();
    const response = await world.post('/anthropic/v1/messages', MESSAGES, {
      'x-api-key': KEY,
      authorization: `Bearer ${OAUTH}`,
    });
    expect(response.status).toBe(200);
    expect(world.sent().headers).toMatchObject({ authorization: `Bearer ${OAUTH}` });
    expect(world.sent().headers).not.toHaveProperty('x-api-key');
    expect(everythingSent()).not.toContain('ptn_');
  });

  it('without one beside it, and none held, nobody is asked', async () => {
    await world.start();
    const response = await world.post('/anthropic/v1/messages', MESSAGES, { 'x-api-key': KEY });
    expect(response.status).toBe(424);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { code: 'provider_key_missing', param: 'providers.anthropic.apiKey' },
    });
    expect(world.provider.requests).toHaveLength(0);
  });

  it.each([
    ['/gemini/v1beta/models?key=KEY&pageSize=2', { authorization: 'Bearer of-the-client' }],
    ['/gemini/v1beta/models?pageSize=2&note=KEY', { authorization: 'Bearer of-the-client', 'x-api-key': KEY }],
    ['/gemini/v1beta/models?key=AIza-of-the-client&pageSize=2', { 'x-goog-api-key': KEY }],
  ])('nor by the query: %s', async (path, headers) => {
    await world.start();
    const response = await fetch(world.url + path.replace('KEY', KEY), { headers });
    expect(response.status).toBe(200);
    expect(world.sent().url).toContain('pageSize=2');
    expect(everythingSent()).not.toContain('ptn_');
  });

  it.each([
    { 'user-agent': `tool ${KEY}` },
    { 'x-title': KEY },
    { 'http-referer': `https://app.example/?k=${DISABLED}` },
    { 'openai-project': KEY },
    { authorization: `Basic ${Buffer.from(`user:${KEY}`).toString('base64')}` },
  ])('nor in a header beside it: %j', async (headers) => {
    await world.start({ providers: { openai: { baseURL: world.provider.baseURL } } });
    await world.post('/openai/v1/chat/completions', CHAT, {
      'api-key': KEY,
      authorization: 'Bearer of-the-client',
      ...(headers as Record<string, string>),
    });
    const sent = everythingSent();
    expect(sent).not.toContain('ptn_');
    expect(sent).not.toContain(Buffer.from(`user:${KEY}`).toString('base64'));
  });
});

describe('clients find it by their environment', () => {
  const names = [
    ...['ANTHROPIC_BASE_URL', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_CUSTOM_HEADERS', 'ANTHROPIC_API_KEY'],
    ...['OPENAI_BASE_URL', 'OPENAI_API_KEY', 'LANGSMITH_GATEWAY', 'LANGSMITH_GATEWAY_API_KEY'],
  ];
  afterEach(() => {
    for (const name of names) delete process.env[name];
  });
  const held = (): { anthropic: { baseURL: string; apiKey: `env:${string}` } } => ({
    anthropic: { baseURL: `${world.provider.origin}/anthropic`, apiKey: 'env:POSTERN_TEST_HELD_KEY' },
  });

  it('ANTHROPIC_BASE_URL and ANTHROPIC_AUTH_TOKEN, as Claude Code has them', async () => {
    await world.start({ providers: held() });
    Object.assign(process.env, { ANTHROPIC_BASE_URL: `${world.url}/anthropic`, ANTHROPIC_AUTH_TOKEN: KEY });
    const { content } = await new Anthropic().messages.create(MESSAGES);
    expect(content[0]).toMatchObject({ type: 'text' });
    expect(world.sent()).toMatchObject({ url: '/anthropic/v1/messages', headers: { 'x-api-key': HELD } });
    expect(everythingSent()).not.toContain('ptn_');
  });

  it('ANTHROPIC_CUSTOM_HEADERS: our key beside the token of a login, which goes on', async () => {
    await world.start();
    // Claude Code reads the variable and sets the headers; its SDK sends them so.
    const custom = `x-api-key: ${KEY}`;
    const [name, value] = custom.split(': ') as [string, string];
    const client = new Anthropic({
      baseURL: `${world.url}/anthropic`,
      apiKey: null,
      authToken: OAUTH,
      defaultHeaders: { [name]: value },
    });
    await client.messages.create(MESSAGES);
    expect(world.sent().headers.authorization).toBe(`Bearer ${OAUTH}`);
    expect(everythingSent()).not.toContain('ptn_');
  });

  it('OPENAI_BASE_URL and OPENAI_API_KEY, as Codex has them, over the Responses API', async () => {
    await world.start();
    Object.assign(process.env, { OPENAI_BASE_URL: `${world.url}/openai/v1`, OPENAI_API_KEY: KEY });
    const stream = await new OpenAI({ defaultHeaders: { session_id: 's-1' } }).responses.create({
      model: 'gpt-5',
      input: 'Hi',
      stream: true,
    });
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types.at(-1)).toBe('response.completed');
    expect(world.sent().headers.authorization).toBe(`Bearer ${HELD}`);
    expect(world.sent().headers).not.toHaveProperty('session_id');
    expect(everythingSent()).not.toContain('ptn_');
  });

  it('LANGSMITH_GATEWAY and LANGSMITH_GATEWAY_API_KEY, as LangChain has them', async () => {
    await world.start();
    Object.assign(process.env, { LANGSMITH_GATEWAY: world.url, LANGSMITH_GATEWAY_API_KEY: KEY });
    const { text } = await new ChatOpenAI({ model: 'gpt-4o-mini', maxRetries: 0 }).invoke('Hi');
    expect(text).toBe('Hello from the fake provider.');
    expect(world.sent().headers.authorization).toBe(`Bearer ${HELD}`);
    expect(everythingSent()).not.toContain('ptn_');
  });
});
