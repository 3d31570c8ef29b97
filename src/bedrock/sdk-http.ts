/**
 * Requests and answers of the AWS SDK as the web's own, and back. By their form alone (`HttpRequest`, `HttpResponse` of @smithy): the
 * SDK recognises them so too. Knows no policy.
 */
import { HOP_HEADERS } from '../http/headers.ts';
import type { OutgoingRequest } from '../http/transport.ts';

export interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: BodyInit | undefined;
}

export interface SdkResponse {
  readonly statusCode: number;
  readonly reason?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream of Node's or of the web's; bytes, of some handlers. */
  readonly body?: (AsyncIterable<Uint8Array> & { destroy?(): void }) | Uint8Array | string | undefined;
}

export function isRequest(value: unknown): value is SdkRequest {
  return typeof value === 'object' && value !== null && 'hostname' in value && 'path' in value && 'headers' in value;
}

export function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): URL {
  const url = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`);
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat() as (string | null)[]) url.searchParams.append(name, one ?? '');
  return url;
}

function queryOf({ searchParams }: URL): Record<string, readonly string[]> {
  return Object.fromEntries([...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]));
}

/** Without those of HTTP/2 itself (`:authority`, `:status`), which are no headers of the web. */
export function headersOf({ headers }: Pick<SdkRequest, 'headers'>): Headers {
  return new Headers(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
}

/** The request with the path, query, body and headers that are to be sent. What describes the connection stays as the SDK has it. */
export function edited(request: SdkRequest, url: URL, { headers, body }: OutgoingRequest): SdkRequest {
  const changed = body !== request.body;
  const query = url.search === urlOf(request).search ? request.query : queryOf(url);
  const kept = Object.entries(request.headers).filter(([name]) => {
    const lower = name.toLowerCase();
    if (lower.startsWith(':')) return true;
    if (lower === 'content-length') return !changed;
    return HOP_HEADERS.has(lower) || headers.has(lower);
  });
  const length = changed && body !== undefined ? { 'content-length': String(Buffer.byteLength(body as string)) } : {};
  return Object.assign(Object.create(Object.getPrototypeOf(request) as object) as SdkRequest, request, {
    path: url.pathname,
    query,
    headers: { ...Object.fromEntries(kept), ...length },
    body,
  });
}

const NULL_BODY_STATUSES = [204, 205, 304];

export function responseOf(response: SdkResponse): Response {
  const { statusCode, reason = '', body } = response;
  const empty = body === undefined || NULL_BODY_STATUSES.includes(statusCode);
  const init = { status: statusCode, statusText: reason, headers: headersOf(response) };
  return new Response(empty ? null : typeof body === 'string' ? body : streamOf(body), init);
}

/** Reads no further than it is read. */
function streamOf(
  body: NonNullable<Exclude<SdkResponse['body'], string>>,
): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body);
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        // An iterator of Node's waits for the next piece before it lets go.
        if (body.destroy) body.destroy();
        else await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

const EVENT_STREAM = /^application\/vnd\.amazon\.eventstream\b/i;

/** Whole answers as bytes, which each deserializer takes; event streams as they come. */
export async function sdkResponse(response: Response): Promise<SdkResponse> {
  const { status: statusCode, statusText: reason, headers, body } = response;
  const streamed = response.ok && body !== null && EVENT_STREAM.test(headers.get('content-type') ?? '');
  return {
    ...{ statusCode, reason, headers: Object.fromEntries(headers) },
    body: streamed ? body : new Uint8Array(await response.arrayBuffer()),
  };
}
