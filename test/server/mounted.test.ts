/** The server inside other servers, updates while it runs, and request ids. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Hono } from 'hono';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { raw } from './raw.ts';
import { CHAT, gate, HELD, KEY, KEY_NAME, serverWorld } from './support.ts';

const world = serverWorld();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const asked = (url: string, body: object = CHAT, headers: Record<string, string> = {}): Request =>
  new Request(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('server.fetch', () => {
  it('answers a Request', async () => {
    const { fetch } = world.create();
    const response = await fetch(asked('http://gateway.example/openai/v1/chat/completions'));
    expect(await response.json()).toMatchObject({ choices: [{ message: { role: 'assistant' } }] });
    expect(response.headers.get('x-postern-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(world.sent().headers.authorization).toBe(`Bearer ${HELD}`);
  });

  it('streams, and a reader that goes away ends the call', async () => {
    const { fetch } = world.create();
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => {
      world.provider.intercept = (_request, response) => {
        response.once('close', resolve);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"choices":[{"index":0,"delta":{"content":"Hello there "}}]}\n\n');
        return true;
      };
    });
    const request = asked('http://gateway.example/openai/v1/chat/completions', { ...CHAT, stream: true });
    const response = await fetch(new Request(request, { signal: gone.signal }));
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await closed;
  });

  it('mounts in Hono below a path', async () => {
    const { fetch } = world.create({ basePath: '/gateway' });
    const app = new Hono().all('/gateway/*', (context) => fetch(context.req.raw));
    const client = new OpenAI({
      baseURL: 'http://app.example/gateway/openai/v1',
      apiKey: KEY,
      fetch: async (input, init) => app.fetch(new Request(input as string, init as RequestInit)),
    });
    const { choices } = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(choices[0]!.message.content).toBe('Hello from the fake provider.');
  });

  it.each([
    [{ limits: { maxBodyBytes: 10 } }, 413, 'body_too_large'],
    [{ hosts: ['other.example'] }, 421, 'host_not_allowed'],
    [{ keys: { authenticate: () => ({ refused: 'unknown' as const }) } }, 401, 'unauthorized'],
  ])('refuses by the same rules: %j', async (options, status, code) => {
    const { fetch } = world.create(options);
    const response = await fetch(asked('http://gateway.example/openai/v1/chat/completions'));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
    expect(world.provider.requests).toHaveLength(0);
  });
});

describe('server.handler', () => {
  it('serves below a path of another server, which has its own beside it', async () => {
    const { handler } = world.create({ basePath: '/gateway' });
    const app = createServer((request, response) => {
      if (request.url?.startsWith('/gateway/')) handler(request, response);
      else response.end('the app itself');
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    closing.push(() => app.close());
    const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
    expect(await (await fetch(origin)).text()).toBe('the app itself');
    const client = new OpenAI({ baseURL: `${origin}/gateway/openai/v1`, apiKey: KEY });
    const { choices } = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(choices[0]!.message.content).toBe('Hello from the fake provider.');
  });

  it('serves where a framework takes the path off, as Express does', async () => {
    const { handler } = world.create();
    const app = createServer((request, response) => {
      request.url = request.url!.replace(/^\/gateway/, '');
      handler(request, response);
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    closing.push(() => app.close());
    const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
    expect((await fetch(asked(`${origin}/gateway/openai/v1/chat/completions`))).status).toBe(200);
  });

  it('leaves it to that server to tell a client to go on, so that it is told once', async () => {
    const { handler } = world.create();
    const app = createServer(handler);
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    closing.push(() => app.close());
    const body = JSON.stringify(CHAT);
    const head = `POST /openai/v1/chat/completions HTTP/1.1\r\nHost: app.example\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`;
    const { text } = await raw((app.address() as AddressInfo).port, [head, body], 1);
    expect(text.match(/100 Continue/g)).toHaveLength(1);
    expect(text).toContain('HTTP/1.1 200 OK');
  });

  it('says so when a body parser was there first', async () => {
    const { handler } = world.create();
    const app = createServer((request, response) => {
      request.resume().once('end', () => setImmediate(() => handler(request, response)));
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    closing.push(() => app.close());
    const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/openai/v1/chat/completions`;
    const response = await fetch(asked(url));
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      error: { code: 'invalid_option', message: expect.stringMatching(/before whatever parses bodies/) },
    });
  });
});

describe('server.update', () => {
  it('is for requests that come from now on; those in flight go on', async () => {
    await world.start();
    const going = gate();
    const came = gate();
    world.provider.intercept = async () => {
      came.open();
      await going.opened;
      return false;
    };
    const before = world.post('/openai/v1/chat/completions');
    await came.opened;
    world.provider.intercept = undefined;
    world.server.update({
      providers: { openai: { baseURL: `${world.provider.origin}/groq/openai/v1`, apiKey: `env:${KEY_NAME}` } },
      customProviders: { own: { baseURL: world.provider.baseURL, model: 'pinned' } },
    });
    const after = await world.post('/openai/v1/chat/completions');
    const custom = await world.post('/providers/own/v1/chat/completions');
    going.open();
    expect((await before).status).toBe(200);
    expect([after.status, custom.status]).toEqual([200, 200]);
    expect(world.provider.requests.map(({ url, json }) => [url, json?.model])).toEqual([
      ['/v1/chat/completions', 'gpt-4o-mini'],
      ['/groq/openai/v1/chat/completions', 'gpt-4o-mini'],
      ['/v1/chat/completions', 'pinned'],
    ]);
  });

  it('that is wrong changes nothing', async () => {
    await world.start();
    expect(() => world.server.update({ providers: { nobody: {} }, customerHeaders: ['X-Gateway-Team'] })).toThrow(
      expect.objectContaining({ code: 'invalid_option', param: 'providers.nobody' }),
    );
    expect((await world.post('/openai/v1/chat/completions')).status).toBe(200);
  });

  it('goes back to a default', async () => {
    await world.start({ limits: { maxBodyBytes: 10 } });
    expect((await world.post('/openai/v1/chat/completions')).status).toBe(413);
    world.server.update({ limits: undefined });
    expect((await world.post('/openai/v1/chat/completions')).status).toBe(200);
  });
});

describe('request ids', () => {
  it.each([
    ['/openai/v1/chat/completions', 200],
    ['/nobody/v1/chat/completions', 501],
    ['/health', 501],
  ])('stand on every answer: %s', async (path, status) => {
    await world.start();
    const response = await world.post(path);
    expect(response.status).toBe(status);
    expect(response.headers.get('x-postern-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it.each([
    ['req-7.of:the_client', true, true],
    ['req-7.of:the_client', false, false],
    ['has a space', true, false],
    ['x'.repeat(129), true, false],
    ['ada@example.com', true, false],
    [KEY, true, false],
  ])('of the client: %s, trusted %s, is kept: %s', async (id, trustRequestIds, kept) => {
    await world.start({ trustRequestIds });
    const response = await world.post('/openai/v1/chat/completions', CHAT, {
      authorization: `Bearer ${KEY}`,
      'x-request-id': id,
    });
    const given = response.headers.get('x-postern-request-id');
    if (kept) expect(given).toBe(id);
    else expect(given).toMatch(/^[\da-f-]{36}$/);
  });
});
