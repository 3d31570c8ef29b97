/** Amazon Bedrock through the real SDK with the plugin, and through fetch with an API key. */
import {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, it } from 'vitest';
import { frame } from '../../examples/support/event-frames.ts';
import { API_KEY, type FakeBedrock, promptOf, startFakeBedrock } from '../../examples/support/fake-bedrock.ts';
import { guardBedrock } from '../../src/bedrock/index.ts';
import {
  type CallEvent,
  createGateway,
  type Gateway,
  type GatewayOptions,
  gatewayErrorOf,
  isGatewayError,
  memoryLedger,
  redact,
  spendCap,
} from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';

const SECRET = 'ada.lovelace@example.com';
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const LLAMA = 'meta.llama3-70b-instruct-v1:0';
/** 20 tokens in, 4 read from the cache, 2 written to it, 10 out: at 3.30, 0.33, 4.125 and 16.50 USD a million. */
const CONVERSE_NANO_USD = 20 * 3_300 + 4 * 330 + 2 * 4_125 + 10 * 16_500;

let bedrock: FakeBedrock;
let gateway: Gateway;
let client: BedrockRuntimeClient;
let calls: CallEvent[];
let store: ReturnType<typeof memoryLedger>;

interface Start extends GatewayOptions {
  readonly http2?: boolean;
  readonly client?: Partial<BedrockRuntimeClientConfig>;
}

async function start({ http2 = false, client: own = {}, ...options }: Start = {}): Promise<void> {
  bedrock = await startFakeBedrock({ http2 });
  store = memoryLedger();
  gateway = createGateway({ store, policies: [redact({ restore: true })], ...options });
  calls = [];
  gateway.on('call', (call) => calls.push(call));
  const { endpoint, credentials } = bedrock;
  const handler = http2 ? {} : { requestHandler: new NodeHttpHandler() };
  client = guardBedrock(
    new BedrockRuntimeClient({ region: 'us-east-1', endpoint, credentials, ...handler, ...own }),
    gateway,
  );
}

afterEach(async () => {
  client.destroy();
  await bedrock.close();
});

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !condition(); ) {
    if (Date.now() > end) throw new Error('It did not happen.');
    await tick();
  }
}

const ask = (text: string, modelId = CLAUDE, maxTokens = 50) => ({
  modelId,
  messages: [{ role: 'user' as const, content: [{ text }] }],
  inferenceConfig: { maxTokens },
});

async function converse(text: string): Promise<string> {
  const { output } = await client.send(new ConverseCommand(ask(text)));
  return output?.message?.content?.[0]?.text ?? '';
}

async function streamed(text: string, modelId = CLAUDE): Promise<string> {
  const { stream } = await client.send(new ConverseStreamCommand(ask(text, modelId)));
  let shown = '';
  for await (const { contentBlockDelta } of stream ?? []) shown += contentBlockDelta?.delta?.text ?? '';
  return shown;
}

const invocation = (text: string, modelId: string): { modelId: string; body: string } => ({
  modelId,
  body: JSON.stringify(
    modelId === CLAUDE
      ? { anthropic_version: 'bedrock-2023-05-31', max_tokens: 50, messages: [{ role: 'user', content: text }] }
      : { prompt: text, max_gen_len: 50 },
  ),
});

interface ModelAnswer {
  readonly generation?: string;
  readonly content?: readonly { readonly text: string }[];
  readonly delta?: { readonly text?: string };
}

async function invoke(text: string, modelId: string): Promise<string> {
  const { body } = await client.send(new InvokeModelCommand(invocation(text, modelId)));
  const answer = JSON.parse(new TextDecoder().decode(body)) as ModelAnswer;
  return answer.generation ?? answer.content?.[0]?.text ?? '';
}

async function invokeStreamed(text: string, modelId: string): Promise<string> {
  const { body } = await client.send(new InvokeModelWithResponseStreamCommand(invocation(text, modelId)));
  let shown = '';
  for await (const { chunk } of body ?? []) {
    const event = JSON.parse(new TextDecoder().decode(chunk?.bytes)) as ModelAnswer;
    shown += event.generation ?? event.delta?.text ?? '';
  }
  return shown;
}

const OPERATIONS: readonly [string, (text: string) => Promise<string>][] = [
  ['Converse', converse],
  ['ConverseStream', streamed],
  ['InvokeModel of Claude', (text) => invoke(text, CLAUDE)],
  ['InvokeModelWithResponseStream of Claude', (text) => invokeStreamed(text, CLAUDE)],
  ['InvokeModel of Llama', (text) => invoke(text, LLAMA)],
  ['InvokeModelWithResponseStream of Llama', (text) => invokeStreamed(text, LLAMA)],
];

describe.each([
  ['HTTP/1.1', false],
  ["HTTP/2, the client's default", true],
] as const)('over %s', (_name, http2) => {
  it.each(OPERATIONS)('%s: a value does not leave, and comes back; the signature holds', async (_operation, send) => {
    await start({ http2 });
    bedrock.reply = (request) => `You wrote: ${promptOf(request)} And grace@example.org did not.`;
    expect(await send(`Mail ${SECRET} now.`)).toBe(`You wrote: Mail ${SECRET} now. And <EMAIL_ADDRESS_2> did not.`);
    expect(bedrock.requests).toHaveLength(1);
    expect(bedrock.requests[0]!.body).not.toContain(SECRET);
    expect(promptOf(bedrock.requests[0]!)).toBe('Mail <EMAIL_ADDRESS_1> now.');
    expect(bedrock.forged).toBe(0);
    await until(() => calls.length === 1);
    expect(calls[0]).toMatchObject({ provider: 'aws.bedrock', outcome: 'completed', usage: { source: 'provider' } });
  });

  it('a client that leaves stops the stream at once, and is charged once what was held', async () => {
    await start({ http2, policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })] });
    bedrock.reply = 'word '.repeat(20_000);
    const abort = new AbortController();
    const command = new ConverseStreamCommand(ask('Hello', CLAUDE, 700));
    const { stream } = await client.send(command, { abortSignal: abort.signal });
    let seen = 0;
    let abortedAt = 0;
    const read = async (): Promise<void> => {
      for await (const _event of stream ?? []) {
        if (++seen !== 3) continue;
        abortedAt = performance.now();
        abort.abort();
      }
    };
    await expect(read()).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => calls.length === 1 && bedrock.closedEarly === 1);
    expect(performance.now() - abortedAt).toBeLessThan(100);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ outcome: 'aborted', usage: { source: 'estimated' } });
    expect(calls[0]!.usage!.outputTokens).toBeGreaterThanOrEqual(700);
    expect(store.read(['cap|all=all|lifetime'])).toMatchObject([{ posted: calls[0]!.cost!.nanoUsd, held: 0 }]);
    expect(bedrock.requests).toHaveLength(1);
  });

  it('a client that leaves before the answer ends the call once', async () => {
    await start({ http2, policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })] });
    const abort = new AbortController();
    bedrock.intercept = () => {
      abort.abort();
      return true;
    };
    const sending = client.send(new ConverseCommand(ask('Hello')), { abortSignal: abort.signal });
    await expect(sending).rejects.toMatchObject({ name: 'AbortError' });
    await until(() => calls.length === 1);
    expect(calls[0]).toMatchObject({ outcome: 'aborted' });
    expect(bedrock.requests).toHaveLength(1);
    expect(gateway.stats.open).toBe(0);
  });
});

describe('a guarded client', () => {
  it.each<[string, boolean]>([
    ['whole', false],
    ['streamed', true],
  ])('is charged exactly, %s', async (_name, stream) => {
    await start({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })] });
    await (stream ? streamed('Hello') : converse('Hello'));
    await until(() => calls.length === 1);
    expect(calls[0]).toMatchObject({
      model: CLAUDE,
      usage: { inputTokens: 26, outputTokens: 10, cacheReadTokens: 4, cacheWriteTokens: 2 },
      cost: { nanoUsd: CONVERSE_NANO_USD, assumed: false },
    });
    expect(store.read(['cap|all=all|lifetime'])).toMatchObject([{ posted: CONVERSE_NANO_USD, held: 0 }]);
  });

  it.each([
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 3_300 * 20 + 16_500 * 10],
    ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 3_300 * 20 + 16_500 * 10],
    ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 3_000 * 20 + 15_000 * 10],
    [
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      3_300 * 20 + 16_500 * 10,
    ],
  ])('is charged by the region in the id, whole and streamed: %s', async (modelId, nanoUsd) => {
    await start();
    const { body } = invocation('Hello', CLAUDE);
    await client.send(new InvokeModelCommand({ modelId, body }));
    const { body: stream } = await client.send(new InvokeModelWithResponseStreamCommand({ modelId, body }));
    for await (const _chunk of stream ?? []);
    await until(() => calls.length === 2);
    expect(calls.map(({ cost }) => [cost!.nanoUsd, cost!.assumed])).toEqual([
      [nanoUsd, false],
      [nanoUsd, false],
    ]);
  });

  it('is refused once, by an exception that says why', async () => {
    await start({ policies: [spendCap({ name: 'cap', limitUsd: 0.000001, window: 'daily' })] });
    const error: unknown = await converse('Hello').catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      name: 'ServiceQuotaExceededException',
      $metadata: { httpStatusCode: 402, attempts: 1 },
    });
    expect(isGatewayError(error, 'spend_cap_reached')).toBe(true);
    expect(gatewayErrorOf(error)!.details).toMatchObject({ policy: 'cap', limit_usd: 0.000001 });
    expect(bedrock.requests).toHaveLength(0);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['blocked']);
  });

  it('gets what was paid for, and then an exception, when the cap is reached in the stream', async () => {
    await start({ policies: [spendCap({ name: 'cap', limitUsd: 0.02, window: 'daily' })] });
    bedrock.reply = 'word '.repeat(3_000);
    const { stream } = await client.send(new ConverseStreamCommand(ask('Hello', CLAUDE, 20_000)));
    let shown = '';
    const read = async (): Promise<void> => {
      for await (const { contentBlockDelta } of stream ?? []) shown += contentBlockDelta?.delta?.text ?? '';
    };
    const error: unknown = await read().catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'ModelStreamErrorException', originalStatusCode: 402 });
    expect(isGatewayError(error, 'spend_cap_reached')).toBe(true);
    expect(shown.length).toBeGreaterThan(100);
    expect(shown.length).toBeLessThan('word '.length * 3_000);
    await until(() => calls.length === 1);
    expect(calls[0]).toMatchObject({ outcome: 'blocked' });
  });

  it.each([false, true])('gets restored values in the input of a tool, streamed: %s', async (stream) => {
    await start();
    bedrock.tool = {
      name: 'send_mail',
      input: { to: '<EMAIL_ADDRESS_1>', cc: ['grace@example.org'], text: 'a "b" é' },
    };
    const expected = { to: SECRET, cc: ['<EMAIL_ADDRESS_2>'], text: 'a "b" é' };
    if (!stream) {
      const { output } = await client.send(new ConverseCommand(ask(`Mail ${SECRET}`)));
      expect(output?.message?.content?.[0]?.toolUse?.input).toEqual(expected);
      return;
    }
    const answer = await client.send(new ConverseStreamCommand(ask(`Mail ${SECRET}`)));
    let input = '';
    for await (const { contentBlockDelta } of answer.stream ?? [])
      input += contentBlockDelta?.delta?.toolUse?.input ?? '';
    expect(JSON.parse(input)).toEqual(expected);
  });

  it('makes one exchange of each attempt', async () => {
    await start();
    let failures = 1;
    bedrock.intercept = (_request, response) => {
      if (failures-- <= 0) return false;
      response.writeHead(503, {
        'content-type': 'application/json',
        'x-amzn-errortype': 'ServiceUnavailableException',
      });
      response.end(JSON.stringify({ message: 'Later.' }));
      return true;
    };
    expect(await converse(`Mail ${SECRET}`)).toBe('Hello from the fake Bedrock.');
    expect(bedrock.requests.map(promptOf)).toEqual(['Mail <EMAIL_ADDRESS_1>', 'Mail <EMAIL_ADDRESS_1>']);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
    expect(calls.map(({ cost }) => cost?.nanoUsd ?? 0)).toEqual([0, CONVERSE_NANO_USD]);
  });

  it('is told what Bedrock refuses, without the values in it', async () => {
    await start();
    bedrock.intercept = (request, response) => {
      response.writeHead(400, { 'content-type': 'application/json', 'x-amzn-errortype': 'ValidationException' });
      response.end(JSON.stringify({ message: `Not ${promptOf(request)} for grace@example.org` }));
      return true;
    };
    await expect(converse(SECRET)).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Not ${SECRET} for <EMAIL_ADDRESS_2>`,
      $metadata: { requestId: undefined, httpStatusCode: 400 },
    });
  });

  it('is told of bytes that are no stream, by an exception', async () => {
    await start();
    bedrock.intercept = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      const good = frame(
        { ':message-type': 'event', ':event-type': 'contentBlockDelta' },
        '{"contentBlockIndex":0,"delta":{"text":"Good "}}',
      );
      const bad = Buffer.from(good);
      bad[bad.length - 10]! ^= 1;
      response.end(Buffer.concat([good, bad]));
      return true;
    };
    const error: unknown = await streamed('Hello').catch((cause: unknown) => cause);
    expect(isGatewayError(error, 'provider_response_unreadable')).toBe(true);
    await until(() => calls.length === 1);
    expect(calls[0]).toMatchObject({ outcome: 'failed' });
  });

  it('counts tokens for nothing', async () => {
    await start({ policies: [redact(), spendCap({ limitUsd: 0, window: 'daily' })] });
    const { messages } = ask(SECRET);
    const command = new CountTokensCommand({ modelId: CLAUDE, input: { converse: { messages } } });
    expect((await client.send(command)).inputTokens).toBe(20);
    expect(bedrock.requests[0]!.body).not.toContain(SECRET);
    expect(calls[0]).toMatchObject({ outcome: 'completed' });
  });

  it('is refused what no policy could guard', async () => {
    await start();
    const command = new ApplyGuardrailCommand({
      ...{ guardrailIdentifier: 'g', guardrailVersion: '1', source: 'INPUT' },
      content: [{ text: { text: SECRET } }],
    });
    const error: unknown = await client.send(command).catch((cause: unknown) => cause);
    expect(isGatewayError(error, 'unguarded_request')).toBe(true);
    expect(bedrock.requests).toHaveLength(0);
  });

  it('takes an API key in the place of credentials', async () => {
    await start({ client: { token: { token: API_KEY }, authSchemePreference: ['httpBearerAuth'] } });
    expect(await converse(`Mail ${SECRET}`)).toBe('Hello from the fake Bedrock.');
    expect(bedrock.requests[0]!.headers.authorization).toBe(`Bearer ${API_KEY}`);
    expect(bedrock.requests[0]!.body).not.toContain(SECRET);
  });

  it('shares nothing between calls that run at once', async () => {
    await start({ client: { cacheMiddleware: true } });
    bedrock.reply = promptOf;
    const names = Array.from({ length: 20 }, (_, index) => `user${index}@example.com`);
    expect(await Promise.all(names.map((name) => converse(name)))).toEqual(names);
    expect(bedrock.requests.map(promptOf)).toEqual(names.map(() => '<EMAIL_ADDRESS_1>'));
  });

  it('is guarded once, by the gateway that came last', async () => {
    await start();
    guardBedrock(client, gateway);
    await converse('Hello');
    expect(calls).toHaveLength(1);
  });
});

it.each<[string, () => unknown, string]>([
  ['no client', () => guardBedrock({} as never, createGateway()), 'client'],
  ['no gateway', () => guardBedrock(client, {} as never), 'gateway'],
  [
    'a gateway whose calls go elsewhere',
    () => guardBedrock(client, createGateway({ upstream: { baseURL: 'https://gateway.example' } })),
    'gateway',
  ],
])('%s is refused at once', async (_name, guard, param) => {
  await start();
  let refusal: unknown;
  try {
    guard();
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ code: 'invalid_option', param });
});

describe('fetch', () => {
  const request = (text: string, headers: Record<string, string>): RequestInit => {
    const { modelId: _, ...body } = ask(text);
    return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
  };
  const url = (): string => `${bedrock.endpoint}/model/${encodeURIComponent(CLAUDE)}/converse`;

  it('sends an API key along, and guards', async () => {
    await start();
    bedrock.reply = promptOf;
    const response = await gateway.fetch(url(), request(SECRET, { authorization: `Bearer ${API_KEY}` }));
    expect(await response.json()).toMatchObject({ output: { message: { content: [{ text: SECRET }] } } });
    expect(bedrock.requests.map(promptOf)).toEqual(['<EMAIL_ADDRESS_1>']);
    expect(calls[0]).toMatchObject({ model: CLAUDE, cost: { nanoUsd: CONVERSE_NANO_USD } });
  });

  it('passes a signed request that nothing changes, and refuses one that would have to be changed', async () => {
    await start();
    const unguarded = new BedrockRuntimeClient({
      ...{ region: 'us-east-1', endpoint: bedrock.endpoint, credentials: bedrock.credentials },
      requestHandler: {
        handle: async (signed: { headers: Record<string, string>; path: string; body: string }) => {
          const { host: _, 'content-length': __, ...headers } = signed.headers;
          const response = await gateway.fetch(bedrock.endpoint + signed.path, {
            method: 'POST',
            headers,
            body: signed.body,
          });
          const body = new Uint8Array(await response.arrayBuffer());
          return {
            response: { statusCode: response.status, headers: Object.fromEntries(response.headers), body } as never,
          };
        },
      },
    });
    const clean = await unguarded.send(new ConverseCommand(ask('Hello')));
    expect(clean.output?.message?.content?.[0]?.text).toBe('Hello from the fake Bedrock.');
    const error: unknown = await unguarded.send(new ConverseCommand(ask(SECRET))).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 422, attempts: 1 } });
    expect(isGatewayError(error, 'signed_request')).toBe(true);
    expect(String(error)).toContain('guardBedrock()');
    expect(bedrock.requests).toHaveLength(1);
    expect(bedrock.forged).toBe(0);
    expect(calls.map(({ outcome, cost }) => [outcome, cost?.nanoUsd ?? 0])).toEqual([
      ['completed', CONVERSE_NANO_USD],
      ['blocked', 0],
    ]);
  });
});

it.each([false, true])(
  'the server sends its own key, and guards what the SDK sends it; streamed: %s',
  async (stream) => {
    await start();
    bedrock.reply = promptOf;
    process.env.POSTERN_TEST_BEDROCK_KEY = API_KEY;
    const server = createGatewayServer({
      gateway,
      providers: { bedrock: { baseURL: bedrock.endpoint, apiKey: 'env:POSTERN_TEST_BEDROCK_KEY' } },
    });
    const { url } = await server.listen({ port: 0 });
    client.destroy();
    const { credentials } = bedrock;
    const requestHandler = new NodeHttpHandler();
    client = new BedrockRuntimeClient({ region: 'us-east-1', endpoint: `${url}/bedrock`, credentials, requestHandler });
    try {
      expect(await (stream ? streamed(SECRET) : converse(SECRET))).toBe(SECRET);
      expect(bedrock.requests.map(promptOf)).toEqual(['<EMAIL_ADDRESS_1>']);
      expect(bedrock.requests[0]!.headers.authorization).toBe(`Bearer ${API_KEY}`);
      await until(() => calls.length === 1);
      expect(calls[0]).toMatchObject({ provider: 'aws.bedrock', model: CLAUDE, cost: { nanoUsd: CONVERSE_NANO_USD } });
    } finally {
      delete process.env.POSTERN_TEST_BEDROCK_KEY;
      await server.close();
    }
  },
);
