/**
 * The way of an answer back to the caller: whole or streamed, through the same filters, and the end of the call at its end.
 * Bytes that no filter changed go out as they came.
 */
import { FREE_OPERATIONS } from '../core/exchange.ts';
import { JsonBody } from '../core/json-body.ts';
import { JsonLines, readJsonLines } from '../core/json-lines.ts';
import type { AnswerHeaders } from '../core/meter.ts';
import type { Call } from '../core/pipeline.ts';
import { filterWhole, type Pending, type TextSlot, whenReady } from '../core/text.ts';
import type { AnswerFacts, Dialect, Provider } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import { JsonSyntaxError, parseJson } from '../json/walk.ts';
import { type ByteSource, readableOf, sourceOf } from './byte-source.ts';
import type { Framing } from './framing.ts';
import { framingOf } from './framings.ts';
import { GuardedStream } from './guarded-stream.ts';
import { responseHeaders } from './headers.ts';
import { type HttpAnswer, isNullBodyStatus, isOk, type ProviderAnswer } from './http-answer.ts';
import { clearQuotes } from './quotes.ts';
import { METADATA_HEADER, metadata } from './refuse.ts';
import { sniffed } from './sniff.ts';
import { decodeUtf8 } from './utf8.ts';
import { readWhole } from './whole-body.ts';

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
export async function guardResponse(call: Call, answer: ProviderAnswer, options: GuardOptions): Promise<HttpAnswer> {
  call.exchange.response = { status: answer.status };
  const { dialect, maxResponseBytes } = options;
  const framing = isOk(answer) ? framingOf(answer.headers, options) : undefined;
  if (framing && answer.body) return guardStream(call, answer, answer.body, framing, options);
  try {
    // A refusal of the provider's is read as a whole by every client.
    const begun =
      options.stream && isOk(answer) && answer.body ? await sniffed(readableOf(answer.body), dialect) : undefined;
    if (begun?.framing) return guardStream(call, answer, sourceOf(begun.body), begun.framing, options);
    const bytes = await (begun ? readWhole(begun.body, maxResponseBytes) : answer.bytes(maxResponseBytes));
    return await guardWhole(call, answer, bytes, options);
  } catch (error) {
    if (!options.signal?.aborted) await call.end('failed', { error, free: !isOk(answer) });
    throw error;
  }
}

async function guardWhole(
  call: Call,
  answer: ProviderAnswer,
  bytes: Uint8Array<ArrayBuffer>,
  { dialect, signal, defer }: GuardOptions,
): Promise<HttpAnswer> {
  const text = decodeUtf8(bytes);
  const { guarded, pending, failed } =
    text === undefined ? unreadable(call) : await guardText(call, text, answer.headers, dialect);
  const ok = isOk(answer);
  // Who asks how far an answer of others is began nothing that has to stay open.
  const deferred = ok && pending !== undefined && !FREE_OPERATIONS.has(call.exchange.operation);
  if (deferred) defer(pending, call);
  else if (ok) await call.end(signal?.aborted ? 'aborted' : failed ? 'failed' : 'completed', { told: true });
  else await call.end('failed', { free: true, error: new ProviderError(answer.status) });
  const body = guarded === undefined || guarded === text ? bytes : ENCODER.encode(guarded);
  return withMetadata(call, answer, bytes.length === 0 ? null : body);
}

const ENCODER = new TextEncoder();

interface GuardedText {
  readonly guarded?: string | undefined;
  readonly pending?: string | undefined;
  readonly failed?: boolean | undefined;
}

/** Filters every text of a whole answer, all at once where filters take their time, and reads what it cost. */
async function guardText(call: Call, text: string, headers: AnswerHeaders, dialect: Dialect): Promise<GuardedText> {
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
  const edits: Promise<void>[] = [];
  for (const slot of body.slots) {
    const came = slot.read();
    if (!call.exchange.usage && !slot.repeats) call.count(came);
    if (!call.filtering) continue;
    const edit = filterSlot(call, slot, came, () => clearQuotes(body, dialect, slot));
    if (edit instanceof Promise) edits.push(edit);
  }
  if (edits.length > 0) await Promise.all(edits);
  return { guarded: body.edited ? body.toString() : text, pending, failed };
}

/** Where nobody reads the texts and the usage is told, nobody asks where they stand: the walk is a tenth of a guarded 1 KB call. */
function toldUsage(call: Call, text: string, headers: AnswerHeaders, dialect: Dialect): GuardedText | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { pending, failed } = learn(call, dialect.answer(parsed), headers);
  return call.exchange.usage && { guarded: text, pending, failed };
}

function learn(call: Call, facts: AnswerFacts, headers: AnswerHeaders): Pick<AnswerFacts, 'pending' | 'failed'> {
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

/** Why a call failed at the provider, for the trace: its status, never its body. */
class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly status: number;
  constructor(status: number) {
    super(`The provider answered ${status}.`);
    this.status = status;
  }
}

function withMetadata(
  call: Call,
  { status, statusText, headers: came }: ProviderAnswer,
  body: HttpAnswer['body'],
): HttpAnswer {
  const headers = responseHeaders(came, status);
  headers.set(METADATA_HEADER, metadata(call.summary()));
  return { status, statusText, headers, body: isNullBodyStatus(status) ? null : body };
}

function guardStream(
  call: Call,
  answer: ProviderAnswer,
  body: ByteSource,
  framing: Framing,
  options: GuardOptions,
): HttpAnswer {
  const { headers } = answer;
  return withMetadata(call, answer, new GuardedStream(call, body, { ...options, framing, headers }));
}
