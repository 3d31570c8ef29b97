/** The least that a proxy in Node can do, as a measure: `node:http` in front, undici's `dispatch` behind, and bytes handed on. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Dispatcher, Pool } from 'undici';

/** Of one connection, and not of what it carries. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
  'host',
  'content-length',
]);

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });

function handedOn(raw: readonly (string | Buffer)[]): string[] {
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toString().toLowerCase();
    if (!HOP_BY_HOP.has(name)) headers.push(name, raw[i + 1]!.toString());
  }
  return headers;
}

class Answer implements Dispatcher.DispatchHandler {
  readonly #outgoing: ServerResponse;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) this.#controller?.abort(new Error('The client went away.'));
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[]>): void {
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
    this.#outgoing.writeHead(status, kept);
    if (String(kept['content-type']).startsWith('text/event-stream')) this.#outgoing.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, data: Buffer): void {
    if (this.#outgoing.write(data)) return;
    controller.pause();
    this.#outgoing.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#outgoing.end();
  }

  onResponseError(): void {
    if (!this.#outgoing.headersSent) this.#outgoing.writeHead(502);
    this.#outgoing.end();
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

const server = createServer({ noDelay: true }, async (incoming, outgoing) => {
  const { method = 'GET', url = '/', rawHeaders } = incoming;
  const body = await bodyOf(incoming);
  const options = { path: url, method: method as Dispatcher.HttpMethod, headers: handedOn(rawHeaders), body };
  pool.dispatch(options, new Answer(outgoing));
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', 4_096, () => process.send!({ port: (server.address() as AddressInfo).port }));
