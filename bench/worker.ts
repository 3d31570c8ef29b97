/**
 * One side of the comparison in a process of its own: makes the calls it is told to make and says what they cost. Checks each
 * answer, so that no side is fast by being wrong. Arguments: side, port of the provider, port for traces, URL of the build.
 */
import type OpenAI from 'openai';
import { PIECES, STREAMED_TEXT, streamEvents, WHOLE_TEXT, wholeAnswer } from './answers.ts';
import { agentRequest, type ChatRequest, cold, grown, PLACEHOLDER, smallRequest } from './bodies.ts';
import { CASES, type Case, type CaseName, type Side } from './cases.ts';

export type Order =
  | { readonly type: 'run'; readonly name: CaseName; readonly ms: number }
  /** One whole and one streamed answer in which a placeholder has to be restored. */
  | { readonly type: 'echo' }
  | { readonly type: 'accounts' };

/** One block of calls. */
export interface Block {
  readonly calls: number;
  /** CPU of the whole process for each call, user and system, helper threads included. */
  readonly cpuUs: number;
  /** Median time of a call. */
  readonly latencyUs: number;
}

export interface Echo {
  readonly whole: string;
  readonly streamed: string;
}

/** What was done, and what the guards say was done. */
export interface Accounts {
  readonly node: string;
  readonly client: string;
  /** Calls made over HTTP and to the mock. */
  readonly http: number;
  readonly mocked: number;
  /** Calls that the ledgers settled. */
  readonly httpSettled: number;
  readonly mockedSettled: number;
  /** Requests in which the mock saw what it should not have, or not what it should. */
  readonly mockedWrong: number;
  /** Whether no export of spans failed. Spans dropped from a full queue go unnoticed. */
  readonly exported: boolean;
}

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
type Create = (request: object, options?: object) => Promise<unknown>;

const [side = 'plain', port = '', tracesPort = '', build = ''] = process.argv.slice(2) as [
  Side,
  string,
  string,
  string,
];
const baseURL = `http://127.0.0.1:${port}/v1`;
/** The client's current major needs Node 22. */
const client = Number(process.versions.node.split('.')[0]) >= 22 ? 'openai' : 'openai-6';
const { default: Client } = (await import(client)) as { default: typeof OpenAI };
const { VERSION } = (await import(`${client}/version`)) as { VERSION: string };
const { createGateway, redact, spendCap } = (await import(`${build}index.js`)) as typeof import('../src/index.ts');
const { setupTracing } = (await import(`${build}otel.js`)) as typeof import('../src/telemetry/otel.ts');
const tracing =
  side === 'traced' ? await setupTracing({ target: { url: `http://127.0.0.1:${tracesPort}/v1/traces` } }) : undefined;

const made = { http: 0, mocked: 0 };
let mockedWrong = 0;

const gatewayOver = (fetch?: Fetch) =>
  createGateway({
    policies: [
      redact(),
      spendCap({ name: 'per user', limitUsd: 1_000_000, window: 'daily', per: 'user' }),
      spendCap({ name: 'all', limitUsd: 1_000_000, window: 'lifetime' }),
    ],
    providers: [{ name: 'openai', baseURL, streamUsage: true }],
    fetch,
  });
type Gateway = ReturnType<typeof gatewayOver>;

const gateways = { http: gatewayOver(), mocked: gatewayOver(mockedFetch) };
const plainFetch: Fetch = (input, init) => globalThis.fetch(input, init);
const clients = {
  http: new Client({ baseURL, apiKey: side, fetch: side === 'plain' ? plainFetch : gateways.http.fetch }),
  mocked: new Client({ baseURL, apiKey: side, fetch: side === 'plain' ? mockedFetch : gateways.mocked.fetch }),
};

const REQUESTS = { small: smallRequest(), agent: agentRequest() };
let nth = 0;
const BODIES: Record<Case['body'], () => ChatRequest> = {
  small: () => REQUESTS.small,
  'agent-cold': () => cold(REQUESTS.agent, nth++),
  'agent-known': () => grown(REQUESTS.agent, nth++),
};

const ANSWER = wholeAnswer(WHOLE_TEXT);
const EVENTS = streamEvents(PIECES).map((event) => new TextEncoder().encode(event));

/** A provider without a network: looks for what it should see, and answers. */
function mockedFetch(_: string | URL | Request, init?: RequestInit): Promise<Response> {
  const body = String(init?.body);
  if (body.includes(PLACEHOLDER) !== (side !== 'plain')) mockedWrong++;
  if (!body.includes('"stream":true'))
    return Promise.resolve(new Response(ANSWER, { headers: { 'content-type': 'application/json' } }));
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < EVENTS.length) controller.enqueue(EVENTS[at++]!);
      else controller.close();
    },
  });
  return Promise.resolve(new Response(stream, { headers: { 'content-type': 'text/event-stream' } }));
}

async function call({ body, stream, mocked }: Case): Promise<void> {
  const over = mocked ? 'mocked' : 'http';
  made[over]++;
  const text = await asUser(gateways[over], () => ask(clients[over], BODIES[body](), stream));
  if (text !== (stream ? STREAMED_TEXT : WHOLE_TEXT)) throw new Error(`${side}: not the answer that was sent`);
}

const asUser = <T>(gateway: Gateway, fn: () => T): T =>
  side === 'plain' ? fn() : gateway.withContext({ user: 'ada', workspace: 'bench' }, fn);

async function ask({ chat }: OpenAI, request: ChatRequest, stream: boolean, options?: object): Promise<string> {
  const create = chat.completions.create.bind(chat.completions) as unknown as Create;
  if (!stream) {
    const { choices } = (await create(request, options)) as OpenAI.ChatCompletion;
    return choices[0]?.message.content ?? '';
  }
  const body = { ...request, stream: true, stream_options: { include_usage: true } };
  let text = '';
  for await (const chunk of (await create(body, options)) as AsyncIterable<OpenAI.ChatCompletionChunk>)
    text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

async function run(name: CaseName, ms: number): Promise<Block> {
  const task: Case = CASES.find((known) => known.name === name)!;
  const latencies: number[] = [];
  const before = process.cpuUsage();
  const until = performance.now() + ms;
  const lane = async (): Promise<void> => {
    for (let start = performance.now(); start < until; ) {
      await call(task);
      const end = performance.now();
      latencies.push(end - start);
      start = end;
    }
  };
  await Promise.all(Array.from({ length: task.concurrency }, lane));
  const { user, system } = process.cpuUsage(before);
  latencies.sort((a, b) => a - b);
  const calls = latencies.length;
  return { calls, cpuUs: (user + system) / calls, latencyUs: latencies[calls >> 1]! * 1000 };
}

async function echo(): Promise<Echo> {
  made.http += 2;
  const options = { headers: { 'x-bench-echo': '1' } };
  const answer = (stream: boolean): Promise<string> =>
    asUser(gateways.http, () => ask(clients.http, REQUESTS.small, stream, options));
  return { whole: await answer(false), streamed: await answer(true) };
}

async function accounts(): Promise<Accounts> {
  const settled = async ({ spend }: Gateway): Promise<number> =>
    (await spend.rollup({ by: ['user'], window: 'lifetime' })).rows.find(({ user }) => user === 'ada')?.calls ?? 0;
  return {
    node: process.versions.node,
    client: `openai ${VERSION}`,
    ...made,
    httpSettled: await settled(gateways.http),
    mockedSettled: await settled(gateways.mocked),
    mockedWrong,
    exported: (await tracing?.forceFlush())?.ok ?? true,
  };
}

function obey(order: Order): Promise<object> {
  if (order.type === 'run') return run(order.name, order.ms);
  return order.type === 'echo' ? echo() : accounts();
}

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  obey(order).then(
    (answer) => process.send!({ answer }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
process.send!({ answer: 'ready' });
