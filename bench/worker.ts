/**
 * One side of the comparison in a process of its own: makes the calls it is told to make and says what they cost. Checks each
 * answer, so that no side is fast by being wrong. Arguments: side, port of the provider, port for traces, URL of the build.
 */
import type OpenAI from 'openai';
import { STREAMED_TEXT, WHOLE_TEXT } from './answers.ts';
import {
  AGENT_20KB,
  agentRequest,
  type ChatRequest,
  EMAIL,
  grown,
  PLACEHOLDER,
  smallConversation,
  smallRequest,
} from './bodies.ts';
import { type Body, CASES, type Case, type CaseName, type Side } from './cases.ts';
import { CALLER, type Gateway, gatewayOver, loadBuild } from './guards.ts';
import { type Fetch, mockedFetch } from './mock.ts';

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
  /** Median time to the first piece of a stream. */
  readonly firstUs: number | undefined;
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

type Create = (request: object, options?: object) => Promise<unknown>;

const [side = 'plain', port = '', tracesPort = '', build = ''] = process.argv.slice(2) as [
  Side,
  string,
  string,
  string,
];
const guards = side === 'guarded' || side === 'traced';
const baseURL = `http://127.0.0.1:${port}/v1`;
const tracesUrl = `http://127.0.0.1:${tracesPort}/v1/traces`;
/** The client's current major needs Node 22. */
const client = Number(process.versions.node.split('.')[0]) >= 22 ? 'openai' : 'openai-6';
const { default: Client } = (await import(client)) as { default: typeof OpenAI };
const { VERSION } = (await import(`${client}/version`)) as { VERSION: string };
const built = await loadBuild(build);
const { setupTracing } = (await import(`${build}otel.js`)) as typeof import('../src/telemetry/otel.ts');
const tracing = side === 'traced' ? await setupTracing({ target: { url: tracesUrl } }) : undefined;

const made = { http: 0, mocked: 0 };
let mockedWrong = 0;
/** What a provider should see: the guards' placeholder, another maker's, or the address. */
const expected = guards ? PLACEHOLDER : side === 'openai-guardrails' ? '<EMAIL_ADDRESS>' : EMAIL;
const mocked = mockedFetch((body) => {
  if (!body.includes(expected) || (expected !== EMAIL && body.includes(EMAIL))) mockedWrong++;
});

const gateways = { http: gatewayOver(built, baseURL, undefined), mocked: gatewayOver(built, baseURL, mocked) };
const plainFetch: Fetch = (input, init) => globalThis.fetch(input, init);
const clients = {
  http: await clientOver(guards ? gateways.http.fetch : plainFetch),
  mocked: await clientOver(guards ? gateways.mocked.fetch : mocked),
};
const peerTracing = await instrument();

function clientOver(fetch: Fetch): Promise<OpenAI> | OpenAI {
  if (side === 'openai-4' || side === 'openai-guardrails')
    return import('./peer-clients.ts').then(({ olderClient }) => olderClient(side, { baseURL, apiKey: side, fetch }));
  return new Client({ baseURL, apiKey: side, fetch });
}

/** Another maker's tracing around the client. */
async function instrument(): Promise<{ forceFlush(): Promise<void> } | undefined> {
  if (side !== 'openinference' && side !== 'traceloop') return undefined;
  const { instrumented } = await import('./peer-clients.ts');
  return instrumented(side, Client, tracesUrl);
}

const known = { small: smallConversation(), agent20: agentRequest(7, AGENT_20KB), agent200: agentRequest() };
/** Another text each time. */
let seed = 1_000;
const BODIES: Record<Body, () => ChatRequest> = {
  small: () => smallRequest(seed++),
  'small-next': () => grown(known.small, seed++),
  'agent-20kb': () => agentRequest(seed++, AGENT_20KB),
  'agent-20kb-next': () => grown(known.agent20, seed++),
  'agent-200kb': () => agentRequest(seed++),
  'agent-200kb-next': () => grown(known.agent200, seed++),
};
/** Made before the clock starts, so many at a time: 1 to 25 MB. */
const MADE: Record<Body, number> = {
  small: 1_024,
  'small-next': 1_024,
  'agent-20kb': 512,
  'agent-20kb-next': 512,
  'agent-200kb': 96,
  'agent-200kb-next': 96,
};

/** Milliseconds to the first piece of a stream. */
async function call({ stream, mocked }: Case, request: ChatRequest): Promise<number | undefined> {
  const over = mocked ? 'mocked' : 'http';
  made[over]++;
  const startedAt = performance.now();
  const { text, firstAt } = await asUser(gateways[over], () => ask(clients[over], request, stream));
  if (text !== (stream ? STREAMED_TEXT : WHOLE_TEXT)) throw new Error(`${side}: not the answer that was sent`);
  return firstAt && firstAt - startedAt;
}

const asUser = <T>(gateway: Gateway, fn: () => T): T => (guards ? gateway.withContext(CALLER, fn) : fn());

interface Answer {
  readonly text: string;
  readonly firstAt: number | undefined;
}

async function ask({ chat }: OpenAI, request: ChatRequest, stream: boolean, options?: object): Promise<Answer> {
  const create = chat.completions.create.bind(chat.completions) as unknown as Create;
  if (!stream) {
    const { choices } = (await create(request, options)) as OpenAI.ChatCompletion;
    return { text: choices[0]?.message.content ?? '', firstAt: undefined };
  }
  const body = { ...request, stream: true, stream_options: { include_usage: true } };
  let text = '';
  let firstAt: number | undefined;
  for await (const { choices } of (await create(body, options)) as AsyncIterable<OpenAI.ChatCompletionChunk>) {
    const content = choices[0]?.delta.content;
    if (!content) continue;
    firstAt ??= performance.now();
    text += content;
  }
  return { text, firstAt };
}

async function run(name: CaseName, ms: number): Promise<Block> {
  const task: Case = CASES.find((known) => known.name === name)!;
  const latencies: number[] = [];
  const firsts: number[] = [];
  let cpuUs = 0;
  for (let left = ms; left > 0; ) {
    const requests = Array.from({ length: MADE[task.body] }, BODIES[task.body]);
    const before = process.cpuUsage();
    const startedAt = performance.now();
    const lane = async (): Promise<void> => {
      for (let start = startedAt; start - startedAt < left && requests.length > 0; ) {
        const first = await call(task, requests.pop()!);
        if (first !== undefined) firsts.push(first);
        const end = performance.now();
        latencies.push(end - start);
        start = end;
      }
    };
    await Promise.all(Array.from({ length: task.concurrency }, lane));
    const { user, system } = process.cpuUsage(before);
    cpuUs += user + system;
    left -= performance.now() - startedAt;
  }
  return {
    calls: latencies.length,
    cpuUs: cpuUs / latencies.length,
    latencyUs: middle(latencies)! * 1_000,
    firstUs: firsts.length > 0 ? middle(firsts)! * 1_000 : undefined,
  };
}

const middle = (values: number[]): number | undefined => values.sort((a, b) => a - b)[values.length >> 1];

async function echo(): Promise<Echo> {
  made.http += 2;
  const options = { headers: { 'x-bench-echo': '1' } };
  const answer = async (stream: boolean): Promise<string> =>
    (await asUser(gateways.http, () => ask(clients.http, smallRequest(), stream, options))).text;
  return { whole: await answer(false), streamed: await answer(true) };
}

async function accounts(): Promise<Accounts> {
  const settled = async ({ spend }: Gateway): Promise<number> =>
    (await spend.rollup({ by: ['user'], window: 'lifetime' })).rows.find(({ user }) => user === 'ada')?.calls ?? 0;
  return {
    node: process.versions.node,
    client: side === 'openai-4' || side === 'openai-guardrails' ? side : `openai ${VERSION}`,
    ...made,
    httpSettled: await settled(gateways.http),
    mockedSettled: await settled(gateways.mocked),
    mockedWrong,
    exported: await exported(),
  };
}

/** Whether no export of ours failed; a peer's says nothing. */
async function exported(): Promise<boolean> {
  await peerTracing?.forceFlush();
  return (await tracing?.forceFlush())?.ok ?? true;
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
