/** What the server takes of one client, and for whom it answers. */
import { connect } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createGateway } from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';
import { raw } from './raw.ts';
import { CHAT, KEY, keys, serverWorld } from './support.ts';

const world = serverWorld();
const BODY = JSON.stringify(CHAT);
const PATH = '/openai/v1/chat/completions';
const head = (...fields: string[]): string =>
  [`POST ${PATH} HTTP/1.1`, `Authorization: Bearer ${KEY}`, 'Content-Type: application/json', ...fields, '', ''].join(
    '\r\n',
  );

const send = (body: Uint8Array<ArrayBuffer> | string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(world.url + PATH, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    body,
  });
const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string } }).error.code;

describe('hosts', () => {
  const asked = async (host: string): Promise<number | undefined> => {
    const { answers } = await raw(world.port, head(`Host: ${host}`, `Content-Length: ${BODY.length}`) + BODY, 1);
    return answers[0]?.status;
  };

  it.each([
    'localhost',
    'localhost:4100',
    'LOCALHOST',
    'app.localhost',
    'localhost.',
    '127.0.0.1:9',
    '127.1.2.3',
    '[::1]:80',
  ])('a listener of this machine answers for its own names: %s', async (host) => {
    await world.start();
    expect(await asked(host)).toBe(200);
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'x127.0.0.1',
    '10.0.0.1',
    '[::2]',
    'localhostx',
  ])('and not for a name that a web page pointed here (DNS rebinding): %s', async (host) => {
    await world.start();
    expect(await asked(host)).toBe(421);
    expect(world.provider.requests).toHaveLength(0);
  });

  it.each([
    ['gateway.example', 200],
    ['GATEWAY.example:443', 200],
    ['localhost', 421],
    ['x.gateway.example', 421],
    ['gateway.example.', 421],
  ])('`hosts` says which: %s is %i', async (host, status) => {
    await world.start({ hosts: ['gateway.example'] });
    expect(await asked(host)).toBe(status);
  });

  it('probes come by any', async () => {
    await world.start({ hosts: ['gateway.example'] });
    const { answers } = await raw(world.port, 'GET /health HTTP/1.1\r\nHost: 10.1.2.3:4100\r\n\r\n', 1);
    expect(answers[0]!.status).toBe(200);
  });

  it.each([['Gateway.example'], ['gateway.example:80'], ['https://gateway.example'], [7]])(
    'an option that could never match is refused: %s',
    (host) => {
      expect(() => createGatewayServer({ gateway: createGateway(), keys, hosts: [host as string] })).toThrow(
        expect.objectContaining({ code: 'invalid_option', param: 'hosts' }),
      );
    },
  );
});

describe('web pages', () => {
  it('of another origin cannot spend at a server that asks for no key', async () => {
    await world.start({ keys: undefined });
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1'])
      expect(await codeOf(await send(BODY, { origin, 'content-type': 'text/plain' }))).toBe('origin_not_allowed');
    expect(world.provider.requests).toHaveLength(0);
    expect((await send(BODY, { origin: world.url })).status).toBe(200);
  });

  it('are not told that they may read an answer, whatever the provider says', async () => {
    await world.start();
    world.provider.intercept = (_request, response) => {
      response
        .setHeader('access-control-allow-origin', '*')
        .setHeader('clear-site-data', '"*"')
        .setHeader('alt-svc', 'x');
      return false;
    };
    const response = await send(BODY);
    for (const name of ['access-control-allow-origin', 'clear-site-data', 'alt-svc'])
      expect(response.headers.has(name)).toBe(false);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await fetch(world.url + PATH, { method: 'OPTIONS' })).status).toBe(501);
  });
});

describe('content codings', () => {
  it('gzip is inflated, searched and sent on as it reads', async () => {
    await world.start();
    expect((await send(new Uint8Array(gzipSync(BODY)), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect(world.sent().body).toBe(BODY);
    expect(world.sent().headers).not.toHaveProperty('content-encoding');
  });

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip', 'x-gzip', 'identity, gzip'])('%s is 415', async (encoding) => {
    await world.start();
    const response = await send(BODY, { 'content-encoding': encoding });
    expect([response.status, await codeOf(response)]).toEqual([415, 'encoding_not_supported']);
    expect(world.provider.requests).toHaveLength(0);
  });

  it.each([
    ['a thousand times its size', 32 * 1024 * 1024, {}],
    ['above the limit of bodies', 3_000, { maxBodyBytes: 2_000 }],
  ])('what inflates to %s is 413', async (_name, size, limits) => {
    await world.start({ limits });
    const response = await send(new Uint8Array(gzipSync(Buffer.alloc(size, 32))), { 'content-encoding': 'gzip' });
    expect([response.status, await codeOf(response)]).toEqual([413, 'body_too_large']);
  });

  it('what is no gzip is 400', async () => {
    await world.start();
    expect((await send(BODY, { 'content-encoding': 'gzip' })).status).toBe(400);
    const cut = new Uint8Array(gzipSync(BODY).subarray(0, 20));
    expect((await send(cut, { 'content-encoding': 'gzip' })).status).toBe(400);
  });
});

describe('bodies', () => {
  it.each(['with a length', 'in chunks'])('of 30 MiB %s are refused in words that arrive', async (how) => {
    await world.start();
    const bytes = Buffer.alloc(30 * 1024 * 1024, 32);
    const body = how === 'in chunks' ? new Blob([bytes]).stream() : bytes;
    const response = await fetch(world.url + PATH, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}` },
      body,
      duplex: 'half',
    } as RequestInit);
    expect([response.status, await codeOf(response)]).toEqual([413, 'body_too_large']);
  });

  it('of somebody without a key are not waited for', async () => {
    await world.start();
    const { answers } = await raw(
      world.port,
      head('Host: localhost', 'Content-Length: 1000000').replace(KEY, 'nobodys'),
      1,
    );
    expect(answers[0]!.status).toBe(401);
  });

  it('a client that goes on sending after its refusal is cut off', async () => {
    await world.start();
    const socket = connect(world.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head('Host: localhost', 'Transfer-Encoding: chunked').replace(KEY, 'nobodys'));
    const sending = setInterval(() => socket.write('1\r\nx\r\n'), 20);
    await new Promise((resolve) => socket.resume().once('close', resolve));
    clearInterval(sending);
  });
});

describe('answers', () => {
  it.each([
    ['long', 'identity', (body: Buffer) => body],
    ['gzip', 'gzip', (body: Buffer) => gzipSync(body)],
    ['brotli', 'br', (body: Buffer) => brotliCompressSync(body)],
  ])('that are too large as they read are 502: %s', async (_name, encoding, pack) => {
    await world.start({ gateway: createGateway({ maxResponseBytes: 1024 * 1024 }) });
    world.provider.intercept = (_request, response) => {
      const body = pack(Buffer.alloc(8 * 1024 * 1024, 32));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(body);
      return true;
    };
    const response = await send(BODY);
    expect([response.status, await codeOf(response)]).toEqual([502, 'provider_response_unreadable']);
  });
});

describe('slow clients', () => {
  it('whose headers do not come are let go', async () => {
    await world.start({ limits: { headersTimeoutMs: 200, requestTimeoutMs: 400 } });
    const { text } = await raw(world.port, `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nX-Slow:`);
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout[\s\S]*"code":"request_timeout"/);
  });

  it('whose body trickles for too long are let go', async () => {
    await world.start({ limits: { headersTimeoutMs: 200, requestTimeoutMs: 400 } });
    const socket = connect(world.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head('Host: localhost', 'Content-Length: 100000'));
    const sending = setInterval(() => socket.write(' '), 20);
    await new Promise((resolve) => socket.resume().once('close', resolve));
    clearInterval(sending);
    expect(world.provider.requests).toHaveLength(0);
  });

  it('that read nothing of a stream are let go', async () => {
    await world.start({ limits: { answerIdleMs: 100 } });
    const ended = new Promise<void>((resolve) => {
      world.provider.intercept = (_request, response) => {
        response.once('close', resolve).writeHead(200, { 'content-type': 'text/event-stream' });
        const line = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) } }] })}\n\n`;
        const write = (): void => {
          while (!response.destroyed && response.write(line));
        };
        response.on('drain', write);
        write();
        return true;
      };
    });
    const socket = connect(world.port, '127.0.0.1');
    socket.pause().on('error', () => {});
    const body = JSON.stringify({ ...CHAT, stream: true });
    socket.write(head('Host: localhost', `Content-Length: ${body.length}`) + body);
    await ended;
    socket.destroy();
  });
});

describe('connections', () => {
  it('above the limit are closed as they come', async () => {
    await world.start({ limits: { maxConnections: 2 } });
    const held = [connect(world.port, '127.0.0.1'), connect(world.port, '127.0.0.1')];
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const { text } = await raw(world.port, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(text).toBe('');
    for (const socket of held) socket.destroy();
  });

  it('carry so many requests and no more', async () => {
    await world.start({ limits: { maxRequestsPerSocket: 2 } });
    const one = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const { answers } = await raw(world.port, one + one + one, 3);
    expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual([
      [200, 'keep-alive'],
      [200, 'close'],
      [503, 'close'],
    ]);
  });
});

describe('limits', () => {
  it.each([
    [{ maxBodyBytes: 0 }, 'limits.maxBodyBytes'],
    [{ bodyIdleMs: 1.5 }, 'limits.bodyIdleMs'],
    [{ maxConnections: '9' }, 'limits.maxConnections'],
    [{ maxBodyByte: 1 }, 'limits'],
    [null, 'limits'],
  ])('%j are named when they are wrong', (limits, param) => {
    expect(() => createGatewayServer({ gateway: createGateway(), limits: limits as never })).toThrow(
      expect.objectContaining({ code: 'invalid_option', param }),
    );
  });

  it('of the head hold for a Request too', async () => {
    const { fetch } = world.create({ limits: { maxHeaders: 5 } });
    const headers = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`x-${i}`, 'y']));
    const response = await fetch(new Request('http://gateway.example/openai/v1/models', { headers }));
    expect(response.status).toBe(431);
  });
});
