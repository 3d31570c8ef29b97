/** Calls that were let through by real policies, and answers as a client puts them together. */
import { fanOut } from '../../src/core/events.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { type Call, openCall, type PipelineOptions } from '../../src/core/pipeline.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Pending, TextSlot } from '../../src/core/text.ts';
import { createCallMeter } from '../../src/spend/call-meter.ts';
import { createMeter } from '../../src/spend/meter.ts';
import { createPriceBook } from '../../src/spend/prices.ts';
import { memoryLedger } from '../../src/stores/memory.ts';

const meter = createCallMeter({ meter: createMeter({ priceBook: createPriceBook() }) });

/** Clocks stand still, and nothing is watched. */
export function pipelineWith(policies: readonly Policy[]): PipelineOptions {
  const now = (): number => 0;
  const ledger = memoryLedger({ now });
  return { policies, ledger, meter, observer: fanOut([]), now, holdTtlMs: 1_000, unguarded: 'refuse' };
}

/** What must be there without waiting, as it is wherever no detector takes its time. */
export function atOnce<Value>(value: Pending<Value>): Value {
  if (value instanceof Promise) throw new Error('It is not there yet.');
  return value;
}

/** A call whose request has one message. */
export async function openedCall(policies: readonly Policy[], message: string): Promise<Call> {
  const opened = await openCall(exchangeFor([messageSlot(message)]), pipelineWith(policies));
  if (opened.refusal) throw opened.refusal;
  return opened.call;
}

function messageSlot(message: string): TextSlot {
  let text = message;
  return {
    scope: 'message',
    encoding: 'text',
    kind: 'string',
    path: ['messages', 0, 'content'],
    read: () => text,
    write: (edited) => {
      text = edited;
    },
  };
}

export function exchangeFor(texts: readonly TextSlot[]): Exchange {
  return {
    id: 'attempt-1',
    callId: 'call-1',
    identity: {},
    provider: 'openai',
    dialect: 'openai.chat',
    operation: 'chat',
    model: 'gpt-4o-mini',
    stream: true,
    maxOutputTokens: 100,
    choices: 1,
    inputTokenBound: 100,
    parameters: {},
    readable: { texts: true, cost: true },
    texts,
    startedAt: 0,
  };
}

/** `data` of each event, as the standard reads it. */
export function dataOf(stream: string): string[] {
  const blocks = stream.replace(/^\uFEFF/, '').split(/(?:\r\n|\r(?!\n)|\n){2,}/);
  return blocks.flatMap((block) => {
    const lines = block.split(/\r\n|\r|\n/).filter((line) => line.startsWith('data:'));
    return lines.length > 0 ? [lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n')] : [];
  });
}

/** Texts by choice and field: `0 content`, `0 tool 1 arguments`. */
export type Texts = Record<string, string>;

interface Piece {
  index?: number;
  content?: string | null;
  reasoning_content?: string;
  refusal?: string | null;
  tool_calls?: Piece[];
  function?: { name?: string; arguments?: string };
  custom?: { name?: string; input?: string };
}

export interface Chunk {
  id?: string;
  choices?: { index: number; delta: Piece; finish_reason: string | null; logprobs?: unknown }[];
  error?: { message: string };
  usage?: unknown;
}

/** The chunks of a stream; `[DONE]` and what is no object are left out. */
export const chunksOf = (stream: string): Chunk[] =>
  dataOf(stream).flatMap((data) => (data.startsWith('{') ? [JSON.parse(data) as Chunk] : []));

/** Puts a stream together as clients do: by the index of choices and of tool calls. */
export function textsOf(stream: string): Texts {
  const texts: Texts = {};
  const add = (name: string, text: string | null | undefined): void => {
    if (text) texts[name] = (texts[name] ?? '') + text;
  };
  for (const { index, delta } of chunksOf(stream).flatMap(({ choices = [] }) => choices)) {
    add(`${index} content`, delta.content);
    add(`${index} reasoning`, delta.reasoning_content);
    add(`${index} refusal`, delta.refusal);
    for (const tool of delta.tool_calls ?? []) {
      add(`${index} tool ${tool.index} name`, tool.function?.name ?? tool.custom?.name);
      add(`${index} tool ${tool.index} arguments`, tool.function?.arguments);
      add(`${index} tool ${tool.index} input`, tool.custom?.input);
    }
  }
  for (const [name, text] of Object.entries(texts)) {
    if (name.endsWith('arguments')) texts[name] = normal(text);
  }
  return texts;
}

/** JSON in one spelling. */
function normal(text: string): string {
  return JSON.stringify(JSON.parse(text));
}
