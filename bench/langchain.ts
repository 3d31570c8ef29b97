/**
 * A part of `npm run bench`: what a `GatewayCallbackHandler` adds to a LangChain model, beside the model and `gateway.fetch` themselves. One
 * process, a mocked fetch, the sides in turns. `--quick` writes nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ChatOpenAI } from '@langchain/openai';
import { STREAMED_TEXT, WHOLE_TEXT } from './answers.ts';
import { EMAIL, smallRequest } from './bodies.ts';
import { type Figure, figureOf } from './goals.ts';
import { CALLER, type Gateway, gatewayOver, loadBuild } from './guards.ts';
import { type LangchainFigures, langchainTable, NAMES, type Side, type Way } from './langchain-report.ts';
import { checkBuilt, onThisMachine } from './machine.ts';
import { type Fetch, mockedFetch } from './mock.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const ROUNDS = options.quick ? 3 : 15;
const WARM_UPS = options.quick ? 1 : 12;
const CALLS: Readonly<Record<Way, number>> = options.quick ? { invoke: 40, stream: 6 } : { invoke: 400, stream: 40 };
const baseURL = 'http://127.0.0.1:9/v1';

checkBuilt();
const machine = onThisMachine();
const DIST = new URL('../dist/', import.meta.url).href;
const build = await loadBuild(DIST);
const { GatewayCallbackHandler } = (await import(`${DIST}langchain.js`)) as typeof import('../src/langchain/index.ts');

let leaked = 0;
const mocked = mockedFetch(() => {});
const watched = mockedFetch((body) => {
  if (body.includes(EMAIL)) leaked++;
});
const passing = gatewayOver(build, baseURL, mocked, []);
const observed = gatewayOver(build, baseURL, mocked, []);
const guarding = gatewayOver(build, baseURL, mocked);

/** What LangChain itself does for any handler. */
const silent = {
  name: 'silent',
  awaitHandlers: true,
  handleChatModelStart() {},

  handleLLMEnd() {},
};
const handlerOf = (gateway: Gateway, mode: 'observe' | 'enforce') => new GatewayCallbackHandler(gateway, { mode });

const modelOver = (fetch: Fetch, handler?: typeof silent | ReturnType<typeof handlerOf>): ChatOpenAI =>
  new ChatOpenAI({
    model: 'gpt-4o-mini',
    apiKey: 'bench',
    maxTokens: 512,
    configuration: { baseURL, fetch },
    callbacks: handler ? [handler] : [],
  });
const MODELS: Readonly<Record<Side, ChatOpenAI>> = {
  plain: modelOver(mocked),
  gateway: modelOver(passing.fetch),
  silent: modelOver(passing.fetch, silent),
  observe: modelOver(observed.fetch, handlerOf(observed, 'observe')),
  enforce: modelOver(watched, handlerOf(guarding, 'enforce')),
};

let seed = 1;
const prompt = (): string => smallRequest(seed++).messages.at(-1)!.content;

const WAYS: Readonly<Record<Way, (model: ChatOpenAI, text: string) => Promise<void>>> = {
  async invoke(model, text) {
    const { content } = await model.invoke(text);
    if (content !== WHOLE_TEXT) throw new Error('Not the answer that was sent.');
  },
  async stream(model, text) {
    let came = '';
    for await (const { content } of await model.stream(text)) came += content as string;
    if (came !== STREAMED_TEXT) throw new Error('Not the answer that was sent.');
  },
};

async function cpuUs(side: Side, way: Way): Promise<number> {
  const prompts = Array.from({ length: CALLS[way] }, prompt);
  const before = process.cpuUsage();
  await guarding.withContext(CALLER, async () => {
    for (const text of prompts) await WAYS[way](MODELS[side], text);
  });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS[way];
}

async function measure(way: Way): Promise<Record<Side, Figure>> {
  const blocks: Record<Side, number[]> = { plain: [], gateway: [], silent: [], observe: [], enforce: [] };
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    for (const side of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
      const us = await cpuUs(side, way);
      if (round >= 0) blocks[side].push(us);
    }
  }
  return Object.fromEntries(NAMES.map((side) => [side, figureOf(blocks[side])])) as Record<Side, Figure>;
}

const [invoke, stream] = [await measure('invoke'), await measure('stream')];
if (leaked > 0) throw new Error(`The mock saw the address in ${leaked} calls: the figures are worth nothing.`);
const sides = Object.fromEntries(
  NAMES.map((side) => [side, { invoke: invoke[side], stream: stream[side] }]),
) as LangchainFigures['sides'];
const figures: LangchainFigures = { machine: machine(), sides };
console.log(langchainTable(figures));
if (!options.quick) {
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
  writeFileSync(join(import.meta.dirname, 'results', 'langchain.json'), `${JSON.stringify(figures, null, 2)}\n`);
}
