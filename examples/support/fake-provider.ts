/**
 * An OpenAI-compatible provider on 127.0.0.1, for examples and tests: no account, no network. It answers with a text of
 * your choice, streams it word by word when asked to, and remembers what it was sent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly json: ChatBody | undefined;
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
  /** Give it to clients as their base URL. */
  readonly baseURL: string;
  readonly requests: ReceivedRequest[];
  /** What the model answers; a function sees the request. */
  reply: string | ((request: ReceivedRequest) => string);
  /** Takes over a request; return true when it was answered. */
  intercept: ((request: ReceivedRequest, response: ServerResponse) => boolean | Promise<boolean>) | undefined;
  /** Streams that the client closed before they ended. */
  closedEarly: number;
  close(): Promise<void>;
}

const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 10,
  total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

export async function startFakeProvider(): Promise<FakeProvider> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const provider: FakeProvider = {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: [],
    reply: 'Hello from the fake provider.',
    intercept: undefined,
    closedEarly: 0,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await received(incoming);
    provider.requests.push(request);
    if (await provider.intercept?.(request, response)) return;
    const path = request.url.split('?')[0]!;
    if (path.endsWith('/chat/completions')) return chat(request, response);
    if (path.endsWith('/embeddings')) return json(response, embeddings(request));
    if (path.endsWith('/models'))
      return json(response, {
        object: 'list',
        data: [{ id: 'fake-model', object: 'model', created: 1, owned_by: 'fake' }],
      });
    json(
      response,
      { error: { message: `No such path: ${path}`, type: 'invalid_request_error', code: null, param: null } },
      404,
    );
  }

  async function chat(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    const text = typeof provider.reply === 'string' ? provider.reply : provider.reply(request);
    const { model = 'fake-model', stream, stream_options, n = 1 } = request.json ?? {};
    const base = { id: `chatcmpl-${provider.requests.length}`, created: 1, model };
    const choices = Array.from({ length: n }, (_, index) => index);
    if (!stream) {
      const message = (index: number): object => ({
        index,
        finish_reason: 'stop',
        logprobs: null,
        message: { role: 'assistant', content: text, refusal: null },
      });
      return json(response, { ...base, object: 'chat.completion', choices: choices.map(message), usage: USAGE });
    }
    const chunk = (index: number, delta: object, finish_reason: string | null = null): object => ({
      ...base,
      object: 'chat.completion.chunk',
      choices: [{ index, delta, finish_reason }],
    });
    const words = text.split(/(?<= )/);
    const events: object[] = [
      ...choices.map((index) => chunk(index, { role: 'assistant', content: '' })),
      ...words.flatMap((content) => choices.map((index) => chunk(index, { content }))),
      ...choices.map((index) => chunk(index, {}, 'stop')),
    ];
    if (stream_options?.include_usage)
      events.push({ ...base, object: 'chat.completion.chunk', choices: [], usage: USAGE });
    await sendEvents(response, events.map((event) => `data: ${JSON.stringify(event)}\n\n`).concat('data: [DONE]\n\n'));
  }

  /** One write an event, as providers do, so that a client really sees a stream. */
  async function sendEvents(response: ServerResponse, events: readonly string[]): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    let closed = false;
    response.on('close', () => {
      closed = !response.writableFinished;
      if (closed) provider.closedEarly++;
    });
    for (const event of events) {
      if (closed) return;
      response.write(event);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  }

  return provider;
}

function embeddings({ json }: ReceivedRequest): object {
  const inputs = Array.isArray(json?.input) ? json.input : [json?.input];
  const data = inputs.map((_, index) => ({ object: 'embedding', index, embedding: [0.1, 0.2] }));
  return { object: 'list', model: json?.model, data, usage: { prompt_tokens: 5, total_tokens: 5 } };
}

async function received(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  const { method = 'GET', url = '/', headers } = incoming;
  return { method, url, headers, body, json: parsed(body) };
}

function parsed(body: string): ChatBody | undefined {
  try {
    return JSON.parse(body) as ChatBody;
  } catch {
    return undefined;
  }
}

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_fake' });
  response.end(JSON.stringify(body));
}
