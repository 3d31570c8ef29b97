/**
 * A provider of chat completions that keeps what it bills, call by call: what it takes is drawn from the id of the call, so that every run
 * costs the same. Whole answers take a moment, streams come in pieces, so that many calls are in flight.
 */
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const MODEL = 'invented-1';
/** USD per million tokens, and so many nano-USD for one. */
export const PRICES = { [MODEL]: { input: '1', output: '10' } };
const INPUT_NANO_USD = 1_000;
const OUTPUT_NANO_USD = 10_000;
const PROMPT_TOKENS = 20;
export const MAX_TOKENS = 60;
/** More than any call can cost under `strict`: a token for each byte of its body, and all of its output. */
export const DEAREST_CALL_NANO_USD = 500 * INPUT_NANO_USD + MAX_TOKENS * OUTPUT_NANO_USD;
const PIECES = 6;
const PIECE_MS = 4;

export interface BillingProvider {
  readonly baseURL: string;
  /** Nano-USD, by the call's id, of all calls that were answered to their end. */
  readonly billed: ReadonlyMap<string, number>;
  /** Calls that came and will have no answer. */
  readonly unanswered: ReadonlySet<string>;
  /** Answers no more of the calls that are named; until then it answers all. */
  leaveUnanswered(isNamed: (id: string) => boolean): void;
  close(): Promise<void>;
}

/** The id is the whole prompt. */
interface Asked {
  readonly stream?: boolean;
  readonly messages: readonly { readonly content: string }[];
}

export async function startBillingProvider(): Promise<BillingProvider> {
  const billed = new Map<string, number>();
  const unanswered = new Set<string>();
  let isLeftUnanswered = (_: string): boolean => false;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { stream, messages } = JSON.parse(Buffer.concat(chunks).toString()) as Asked;
    const id = messages.at(-1)!.content;
    const tokens = outputTokensOf(id);
    if (isLeftUnanswered(id)) {
      unanswered.add(id);
      return;
    }
    const answered = stream ? await answerInPieces(response, id, tokens) : await answerWhole(response, id, tokens);
    if (answered) billed.set(id, PROMPT_TOKENS * INPUT_NANO_USD + tokens * OUTPUT_NANO_USD);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    billed,
    unanswered,
    leaveUnanswered(isNamed) {
      isLeftUnanswered = isNamed;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function outputTokensOf(id: string): number {
  return 1 + (createHash('sha256').update(id).digest().readUInt16BE(0) % MAX_TOKENS);
}

function usageOf(tokens: number): object {
  return { prompt_tokens: PROMPT_TOKENS, completion_tokens: tokens, total_tokens: PROMPT_TOKENS + tokens };
}

async function answerWhole(response: ServerResponse, id: string, tokens: number): Promise<boolean> {
  await sleep(PIECES * PIECE_MS);
  if (response.destroyed) return false;
  const message = { role: 'assistant', content: 'so '.repeat(tokens) };
  const choices = [{ index: 0, finish_reason: 'stop', message }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id, object: 'chat.completion', model: MODEL, choices, usage: usageOf(tokens) }));
  return true;
}

async function answerInPieces(response: ServerResponse, id: string, tokens: number): Promise<boolean> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const say = (rest: object): void => {
    response.write(`data: ${JSON.stringify({ id, object: 'chat.completion.chunk', model: MODEL, ...rest })}\n\n`);
  };
  let said = 0;
  for (let piece = 1; piece <= PIECES; piece++) {
    const until = Math.floor((tokens * piece) / PIECES);
    say({ choices: [{ index: 0, delta: { content: 'so '.repeat(until - said) }, finish_reason: null }] });
    said = until;
    await sleep(PIECE_MS);
    if (response.destroyed) return false;
  }
  say({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  say({ choices: [], usage: usageOf(tokens) });
  response.end('data: [DONE]\n\n');
  return true;
}
