/** What only the server does: routes, keys, identities, limits. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { createGateway, redact, spendCap } from '../../src/index.ts';
import { createGatewayServer, type GatewayServer, type GatewayServerOptions } from '../../src/server/index.ts';

const KEY_NAME = 'POSTERN_TEST_PROVIDER_KEY';
const CLIENT = {
  authorization: 'Bearer the-clients-own-key',
  'x-api-key': 'another-key',
  cookie: 'a=b',
  'x-forwarded-for': '10.0.0.1',
  'x-secret': 's',
};
const CHAT = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] });

let provider: FakeProvider;
let server: GatewayServer | undefined;
let url: string;

beforeEach(async () => {
  provider = await startFakeProvider();
  process.env[KEY_NAME] = 'sk-held-by-the-server';
});
afterEach(async () => {
  delete process.env[KEY_NAME];
  await server?.close();
  await provider.close();
});

async function start(options: Partial<GatewayServerOptions> = {}): Promise<void> {
  const gateway = options.gateway ?? createGateway();
  server = createGatewayServer({
    providers: { openai: { baseURL: provider.baseURL, streamUsage: true } },
    ...options,
    gateway,
  });
  ({ url } = await server.listen({ port: 0 }));
}
const post = (path: string, body: string = CHAT, headers: Record<string, string> = CLIENT): Promise<Response> =>
  fetch(url + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
const sentHeaders = (): Record<string, unknown> => ({ ...provider.requests.at(-1)!.headers });

describe('routes', () => {
  it.each([
    ['POST', '/openai/v1/chat/completions', 200],
    ['POST', '/openai/v1/chat/completions/', 200],
    ['POST', '/openai/v1/embeddings', 200],
    ['GET', '/openai/v1/models', 200],
    ['GET', '/health', 200],
    ['POST', '/openai/v1/fine_tuning/jobs', 501],
    ['DELETE', '/openai/v1/chat/completions', 501],
    ['DELETE', '/openai/v1/models/gpt-4o', 501],
    ['POST', '/anthropic/v1/complete', 501],
    ['POST', '/providers/acme/v1/chat/completions', 404],
    ['POST', '/providers/acme/v1/embeddings', 501],
    ['POST', '/providers/acme/v1/files', 501],
    ['POST', '/providers/__proto__/v1/chat/completions', 404],
    ['POST', '/providers/%ZZ/v1/chat/completions', 400],
    ['POST', '/openai/v1/../v1/chat%2Fcompletions', 501],
    ['GET', '/', 501],
  ])('%s %s is %i', async (method, path, status) => {
    await start();
    const body = method === 'POST' ? JSON.stringify({ model: 'gpt-4o-mini', input: 'x', messages: [] }) : undefined;
    const response = await fetch(url + path, { method, ...(body ? { body } : {}) });
    expect(response.status).toBe(status);
    if (status >= 400)
      expect(await response.json()).toMatchObject({
        type: 'error',
        error: { code: expect.any(String), message: expect.any(String) },
      });
  });

  it.each([
    ['POST', '/openai/v1/responses#/moderations'],
    ['POST', '/openai/v1/models/../chat/completions'],
    ['GET', '/openai/v1/models/../threads/t1/messages'],
    ['GET', '/openai/v1/models/..\\threads'],
    ['GET', '/openai/v1/models/%2E%2e/threads'],
    ['GET', '/openai/v1/models/a%2f..%2F..%5cthreads'],
  ])('that a URL would change go nowhere: %s %s', async (method, path) => {
    await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const body = method === 'POST' ? CHAT : '';
    socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid_request","param":"path"/);
    expect(provider.requests).toHaveLength(0);
  });

  it('stand below a base path', async () => {
    await start({ basePath: '/gateway' });
    expect(url).toMatch(/\/gateway$/);
    expect((await post('/openai/v1/chat/completions')).status).toBe(200);
    expect((await fetch(url.replace('/gateway', '/health'))).status).toBe(404);
  });

  it('a unified model names its provider first', async () => {
    await start();
    const asked = async (model: string): Promise<Response> =>
      post('/v1/chat/completions', JSON.stringify({ model, messages: [] }));
    expect((await asked('openai/gpt-4o-mini')).status).toBe(200);
    expect(provider.requests.at(-1)!.json!.model).toBe('gpt-4o-mini');
    for (const model of ['gpt-4o-mini', 'nobody/gpt-4o', 'openai/', '__proto__/x']) {
      const response = await asked(model);
      expect([model, response.status, ((await response.json()) as { error: { param: string } }).error.param]).toEqual([
        model,
        400,
        'model',
      ]);
    }
  });
});

describe('custom providers', () => {
  const customProviders = (): GatewayServerOptions['customProviders'] => ({
    'meta-llama/Llama-3.1-8B-Instruct': {
      baseURL: provider.baseURL,
      model: 'llama-pinned',
      apiKey: `env:${KEY_NAME}`,
      headers: { 'x-tenant': 'one' },
    },
    keyless: { baseURL: provider.baseURL, model: 'tiny' },
  });
  const llama = '/providers/meta-llama%2FLlama-3.1-8B-Instruct/v1';

  it.each([{ stream: false }, { stream: true }])(
    'pin the model and send the key of the configuration, never the client’s (stream: $stream)',
    async ({ stream }) => {
      await start({ customProviders: customProviders(), gateway: createGateway({ policies: [redact()] }) });
      provider.reply = 'Hello <EMAIL_ADDRESS_1>.';
      const response = await post(
        `${llama}/chat/completions`,
        JSON.stringify({ model: 'whatever', stream, messages: [{ role: 'user', content: 'ada@example.com' }] }),
      );
      expect(await response.text()).toContain('ada@example.com');
      expect(provider.requests.at(-1)).toMatchObject({ url: '/v1/chat/completions', json: { model: 'llama-pinned' } });
      expect(sentHeaders()).toMatchObject({ authorization: 'Bearer sk-held-by-the-server', 'x-tenant': 'one' });
      for (const name of ['x-api-key', 'cookie', 'x-forwarded-for', 'x-secret'])
        expect(sentHeaders()).not.toHaveProperty(name);
      expect(JSON.stringify(sentHeaders())).not.toContain('the-clients-own-key');
    },
  );

  it.each([{ models: ['o1-pro'] }, { fallbacks: [{ model: 'o1-pro' }] }])(
    'let no other model answer: %j',
    async (others) => {
      await start({ customProviders: customProviders() });
      const response = await post(`${llama}/chat/completions`, JSON.stringify({ model: 'x', messages: [], ...others }));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param: 'model' } });
      expect(provider.requests).toHaveLength(0);
    },
  );

  it('without a key send none', async () => {
    await start({ customProviders: customProviders() });
    expect((await post('/providers/keyless/v1/chat/completions')).status).toBe(200);
    expect(sentHeaders()).not.toHaveProperty('authorization');
  });

  it('list models', async () => {
    await start({ customProviders: customProviders() });
    const response = await fetch(`${url}${llama}/models`);
    expect(await response.json()).toMatchObject({ object: 'list' });
    expect(sentHeaders()).toMatchObject({ authorization: 'Bearer sk-held-by-the-server' });
  });

  it('a key that is missing is 424 and named by its reference', async () => {
    delete process.env[KEY_NAME];
    await start({ customProviders: customProviders() });
    const response = await post(`${llama}/chat/completions`);
    expect(response.status).toBe(424);
    expect(await response.json()).toMatchObject({ error: { code: 'provider_key_missing', param: `env:${KEY_NAME}` } });
    expect(provider.requests).toHaveLength(0);
  });

  it('a key in a file is read at each call', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-'));
    const file = join(folder, 'key');
    await start({ customProviders: { a: { baseURL: provider.baseURL, model: 'm', apiKey: `file:${file}` } } });
    await writeFile(file, 'first\n');
    await post('/providers/a/v1/chat/completions');
    expect(sentHeaders()).toMatchObject({ authorization: 'Bearer first' });
    await writeFile(file, 'second\n');
    await post('/providers/a/v1/chat/completions');
    expect(sentHeaders()).toMatchObject({ authorization: 'Bearer second' });
    await rm(folder, { recursive: true });
    expect((await post('/providers/a/v1/chat/completions')).status).toBe(424);
  });
});

describe('keys and identities', () => {
  it('the client’s own key goes to the built-in provider when the server holds none', async () => {
    await start();
    await post('/openai/v1/chat/completions');
    expect(sentHeaders()).toMatchObject({ authorization: 'Bearer the-clients-own-key' });
    expect(sentHeaders()).not.toHaveProperty('x-api-key');
  });

  it('authenticate says who calls, and who does not', async () => {
    const policies = [spendCap({ name: 'per user', limitUsd: 0, window: 'daily', per: 'user' })];
    await start({
      gateway: createGateway({ policies }),
      authenticate: ({ headers }) =>
        headers.get('authorization') === CLIENT.authorization ? { user: 'ada' } : undefined,
    });
    const known = await post('/openai/v1/chat/completions');
    expect(await known.json()).toMatchObject({ error: { details: { subject: 'ada' } } });
    const unknown = await post('/openai/v1/chat/completions', CHAT, {});
    expect(unknown.status).toBe(401);
    expect(await unknown.json()).toMatchObject({ error: { code: 'unauthorized' } });
  });

  it('provider keys are not offered to everybody who can reach the machine', async () => {
    const open = createGatewayServer({
      gateway: createGateway(),
      providers: { openai: { apiKey: `env:${KEY_NAME}` } },
    });
    await expect(open.listen({ port: 0, host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'invalid_option',
      param: 'authenticate',
    });
  });
});

describe('answers', () => {
  it('that nobody had to guard are decoded too, and say so', async () => {
    await start();
    provider.intercept = (_request, response) => {
      const body = gzipSync('{"object":"list","data":[]}');
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': body.length };
      response.writeHead(200, headers);
      response.end(body);
      return true;
    };
    const response = await fetch(`${url}/openai/v1/models`);
    expect(await response.json()).toEqual({ object: 'list', data: [] });
    for (const name of ['content-encoding', 'content-length', 'trailer'])
      expect(response.headers.has(name)).toBe(false);
  });
});

describe('limits', () => {
  it('a body that is too large is refused', async () => {
    await start({ limits: { maxBodyBytes: 1_000 } });
    const response = await post(
      '/openai/v1/chat/completions',
      JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(2_000) }] }),
    );
    expect(response.status).toBe(413);
    expect(provider.requests).toHaveLength(0);
  });

  it('a GET with a body is refused as what it is', async () => {
    await start();
    const asked = request(`${url}/openai/v1/models`, { method: 'GET', headers: { 'content-length': 2 } });
    asked.end('{}');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(await text(answer))).toMatchObject({ error: { code: 'invalid_request', param: 'body' } });
    expect(provider.requests).toHaveLength(0);
  });

  it('a provider that cannot be reached is 502, without its address', async () => {
    await start();
    const address = provider.baseURL;
    await provider.close();
    const response = await post('/openai/v1/chat/completions');
    expect(response.status).toBe(502);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'provider_unreachable' } });
    expect(body).not.toContain(new URL(address).port);
  });

  it('a slow reader holds the provider back instead of filling memory', async () => {
    await start();
    let written = 0;
    provider.intercept = async (_request, response) => {
      const closed = once(response, 'close');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const line = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) } }] })}\n\n`;
      while (!response.destroyed && written < 2_000) {
        written++;
        if (!response.write(line)) await Promise.race([once(response, 'drain'), closed]);
      }
      response.end();
      return true;
    };
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.pause();
    const body = JSON.stringify({ model: 'gpt-4o-mini', stream: true, messages: [] });
    socket.write(
      `POST /openai/v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let before = -1;
    // Until the provider has stopped writing over many turns of the loop: sockets' buffers are full, and nobody else's.
    for (let still = 0; still < 200; still = written > 0 && written === before ? still + 1 : 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(written).toBeLessThan(1_000);
    socket.destroy();
  });
});
