/**
 * One measurement of the guard, in a process of its own: a client on a mocked fetch, bare and guarded, in turns. Sends its figures to
 * its parent. CPU is that of the whole process; of several blocks the least, since a busy machine only adds.
 */
import { createHook } from 'node:async_hooks';
import OpenAI from 'openai';
import { STREAM_CHUNKS, STREAMED_TEXT, WHOLE_TEXT } from '../answers.ts';
import { agentRequest, type ChatRequest, EMAIL, grown, smallRequest } from '../bodies.ts';
import { CALLER, gatewayOver, loadBuild } from '../guards.ts';
import { mockedFetch } from '../mock.ts';
import type { Figures } from './figures.ts';

type Side = 'bare' | 'guarded';
type Body = 'small' | 'stream' | 'first' | 'next';

const ROUNDS = 8;
const WARM_UPS = 9;
/** Calls of a block: 30 to 100 ms each, when this was written. In shorter ones it is chance whether a collection falls into them. */
const CALLS: Readonly<Record<Side, Readonly<Record<Body, number>>>> = {
  bare: { small: 800, stream: 80, first: 60, next: 60 },
  guarded: { small: 250, stream: 50, first: 8, next: 32 },
};
const COUNTED_CALLS = 8;

const baseURL = 'http://127.0.0.1:9/v1';
const build = await loadBuild(new URL('../../dist/', import.meta.url).href);
let leaked = 0;
const gateway = gatewayOver(
  build,
  baseURL,
  mockedFetch((body) => {
    if (body.includes(EMAIL)) leaked++;
  }),
);
const clients = {
  bare: new OpenAI({ baseURL, apiKey: 'bench', fetch: mockedFetch(() => {}) }),
  guarded: new OpenAI({ baseURL, apiKey: 'bench', fetch: gateway.fetch }),
};

const conversation = agentRequest();
let seed = 100;
const bodies: Readonly<Record<Body, () => ChatRequest>> = {
  small: () => smallRequest(seed++),
  stream: () => smallRequest(seed++),
  first: () => agentRequest(seed++),
  next: () => grown(conversation, seed++),
};

async function call(side: Side, request: ChatRequest, stream: boolean): Promise<void> {
  const { completions } = clients[side].chat;
  let text = '';
  if (stream) {
    const body = { ...request, stream: true, stream_options: { include_usage: true } };
    const chunks = (await completions.create(body as never)) as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>;
    for await (const { choices } of chunks) text += choices[0]?.delta.content ?? '';
  } else {
    const answer = (await completions.create(request as never)) as OpenAI.ChatCompletion;
    text = answer.choices[0]?.message.content ?? '';
  }
  if (text !== (stream ? STREAMED_TEXT : WHOLE_TEXT)) throw new Error('Not the answer that was sent.');
}

/** Bodies are made before the clock starts. */
async function during(
  side: Side,
  body: Body,
  calls: number,
  measured: (run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const requests = Array.from({ length: calls }, bodies[body]);
  const run = async (): Promise<void> => {
    for (const request of requests) await call(side, request, body === 'stream');
  };
  await measured(() => (side === 'bare' ? run() : gateway.withContext(CALLER, run)));
}

async function cpuUs(side: Side, body: Body): Promise<number> {
  let spent = 0;
  await during(side, body, CALLS[side][body], async (run) => {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    spent = (user + system) / CALLS[side][body];
  });
  return spent;
}

const TASKS: readonly { readonly side: Side; readonly body: Body }[] = [
  { side: 'bare', body: 'small' },
  { side: 'guarded', body: 'small' },
  { side: 'bare', body: 'stream' },
  { side: 'guarded', body: 'stream' },
  { side: 'bare', body: 'first' },
  { side: 'guarded', body: 'first' },
  { side: 'guarded', body: 'next' },
];

async function leastCpu(): Promise<(side: Side, body: Body) => number> {
  const least = new Map<string, number>();
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    for (const { side, body } of round % 2 === 0 ? TASKS : TASKS.toReversed()) {
      const us = await cpuUs(side, body);
      if (round >= 0) least.set(`${side} ${body}`, Math.min(us, least.get(`${side} ${body}`) ?? Infinity));
    }
  }
  return (side, body) => least.get(`${side} ${body}`)!;
}

/** Each stands for a turn of the queue that somebody waits for, and costs as much on any machine. */
async function promises(side: Side, body: Body): Promise<number> {
  let made = 0;
  const hook = createHook({
    init: (_, type) => {
      if (type === 'PROMISE') made++;
    },
  });
  await during(side, body, COUNTED_CALLS, async (run) => {
    hook.enable();
    await run();
    hook.disable();
  });
  return made / COUNTED_CALLS;
}

/** Patterns that run, the client's few among them. V8 asks an `exec` that was replaced for `test`, `match` and `replace` too. */
async function scans(body: Body): Promise<number> {
  const { exec } = RegExp.prototype;
  let ran = 0;
  await during('guarded', body, COUNTED_CALLS, async (run) => {
    RegExp.prototype.exec = function (text) {
      ran++;
      return exec.call(this, text);
    };
    await run().finally(() => {
      RegExp.prototype.exec = exec;
    });
  });
  return ran / COUNTED_CALLS;
}

async function figures(): Promise<Figures> {
  const cpu = await leastCpu();
  const added = async (body: Body): Promise<number> =>
    (await promises('guarded', body)) - (await promises('bare', body));
  const callPromises = await added('small');
  const result = {
    call: cpu('guarded', 'small') / cpu('bare', 'small'),
    stream: cpu('guarded', 'stream') / cpu('bare', 'stream'),
    first: cpu('guarded', 'first') / cpu('bare', 'first'),
    next: cpu('guarded', 'next') / cpu('guarded', 'first'),
    callPromises,
    chunkPromises: ((await added('stream')) - callPromises) / STREAM_CHUNKS,
    nextScans: (await scans('next')) / (await scans('first')),
  };
  if (leaked > 0)
    throw new Error(`The mock saw the address in ${leaked} guarded calls: the figures are worth nothing.`);
  return result;
}

process.send!(await figures());
process.disconnect();
