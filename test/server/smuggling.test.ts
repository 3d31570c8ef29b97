/**
 * Requests that two servers could read differently, byte by byte: each is refused, or read in the one way that there is; and a provider never
 * gets a request that was hidden in another, or one twice.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { raw } from './raw.ts';
import { CHAT, KEY, serverWorld } from './support.ts';

const world = serverWorld();
const BODY = JSON.stringify(CHAT);
const HIDDEN = `POST /openai/v1/embeddings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n{"model":"hidden","input":"text"}`;

interface Parts {
  readonly line?: string;
  readonly host?: string;
  readonly fields?: readonly string[];
  readonly body?: string;
}

/** A good request but for what is said. */
function request({
  line = 'POST /openai/v1/chat/completions HTTP/1.1',
  host = 'Host: localhost\r\n',
  fields = [length(BODY)],
  body = BODY,
}: Parts = {}): string {
  const own = [`Authorization: Bearer ${KEY}`, 'Content-Type: application/json', ...fields];
  return `${line}\r\n${host}${own.join('\r\n')}\r\n\r\n${body}`;
}
const length = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}`;
const chunk = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n`;
const CHUNKED = `${chunk(BODY)}0\r\n\r\n`;
const CHUNKED_FIELD = 'Transfer-Encoding: chunked';

it('a good request passes once, so that what is refused below is refused for its own sake', async () => {
  await world.start();
  const { answers } = await raw(world.port, request(), 1);
  expect(answers.map(({ status }) => status)).toEqual([200]);
  expect(world.provider.requests.map(({ body }) => body)).toEqual([BODY]);
});

it.each([
  CHUNKED,
  `${chunk(BODY)}0\r\nTrailer-Field: x\r\n\r\n`,
  `${chunk(BODY.slice(0, 7))}${chunk(BODY.slice(7))}0\r\n\r\n`,
  `${BODY.length.toString(16)};ext=1\r\n${BODY}\r\n0\r\n\r\n`,
])('a chunked body is read as one, and sent on with a length: %j', async (body) => {
  await world.start();
  const { answers } = await raw(world.port, request({ fields: [CHUNKED_FIELD], body }), 1);
  expect(answers.map(({ status }) => status)).toEqual([200]);
  expect(world.provider.requests.map((sent) => sent.body)).toEqual([BODY]);
  expect(world.sent().headers).not.toHaveProperty('transfer-encoding');
  expect(world.sent().headers).not.toHaveProperty('trailer-field');
  expect(world.sent().headers['content-length']).toBe(String(BODY.length));
});

/** Each with a request behind it that must not be seen. */
const REFUSED: readonly (readonly [name: string, request: string])[] = [
  ['length and chunks', request({ fields: [length(CHUNKED + HIDDEN), CHUNKED_FIELD], body: CHUNKED + HIDDEN })],
  ['chunks and length', request({ fields: [CHUNKED_FIELD, 'Content-Length: 4'], body: CHUNKED + HIDDEN })],
  ['two lengths', request({ fields: [length(BODY), 'Content-Length: 4'], body: BODY + HIDDEN })],
  ['the same length twice', request({ fields: [length(BODY), length(BODY)], body: BODY + HIDDEN })],
  [
    'two lengths in one field',
    request({ fields: [`Content-Length: ${BODY.length}, ${BODY.length}`], body: BODY + HIDDEN }),
  ],
  ['a length with a sign', request({ fields: [`Content-Length: +${BODY.length}`], body: BODY + HIDDEN })],
  ['a negative length', request({ fields: ['Content-Length: -1'], body: BODY + HIDDEN })],
  ['a length in hex', request({ fields: [`Content-Length: 0x${BODY.length.toString(16)}`], body: BODY + HIDDEN })],
  ['a length with a space in it', request({ fields: ['Content-Length: 4 4'], body: BODY + HIDDEN })],
  ['an empty length', request({ fields: ['Content-Length:'], body: BODY + HIDDEN })],
  ['a length too large for a number', request({ fields: ['Content-Length: 99999999999999999999'], body: BODY })],
  ['chunked, identity', request({ fields: ['Transfer-Encoding: chunked, identity'], body: CHUNKED + HIDDEN })],
  ['identity', request({ fields: ['Transfer-Encoding: identity', length(BODY)], body: BODY + HIDDEN })],
  ['gzip, chunked', request({ fields: ['Transfer-Encoding: gzip, chunked'], body: CHUNKED + HIDDEN })],
  ['chunked twice', request({ fields: [CHUNKED_FIELD, CHUNKED_FIELD], body: CHUNKED + HIDDEN })],
  ['xchunked', request({ fields: ['Transfer-Encoding: xchunked'], body: CHUNKED + HIDDEN })],
  ['xchunked with a length', request({ fields: ['Transfer-Encoding: xchunked', length(BODY)], body: BODY + HIDDEN })],
  ['chunked in quotes', request({ fields: ['Transfer-Encoding: "chunked"'], body: CHUNKED + HIDDEN })],
  ['chunked behind a tab', request({ fields: ['Transfer-Encoding: \x0bchunked'], body: CHUNKED + HIDDEN })],
  ['a chunk size in another base', request({ fields: [CHUNKED_FIELD], body: `0x5\r\nabcde\r\n0\r\n\r\n${HIDDEN}` })],
  ['a negative chunk size', request({ fields: [CHUNKED_FIELD], body: `-5\r\nabcde\r\n0\r\n\r\n${HIDDEN}` })],
  ['a chunk longer than it says', request({ fields: [CHUNKED_FIELD], body: `5\r\nabcdefgh\r\n0\r\n\r\n${HIDDEN}` })],
  ['chunks that end in bare LF', request({ fields: [CHUNKED_FIELD], body: `5\nabcde\n0\n\n${HIDDEN}` })],
  [
    'a chunk size that overflows',
    request({ fields: [CHUNKED_FIELD], body: `fffffffffffffffff\r\nabcde\r\n0\r\n\r\n${HIDDEN}` }),
  ],
  ['a folded field', request({ fields: ['X-A: b\r\n c: d', length(BODY)], body: BODY + HIDDEN })],
  ['a folded length', request({ fields: [`Content-Length:\r\n ${BODY.length}`], body: BODY + HIDDEN })],
  ['bare LF between fields', request({ fields: [`X-A: b\nContent-Length: ${BODY.length}`], body: BODY + HIDDEN })],
  ['bare CR in a value', request({ fields: ['X-A: b\rContent-Length: 4', length(BODY)], body: BODY + HIDDEN })],
  ['NUL in a value', request({ fields: ['X-A: b\0c', length(BODY)], body: BODY + HIDDEN })],
  ['a space before the colon', request({ fields: [`Content-Length : ${BODY.length}`], body: BODY + HIDDEN })],
  [
    'a space before the colon of the coding',
    request({ fields: ['Transfer-Encoding : chunked'], body: CHUNKED + HIDDEN }),
  ],
  ['a space before a name', request({ host: ` X: y\r\nHost: localhost\r\n`, body: BODY + HIDDEN })],
  ['a field without a name', request({ fields: [': x', length(BODY)], body: BODY + HIDDEN })],
  ['a field without a colon', request({ fields: ['NoColon', length(BODY)], body: BODY + HIDDEN })],
  ['letters that are none in a name', request({ fields: ['X-\xe9: x', length(BODY)], body: BODY + HIDDEN })],
  ['content_length', request({ fields: ['Content_Length: 4', length(BODY)], body: BODY + HIDDEN })],
  ['transfer_encoding', request({ fields: ['Transfer_Encoding: chunked', length(BODY)], body: BODY + HIDDEN })],
  ['x_api_key', request({ fields: [`X_Api_Key: ${KEY}`, length(BODY)], body: BODY + HIDDEN })],
  ['x_gateway_team', request({ fields: ['X_Gateway-Team: a', length(BODY)], body: BODY + HIDDEN })],
  ['no host', request({ host: '', body: BODY + HIDDEN })],
  ['two hosts', request({ host: 'Host: localhost\r\nHost: evil.example\r\n', body: BODY + HIDDEN })],
  ['the same host twice', request({ host: 'Host: localhost\r\nHost: localhost\r\n', body: BODY + HIDDEN })],
  ['two hosts in one', request({ host: 'Host: localhost, evil.example\r\n', body: BODY + HIDDEN })],
  ['an empty host', request({ host: 'Host:\r\n', body: BODY + HIDDEN })],
  ['a host with a user', request({ host: 'Host: a@localhost\r\n', body: BODY + HIDDEN })],
  ['a host with a path', request({ host: 'Host: localhost/x\r\n', body: BODY + HIDDEN })],
  [
    'no host in HTTP/1.0',
    request({ line: 'POST /openai/v1/chat/completions HTTP/1.0', host: '', body: BODY + HIDDEN }),
  ],
  ['a whole URL', request({ line: 'POST http://localhost/openai/v1/chat/completions HTTP/1.1', body: BODY + HIDDEN })],
  [
    'a whole URL of another host',
    request({ line: 'POST http://evil.example/openai/v1/chat/completions HTTP/1.1', body: BODY + HIDDEN }),
  ],
  ['a host and port alone', request({ line: 'CONNECT api.openai.com:443 HTTP/1.1', body: HIDDEN })],
  ['an asterisk', request({ line: 'OPTIONS * HTTP/1.1', body: BODY + HIDDEN })],
  ['a path without a slash', request({ line: 'POST openai/v1/chat/completions HTTP/1.1', body: BODY + HIDDEN })],
  ['a space in the path', request({ line: 'POST /openai/v1/chat/completions x HTTP/1.1', body: BODY + HIDDEN })],
  ['a tab before the version', request({ line: 'POST /openai/v1/chat/completions\tHTTP/1.1', body: BODY + HIDDEN })],
  ['another version', request({ line: 'POST /openai/v1/chat/completions HTTP/3.7', body: BODY + HIDDEN })],
  ['no version', request({ line: 'POST /openai/v1/chat/completions', body: BODY + HIDDEN })],
  ['HTTP/2 by prior knowledge', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${HIDDEN}`],
  ['a method in lower case', request({ line: 'post /openai/v1/chat/completions HTTP/1.1', body: BODY + HIDDEN })],
  ['a method that is none', request({ line: 'GETPOST /openai/v1/chat/completions HTTP/1.1', body: BODY + HIDDEN })],
  [
    'two keys',
    request({ fields: [`Authorization: Bearer ptn_somebody-elses-key-00`, length(BODY)], body: BODY + HIDDEN }),
  ],
  ['two content types', request({ fields: ['Content-Type: text/plain', length(BODY)], body: BODY + HIDDEN })],
  [
    'two content codings',
    request({ fields: ['Content-Encoding: gzip', 'Content-Encoding: identity', length(BODY)], body: BODY + HIDDEN }),
  ],
  [
    'WebSocket',
    request({
      fields: [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        length(BODY),
      ],
      body: BODY + HIDDEN,
    }),
  ],
  [
    'an upgrade to TLS',
    request({ fields: ['Connection: Upgrade', 'Upgrade: TLS/1.2', length(BODY)], body: BODY + HIDDEN }),
  ],
  ['what it expects is unknown', request({ fields: ['Expect: 200-ok', length(BODY)], body: BODY + HIDDEN })],
  [
    '2,000 fields',
    request({ fields: [...Array.from({ length: 2_000 }, (_, i) => `a${i}:`), length(BODY)], body: BODY + HIDDEN }),
  ],
  [
    '101 fields',
    request({ fields: [...Array.from({ length: 98 }, (_, i) => `X-${i}: y`), length(BODY)], body: BODY + HIDDEN }),
  ],
  ['17 KiB of fields', request({ fields: [`X-A: ${'x'.repeat(17 * 1024)}`, length(BODY)], body: BODY + HIDDEN })],
  [
    '17 KiB of path',
    request({ line: `POST /openai/v1/chat/completions?${'x'.repeat(17 * 1024)} HTTP/1.1`, body: BODY + HIDDEN }),
  ],
  ['something that is no HTTP', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${HIDDEN}`],
];

describe('is refused, and nothing of it is sent', () => {
  it.each(REFUSED)('%s', async (_name, bytes) => {
    await world.start();
    const { answers, text } = await raw(world.port, bytes, 3);
    const hidden = answers.slice(1).filter(({ status }) => status < 400);
    expect(answers[0]?.status ?? 400, text).toBeGreaterThanOrEqual(400);
    // A request line after a body that was bounded by its length is a request of its own, sent by the same client on purpose.
    expect(world.provider.requests.filter(({ url }) => url.includes('chat'))).toEqual([]);
    expect(hidden.length).toBe(world.provider.requests.length);
    expect(text).not.toContain(KEY);
    for (const { headers } of answers) expect(headers['x-postern-request-id']).toMatch(/^[\da-f-]{36}$/);
  });
});

it('no bytes put into a good request, or taken out of it, make another of it', async () => {
  await world.start({ limits: { bodyIdleMs: 100 } });
  const good = request() + HIDDEN.replace('/openai/v1/embeddings', '/nowhere');
  const inserts = [
    '\r\n',
    '\n',
    '\r',
    ' ',
    '\t',
    '\0',
    ':',
    ',',
    '0',
    '\x7f',
    '\xff',
    'chunked',
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 0\r\n',
    'Host: evil.example\r\n',
    '0\r\n\r\n',
  ];
  const mutation = fc.record({
    at: fc.nat(request().length),
    remove: fc.nat(4),
    insert: fc.constantFrom('', ...inserts),
  });
  const mutants = fc.array(fc.array(mutation, { minLength: 1, maxLength: 3 }), { minLength: 20, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(mutants, async (batch) => {
      world.provider.requests.length = 0;
      const mutated = batch.map((mutations) =>
        mutations.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), good),
      );
      const results = await Promise.all(mutated.map((bytes) => raw(world.port, bytes, 2, { endAfterMs: 500 })));
      const answers = results.flatMap((result) => result.answers);
      const passed = answers.filter(({ status }) => status === 200).length;
      // A good request with broken bytes behind it was sent, though its client reads a 400; none was sent twice.
      expect(world.provider.requests.length).toBeGreaterThanOrEqual(passed);
      expect(world.provider.requests.length).toBeLessThanOrEqual(batch.length);
      for (const { url, headers, body } of world.provider.requests) {
        // What stands before an operation is the provider's to know.
        expect(url).toMatch(/^\/v1\/(?:[^?]*\/)?completions\/?(?:\?|$)/);
        expect(headers.host).toBe(new URL(world.provider.origin).host);
        // A byte that is no UTF-8 is read as U+FFFD, which has three.
        expect(headers['content-length']).toBe(String(Buffer.byteLength(body.replaceAll('\uFFFD', '?'))));
        expect(headers).not.toHaveProperty('transfer-encoding');
        expect(JSON.stringify(headers)).not.toContain('ptn_');
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 60_000);

describe('is read in one way', () => {
  it('a request inside of a body is text', async () => {
    await world.start();
    const body = JSON.stringify({ ...CHAT, messages: [{ role: 'user', content: HIDDEN }] });
    const { answers } = await raw(world.port, request({ fields: [length(body)], body }), 1);
    expect(answers.map(({ status }) => status)).toEqual([200]);
    expect(world.provider.requests.map((sent) => sent.body)).toEqual([body]);
  });

  it('requests one behind another are each answered once, in order', async () => {
    await world.start();
    const { answers } = await raw(world.port, request() + HIDDEN + request(), 3);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ body }) => (JSON.parse(body) as { object: string }).object)).toEqual([
      'chat.completion',
      'list',
      'chat.completion',
    ]);
    expect(world.provider.requests).toHaveLength(3);
  });

  it.each(['Upgrade: h2c', 'upgrade: H2C'])('an offer of HTTP/2 that nobody has to take: %s', async (field) => {
    await world.start();
    const fields = ['Connection: Upgrade, HTTP2-Settings', field, 'HTTP2-Settings: AAMAAABkAAQAoAAA', length(BODY)];
    const { answers } = await raw(world.port, request({ fields }), 1);
    expect(answers.map(({ status }) => status)).toEqual([200]);
    expect(world.sent().headers).not.toHaveProperty('upgrade');
  });

  it('Expect: 100-continue is told to go on once the request is found good, and not before', async () => {
    await world.start();
    const good = await raw(
      world.port,
      [request({ fields: ['Expect: 100-continue', length(BODY)], body: '' }), BODY],
      1,
    );
    expect(good.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    const unknown = request({ fields: ['Expect: 100-continue', length(BODY)], body: '' }).replace(KEY, 'nobodys');
    const bad = await raw(world.port, unknown, 1);
    expect(bad.text).toMatch(/^HTTP\/1\.1 401 /);
    const large = request({ fields: ['Expect: 100-continue', 'Content-Length: 999999999'], body: '' });
    expect((await raw(world.port, large, 1)).text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('a body that never comes whole is never acted on', async () => {
    await world.start({ limits: { bodyIdleMs: 50 } });
    const { answers } = await raw(world.port, request({ fields: [length(`${BODY} `)] }), 1);
    expect(answers.map(({ status }) => status)).toEqual([408]);
    expect(world.provider.requests).toEqual([]);
  });

  it.each([
    '/openai/v1/chat%2fcompletions',
    '/openai/v1/../openai/v1/chat/completions',
    '/openai/v1/%2e%2e/v1/chat/completions',
    '//openai/v1/chat/completions',
    '/openai//v1/chat/completions',
    '/openai/v1/chat/completions/%00',
    '/OPENAI/v1/chat/completions',
    '/openai/v1/chat/completions;x=1',
    '/openai/v1/chat\\completions',
  ])('another spelling of a path is another path: %s', async (path) => {
    await world.start();
    const { answers } = await raw(world.port, request({ line: `POST ${path} HTTP/1.1` }), 1);
    expect(answers[0]!.status).toBeGreaterThanOrEqual(400);
    expect(world.provider.requests).toEqual([]);
  });
});
