/** Responses that are begun by one request and asked for by others: one call, with its values and its money, until its end is known. */
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { type FakeResponses, fakeResponses } from '../../examples/support/fake-responses.ts';
import {
  type CallEvent,
  createGateway,
  type Gateway,
  type GatewayOptions,
  memoryLedger,
  redact,
  spendCap,
} from '../../src/index.ts';

const ADA = 'ada@example.com';
const ASKED = { model: 'gpt-4o-mini', input: `Write to ${ADA}`, max_output_tokens: 1_000, background: true } as const;
/** 16 tokens at 0.15 USD a million, 4 cached at 0.075, 10 at 0.6. */
const COST = 8_700;

let provider: FakeProvider;
let api: FakeResponses;
let gateway: Gateway;
let client: OpenAI;
let ledger: ReturnType<typeof memoryLedger>;
let calls: CallEvent[];

function open(options: GatewayOptions = {}): void {
  ledger = memoryLedger();
  gateway = createGateway({
    store: ledger,
    policies: [redact(), spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })],
    providers: [{ name: 'openai', baseURL: provider.baseURL }],
    ...options,
  });
  calls = [];
  gateway.on('call', (call) => calls.push(call));
  client = new OpenAI({ apiKey: 'sk-fake', baseURL: provider.baseURL, fetch: gateway.fetch, maxRetries: 0 });
}

beforeEach(async () => {
  provider = await startFakeProvider();
  api = fakeResponses();
  api.reply = (prompt) => `You said: ${prompt}`;
  provider.intercept = (request, response) => api.answer(request, response);
  open();
});
afterEach(async () => {
  await gateway.close();
  await provider.close();
});

const books = () => ledger.read(['cap|all=all|lifetime'])[0] ?? { posted: 0, held: 0 };
const chats = (): CallEvent[] => calls.filter(({ cost }) => cost !== undefined);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a background response', () => {
  it('keeps its values and its hold while it is asked for, and is charged once when it is there', async () => {
    const begun = await client.responses.create(ASKED);
    expect(begun.status).toBe('queued');
    expect(provider.requests[0]!.body).not.toContain(ADA);
    const { held } = books();
    expect(held).toBeGreaterThan(0);
    expect(calls).toEqual([]);

    const working = await client.responses.retrieve(begun.id);
    expect(working.status).toBe('in_progress');
    expect(books()).toMatchObject({ held, posted: 0 });
    expect(gateway.stats.open).toBe(1);

    const done = await client.responses.retrieve(begun.id);
    expect(done.output_text).toBe(`You said: Write to ${ADA}`);
    expect(books()).toMatchObject({ held: 0, posted: COST });
    expect(calls).toMatchObject([
      { outcome: 'completed', usage: { outputTokens: 10, source: 'provider' }, cost: { nanoUsd: COST } },
    ]);

    const again = await client.responses.retrieve(begun.id);
    expect(again.output_text).toBe(`You said: Write to ${ADA}`);
    expect(books()).toMatchObject({ held: 0, posted: COST });
  });

  it('is streamed when it is asked for as a stream', async () => {
    const begun = await client.responses.create(ASKED);
    let shown = '';
    for await (const event of await client.responses.retrieve(begun.id, { stream: true }))
      if (event.type === 'response.output_text.delta') shown += event.delta;
    expect(shown).toBe(`You said: Write to ${ADA}`);
    while (gateway.stats.open > 0) await turn();
    expect(books()).toMatchObject({ held: 0, posted: COST });
  });

  it('gives nobody else its values, and whoever asks for it pays nothing', async () => {
    const begun = await gateway.withContext({ user: 'ada' }, () => client.responses.create(ASKED));
    api.pollsUntilDone = 3;
    const asked = gateway.withContext({ user: 'bob' }, () => client.responses.retrieve(begun.id));
    expect((await asked).status).toBe('in_progress');
    expect(gateway.stats.open).toBe(1);
    await gateway.withContext({ user: 'bob' }, () => client.responses.retrieve(begun.id));
    const done = await gateway.withContext({ user: 'bob' }, () => client.responses.retrieve(begun.id));
    expect(done.output_text).toBe('You said: Write to <EMAIL_ADDRESS_1>');
    expect(books().posted).toBe(0);
    expect(books().held).toBeGreaterThan(0);

    const own = await gateway.withContext({ user: 'ada' }, () => client.responses.retrieve(begun.id));
    expect(own.output_text).toBe(`You said: Write to ${ADA}`);
    expect(books()).toMatchObject({ held: 0, posted: COST });
  });

  it('stays open when asking for it fails', async () => {
    const begun = await client.responses.create(ASKED);
    const { held } = books();
    const { intercept } = provider;
    provider.intercept = (_request, response) => {
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"Down"}}');
      return true;
    };
    await expect(client.responses.retrieve(begun.id)).rejects.toMatchObject({ status: 500 });
    expect(books()).toMatchObject({ held, posted: 0 });
    provider.intercept = intercept;
    await client.responses.retrieve(begun.id);
    expect((await client.responses.retrieve(begun.id)).output_text).toContain(ADA);
    expect(books()).toMatchObject({ held: 0, posted: COST });
  });

  it('ends when it is cancelled, and its input can be listed meanwhile', async () => {
    const begun = await client.responses.create(ASKED);
    const page = await client.responses.inputItems.list(begun.id);
    expect(JSON.stringify(page.data)).toContain('<EMAIL_ADDRESS_1>');
    expect(gateway.stats.open).toBe(1);
    expect((await client.responses.cancel(begun.id)).status).toBe('cancelled');
    expect(gateway.stats.open).toBe(0);
    expect(books().held).toBe(0);
    expect(chats()).toMatchObject([{ outcome: 'failed', usage: { source: 'estimated' } }]);
  });

  it('that nobody asks for is charged what was held', async () => {
    open({ holdTtlMs: 50 });
    await client.responses.create(ASKED);
    const { held } = books();
    while (gateway.stats.open > 0) await turn();
    expect(chats()).toMatchObject([{ outcome: 'aborted', usage: { source: 'estimated', outputTokens: 1_000 } }]);
    expect(books().held).toBe(0);
    expect(books().posted).toBeGreaterThan(0);
    expect(books().posted).toBeLessThanOrEqual(held);
  });

  it('is charged what was held when the gateway closes, also once it was asked for', async () => {
    const begun = await client.responses.create(ASKED);
    await client.responses.retrieve(begun.id);
    await gateway.close();
    expect(gateway.stats.open).toBe(0);
    expect(chats()).toMatchObject([{ outcome: 'aborted', usage: { outputTokens: 1_000 } }]);
    expect(books()).toMatchObject({ held: 0, posted: chats()[0]!.cost!.nanoUsd });
  });
});

describe('a background response that is streamed', () => {
  it('goes on without its client, who may come back for it', async () => {
    api.reply = (prompt) => `You said: ${prompt} ${'word '.repeat(2_000)}`;
    const stream = await client.responses.create({ ...ASKED, stream: true });
    let id = '';
    for await (const event of stream) {
      if (event.type === 'response.created') ({ id } = event.response);
      if (event.type === 'response.output_text.delta') break;
    }
    while (api.closedEarly === 0) await turn();
    expect(books().held).toBeGreaterThan(0);
    expect(calls).toEqual([]);

    await client.responses.retrieve(id);
    const done = await client.responses.retrieve(id);
    expect(done.output_text).toContain(`You said: Write to ${ADA} word`);
    expect(books()).toMatchObject({ held: 0, posted: COST });
    expect(calls).toMatchObject([{ outcome: 'completed', cost: { nanoUsd: COST } }]);
  });
});
