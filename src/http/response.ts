/**
 * The way of an answer back to the caller: whole or streamed, through the same filters, and the end of the call at its end.
 * Bytes that no filter changed go out as they came.
 */
import { JsonBody } from '../core/json-body.ts';
import type { Call } from '../core/pipeline.ts';
import { filterWhole, type Pending, type TextSlot, whenReady } from '../core/text.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { GatewayError, isOwnError } from '../errors.ts';
import { JsonSyntaxError, parseJson } from '../json/walk.ts';
import { responseHeaders } from './headers.ts';
import { METADATA_HEADER, metadata } from './refuse.ts';
import { StreamGuard } from './stream.ts';

export interface ResponseLimits {
  /** A whole answer larger than this (decoded) is refused. */
  readonly maxResponseBytes: number;
  /** A stream that nobody reads for so long is ended. */
  readonly idleTimeoutMs: number;
}

export interface GuardOptions extends ResponseLimits {
  readonly dialect: Dialect;
  /** Postern asked for usage in the stream, the client did not: it must not see it. */
  readonly hideUsage: boolean;
  readonly now: () => number;
}

/** @throws what reading the answer throws, and GatewayError when it cannot be guarded; the call is ended then */
export async function guardResponse(call: Call, response: Response, options: GuardOptions): Promise<Response> {
  call.exchange.response = { status: response.status };
  if (response.ok && response.body && isEventStream(response)) return guardStream(call, response, options);
  try {
    return await guardWhole(call, response, options);
  } catch (error) {
    await call.end('failed', { error, free: !response.ok });
    throw error;
  }
}

const isEventStream = (response: Response): boolean =>
  /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');

async function guardWhole(
  call: Call,
  response: Response,
  { dialect, maxResponseBytes }: GuardOptions,
): Promise<Response> {
  const bytes = await readBytes(response, maxResponseBytes);
  const text = decode(bytes);
  const guarded = text === undefined ? unreadable(call) : await guardText(call, text, dialect);
  await call.end(
    response.ok ? 'completed' : 'failed',
    response.ok ? {} : { free: true, error: providerError(response) },
  );
  const body = guarded === undefined || guarded === text ? bytes : guarded;
  return withMetadata(call, response, bytes.length === 0 ? null : (body as BodyInit));
}

/** Filters every text of a whole answer, all at once where filters take their time, and reads what it cost. */
async function guardText(call: Call, text: string, dialect: Dialect): Promise<string> {
  const body = parseBody(text, dialect);
  if (!body) return filterWhole(call.filter({ scope: 'output', kind: 'string', encoding: 'text', path: [] }), text);
  const { response, usage } = dialect.answer(parseJson(text));
  call.exchange.response = { ...call.exchange.response, ...response };
  call.learnUsage(usage);
  const edits: Pending<void>[] = [];
  for (const slot of body.slots) {
    const came = slot.read();
    if (!call.exchange.usage) call.count(came);
    if (call.filtering) edits.push(filterSlot(call, slot, came, () => clearQuotes(body, dialect, slot)));
  }
  await Promise.all(edits);
  return body.edited ? body.toString() : text;
}

function filterSlot(call: Call, slot: TextSlot, came: string, onEdit: () => void): Pending<void> {
  const filter = call.filter(slot);
  return whenReady(filterWhole(filter, came), (shown) => {
    if (shown === came || filter.changed === false) return;
    slot.write(shown);
    onEdit();
  });
}

function clearQuotes(body: JsonBody, dialect: Dialect, slot: TextSlot): void {
  const quotes = dialect.quotes?.(slot.path);
  if (quotes) body.clear(quotes);
}

/** Proxies answer with HTML or plain text at times; that is filtered as one text. */
function parseBody(text: string, dialect: Dialect): JsonBody | undefined {
  try {
    return new JsonBody(text, dialect.response, { duplicateKeys: 'allow' });
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

function unreadable(call: Call): undefined {
  if (!call.filtering) return undefined;
  throw new GatewayError(
    'provider_response_unreadable',
    'The provider answered with bytes that are not text, and a policy has to read the answer.',
  );
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Counted after decoding: 100 bytes of brotli can hold 64 MiB. */
async function readBytes(response: Response, limit: number): Promise<Uint8Array> {
  if (!response.body) return new Uint8Array();
  if (isKnownToFit(response.headers, limit)) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > limit)
      throw new GatewayError('provider_response_unreadable', `The provider's answer is larger than ${limit} bytes.`);
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Reading in one go costs half of reading chunk by chunk. */
function isKnownToFit(headers: Headers, limit: number): boolean {
  const length = headers.get('content-length');
  return length !== null && Number(length) <= limit && !headers.has('content-encoding');
}

/** Why a call failed at the provider, for the trace: its status, never its body. */
class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly status: number;
  constructor(status: number) {
    super(`The provider answered ${status}.`);
    this.status = status;
  }
}
const providerError = (response: Response): ProviderError => new ProviderError(response.status);

function withMetadata(call: Call, response: Response, body: BodyInit | null): Response {
  const headers = responseHeaders(response);
  headers.set(METADATA_HEADER, metadata(call.summary()));
  const { status, statusText } = response;
  const nullBody = status === 204 || status === 205 || status === 304;
  return new Response(nullBody ? null : body, { status, statusText, headers });
}

function guardStream(call: Call, response: Response, options: GuardOptions): Response {
  const { dialect, hideUsage, idleTimeoutMs, now } = options;
  const reader = response.body!.getReader();
  const guard = new StreamGuard(call, { dialect, hideUsage, now });
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  let idle: ReturnType<typeof setTimeout> | undefined;

  const breakOff = async (outcome: 'failed' | 'aborted', error: unknown): Promise<void> => {
    clearTimeout(idle);
    await reader.cancel(error).catch(() => {});
    await call.end(outcome, { error });
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        watch(controller);
      },
      async pull(controller) {
        clearTimeout(idle);
        try {
          if (await advance(controller)) watch(controller);
        } catch (error) {
          if (isOwnError(error)) controller.enqueue(encoder.encode(guard.passedBefore + dialect.errorEvent(error)));
          await breakOff(isAbort(error) ? 'aborted' : 'failed', error);
          if (isOwnError(error)) controller.close();
          else controller.error(error);
        }
      },
      cancel: (reason) => breakOff('aborted', reason),
    },
    { highWaterMark: 0 },
  );

  /** Reads until there is something to show; false at the end of the stream. */
  async function advance(controller: ReadableStreamDefaultController<Uint8Array>): Promise<boolean> {
    for (;;) {
      const { done, value } = await reader.read();
      const pending = done ? guard.end(decoder.decode()) : guard.push(decoder.decode(value, { stream: true }));
      const shown = typeof pending === 'string' ? pending : await pending;
      if (shown !== '') controller.enqueue(encoder.encode(shown));
      if (done || guard.finished || guard.failed) await call.end(guard.failed ? 'failed' : 'completed');
      if (done) {
        clearTimeout(idle);
        controller.close();
      }
      if (done || shown !== '') return !done;
    }
  }

  function watch(controller: ReadableStreamDefaultController<Uint8Array>): void {
    idle = setTimeout(() => {
      const error = new DOMException(`Nobody read this stream for ${idleTimeoutMs} ms.`, 'TimeoutError');
      controller.error(error);
      void breakOff('aborted', error);
    }, idleTimeoutMs);
    (idle as { unref?: () => void }).unref?.();
  }

  return withMetadata(call, response, body);
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
