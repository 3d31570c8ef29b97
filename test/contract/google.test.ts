/** Gemini's clients over `gateway.fetch`: @google/genai at Google AI and at Vertex AI, the AI SDK, LangChain. */
import { inspect } from 'node:util';
import { createGoogle } from '@ai-sdk/google';
import { type CallableTool, type FunctionCall, GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import { ChatGoogle } from '@langchain/google';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { embed, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeGoogle, startFakeGoogle } from '../../examples/support/fake-google.ts';
import {
  type CallEvent,
  createGateway,
  type Gateway,
  type GatewayOptions,
  gatewayErrorOf,
  memoryLedger,
  type Policy,
  type PolicyEvent,
  redact,
  spendCap,
} from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';

const EMAIL = 'ada.lovelace@example.com';
const MADE_UP = 'grace.hopper@example.org';
const PLACEHOLDER = '<EMAIL_ADDRESS_1>';
const KEY = 'AIza-invented-key-of-the-client';
const MODEL = 'gemini-2.5-flash';
/** gemini-2.5-flash, and what the fake says of each answer: 20 tokens at 0.30 USD a million, 10 at 2.50. */
const CALL_NANO_USD = 20 * 300 + 10 * 2_500;

let google: FakeGoogle;
let gateway: Gateway;
let calls: CallEvent[];
let events: PolicyEvent[];
let store = memoryLedger();

beforeEach(async () => {
  google = await startFakeGoogle();
});
afterEach(async () => {
  expect(gateway.stats).toEqual({ open: 0, observerFailures: 0 });
  await google.close();
});

function start(options: GatewayOptions = {}): void {
  store = memoryLedger();
  gateway = createGateway({ policies: [redact()], store, ...options });
  calls = [];
  events = [];
  gateway.on('call', (call) => calls.push(call));
  gateway.on('policy', (event) => events.push(event));
}

const capped = (limitUsd: string): GatewayOptions => ({
  policies: [redact(), spendCap({ name: 'cap', limitUsd, window: 'lifetime' })],
});

/** Whoever is written to in a request is answered with somebody else. */
function echo(): void {
  google.reply = `I wrote to ${PLACEHOLDER} and to ${MADE_UP} for you.`;
}
const ECHOED = `I wrote to ${EMAIL} and to <EMAIL_ADDRESS_2> for you.`;
const sent = (): string => google.requests.at(-1)!.body;

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Whoever signs in would ask Google; this one has its token already. */
const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer invented' }) };

const CLIENTS: readonly { name: string; options: () => GoogleGenAIOptions; path: string; embedPath: string }[] = [
  {
    name: 'Google AI',
    options: () => ({ apiKey: KEY }),
    path: `/v1/models/${MODEL}`,
    embedPath: '/v1/models/gemini-embedding-001:batchEmbedContents',
  },
  {
    name: 'Vertex AI in express mode',
    options: () => ({ vertexai: true, apiKey: KEY }),
    path: `/v1beta1/publishers/google/models/${MODEL}`,
    embedPath: '/v1beta1/publishers/google/models/gemini-embedding-001:predict',
  },
  {
    name: 'Vertex AI with a project',
    options: () => ({
      vertexai: true,
      project: 'p',
      location: 'europe-west1',
      googleAuthOptions: { authClient: authClient as never },
    }),
    path: `/v1beta1/projects/p/locations/europe-west1/publishers/google/models/${MODEL}`,
    embedPath: '/v1beta1/projects/p/locations/europe-west1/publishers/google/models/gemini-embedding-001:predict',
  },
];

const clientOf = (options: GoogleGenAIOptions = { apiKey: KEY }): GoogleGenAI =>
  new GoogleGenAI({ ...options, httpOptions: { baseUrl: google.origin, fetch: gateway.fetch } });

describe.each(CLIENTS)('@google/genai at $name', ({ options, path, embedPath }) => {
  const client = (): GoogleGenAI => clientOf(options());
  const request = { model: MODEL, contents: `Write to ${EMAIL}` };

  it('generateContent: redacted on the way, restored in the answer, metered exactly', async () => {
    start(capped('1'));
    echo();
    const response = await client().models.generateContent({
      ...request,
      config: { systemInstruction: `You help ${EMAIL}`, maxOutputTokens: 50 },
    });
    expect(response.text).toBe(ECHOED);
    expect(google.requests.map(({ url }) => url)).toEqual([`${path}:generateContent`]);
    expect(sent()).toContain(PLACEHOLDER);
    expect(sent()).not.toContain(EMAIL);
    expect(calls).toMatchObject([
      { outcome: 'completed', model: MODEL, responseId: 'resp-1', cost: { nanoUsd: CALL_NANO_USD, assumed: false } },
    ]);
    expect(store.read(['cap|all=all|lifetime'])[0]).toMatchObject({ posted: CALL_NANO_USD, held: 0 });
  });

  it('generateContentStream: the same, word by word', async () => {
    start(capped('1'));
    echo();
    let text = '';
    for await (const part of await client().models.generateContentStream(request)) text += part.text ?? '';
    expect(text).toBe(ECHOED);
    expect(google.requests[0]!.url).toBe(`${path}:streamGenerateContent?alt=sse`);
    expect(sent()).not.toContain(EMAIL);
    expect(calls).toMatchObject([{ outcome: 'completed', cost: { nanoUsd: CALL_NANO_USD } }]);
  });

  it('embedContent: redacted, and metered where the answer tells tokens', async () => {
    start(capped('1'));
    const { embeddings } = await client().models.embedContent({ model: 'gemini-embedding-001', contents: [EMAIL] });
    expect(embeddings).toMatchObject([{ values: [0.1, 0.2] }]);
    expect(google.requests[0]!.url).toBe(embedPath);
    expect(sent()).toContain(PLACEHOLDER);
    const told = embedPath.endsWith('predict');
    expect(calls).toMatchObject([
      { outcome: 'completed', usage: { source: told ? 'provider' : 'estimated', ...(told ? { inputTokens: 4 } : {}) } },
    ]);
    if (told) expect(calls[0]!.cost).toMatchObject({ nanoUsd: 600, assumed: false });
  });

  it('countTokens: redacted, and free', async () => {
    start(capped('0'));
    expect(await client().models.countTokens(request)).toMatchObject({ totalTokens: 7 });
    expect(google.requests[0]!.url).toBe(`${path}:countTokens`);
    expect(sent()).toContain(PLACEHOLDER);
    expect(store.read(['cap|all=all|lifetime'])[0]).toMatchObject({ posted: 0, held: 0 });
  });
});

describe('@google/genai', () => {
  it('a model that a policy sets stands in the path', async () => {
    const pinned: Policy = { name: 'pin', decide: () => ({ edits: [{ set: { model: 'gemini-2.5-pro' } }] }) };
    start({ policies: [redact(), pinned] });
    await clientOf().models.generateContent({ model: MODEL, contents: 'Hello' });
    expect(google.requests.map(({ url }) => url)).toEqual(['/v1/models/gemini-2.5-pro:generateContent']);
    expect(calls).toMatchObject([{ model: 'gemini-2.5-pro' }]);
    await clientOf().models.embedContent({ model: 'gemini-embedding-001', contents: ['a', 'b'] });
    const models = (JSON.parse(sent()) as { requests: { model: string }[] }).requests.map(({ model }) => model);
    expect(models).toEqual(['models/gemini-2.5-pro', 'models/gemini-2.5-pro']);
  });

  it('chats: the whole history is redacted, and the same person keeps the same placeholder', async () => {
    start();
    echo();
    const chat = clientOf().chats.create({ model: MODEL });
    expect((await chat.sendMessage({ message: `Write to ${EMAIL}` })).text).toBe(ECHOED);
    let text = '';
    for await (const part of await chat.sendMessageStream({ message: `Again to ${EMAIL}` })) text += part.text ?? '';
    expect(text).toContain(`I wrote to ${EMAIL}`);
    expect(sent()).toContain(`Again to ${PLACEHOLDER}`);
    expect(sent()).toContain(`I wrote to ${PLACEHOLDER}`);
    expect(sent()).not.toContain('@example');
  });

  it('automatic function calling: the tool gets the value, the model does not', async () => {
    start();
    google.reply = ({ body }) =>
      body.includes('functionResponse')
        ? `Done for ${PLACEHOLDER}.`
        : [{ functionCall: { id: 'call-1', name: 'send_mail', args: { to: PLACEHOLDER, cc: [MADE_UP] } } }];
    const called: FunctionCall[] = [];
    const mailer: CallableTool = {
      tool: async () => ({
        functionDeclarations: [
          { name: 'send_mail', description: `Sends mail for ${EMAIL}`, parametersJsonSchema: { type: 'object' } },
        ],
      }),
      callTool: async (functionCalls) => {
        called.push(...functionCalls);
        const response = { output: `Sent to ${EMAIL}` };
        return functionCalls.map(({ id = '', name = '' }) => ({ functionResponse: { id, name, response } }));
      },
    };
    const response = await clientOf().models.generateContent({
      model: MODEL,
      contents: `Write to ${EMAIL}`,
      config: { tools: [mailer] },
    });
    expect(called).toMatchObject([{ name: 'send_mail', args: { to: EMAIL, cc: ['<EMAIL_ADDRESS_2>'] } }]);
    expect(response.text).toBe(`Done for ${EMAIL}.`);
    expect(google.requests).toHaveLength(2);
    for (const { body } of google.requests) expect(body).not.toContain('@example');
    expect(sent()).toContain(`Sent to ${PLACEHOLDER}`);
  });

  it('402 reaches the app once, as an ApiError in which everything stands', async () => {
    start(capped('0.000001'));
    for (const stream of [false, true]) {
      const { models } = clientOf();
      const request = { model: MODEL, contents: 'Hello' };
      const error = await caught(stream ? models.generateContentStream(request) : models.generateContent(request));
      expect(error).toMatchObject({ name: 'ApiError', status: 402 });
      expect(gatewayErrorOf(error)).toMatchObject({
        code: 'spend_cap_reached',
        status: 402,
        details: { policy: 'cap', window: 'lifetime', limit_usd: expect.anything() },
      });
    }
    expect(google.requests).toHaveLength(0);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['blocked', 'blocked']);
  });

  it('a cap that is reached in the middle of a stream ends it with an ApiError', async () => {
    start(capped('0.004'));
    google.reply = 'some more words '.repeat(4_000);
    google.usage = { promptTokenCount: 3 };
    let text = '';
    const error = await caught(
      (async () => {
        const stream = await clientOf().models.generateContentStream({ model: MODEL, contents: 'Hello' });
        for await (const part of stream) text += part.text ?? '';
      })(),
    );
    expect(text).toContain('some more words some');
    expect(error).toMatchObject({ name: 'ApiError', status: 402 });
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_cap_reached', details: { policy: 'cap' } });
    expect(calls).toMatchObject([{ outcome: 'blocked' }]);
    expect(store.read(['cap|all=all|lifetime'])[0]!.posted).toBeLessThanOrEqual(4_000_000);
  });

  it("a provider's error reaches the app as it came", async () => {
    start();
    const error = await caught(clientOf().models.get({ model: MODEL }));
    expect(error).toMatchObject({ name: 'ApiError', status: 404 });
    expect(gatewayErrorOf(error)).toBeUndefined();
  });
});

describe.each([
  ['estimate', undefined],
  ['full', 'full' as const],
])('a client that leaves a stream, at a provider that charges: %s', (_name, abort) => {
  it('stops the provider at once, and ends the call once', async () => {
    const providers = [{ name: 'gcp.gemini', family: 'google' as const, baseURL: google.origin, abort }];
    start({ ...capped('1'), providers });
    google.reply = 'more words '.repeat(2_000);
    google.wordMs = 5;
    google.usage = { promptTokenCount: 20 };
    const abortion = new AbortController();
    const config = { abortSignal: abortion.signal, maxOutputTokens: 700 };
    const stream = await clientOf().models.generateContentStream({ model: MODEL, contents: 'Hello', config });
    await stream.next();
    const leftAt = Date.now();
    abortion.abort();
    await expect(stream.next()).rejects.toThrow();
    while (google.closedEarly.length === 0 || gateway.stats.open > 0) await new Promise((done) => setTimeout(done, 2));

    expect(google.closedEarly[0]! - leftAt).toBeLessThan(100);
    expect(calls).toMatchObject([{ outcome: 'aborted' }]);
    const { posted, held } = store.read(['cap|all=all|lifetime'])[0]!;
    expect(held).toBe(0);
    expect(posted).toBe(calls[0]!.cost!.nanoUsd);
    if (abort === 'full') expect(posted).toBeGreaterThanOrEqual(700 * 2_500);
    else expect(posted).toBeLessThan(700 * 2_500);
  });
});

describe('what a call cost', () => {
  const ask = async (usage: object, headers: Record<string, string> = {}, body: object = {}): Promise<CallEvent> => {
    start(capped('1'));
    google.usage = { ...usage };
    google.headers = headers;
    await (await generate('generateContent', body)).json();
    return calls[0]!;
  };

  it.each([
    ['as it is', {}, {}, 1],
    ['flex, by a header', {}, { 'x-gemini-service-tier': 'flex' }, 0.5],
    ['flex, by the traffic at Vertex AI', { trafficType: 'ON_DEMAND_FLEX' }, {}, 0.5],
    ['on demand', { trafficType: 'ON_DEMAND' }, { 'x-gemini-service-tier': 'standard' }, 1],
  ])('is by the price list that applied: %s', async (_name, usage, headers, factor) => {
    const call = await ask({ promptTokenCount: 1_000, candidatesTokenCount: 100, ...usage }, headers);
    expect(call.cost).toMatchObject({ nanoUsd: (1_000 * 300 + 100 * 2_500) * factor, assumed: false });
  });

  it('has thoughts as output, what is cached for a tenth, and what tools read as input', async () => {
    const call = await ask({
      promptTokenCount: 1_000,
      cachedContentTokenCount: 600,
      toolUsePromptTokenCount: 50,
      candidatesTokenCount: 100,
      thoughtsTokenCount: 40,
      totalTokenCount: 1_190,
    });
    expect(call.usage).toMatchObject({
      inputTokens: 1_050,
      outputTokens: 140,
      cacheReadTokens: 600,
      reasoningTokens: 40,
    });
    expect(call.cost!.nanoUsd).toBe(450 * 300 + 600 * 30 + 140 * 2_500);
  });

  it('has sound at its own price', async () => {
    const details = [
      { modality: 'TEXT', tokenCount: 400 },
      { modality: 'AUDIO', tokenCount: 600 },
    ];
    const call = await ask({ promptTokenCount: 1_000, promptTokensDetails: details, candidatesTokenCount: 100 });
    expect(call.cost!.nanoUsd).toBe(400 * 300 + 600 * 1_000 + 100 * 2_500);
  });
});

const generate = (operation: string, body: object = {}, query = ''): Promise<Response> =>
  gateway.fetch(`${google.origin}/v1beta/models/${MODEL}:${operation}${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: `Write to ${EMAIL}` }] }], ...body }),
  });

interface Chunk {
  readonly candidates?: readonly { readonly content: { readonly parts: readonly { readonly text?: string }[] } }[];
  readonly error?: { readonly code: number; readonly status: string };
}

const textOf = (chunks: readonly Chunk[]): string =>
  chunks.map(({ candidates }) => candidates?.[0]?.content.parts.map(({ text }) => text).join('') ?? '').join('');

describe('a stream that is a JSON array', () => {
  it('is guarded and metered like one of events', async () => {
    start(capped('1'));
    echo();
    const response = await generate('streamGenerateContent');
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(textOf((await response.json()) as Chunk[])).toBe(ECHOED);
    expect(calls).toMatchObject([{ outcome: 'completed', cost: { nanoUsd: CALL_NANO_USD } }]);
  });

  it('passes as it came where no policy looks at it', async () => {
    start({ policies: [] });
    echo();
    const through = await (await generate('streamGenerateContent')).text();
    const direct = await fetch(`${google.origin}/v1beta/models/${MODEL}:streamGenerateContent`, { method: 'POST' });
    expect(through.replaceAll('resp-1', 'resp-2')).toBe(await direct.text());
  });

  it('stays an array when a cap is reached in its middle', async () => {
    start(capped('0.004'));
    google.reply = 'some more words '.repeat(4_000);
    google.usage = { promptTokenCount: 3 };
    const chunks = (await (await generate('streamGenerateContent')).json()) as Chunk[];
    expect(textOf(chunks)).toContain('some more words some');
    expect(chunks.at(-1)).toMatchObject({ error: { code: 402, status: 'RESOURCE_EXHAUSTED' } });
  });
});

describe('a key in the query', () => {
  it('goes to Google, and stands in no event, no header, no error and no refusal', async () => {
    start(capped('1'));
    const query = `?key=${KEY}`;
    const response = await generate('generateContent', {}, query);
    expect(google.requests[0]!.url).toContain(query);
    start(capped('0'));
    const refused = await generate('generateContent', {}, query);
    expect(refused.status).toBe(402);
    const failed = createGateway({ policies: [redact()] });
    const seen: unknown[] = [];
    failed.on('call', (call) => seen.push(call));
    const error = await caught(
      failed.fetch(`http://127.0.0.1:1/v1/models/a:generateContent${query}`, { method: 'POST' }),
    );
    const told = [[...response.headers], [...refused.headers], await refused.text(), calls, events, seen];
    expect(error).toBeInstanceOf(Error);
    expect(JSON.stringify(told) + inspect(error)).not.toContain(KEY);
  });
});

describe('a request that nobody can read', () => {
  it.each([
    '/v1beta/models/veo-3.0-generate-001:predictLongRunning',
    '/v1beta/interactions',
    '/upload/v1beta/files',
    '/v1/publishers/google/models/multimodalembedding@001:predict',
  ])("is refused where a policy would guard it, in a form that Google's clients read: %s", async (path) => {
    start({ ...capped('1'), providers: [{ name: 'gcp.gemini', family: 'google', baseURL: google.origin }] });
    const response = await gateway.fetch(google.origin + path, { method: 'POST', body: '{}' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 422, status: 'FAILED_PRECONDITION' } });
    expect(google.requests).toHaveLength(0);
  });
});

describe('the AI SDK', () => {
  const models = () => createGoogle({ apiKey: KEY, baseURL: `${google.origin}/v1beta`, fetch: gateway.fetch });
  const prompt = `Write to ${EMAIL}`;

  it('generateText and streamText', async () => {
    start(capped('1'));
    echo();
    expect((await generateText({ model: models()(MODEL), prompt })).text).toBe(ECHOED);
    let text = '';
    for await (const piece of streamText({ model: models()(MODEL), prompt }).textStream) text += piece;
    expect(text).toBe(ECHOED);
    for (const { body } of google.requests) expect(body).not.toContain(EMAIL);
    expect(calls.map(({ cost }) => cost!.nanoUsd)).toEqual([CALL_NANO_USD, CALL_NANO_USD]);
  });

  it('tools get values, the model does not', async () => {
    start();
    google.reply = ({ body }) =>
      body.includes('functionResponse')
        ? `Done for ${PLACEHOLDER}.`
        : [{ functionCall: { name: 'mail', args: { to: PLACEHOLDER } } }];
    const called: string[] = [];
    const mail = tool({
      description: 'Sends mail',
      inputSchema: jsonSchema<{ to: string }>({ type: 'object', properties: { to: { type: 'string' } } }),
      execute: async ({ to }) => {
        called.push(to);
        return `Sent to ${to}`;
      },
    });
    const options = { model: models()(MODEL), prompt, tools: { mail }, stopWhen: stepCountIs(2) };
    expect((await generateText(options)).text).toBe(`Done for ${EMAIL}.`);
    expect(await streamText(options).text).toBe(`Done for ${EMAIL}.`);
    expect(called).toEqual([EMAIL, EMAIL]);
    for (const { body } of google.requests) expect(body).not.toContain('@example');
  });

  it('embed', async () => {
    start();
    const { embedding } = await embed({ model: models().embedding('gemini-embedding-001'), value: EMAIL });
    expect(embedding).toEqual([0.1, 0.2]);
    expect(sent()).toContain(PLACEHOLDER);
  });

  it('402 once', async () => {
    start(capped('0.000001'));
    const error = await caught(generateText({ model: models()(MODEL), prompt }));
    expect(error).toMatchObject({ statusCode: 402 });
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_cap_reached', details: { policy: 'cap' } });
    expect(calls).toHaveLength(1);
  });
});

describe('LangChain', () => {
  /** Its client for requests is an object with a `fetch` for a `Request`. */
  const chat = (): ChatGoogle =>
    new ChatGoogle({
      model: MODEL,
      apiKey: KEY,
      endpoint: google.origin,
      maxRetries: 0,
      apiClient: {
        hasApiKey: () => true,
        getProjectId: async () => 'p',
        fetch: (request: Request) => {
          request.headers.set('x-goog-api-key', KEY);
          return gateway.fetch(request);
        },
      } as never,
    });

  it('ChatGoogle takes a client of its own: invoke and stream', async () => {
    start(capped('1'));
    echo();
    expect((await chat().invoke(`Write to ${EMAIL}`)).text).toBe(ECHOED);
    let text = '';
    for await (const piece of await chat().stream(`Write to ${EMAIL}`)) text += piece.text;
    expect(text).toBe(ECHOED);
    for (const { body } of google.requests) expect(body).not.toContain(EMAIL);
    expect(google.requests.map(({ headers }) => headers['x-goog-api-key'])).toEqual([KEY, KEY]);
    expect(calls.map(({ cost }) => cost!.nanoUsd)).toEqual([CALL_NANO_USD, CALL_NANO_USD]);
  });

  it('ChatGoogle is told 402 once', async () => {
    start(capped('0.000001'));
    const error = await caught(chat().invoke('Hello'));
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_cap_reached', status: 402 });
    expect(calls).toHaveLength(1);
  });

  it('ChatGoogleGenerativeAI takes no fetch: it goes by the server', async () => {
    start(capped('1'));
    echo();
    const server = createGatewayServer({ gateway, providers: { gemini: { baseURL: google.origin } } });
    const { url } = await server.listen({ port: 0 });
    const model = new ChatGoogleGenerativeAI({ model: MODEL, apiKey: KEY, baseUrl: `${url}/gemini`, maxRetries: 0 });
    expect((await model.invoke(`Write to ${EMAIL}`)).text).toBe(ECHOED);
    let text = '';
    for await (const piece of await model.stream(`Write to ${EMAIL}`)) text += piece.text;
    expect(text).toBe(ECHOED);
    for (const { body } of google.requests) expect(body).not.toContain(EMAIL);
    await server.close();
  });
});
