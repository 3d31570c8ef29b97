/** Canaries in every secret: none of them is in a byte of a log, a span, an error, an answer or somebody else's request. */
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGateway, decisionLog, redact, spendCap } from '../../src/index.ts';
import { type GatewayServerOptions, jsonLogger, type LogEntry } from '../../src/server/index.ts';
import { raw } from './raw.ts';
import { CHAT, DISABLED, EXPIRED, HELD, KEY, KEY_NAME, serverWorld } from './support.ts';

const world = serverWorld();
const PATH = '/openai/v1/chat/completions';
const OAUTH = 'sk-ant-oat01-canary-of-a-login-0000000';
const QUERY_KEY = 'AIzaCanaryOfTheQuery00000000000000000000';
const EMAIL = 'canary@example.com';
const SECRETS = { KEY, DISABLED, EXPIRED, HELD, OAUTH, QUERY_KEY, EMAIL };

const spans = new InMemorySpanExporter();
const tracing = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
beforeAll(() => tracing.register());
afterAll(() => tracing.shutdown());

let lines: string[];
let decisions: unknown[];
beforeEach(() => {
  lines = [];
  decisions = [];
  spans.reset();
});

function watched(options: Partial<GatewayServerOptions> = {}): Partial<GatewayServerOptions> {
  const gateway = createGateway({
    policies: [
      redact({ entities: ['pii', 'secrets'] }),
      spendCap({ name: 'cap', limitUsd: 5, window: 'daily', per: 'user' }),
    ],
    observers: [decisionLog({ calls: true, onDecision: (record) => void decisions.push(record) })],
  });
  return { gateway, logger: jsonLogger({ write: (line) => lines.push(line) }, () => 0), ...options };
}
const entries = (): LogEntry[] => lines.map((line) => JSON.parse(line) as LogEntry);

/** Names of the secrets that stand in it. */
function found(text: string): string[] {
  return Object.entries(SECRETS).flatMap(([name, secret]) => (text.includes(secret) ? [name] : []));
}
const told = (): string =>
  lines.join('') +
  JSON.stringify(decisions) +
  JSON.stringify(
    spans.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
  );

const REQUESTS: readonly (readonly [name: string, path: string, headers: Record<string, string>, body: object])[] = [
  [
    'a call',
    PATH,
    { authorization: `Bearer ${KEY}` },
    { ...CHAT, messages: [{ role: 'user', content: EMAIL }], user: EMAIL },
  ],
  ['a stream', PATH, { 'x-api-key': KEY }, { ...CHAT, stream: true }],
  [
    'a login beside the key',
    '/anthropic/v1/messages',
    { 'x-api-key': KEY, authorization: `Bearer ${OAUTH}` },
    { ...CHAT, max_tokens: 9 },
  ],
  ['no key of the provider', '/anthropic/v1/messages', { 'x-api-key': KEY }, { ...CHAT, max_tokens: 9 }],
  [
    'a key in the query',
    `/gemini/v1beta/models/gemini-2.5-flash:generateContent?key=${QUERY_KEY}`,
    { 'x-goog-api-key': KEY },
    { contents: [{ parts: [{ text: 'Hi' }] }] },
  ],
  ['our key in the query', `${PATH}?key=${KEY}`, {}, CHAT],
  ['a disabled key', PATH, { authorization: `Bearer ${DISABLED}` }, CHAT],
  ['an expired key', PATH, { authorization: `Bearer ${EXPIRED}` }, CHAT],
  ['a key in the path', `/openai/v1/models/${KEY}/${EMAIL}`, { authorization: `Bearer ${KEY}` }, CHAT],
  ['a key as the model', PATH, { authorization: `Bearer ${KEY}` }, { ...CHAT, model: KEY }],
  [
    'a key as the model of a unified path',
    '/v1/chat/completions',
    { authorization: `Bearer ${KEY}` },
    { ...CHAT, model: `${HELD}/${KEY}` },
  ],
  ['a key as a custom provider', `/providers/${KEY}/v1/chat/completions`, { authorization: `Bearer ${KEY}` }, CHAT],
  ['a key as a trusted request id', PATH, { authorization: `Bearer ${KEY}`, 'x-request-id': KEY }, CHAT],
  [
    'a key in the body',
    PATH,
    { authorization: `Bearer ${KEY}` },
    { ...CHAT, messages: [{ role: 'user', content: `my key is ${KEY}` }] },
  ],
  ['broken fields', PATH, { authorization: `Bearer ${KEY}` }, { model: 7, stream: KEY, messages: KEY }],
];

describe('no secret is told by', () => {
  it.each(REQUESTS)('%s', async (_name, path, headers, body) => {
    await world.start(watched({ trustRequestIds: true }));
    const response = await world.post(path, body, headers);
    const answer = (await response.text()) + JSON.stringify([...response.headers]);
    await world.server.close();
    expect(lines.length).toBe(1);
    expect(found(told())).toEqual([]);
    // The caller's own text comes back to the caller, and a login goes to its own provider.
    expect(found(answer).filter((secret) => secret !== 'EMAIL')).toEqual([]);
    for (const sent of world.provider.requests) {
      const { authorization, 'x-api-key': _, ...rest } = sent.headers;
      const known = found(JSON.stringify({ ...sent, headers: rest })).filter((secret) => secret !== 'QUERY_KEY');
      expect([path, known]).toEqual([
        path,
        path.includes('/models/') || JSON.stringify(body).includes(KEY) ? known.filter((s) => s === 'KEY') : [],
      ]);
      expect(found(authorization ?? '')).toEqual(expect.not.arrayContaining(['KEY', 'DISABLED', 'EXPIRED']));
    }
  });

  it('what is no request', async () => {
    await world.start(watched());
    const { text } = await raw(
      world.port,
      `GET /x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${KEY}\r\nbad header\r\n\r\n`,
    );
    expect(found(text + told())).toEqual([]);
    expect(entries()).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'warn',
        event: 'bad_request',
        request_id: expect.any(String),
        status: 400,
        code: 'invalid_request',
        reason: expect.stringMatching(/^HPE_/),
      },
    ]);
  });

  it('a provider that repeats the key in its refusal', async () => {
    await world.start(watched());
    world.provider.intercept = ({ headers }, response) => {
      response
        .writeHead(401, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { message: `Incorrect API key: ${headers.authorization}` } }));
      return true;
    };
    const response = await world.post(PATH);
    expect(response.status).toBe(401);
    expect(found(told())).toEqual([]);
  });

  it('a configuration that holds a key instead of a reference', async () => {
    expect(() => world.create({ providers: { openai: { apiKey: HELD as never } } })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(HELD) }),
    );
  });

  it('a key that is not there', async () => {
    delete process.env[KEY_NAME];
    await world.start(watched());
    const response = await world.post(PATH);
    expect(response.status).toBe(424);
    expect(found((await response.text()) + told())).toEqual([]);
  });
});

describe('the log', () => {
  it('says of a request who, where, how and how much', async () => {
    await world.start(watched());
    const response = await world.post(`${PATH}?a=b`, { ...CHAT, stream: true });
    const bytes = Buffer.byteLength(await response.text());
    await world.server.close();
    expect(entries()).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'info',
        event: 'request',
        request_id: response.headers.get('x-postern-request-id'),
        method: 'POST',
        path: PATH,
        status: 200,
        duration_ms: expect.any(Number),
        key_id: 'key-1',
        provider: 'openai',
        model: 'gpt-4o-mini',
        policies: expect.any(Array),
        outcome: 'completed',
        bytes,
      },
    ]);
  });

  it.each([
    ['a refusal', PATH, { authorization: 'Bearer x' }, { level: 'info', status: 401, code: 'unauthorized' }],
    ['an unknown path', '/nowhere', {}, { level: 'info', status: 501, code: 'not_supported' }],
  ])('says of %s why', async (_name, path, headers, entry) => {
    await world.start(watched());
    await (await world.post(path, CHAT, headers as Record<string, string>)).text();
    await world.server.close();
    expect(entries()).toEqual([expect.objectContaining(entry)]);
  });

  it('says that a client went away', async () => {
    await world.start(watched());
    const gone = new AbortController();
    world.provider.intercept = () => {
      gone.abort();
      return new Promise(() => {});
    };
    const asked = fetch(world.url + PATH, {
      method: 'POST',
      body: JSON.stringify(CHAT),
      headers: { authorization: `Bearer ${KEY}` },
      signal: gone.signal,
    });
    await expect(asked).rejects.toThrow();
    await world.server.close();
    expect(entries()).toEqual([expect.objectContaining({ level: 'info', outcome: 'aborted', key_id: 'key-1' })]);
  });
});
