/** HTTP as bytes: what is sent is just what a test says, and what comes back is told apart answer by answer. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawResult {
  readonly answers: readonly RawAnswer[];
  /** All that came, in latin1. */
  readonly text: string;
}

/**
 * Sends the pieces one after another and reads until the server closes; a connection that stays open after `expected` answers is closed
 * from this side. `endAfterMs`: when this side says that it has no more to say.
 */
export function raw(
  port: number,
  pieces: string | readonly string[],
  expected = Number.POSITIVE_INFINITY,
  { endAfterMs }: { readonly endAfterMs?: number } = {},
): Promise<RawResult> {
  const socket = connect(port, '127.0.0.1');
  const { promise, text } = reading(socket, expected);
  const list = typeof pieces === 'string' ? [pieces] : pieces;
  void (async () => {
    for (const piece of list) {
      if (socket.destroyed) return;
      socket.write(Buffer.from(piece, 'latin1'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (endAfterMs !== undefined) setTimeout(() => socket.end(), endAfterMs);
  })();
  return promise.then(() => ({ text: text(), answers: answersIn(text()) }));
}

function reading(socket: Socket, expected: number): { promise: Promise<void>; text: () => string } {
  const chunks: Buffer[] = [];
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  const promise = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (answersIn(text()).length >= expected) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
  return { promise, text };
}

/** Whole answers: with a length, chunked to their end, or until the connection's. */
export function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) break;
    const [line = '', ...fields] = text.slice(at, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1]);
    const headers = Object.fromEntries(
      fields.map((field) => [field.split(':', 1)[0]!.toLowerCase(), field.replace(/^[^:]*:\s*/, '')]),
    );
    at = end + 4;
    if (status === 100) continue;
    const read =
      headers['transfer-encoding'] === 'chunked' ? chunked(text, at) : plain(text, at, headers['content-length']);
    if (!read) break;
    answers.push({ status, headers, body: read.body });
    at = read.at;
  }
  return answers;
}

function plain(text: string, at: number, length: string | undefined): { body: string; at: number } | undefined {
  const end = length === undefined ? text.length : at + Number(length);
  return end > text.length ? undefined : { body: text.slice(at, end), at: end };
}

function chunked(text: string, start: number): { body: string; at: number } | undefined {
  let body = '';
  for (let at = start; ; ) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(text.slice(at, line), 16);
    const end = line + 2 + size;
    if (text.length < end + 2) return undefined;
    body += text.slice(line + 2, end);
    at = end + 2;
    if (size === 0) return { body, at };
  }
}
