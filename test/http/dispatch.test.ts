/** What a caller gets from our connections is what it gets from the platform's fetch: each case runs over both. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { setGlobalDispatcher } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchedAnswer } from '../../src/http/fetched-answer.ts';
import { HeaderList } from '../../src/http/header-list.ts';
import type { ProviderAnswer } from '../../src/http/http-answer.ts';
import {
  fetchTransport,
  neverSent,
  type OutgoingRequest,
  type PooledTransport,
  pooledTransport,
  type Transport,
} from '../../src/http/transport.ts';
import { answer, chunked, type RawProvider, type Respond, rawProvider } from './raw-provider.ts';

let provider: RawProvider;
let pooled: PooledTransport | undefined;
afterEach(async () => {
  pooled?.close();
  vi.unstubAllGlobals();
  await provider?.stop();
});

/** As a client of `fetch` gets what a transport answered. */
type Send = (url: URL, request: OutgoingRequest) => Promise<Response>;
const toClient =
  (transport: Transport): Send =>
  async (url, request) =>
    (await transport(url, request)).response();

const platform = toClient(fetchTransport((input, init) => globalThis.fetch(input, init)));
const never: Transport = () => Promise.reject(new Error('It left by the platform.'));
function openedTransport(): Transport {
  pooled = pooledTransport(never);
  return pooled.send;
}
function opened(): { readonly send: Send } {
  return { send: toClient(openedTransport()) };
}

const ways = [
  { way: 'fetch', open: (): Send => platform },
  { way: 'our connections', open: (): Send => opened().send },
];

async function start(respond: Respond, host?: string): Promise<void> {
  provider = await rawProvider(respond, host);
}

const post = (body: string | undefined = '{}', rest: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  method: 'POST',
  headers: HeaderList.from([['content-type', 'application/json']]),
  body,
  signal: undefined,
  ...rest,
});
const get = (rest: Partial<OutgoingRequest> = {}): OutgoingRequest =>
  post(undefined, { method: 'GET', headers: new HeaderList(), body: undefined, ...rest });

/** A connection is free for the next call when the turn in which its answer ended is over. */
const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const failure = (work: Promise<unknown>): Promise<Error & { code?: string; cause?: Error & { code?: string } }> =>
  work.then(
    () => expect.unreachable('It did not fail.'),
    (error) => error,
  );

describe.each(ways)('$way', ({ open }) => {
  it('sends method, path, headers and body, and gives the answer', async () => {
    await start(({ socket }) => socket.write(answer('{"ok":"ä"}', 'x-a: 1\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n')));
    const response = await open()(new URL(`${provider.url}#part`), post('{"text":"ä€"}'));
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.statusText, response.ok, response.url]).toEqual([
      200,
      'OK',
      true,
      provider.url.href,
    ]);
    expect(response.headers.get('x-a')).toBe('1');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.json()).toEqual({ ok: 'ä' });
    const [{ head, body }] = provider.requests as [RawProvider['requests'][number]];
    expect(head).toMatch(/^POST \/v1\/chat\?a=1 HTTP\/1\.1\r\n/);
    expect(head.toLowerCase()).toContain(`\r\nhost: ${provider.url.host}`);
    for (const header of ['content-length: 16', 'content-type: application/json', 'accept: */*', 'user-agent: node'])
      expect(head.toLowerCase()).toContain(`\r\n${header}`);
    expect(body).toBe('{"text":"ä€"}');
  });

  it('says what a text without a type is, and that there is none', async () => {
    await start(({ socket }) => socket.write(answer('')));
    const send = open();
    await (await send(provider.url, post('a', { headers: new HeaderList() }))).text();
    await (await send(provider.url, post(undefined, { body: undefined, headers: new HeaderList() }))).text();
    expect(provider.requests[0]!.head).toMatch(/\r\ncontent-type: text\/plain;charset=UTF-8/i);
    expect(provider.requests[1]!.head).toMatch(/\r\ncontent-length: 0/i);
  });

  it('gives the same bytes however they are cut', async () => {
    const bytes = chunked(['one ', 'twö', ' three']);
    await start(({ socket }, nth) => {
      socket.write(bytes.subarray(0, nth + 1), () => setImmediate(() => socket.write(bytes.subarray(nth + 1))));
    });
    const send = open();
    for (let at = 1; at < bytes.length; at++) {
      const response = await send(provider.url, post());
      expect(await response.text()).toBe('one twö three');
      await idle();
    }
    expect(provider.sockets.length).toBe(1);
  });

  it('gives what is there before the rest is', async () => {
    await start(({ socket }) => socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n'));
    const response = await open()(provider.url, post());
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(value!.constructor).toBe(Uint8Array);
    expect(new TextDecoder().decode(value)).toBe('one');
    provider.sockets[0]!.write('3\r\ntwo\r\n0\r\n\r\n');
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('two');
    expect((await reader.read()).done).toBe(true);
  });

  it('lets the provider wait for a reader that is slow', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const total = 512;
    let written = 0;
    let blocked: (() => void) | undefined;
    const isBlocked = new Promise<void>((resolve) => {
      blocked = resolve;
    });
    await start(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${piece.length * total}\r\n\r\n`);
      const more = (): void => {
        while (written < total) {
          written++;
          if (socket.write(piece)) continue;
          const waiting = setTimeout(blocked!, 300);
          socket.once('drain', () => {
            clearTimeout(waiting);
            more();
          });
          return;
        }
      };
      more();
    });
    const response = await open()(provider.url, post());
    await isBlocked;
    // What the system holds for both sockets, and not the 32 MiB that there are.
    expect(written * piece.length).toBeLessThan(16 * 1024 * 1024);
    expect((await response.arrayBuffer()).byteLength).toBe(piece.length * total);
  });

  it('uses a connection again once its answer was read', async () => {
    await start(({ socket }) => socket.write(answer('{}')));
    const send = open();
    for (let n = 0; n < 3; n++) {
      await (await send(provider.url, post())).text();
      await idle();
    }
    expect(provider.sockets.length).toBe(1);
  });

  it('has as many connections as calls', async () => {
    await start(({ socket }) => {
      if (provider.requests.length < 20) return;
      for (const request of provider.requests) request.socket.write(answer('{}'));
      void socket;
    });
    const send = open();
    await Promise.all(Array.from({ length: 20 }, async () => (await send(provider.url, post())).text()));
    expect(provider.sockets.length).toBe(20);
  });

  describe('a caller that goes away', () => {
    const gone = new Error('gone');

    it('before the call sends nothing', async () => {
      await start(() => {});
      expect(await failure(open()(provider.url, post('{}', { signal: AbortSignal.abort(gone) })))).toBe(gone);
      expect(provider.requests).toEqual([]);
    });

    it('before the headers', async () => {
      const caller = new AbortController();
      await start(() => caller.abort(gone));
      const failed = failure(open()(provider.url, post('{}', { signal: caller.signal })));
      expect(await failed).toBe(gone);
      await vi.waitFor(() => expect(provider.sockets[0]!.destroyed || provider.sockets[0]!.readableEnded).toBe(true));
    });

    it('in the body', async () => {
      const caller = new AbortController();
      await start(({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none'));
      const send = open();
      const response = await send(provider.url, post('{}', { signal: caller.signal }));
      const reader = response.body!.getReader();
      await reader.read();
      caller.abort(gone);
      expect(await failure(reader.read())).toBe(gone);
      await vi.waitFor(() => expect(provider.sockets[0]!.destroyed || provider.sockets[0]!.readableEnded).toBe(true));
      // What is left of it would be taken for the next answer.
      const next = send(provider.url, post());
      await vi.waitFor(() => expect(provider.requests.length).toBe(2));
      const { socket } = provider.requests[1]!;
      expect(socket).not.toBe(provider.requests[0]!.socket);
      socket.write('two456');
      expect(await (await next).text()).toBe('onetwo456');
    });

    it('from the body alone', async () => {
      await start(({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none'));
      const response = await open()(provider.url, post());
      await response.body!.cancel();
      await vi.waitFor(() => expect(provider.sockets[0]!.destroyed || provider.sockets[0]!.readableEnded).toBe(true));
    });

    it('after the end disturbs nobody', async () => {
      const caller = new AbortController();
      await start(({ socket }) => socket.write(answer('{}')));
      const send = open();
      const response = await send(provider.url, post('{}', { signal: caller.signal }));
      expect(await response.text()).toBe('{}');
      caller.abort(gone);
      await idle();
      await (await send(provider.url, post())).text();
      expect(provider.sockets.length).toBe(1);
    });
  });

  describe('a connection that breaks', () => {
    it('was never there', async () => {
      await start(() => {});
      await provider.stop();
      const error = await failure(open()(provider.url, post()));
      expect(error).toBeInstanceOf(TypeError);
      expect([error.message, error.cause!.code, neverSent(error)]).toEqual(['fetch failed', 'ECONNREFUSED', true]);
    });

    it.each([
      ['before the headers', ''],
      ['in the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ])('%s', async (_, bytes) => {
      await start(({ socket }) => socket.end(bytes));
      const error = await failure(open()(provider.url, post()));
      expect(error).toBeInstanceOf(TypeError);
      expect([error.message, error.cause!.code, neverSent(error)]).toEqual(['fetch failed', 'UND_ERR_SOCKET', false]);
    });

    it('by a reset', async () => {
      await start(({ socket }) => socket.resetAndDestroy());
      const error = await failure(open()(provider.url, post()));
      expect([error.message, error.cause!.code]).toEqual(['fetch failed', 'ECONNRESET']);
    });

    it.each([
      ['shorter than its length', 'content-length: 9\r\n\r\none', 'UND_ERR_SOCKET'],
      ['in a chunk', 'transfer-encoding: chunked\r\n\r\n9\r\none', 'UND_ERR_SOCKET'],
    ])('%s', async (_, rest, code) => {
      await start(({ socket }) => socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
      const response = await open()(provider.url, post());
      const error = await failure(response.text());
      expect(error).toBeInstanceOf(TypeError);
      expect([error.message, error.cause!.code]).toEqual(['terminated', code]);
    });

    it('by a chunk that is none', async () => {
      await start(({ socket }) =>
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\nnot a length\r\n'),
      );
      const error = await failure(open()(provider.url, post()).then((response) => response.text()));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.cause!.name).toBe('HTTPParserError');
    });
  });

  it.each([
    ['no content', post(), 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['not modified', get(), 'HTTP/1.1 304 Not Modified\r\n\r\n', 304],
    ['HEAD', get({ method: 'HEAD' }), 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n', 200],
  ])('%s has no body', async (_, request, bytes, status) => {
    await start(({ socket }) => socket.write(bytes));
    const send = open();
    for (let n = 0; n < 2; n++) {
      const response = await send(provider.url, request);
      expect([response.status, response.body]).toEqual([status, null]);
    }
  });

  it('passes over what comes before an answer, and what comes behind it', async () => {
    await start(({ socket }) =>
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ntrailer: x-t\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n0\r\nx-t: 1\r\n\r\n',
      ),
    );
    const response = await open()(provider.url, post());
    expect([response.status, response.headers.get('link'), await response.text()]).toEqual([200, null, 'one']);
    expect(response.headers.get('x-t')).toBe(null);
  });

  it('does not go where it is sent', async () => {
    await start(({ socket }) => socket.write(answer('', 'location: /elsewhere\r\n', '307 Temporary Redirect')));
    const response = await open()(provider.url, post());
    expect([response.status, response.headers.get('location')]).toEqual([307, '/elsewhere']);
    expect(provider.requests.length).toBe(1);
  });

  it('refuses headers without an end', async () => {
    await start(({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nx-a: ${'x'.repeat(100_000)}\r\n\r\n`));
    const error = await failure(open()(provider.url, post()));
    expect([error.message, error.cause!.code]).toEqual(['fetch failed', 'UND_ERR_HEADERS_OVERFLOW']);
  });

  it('reads values byte by byte', async () => {
    await start(({ socket }) =>
      socket.write(Buffer.from(answer('').toString().replace('OK\r\n', 'OK\r\nx-a: \u00e9\r\n'), 'latin1')),
    );
    expect((await open()(provider.url, post())).headers.get('x-a')).toBe('\u00e9');
  });

  describe('an encoded answer', () => {
    const text = 'some text, '.repeat(10_000);

    it.each([
      ['gzip', gzipSync(text)],
      ['x-gzip', gzipSync(text)],
      ['deflate', deflateSync(text)],
      ['deflate', deflateRawSync(text)],
      ['br', brotliCompressSync(text)],
      ['gzip, br', brotliCompressSync(gzipSync(text))],
      ['GZIP', gzipSync(text)],
    ])('%s is decoded', async (coding, bytes) => {
      await start(({ socket }) => socket.write(answer(bytes, `content-encoding: ${coding}\r\n`)));
      const send = open();
      for (let n = 0; n < 2; n++) {
        const response = await send(provider.url, post());
        expect(await response.text()).toBe(text);
        expect(response.headers.get('content-encoding')).toBe(coding);
        await idle();
      }
      expect(provider.sockets.length).toBe(1);
    });

    it('of a kind that is not known stays as it is', async () => {
      await start(({ socket }) => socket.write(answer('bytes', 'content-encoding: unknown\r\n')));
      expect(await (await open()(provider.url, post())).text()).toBe('bytes');
    });

    it('that is empty is empty', async () => {
      await start(({ socket }) => socket.write(answer('', 'content-encoding: gzip\r\n')));
      expect(await (await open()(provider.url, post())).text()).toBe('');
    });

    it('that is broken fails', async () => {
      await start(({ socket }) => socket.write(answer('no gzip', 'content-encoding: gzip\r\n')));
      const response = await open()(provider.url, post());
      const error = await failure(response.text());
      expect(error).toBeInstanceOf(TypeError);
      expect([error.message, error.cause!.code]).toEqual(['terminated', 'Z_DATA_ERROR']);
    });

    it('is refused when it is encoded over and over', async () => {
      const codings = Array.from({ length: 6 }, () => 'gzip').join(', ');
      await start(({ socket }) => socket.write(answer('x', `content-encoding: ${codings}\r\n`)));
      expect((await failure(open()(provider.url, post()))).message).toBe('fetch failed');
    });

    it('is decoded no faster than it is read, and can be left at any time', async () => {
      const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
      await start(({ socket }) => socket.write(answer(bomb, 'content-encoding: gzip\r\n')));
      const response = await open()(provider.url, post());
      const before = process.memoryUsage().arrayBuffers;
      const reader = response.body!.getReader();
      for (let n = 0; n < 3; n++) await reader.read();
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
      await reader.cancel();
    });

    it('whose caller goes away while nothing comes is let go', async () => {
      const caller = new AbortController();
      const head = 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n';
      await start(({ socket }) => socket.write(head));
      const response = await open()(provider.url, post('{}', { signal: caller.signal }));
      const reading = failure(response.text());
      caller.abort(new Error('gone'));
      expect((await reading).message).toBe('gone');
      await vi.waitFor(() => expect(provider.sockets[0]!.destroyed || provider.sockets[0]!.readableEnded).toBe(true));
    });
  });

  it('reaches an address of six', async () => {
    await start(({ socket }) => socket.write(answer('six')), '::1');
    expect(await (await open()(provider.url, post())).text()).toBe('six');
  });
});

/** A body that is read in one go, by whoever guards it. */
describe.each([
  { way: 'fetch', open: (): Transport => fetchTransport((input, init) => globalThis.fetch(input, init)) },
  { way: 'our connections', open: openedTransport },
])('whole, by $way', ({ open }) => {
  const text = async (given: Promise<ProviderAnswer>, limit = 100): Promise<string> =>
    new TextDecoder().decode(await (await given).bytes(limit));

  it('is the same however it is cut', async () => {
    const bytes = chunked(['one ', 'twö', ' three']);
    await start(({ socket }, nth) => {
      socket.write(bytes.subarray(0, nth + 1), () => setImmediate(() => socket.write(bytes.subarray(nth + 1))));
    });
    const send = open();
    for (let at = 1; at < bytes.length; at++) {
      expect(await text(send(provider.url, post()))).toBe('one twö three');
      await idle();
    }
    expect(provider.sockets.length).toBe(1);
  });

  it.each([
    ['with a length', answer('x'.repeat(101))],
    ['in chunks', chunked(['x'.repeat(60), 'x'.repeat(41)])],
    ['once it is decoded', answer(gzipSync('x'.repeat(101)), 'content-encoding: gzip\r\n')],
  ])('is no larger than it may be: %s', async (_, bytes) => {
    await start(({ socket }) => socket.write(bytes));
    const send = open();
    expect(await failure(text(send(provider.url, post())))).toMatchObject({ code: 'provider_response_unreadable' });
    await idle();
    expect(await text(send(provider.url, post()), 101)).toBe('x'.repeat(101));
  });

  it('may be larger than what waits for a stream', async () => {
    await start(({ socket }) => socket.write(answer('x'.repeat(300_000))));
    expect((await text(open()(provider.url, post()), 300_000)).length).toBe(300_000);
  });

  it('may have come before it was asked for', async () => {
    await start(({ socket }) => socket.write(answer('{}')));
    const found = await open()(provider.url, post());
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(new TextDecoder().decode(await found.bytes(10))).toBe('{}');
  });

  it.each([
    ['no content', post(), 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['no bytes', post(), 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['HEAD', get({ method: 'HEAD' }), 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'],
  ])('is empty where there is none: %s', async (_, request, bytes) => {
    await start(({ socket }) => socket.write(bytes));
    expect(await text(open()(provider.url, request))).toBe('');
  });

  it('breaks with its connection', async () => {
    await start(({ socket }) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none'));
    const error = await failure(text(open()(provider.url, post())));
    expect([error.message, error.cause!.code]).toEqual(['terminated', 'UND_ERR_SOCKET']);
  });

  it.each([true, false])('ends with its caller (begun: %s)', async (begun) => {
    const gone = new Error('gone');
    const caller = new AbortController();
    await start(({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none'));
    const found = await open()(provider.url, post('{}', { signal: caller.signal }));
    const reading = begun ? failure(found.bytes(100)) : undefined;
    caller.abort(gone);
    expect(await (reading ?? failure(found.bytes(100)))).toBe(gone);
    await vi.waitFor(() => expect(provider.sockets[0]!.destroyed || provider.sockets[0]!.readableEnded).toBe(true));
  });
});

describe('our connections', () => {
  it('ask for no encoding, unless the client does', async () => {
    await start(({ socket }) => socket.write(answer('{}')));
    const { send } = opened();
    await (await send(provider.url, get())).text();
    await (await send(provider.url, get({ headers: HeaderList.from([['accept-encoding', 'br']]) }))).text();
    expect(provider.requests.map(({ head }) => /accept-encoding: (.*)/i.exec(head)?.[1])).toEqual([undefined, 'br']);
  });

  it('are let go', async () => {
    await start(({ socket }) => socket.write(answer('{}')));
    pooled = pooledTransport(never);
    await (await toClient(pooled.send)(provider.url, post())).text();
    pooled.close();
    await vi.waitFor(() => expect(provider.sockets[0]!.destroyed || provider.sockets[0]!.readableEnded).toBe(true));
    await (await toClient(pooled.send)(provider.url, post())).text();
    expect(provider.sockets.length).toBe(2);
  });

  it('are seen by whoever traces them', async () => {
    const seen: string[] = [];
    const onCreate = (message: unknown): void => {
      seen.push(`${(message as { request: { method: string; path: string } }).request.method}`);
    };
    subscribe('undici:request:create', onCreate);
    await start(({ socket }) => socket.write(answer('{}')));
    await (await opened().send(provider.url, post())).text();
    unsubscribe('undici:request:create', onCreate);
    expect(seen).toEqual(['POST']);
  });

  it('do not become those of the global fetch', async () => {
    const symbol = Symbol.for('undici.globalDispatcher.1');
    const before = (globalThis as Record<symbol, unknown>)[symbol];
    await start(({ socket }) => socket.write(answer('{}')));
    pooled = pooledTransport(never);
    await (await toClient(pooled.send)(provider.url, post())).text();
    expect((globalThis as Record<symbol, unknown>)[symbol]).toBe(before);
  });

  describe('are left alone', () => {
    const elsewhere = new Response('elsewhere');
    const send = toClient(pooledTransport(() => Promise.resolve(fetchedAnswer(elsewhere))).send);
    const url = new URL('http://127.0.0.1:9999/');

    it.each<[string, URL, OutgoingRequest]>([
      ['by a stream', url, post(undefined, { body: new ReadableStream() })],
      ['by a form', url, post(undefined, { body: new FormData() })],
      ['by parameters', url, post(undefined, { body: new URLSearchParams() })],
      ['by a dispatcher', url, post('{}', { init: { dispatcher: {} } as RequestInit })],
      ['by an option that fetch heeds', url, post('{}', { init: { integrity: 'sha256-x' } })],
      ['by a name in the URL', new URL('http://me@127.0.0.1:9999/'), post()],
      ['by a port of mail', new URL('http://127.0.0.1:25/'), post()],
      ['by a port of chat', new URL('http://127.0.0.1:6667/'), post()],
    ])('%s', async (_, to, request) => {
      expect(await send(to, request)).toBe(elsewhere);
    });

    it('while the global fetch is another', async () => {
      const own = globalThis.fetch;
      for (const fetch of [
        vi.fn(),
        (...call: Parameters<typeof own>) => own(...call),
        own.bind(globalThis),
        new Proxy(own, {}),
      ]) {
        vi.stubGlobal('fetch', fetch);
        expect(await send(url, post())).toBe(elsewhere);
      }
    });

    it('while the app says how to connect', async () => {
      const { Agent, EnvHttpProxyAgent, getGlobalDispatcher, MockAgent } = await import('undici');
      const before = getGlobalDispatcher();
      const composed = new Agent().compose((dispatch) => (options, handler) => dispatch(options, handler));
      try {
        for (const agent of [
          new MockAgent(),
          new EnvHttpProxyAgent(),
          new Agent({ connect: { timeout: 1 } }),
          composed,
        ]) {
          setGlobalDispatcher(agent);
          expect(await send(url, post())).toBe(elsewhere);
        }
        setGlobalDispatcher(new Agent());
        await start(({ socket }) => socket.write(answer('{}')));
        expect(await send(provider.url, post())).not.toBe(elsewhere);
      } finally {
        setGlobalDispatcher(before);
      }
    });
  });
});
