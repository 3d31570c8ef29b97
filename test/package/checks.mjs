/**
 * What the packed package must do, whichever way its modules were loaded. Runs outside of the repository, beside an installed
 * tarball: no types, no test runner, nothing but Node.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SSN = '521-44-9876';
const MESSAGES = [{ role: 'user', content: `My SSN is ${SSN}.` }];

export async function checkPackage({ postern, bedrock, server, langchain, otel, redaction, spend }, hasPeers) {
  checkSpend(spend);
  assert.equal(typeof postern.memoryLedger, 'function');
  await checkRedaction(redaction, postern);
  const collector = await listen((_body, response) => response.end());
  const tracing = await checkTracing(otel, postern, `${collector.url}/v1/traces`, hasPeers);
  const provider = await listen(repeat);
  const gateway = postern.createGateway({
    policies: [postern.redact(), postern.spendCap({ limitUsd: 0.01, window: 'daily', per: 'user' })],
  });
  await checkFetch(gateway, provider);
  await checkServer(server, gateway, provider);
  await checkBedrock(bedrock, gateway);
  await checkHandler(langchain, postern, hasPeers);
  await checkMiddleware(langchain, gateway);
  checkSpans(otel, gateway);
  await checkDecisions(postern);
  await tracing?.shutdown();
  checkTrace(collector, hasPeers);
  await Promise.all([provider.close(), collector.close()]);
}

/** The price engine works on its own, without a gateway. */
function checkSpend({ priceResponse, createPriceBook }) {
  const response = { model: 'gpt-4o', usage: { prompt_tokens: 1_000, completion_tokens: 100 } };
  const call = { provider: 'openai', api: 'chat.completions', response };
  assert.equal(priceResponse(call).costNanoUsd, 3_500_000);
  const prices = createPriceBook({ overrides: { 'gpt-4o': { input: '1', output: '1' } } });
  assert.equal(priceResponse(call, { prices }).costNanoUsd, 1_100_000);
}

/** The engine on its own, and its service for the policy of the main entry. */
async function checkRedaction({ createRedactor, presidioAnalyzer, ENTITY_NAMES }, { redact, isGatewayError }) {
  const text = MESSAGES[0].content;
  const redactor = createRedactor({ entities: ['US_SSN'], minScore: 0.5 });
  assert.deepEqual(redactor.detect(text), [
    { start: 10, end: 21, type: 'US_SSN', score: redactor.detect(text)[0].score },
  ]);
  assert.equal(redactor.redact(text), 'My SSN is <US_SSN_1>.');
  assert.equal(redactor.redactJson(JSON.stringify({ text })), '{"text":"My SSN is <US_SSN_1>."}');
  const stream = redactor.stream();
  assert.equal([...text].map((piece) => stream.push(piece)).join('') + stream.end(), 'My SSN is <US_SSN_1>.');
  assert.ok(ENTITY_NAMES.includes('US_SSN'));
  assert.throws(
    () => createRedactor({ entities: ['US_SNN'] }),
    (error) => isGatewayError(error, 'invalid_option') && /did you mean US_SSN/.test(error.message),
  );
  const service = await listen((body, response) => {
    const start = JSON.parse(body).text.indexOf('My');
    response.end(JSON.stringify([{ entity_type: 'PERSON', start, end: start + 2, score: 0.9 }]));
  });
  const analyzers = [presidioAnalyzer({ url: service.url })];
  assert.equal(await createRedactor({ analyzers }).redactAsync(text), '<PERSON_1> SSN is <US_SSN_1>.');
  assert.equal(redact({ analyzers }).name, 'redact');
  await service.close();
}

/**
 * `bare`: better-sqlite3 is not installed; `peers`: its current major, which Node 20 cannot load; `sqlite`: the major that
 * it can. Clients of servers are only made of plain objects here.
 */
export async function checkStores({ sqlite, redis, postgres }, { createGateway, isGatewayError, spendCap }, kind) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-package-'));
  const store = sqlite.sqliteLedger({ path: join(folder, 'ledger.db') });
  const reservation = {
    id: 'a',
    lines: [{ account: 'x', limit: 10, amount: 7, enforce: true }],
    expiresAt: Date.now() + 60_000,
  };
  if (process.getBuiltinModule('node:sqlite') || kind === 'sqlite') {
    assert.deepEqual(await store.reserve(reservation), { ok: true, over: [] });
    const gateway = createGateway({ store, policies: [spendCap({ limitUsd: 0.01, window: 'daily' })] });
    const refused = await gateway.fetch('http://127.0.0.1:9/v1/chat/completions', chat('gpt-4o', 50_000));
    assert.equal(refused.status, 402);
    assert.deepEqual(await store.read(['x']), [{ account: 'x', posted: 0, held: 7 }]);
    const state = sqlite.sqliteState({ path: join(folder, 'ledger.db') });
    assert.equal((await state.head()).seq, 0);
    await state.close();
  } else {
    const told = (error) =>
      isGatewayError(error, 'not_supported') && /npm install better-sqlite3@12/.test(error.message);
    await assert.rejects(() => store.reserve(reservation), told);
  }
  await store.close();
  rmSync(folder, { recursive: true });
  for (const make of [redis.redisLedger, redis.redisState, postgres.postgresLedger, postgres.postgresState])
    assert.throws(
      () => make({ client: {} }),
      (error) => isGatewayError(error, 'invalid_option'),
    );
  assert.match(postgres.postgresSchema(), /CREATE SCHEMA IF NOT EXISTS "postern"/);
}

async function checkFetch(gateway, provider) {
  const ask = (max_tokens) =>
    gateway.withContext({ user: 'ada' }, () =>
      gateway.fetch(`${provider.url}/v1/chat/completions`, chat('gpt-4o', max_tokens)),
    );
  const answer = await (await ask(50)).json();
  assert.equal(answer.choices[0].message.content, MESSAGES[0].content);
  assert.ok(provider.bodies.at(-1).includes('My SSN is <US_SSN_1>.'));
  const refused = await ask(50_000);
  assert.equal(refused.status, 402);
  assert.equal((await refused.json()).error.code, 'spend_cap_reached');
  assert.equal(provider.bodies.length, 1);
}

async function checkServer({ createGatewayServer }, gateway, provider) {
  const server = createGatewayServer({ gateway, providers: { openai: { baseURL: `${provider.url}/v1` } } });
  const { url } = await server.listen({ port: 0 });
  const answer = await (await fetch(`${url}/v1/chat/completions`, chat('openai/gpt-4o', 50))).json();
  assert.equal(answer.choices[0].message.content, MESSAGES[0].content);
  assert.ok(!provider.bodies.at(-1).includes(SSN));
  assert.equal((await fetch(`${url}/v1/files`)).status, 501);
  await server.close();
}

/** The middlewares of `guardBedrock` around a wire of our own, as a client of the AWS SDK stacks them. */
async function checkBedrock({ guardBedrock }, gateway) {
  let [guard, answer] = [];
  const stack = { addRelativeTo: (middleware) => (guard = middleware), add: (middleware) => (answer = middleware) };
  guardBedrock({ middlewareStack: { use: ({ applyToStack }) => applyToStack(stack) } }, gateway);
  const sent = [];
  const wire = async ({ request }) => {
    sent.push(request.body);
    const { text } = JSON.parse(request.body).messages[0].content[0];
    const body = { output: { message: { content: [{ text }] } }, usage: { inputTokens: 1, outputTokens: 1 } };
    return {
      response: {
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify(body)),
      },
    };
  };
  const body = JSON.stringify({
    messages: [{ role: 'user', content: [{ text: MESSAGES[0].content }] }],
    inferenceConfig: { maxTokens: 5 },
  });
  const request = {
    ...{ method: 'POST', protocol: 'https:', hostname: 'bedrock-runtime.us-east-1.amazonaws.com', body },
    ...{ path: '/model/amazon.nova-lite-v1%3A0/converse', headers: { 'content-type': 'application/json' } },
  };
  const { response } = await guard(answer(wire, {}), {})({ request });
  assert.ok(!sent[0].includes(SSN));
  assert.equal(JSON.parse(Buffer.from(response.body)).output.message.content[0].text, MESSAGES[0].content);
}

/** The handler works without `@langchain/core`, which it only needs for types. */
export async function checkHandler(
  { GatewayCallbackHandler },
  { createGateway, redact, spendCap, isGatewayError },
  hasPeers,
) {
  const redacting = new GatewayCallbackHandler(createGateway({ policies: [redact()] }), { mode: 'enforce' });
  const message = { content: MESSAGES[0].content, getType: () => 'human' };
  await redacting.handleChatModelStart({}, [[message]], 'run-1');
  assert.equal(message.content, 'My SSN is <US_SSN_1>.');
  const capped = createGateway({ policies: [spendCap({ limitUsd: 0, window: 'daily' })] });
  const capping = new GatewayCallbackHandler(capped, { mode: 'enforce' });
  const isRefusal = (error) => isGatewayError(error, 'spend_cap_reached');
  await assert.rejects(() => capping.handleChatModelStart({}, [[message]], 'run-2'), isRefusal);
  if (!hasPeers) return;
  const { FakeListChatModel } = await import('@langchain/core/utils/testing');
  const model = new FakeListChatModel({ responses: ['Hello.'], callbacks: [capping] });
  await assert.rejects(() => model.invoke('Hi.'), isRefusal);
}

/** What agents and LangSmith's client are given; they need neither. */
async function checkMiddleware({ gatewayMiddleware, langsmithAnonymizer }, gateway) {
  const said = await gatewayMiddleware(gateway).wrapModelCall({ messages: [], model: {} }, async () => 'Hello.');
  assert.equal(said, 'Hello.');
  const run = langsmithAnonymizer(gateway)({ messages: MESSAGES });
  assert.deepEqual(run, { messages: [{ role: 'user', content: 'My SSN is <US_SSN_1>.' }] });
}

/** Spans of others, without the SDK that they come from. */
function checkSpans({ redactingExporter, redactingSpanProcessor }, gateway) {
  const exported = [];
  const exporter = { export: (spans) => exported.push(...spans), shutdown: async () => {} };
  const status = { code: 0 };
  const span = { name: 'app', attributes: { 'input.value': MESSAGES[0].content }, events: [], links: [], status };
  redactingExporter(exporter, gateway).export([span], () => {});
  assert.equal(exported[0].attributes['input.value'], 'My SSN is <US_SSN_1>.');
  assert.equal(span.attributes['input.value'], MESSAGES[0].content);
  assert.equal(typeof redactingSpanProcessor(gateway).onEnding, 'function');
}

async function checkDecisions({ createGateway, decisionLog, spendCap }) {
  const records = [];
  const log = decisionLog({ onDecision: (record) => records.push(record) });
  const cap = spendCap({ name: 'tiny', limitUsd: 0, window: 'daily' });
  const gateway = createGateway({ observers: [log], policies: [cap] });
  assert.equal((await gateway.fetch('http://127.0.0.1:9/v1/chat/completions', chat('gpt-4o', 50))).status, 402);
  assert.deepEqual(
    records.map(({ policy, code }) => [policy, code]),
    [['tiny', 'spend_cap_reached']],
  );
  await gateway.close();
}

/** Without the SDK, importing `postern/otel` is free and using it says what to install. */
async function checkTracing({ setupTracing, langsmith }, { isGatewayError }, url, hasPeers) {
  assert.equal(langsmith({ apiKey: 'invented', env: {} }).url, 'https://api.smith.langchain.com/otel/v1/traces');
  if (hasPeers) return setupTracing({ target: { url } });
  await assert.rejects(
    () => setupTracing({ target: { url } }),
    (error) =>
      isGatewayError(error, 'not_supported') && /Run: npm install @opentelemetry\/sdk-trace-node/.test(error.message),
  );
  return undefined;
}

function checkTrace({ bodies }, hasPeers) {
  const exported = bodies.join('');
  assert.equal(exported.includes('chat gpt-4o'), hasPeers);
  assert.ok(!exported.includes(SSN));
}

function chat(model, max_tokens) {
  const body = JSON.stringify({ model, max_tokens, messages: MESSAGES });
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body };
}

function repeat(body, response) {
  const { model, messages } = JSON.parse(body);
  const message = { role: 'assistant', content: messages[0].content };
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion', model, choices: [{ index: 0, message }], usage }),
  );
}

async function listen(answer) {
  const bodies = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push(Buffer.concat(chunks).toString('utf8'));
    answer(bodies.at(-1), response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, bodies, close };
}
