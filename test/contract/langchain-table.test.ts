/** The tables of README.md and docs/langchain.md, line by line: each row has a test by its name here, and no test is without a row. */
import { readFileSync } from 'node:fs';
import { HumanMessage } from '@langchain/core/messages';
import { LangChainTracer } from '@langchain/core/tracers/tracer_langchain';
import { FakeLLM } from '@langchain/core/utils/testing';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { Client } from 'langsmith';
import { afterEach, expect, it } from 'vitest';
import { startLangSmith } from '../../examples/support/langsmith-ingest.ts';
import { type GatewayOptions, redact, spendCap } from '../../src/index.ts';
import { GatewayCallbackHandler } from '../../src/langchain/index.ts';
import { PROVIDER_KEY, startWorld, type World } from './doors.ts';

const EMAIL = 'ada.lovelace@example.com';
type Column = 'fetch' | 'enforce';
const COLUMNS: readonly Column[] = ['fetch', 'enforce'];

let world: World;
afterEach(() => world.stop());

async function modelFor(column: Column, options: GatewayOptions = { policies: [redact()] }): Promise<ChatOpenAI> {
  if (world) await world.stop();
  world = await startWorld(options);
  const handler = new GatewayCallbackHandler(world.gateway, { mode: 'enforce' });
  return new ChatOpenAI({
    apiKey: PROVIDER_KEY,
    model: 'gpt-4o-mini',
    ...(column === 'enforce' && { callbacks: [handler] }),
    configuration: { baseURL: world.provider.baseURL, ...(column === 'fetch' && { fetch: world.gateway.fetch }) },
  });
}

async function streamed(model: ChatOpenAI): Promise<string> {
  let shown = '';
  for await (const chunk of await model.stream(`I am ${EMAIL}`)) shown += chunk.text;
  return shown;
}

/** The run of the model, as a fake LangSmith got it. */
async function tracedRun(model: ChatOpenAI): Promise<{ error?: unknown; end_time?: unknown; text: string }> {
  const smith = await startLangSmith();
  const client = new Client({ apiUrl: smith.origin, apiKey: 'lsv2_pt_invented' });
  await model.invoke(`I am ${EMAIL}`, { callbacks: [new LangChainTracer({ client })] }).catch(() => {});
  await client.awaitPendingTraceBatches();
  const [run] = smith.runs.values();
  const text = smith.requests.map((request) => request.text).join();
  await smith.close();
  return { ...run, text };
}

const NO_MONEY = { policies: [spendCap({ name: 'none', limitUsd: 0, window: 'daily' as const })] };

const ROWS: Readonly<Record<string, () => Promise<void>>> = {
  async 'Stop a call'() {
    const byFetch = await tracedRun(await modelFor('fetch', NO_MONEY));
    expect(world.provider.requests).toHaveLength(0);
    expect(byFetch.error).toMatch(/402/);
    const byHandler = await tracedRun(await modelFor('enforce', NO_MONEY));
    expect(world.provider.requests).toHaveLength(0);
    expect(byHandler.end_time).toBeFalsy();
  },
  async 'Redact what is sent'() {
    for (const column of COLUMNS) {
      await (await modelFor(column)).invoke(`I am ${EMAIL}`);
      expect(world.provider.requests[0]!.body).toContain('I am <EMAIL_ADDRESS_1>');
    }
  },
  async 'Tools, response format, model parameters'() {
    const parameters = { type: 'object', properties: { to: { type: 'string', description: `like ${EMAIL}` } } };
    const send = { type: 'function' as const, function: { name: 'send', description: 'Sends.', parameters } };
    for (const column of COLUMNS) {
      await (await modelFor(column)).bindTools([send]).invoke('Hello');
      expect(world.provider.requests[0]!.body.includes(EMAIL), column).toBe(column === 'enforce');
    }
  },
  async "The caller's own message objects"() {
    for (const column of COLUMNS) {
      const message = new HumanMessage(`I am ${EMAIL}`);
      const model = await modelFor(column);
      let during: unknown;
      world.provider.reply = () => {
        during = message.content;
        return 'Hello';
      };
      await model.invoke([message]);
      expect(during).toBe(column === 'fetch' ? `I am ${EMAIL}` : 'I am <EMAIL_ADDRESS_1>');
      expect(message.content).toBe(`I am ${EMAIL}`);
    }
  },
  async 'Redact and restore what `invoke` returns'() {
    for (const column of COLUMNS) {
      const model = await modelFor(column);
      world.provider.reply = 'Hello <EMAIL_ADDRESS_1>, ask eve@example.net';
      expect((await model.invoke(`I am ${EMAIL}`)).text).toBe(`Hello ${EMAIL}, ask <EMAIL_ADDRESS_2>`);
    }
  },
  async 'Redact and restore what `stream` yields'() {
    for (const column of COLUMNS) {
      const model = await modelFor(column);
      world.provider.reply = 'Hello <EMAIL_ADDRESS_1>, ask eve@example.net';
      const raw = 'Hello <EMAIL_ADDRESS_1>, ask eve@example.net';
      expect(await streamed(model)).toBe(column === 'fetch' ? `Hello ${EMAIL}, ask <EMAIL_ADDRESS_2>` : raw);
    }
  },
  async 'Limit the output'() {
    const strict = {
      policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' as const, reserve: 'strict' as const })],
    };
    for (const column of COLUMNS) {
      await (await modelFor(column, strict)).invoke('Hello');
      expect(world.provider.requests[0]!.body.includes('max_completion_tokens'), column).toBe(column === 'fetch');
    }
  },
  async 'Prompts of completion models (`handleLLMStart`)'() {
    await modelFor('enforce');
    const callbacks = [new GatewayCallbackHandler(world.gateway, { mode: 'enforce' })];
    await expect(new FakeLLM({ response: 'x', callbacks }).invoke(`I am ${EMAIL}`)).rejects.toMatchObject({
      code: 'unguarded_request',
    });
  },
  async Embeddings() {
    await modelFor('fetch');
    const { baseURL } = world.provider;
    const configuration = { baseURL, fetch: world.gateway.fetch };
    await new OpenAIEmbeddings({ apiKey: PROVIDER_KEY, configuration }).embedQuery(EMAIL);
    expect(world.provider.requests[0]!.body).not.toContain(EMAIL);
    const handler = new GatewayCallbackHandler(world.gateway, { mode: 'enforce' });
    const fields = { apiKey: PROVIDER_KEY, configuration: { baseURL }, callbacks: [handler] };
    await new OpenAIEmbeddings(fields).embedQuery(EMAIL);
    expect(world.provider.requests[1]!.body).toContain(EMAIL);
    expect(world.calls).toHaveLength(1);
  },
  async Usage() {
    for (const column of COLUMNS) {
      await (await modelFor(column)).invoke('Hello');
      expect(world.calls).toMatchObject([{ usage: { source: column === 'fetch' ? 'provider' : 'estimated' } }]);
    }
  },
  async 'Parent runs in LangSmith (chains, agents)'() {
    for (const column of COLUMNS) {
      const model = await modelFor(column);
      const smith = await startLangSmith();
      const client = new Client({ apiUrl: smith.origin, apiKey: 'lsv2_pt_invented' });
      const chain = model.pipe((message: { text: string }) => message.text);
      await chain.invoke(`I am ${EMAIL}`, { callbacks: [new LangChainTracer({ client })] });
      await client.awaitPendingTraceBatches();
      const root = [...smith.runs.values()].find(({ parent_run_id }) => !parent_run_id);
      expect(JSON.stringify(root?.inputs)).toContain(EMAIL);
      await smith.close();
    }
  },
};

it.each(Object.entries(ROWS))('%s', (_row, show) => show());

/** First cells of the table whose second column is `gateway.fetch`. */
function rowsOf(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const [, body = ''] = /^\| \| `gateway\.fetch` \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(text) ?? [];
  return [...body.matchAll(/^\| (.*?) \|/gm)].map(([, cell]) => cell!);
}

it('every row of the tables has its test, and every test its row', async () => {
  world = await startWorld();
  expect(rowsOf('docs/langchain.md').sort()).toEqual(Object.keys(ROWS).sort());
  const short = rowsOf('README.md');
  expect(short.length).toBeGreaterThan(5);
  expect(short.filter((row) => !Object.hasOwn(ROWS, row))).toEqual([]);
});
