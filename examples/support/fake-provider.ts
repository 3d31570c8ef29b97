/**
 * A provider on 127.0.0.1, for examples and tests: no account, no network. It speaks OpenAI's, Anthropic's and other APIs, answers with a text
 * of your choice, streams it word by word when asked to, and remembers what it was sent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fakeCountTokens, fakeMessages } from './fake-anthropic.ts';
import type { FakeAnswer, FakeApi, FakeBody, FakeToolCall } from './fake-api.ts';
import { fakeGenerate } from './fake-google.ts';
import { fakeChat, fakeEmbeddings, fakeModels } from './fake-openai.ts';
import { fakeResponses } from './fake-responses.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly json: ChatBody | undefined;
  /** The text of the last thing that the caller said, in whatever API. */
  readonly prompt: string | undefined;
}

export interface ChatBody {
  readonly model?: string;
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly n?: number;
  readonly input?: unknown;
}

export interface FakeProvider {
  /** Where everything else stands below: `http://127.0.0.1:<port>`. Anthropic's clients take it as their base URL. */
  readonly origin: string;
  /** Give it to OpenAI's clients as their base URL. */
  readonly baseURL: string;
  readonly requests: ReceivedRequest[];
  /** What the model answers; a function sees the request. */
  reply: string | ((request: ReceivedRequest) => string);
  /** A tool that the model calls instead. */
  tool: FakeToolCall | ((request: ReceivedRequest) => FakeToolCall | undefined) | undefined;
  /** Takes over a request; return true when it was answered. */
  intercept: ((request: ReceivedRequest, response: ServerResponse) => boolean | Promise<boolean>) | undefined;
  /** Streams that the client closed before they ended. */
  closedEarly: number;
  close(): Promise<void>;
}

export async function startFakeProvider(): Promise<FakeProvider> {
  const apis: readonly FakeApi[] = [
    fakeChat,
    fakeEmbeddings,
    fakeModels,
    fakeResponses(),
    fakeMessages,
    fakeCountTokens,
    fakeGenerate,
  ];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: FakeProvider = {
    origin,
    baseURL: `${origin}/v1`,
    requests: [],
    reply: 'Hello from the fake provider.',
    tool: undefined,
    intercept: undefined,
    closedEarly: 0,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming;
    const path = url.split('?')[0]!;
    const api = apis.find((one) => one.answers(path));
    const body = await bodyOf(incoming);
    const json = parsed(body);
    const request = {
      method,
      url,
      headers,
      body,
      json: json as ChatBody | undefined,
      prompt: json && api?.prompt(json),
    };
    provider.requests.push(request);
    if (await provider.intercept?.(request, response)) return;
    if (!api) return notFound(response, path);
    const { reply, tool } = provider;
    const call = {
      path,
      body: json ?? {},
      text: typeof reply === 'string' ? reply : reply(request),
      tool: typeof tool === 'function' ? tool(request) : tool,
      number: provider.requests.length,
    };
    await send(response, api.answer(call));
  }

  async function send(response: ServerResponse, { json, events }: FakeAnswer): Promise<void> {
    if (json) return sendJson(response, json);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    let closed = false;
    response.on('close', () => {
      closed = !response.writableFinished;
      if (closed) provider.closedEarly++;
    });
    // One write an event, as providers do, so that a client really sees a stream.
    for (const event of events ?? []) {
      if (closed) return;
      response.write(event);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  }

  return provider;
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(body: string): FakeBody | undefined {
  try {
    return JSON.parse(body) as FakeBody;
  } catch {
    return undefined;
  }
}

function notFound(response: ServerResponse, path: string): void {
  const error = { message: `No such path: ${path}`, type: 'invalid_request_error', code: null, param: null };
  sendJson(response, { error }, 404);
}

function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_fake' });
  response.end(JSON.stringify(body));
}
