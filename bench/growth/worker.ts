/**
 * One series in a process of its own: a gateway for each point on a mocked fetch, without a client around it, points in turns. Arguments:
 * name of the series, rounds, milliseconds a block. Sends the CPU of each block.
 */
import { text } from 'node:stream/consumers';
import { STREAM_CHUNKS } from '../answers.ts';
import { AGENT_200KB, agentRequest, type ChatRequest, EMAIL, grown, KIB, smallRequest } from '../bodies.ts';
import { CALLER, type Gateway, gatewayOver, loadBuild, usualPolicies } from '../guards.ts';
import { mockedFetch } from '../mock.ts';
import { SERIES, type SeriesName } from './series.ts';

/** By line, by point: microseconds for each block. */
export type Blocks = readonly (readonly (readonly number[])[])[];

/** What is called at one point of one line. */
interface Task {
  /** Makes what is sent, off the clock. */
  make(): string;
  send(body: string): Promise<void>;
  /** Calls that go out together. */
  readonly together: number;
  /** Of what the cost is told: one for a call, more for its chunks. */
  readonly parts: number;
  /** Before the first block. */
  prepare?(): Promise<void>;
}

const [name, rounds, blockMs] = process.argv.slice(2) as [SeriesName, string, string];
const series = SERIES.find((one) => one.name === name)!;
const build = await loadBuild(new URL('../../dist/', import.meta.url).href);
const baseURL = 'http://127.0.0.1:9/v1';
const URL_OF_CALLS = `${baseURL}/chat/completions`;
const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer bench' };
const MOST_CALLS = 4_000;
const LEAST_CALLS = 3;
let leaked = 0;
const watching = mockedFetch((body) => {
  if (body.includes(EMAIL)) leaked++;
});
const bare = mockedFetch(() => {});
let seed = 1_000;

const gatewayWith = (more: ReturnType<typeof usualPolicies> = []): Gateway =>
  gatewayOver(build, baseURL, watching, [...usualPolicies(build), ...more]);

const bodyOf = (request: ChatRequest, stream = false): string =>
  JSON.stringify(stream ? { ...request, stream: true, stream_options: { include_usage: true } } : request);

async function post(fetch: Gateway['fetch'], body: string): Promise<void> {
  const response = await fetch(URL_OF_CALLS, { method: 'POST', headers: HEADERS, body });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  await text(response.body as never);
}

const through =
  (gateway: Gateway, caller = () => CALLER): Task['send'] =>
  (body) =>
    gateway.withContext(caller(), () => post(gateway.fetch, body));

/** The history as it is, and the same with another last message, which goes out once before the first block. */
function conversation(line: number, known: ChatRequest, fresh: (seed: number) => ChatRequest): Task {
  const send = through(gatewayWith());
  const make = line === 0 ? () => bodyOf(fresh(seed++)) : () => bodyOf(grown(known, seed++));
  return { make, send, together: 1, parts: 1, prepare: () => send(bodyOf(known)) };
}

const small = (gateway: Gateway, caller?: () => typeof CALLER): Task => ({
  make: () => bodyOf(smallRequest(seed++)),
  send: through(gateway, caller),
  together: 1,
  parts: 1,
});

const MESSAGE_CHARS = 400;

function sized(line: number, kib: number): Task {
  if (kib === 1) return conversation(line, smallRequest(), smallRequest);
  const turns = Math.max(1, Math.round(kib / 10));
  const size = { ...AGENT_200KB, bytes: kib * KIB, turns, tools: Math.min(16, kib >> 2), systemChars: 20 * kib };
  return conversation(line, agentRequest(7, size), (of) => agentRequest(of, size));
}

/** Turns of three messages, equally long on average. */
function long(line: number, messages: number): Task {
  const size = { bytes: messages * MESSAGE_CHARS, turns: messages / 3 - 1, tools: 0, systemChars: MESSAGE_CHARS };
  return conversation(line, agentRequest(7, size), (of) => agentRequest(of, size));
}

const many = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));
const LIMIT = { limitUsd: 1_000_000, window: 'daily' } as const;
const capFor = (index: number) => build.spendCap({ ...LIMIT, name: `of ${index}`, match: { workspace: `w${index}` } });
const capOfAll = (index: number) => build.spendCap({ ...LIMIT, name: `all ${index}` });

function accounts(count: number): Task {
  const gateway = gatewayWith();
  let nth = 0;
  const task = small(gateway, () => ({ ...CALLER, user: `u${nth++ % count}` }));
  const prepare = async (): Promise<void> => {
    for (let caller = 0; caller < count; caller++) await task.send(task.make());
  };
  return { ...task, prepare };
}

const streams = (line: number, together: number): Task => ({
  make: () => bodyOf(smallRequest(seed++), true),
  send: line === 0 ? through(gatewayWith()) : (body) => post(bare, body),
  together,
  parts: STREAM_CHUNKS,
});

const TASKS: Readonly<Record<SeriesName, (point: number, line: number) => Task>> = {
  'body-size': (point, line) => sized(line, point),
  history: (point, line) => long(line, point),
  policies: (point) => small(gatewayWith(many(point, capFor))),
  caps: (point) => small(gatewayWith(many(point, capOfAll))),
  accounts,
  streams: (point, line) => streams(line, point),
  keys: () => {
    throw new Error('Measured at the server.');
  },
};

/** So many calls as fill a block at `us` for each, in whole batches. */
function callsFor({ together, parts }: Task, us: number): number {
  const fits = Math.round((Number(blockMs) * 1_000) / (us * parts));
  return Math.max(1, Math.round(Math.min(MOST_CALLS, Math.max(LEAST_CALLS, fits)) / together)) * together;
}

async function block({ make, send, together, parts }: Task, calls: number): Promise<number> {
  const bodies = many(calls, make);
  const before = process.cpuUsage();
  for (let at = 0; at < calls; at += together) await Promise.all(bodies.slice(at, at + together).map(send));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (calls * parts);
}

async function measure(): Promise<Blocks> {
  const points = series.lines.map((_, line) => series.points.map((point) => TASKS[name](point, line)));
  const blocks = points.map((tasks) => tasks.map((): number[] => []));
  const order = points.flatMap((tasks, line) => tasks.map((task, at) => ({ task, line, at, us: 0 })));
  for (const one of order) {
    await one.task.prepare?.();
    one.us = await block(one.task, Math.max(one.task.together, LEAST_CALLS));
  }
  for (let round = -2; round < Number(rounds); round++) {
    for (const one of round % 2 === 0 ? order : order.toReversed()) {
      one.us = await block(one.task, callsFor(one.task, one.us));
      if (round >= 0) blocks[one.line]![one.at]!.push(one.us);
    }
  }
  if (leaked > 0)
    throw new Error(`The mock saw the address in ${leaked} guarded calls: the figures are worth nothing.`);
  return blocks;
}

process.send!(await measure());
process.disconnect();
