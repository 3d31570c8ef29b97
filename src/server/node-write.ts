/** An answer onto a socket, no faster than its reader reads. */
import type { ServerResponse } from 'node:http';
import type { HeaderList } from '../http/header-list.ts';
import type { Answer } from './answer.ts';

/** @throws when the client went away or the answer broke off */
export async function writeAnswer(
  { status, headers, body }: Answer,
  outgoing: ServerResponse,
  idleMs: number,
  onWritten: (bytes: number) => void,
): Promise<void> {
  if (!body || body instanceof Uint8Array) {
    outgoing.writeHead(status, rawHeaders(headers, body?.length));
    onWritten(body?.length ?? 0);
    return finished(outgoing, idleMs, body);
  }
  outgoing.writeHead(status, rawHeaders(headers));
  outgoing.flushHeaders();
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      onWritten(read.value.length);
      if (!outgoing.write(read.value)) await drained(outgoing, idleMs);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
  await finished(outgoing, idleMs);
}

/** As they are written: a list of names and values is not looked through again. */
function rawHeaders(headers: HeaderList, length?: number): string[] {
  const raw = headers.toRaw();
  if (length !== undefined) raw.push('content-length', String(length));
  return raw;
}

/** @throws when the client went away, or reads nothing */
function finished(outgoing: ServerResponse, idleMs: number, last?: Uint8Array | null): Promise<void> {
  return until(outgoing, 'finish', idleMs, () => end(outgoing, last));
}

/** Larger ones are not copied. */
const MAX_JOINED_BYTES = 16 * 1024;

/** Head and body in one write: written one after the other they took a quarter of all CPU of a 1 KB call. Strings are put together. */
function end(outgoing: ServerResponse, last: Uint8Array | null | undefined): void {
  if (!last || last.length > MAX_JOINED_BYTES) outgoing.end(last);
  else outgoing.end(Buffer.from(last.buffer, last.byteOffset, last.length).toString('latin1'), 'latin1');
}

/** @throws when the client went away, or reads nothing */
function drained(outgoing: ServerResponse, idleMs: number): Promise<void> {
  return until(outgoing, 'drain', idleMs, () => {});
}

function until(outgoing: ServerResponse, event: 'finish' | 'drain', idleMs: number, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (outgoing.destroyed) return reject(new Error('The client went away.'));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onEvent = (): void => {
      clearTimeout(timer);
      outgoing.off('close', onClose);
      resolve();
    };
    const onClose = (): void => {
      clearTimeout(timer);
      outgoing.off(event, onEvent);
      reject(new Error('The client went away.'));
    };
    outgoing.once(event, onEvent).once('close', onClose);
    start();
    // What the system took at once waits for no reader.
    if (outgoing.writableLength > 0) timer = setTimeout(() => outgoing.destroy(), idleMs);
  });
}
