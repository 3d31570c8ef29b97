/**
 * Amazon Bedrock's runtime on 127.0.0.1, for examples and tests: no account, no network. It checks signatures as the service does,
 * answers with a text of your choice, streams it word by word when asked to, and remembers what it was sent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { CREDENTIALS, signatureFault } from './aws-signature.ts';
import { chunkFrame, eventFrame } from './event-frames.ts';

export { CREDENTIALS } from './aws-signature.ts';
/** A Bedrock API key. */
export const API_KEY = 'invented-bedrock-api-key';

export interface BedrockRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly json: BedrockBody;
}

export interface BedrockBody {
  readonly messages?: readonly { readonly content: string | readonly { readonly text?: string }[] }[];
  readonly inferenceConfig?: { readonly maxTokens?: number };
  readonly max_tokens?: number;
  readonly prompt?: string;
}

export interface FakeBedrock {
  /** Give it to clients as their `endpoint`. */
  readonly endpoint: string;
  /** Those whose signature or key held. */
  readonly requests: BedrockRequest[];
  readonly credentials: typeof CREDENTIALS;
  reply: string | ((request: BedrockRequest) => string);
  /** A tool that the model asks for, instead of a text. */
  tool: { readonly name: string; readonly input: object } | undefined;
  /** Takes over a request; return true when it was answered. */
  intercept: ((request: BedrockRequest, response: ServerResponse) => boolean | Promise<boolean>) | undefined;
  /** Streams that the client closed before they ended. */
  closedEarly: number;
  /** Requests whose signature did not hold. */
  forged: number;
  close(): Promise<void>;
}

export const USAGE = {
  inputTokens: 20,
  outputTokens: 10,
  totalTokens: 36,
  cacheReadInputTokens: 4,
  cacheWriteInputTokens: 2,
};
const EVENT_STREAM = 'application/vnd.amazon.eventstream';
const json = (response: ServerResponse, body: object, status = 200, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': 'request-1', ...headers });
  response.end(JSON.stringify(body));
};

/** The text of the last message, whosever API it is. */
export function promptOf({ json: { messages = [], prompt = '' } }: BedrockRequest): string {
  const content = messages.at(-1)?.content ?? prompt;
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('');
}

export async function startFakeBedrock({ http2 = false } = {}): Promise<FakeBedrock> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
  const sockets = new Set<{ destroy(): void }>();
  const server = http2 ? createHttp2Server(listener as never) : createServer(listener);
  server.on('connection', (socket: { destroy(): void }) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bedrock: FakeBedrock = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    credentials: CREDENTIALS,
    reply: 'Hello from the fake Bedrock.',
    tool: undefined,
    intercept: undefined,
    closedEarly: 0,
    forged: 0,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = '', url = '', headers } = incoming;
    const fault =
      headers.authorization === `Bearer ${API_KEY}` ? undefined : signatureFault({ method, url, headers, body });
    if (fault !== undefined) {
      bedrock.forged++;
      return json(response, { message: fault }, 403, { 'x-amzn-errortype': 'InvalidSignatureException' });
    }
    const request = {
      method,
      url,
      headers,
      body: body.toString('utf8'),
      json: JSON.parse(body.toString('utf8') || '{}') as BedrockBody,
    };
    bedrock.requests.push(request);
    if (await bedrock.intercept?.(request, response)) return;
    const text = typeof bedrock.reply === 'string' ? bedrock.reply : bedrock.reply(request);
    const operation = url.split('/').at(-1);
    if (operation === 'converse') return json(response, converse(text));
    if (operation === 'converse-stream') return send(response, converseEvents(text));
    if (operation === 'count-tokens') return json(response, { inputTokens: 20 });
    const isClaude = url.includes('anthropic');
    if (operation === 'invoke')
      return json(response, isClaude ? claude(text) : llama(text), 200, isClaude ? {} : COUNTS);
    if (operation === 'invoke-with-response-stream')
      return send(response, isClaude ? claudeChunks(text) : llamaChunks(text));
    json(response, { message: `No such path: ${url}` }, 404, { 'x-amzn-errortype': 'ResourceNotFoundException' });
  }

  function converse(text: string): object {
    const { tool } = bedrock;
    const content = tool ? [{ toolUse: { toolUseId: 'tool-1', ...tool } }] : [{ text }];
    const stopReason = tool ? 'tool_use' : 'end_turn';
    return { output: { message: { role: 'assistant', content } }, stopReason, usage: USAGE, metrics: { latencyMs: 1 } };
  }

  function converseEvents(text: string): Buffer[] {
    const { tool } = bedrock;
    const pieces = tool ? (JSON.stringify(tool.input).match(/.{1,5}/gs) ?? []) : text.split(/(?<= )/);
    const delta = (piece: string): object => (tool ? { toolUse: { input: piece } } : { text: piece });
    const start = tool
      ? [
          eventFrame('contentBlockStart', {
            contentBlockIndex: 0,
            start: { toolUse: { toolUseId: 'tool-1', name: tool.name } },
          }),
        ]
      : [];
    return [
      eventFrame('messageStart', { role: 'assistant' }),
      ...start,
      ...pieces.map((piece) => eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: delta(piece) })),
      eventFrame('contentBlockStop', { contentBlockIndex: 0 }),
      eventFrame('messageStop', { stopReason: tool ? 'tool_use' : 'end_turn' }),
      eventFrame('metadata', { usage: USAGE, metrics: { latencyMs: 1 } }),
    ];
  }

  /** One write an event, as the service does, so that a client really sees a stream. */
  async function send(response: ServerResponse, frames: readonly Buffer[]): Promise<void> {
    response.writeHead(200, { 'content-type': EVENT_STREAM, 'x-amzn-requestid': 'request-1' });
    let state: 'open' | 'ended' | 'closed' = 'open';
    const gone = new Promise<void>((resolve) => {
      response.on('close', () => {
        if (state === 'open') bedrock.closedEarly++;
        state = 'closed';
        resolve();
      });
    });
    const isClosed = (): boolean => state === 'closed';
    for (const one of frames) {
      if (isClosed()) return;
      const drained = new Promise<void>((resolve) => response.once('drain', resolve));
      if (!response.write(one)) await Promise.race([drained, gone]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    state = 'ended';
    response.end();
  }

  return bedrock;
}

const COUNTS = { 'x-amzn-bedrock-input-token-count': '20', 'x-amzn-bedrock-output-token-count': '10' };
const METRICS = {
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount: 20,
    outputTokenCount: 10,
    invocationLatency: 1,
    firstByteLatency: 1,
  },
};
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5-20250929',
  stop_sequence: null,
};

function claude(text: string): object {
  const usage = { input_tokens: 20, output_tokens: 10 };
  return { ...MESSAGE, content: [{ type: 'text', text }], stop_reason: 'end_turn', usage };
}

function claudeChunks(text: string): Buffer[] {
  const delta = (piece: string): object => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: piece },
  });
  return [
    {
      type: 'message_start',
      message: { ...MESSAGE, content: [], stop_reason: null, usage: { input_tokens: 20, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...text.split(/(?<= )/).map(delta),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 10 } },
    { type: 'message_stop', ...METRICS },
  ].map(chunkFrame);
}

function llama(generation: string): object {
  return { generation, prompt_token_count: 20, generation_token_count: 10, stop_reason: 'stop' };
}

function llamaChunks(text: string): Buffer[] {
  const pieces = text
    .split(/(?<= )/)
    .map((generation) => ({ generation, prompt_token_count: null, generation_token_count: 1, stop_reason: null }));
  const last = { generation: '', prompt_token_count: 20, generation_token_count: 10, stop_reason: 'stop', ...METRICS };
  return [...pieces, last].map(chunkFrame);
}
