/**
 * The provider of the benchmark, in a process of its own: HTTP/1.1 by hand on 127.0.0.1, as fast as Node can, and it counts by
 * API key what it really saw. Answers of requests that ask for an echo hold the placeholder, to be restored.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ECHO_PIECES, PIECES, streamEvents, WHOLE_TEXT, wholeAnswer } from './answers.ts';
import { EMAIL, PLACEHOLDER } from './bodies.ts';
import { asksForStream } from './mock.ts';

/** What one API key sent. */
export interface Seen {
  requests: number;
  withPlaceholder: number;
  withEmail: number;
}

export interface UpstreamReady {
  readonly type: 'ready';
  readonly port: number;
  /** Takes OTLP batches and forgets them. */
  readonly tracesPort: number;
}

export interface UpstreamStats {
  readonly type: 'stats';
  readonly seen: Readonly<Record<string, Seen>>;
  readonly traceBatches: number;
}

/** In a request: answer with the placeholder in the text. */
export const ECHO = 'x-bench-echo: 1';

const seen: Record<string, Seen> = {};
let traceBatches = 0;

const HEADERS = 'HTTP/1.1 200 OK\r\nx-request-id: req_bench\r\n';
const whole = (text: string): Buffer => {
  const body = wholeAnswer(text);
  return Buffer.from(`${HEADERS}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
};
/** As chunks of a chunked body, one for each event; the first goes with the headers. */
const streamed = (pieces: readonly string[]): Buffer[] => {
  const chunks = streamEvents(pieces).map((event) => `${event.length.toString(16)}\r\n${event}\r\n`);
  chunks[0] = `${HEADERS}content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunks[0]}`;
  chunks[chunks.length - 1] += '0\r\n\r\n';
  return chunks.map((chunk) => Buffer.from(chunk));
};
const ANSWERS = {
  plain: { whole: whole(WHOLE_TEXT), stream: streamed(PIECES) },
  echo: { whole: whole(ECHO_PIECES.join('')), stream: streamed(ECHO_PIECES) },
};

function serve(socket: Socket): void {
  let waiting: Buffer[] = [];
  let missing = 0;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    waiting.push(data);
    missing -= data.length;
    if (missing > 0) return;
    const request = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    const head = request.indexOf('\r\n\r\n');
    const length = Number(
      /\r\ncontent-length: (\d+)/i.exec(request.toString('latin1', 0, Math.max(head, 0)))?.[1] ?? 0,
    );
    missing = head < 0 ? 1 : head + 4 + length - request.length;
    waiting = [request];
    if (missing > 0) return;
    waiting = [];
    missing = 0;
    answer(socket, request.toString('latin1', 0, head), request.subarray(head + 4));
  });
}

function answer(socket: Socket, head: string, body: Buffer): void {
  const key = /\r\nauthorization: Bearer ([\w-]+)/i.exec(head)?.[1] ?? 'none';
  seen[key] ??= { requests: 0, withPlaceholder: 0, withEmail: 0 };
  seen[key].requests++;
  if (body.includes(PLACEHOLDER)) seen[key].withPlaceholder++;
  if (body.includes(EMAIL)) seen[key].withEmail++;
  const answers = head.toLowerCase().includes(ECHO) ? ANSWERS.echo : ANSWERS.plain;
  if (asksForStream(body)) writeSlowly(socket, answers.stream, 0);
  else socket.write(answers.whole);
}

/** Every event is a write of its own, as it is at a provider. */
function writeSlowly(socket: Socket, chunks: readonly Buffer[], at: number): void {
  if (socket.destroyed) return;
  socket.write(chunks[at]!);
  if (at + 1 < chunks.length) setImmediate(writeSlowly, socket, chunks, at + 1);
}

const api = createServer(serve);
const traces = createHttpServer((request, response) => {
  traceBatches++;
  request.resume().on('end', () => response.end());
});

const listen = (server: Server | HttpServer): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

process.on('message', () => process.send!({ type: 'stats', seen, traceBatches } satisfies UpstreamStats));
process.on('disconnect', () => process.exit());
const [port, tracesPort] = [await listen(api), await listen(traces)];
process.send!({ type: 'ready', port, tracesPort } satisfies UpstreamReady);
