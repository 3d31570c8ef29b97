/**
 * Gemini's API on 127.0.0.1, at the paths of Google AI and of Vertex AI: no account, no network. It answers with parts of your
 * choice, streams a text word by word as events or as a JSON array, and remembers what it was sent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { event, type FakeApi, lastText, wordsOf } from './fake-api.ts';

export interface GoogleRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type GooglePart = Readonly<Record<string, unknown>>;

export interface FakeGoogle {
  readonly origin: string;
  readonly requests: GoogleRequest[];
  /** What the model answers: a text, or parts; a function sees the request. */
  reply: string | readonly GooglePart[] | ((request: GoogleRequest) => string | readonly GooglePart[]);
  usage: Readonly<Record<string, unknown>>;
  /** Sent with each answer. */
  headers: Readonly<Record<string, string>>;
  /** Words are written no faster than one in so many ms. */
  wordMs: number;
  /** Chunks of streams that were written. */
  written: number;
  /** Streams that the client closed before they ended. */
  closedEarly: number;
  close(): Promise<void>;
}

const USAGE = { promptTokenCount: 20, candidatesTokenCount: 10, totalTokenCount: 30 };

export async function startFakeGoogle(): Promise<FakeGoogle> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const google: FakeGoogle = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    reply: 'Hello from the fake model.',
    usage: USAGE,
    headers: {},
    wordMs: 0,
    written: 0,
    closedEarly: 0,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await received(incoming);
    google.requests.push(request);
    const { pathname, searchParams } = new URL(request.url, google.origin);
    const operation = pathname.slice(pathname.lastIndexOf(':') + 1);
    if (operation === 'generateContent') return json(response, chunk(partsOf(request), 'STOP'));
    if (operation === 'streamGenerateContent') return stream(request, response, searchParams.get('alt') === 'sse');
    if (operation === 'countTokens') return json(response, { totalTokens: 7 });
    const embedded = embeddings(operation, request);
    if (embedded) return json(response, embedded);
    const message = `No such path: ${pathname}`;
    json(response, { error: { code: 404, message, status: 'NOT_FOUND' } }, 404);
  }

  function partsOf(request: GoogleRequest): readonly GooglePart[] {
    const reply = typeof google.reply === 'function' ? google.reply(request) : google.reply;
    return typeof reply === 'string' ? [{ text: reply }] : reply;
  }

  function chunk(parts: readonly GooglePart[], finishReason?: string): object {
    return generated(parts, google.requests.length, google.usage, finishReason);
  }

  /** One write a chunk, as the API does, so that a client really sees a stream. */
  async function stream(request: GoogleRequest, response: ServerResponse, asEvents: boolean): Promise<void> {
    const pieces = partsOf(request).flatMap((part) =>
      typeof part.text === 'string' ? part.text.split(/(?<= )/).map((text) => ({ ...part, text })) : [part],
    );
    const chunks = pieces.map((part, i) =>
      JSON.stringify(chunk([part], i === pieces.length - 1 ? 'STOP' : undefined), null, asEvents ? 0 : 2),
    );
    const type = asEvents ? 'text/event-stream' : 'application/json; charset=UTF-8';
    response.writeHead(200, { 'content-type': type, ...google.headers });
    response.on('close', () => {
      if (!response.writableFinished) google.closedEarly++;
    });
    for (const [i, data] of chunks.entries()) {
      if (response.destroyed) return;
      google.written++;
      response.write(asEvents ? `data: ${data}\r\n\r\n` : (i === 0 ? '[' : ',\r\n') + data);
      await new Promise((resolve) => setTimeout(resolve, google.wordMs));
    }
    response.end(asEvents ? '' : '\n]');
  }

  function json(response: ServerResponse, body: object, status = 200): void {
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...google.headers });
    response.end(JSON.stringify(body));
  }

  return google;
}

function generated(parts: readonly GooglePart[], number: number, usage: object, finishReason?: string): object {
  const candidate = { content: { role: 'model', parts }, finishReason, index: 0 };
  return {
    candidates: [candidate],
    usageMetadata: usage,
    modelVersion: 'gemini-2.5-flash',
    responseId: `resp-${number}`,
  };
}

/** The same API at the fake provider, where it stands beside others. */
export const fakeGenerate: FakeApi = {
  answers: (path) => /:(?:stream)?[gG]enerateContent$/.test(path),
  prompt: ({ contents }) => lastText(contents, 'parts'),
  answer: ({ path, text, tool, number }) => {
    const usage = { ...USAGE, cachedContentTokenCount: 4 };
    const whole = tool ? { functionCall: { name: tool.name, args: tool.input } } : { text };
    if (!path.endsWith(':streamGenerateContent')) return { json: generated([whole], number, usage, 'STOP') };
    const parts = tool ? [whole] : wordsOf(text).map((word) => ({ text: word }));
    return {
      events: parts.map((part, i) =>
        event(generated([part], number, usage, i === parts.length - 1 ? 'STOP' : undefined)),
      ),
    };
  },
};

const VALUES = [0.1, 0.2];

function embeddings(operation: string, { body }: GoogleRequest): object | undefined {
  const { requests = [], instances = [] } = JSON.parse(body || '{}') as { requests?: object[]; instances?: object[] };
  if (operation === 'embedContent') return { embedding: { values: VALUES } };
  if (operation === 'batchEmbedContents') return { embeddings: requests.map(() => ({ values: VALUES })) };
  if (operation !== 'predict') return undefined;
  const statistics = { truncated: false, token_count: 4 };
  return { predictions: instances.map(() => ({ embeddings: { values: VALUES, statistics } })) };
}

async function received(incoming: IncomingMessage): Promise<GoogleRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece);
  const { method = 'GET', url = '/', headers } = incoming;
  return { method, url, headers, body: Buffer.concat(pieces).toString('utf8') };
}
