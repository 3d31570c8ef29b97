/**
 * The way of an answer back to the caller: whole or streamed, through the same filters, and the end of the call at its end.
 * Bytes that no filter changed go out as they came.
 */
import { FREE_OPERATIONS } from '../core/exchange.ts';
import { JsonBody } from '../core/json-body.ts';
import { JsonLines, readJsonLines } from '../core/json-lines.ts';
import type { Call } from '../core/pipeline.ts';
import { filterWhole, type Pending, type TextSlot, whenReady } from '../core/text.ts';
import type { AnswerFacts, Dialect, Provider } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import { JsonSyntaxError, parseJson } from '../json/walk.ts';
import type { Framing } from './framing.ts';
import { framingOf } from './framings.ts';
import { GuardedStream } from './guarded-stream.ts';
import { responseHeaders } from './headers.ts';
import type { HttpAnswer } from './http-answer.ts';
import { clearQuotes } from './quotes.ts';
import { METADATA_HEADER, metadata } from './refuse.ts';
import { sniffed } from './sniff.ts';

export interface ResponseLimits {
  /** A whole answer larger than this (decoded) is refused. */
  readonly maxResponseBytes: number;
  /** A stream that nobody reads for so long is ended. */
  readonly idleTimeoutMs: number;
}

export interface GuardOptions extends ResponseLimits {
  readonly dialect: Dialect;
  /** A streamed answer was asked for. */
  readonly stream: boolean;
  /** Postern asked for usage in the stream, the client did not: it must not see it. */
  readonly hideUsage: boolean;
  /** What becomes of an answer whose client goes away. Default `estimate`. */
  readonly abort?: Provider['abort'];
  /** The answer goes on without its client, who may come back for it (`background`). */
  readonly continues?: boolean | undefined;
  /** The client's. */
  readonly signal?: AbortSignal | undefined;
  readonly now: () => number;
  /** Keeps a call open whose answer is not there yet, until it is asked for. */
  defer(answerId: string, call: Call): void;
}

/** @throws what reading the answer throws, and GatewayError when it cannot be guarded; the call is ended then */
export async function guardResponse(call: Call, response: Response, options: GuardOptions): Promise<HttpAnswer> {
  call.exchange.response = { status: response.status };
  const framing = response.ok && response.body ? framingOf(response.headers, options) : undefined;
  if (framing) return guardStream(call, response, framing, options);
  try {
    // A refusal of the provider's is read as a whole by every client.
    if (!options.stream || !response.ok) return await guardWhole(call, response, options);
    const { framing: found, response: begun } = await sniffed(response, options.dialect);
    return found ? guardStream(call, begun, found, options) : await guardWhole(call, begun, options);
  } catch (error) {
    if (!options.signal?.aborted) await call.end('failed', { error, free: !response.ok });
    throw error;
  }
}

async function guardWhole(call: Call, response: Response, options: GuardOptions): Promise<HttpAnswer> {
  const { dialect, maxResponseBytes, signal } = options;
  const bytes = await readBytes(response, maxResponseBytes);
  const text = decode(bytes);
  const { guarded, pending, failed } =
    text === undefined ? unreadable(call) : await guardText(call, text, response.headers, dialect);
  // Who asks how far an answer of others is began nothing that has to stay open.
  const deferred = response.ok && pending !== undefined && !FREE_OPERATIONS.has(call.exchange.operation);
  if (deferred) options.defer(pending, call);
  else if (response.ok) await call.end(signal?.aborted ? 'aborted' : failed ? 'failed' : 'completed', { told: true });
  else await call.end('failed', { free: true, error: providerError(response) });
  const body = guarded === undefined || guarded === text ? bytes : ENCODER.encode(guarded);
  return withMetadata(call, response, bytes.length === 0 ? null : body);
}

const ENCODER = new TextEncoder();

interface GuardedText {
  readonly guarded?: string | undefined;
  readonly pending?: string | undefined;
  readonly failed?: boolean | undefined;
}

/** Filters every text of a whole answer, all at once where filters take their time, and reads what it cost. */
async function guardText(call: Call, text: string, headers: Headers, dialect: Dialect): Promise<GuardedText> {
  if (!call.filtering) {
    const told = toldUsage(call, text, headers, dialect);
    if (told) return told;
  }
  const body = parseBody(text, dialect);
  if (!body) {
    call.learnUsage(undefined, headers);
    if (!call.exchange.usage) call.count(text);
    const filter = call.filter({ scope: 'output', kind: 'string', encoding: 'text', path: [] });
    return { guarded: await filterWhole(filter, text) };
  }
  const facts = body instanceof JsonLines ? NOTHING_TOLD : dialect.answer(parseJson(text));
  const { pending, failed } = learn(call, facts, headers);
  if (!call.exchange.usage) for (const signed of body.verbatim) call.count(signed.read());
  const edits: Pending<void>[] = [];
  for (const slot of body.slots) {
    const came = slot.read();
    if (!call.exchange.usage && !slot.repeats) call.count(came);
    if (call.filtering) edits.push(filterSlot(call, slot, came, () => clearQuotes(body, dialect, slot)));
  }
  await Promise.all(edits);
  return { guarded: body.edited ? body.toString() : text, pending, failed };
}

/** Where nobody reads the texts and the usage is told, nobody asks where they stand: the walk is a tenth of a guarded 1 KB call. */
function toldUsage(call: Call, text: string, headers: Headers, dialect: Dialect): GuardedText | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { pending, failed } = learn(call, dialect.answer(parsed), headers);
  return call.exchange.usage && { guarded: text, pending, failed };
}

function learn(call: Call, facts: AnswerFacts, headers: Headers): Pick<AnswerFacts, 'pending' | 'failed'> {
  const { response, usage, pending, failed } = facts;
  call.exchange.response = { ...call.exchange.response, ...response };
  call.learnUsage(usage, headers);
  return { pending, failed };
}

function filterSlot(call: Call, slot: TextSlot, came: string, onEdit: () => void): Pending<void> {
  const filter = call.filter(slot);
  return whenReady(filterWhole(filter, came), (shown) => {
    if (shown === came || filter.changed === false) return;
    slot.write(shown);
    onEdit();
  });
}

const NOTHING_TOLD: AnswerFacts = { response: {} };

/** Proxies answer with HTML or plain text at times; that is filtered as one text. A file may be lines of JSON, whatever it is called. */
function parseBody(
  text: string,
  { response, lines, resolve, resolveAnswer }: Dialect,
): JsonBody | JsonLines | undefined {
  try {
    return new JsonBody(text, response, { duplicateKeys: 'allow', resolve: resolveAnswer });
  } catch (error) {
    if (error instanceof JsonSyntaxError) return lines && readJsonLines(text, lines, { resolve });
    throw error;
  }
}

function unreadable(call: Call): GuardedText {
  if (!call.guarding) return {};
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
async function readBytes(response: Response, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.body) return new Uint8Array();
  if (isKnownToFit(response.headers, limit)) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array<ArrayBuffer>[] = [];
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

function withMetadata(call: Call, response: Response, body: HttpAnswer['body']): HttpAnswer {
  const headers = responseHeaders(response);
  headers.set(METADATA_HEADER, metadata(call.summary()));
  const { status, statusText } = response;
  const nullBody = status === 204 || status === 205 || status === 304;
  return { status, statusText, headers, body: nullBody ? null : body };
}

function guardStream(call: Call, response: Response, framing: Framing, options: GuardOptions): HttpAnswer {
  const { headers } = response;
  return withMetadata(call, response, new GuardedStream(call, response.body!, { ...options, framing, headers }).body);
}
