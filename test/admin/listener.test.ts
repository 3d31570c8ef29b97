/** The admin API on a real socket, asked by what no client library would send. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES } from '../../src/admin/read-body.ts';
import { type Listener, listenFetch } from '../../src/server/fetch-listener.ts';
import { ADMIN_TOKEN, call, type Opened, openAdmin } from './support/open-admin.ts';

let opened: Opened;
let listener: Listener;

beforeEach(async () => {
  opened = await openAdmin();
  listener = await listenFetch((request, info) => opened.admin.fetch(request, info), {
    ...{ port: 0, host: '127.0.0.1' },
    limits: { maxBodyBytes: MAX_BODY_BYTES },
  });
});
afterEach(async () => {
  opened.admin.close();
  const stopped = listener.stop();
  listener.cut();
  await stopped;
});

/** Sends the text as it is, and gives all that comes back until the server closes the connection. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(listener.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

const AUTH = `Authorization: Bearer ${ADMIN_TOKEN}\r\n`;
const HOST = 'Host: localhost\r\n';
const get = (path: string, headers = HOST + AUTH): string =>
  `GET ${path} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`;
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

describe('a request over a socket', () => {
  it('is answered with its id and the headers of security', async () => {
    const answer = await raw(get('/v1/whoami'));
    expect(statusOf(answer)).toBe(200);
    expect(answer).toMatch(/x-postern-request-id: [\da-f-]{36}\r\n/i);
    expect(answer).toMatch(/x-content-type-options: nosniff\r\n/i);
    expect(answer).toContain('{"name":"ops","role":"admin"}');
  });

  it.each([
    ['two hosts', get('/v1/keys', `${HOST}Host: evil.example\r\n${AUTH}`)],
    ['no host', get('/v1/keys', AUTH)],
    ['a whole URL', get('http://localhost/v1/keys')],
    ['dot segments', get('/assets/../v1/keys')],
    ['encoded dot segments', get('/assets/%2e%2e/v1/keys')],
    ['a fragment', get('/health#/v1/keys')],
    ['two tokens', get('/v1/keys', `${HOST}${AUTH}Authorization: Bearer other\r\n`)],
    [
      'a length and chunks',
      `POST /v1/keys HTTP/1.1\r\n${HOST}${AUTH}Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
    ],
    [
      'two lengths',
      `POST /v1/keys HTTP/1.1\r\n${HOST}${AUTH}Content-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello`,
    ],
    ['an underscore for a hyphen', get('/v1/keys', `${HOST}${AUTH}Content_Length: 5\r\n`)],
  ])('with %s is refused, and nothing is done', async (_, text) => {
    const answer = await raw(text);
    expect(statusOf(answer)).toBe(400);
    expect(answer).not.toContain(ADMIN_TOKEN);
    expect(opened.state.head.seq).toBe(0);
  });

  it('by another name is refused', async () => {
    expect(statusOf(await raw(get('/v1/keys', `Host: evil.example\r\n${AUTH}`)))).toBe(403);
  });

  it('with a body past the bound is refused, whether it says its length or not', async () => {
    const head = `POST /v1/keys HTTP/1.1\r\n${HOST}${AUTH}Content-Type: application/json\r\n`;
    const told = await raw(`${head}Content-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`);
    expect(statusOf(told)).toBe(413);
    const size = (MAX_BODY_BYTES + 1).toString(16);
    const chunked = await raw(`${head}Transfer-Encoding: chunked\r\n\r\n${size}\r\n${'x'.repeat(MAX_BODY_BYTES + 1)}`);
    expect(statusOf(chunked)).toBe(413);
  });

  it('makes a change once its body is whole', async () => {
    const body = JSON.stringify({ name: 'first' });
    const answer = await raw(
      `POST /v1/keys HTTP/1.1\r\n${HOST}${AUTH}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(statusOf(answer)).toBe(201);
    expect(opened.state.head.seq).toBe(1);
  });
});

describe('the stream over a socket', () => {
  it('gives events as they happen, and lets go when the client does', async () => {
    const gone = new AbortController();
    const response = await fetch(`${listener.url}/v1/events/stream`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      signal: gone.signal,
    });
    const reader = response.body!.getReader();
    await reader.read();
    await (await call(opened.gateway, { user: 'ada' })).text();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('"user":"ada"');
    expect(opened.admin.readers).toBe(1);
    gone.abort();
    await expect.poll(() => opened.admin.readers).toBe(0);
  });

  it('ends when the server does', async () => {
    const response = await fetch(`${listener.url}/v1/events/stream`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    opened.admin.close();
    expect(await response.text()).toContain('retry: 2000');
  });
});
