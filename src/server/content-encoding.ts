/** Request bodies that came compressed: gzip alone, and no more of it than a request may have. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GatewayError } from '../errors.ts';
import type { HeaderList } from '../http/header-list.ts';

const MAX_RATIO = 10;
/** Small bodies may be mostly repetition. */
const MIN_ALLOWED_BYTES = 1024 * 1024;

const unzip = promisify(gunzip);

/** The body as it reads; its `content-encoding` is taken from the headers. @throws GatewayError */
export async function inflated(
  body: Uint8Array<ArrayBuffer> | undefined,
  headers: HeaderList,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== '')
    throw new GatewayError('encoding_not_supported', 'A request body may be sent as it is, or compressed by gzip.', {
      param: 'content-encoding',
    });
  headers.delete('content-encoding');
  if (encoding !== 'gzip' || body === undefined) return body;
  const most = Math.min(maxBytes, Math.max(MIN_ALLOWED_BYTES, body.length * MAX_RATIO));
  try {
    return new Uint8Array(await unzip(body, { maxOutputLength: most }));
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(most) : broken();
  }
}

function tooLarge(most: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The request body is larger than ${most} bytes once it is inflated: at most ${MAX_RATIO} times what was sent is taken.`,
    { param: 'body' },
  );
}

function broken(): GatewayError {
  return new GatewayError('invalid_request', 'The request body says that it is compressed by gzip, and is not.', {
    param: 'body',
  });
}
