/** The body of a request as the pipeline reads it: JSON, or a form. What is neither is read by nobody. */
import { type BodyWalk, JsonBody } from '../core/json-body.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { Pending } from '../core/text.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import { JsonSyntaxError, walkJson } from '../json/walk.ts';
import { readForm } from './form-body.ts';
import type { HeaderList } from './header-list.ts';
import { decodeUtf8 } from './utf8.ts';

export interface ReadBody {
  /** `undefined` when it is of another kind. */
  readonly read: RequestBody | undefined;
  /** What to send when nothing is edited: a stream was read to its end. */
  readonly body: BodyInit | undefined;
}

type GivenHeaders = Pick<HeaderList, 'get' | 'has'>;

interface Received {
  readonly headers: GivenHeaders;
  readonly body: BodyInit | undefined;
}

/** JSON that is there is read at once. @throws GatewayError `invalid_json`, `invalid_request`, `body_too_large`; also later */
export function readBody(
  { body, headers }: Received,
  dialect: Dialect,
  maxBytes: number,
  walk: BodyWalk = walkJson,
): Pending<ReadBody> {
  if (body === undefined) return { read: new JsonBody('{}', dialect.request), body };
  if (isForm(body)) return dialect.forms ? fromForm(body, body, dialect, maxBytes) : { read: undefined, body };
  const multipart = dialect.forms === true && isMultipart(headers);
  if (headers.has('content-encoding') || !(multipart || isText(headers, dialect))) return { read: undefined, body };
  if (isStream(body)) return fromStream({ body, headers }, dialect, maxBytes, walk);
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return { read: undefined, body };
  if (multipart) return fromMultipart(body, headers, dialect, maxBytes);
  // `fetch` says that a string is plain text where the client said nothing.
  const asBytes = headers.has('content-type');
  return { read: jsonBody(body, dialect, walk, asBytes), body };
}

/** By its tag: forms of other realms and of undici's package are forms too. */
export function isForm(body: unknown): body is FormData {
  return Object.prototype.toString.call(body) === '[object FormData]';
}

/** The standard wants a stream; Node takes whatever can be iterated. */
function isStream(body: BodyInit): body is ReadableStream<Uint8Array> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}

async function fromStream(
  { body, headers }: { body: ReadableStream<Uint8Array>; headers: GivenHeaders },
  dialect: Dialect,
  maxBytes: number,
  walk: BodyWalk,
): Promise<ReadBody> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return readBody({ body: Buffer.concat(chunks), headers }, dialect, maxBytes, walk);
}

async function fromMultipart(
  body: string | Uint8Array,
  headers: GivenHeaders,
  dialect: Dialect,
  maxBytes: number,
): Promise<ReadBody> {
  if (body.length > maxBytes) throw tooLarge(maxBytes);
  const form = await parsedForm(body as BodyInit, headers);
  return form ? fromForm(form, body as BodyInit, dialect, maxBytes) : { read: undefined, body: body as BodyInit };
}

async function parsedForm(body: BodyInit, headers: GivenHeaders): Promise<FormData | undefined> {
  try {
    return await new Response(body, { headers: { 'content-type': headers.get('content-type')! } }).formData();
  } catch {
    return undefined;
  }
}

async function fromForm(form: FormData, body: BodyInit, dialect: Dialect, maxBytes: number): Promise<ReadBody> {
  let length = 0;
  for (const [, value] of form.entries()) length += typeof value === 'string' ? value.length : value.size;
  if (length > maxBytes) throw tooLarge(maxBytes);
  return { read: await readForm(form, dialect), body };
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The request body is larger than ${maxBytes} bytes. Raise maxRequestBytes, or send less.`,
    { param: 'body', details: { limit: 'maxRequestBytes', max_bytes: maxBytes } },
  );
}

function jsonBody(body: string | Uint8Array, dialect: Dialect, walk: BodyWalk, asBytes: boolean): JsonBody {
  const text = typeof body === 'string' ? body : textOf(body);
  const bytes = typeof body === 'string' || !asBytes ? undefined : body;
  try {
    const json = new JsonBody(walk(text, dialect.request), dialect.request, {
      resolve: dialect.resolve,
      nested: true,
      bytes,
    });
    if (json.document.open >= 0) return json;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw invalidJson(error);
    throw error;
  }
  throw new GatewayError('invalid_request', 'The request body must be a JSON object.', { param: 'body' });
}

/** Clients that send JSON without saying so get `text/plain` from `fetch`. */
function isText(headers: GivenHeaders, { anyContentType }: Dialect): boolean {
  return anyContentType === true || /^(?:text\/|$)|json/i.test(headers.get('content-type') ?? '');
}

function isMultipart(headers: GivenHeaders): boolean {
  return /^multipart\/form-data\b/i.test(headers.get('content-type') ?? '');
}

function textOf(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text;
  throw new GatewayError('invalid_json', 'The request body is not valid UTF-8.', { param: 'body' });
}

function invalidJson(error: JsonSyntaxError): GatewayError {
  return new GatewayError('invalid_json', `The request body is not JSON that can be read safely: ${error.message}.`, {
    param: 'body',
    details: { reason: error.reason, offset: error.offset },
  });
}
