/** An answer onto a socket, no faster than its reader reads. */
import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';

/** @throws when the client went away or the answer broke off */
export async function writeAnswer(
  { status, headers, body }: Answer,
  outgoing: ServerResponse,
  onWritten: (bytes: number) => void,
): Promise<void> {
  outgoing.writeHead(status, Object.fromEntries(headers));
  if (!body) return finished(outgoing);
  outgoing.flushHeaders();
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      onWritten(read.value.length);
      if (!outgoing.write(read.value)) await drained(outgoing);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
  await finished(outgoing);
}

/** @throws when the client went away */
function finished(outgoing: ServerResponse): Promise<void> {
  return until(outgoing, 'finish', () => outgoing.end());
}

/** @throws when the client went away */
function drained(outgoing: ServerResponse): Promise<void> {
  return until(outgoing, 'drain', () => {});
}

function until(outgoing: ServerResponse, event: 'finish' | 'drain', start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (outgoing.destroyed) return reject(new Error('The client went away.'));
    const onEvent = (): void => {
      outgoing.off('close', onClose);
      resolve();
    };
    const onClose = (): void => {
      outgoing.off(event, onEvent);
      reject(new Error('The client went away.'));
    };
    outgoing.once(event, onEvent).once('close', onClose);
    start();
  });
}
