/** What goes on to a provider is a list; whatever else a client sends stays here, and so does what describes its connection. */
import { describe, expect, it } from 'vitest';
import { raw } from './raw.ts';
import { CHAT, HELD, KEY, serverWorld } from './support.ts';

const world = serverWorld();
const BODY = JSON.stringify(CHAT);

/** Everything that a proxy, a browser, a cloud or an attacker was seen to send. */
const STAY = [
  ...['cookie', 'set-cookie', 'x-api-key', 'api-key', 'x-goog-api-key', 'proxy-authorization', 'x-amz-security-token'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via', 'true-client-ip'],
  ...['cf-connecting-ip', 'x-original-url', 'x-rewrite-url', 'x-http-method-override', 'x-original-host', 'x-host'],
  ...[
    'traceparent',
    'tracestate',
    'baggage',
    'langsmith-trace',
    'b3',
    'x-b3-traceid',
    'x-amzn-trace-id',
    'sentry-trace',
  ],
  ...[
    'origin',
    'referer',
    'sec-fetch-site',
    'sec-ch-ua',
    'accept-language',
    'accept-encoding',
    'accept-charset',
    'dnt',
  ],
  ...[
    'if-none-match',
    'if-modified-since',
    'range',
    'cache-control',
    'pragma',
    'max-forwards',
    'priority',
    'early-data',
  ],
  ...['te', 'trailer', 'keep-alive', 'proxy-connection', 'http2-settings', 'expect-ct', 'alt-used', 'content-md5'],
  ...['content-location', 'content-disposition', 'content-language', 'digest', 'signature', 'x-secret', 'x-custom'],
  ...['x-portkey-custom-host', 'x-portkey-config', 'x-litellm-api-base', 'helicone-auth', 'cf-aig-authorization'],
  ...[
    'x-postern-exchange-id',
    'x-postern-request-id',
    'x-request-id',
    'x-gateway-customer',
    'x-gateway-metadata',
    'session_id',
  ],
  ...[
    'x-stainless-os',
    'x-stainless-lang',
    'chatgpt-account-id',
    'anthropic-dangerous-direct-browser-access',
    '__proto__',
  ],
];

describe('what a client sends', () => {
  it.each(STAY)('%s stays here', async (name) => {
    await world.start();
    const value = name === 'x-api-key' ? KEY : 'canary-of-a-header';
    const lines = [
      `Authorization: Bearer ${KEY}`,
      `${name}: ${value}`,
      'Content-Type: application/json',
      `Content-Length: ${BODY.length}`,
    ];
    const { answers } = await raw(
      world.port,
      `POST /openai/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n${BODY}`,
      1,
    );
    expect(answers.map(({ status }) => status)).toEqual([200]);
    expect(JSON.stringify(world.sent())).not.toContain('canary-of-a-header');
    expect(JSON.stringify(world.sent())).not.toContain('ptn_');
    expect(world.sent().headers.authorization).toBe(`Bearer ${HELD}`);
  });

  it.each([
    'accept',
    'content-type',
    'user-agent',
    'idempotency-key',
    'openai-beta',
    'openai-organization',
    'anthropic-version',
    'anthropic-beta',
    'x-goog-api-client',
    'http-referer',
    'x-title',
  ])('%s goes on', async (name) => {
    await world.start();
    const value = name === 'content-type' ? 'application/json; charset=utf-8' : 'as-it-came';
    await world.post('/openai/v1/chat/completions', CHAT, { authorization: `Bearer ${KEY}`, [name]: value });
    expect(world.sent().headers[name]).toBe(value);
  });

  it.each(['user-agent', 'openai-beta', 'close, x-title', 'authorization', 'content-length', 'host'])(
    'what Connection names is of the connection: %s',
    async (names) => {
      await world.start();
      const lines = [
        ...[
          `Authorization: Bearer ${KEY}`,
          `Connection: ${names}`,
          'User-Agent: canary',
          'OpenAI-Beta: canary',
          'X-Title: canary',
        ],
        ...['Content-Type: application/json', `Content-Length: ${BODY.length}`],
      ];
      const { answers } = await raw(
        world.port,
        `POST /openai/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n${BODY}`,
        1,
      );
      expect(answers.map(({ status }) => status)).toEqual([200]);
      const { headers } = world.sent();
      for (const name of names.split(', ')) expect(headers[name] ?? '').not.toBe('canary');
      expect(headers.connection).not.toContain('title');
      expect(headers).toMatchObject({ authorization: `Bearer ${HELD}`, 'content-length': String(BODY.length) });
      expect(headers.host).toBe(new URL(world.provider.origin).host);
    },
  );
});

it('a whole answer leaves with its length', async () => {
  await world.start();
  const response = await world.post('/openai/v1/chat/completions', CHAT, { authorization: `Bearer ${KEY}` });
  const { length } = new TextEncoder().encode(await response.text());
  expect(response.headers.get('content-length')).toBe(String(length));
  expect(response.headers.has('transfer-encoding')).toBe(false);
});

describe('what a client says of the way', () => {
  it.each([
    ['/openai/v1/chat/completions?base_url=https://evil.example', {}],
    [
      '/openai/v1/chat/completions',
      { 'x-portkey-custom-host': 'https://evil.example', 'x-forwarded-host': 'evil.example' },
    ],
    ['/providers/__proto__/v1/chat/completions', {}],
    ['/providers/constructor/v1/chat/completions', {}],
    ['/providers/toString/v1/models', {}],
    ['/constructor/v1/chat/completions', {}],
    ['/__proto__/v1/chat/completions', {}],
  ])('leads nowhere else: %s %j', async (path, headers) => {
    await world.start({ customProviders: { own: { baseURL: world.provider.baseURL, model: 'm' } } });
    const response = await world.post(
      path,
      { ...CHAT, api_base: 'https://evil.example', base_url: 'https://evil.example' },
      {
        authorization: `Bearer ${KEY}`,
        ...(headers as Record<string, string>),
      },
    );
    if (path.startsWith('/openai')) expect(response.status).toBe(200);
    else expect([404, 501]).toContain(response.status);
    for (const { headers: sent } of world.provider.requests)
      expect(sent.host).toBe(new URL(world.provider.origin).host);
  });
});
