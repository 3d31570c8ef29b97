/**
 * One HTTP request through the pipeline, for every door that speaks HTTP: read it, ask, refuse or send, and guard the
 * answer. A refusal is an answer; what the network throws is thrown.
 */
import { randomUUID } from 'node:crypto';
import type { CallContext } from '../core/context.ts';
import type { Exchange, InboundTrace } from '../core/exchange.ts';
import { type Call, openCall, type PipelineOptions } from '../core/pipeline.ts';
import type { RequestSettings } from '../core/policy.ts';
import type { RequestBody } from '../core/request-body.ts';
import type { Dialect, ErrorForm, Provider, RequestFacts, Route } from '../dialects/dialect.ts';
import { GatewayError, isOwnError } from '../errors.ts';
import { askedAgain, type DeferredCalls } from './deferred.ts';
import type { HeaderList } from './header-list.ts';
import { requestHeaders } from './headers.ts';
import { dropBody, type HttpAnswer, isOk, type ProviderAnswer } from './http-answer.ts';
import { Query } from './query.ts';
import { isForm, readBody } from './read-body.ts';
import { refusalAnswer } from './refuse.ts';
import { type GuardOptions, guardResponse, type ResponseLimits } from './response.ts';
import { raceSignal } from './signal.ts';
import { neverSent, type Transport } from './transport.ts';

export interface HttpRequest {
  readonly method: string;
  readonly headers: HeaderList;
  /** What will be sent when nothing is edited. */
  readonly body: BodyInit | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Other options of the client's own fetch call (`dispatcher`), handed on as they are. */
  readonly init?: RequestInit | undefined;
}

/** Where a request goes. */
export interface Target {
  readonly provider: Provider;
  readonly url: URL;
  /** Headers to send, before those that may not travel are dropped. */
  readonly headers: HeaderList;
  /** The model that is asked for instead of the request's. */
  readonly model?: string | undefined;
  /** No other may answer, whatever the request says. */
  readonly pinned?: boolean | undefined;
  /** It is told the exchange's id: the same ledger may stand behind it. */
  readonly namesExchange?: boolean | undefined;
}

/** What a door knows about a request. */
export interface Door {
  /** `undefined` when its path is no known one. */
  readonly route: Route | undefined;
  /** How it is told errors. */
  readonly errors: ErrorForm;
  readonly context: CallContext;
  /** The id that a Postern in front of this one gave the exchange, where the app trusts it: a ledger of both then books it once. */
  readonly exchangeId?: string | undefined;
  /** Trace headers of the request, where the app trusts them. */
  readonly inbound?: InboundTrace | undefined;
  /** Posterns that the request went through before this server. */
  readonly hops?: number | undefined;
  /** Told of the exchange that the request becomes, for the door's own log. */
  onExchange?(exchange: Exchange): void;
  /** Chooses the target, once the model is known (`undefined` when the body cannot be read). @throws GatewayError */
  target(model: string | undefined): Target | Promise<Target>;
}

export interface HttpOptions extends ResponseLimits {
  readonly pipeline: PipelineOptions;
  readonly transport: Transport;
  readonly deferred: DeferredCalls;
  /** Hosts of the app's own that may see its trace headers. */
  readonly propagateTo: readonly string[];
  /** Headers that place what such a host does under the span of this call; none when nobody traces. */
  traceHeaders(exchange: Exchange): Readonly<Record<string, string>> | undefined;
  /** A form, or a body that is a stream, is read into memory to be guarded; a larger one is refused. */
  readonly maxRequestBytes: number;
}

/** Names the exchange to a Postern behind this one. */
export const EXCHANGE_HEADER = 'x-postern-exchange-id';

/** Counts the Posterns that a request went through, so that one that goes round in a circle is found. */
export const HOP_HEADER = 'x-postern-hop';

/** @throws what the transport throws, and the signal's reason when the caller went away */
export async function handleRequest(request: HttpRequest, door: Door, options: HttpOptions): Promise<HttpAnswer> {
  try {
    const { route } = door;
    if (!route) return await (request.body === undefined ? passedCall : unreadableCall)(request, door, options);
    // Nobody sends a body with it; one that is there has to be read.
    if (route.answerId !== undefined && request.body === undefined) {
      const begun = options.deferred.find(route.answerId, door.context);
      if (begun) return await continuedCall(request, door, route, begun, options);
    }
    const reading = readBody(request, route.dialect, options.maxRequestBytes);
    const { read, body } = reading instanceof Promise ? await raceSignal(reading, request.signal, () => {}) : reading;
    const received = body === request.body ? request : { ...request, body };
    return await (read ? guardedCall(received, door, route, read, options) : unreadableCall(received, door, options));
  } catch (error) {
    if (isOwnError(error)) return refusalAnswer(error, door.errors);
    throw error;
  }
}

/** Nothing is in it, and nothing of ours in its answer: `GET /models`, and the like. */
async function passedCall(request: HttpRequest, door: Door, options: HttpOptions): Promise<HttpAnswer> {
  return send(request, hopped(await door.target(undefined), door), undefined, options);
}

/** Asks for an answer that an open call began: its values come back in it, and it is charged when it is complete. */
async function continuedCall(
  request: HttpRequest,
  door: Door,
  { dialect }: Route,
  begun: Call,
  options: HttpOptions,
): Promise<HttpAnswer> {
  const { signal } = request;
  const target = hopped(await door.target(undefined), door);
  const call = askedAgain(begun);
  await call.pace();
  const work = send(request, target, request.body, options, call.exchange);
  const answer = await raceSignal(work, signal, () => void work.then(dropBody).catch(() => {}));
  const guard = guarding(request, target, dialect, options);
  // It is kept already.
  return guardResponse(call, answer, { ...guard, stream: true, abort: 'full', defer: () => {} });
}

async function guardedCall(
  request: HttpRequest,
  door: Door,
  route: Route,
  body: RequestBody,
  options: HttpOptions,
): Promise<HttpAnswer> {
  const { dialect } = route;
  const facts = dialect.facts(body, route);
  const target = hopped(await door.target(facts.model), door);
  if (target.pinned && facts.alternatives !== undefined)
    throw new GatewayError(
      'invalid_request',
      'The model is set here, so the request may name no others (models, fallbacks).',
      {
        param: 'model',
      },
    );
  // Sound that is listened to is measured by its seconds.
  const mediaTokenBound = facts.pieces?.most.audioSecond === undefined ? mediaTokens(body) : 0;
  const unreadable = facts.unreadable || body.unreadable;
  const query = new Query(target.url);
  const exchange = newExchange(target, door, options.pipeline, {
    dialect: dialect.id,
    operation: dialect.operation,
    ...facts,
    model: target.model ?? facts.model,
    inputTokenBound: body.textBytes + mediaTokenBound,
    mediaTokenBound,
    readable: { texts: !unreadable, cost: !facts.unpriced },
    texts: query.slots.length === 0 ? body.slots : [...body.slots, ...query.slots],
  });
  const { call, refusal } = await opening(openCall(exchange, options.pipeline), request.signal);
  if (refusal) return refusalAnswer(refusal, door.errors, call.summary());
  if (target.namesExchange) target.headers.set(EXCHANGE_HEADER, exchange.id);
  const asked = withModel({ ...target, url: query.in(target.url) }, route, call.settings.model ?? target.model);
  return answered(call, request, asked, options, () => {
    const hideUsage = prepare(body, dialect, target, facts, call.settings);
    if (asked.url.href !== target.url.href || body.edited) refuseSigned(asked);
    const abort = facts.continues ? 'full' : target.provider.abort;
    return {
      sent: body.edited ? body.encoded() : request.body,
      guarding: {
        ...guarding(request, target, dialect, options),
        stream: facts.stream,
        hideUsage,
        abort,
        continues: facts.continues,
      },
    };
  });
}

/** The model where the path names it, rather than the body. */
function withModel(target: Target, { dialect, path }: Route, model: string | undefined): Target {
  if (model === undefined || !dialect.pathFor || !target.url.pathname.endsWith(path)) return target;
  const url = new URL(target.url);
  url.pathname = url.pathname.slice(0, -path.length) + dialect.pathFor(path, model);
  return { ...target, url };
}

function guarding({ signal }: HttpRequest, { provider }: Target, dialect: Dialect, options: HttpOptions): GuardOptions {
  const { deferred, pipeline } = options;
  return {
    ...options,
    dialect,
    stream: false,
    hideUsage: false,
    abort: provider.abort,
    signal,
    now: pipeline.now,
    defer: (answerId, call) => deferred.keep(answerId, call),
  };
}

/** @throws GatewayError `signed_request`: the signature is over the path and the body as they were */
function refuseSigned({ headers }: Target): void {
  const signed = headers.get('authorization')?.startsWith('AWS4-');
  if (!signed) return;
  throw new GatewayError(
    'signed_request',
    'This request is signed, and a policy had to change it, which the provider would take for forgery. Use guardBedrock() of postern/bedrock, which edits before the client signs, or a Bedrock API key instead of a signature.',
  );
}

interface Prepared {
  readonly sent: BodyInit | undefined;
  readonly guarding: GuardOptions;
}

/**
 * Sends and guards. A call that was let through ends whatever happens here, and a client that goes away is told at once, even
 * while somebody else does not heed its signal.
 */
async function answered(
  call: Call,
  request: HttpRequest,
  target: Target,
  options: HttpOptions,
  prepared: () => Prepared,
): Promise<HttpAnswer> {
  const { signal } = request;
  const { abort } = target.provider;
  const draining = abort === 'drain' ? new AbortController() : undefined;
  let wasSent = false;
  try {
    const { sent, guarding } = prepared();
    wasSent = true;
    const sending = send({ ...request, signal: draining?.signal ?? signal }, target, sent, options, call.exchange);
    const work = sending.then((answer) => guardResponse(call, answer, guarding));
    return await raceSignal(work, signal, (reason) => {
      if (draining) void drain(call, work, draining, options.idleTimeoutMs);
      else leave(call, work, reason, abort === 'full');
    });
  } catch (error) {
    const free = !wasSent || neverSent(error) || isOwnError(error);
    if (!signal?.aborted) await call.end(!wasSent && isOwnError(error) ? 'blocked' : 'failed', { error, free });
    throw error;
  }
}

/** Ends the call of a client that went away. What was asked for may still come, from a transport that heeds no signal. */
function leave(call: Call, work: Promise<HttpAnswer>, error: unknown, full: boolean): void {
  void call.end('aborted', { error, full });
  work.then(dropBody).catch(() => {});
}

/** Waits for an answer whose client went away, so that what it cost is known; the stream guard reads it to its end. */
async function drain(
  call: Call,
  work: Promise<HttpAnswer>,
  upstream: AbortController,
  timeoutMs: number,
): Promise<void> {
  const timer = setTimeout(() => upstream.abort(), timeoutMs);
  (timer as { unref?: () => void }).unref?.();
  try {
    const answer = await work;
    // The body of a client that is gone has failed by now, and its guard reads on by itself.
    await dropBody(answer).catch(() => {});
  } catch (error) {
    await call.end('aborted', { error, free: neverSent(error) });
  } finally {
    clearTimeout(timer);
  }
}

/** Sets what the target and the policies ask for in the body. Returns whether the stream tells usage that nobody asked for. */
function prepare(
  body: RequestBody,
  dialect: Dialect,
  target: Target,
  facts: RequestFacts,
  settings: RequestSettings,
): boolean {
  for (const { path, value } of dialect.assign({ model: target.model, ...settings }, target.provider, body))
    body.set(path, value);
  if (!facts.stream || facts.streamUsage) return false;
  const asked = dialect.streamUsage?.(target.provider) ?? [];
  for (const { path, value } of asked) body.set(path, value);
  return asked.length > 0;
}

/** A body that cannot be read goes out as it is, if no policy would have guarded it or the app says so. */
async function unreadableCall(request: HttpRequest, door: Door, options: HttpOptions): Promise<HttpAnswer> {
  const target = hopped(await door.target(undefined), door);
  const exchange = newExchange(target, door, options.pipeline, {
    dialect: door.route?.dialect.id ?? 'unknown',
    operation: 'unknown',
    model: '',
    stream: false,
    maxOutputTokens: undefined,
    choices: 1,
    parameters: {},
    inputTokenBound: 0,
    readable: { texts: false, cost: false },
    texts: [],
  });
  const opened = await opening(openCall(exchange, options.pipeline), request.signal);
  if (opened.refusal) return refusalAnswer(opened.refusal, door.errors, opened.call.summary());
  const { call } = opened;
  try {
    const answer = await send(request, target, request.body, options, exchange);
    exchange.response = { status: answer.status };
    await call.end(isOk(answer) ? 'completed' : 'failed');
    return answer;
  } catch (error) {
    await call.end(request.signal?.aborted ? 'aborted' : 'failed', { error });
    throw error;
  }
}

async function send(
  request: HttpRequest,
  target: Target,
  body: BodyInit | undefined,
  { transport, propagateTo, traceHeaders }: HttpOptions,
  exchange?: Exchange,
): Promise<ProviderAnswer> {
  const { method, signal, init } = request;
  const headers = outgoing(target, propagateTo, () => exchange && traceHeaders(exchange));
  const written = body === request.body ? body : await writtenForm(body, headers);
  const answer = await transport(target.url, { method, headers, body: written, signal, init });
  const { status } = answer;
  if (status < 300 || status > 399 || status === 304) return answer;
  await dropBody(answer);
  throw new GatewayError(
    'provider_redirected',
    `The provider answered ${status}: it is somewhere else. Redirects are not followed, for they would carry the key and the body to another host. Set the base URL to where it is.`,
  );
}

/** A form that was edited has a boundary of its own, and leaves as bytes: whoever sends it may know no form of ours. */
async function writtenForm(body: BodyInit | undefined, headers: HeaderList): Promise<BodyInit | undefined> {
  if (!isForm(body)) return body;
  const written = new Response(body);
  headers.set('content-type', written.headers.get('content-type')!);
  return new Uint8Array(await written.arrayBuffer());
}

/** A host of the app's own gets this call's place in the trace; that of the caller when nobody traces here. */
function outgoing(
  { headers, url }: Target,
  propagateTo: readonly string[],
  place: () => Readonly<Record<string, string>> | undefined,
): HeaderList {
  const isOwn = propagateTo.includes(url.host) || propagateTo.includes(url.hostname);
  return requestHeaders(headers, isOwn ? (place() ?? 'kept') : 'dropped');
}

/** What another Postern, or a server that calls itself, is told. */
function hopped(target: Target, { hops }: Door): Target {
  if (hops !== undefined || target.namesExchange) target.headers.set(HOP_HEADER, String((hops ?? 0) + 1));
  return target;
}

type KnownFacts = Omit<
  Exchange,
  'id' | 'callId' | 'identity' | 'provider' | 'upstream' | 'startedAt' | 'inbound' | 'fronted'
>;

function newExchange({ provider, url }: Target, door: Door, { now }: PipelineOptions, facts: KnownFacts): Exchange {
  const { exchangeId, inbound } = door;
  const { callId, ...identity } = door.context;
  const id = exchangeId ?? randomUUID();
  const exchange: Exchange = {
    id,
    callId: callId ?? id,
    identity,
    provider: provider.name,
    upstream: url.origin,
    startedAt: now(),
    inbound,
    fronted: exchangeId !== undefined,
    ...facts,
  };
  door.onExchange?.(exchange);
  return exchange;
}

/** An image is at most some 48,000 tokens (gpt-4o-mini at high detail, eight tiles of 5,667 and a base of 2,833). */
const MEDIA_TOKENS = 50_000;

function mediaTokens({ media }: RequestBody): number {
  return Math.min(media.characters, media.count * MEDIA_TOKENS);
}

/** A client that goes away while policies are asked: the call ends as soon as they have answered, and nothing was sent. */
function opening<T extends { call: Call }>(opened: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return raceSignal(opened, signal, (error) => {
    void opened.then(({ call }) => call.end('aborted', { error, free: true })).catch(() => {});
  });
}
