/** Gemini's clients over `gateway.fetch`: @google/genai at Google AI and at Vertex AI, the AI SDK, LangChain. */
import { createGoogle } from '@ai-sdk/google';
import { type CallableTool, type FunctionCall, GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import { ChatGoogle } from '@langchain/google';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { embed, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { gatewayErrorOf, type Policy, redact } from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';
import {
  CALL_NANO_USD,
  capped,
  caught,
  ECHOED,
  EMAIL,
  googleWorld,
  KEY,
  MADE_UP,
  MODEL,
  PLACEHOLDER,
} from './google-world.ts';

const world = googleWorld();

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
  new GoogleGenAI({ ...options, httpOptions: { baseUrl: world.google.origin, fetch: world.gateway.fetch } });

describe.each(CLIENTS)('@google/genai at $name', ({ options, path, embedPath }) => {
  const client = (): GoogleGenAI => clientOf(options());
  const request = { model: MODEL, contents: `Write to ${EMAIL}` };

  it('generateContent: redacted on the way, restored in the answer, metered exactly', async () => {
    world.start(capped('1'));
    world.echo();
    const response = await client().models.generateContent({
      ...request,
      config: { systemInstruction: `You help ${EMAIL}`, maxOutputTokens: 50 },
    });
    expect(response.text).toBe(ECHOED);
    expect(world.google.requests.map(({ url }) => url)).toEqual([`${path}:generateContent`]);
    expect(world.sent()).toContain(PLACEHOLDER);
    expect(world.sent()).not.toContain(EMAIL);
    expect(world.calls).toMatchObject([
      { outcome: 'completed', model: MODEL, responseId: 'resp-1', cost: { nanoUsd: CALL_NANO_USD, assumed: false } },
    ]);
    expect(world.books()).toMatchObject({ posted: CALL_NANO_USD, held: 0 });
  });

  it('generateContentStream: the same, word by word', async () => {
    world.start(capped('1'));
    world.echo();
    let text = '';
    for await (const part of await client().models.generateContentStream(request)) text += part.text ?? '';
    expect(text).toBe(ECHOED);
    expect(world.google.requests[0]!.url).toBe(`${path}:streamGenerateContent?alt=sse`);
    expect(world.sent()).not.toContain(EMAIL);
    expect(world.calls).toMatchObject([{ outcome: 'completed', cost: { nanoUsd: CALL_NANO_USD } }]);
  });

  it('embedContent: redacted, and metered where the answer tells tokens', async () => {
    world.start(capped('1'));
    const { embeddings } = await client().models.embedContent({ model: 'gemini-embedding-001', contents: [EMAIL] });
    expect(embeddings).toMatchObject([{ values: [0.1, 0.2] }]);
    expect(world.google.requests[0]!.url).toBe(embedPath);
    expect(world.sent()).toContain(PLACEHOLDER);
    const told = embedPath.endsWith('predict');
    expect(world.calls).toMatchObject([
      { outcome: 'completed', usage: { source: told ? 'provider' : 'estimated', ...(told ? { inputTokens: 4 } : {}) } },
    ]);
    if (told) expect(world.calls[0]!.cost).toMatchObject({ nanoUsd: 600, assumed: false });
  });

  it('countTokens: redacted, and free', async () => {
    world.start(capped('0'));
    expect(await client().models.countTokens(request)).toMatchObject({ totalTokens: 7 });
    expect(world.google.requests[0]!.url).toBe(`${path}:countTokens`);
    expect(world.sent()).toContain(PLACEHOLDER);
    expect(world.books()).toMatchObject({ posted: 0, held: 0 });
  });
});

describe('@google/genai', () => {
  it('a model that a policy sets stands in the path', async () => {
    const pinned: Policy = { name: 'pin', decide: () => ({ edits: [{ set: { model: 'gemini-2.5-pro' } }] }) };
    world.start({ policies: [redact(), pinned] });
    await clientOf().models.generateContent({ model: MODEL, contents: 'Hello' });
    expect(world.google.requests.map(({ url }) => url)).toEqual(['/v1/models/gemini-2.5-pro:generateContent']);
    expect(world.calls).toMatchObject([{ model: 'gemini-2.5-pro' }]);
    await clientOf().models.embedContent({ model: 'gemini-embedding-001', contents: ['a', 'b'] });
    const models = (JSON.parse(world.sent()) as { requests: { model: string }[] }).requests.map(({ model }) => model);
    expect(models).toEqual(['models/gemini-2.5-pro', 'models/gemini-2.5-pro']);
  });

  it('chats: the whole history is redacted, and the same person keeps the same placeholder', async () => {
    world.start();
    world.echo();
    const chat = clientOf().chats.create({ model: MODEL });
    expect((await chat.sendMessage({ message: `Write to ${EMAIL}` })).text).toBe(ECHOED);
    let text = '';
    for await (const part of await chat.sendMessageStream({ message: `Again to ${EMAIL}` })) text += part.text ?? '';
    expect(text).toContain(`I wrote to ${EMAIL}`);
    expect(world.sent()).toContain(`Again to ${PLACEHOLDER}`);
    expect(world.sent()).toContain(`I wrote to ${PLACEHOLDER}`);
    expect(world.sent()).not.toContain('@example');
  });

  it('automatic function calling: the tool gets the value, the model does not', async () => {
    world.start();
    world.google.reply = ({ body }) =>
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
    expect(world.google.requests).toHaveLength(2);
    for (const { body } of world.google.requests) expect(body).not.toContain('@example');
    expect(world.sent()).toContain(`Sent to ${PLACEHOLDER}`);
  });

  it('402 reaches the app once, as an ApiError in which everything stands', async () => {
    world.start(capped('0.000001'));
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
    expect(world.google.requests).toHaveLength(0);
    expect(world.calls.map(({ outcome }) => outcome)).toEqual(['blocked', 'blocked']);
  });

  it('a cap that is reached in the middle of a stream ends it with an ApiError', async () => {
    world.start(capped('0.004'));
    world.google.reply = 'some more words '.repeat(4_000);
    world.google.usage = { promptTokenCount: 3 };
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
    expect(world.calls).toMatchObject([{ outcome: 'blocked' }]);
    expect(world.books().posted).toBeLessThanOrEqual(4_000_000);
  });

  it("a provider's error reaches the app as it came", async () => {
    world.start();
    const error = await caught(clientOf().models.get({ model: MODEL }));
    expect(error).toMatchObject({ name: 'ApiError', status: 404 });
    expect(gatewayErrorOf(error)).toBeUndefined();
  });
});

describe('the AI SDK', () => {
  const models = () =>
    createGoogle({ apiKey: KEY, baseURL: `${world.google.origin}/v1beta`, fetch: world.gateway.fetch });
  const prompt = `Write to ${EMAIL}`;

  it('generateText and streamText', async () => {
    world.start(capped('1'));
    world.echo();
    expect((await generateText({ model: models()(MODEL), prompt })).text).toBe(ECHOED);
    let text = '';
    for await (const piece of streamText({ model: models()(MODEL), prompt }).textStream) text += piece;
    expect(text).toBe(ECHOED);
    for (const { body } of world.google.requests) expect(body).not.toContain(EMAIL);
    expect(world.calls.map(({ cost }) => cost!.nanoUsd)).toEqual([CALL_NANO_USD, CALL_NANO_USD]);
  });

  it('tools get values, the model does not', async () => {
    world.start();
    world.google.reply = ({ body }) =>
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
    for (const { body } of world.google.requests) expect(body).not.toContain('@example');
  });

  it('embed', async () => {
    world.start();
    const { embedding } = await embed({ model: models().embedding('gemini-embedding-001'), value: EMAIL });
    expect(embedding).toEqual([0.1, 0.2]);
    expect(world.sent()).toContain(PLACEHOLDER);
  });

  it('402 once', async () => {
    world.start(capped('0.000001'));
    const error = await caught(generateText({ model: models()(MODEL), prompt }));
    expect(error).toMatchObject({ statusCode: 402 });
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_cap_reached', details: { policy: 'cap' } });
    expect(world.calls).toHaveLength(1);
  });
});

describe('LangChain', () => {
  /** Its client for requests is an object with a `fetch` for a `Request`. */
  const chat = (): ChatGoogle =>
    new ChatGoogle({
      model: MODEL,
      apiKey: KEY,
      endpoint: world.google.origin,
      maxRetries: 0,
      apiClient: {
        hasApiKey: () => true,
        getProjectId: async () => 'p',
        fetch: (request: Request) => {
          request.headers.set('x-goog-api-key', KEY);
          return world.gateway.fetch(request);
        },
      } as never,
    });

  it('ChatGoogle takes a client of its own: invoke and stream', async () => {
    world.start(capped('1'));
    world.echo();
    expect((await chat().invoke(`Write to ${EMAIL}`)).text).toBe(ECHOED);
    let text = '';
    for await (const piece of await chat().stream(`Write to ${EMAIL}`)) text += piece.text;
    expect(text).toBe(ECHOED);
    for (const { body } of world.google.requests) expect(body).not.toContain(EMAIL);
    expect(world.google.requests.map(({ headers }) => headers['x-goog-api-key'])).toEqual([KEY, KEY]);
    expect(world.calls.map(({ cost }) => cost!.nanoUsd)).toEqual([CALL_NANO_USD, CALL_NANO_USD]);
  });

  it('ChatGoogle is told 402 once', async () => {
    world.start(capped('0.000001'));
    const error = await caught(chat().invoke('Hello'));
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_cap_reached', status: 402 });
    expect(world.calls).toHaveLength(1);
  });

  /** It takes no fetch, so it goes by the server. */
  async function byServer(ask: (model: ChatGoogleGenerativeAI) => Promise<void>): Promise<void> {
    const server = createGatewayServer({
      gateway: world.gateway,
      providers: { gemini: { baseURL: world.google.origin } },
    });
    const { url } = await server.listen({ port: 0 });
    await ask(new ChatGoogleGenerativeAI({ model: MODEL, apiKey: KEY, baseUrl: `${url}/gemini`, maxRetries: 0 }));
    await server.close();
  }

  it('ChatGoogleGenerativeAI: invoke and stream', async () => {
    world.start(capped('1'));
    world.echo();
    await byServer(async (model) => {
      expect((await model.invoke(`Write to ${EMAIL}`)).text).toBe(ECHOED);
      let text = '';
      for await (const piece of await model.stream(`Write to ${EMAIL}`)) text += piece.text;
      expect(text).toBe(ECHOED);
    });
    for (const { body } of world.google.requests) expect(body).not.toContain(EMAIL);
  });

  it('ChatGoogleGenerativeAI is told 402 once', async () => {
    world.start(capped('0.000001'));
    await byServer(async (model) => {
      const error = await caught(model.invoke('Hello'));
      expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_cap_reached', details: { policy: 'cap' } });
    });
    expect(world.calls).toHaveLength(1);
  });
});
