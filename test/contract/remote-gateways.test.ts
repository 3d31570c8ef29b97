/** Every kind of remote gateway, as a fake of it would see us: which path, whose key, what of its answers is believed. */
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeProvider, type ReceivedRequest, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { createGateway, type Gateway, type GatewayOptions, memoryLedger, spendCap } from '../../src/index.ts';
import { createGatewayServer, type GatewayServer } from '../../src/server/index.ts';

const CLIENT_KEY = 'sk-of-the-client';
const GATEWAY_KEY = 'key-of-the-gateway';
const BEARER = `Bearer ${GATEWAY_KEY}`;
const MESSAGES = [{ role: 'user' as const, content: 'Hello' }];

let remote: FakeProvider;
let origin: string;
beforeEach(async () => {
  remote = await startFakeProvider();
  origin = remote.baseURL.replace(/\/v1$/, '');
});
afterEach(() => remote.close());

function gatewayTo(kind: string, options: GatewayOptions = {}, baseURL = origin): Gateway {
  return createGateway({ ...options, upstream: { gateway: kind, baseURL, apiKey: GATEWAY_KEY } });
}

const clientOf = (gateway: Gateway, baseURL?: string): OpenAI =>
  new OpenAI({ apiKey: CLIENT_KEY, fetch: gateway.fetch, maxRetries: 0, ...(baseURL ? { baseURL } : {}) });

async function ask(gateway: Gateway, baseURL?: string): Promise<ReceivedRequest> {
  await clientOf(gateway, baseURL).chat.completions.create({ model: 'gpt-4o-mini', messages: MESSAGES });
  return remote.requests.at(-1)!;
}

describe.each([
  { kind: 'langsmith', path: '/openai/v1/chat/completions', own: { 'x-api-key': GATEWAY_KEY } },
  { kind: 'truefoundry', path: '/chat/completions', own: { authorization: BEARER } },
  { kind: 'litellm', path: '/v1/chat/completions', own: { authorization: BEARER } },
  {
    kind: 'portkey',
    path: '/v1/chat/completions',
    own: { 'x-portkey-api-key': GATEWAY_KEY, 'x-portkey-provider': 'openai' },
    handsOn: true,
  },
  {
    kind: 'cloudflare',
    path: '/account/gw/openai/chat/completions',
    base: '/account/gw',
    own: { 'cf-aig-authorization': BEARER },
    handsOn: true,
  },
  { kind: 'vercel', path: '/v1/chat/completions', own: { authorization: BEARER } },
  { kind: 'postern', path: '/openai/v1/chat/completions', own: { authorization: BEARER } },
])('$kind', ({ kind, path, base = '', own, handsOn = false }) => {
  const to = (options: GatewayOptions = {}): Gateway => gatewayTo(kind, options, origin + base);

  it('gets the operation on its own path, its own key, and the client’s only where it hands that on', async () => {
    const { url, headers } = await ask(to());
    expect(url).toBe(path);
    expect(headers).toMatchObject(own);
    if (handsOn) expect(headers.authorization).toBe(`Bearer ${CLIENT_KEY}`);
    else expect(JSON.stringify(headers)).not.toContain(CLIENT_KEY);
  });

  it('is asked for the usage of streams, which its client does not see', async () => {
    const chunks: unknown[] = [];
    const gateway = to();
    const calls: (number | undefined)[] = [];
    gateway.on('call', ({ usage }) => calls.push(usage?.outputTokens));
    const params = { model: 'gpt-4o-mini', messages: MESSAGES, stream: true } as const;
    for await (const chunk of await clientOf(gateway).chat.completions.create(params)) chunks.push(chunk);
    expect(remote.requests[0]!.json).toMatchObject({ stream_options: { include_usage: true } });
    expect(chunks.filter((chunk) => (chunk as { usage?: unknown }).usage)).toEqual([]);
    expect(calls).toEqual([10]);
  });

  it.each([402, 429])('has its own %i passed on, once and free', async (status) => {
    remote.intercept = (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-their-header': 'kept' });
      response.end('{"error":{"message":"theirs","code":"their_code","type":"t","param":null}}');
      return true;
    };
    const store = memoryLedger();
    const gateway = to({ store, policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })] });
    const error = await ask(gateway).catch((raised: unknown) => raised);
    expect(error).toMatchObject({ status, code: 'their_code' });
    expect((error as { headers: Headers }).headers.get('x-their-header')).toBe('kept');
    expect(remote.requests).toHaveLength(1);
    expect(await store.read(['cap|all=all|lifetime'])).toMatchObject([{ posted: 0, held: 0 }]);
  });
});

describe('providers behind a gateway', () => {
  it.each([
    ['langsmith', 'https://api.groq.com/openai/v1', '/groq/v1/chat/completions', {}],
    ['cloudflare', 'https://api.mistral.ai/v1', '/mistral/v1/chat/completions', {}],
    ['portkey', 'https://api.mistral.ai/v1', '/v1/chat/completions', { 'x-portkey-provider': 'mistral-ai' }],
    [
      'portkey',
      'https://acme.openai.azure.com/openai/v1',
      '/v1/chat/completions',
      { 'x-portkey-provider': 'azure-openai' },
    ],
  ])('%s: %s is %s', async (kind, baseURL, path, headers) => {
    expect(await ask(gatewayTo(kind), baseURL)).toMatchObject({ url: path, headers });
  });

  it('lists of models go to the same place', async () => {
    await clientOf(gatewayTo('langsmith')).models.list();
    expect(remote.requests[0]).toMatchObject({ method: 'GET', url: '/openai/v1/models' });
  });

  it('that a gateway has no path for are refused with one 501', async () => {
    const error: unknown = await ask(gatewayTo('cloudflare'), 'http://localhost:8000/v1').catch(
      (raised: unknown) => raised,
    );
    expect(error).toMatchObject({ status: 501, code: 'not_supported' });
    expect(remote.requests).toHaveLength(0);
  });

  it('are priced by the vendor that a model’s id names', async () => {
    const gateway = gatewayTo('vercel');
    const costs: (number | undefined)[] = [];
    gateway.on('call', ({ cost }) => costs.push(cost?.nanoUsd));
    await clientOf(gateway).chat.completions.create({ model: 'openai/gpt-4o-mini', messages: MESSAGES });
    await ask(gateway);
    expect(costs).toEqual([8_700, 8_700]);
  });
});

it('a gateway of one’s own is one object', async () => {
  const own = {
    name: 'own',
    pathFor: () => '/llm',
    keyHeader: 'x-own-key',
    headersFor: ({ name }: { name: string }) => ({ 'x-own-provider': name }),
  };
  const gateway = createGateway({ upstream: { gateway: own, baseURL: origin, apiKey: GATEWAY_KEY } });
  expect(await ask(gateway)).toMatchObject({
    url: '/llm/chat/completions',
    headers: { 'x-own-key': GATEWAY_KEY, 'x-own-provider': 'openai' },
  });
});

it.each([
  [{ gateway: 'nobody' }, 'upstream.gateway'],
  [{ gateway: 'litellm' }, 'upstream.baseURL'],
  [{}, 'upstream.baseURL'],
])('a wrong option is named: %j', (upstream, param) => {
  expect(() => createGateway({ upstream })).toThrow(expect.objectContaining({ code: 'invalid_option', param }));
});

describe('a cost that LiteLLM reports', () => {
  const answerWith = (cost: string): void => {
    remote.intercept = ({ json }, response) => {
      response.setHeader('x-litellm-response-cost', cost);
      return json === undefined;
    };
  };

  it('goes before every price table', async () => {
    answerWith('0.25');
    const gateway = gatewayTo('litellm');
    const costs: unknown[] = [];
    gateway.on('call', ({ cost }) => costs.push([cost?.nanoUsd, cost?.priceVersion]));
    await ask(gateway);
    expect(costs).toEqual([[250_000_000, 'reported']]);
  });

  it('of nothing is not believed of a stream, whose headers go before its cost is known', async () => {
    answerWith('0.0');
    const gateway = gatewayTo('litellm');
    const costs: (number | undefined)[] = [];
    gateway.on('call', ({ cost }) => costs.push(cost?.nanoUsd));
    const params = { model: 'gpt-4o-mini', messages: MESSAGES, stream: true } as const;
    for await (const _ of await clientOf(gateway).chat.completions.create(params));
    expect(costs).toEqual([8_700]);
  });
});

describe('a Postern behind a Postern', () => {
  const cap = spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' });
  const account = 'cap|all=all|lifetime';
  let server: GatewayServer;

  async function behind(inner: GatewayOptions, trustExchangeIds = false): Promise<string> {
    const gateway = createGateway(inner);
    server = createGatewayServer({
      gateway,
      trustExchangeIds,
      providers: { openai: { baseURL: remote.baseURL } },
      authenticate: ({ headers }) => (headers.get('authorization') === BEARER ? { user: 'app' } : undefined),
    });
    return (await server.listen({ port: 0 })).url;
  }
  afterEach(() => server.close());

  it('tells what it charged, and each ledger is charged that once', async () => {
    const stores = [memoryLedger(), memoryLedger()] as const;
    // A negotiated price that only the one behind knows.
    const priceFactors = [{ factor: '2' }];
    const url = await behind({ store: stores[0], policies: [cap], priceFactors });
    const gateway = gatewayTo('postern', { store: stores[1], policies: [cap] }, url);

    await ask(gateway);

    expect(remote.requests).toHaveLength(1);
    for (const store of stores) expect(await store.read([account])).toMatchObject([{ posted: 17_400, held: 0 }]);
  });

  it.each([false, true])('charges a ledger that both keep once (stream: %s)', async (stream) => {
    const store = memoryLedger();
    const url = await behind({ store, policies: [cap] }, true);
    const gateway = gatewayTo('postern', { store, policies: [cap] }, url);

    const params = { model: 'gpt-4o-mini', messages: MESSAGES };
    if (stream) for await (const _ of await clientOf(gateway).chat.completions.create({ ...params, stream }));
    else await clientOf(gateway).chat.completions.create(params);
    await gateway.close();

    expect(await store.read([account])).toMatchObject([{ posted: 8_700, held: 0 }]);
    const { rows } = await gateway.spend.rollup({ by: ['model'], window: 'daily' });
    expect(rows).toMatchObject([{ calls: 1, costNanoUsd: 8_700 }]);
  });

  it('does not take an exchange’s id from just anybody: each call is charged', async () => {
    const store = memoryLedger();
    const url = await behind({ store, policies: [cap] });
    const post = (): Promise<Response> =>
      fetch(`${url}/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: BEARER, 'x-postern-exchange-id': '00000000-0000-4000-8000-000000000000' },
        body: JSON.stringify({ model: 'gpt-4o-mini', messages: MESSAGES }),
      });
    for (const response of [await post(), await post()]) expect(response.status).toBe(200);
    expect(await store.read([account])).toMatchObject([{ posted: 17_400, held: 0 }]);
  });

  it('has its refusal passed on, for the client to read', async () => {
    const url = await behind({ policies: [spendCap({ name: 'tiny', limitUsd: '0.000001', window: 'lifetime' })] });
    const error: unknown = await ask(gatewayTo('postern', {}, url)).catch((raised: unknown) => raised);
    expect(error).toMatchObject({ status: 402, code: 'spend_cap_reached', error: { details: { policy: 'tiny' } } });
    expect(remote.requests).toHaveLength(0);
  });
});
