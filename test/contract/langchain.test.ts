/** What a LangChain callback can and cannot do: the README's table, line by line. */
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { ChatOpenAI } from '@langchain/openai';
import { afterEach, describe, expect, it } from 'vitest';
import { redact, spendCap } from '../../src/index.ts';
import { type GatewayAnnotation, GatewayCallbackHandler } from '../../src/langchain/index.ts';
import { PROVIDER_KEY, startWorld, type World } from './doors.ts';

const EMAIL = 'ada.lovelace@example.com';

let world: World;
afterEach(() => world.stop());

const model = (callbacks: GatewayCallbackHandler[], viaFetch = false): ChatOpenAI =>
  new ChatOpenAI({
    apiKey: PROVIDER_KEY,
    model: 'gpt-4o-mini',
    maxTokens: 50,
    callbacks,
    configuration: { baseURL: world.provider.baseURL, ...(viaFetch ? { fetch: world.gateway.fetch } : {}) },
  });
const annotation = (message: { response_metadata: Record<string, unknown> }): GatewayAnnotation =>
  message.response_metadata.gateway as GatewayAnnotation;

describe('observe mode', () => {
  it('annotates the answer with what gateway.fetch metered, and counts nothing twice', async () => {
    world = await startWorld({ policies: [redact()] });
    const message = await model([new GatewayCallbackHandler(world.gateway)], true).invoke(`Mail ${EMAIL}`);
    expect(annotation(message)).toEqual({
      id: world.calls[0]!.id,
      outcome: 'completed',
      policies: ['redact'],
      cost_usd: 0.0000087,
    });
    expect(world.calls).toHaveLength(1);
  });

  it('changes nothing about a model that does not go through gateway.fetch', async () => {
    world = await startWorld({ policies: [redact(), spendCap({ name: 'none', limitUsd: 0, window: 'daily' })] });
    const message = await model([new GatewayCallbackHandler(world.gateway)]).invoke(`Mail ${EMAIL}`);
    expect(world.provider.requests[0]!.body).toContain(EMAIL);
    expect(annotation(message)).toBeUndefined();
    expect(world.calls).toHaveLength(0);
  });
});

describe('enforce mode', () => {
  const enforcing = (): GatewayCallbackHandler => new GatewayCallbackHandler(world.gateway, { mode: 'enforce' });

  it('redacts system prompts, every turn, content blocks, tool calls and tool results', async () => {
    world = await startWorld({ policies: [redact()] });
    const toolCall = { id: 'call_1', name: 'send', args: { to: EMAIL, deep: [{ cc: EMAIL }] } };
    await model([enforcing()]).invoke([
      new SystemMessage(`The user is ${EMAIL}`),
      new HumanMessage({ content: [{ type: 'text', text: `I am ${EMAIL}` }] }),
      new AIMessage({ content: '', tool_calls: [toolCall] }),
      new ToolMessage({ tool_call_id: 'call_1', content: JSON.stringify({ sent: EMAIL }) }),
      new HumanMessage('And now?'),
    ]);
    const { body } = world.provider.requests[0]!;
    expect(body).not.toContain(EMAIL);
    expect(body.match(/<EMAIL_ADDRESS_1>/g)).toHaveLength(5);
    expect(JSON.parse(JSON.parse(body).messages[2].tool_calls[0].function.arguments)).toEqual({
      to: '<EMAIL_ADDRESS_1>',
      deep: [{ cc: '<EMAIL_ADDRESS_1>' }],
    });
  });

  it('gives the caller’s own messages back as they were', async () => {
    world = await startWorld({ policies: [redact()] });
    const messages = [
      new HumanMessage(`I am ${EMAIL}`),
      new HumanMessage({ content: [{ type: 'text', text: EMAIL }] }),
    ];
    const before = JSON.stringify(messages);
    await model([enforcing()]).invoke(messages);
    expect(JSON.stringify(messages)).toBe(before);
  });

  it('keeps messages redacted until the last of two concurrent calls with them has ended', async () => {
    world = await startWorld({ policies: [redact()] });
    const messages = [new HumanMessage(`I am ${EMAIL}`)];
    const chat = model([enforcing()]);
    await Promise.all([chat.invoke(messages), chat.invoke(messages)]);
    for (const { body } of world.provider.requests) expect(body).not.toContain(EMAIL);
    expect(messages[0]!.content).toBe(`I am ${EMAIL}`);
  });

  it('restores and redacts what invoke returns, tool calls included', async () => {
    world = await startWorld({ policies: [redact()] });
    world.provider.intercept = (_request, response) => {
      const call = {
        id: 'call_9',
        type: 'function',
        function: { name: 'send', arguments: '{"to":"<EMAIL_ADDRESS_1>","cc":"eve@example.net"}' },
      };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          id: 'c',
          model: 'gpt-4o-mini',
          choices: [
            {
              index: 0,
              finish_reason: 'tool_calls',
              message: { role: 'assistant', content: null, tool_calls: [call] },
            },
          ],
        }),
      );
      return true;
    };
    const message = await model([enforcing()]).invoke(`I am ${EMAIL}`);
    expect(message.tool_calls![0]!.args).toEqual({ to: EMAIL, cc: '<EMAIL_ADDRESS_2>' });
  });

  it('cannot restore or redact what is streamed: the caller sees placeholders', async () => {
    world = await startWorld({ policies: [redact()] });
    world.provider.reply = 'Hello <EMAIL_ADDRESS_1>';
    let text = '';
    for await (const chunk of await model([enforcing()]).stream(`I am ${EMAIL}`)) text += chunk.text;
    expect(text).toBe('Hello <EMAIL_ADDRESS_1>');
    expect(world.gateway.stats.open).toBe(0);
  });

  it('meters a call once when the model goes through gateway.fetch after all', async () => {
    world = await startWorld({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
    await model([enforcing()], true).invoke('Hello');
    const { rows } = await world.gateway.spend.rollup({ by: [], window: 'daily' });
    expect(rows).toMatchObject([{ calls: 1, costNanoUsd: 8_700 }]);
    expect(world.gateway.stats.open).toBe(0);
  });

  it('settles a model that does not go through gateway.fetch only as estimated', async () => {
    world = await startWorld({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
    await model([enforcing()]).invoke('Hello');
    expect(world.calls).toMatchObject([
      {
        outcome: 'completed',
        usage: { source: 'estimated', outputTokens: 10 },
        cost: { estimated: true, nanoUsd: 8_700 },
      },
    ]);
  });

  it('books a streamed call once, on the wire, when the model goes through gateway.fetch', async () => {
    world = await startWorld({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
    for await (const _ of await model([enforcing()], true).stream('Hello'));
    const { rows } = await world.gateway.spend.rollup({ by: [], window: 'daily' });
    expect(rows).toMatchObject([{ calls: 1, costNanoUsd: 8_700 }]);
    const metered = world.calls.filter(({ cost }) => cost !== undefined);
    expect(metered).toMatchObject([{ usage: { source: 'provider' }, cost: { estimated: false } }]);
  });

  it('cannot lower an output limit: clamp refuses there', async () => {
    world = await startWorld({
      policies: [spendCap({ name: 'cap', limitUsd: '0.000001', window: 'daily', clamp: true })],
    });
    await expect(model([enforcing()]).invoke('Hello')).rejects.toMatchObject({ code: 'spend_cap_reached' });
    expect(world.provider.requests).toHaveLength(0);
  });

  it('works for a model of any transport', async () => {
    world = await startWorld({ policies: [redact()], prices: { unknown: 'free' } });
    const chat = new FakeListChatModel({ responses: ['Write to eve@example.net'], callbacks: [enforcing()] });
    const message = await chat.invoke('Hello');
    expect(message.content).toBe('Write to <EMAIL_ADDRESS_1>');
    expect(world.calls).toMatchObject([{ outcome: 'completed' }]);
  });

  it('gives the money back when the model fails before it costs', async () => {
    world = await startWorld({ policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
    world.provider.intercept = (_request, response) => {
      response.writeHead(400).end('{"error":{"message":"no"}}');
      return true;
    };
    await expect(model([enforcing()]).invoke('Hello')).rejects.toThrow();
    const { rows } = await world.gateway.spend.rollup({ by: [], window: 'daily' });
    expect(rows).toEqual([]);
    expect(world.calls).toMatchObject([{ outcome: 'failed' }]);
  });
});
