/** Everything through a remote gateway: another base URL, another key, the same rules. */
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { createGateway, redact, spendCap } from '../../src/index.ts';

let remote: FakeProvider;
beforeEach(async () => {
  remote = await startFakeProvider();
});
afterEach(() => remote.close());

const ask = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'ada@example.com' }] };

it('sends the operation below the gateway’s base URL with the gateway’s key', async () => {
  const gateway = createGateway({
    policies: [redact()],
    upstream: { baseURL: `${remote.baseURL}/`, headers: { 'x-api-key': 'of-the-gateway' } },
  });
  const openai = new OpenAI({ apiKey: 'of-the-client', fetch: gateway.fetch });
  remote.reply = 'Hi <EMAIL_ADDRESS_1>';

  const answer = await openai.chat.completions.create(ask);
  await openai.models.list();

  expect(answer.choices[0]!.message.content).toBe('Hi ada@example.com');
  expect(remote.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /v1/chat/completions',
    'GET /v1/models',
  ]);
  for (const { headers } of remote.requests) {
    expect(headers).toMatchObject({ 'x-api-key': 'of-the-gateway' });
    expect(headers).not.toHaveProperty('authorization');
  }
});

it('keeps a base path, the query and, when so configured, the client’s key', async () => {
  const baseURL = remote.baseURL.replace('/v1', '/team/openai/v1');
  const gateway = createGateway({ upstream: { baseURL, forwardAuth: true } });
  await gateway.fetch('https://api.openai.com/v1/chat/completions?trace=1', {
    method: 'POST',
    headers: { authorization: 'Bearer mine' },
    body: JSON.stringify(ask),
  });
  expect(remote.requests[0]).toMatchObject({
    url: '/team/openai/v1/chat/completions?trace=1',
    headers: { authorization: 'Bearer mine' },
  });
});

it('passes the remote gateway’s own 402 on, without its wish to be retried', async () => {
  const gateway = createGateway({ upstream: { baseURL: remote.baseURL } });
  remote.intercept = (_request, response) => {
    response.writeHead(402, { 'content-type': 'application/json', 'x-should-retry': 'true' });
    response.end('{"error":{"message":"budget","code":"their_budget","type":"x","param":null}}');
    return true;
  };
  const openai = new OpenAI({ apiKey: 'k', fetch: gateway.fetch });
  await expect(openai.chat.completions.create(ask)).rejects.toMatchObject({ status: 402, code: 'their_budget' });
  expect(remote.requests).toHaveLength(1);
});

it('does not follow redirects, which would carry the key and the body to another host', async () => {
  const gateway = createGateway();
  const other = await startFakeProvider();
  remote.intercept = (_request, response) => {
    response.writeHead(307, { location: `${other.baseURL}/chat/completions` });
    response.end();
    return true;
  };
  const response = await gateway.fetch(`${remote.baseURL}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(ask),
  });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ error: { code: 'provider_redirected' } });
  expect(gateway.stats.open).toBe(0);
  expect(other.requests).toHaveLength(0);
  await other.close();
});

it('tells what happened in a header of every answer, with counts and without values', async () => {
  const gateway = createGateway({
    policies: [redact({ name: 'rédaction' }), spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })],
    upstream: { baseURL: remote.baseURL, streamUsage: true },
  });
  const post = (body: object): Promise<Response> =>
    gateway.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body: JSON.stringify(body) });
  const metadata = (response: Response): unknown => JSON.parse(response.headers.get('x-postern-metadata')!);

  const whole = await post(ask);
  expect(metadata(whole)).toEqual({
    id: expect.any(String),
    outcome: 'completed',
    policies: ['rédaction', 'cap'],
    redactions: { EMAIL_ADDRESS: 1 },
    cost_usd: 0.0000087,
  });
  const stream = await post({ ...ask, stream: true });
  expect(metadata(stream)).toEqual({
    id: expect.any(String),
    outcome: 'streaming',
    policies: ['rédaction', 'cap'],
    redactions: { EMAIL_ADDRESS: 1 },
  });
  await stream.text();
  const refused = await post({ ...ask, model: 'gpt-4', max_tokens: 1_000_000 });
  expect(metadata(refused)).toEqual({
    id: expect.any(String),
    outcome: 'blocked',
    reason: 'spend_cap_reached',
    policies: ['rédaction', 'cap'],
    redactions: { EMAIL_ADDRESS: 1 },
  });
  await gateway.close();
  expect(gateway.stats).toMatchObject({ open: 0, observerFailures: 0 });
});
