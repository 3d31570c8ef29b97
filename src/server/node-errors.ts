/** What a client is told that sent no request: something that is no HTTP, or came too slowly. */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type Logger, reasonOf, tell } from './log.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

const ANSWERS: Readonly<Record<string, readonly [status: string, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headers_too_large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request_timeout', 'The request did not arrive in time.'],
};
const BROKEN = ['400 Bad Request', 'invalid_request', 'This is no HTTP request that can be read safely.'] as const;

export function refuseBroken(error: Error & { code?: string }, socket: Duplex, logger: Logger | undefined): void {
  // An answer on its way would be mixed with this one.
  const { _httpMessage: begun } = socket as { _httpMessage?: { headersSent?: boolean } | null };
  if (!socket.writable || error.code === 'ECONNRESET' || begun?.headersSent) {
    socket.destroy();
    return;
  }
  const id = randomUUID();
  const [status, code, message] = ANSWERS[error.code ?? ''] ?? BROKEN;
  const body = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', code, param: null, message } });
  const head = [
    `HTTP/1.1 ${status}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    `${REQUEST_ID_HEADER}: ${id}`,
  ];
  tell(logger?.warn.bind(logger), () => ({
    event: 'bad_request',
    request_id: id,
    status: Number(status.slice(0, 3)),
    code,
    reason: reasonOf(error),
  }));
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
