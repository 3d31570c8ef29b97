/** Anthropic's real clients on what their API has of its own: tools, signed reasoning, token counts, batches, typed errors. */
import { createAnthropic } from '@ai-sdk/anthropic';
import Anthropic, {
  APIError,
  BadRequestError,
  PaymentRequiredError,
  RateLimitError,
  UnprocessableEntityError,
} from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { ChatAnthropic } from '@langchain/anthropic';
import { tool as langChainTool } from '@langchain/core/tools';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { afterEach, describe, expect, it } from 'vitest';
import { event } from '../../examples/support/fake-api.ts';
import type { ReceivedRequest } from '../../examples/support/fake-provider.ts';
import { type GatewayOptions, gatewayErrorOf, memoryLedger, redact, spendCap } from '../../src/index.ts';
import { startWorld, USER_HEADER, type World } from './doors.ts';
import { PROVIDER_KEY } from './world.ts';

const ADA = 'ada.lovelace@example.com';
const MODEL = 'claude-opus-5-5';
const BODY = { model: MODEL, max_tokens: 50, messages: [{ role: 'user' as const, content: `I am ${ADA}` }] };
/** What the model asks for: one value that the caller sent, one that it made up. */
const asked = (seen: string) => ({ to: seen, cc: 'eve@example.net', deep: [{ note: `for ${seen}` }] });
const PLACEHOLDER = /<EMAIL_ADDRESS_\w+>/;
const RUN = { to: ADA, cc: expect.stringMatching(PLACEHOLDER), deep: [{ note: `for ${ADA}` }] };
const SCHEMA = {
  type: 'object',
  properties: { to: { type: 'string' }, cc: { type: 'string' }, deep: { type: 'array', items: { type: 'object' } } },
} as const;

let world: World;
afterEach(() => world.stop());

async function start(options: GatewayOptions = {}): Promise<void> {
  world = await startWorld({ policies: [redact()], ...options });
}

const baseURL = (): string => `${world.provider.origin}/anthropic`;
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const sent = (): string => world.provider.requests.at(-1)!.body;

/** The tool is asked for once; its result is answered with a text. */
function callsTool(): void {
  world.provider.tool = ({ body }: ReceivedRequest) =>
    /"tool_result"/.test(body) ? undefined : { name: 'mail', input: asked(PLACEHOLDER.exec(body)?.[0] ?? 'nobody') };
  world.provider.reply = ({ body }) => `Sent to ${PLACEHOLDER.exec(body)?.[0]}.`;
}

/** Takes over every request with a body of its own. */
function answers(body: string, type = 'application/json', status = 200): void {
  world.provider.intercept = (_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
    return true;
  };
}

/** A stream of one block that has no end, a delta each few milliseconds. */
function goesOn(block: object, delta: object, everyMs: number): { written: number; readonly closed: Promise<void> } {
  const usage = { input_tokens: 20, output_tokens: 1 };
  let close = (): void => {};
  const going = { written: 0, closed: new Promise<void>((resolve) => (close = resolve)) };
  world.provider.intercept = async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).once('close', close);
    response.write(
      event({ type: 'message_start', message: { id: 'msg_1', model: MODEL, content: [], usage } }, 'message_start'),
    );
    response.write(event({ type: 'content_block_start', index: 0, content_block: block }, 'content_block_start'));
    for (; !response.destroyed; going.written++) {
      response.write(event({ type: 'content_block_delta', index: 0, delta }, 'content_block_delta'));
      await new Promise((go) => (everyMs > 0 ? setTimeout(go, everyMs) : setImmediate(go)));
    }
    return true;
  };
  return going;
}

async function ended(): Promise<void> {
  while (world.calls.length === 0 || world.gateway.stats.open > 0) await new Promise((go) => setImmediate(go));
}

const doors = [
  {
    name: 'fetch',
    client: (options: object = {}): Anthropic =>
      new Anthropic({ apiKey: PROVIDER_KEY, baseURL: baseURL(), fetch: world.gateway.fetch, ...options }),
  },
  {
    name: 'server',
    client: (options: object = {}): Anthropic =>
      new Anthropic({ apiKey: PROVIDER_KEY, baseURL: `${world.serverURL}/anthropic`, ...options }),
  },
];

describe.each(doors)('@anthropic-ai/sdk over $name', ({ client }) => {
  it.each([false, true])('gives a tool the real values before it runs (stream: %s)', async (stream) => {
    await start();
    callsTool();
    const runs: unknown[] = [];
    const mail = betaTool({
      name: 'mail',
      description: 'Sends a mail',
      inputSchema: SCHEMA,
      run: (input) => {
        runs.push(input);
        return JSON.stringify({ sent: ADA, copy: 'frank@example.org' });
      },
    });

    const params = { ...BODY, tools: [mail], max_iterations: 3 };
    const last = await (stream
      ? client()
          .beta.messages.toolRunner({ ...params, stream: true })
          .runUntilDone()
      : client().beta.messages.toolRunner(params).runUntilDone());

    expect(runs).toEqual([RUN]);
    expect(last.content).toMatchObject([{ type: 'text', text: `Sent to ${ADA}.` }]);
    expect(sent()).not.toMatch(/ada\.lovelace|frank@/);
    const { messages } = JSON.parse(sent()) as { messages: { content: Record<string, unknown>[] }[] };
    // The result is JSON in a string, and stays that. The runner sends what is new alone.
    const result = messages.at(-1)!.content[0]!.content as string;
    const { sent: first, copy } = JSON.parse(result) as { sent: string; copy: string };
    expect([first, copy]).toEqual([expect.stringMatching(PLACEHOLDER), expect.stringMatching(PLACEHOLDER)]);
    // The provider keeps the turn before: who was named there has the same name here, and nobody else has it.
    expect(world.provider.requests[0]!.body).toContain(first);
    expect(copy).not.toBe(first);
  });

  it('streams tool input as JSON that a client can read at any time', async () => {
    await start();
    callsTool();
    const snapshots: unknown[] = [];
    const stream = client().messages.stream({ ...BODY, tools: [{ name: 'mail', input_schema: SCHEMA }] });
    stream.on('inputJson', (_piece, snapshot) => snapshots.push(snapshot));

    const { content, stop_reason } = await stream.finalMessage();

    expect(content).toMatchObject([{ type: 'tool_use', name: 'mail', input: RUN }]);
    expect(stop_reason).toBe('tool_use');
    expect(snapshots.at(-1)).toEqual(RUN);
    expect(JSON.stringify(snapshots)).not.toMatch(/EMAIL_ADDRESS_1|eve@/);
  });

  it('leaves signed reasoning as it came, both ways', async () => {
    await start();
    const thinking = { type: 'thinking' as const, thinking: `Of <EMAIL_ADDRESS_1> and ${ADA}`, signature: 'EqQBc2ln' };
    const hidden = { type: 'redacted_thinking' as const, data: 'EmwKAhgB' };
    const text = { type: 'text' as const, text: 'Hello <EMAIL_ADDRESS_1>' };
    const usage = { input_tokens: 16, output_tokens: 10 };
    answers(
      JSON.stringify({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: MODEL,
        content: [thinking, hidden, text],
        usage,
      }),
    );

    const { content } = await client().messages.create(BODY);
    expect(content).toEqual([thinking, hidden, { ...text, text: `Hello ${ADA}` }]);

    const turn = [
      ...BODY.messages,
      { role: 'assistant' as const, content },
      { role: 'user' as const, content: 'Go on' },
    ];
    await client().messages.create({ ...BODY, messages: turn });
    const { messages } = JSON.parse(sent()) as { messages: { content: unknown[] }[] };
    expect(messages[1]!.content).toEqual([thinking, hidden, text]);
  });

  it('counts tokens of a guarded request, free under a cap that is used up', async () => {
    await start({ policies: [redact(), spendCap({ name: 'none', limitUsd: 0, window: 'daily' })] });

    const { max_tokens: _, ...counted } = BODY;
    expect(await client().messages.countTokens(counted)).toEqual({ input_tokens: 20 });

    expect(sent()).toContain('<EMAIL_ADDRESS_1>');
    expect(sent()).not.toContain(ADA);
    await ended();
    expect(world.calls).toMatchObject([{ outcome: 'completed' }]);
    expect(world.calls[0]!.cost).toBeUndefined();
  });

  it('sends beta requests and their headers on as they are', async () => {
    await start();
    const betas = ['context-management-2025-06-27', 'fast-mode-2026-02-01'];
    // Older clients say it in the address too.
    await client().beta.messages.create({ ...BODY, betas }, { query: { beta: 'true' } });
    const [{ url, headers, body }] = world.provider.requests.slice(-1) as [ReceivedRequest];
    expect(url).toBe('/anthropic/v1/messages?beta=true');
    expect(headers).toMatchObject({
      'anthropic-beta': 'context-management-2025-06-27,fast-mode-2026-02-01',
      'anthropic-version': expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
    });
    expect(body).not.toContain(ADA);
  });

  it.each(['application/x-jsonl', 'application/binary'])(
    'guards each request of a batch, and each line of its results as %s',
    async (type) => {
      await start();
      const batch = { id: 'msgbatch_1', type: 'message_batch', processing_status: 'ended' };
      const message = (content: object[]): object => ({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: MODEL,
        content,
      });
      const thinking = { type: 'thinking', thinking: 'Of eve@example.net', signature: 'EqQBc2ln' };
      const lines = [
        {
          custom_id: 'a',
          result: { type: 'succeeded', message: message([thinking, { type: 'text', text: 'Ask eve@example.net' }]) },
        },
        {
          custom_id: 'b',
          result: {
            type: 'errored',
            error: { type: 'error', error: { type: 'api_error', message: 'No eve@example.net' } },
          },
        },
      ];
      world.provider.intercept = ({ url }, response) => {
        const isResults = url.endsWith('/results');
        const results_url = `${client().baseURL}/v1/messages/batches/msgbatch_1/results`;
        response.writeHead(200, { 'content-type': isResults ? type : 'application/json' });
        response.end(
          isResults
            ? lines.map((line) => `${JSON.stringify(line)}\n`).join('')
            : JSON.stringify({ ...batch, results_url }),
        );
        return true;
      };
      const { batches } = client().messages;

      const created = await batches.create({ requests: [{ custom_id: 'a', params: BODY }] });
      expect(created).toMatchObject({ id: 'msgbatch_1', processing_status: 'ended' });
      expect(sent()).toContain('<EMAIL_ADDRESS_1>');
      expect(sent()).not.toContain(ADA);

      const shown: unknown[] = [];
      for await (const line of await batches.results('msgbatch_1')) shown.push(line);
      expect(shown).toEqual(
        lines.map((line) => {
          const text = JSON.stringify(line).replaceAll('eve@example.net', '<EMAIL_ADDRESS_1>');
          return JSON.parse(text.replace('Of <EMAIL_ADDRESS_1>', 'Of eve@example.net')) as unknown;
        }),
      );
      await ended();
      expect(world.calls.map(({ outcome }) => outcome)).toEqual(Array(world.calls.length).fill('completed'));
    },
  );

  it('refuses a batch under a cap, for nothing tells what it will cost', async () => {
    await start({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
    const error = await caught(client().messages.batches.create({ requests: [{ custom_id: 'a', params: BODY }] }));
    expect(error).toBeInstanceOf(UnprocessableEntityError);
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'unguarded_request', details: { policies: ['cap'] } });
    expect(world.provider.requests).toHaveLength(0);
  });

  it('raises its typed errors, once', async () => {
    await start({ policies: [spendCap({ name: 'tiny', limitUsd: '0.000001', window: 'daily' })] });

    const payment = await caught(client().messages.create(BODY));
    expect(payment).toBeInstanceOf(PaymentRequiredError);
    expect(payment).toMatchObject({
      status: 402,
      type: 'billing_error',
      errorCode: 'spend_cap_reached',
      apiMessage: expect.stringContaining('tiny'),
      details: { policy: 'tiny', window: 'daily', limit_usd: 0.000001 },
    });
    expect((payment as APIError).requestID).toBeTruthy();
    expect(gatewayErrorOf(payment)).toMatchObject({ code: 'spend_cap_reached', details: { policy: 'tiny' } });

    const bad = await caught(client().messages.create({ ...BODY, max_tokens: 'many' as unknown as number }));
    expect(bad).toBeInstanceOf(BadRequestError);
    expect(bad).toMatchObject({ type: 'invalid_request_error', errorCode: 'invalid_request' });
    expect(gatewayErrorOf(bad)!.message).toContain('"max_tokens" must be');

    expect(world.calls.filter(({ outcome }) => outcome === 'blocked').length).toBe(1);
    expect(world.provider.requests).toHaveLength(0);
  });

  it('is told how long to wait when only calls in flight stand in the way', async () => {
    await start({ policies: [spendCap({ name: 'cap', limitUsd: '0.002', window: 'daily' })] });
    let finish = (): void => {};
    world.provider.intercept = () => new Promise((resolve) => (finish = () => resolve(false)));
    const first = client().messages.create(BODY);
    while (world.provider.requests.length === 0) await new Promise((go) => setImmediate(go));

    const error = await caught(client({ maxRetries: 0 }).messages.create({ ...BODY, max_tokens: 80 }));

    expect(error).toBeInstanceOf(RateLimitError);
    expect((error as RateLimitError).headers!.get('retry-after')).toBe('1');
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_held_in_flight', details: { policy: 'cap' } });
    finish();
    await first;
  });

  it('a cap that is reached in a stream ends it with an error that the client raises', async () => {
    await start({ policies: [spendCap({ name: 'cap', limitUsd: '0.03', window: 'daily' })] });
    world.provider.reply = 'word '.repeat(20_000);
    let shown = '';
    const error = await caught(
      (async () => {
        const stream = await client().messages.create({ ...BODY, max_tokens: 32_000, stream: true });
        for await (const event of stream)
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') shown += event.delta.text;
      })(),
    );

    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ type: 'billing_error', errorCode: 'spend_cap_reached' });
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_cap_reached', details: { policy: 'cap' } });
    expect(shown).toContain('word word');
    expect(world.provider.requests).toHaveLength(1);
    await ended();
    expect(world.calls).toMatchObject([{ outcome: 'blocked', usage: { source: 'estimated', inputTokens: 20 } }]);
    expect(world.calls[0]!.cost!.nanoUsd).toBeLessThanOrEqual(30_000_000);
  });

  it('reasoning uses the cap up too, though nobody looks into it', async () => {
    await start({ policies: [spendCap({ name: 'cap', limitUsd: '0.03', window: 'daily' })] });
    const thinking = 'Well, let me think of it once more. '.repeat(4);
    goesOn({ type: 'thinking', thinking: '', signature: '' }, { type: 'thinking_delta', thinking }, 0);

    const error = await caught(
      client()
        .messages.stream({ ...BODY, max_tokens: 32_000 })
        .finalMessage(),
    );

    expect(gatewayErrorOf(error)).toMatchObject({ code: 'spend_cap_reached' });
    await ended();
    expect(world.calls[0]!.usage!.outputTokens).toBeGreaterThan(500);
  });

  it('an abort in a stream reaches the provider at once, and the call settles once on what passed', async () => {
    const store = memoryLedger();
    await start({ store, policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })] });
    const going = goesOn({ type: 'text', text: '' }, { type: 'text_delta', text: 'word ' }, 5);
    const stream = client().messages.stream({ ...BODY, max_tokens: 32_000 });
    await new Promise((go) => stream.once('text', go));

    const before = going.written;
    stream.abort();
    await caught(stream.done());
    await going.closed;

    // A word each 5 ms by the provider's own clock, which a busy machine slows as it slows us: 100 ms.
    expect(going.written - before).toBeLessThan(20);
    await ended();
    expect(world.calls).toMatchObject([{ outcome: 'aborted', usage: { source: 'estimated', inputTokens: 20 } }]);
    const [{ posted, held } = { posted: 0, held: 0 }] = store.read(['cap|all=all|lifetime']);
    expect([posted, held]).toEqual([world.calls[0]!.cost!.nanoUsd, 0]);
    expect(posted).toBeGreaterThan(0);
  });

  it('a stream whose end is missing is charged for what passed, not for what its first event told', async () => {
    await start({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })] });
    const events = [
      {
        type: 'message_start',
        message: { id: 'msg_1', model: MODEL, content: [], usage: { input_tokens: 16, output_tokens: 1 } },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      {
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: 'some words of an answer '.repeat(100) },
      },
    ];
    answers(events.map((one) => event(one, one.type)).join(''), 'text/event-stream');

    for await (const _ of await client().messages.create({ ...BODY, max_tokens: 2_000, stream: true }));

    await ended();
    expect(world.calls).toMatchObject([{ outcome: 'completed', usage: { inputTokens: 16, source: 'estimated' } }]);
    expect(world.calls[0]!.usage!.outputTokens).toBeGreaterThan(400);
  });
});

/** LangChain's model, with a tool. */
function chat() {
  const model = new ChatAnthropic({
    apiKey: PROVIDER_KEY,
    model: MODEL,
    maxTokens: 50,
    anthropicApiUrl: baseURL(),
    clientOptions: { fetch: world.gateway.fetch },
  });
  return model.bindTools([langChainTool(() => 'sent', { name: 'mail', description: 'Sends a mail', schema: SCHEMA })]);
}

describe('gateway.fetch', () => {
  it('sends the key on, in whichever header it came', async () => {
    await start();
    await doors[0]!.client().messages.create(BODY);
    await chat().invoke('Hello');
    const keys = world.provider.requests.map(({ headers }) => headers['x-api-key'] ?? headers.authorization);
    // The SDK of today, and the older one under ChatAnthropic.
    expect(keys).toEqual([`Bearer ${PROVIDER_KEY}`, PROVIDER_KEY]);
  });

  it('sends what command line agents send on as it is', async () => {
    await start();
    const client = new Anthropic({
      apiKey: null,
      authToken: 'oauth-token',
      baseURL: baseURL(),
      fetch: world.gateway.fetch,
    });
    const headers = {
      'anthropic-beta': 'claude-code-20250219,oauth-2025-04-20',
      'x-app': 'cli',
      'user-agent': 'claude-cli/2.0',
    };
    await client.messages.create({ ...BODY, metadata: { user_id: 'session-1' } }, { headers });
    expect(world.provider.requests[0]!.headers).toMatchObject({ ...headers, authorization: 'Bearer oauth-token' });
    expect(world.provider.requests[0]!.headers).not.toHaveProperty('x-api-key');
    expect(world.provider.requests[0]!.headers).not.toHaveProperty(USER_HEADER);
  });
});

describe('ai with @ai-sdk/anthropic', () => {
  const run = async (stream: boolean): Promise<{ runs: unknown[]; text: string }> => {
    const runs: unknown[] = [];
    const provider = createAnthropic({ apiKey: PROVIDER_KEY, baseURL: `${baseURL()}/v1`, fetch: world.gateway.fetch });
    const mail = tool({
      description: 'Sends a mail',
      inputSchema: jsonSchema(SCHEMA),
      execute: (input) => {
        runs.push(input);
        return Promise.resolve({ sent: ADA });
      },
    });
    const options = { model: provider(MODEL), prompt: `I am ${ADA}`, tools: { mail }, stopWhen: stepCountIs(3) };
    const text = stream ? await streamText(options).text : (await generateText(options)).text;
    return { runs, text };
  };

  it.each([false, true])('gives a tool the real values before it runs (stream: %s)', async (stream) => {
    await start();
    callsTool();
    expect(await run(stream)).toEqual({ runs: [RUN], text: `Sent to ${ADA}.` });
    expect(world.provider.requests).toHaveLength(2);
    for (const { body } of world.provider.requests) expect(body).not.toContain(ADA);
  });
});

describe('ChatAnthropic', () => {
  it('gets tool calls with the real values from invoke', async () => {
    await start();
    callsTool();
    const { tool_calls } = await chat().invoke(`I am ${ADA}`);
    expect(tool_calls).toMatchObject([{ name: 'mail', args: RUN }]);
    expect(sent()).not.toContain(ADA);
  });

  it('gets tool calls with the real values from stream', async () => {
    await start();
    callsTool();
    const stream = await chat().stream(`I am ${ADA}`);
    let whole: Awaited<ReturnType<typeof stream.next>>['value'] | undefined;
    for await (const chunk of stream) whole = whole === undefined ? chunk : whole.concat(chunk);
    expect(whole!.tool_calls).toMatchObject([{ name: 'mail', args: RUN }]);
  });
});
