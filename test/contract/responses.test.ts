/** The Responses API over every door, with the clients that speak it: redacted on the way out, restored on the way back, refused once. */
import { createOpenAI } from '@ai-sdk/openai';
import {
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, tool as agentTool, OpenAIProvider, Runner } from '@openai/agents';
import { tool as aiTool, generateText, stepCountIs, streamText, type ToolSet } from 'ai';
import OpenAI7 from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import OpenAI6 from 'openai-6';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { type FakeResponses, fakeResponses } from '../../examples/support/fake-responses.ts';
import {
  type CallEvent,
  createGateway,
  type Gateway,
  isGatewayError,
  type Policy,
  redact,
  spendCap,
} from '../../src/index.ts';
import { createGatewayServer, type GatewayServer } from '../../src/server/index.ts';

const ADA = 'ada@example.com';
const PROMPT = `Write to ${ADA} please`;
const MODEL = 'gpt-4o-mini';

interface World {
  readonly provider: FakeProvider;
  readonly api: FakeResponses;
  readonly gateway: Gateway;
  readonly url: string;
  readonly calls: CallEvent[];
}

let world: World;
let server: GatewayServer;

async function start(policies: readonly Policy[]): Promise<World> {
  const provider = await startFakeProvider();
  const api = fakeResponses();
  provider.intercept = (request, response) => api.answer(request, response);
  const gateway = createGateway({ policies, providers: [{ name: 'openai', baseURL: provider.baseURL }] });
  const calls: CallEvent[] = [];
  gateway.on('call', (call) => calls.push(call));
  server = createGatewayServer({
    gateway,
    providers: { openai: { baseURL: provider.baseURL } },
    authenticate: () => ({}),
  });
  const { url } = await server.listen({ port: 0 });
  world = { provider, api, gateway, url, calls };
  return world;
}

afterEach(async () => {
  await server.close();
  await world.provider.close();
});

interface Client {
  readonly name: string;
  ask(stream: boolean, signal?: AbortSignal): Promise<string>;
  /** Lets the model call `mail({ to })` and returns whom it mailed, and what it said then. */
  useTool(stream: boolean): Promise<{ to: string[]; text: string }>;
}

const AT_MOST = 50;
const TO = z.object({ to: z.string() });

function openai(
  name: string,
  Class: typeof OpenAI7,
  where: (world: World) => { baseURL: string; fetch?: Gateway['fetch'] },
  prefix = '',
): Client {
  const model = prefix + MODEL;
  return {
    name,
    async ask(stream, signal) {
      const client = new Class({ apiKey: 'sk-fake', ...where(world) });
      const asked = { model, input: PROMPT, max_output_tokens: AT_MOST };
      if (!stream) return (await client.responses.create(asked, { signal })).output_text;
      let shown = '';
      for await (const event of await client.responses.create({ ...asked, stream }, { signal }))
        if (event.type === 'response.output_text.delta') shown += event.delta;
      return shown;
    },
    async useTool(stream) {
      const client = new Class({ apiKey: 'sk-fake', ...where(world) });
      const tools = [{ type: 'function' as const, name: 'mail', strict: true, parameters: {} }];
      const create = (input: OpenAI7.Responses.ResponseInput): Promise<OpenAI7.Responses.Response> =>
        stream
          ? client.responses.stream({ model, input, tools }).finalResponse()
          : client.responses.create({ model, input, tools });
      const question = { role: 'user' as const, content: PROMPT };
      const { output } = await create([question]);
      const call = output.find((item) => item.type === 'function_call')!;
      const result = { type: 'function_call_output' as const, call_id: call.call_id, output: `mailed ${ADA}` };
      const { output_text: text } = await create([question, call, result]);
      return { to: [TO.parse(JSON.parse(call.arguments)).to], text };
    },
  };
}

const inProcess = ({ provider, gateway }: World) => ({ baseURL: provider.baseURL, fetch: gateway.fetch });

const agents: Client = {
  name: '@openai/agents',
  async ask(stream, signal) {
    return (await runAgent(stream, [], signal)).text;
  },
  async useTool(stream) {
    const to: string[] = [];
    const mail = agentTool({
      name: 'mail',
      description: 'Sends mail',
      parameters: TO,
      execute: (input) => {
        to.push(input.to);
        return `mailed ${input.to}`;
      },
    });
    return { to, ...(await runAgent(stream, [mail])) };
  },
};

async function runAgent(
  stream: boolean,
  tools: ReturnType<typeof agentTool>[],
  signal?: AbortSignal,
): Promise<{ text: string }> {
  const openAIClient = new OpenAI7({ apiKey: 'sk-fake', ...inProcess(world) });
  const runner = new Runner({
    modelProvider: new OpenAIProvider({ openAIClient: openAIClient as never, useResponses: true }),
    tracingDisabled: true,
  });
  const agent = new Agent({
    name: 'mailer',
    model: MODEL,
    tools: tools as never,
    modelSettings: { maxTokens: AT_MOST },
  });
  const signed = signal ? { signal } : {};
  if (!stream) return { text: (await runner.run(agent, PROMPT, signed)).finalOutput ?? '' };
  const run = await runner.run(agent, PROMPT, { stream: true, ...signed });
  let text = '';
  for await (const piece of run.toTextStream()) text += piece;
  await run.completed;
  return { text };
}

const aiSdk: Client = {
  name: 'ai with @ai-sdk/openai',
  async ask(stream, signal) {
    return (await runAi(stream, {}, signal)).text;
  },
  async useTool(stream) {
    const to: string[] = [];
    const mail = aiTool({
      description: 'Sends mail',
      inputSchema: TO,
      execute: async (input) => {
        to.push(input.to);
        return `mailed ${input.to}`;
      },
    });
    return { to, ...(await runAi(stream, { mail })) };
  },
};

async function runAi(stream: boolean, tools: ToolSet, abortSignal?: AbortSignal): Promise<{ text: string }> {
  const { baseURL, fetch } = inProcess(world);
  const model = createOpenAI({ apiKey: 'sk-fake', baseURL, fetch: fetch as typeof globalThis.fetch })(MODEL);
  const signed = abortSignal ? { abortSignal } : {};
  const asked = { model, prompt: PROMPT, tools, stopWhen: stepCountIs(3), maxOutputTokens: AT_MOST, ...signed };
  if (!stream) return { text: (await generateText(asked)).text };
  let text = '';
  for await (const part of streamText({ ...asked, onError: () => {} }).fullStream) {
    if (part.type === 'text-delta') text += part.text;
    if (part.type === 'error') throw part.error;
    if (part.type === 'abort') throw new DOMException('aborted', 'AbortError');
  }
  return { text };
}

const chatModel = (): ChatOpenAI =>
  new ChatOpenAI({
    apiKey: 'sk-fake',
    model: MODEL,
    useResponsesApi: true,
    maxTokens: AT_MOST,
    configuration: inProcess(world),
  });

const chatOpenAI: Client = {
  name: 'ChatOpenAI with useResponsesApi',
  async ask(stream, signal) {
    const signed = signal ? { signal } : {};
    if (!stream) return (await chatModel().invoke(PROMPT, signed)).text;
    let shown = '';
    for await (const chunk of await chatModel().stream(PROMPT, signed)) shown += chunk.text;
    return shown;
  },
  async useTool(stream) {
    const model = chatModel().bindTools([
      { type: 'function', function: { name: 'mail', parameters: { type: 'object' } } },
    ]);
    const create = async (messages: BaseMessage[]): Promise<AIMessage | AIMessageChunk> => {
      if (!stream) return model.invoke(messages);
      const chunks: AIMessageChunk[] = [];
      for await (const chunk of await model.stream(messages)) chunks.push(chunk);
      return chunks.reduce((whole, chunk) => whole.concat(chunk));
    };
    const question = new HumanMessage(PROMPT);
    const called = await create([question]);
    const [call] = called.tool_calls!;
    const result = new ToolMessage({ content: `mailed ${ADA}`, tool_call_id: call!.id! });
    const { text } = await create([question, called, result]);
    return { to: [TO.parse(call!.args).to], text };
  },
};

const CLIENTS: readonly Client[] = [
  openai('openai 7', OpenAI7, inProcess),
  openai('openai 6', OpenAI6 as unknown as typeof OpenAI7, inProcess),
  openai('openai 7 at the server, /openai/v1', OpenAI7, ({ url }) => ({ baseURL: `${url}/openai/v1` })),
  openai('openai 7 at the server, /v1', OpenAI7, ({ url }) => ({ baseURL: `${url}/v1` }), 'openai/'),
  agents,
  aiSdk,
  chatOpenAI,
];
const cap = (limitUsd: number): Policy => spendCap({ name: 'cap', limitUsd, window: 'lifetime' });

describe.each(CLIENTS)('$name', ({ ask, useTool }) => {
  it.each([false, true])('gets its own values back, and the provider none (stream: %s)', async (stream) => {
    const { provider, api, calls } = await start([redact(), cap(1)]);
    api.reply = (prompt) => `You said: ${prompt}. Ask grace@example.org too.`;
    expect(await ask(stream)).toBe(`You said: ${PROMPT}. Ask <EMAIL_ADDRESS_2> too.`);
    expect(provider.requests.at(-1)!.url).toMatch(/\/v1\/responses$/);
    expect(provider.requests.map(({ body }) => body).join('')).not.toContain(ADA);
    expect(provider.requests.at(-1)!.json).toMatchObject({ model: MODEL, max_output_tokens: AT_MOST });
    // 16 tokens at 0.15 USD a million, 4 cached at 0.075, 10 at 0.6.
    expect(calls).toMatchObject([
      {
        outcome: 'completed',
        usage: { inputTokens: 20, outputTokens: 10, cacheReadTokens: 4 },
        cost: { nanoUsd: 8_700 },
      },
    ]);
  });

  it.each([false, true])('calls tools with its own values (stream: %s)', async (stream) => {
    const { provider, api } = await start([redact()]);
    api.toolArguments = (prompt) => ({ to: /<EMAIL_ADDRESS_1>/.exec(prompt)![0] });
    api.reply = (prompt) => `Done: ${prompt}`;
    expect(await useTool(stream)).toEqual({ to: [ADA], text: `Done: mailed ${ADA}` });
    expect(provider.requests.map(({ body }) => body).join('')).not.toContain(ADA);
  });

  it.each([false, true])('is refused once, with status and code (stream: %s)', async (stream) => {
    const { provider } = await start([cap(0.000_000_1)]);
    const error: unknown = await ask(stream).catch((thrown: unknown) => thrown);
    expect(isGatewayError(error, 'spend_cap_reached')).toBe(true);
    expect(provider.requests).toHaveLength(0);
    expect(world.calls).toMatchObject([{ outcome: 'blocked' }]);
  });

  it('raises what ends its stream when a cap is reached', async () => {
    const { api, calls } = await start([cap(0.000_1)]);
    api.reply = 'many words of an answer '.repeat(400);
    const error: unknown = await ask(true).catch((thrown: unknown) => thrown);
    expect(isGatewayError(error, 'spend_cap_reached')).toBe(true);
    while (world.gateway.stats.open > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toMatchObject([{ outcome: 'blocked' }]);
    while (api.closedEarly === 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('goes away in the middle of a stream: the provider is told at once, and the call settles once', async () => {
    const { api, calls, gateway } = await start([cap(1)]);
    api.reply = 'word '.repeat(20_000);
    const leaving = new AbortController();
    const answered = api.answer;
    world.provider.intercept = (request, response) => {
      setTimeout(() => leaving.abort(), 100);
      return answered(request, response);
    };
    await ask(true, leaving.signal).catch(() => {});
    const left = performance.now();
    while (api.closedEarly === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(performance.now() - left).toBeLessThan(100);
    while (gateway.stats.open > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toMatchObject([{ outcome: 'aborted', usage: { source: 'estimated' } }]);
  });
});

describe('openai 7', () => {
  it('parses a structured answer with its own values', async () => {
    const { api } = await start([redact()]);
    api.reply = '{"to":"<EMAIL_ADDRESS_1>"}';
    const client = new OpenAI7({ apiKey: 'sk-fake', ...inProcess(world) });
    const text = { format: zodTextFormat(TO, 'mail') };
    expect((await client.responses.parse({ model: MODEL, input: PROMPT, text })).output_parsed).toEqual({ to: ADA });
  });

  it('counts tokens of a redacted text, for nothing', async () => {
    const { provider, calls } = await start([redact(), cap(0.000_000_1)]);
    const client = new OpenAI7({ apiKey: 'sk-fake', ...inProcess(world) });
    expect((await client.responses.inputTokens.count({ model: MODEL, input: PROMPT })).input_tokens).toBe(20);
    expect(provider.requests.at(-1)!.body).toContain('<EMAIL_ADDRESS_1>');
    expect(calls[0]!.cost?.nanoUsd ?? 0).toBe(0);
  });
});
