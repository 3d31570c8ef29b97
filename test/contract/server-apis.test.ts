/** The server's paths for every API and provider, as clients find them by their own environment variables. */
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatGoogle } from '@langchain/google';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { createGateway, redact } from '../../src/index.ts';
import {
  createGatewayServer,
  type GatewayServer,
  type GatewayServerOptions,
  type IncomingCall,
} from '../../src/server/index.ts';

const KEY = 'POSTERN_TEST_PROVIDER_KEY';
const HELD = 'key-held-by-the-server';
const CLIENT_KEY = 'key-of-the-client';

let provider: FakeProvider;
let origin: string;
let server: GatewayServer;
let url: string;
let calls: IncomingCall[];

beforeEach(async () => {
  process.env[KEY] = HELD;
  calls = [];
  provider = await startFakeProvider();
  origin = provider.baseURL.replace(/\/v1$/, '');
});
afterEach(async () => {
  delete process.env[KEY];
  await server.close();
  await provider.close();
});

async function start(options: Partial<GatewayServerOptions> = {}): Promise<void> {
  const at = (path: string): { baseURL: string; apiKey: `env:${string}` } => ({
    baseURL: origin + path,
    apiKey: `env:${KEY}`,
  });
  server = createGatewayServer({
    gateway: createGateway({ policies: [redact()] }),
    providers: {
      openai: at('/v1'),
      azure: at('/azure'),
      anthropic: at('/anthropic'),
      gemini: at('/google'),
      bedrock: at('/aws'),
      groq: at('/groq/openai/v1'),
      deepseek: at('/deepseek'),
    },
    authenticate: (call) => {
      calls.push(call);
      return call.key === CLIENT_KEY ? { user: 'app' } : undefined;
    },
    ...options,
  });
  ({ url } = await server.listen({ port: 0 }));
}

const post = (path: string, body: object, headers: Record<string, string> = { 'x-api-key': CLIENT_KEY }) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'ada@example.com' }] };
const sent = () => provider.requests.at(-1)!;

describe('a provider’s own path', () => {
  it.each([
    ['/openai/v1/chat/completions', '/v1/chat/completions', 'authorization', `Bearer ${HELD}`],
    ['/groq/v1/chat/completions', '/groq/openai/v1/chat/completions', 'authorization', `Bearer ${HELD}`],
    [
      '/azure/openai/deployments/gpt/chat/completions?api-version=1',
      '/azure/openai/deployments/gpt/chat/completions?api-version=1',
      'api-key',
      HELD,
    ],
    ['/azure/openai/v1/chat/completions', '/azure/openai/v1/chat/completions', 'api-key', HELD],
    [
      '/gemini/v1beta/openai/chat/completions',
      '/google/v1beta/openai/chat/completions',
      'authorization',
      `Bearer ${HELD}`,
    ],
  ])('%s goes to %s with the key in %s', async (path, to, header, key) => {
    await start();
    expect((await post(path, CHAT)).status).toBe(200);
    expect(sent().url).toBe(to);
    expect(sent().headers[header]).toBe(key);
    expect(JSON.stringify(sent())).not.toContain(CLIENT_KEY);
    expect(sent().body).toContain('<EMAIL_ADDRESS_1>');
  });

  it.each([
    ['GET', '/openai/v1/models', '/v1/models'],
    ['GET', '/openai/v1/models/org/name', '/v1/models/org/name'],
    ['GET', '/openai/v1/files?limit=2', '/v1/files?limit=2'],
    ['DELETE', '/openai/v1/files/file-1', '/v1/files/file-1'],
    ['GET', '/anthropic/v1/models', '/anthropic/v1/models'],
    ['GET', '/gemini/v1beta/models/gemini-2.5-flash?key=key-of-the-client', '/google/v1beta/models/gemini-2.5-flash'],
  ])('%s %s holds no text and goes to %s', async (method, path, to) => {
    await start();
    await fetch(url + path, { method, headers: { 'x-api-key': CLIENT_KEY } });
    expect(sent()).toMatchObject({ method, url: to });
    expect(JSON.stringify(sent())).not.toContain(CLIENT_KEY);
  });

  it.each([
    ['POST', '/openai/v1/fine_tuning/jobs'],
    ['POST', '/openai/v1/realtime/client_secrets'],
    ['GET', '/openai/v1/organization/usage'],
    ['POST', '/anthropic/v1/organizations/x'],
    ['POST', '/nobody/v1/chat/completions'],
    ['PUT', '/openai/v1/chat/completions'],
  ])('%s %s is 501, and nothing is sent', async (method, path) => {
    await start();
    const response = await fetch(url + path, {
      method,
      headers: { 'x-api-key': CLIENT_KEY },
      ...(method === 'GET' ? {} : { body: '{}' }),
    });
    expect(response.status).toBe(501);
    expect(provider.requests).toHaveLength(0);
  });

  it('of a host that differs by region needs its base URL', async () => {
    await start({ providers: {} });
    const response = await post('/azure/openai/v1/chat/completions', CHAT);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { code: 'not_found', message: expect.stringContaining('baseURL') },
    });
  });

  it('keeps the provider’s cookies from the client', async () => {
    await start();
    provider.intercept = (_request, response) => {
      response.setHeader('set-cookie', 'session=of-the-provider');
      return false;
    };
    const response = await post('/openai/v1/chat/completions', CHAT);
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});

describe('the unified path', () => {
  it.each([
    ['openai/m', '/v1/chat/completions', 'authorization', `Bearer ${HELD}`],
    ['azure/m', '/openai/v1/chat/completions', 'api-key', HELD],
    ['groq/llama/m', '/groq/openai/v1/chat/completions', 'authorization', `Bearer ${HELD}`],
    ['anthropic/m', '/v1/chat/completions', 'authorization', `Bearer ${HELD}`],
    ['gemini/m', '/v1beta/openai/chat/completions', 'authorization', `Bearer ${HELD}`],
  ])('sends a chat of %s to %s', async (model, to, header, key) => {
    await start();
    expect((await post('/v1/chat/completions', { ...CHAT, model })).status).toBe(200);
    expect(sent()).toMatchObject({ url: to, json: { model: model.slice(model.indexOf('/') + 1) } });
    expect(sent().headers[header]).toBe(key);
  });

  it('lists the models of all providers, by the names that it takes', async () => {
    provider.intercept = ({ url: path, headers }, response) => {
      const lists: Record<string, unknown> = {
        '/v1/models': { object: 'list', data: [{ id: 'gpt-4o', object: 'model', created: 7, owned_by: 'x' }] },
        '/anthropic/v1/models?limit=1000':
          headers['x-api-key'] === HELD ? { data: [{ id: 'claude-1', type: 'model' }], has_more: false } : {},
        '/google/v1beta/models?pageSize=1000': { models: [{ name: 'models/gemini-1' }] },
      };
      if (path === '/groq/openai/v1/models') response.destroy();
      else response.end(JSON.stringify(lists[path] ?? { error: 'none' }));
      return true;
    };
    await start();
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: CLIENT_KEY });
    const { data } = await openai.models.list();
    expect(data.map(({ id, created, owned_by }) => [id, created, owned_by])).toEqual([
      ['openai/gpt-4o', 7, 'openai'],
      ['anthropic/claude-1', 0, 'anthropic'],
      ['gemini/gemini-1', 0, 'gemini'],
    ]);
  });
});

describe('who calls', () => {
  it.each([
    [{ authorization: `Bearer ${CLIENT_KEY}` }, ''],
    [{ 'x-api-key': CLIENT_KEY, authorization: 'Bearer of-a-login' }, ''],
    [{ 'x-goog-api-key': CLIENT_KEY }, ''],
    [{ 'api-key': CLIENT_KEY }, ''],
    [{}, `?key=${CLIENT_KEY}`],
  ])('is told by the key wherever an API puts it: %j%s', async (headers, search) => {
    await start();
    expect((await post(`/openai/v1/chat/completions${search}`, CHAT, headers as Record<string, string>)).status).toBe(
      200,
    );
    expect(JSON.stringify(sent())).not.toContain(CLIENT_KEY);
  });

  it.each([
    ['/openai/v1/chat/completions', { error: { code: 'unauthorized' } }],
    ['/anthropic/v1/models', { type: 'error', error: { type: 'authentication_error' } }],
    ['/gemini/v1beta/models', { error: { code: 401, status: 'UNAUTHENTICATED' } }],
    ['/v1/models', { error: { code: 'unauthorized' } }],
  ])('is told on %s in the form of its API when nobody knows it', async (path, form) => {
    await start();
    const response = path.endsWith('models') ? await fetch(url + path) : await post(path, CHAT, {});
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject(form);
    expect(provider.requests).toHaveLength(0);
  });
});

describe('clients find it by their environment', () => {
  const names = [
    ...['LANGSMITH_GATEWAY', 'LANGSMITH_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_API_KEY'],
    ...['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_KEY', 'GOOGLE_GEMINI_BASE_URL', 'GEMINI_API_KEY'],
  ];
  afterEach(() => {
    for (const name of names) delete process.env[name];
  });

  it.each([
    {
      path: '/openai/v1/chat/completions',
      sentTo: '/v1/chat/completions',
      chat: () => new ChatOpenAI({ model: 'gpt-4o-mini', maxRetries: 0 }),
    },
    {
      path: '/anthropic/v1/messages',
      sentTo: '/anthropic/v1/messages',
      chat: () => new ChatAnthropic({ model: 'claude-haiku-4-5', maxTokens: 50, maxRetries: 0 }),
    },
    {
      path: '/gemini/v1beta/models/gemini-2.5-flash:generateContent',
      sentTo: '/google/v1beta/models/gemini-2.5-flash:generateContent',
      chat: () => new ChatGoogle({ model: 'gemini-2.5-flash', maxRetries: 0 }),
    },
    {
      path: '/gemini/v1beta/models/gemini-2.5-flash:generateContent',
      sentTo: '/google/v1beta/models/gemini-2.5-flash:generateContent',
      chat: () => new ChatGoogleGenerativeAI({ model: 'gemini-2.5-flash', maxRetries: 0 }),
    },
  ])(
    'LANGSMITH_GATEWAY: a model of LangChain calls $path with the key of LangSmith',
    async ({ path, sentTo, chat }) => {
      await start();
      Object.assign(process.env, { LANGSMITH_GATEWAY: url, LANGSMITH_API_KEY: CLIENT_KEY });
      provider.reply = 'Hello <EMAIL_ADDRESS_1>';
      const answer = await chat().invoke('I am ada@example.com');
      expect(answer.text).toBe('Hello ada@example.com');
      expect(calls[0]).toMatchObject({ path, key: CLIENT_KEY });
      expect(sent().url).toBe(sentTo);
      expect(sent().body).not.toContain('ada@example.com');
    },
  );

  it('OPENAI_BASE_URL: an OpenAI client calls what it is set to', async () => {
    await start();
    Object.assign(process.env, { OPENAI_BASE_URL: `${url}/openai/v1`, OPENAI_API_KEY: CLIENT_KEY });
    await new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
    expect(sent().headers.authorization).toBe(`Bearer ${HELD}`);
  });

  it('ANTHROPIC_BASE_URL: an Anthropic client calls what it is set to', async () => {
    await start();
    Object.assign(process.env, { ANTHROPIC_BASE_URL: `${url}/anthropic`, ANTHROPIC_API_KEY: CLIENT_KEY });
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    await new Anthropic().messages.create({ model: 'claude-haiku-4-5', max_tokens: 9, messages });
    expect(calls[0]).toMatchObject({ path: '/anthropic/v1/messages', key: CLIENT_KEY });
    expect(sent()).toMatchObject({ url: '/anthropic/v1/messages', headers: { 'x-api-key': HELD } });
  });

  it('GOOGLE_GEMINI_BASE_URL: a Gemini client calls what it is set to', async () => {
    await start();
    Object.assign(process.env, { GOOGLE_GEMINI_BASE_URL: `${url}/gemini`, GEMINI_API_KEY: CLIENT_KEY });
    await new GoogleGenAI({}).models.generateContent({ model: 'gemini-2.5-flash', contents: 'Hi' });
    expect(calls[0]).toMatchObject({ key: CLIENT_KEY });
    expect(sent().url).toMatch(/^\/google\/v1(?:beta)?\/models\/gemini-2\.5-flash:generateContent$/);
    expect(sent().headers['x-goog-api-key']).toBe(HELD);
  });
});
