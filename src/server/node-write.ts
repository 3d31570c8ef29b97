/** An answer onto a socket, no faster than its reader reads. */
import type { ServerResponse } from 'node:http';
import type { ByteSource } from '../http/byte-source.ts';
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
  await poured(body, outgoing, idleMs, onWritten);
  await finished(outgoing, idleMs);
}

/** Until all of it was written. @throws when the client went away, reads nothing, or the answer broke off */
function poured(
  body: ByteSource,
  outgoing: ServerResponse,
  idleMs: number,
  onWritten: (bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hasWritten = false;
    const stop = (): void => {
      clearTimeout(timer);
      outgoing.off('drain', onDrain).off('close', onClose);
    };
    const onDrain = (): void => {
      clearTimeout(timer);
      body.resume();
    };
    const onClose = (): void => {
      stop();
      const error = gone();
      body.cancel(error).catch(() => {});
      reject(error);
    };
    if (outgoing.destroyed) return onClose();
    outgoing.on('drain', onDrain).on('close', onClose);
    body.to({
      take(bytes) {
        hasWritten = true;
        onWritten(bytes.length);
        if (outgoing.write(bytes)) return true;
        timer = setTimeout(() => outgoing.destroy(), idleMs);
        return false;
      },
      end() {
        stop();
        resolve();
      },
      fail(reason) {
        stop();
        reject(reason as Error);
      },
    });
    body.resume();
    // With what came in the same packet they are one write; and a client does not wait for its first piece to see that it is answered.
    if (!hasWritten) outgoing.flushHeaders();
  });
}

/** As they are written: a list of names and values is not looked through again. */
function rawHeaders(headers: HeaderList, length?: number): string[] {
  const raw = headers.toRaw();
  if (length !== undefined) raw.push('content-length', String(length));
  return raw;
}

/** @throws when the client went away, or reads nothing */
function finished(outgoing: ServerResponse, idleMs: number, last?: Uint8Array | null): Promise<void> {
  return new Promise((resolve, reject) => {
    if (outgoing.destroyed) return reject(gone());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onFinish = (): void => {
      clearTimeout(timer);
      outgoing.off('close', onClose);
      resolve();
    };
    const onClose = (): void => {
      clearTimeout(timer);
      outgoing.off('finish', onFinish);
      reject(gone());
    };
    outgoing.once('finish', onFinish).once('close', onClose);
    end(outgoing, last);
    // What the system took at once waits for no reader.
    if (outgoing.writableLength > 0) timer = setTimeout(() => outgoing.destroy(), idleMs);
  });
}

/** Larger ones are not copied. */
const MAX_JOINED_BYTES = 16 * 1024;

/** Head and body in one write: written one after the other they took a quarter of all CPU of a 1 KB call. Strings are put together. */
function end(outgoing: ServerResponse, last: Uint8Array | null | undefined): void {
  if (!last || last.length > MAX_JOINED_BYTES) outgoing.end(last);
  else outgoing.end(Buffer.from(last.buffer, last.byteOffset, last.length).toString('latin1'), 'latin1');
}

const gone = (): Error => new Error('The client went away.');
