/**
 * Answers between a provider and a caller's door. They are plain objects with bytes or a source of them: a `Response` costs 50 us to make with its
 * headers, and what is in it would have to be read out of a web stream again. One is made where the door itself speaks them.
 */
import { type ByteSource, readableOf } from './byte-source.ts';
import { HeaderList } from './header-list.ts';

/** An answer on its way to the caller. */
export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array<ArrayBuffer> | ByteSource | null;
  /** As `fetch` would give it, where it came from there: with its URL and all. */
  response?(): Response;
}

/** What a provider answered, of which nothing was read yet. It is read in one of three ways, once. */
export interface ProviderAnswer extends HttpAnswer {
  /** The body piece by piece; `null` where there can be none. */
  readonly body: ByteSource | null;
  /** The whole body, decoded. @throws GatewayError `provider_response_unreadable` when it is larger than `limit` bytes */
  bytes(limit: number): Promise<Uint8Array<ArrayBuffer>>;
  response(): Response;
}

export const isOk = ({ status }: Pick<HttpAnswer, 'status'>): boolean => status >= 200 && status <= 299;

/** Of methods and statuses whose answers have no body, whatever stands behind their headers. */
export const isNullBodyStatus = (status: number): boolean => status === 204 || status === 205 || status === 304;

const ENCODER = new TextEncoder();

export function jsonAnswer(value: unknown, status = 200, headers = new HeaderList()): HttpAnswer {
  headers.set('content-type', 'application/json');
  return { status, statusText: '', headers, body: ENCODER.encode(JSON.stringify(value)) };
}

export function toResponse(answer: HttpAnswer): Response {
  const { status, statusText, headers, body } = answer;
  if (answer.response) return answer.response();
  const read = !body || body instanceof Uint8Array ? body : readableOf(body);
  return new Response(read, { status, statusText, headers: [...headers] });
}

/** Nobody reads it. */
export async function dropBody({ body }: Pick<HttpAnswer, 'body'>): Promise<void> {
  if (body && !(body instanceof Uint8Array)) await body.cancel();
}
