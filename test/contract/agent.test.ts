/** An agent with the middleware: what each hook does, and how its runs and calls are told together. */
import { HumanMessage } from '@langchain/core/messages';
import { RunnableLambda } from '@langchain/core/runnables';
import { LangChainTracer } from '@langchain/core/tracers/tracer_langchain';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { Client } from 'langsmith';
import { afterEach, expect, it } from 'vitest';
import { startLangSmith } from '../../examples/support/langsmith-ingest.ts';
import { type RunEvent, redact, spendCap } from '../../src/index.ts';
import { GatewayCallbackHandler, gatewayMiddleware, langsmithAnonymizer } from '../../src/langchain/index.ts';
import { EMAIL, makeAgent, prompt, SSN } from './agent-calls.ts';
import { startWorld, type World } from './doors.ts';

let world: World;
afterEach(() => world.stop());

const contents = (state: unknown): string[] =>
  (state as { messages: { text: string }[] }).messages.map(({ text }) => text);

it('calls of an agent know user, thread and run, and are counted once', async () => {
  world = await startWorld({ policies: [redact(), spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
  const runs: RunEvent[] = [];
  world.gateway.on('run', (event) => runs.push(event));
  const { agent } = makeAgent(world);
  await agent.invoke(prompt, {
    configurable: { thread_id: 't-1', user_id: 'u-17' },
    callbacks: [new GatewayCallbackHandler(world.gateway)],
    tags: ['nightly'],
    metadata: { team: 'ops' },
  });
  expect(world.calls.map(({ identity }) => identity)).toMatchObject([
    { user: 'u-17', session: 't-1', run: { metadata: { team: 'ops' } } },
    { user: 'u-17', session: 't-1', run: { metadata: { team: 'ops' } } },
  ]);
  expect(runs.map(({ exchangeId }) => exchangeId)).toEqual(world.calls.map(({ id }) => id));
  expect(runs[0]).toMatchObject({ outcome: 'completed', run: { tags: expect.arrayContaining(['nightly']) } });
  expect(runs[0]!.run.parentId).toBe(world.calls[0]!.identity.run!.id);
  const { rows } = await world.gateway.spend.rollup({ by: ['user'], window: 'daily' });
  expect(rows).toMatchObject([{ user: 'u-17', calls: 2 }]);
});

it('what the app says by withContext wins over the run', async () => {
  world = await startWorld();
  const { agent } = makeAgent(world);
  await world.gateway.withContext({ user: 'app' }, () => agent.invoke(prompt, { metadata: { user_id: 'run' } }));
  expect(world.calls.map(({ identity }) => identity.user)).toEqual(['app', 'app']);
});

it('a call inside of a lambda knows the metadata of the run; a bare model’s is matched afterwards', async () => {
  world = await startWorld();
  makeAgent(world);
  world.provider.intercept = undefined;
  const lambda = RunnableLambda.from(() =>
    world.gateway
      .fetch(`${world.provider.baseURL}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'gpt-4o-mini', messages: [] }),
      })
      .then((response) => response.text()),
  );
  await Promise.all(['a', 'b'].map((id) => lambda.invoke('x', { metadata: { thread_id: id, user_id: `u-${id}` } })));
  expect(world.calls.map(({ identity }) => `${identity.session} ${identity.user}`).sort()).toEqual(['a u-a', 'b u-b']);
});

it('tools get the caller’s values; with tools: redact their answers are redacted before the state holds them', async () => {
  world = await startWorld({ policies: [redact()] });
  const { agent, asked } = makeAgent(world, { tools: 'redact' });
  const state = contents(await agent.invoke(prompt));
  expect(asked).toEqual([EMAIL]);
  expect(state[2]).toBe('<EMAIL_ADDRESS_1> has SSN <US_SSN_1>');
  expect(state.join()).not.toContain(SSN);
});

it('with toolArguments: redact a tool never sees a value', async () => {
  world = await startWorld({ policies: [redact()] });
  const { agent, asked } = makeAgent(world, { toolArguments: 'redact' });
  await agent.invoke(prompt);
  expect(asked).toEqual(['<EMAIL_ADDRESS_1>']);
});

it.each([{ denyTools: ['look_up'] }, { denyTools: ({ name }: { name: string }) => name === 'look_up' }])(
  'a denied tool does not run, and the model is told with an error',
  async (options) => {
    world = await startWorld();
    const { agent, asked } = makeAgent(world, options);
    const { messages } = (await agent.invoke(prompt)) as unknown as { messages: { status?: string; text: string }[] };
    expect(asked).toEqual([]);
    expect(messages[2]).toMatchObject({
      status: 'error',
      text: 'The tool "look_up" may not be used.',
      name: 'look_up',
    });
    expect(messages).toHaveLength(4);
  },
);

it('in enforce mode the policies are asked for a model without the fetch, and the state keeps what it had', async () => {
  world = await startWorld({ policies: [redact(), spendCap({ name: 'cap', limitUsd: 1, window: 'daily' })] });
  const { agent, asked } = makeAgent(world, { mode: 'enforce' }, false);
  const state = contents(await agent.invoke(prompt, { configurable: { user_id: 'u-17' } }));
  for (const { body } of world.provider.requests) for (const raw of [EMAIL, SSN]) expect(body).not.toContain(raw);
  expect(asked).toEqual([EMAIL]);
  expect(state[0]).toBe(`Look up ${EMAIL}.`);
  expect(state[3]).toBe('Found, ask <EMAIL_ADDRESS_2> too.');
  expect(world.calls).toMatchObject([{ identity: { user: 'u-17' }, outcome: 'completed' }, { outcome: 'completed' }]);
  expect(world.gateway.stats.open).toBe(0);
});

it('in enforce mode a refusal ends the runs, and nothing is sent', async () => {
  world = await startWorld({ policies: [spendCap({ name: 'none', limitUsd: 0, window: 'daily' })] });
  const smith = await startLangSmith();
  const client = new Client({
    apiUrl: smith.origin,
    apiKey: 'lsv2_pt_invented',
    anonymizer: langsmithAnonymizer(world.gateway),
  });
  const { agent } = makeAgent(world, { mode: 'enforce' }, false);
  await expect(agent.invoke(prompt, { callbacks: [new LangChainTracer({ client })] })).rejects.toThrow(/Spend cap/);
  await client.awaitPendingTraceBatches();
  expect(world.provider.requests).toHaveLength(0);
  expect([...smith.runs.values()].filter(({ end_time }) => !end_time)).toEqual([]);
  await smith.close();
});

it('in enforce mode LangSmith gets the model’s input as it was sent', async () => {
  world = await startWorld({ policies: [redact()] });
  const smith = await startLangSmith();
  const client = new Client({ apiUrl: smith.origin, apiKey: 'lsv2_pt_invented' });
  const { agent } = makeAgent(world, { mode: 'enforce' }, false);
  await agent.invoke(prompt, { callbacks: [new LangChainTracer({ client })] });
  await client.awaitPendingTraceBatches();
  const models = [...smith.runs.values()].filter(({ run_type }) => run_type === 'llm');
  expect(models).toHaveLength(2);
  for (const { inputs } of models) expect(JSON.stringify(inputs)).not.toContain(EMAIL);
  await smith.close();
});

it('a model of any transport is metered in enforce mode', async () => {
  world = await startWorld({ policies: [redact()], prices: { unknown: 'free' } });
  const middleware = gatewayMiddleware(world.gateway, { mode: 'enforce' });
  const model = new FakeListChatModel({ responses: ['Write to eve@example.net'] });
  const request = { model, messages: [new HumanMessage(`I am ${EMAIL}`)] };
  const answer = await middleware.wrapModelCall(request, ({ messages }) => {
    expect(messages[0]!.text).toBe('I am <EMAIL_ADDRESS_1>');
    return model.invoke(messages);
  });
  expect(answer.text).toBe('Write to <EMAIL_ADDRESS_2>');
  expect(request.messages[0]!.text).toBe(`I am ${EMAIL}`);
  expect(world.calls).toMatchObject([{ outcome: 'completed' }]);
});

it.each([{ mode: 'watch' }, { tools: true }, { toolArguments: 1 }, { context: {} }, { denyTools: 'look_up' }])(
  '%j is refused',
  async (options) => {
    world = await startWorld();
    expect(() => gatewayMiddleware(world.gateway, options as never)).toThrow(Object.keys(options)[0]);
  },
);
