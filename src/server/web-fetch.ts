/** The server's door for `Request` and `Response`: to be mounted in Hono, Next, Bun, Deno, or wherever they are spoken. */
import { GatewayError } from '../errors.ts';
import { type ByteSource, readableOf, sourceOf } from '../http/byte-source.ts';
import { dropBody } from '../http/http-answer.ts';
import type { Answer, Answerer, IncomingRequest } from './answer.ts';
import type { ReadLimits } from './limits.ts';

export function webFetch(answerer: Answerer): (request: Request) => Promise<Response> {
  return async (request) => {
    const answer = await answerer.answer(incomingRequest(request));
    const { status } = answer;
    const headers = [...answer.headers];
    if (answer.body && request.method !== 'HEAD')
      return new Response(readableOf(counted(answer, sourceIn(answer.body))), { status, headers });
    await dropBody(answer);
    answer.ended({ bytes: 0, aborted: false });
    return new Response(null, { status, headers });
  };
}

function incomingRequest(request: Request): IncomingRequest {
  const { method, url, headers, signal } = request;
  const { host, pathname, search } = new URL(url);
  const gone = new AbortController();
  if (signal.aborted) gone.abort();
  else signal.addEventListener('abort', () => gone.abort(), { once: true });
  // A `Request` names its host in its URL; most who make one from a socket leave the header in.
  const fields: [string, string][] = headers.has('host') ? [...headers] : [['host', host], ...headers];
  return {
    method,
    target: pathname + search,
    fields,
    loopback: false,
    // Whoever made the request of it has the connection.
    distrust() {},
    gone,
    body: (limits) => readBody(request, limits),
  };
}

async function readBody(
  { body }: Request,
  { maxBodyBytes, bodyIdleMs }: ReadLimits,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!body) return undefined;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let read = await inTime(reader, bodyIdleMs); !read.done; read = await inTime(reader, bodyIdleMs)) {
      length += read.value.length;
      if (length > maxBodyBytes)
        throw new GatewayError('body_too_large', `The request body is larger than ${maxBodyBytes} bytes.`, {
          param: 'body',
        });
      chunks.push(read.value);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
  return length === 0 ? undefined : (Buffer.concat(chunks) as Buffer<ArrayBuffer>);
}

async function inTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  idleMs: number,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new GatewayError('request_timeout', `The request body stood still for ${idleMs} ms.`, {
      param: 'body',
    });
    timer = setTimeout(reject, idleMs, error);
  });
  try {
    return await Promise.race([reader.read(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function sourceIn(body: NonNullable<Answer['body']>): ByteSource {
  return body instanceof Uint8Array ? sourceOf(new Response(body).body!) : body;
}

/** The body as it is, with its end told. */
function counted(answer: Answer, body: ByteSource): ByteSource {
  let bytes = 0;
  return {
    to(sink) {
      body.to({
        take(piece) {
          bytes += piece.length;
          return sink.take(piece);
        },
        end() {
          answer.ended({ bytes, aborted: false });
          sink.end();
        },
        fail(reason) {
          answer.ended({ bytes, aborted: true });
          sink.fail(reason);
        },
      });
    },
    resume: () => body.resume(),
    cancel(reason) {
      answer.ended({ bytes, aborted: true });
      return body.cancel(reason);
    },
  };
}
