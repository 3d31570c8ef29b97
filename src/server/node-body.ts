/** The body of a request from a socket: whole, within its bound, and not slower than it may be. */
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.ts';
import type { ReadLimits } from './limits.ts';

/**
 * `undefined` for a request without one.
 * @param begin called before anything is read
 * @throws GatewayError `body_too_large`, `request_timeout`
 */
export function readIncoming(
  incoming: IncomingMessage,
  { maxBodyBytes, bodyIdleMs }: ReadLimits,
  begin: () => void,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxBodyBytes) return Promise.reject(tooLarge(maxBodyBytes));
  if (incoming.readableEnded) return Promise.reject(alreadyRead());
  if (incoming.destroyed) return Promise.reject(new Error('The client went away.'));
  begin();
  // As most do, it came with its headers: there is nothing to listen to, and no time to be kept.
  if (announced > 0 && incoming.readableLength === announced && !incoming.readableFlowing)
    return Promise.resolve(arrived(incoming));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => end(() => reject(tooSlow(bodyIdleMs))), bodyIdleMs);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      incoming.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      timer.refresh();
      length += chunk.length;
      if (length > maxBodyBytes) end(() => reject(tooLarge(maxBodyBytes)));
      else chunks.push(chunk);
    };
    const onEnd = (): void =>
      end(() => resolve(length === 0 ? undefined : (Buffer.concat(chunks) as Buffer<ArrayBuffer>)));
    const onClose = (): void => end(() => reject(new Error('The client went away.')));
    incoming.on('data', onData).once('end', onEnd).once('close', onClose).once('error', onClose);
  });
}

function arrived(incoming: IncomingMessage): Uint8Array<ArrayBuffer> {
  const body = incoming.read() as Buffer<ArrayBuffer>;
  // To its end, which the connection waits for.
  incoming.resume();
  return body;
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('body_too_large', `The request body is larger than ${limit} bytes.`, { param: 'body' });
}

/** Sent on as if there had been none, it would be another request than the client's. */
function alreadyRead(): GatewayError {
  return new GatewayError(
    'invalid_option',
    'The request body was read before it came here. Mount the gateway before whatever parses bodies (express.json()).',
  );
}

function tooSlow(idleMs: number): GatewayError {
  return new GatewayError('request_timeout', `The request body stood still for ${idleMs} ms.`, { param: 'body' });
}
