/**
 * One request to one answer, for every way in: the head is checked, the caller asked for a key, the route taken, the pipeline run. It
 * knows no sockets; `node-http.ts` and `server.fetch` stand before it.
 */
import { checkContext } from '../core/context.ts';
import type { Exchange } from '../core/exchange.ts';
import type { ErrorForm } from '../dialects/dialect.ts';
import { errorsFor } from '../dialects/index.ts';
import { GatewayError, isOwnError } from '../errors.ts';
import { partsOf } from '../gateway/gateway.ts';
import { type Door, handleRequest } from '../http/handle.ts';
import type { HeaderList } from '../http/header-list.ts';
import { type HttpAnswer, jsonAnswer } from '../http/http-answer.ts';
import { refusalAnswer } from '../http/refuse.ts';
import { answerHeaders } from './answer-headers.ts';
import { callerOf } from './caller.ts';
import { isOwnKey, withoutOwnKeys } from './client-key.ts';
import { inflated } from './content-encoding.ts';
import { exchangeIdIn, hopsIn, inboundTrace } from './inbound.ts';
import { type ReadLimits, readLimits } from './limits.ts';
import { exchangeEntry, logText, reasonOf, tell } from './log.ts';
import { listModels } from './models.ts';
import { checkServerOptions, type GatewayServerOptions, type ServerUpdate } from './options.ts';
import { readinessCheck } from './readiness.ts';
import { checkHost, type RequestHead, readHead } from './request-head.ts';
import { REQUEST_ID_HEADER, requestIdFor } from './request-id.ts';
import { familyOfPath, type ServerRoute, serverRoute } from './routes.ts';
import { targetFor } from './target.ts';

export interface IncomingRequest extends RequestHead {
  readonly method: string;
  /** It came to a listener that this machine alone can reach. */
  readonly loopback: boolean;
  /** Of the connection, where there is one. */
  readonly remoteAddress?: string | undefined;
  /** Aborted when the client goes away, and by the server when it is cut off. */
  readonly gone: AbortController;
  /** `undefined` for a request without one. @throws GatewayError `body_too_large`, `request_timeout` */
  body(limits: ReadLimits): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Whoever writes it says when it was written. */
export interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: HttpAnswer['body'];
  /** Exactly once. */
  ended(end: { readonly bytes: number; readonly aborted: boolean }): void;
}

export interface Answerer {
  /** As they stand now. */
  readonly options: GatewayServerOptions;
  readonly limits: ReadLimits;
  readonly draining: boolean;
  /** Never throws. */
  answer(incoming: IncomingRequest): Promise<Answer>;
  update(update: ServerUpdate): void;
  /** New requests are refused from now on. Resolves when those in flight have ended; those that have not by then are cut off. */
  drain(timeoutMs: number): Promise<void>;
}

/** What a request turns out to be, for its log entry. */
interface Facts {
  exchange?: Exchange | undefined;
  keyId?: string | undefined;
  code?: string | undefined;
  reason?: string | undefined;
  /** Asked every few seconds, and worth a line when the answer is not good. */
  probe?: boolean | undefined;
}

/** What one request is answered by, whatever is updated meanwhile. */
interface Settings {
  readonly options: GatewayServerOptions;
  readonly limits: ReadLimits;
}

/** @throws GatewayError `invalid_option` */
export function createAnswerer(given: GatewayServerOptions): Answerer {
  const { gateway, logger } = given;
  const { http, providers, pipeline } = partsOf(gateway);
  const { basePath = '' } = given;
  const open = new Set<AbortController>();
  const ready = readinessCheck(given.ready);
  let settings = checked(given);
  let draining = false;
  let onIdle = (): void => {};

  function checked(options: GatewayServerOptions): Settings {
    checkServerOptions(options, providers);
    return { options, limits: readLimits(options.limits) };
  }

  async function answer(incoming: IncomingRequest): Promise<Answer> {
    const { gone, method } = incoming;
    const { options, limits } = settings;
    const path = incoming.target.split('?', 1)[0]!;
    const startedAt = pipeline.now();
    const facts: Facts = {};
    open.add(gone);
    let headers: HeaderList | undefined;
    let found: HttpAnswer;
    try {
      headers = readHead(incoming, limits);
      found = await respond(incoming, headers, settings, facts);
    } catch (error) {
      found = refused(error, path, gone.signal.aborted ? {} : facts);
    }
    const { status, body } = found;
    const id = requestIdFor(headers, options.trustRequestIds === true, gateway.redactText);
    const sent = answerHeaders(found.headers);
    sent.set(REQUEST_ID_HEADER, id);
    if (draining) sent.set('connection', 'close');
    return {
      status,
      headers: sent,
      body,
      ended({ bytes, aborted }) {
        open.delete(gone);
        if (open.size === 0) onIdle();
        if (facts.probe && status === 200) return;
        // Whoever looks around for paths is no failure.
        const level = status >= 500 && status !== 501 && !aborted ? 'error' : 'info';
        tell(logger?.[level].bind(logger), () => ({
          event: 'request',
          request_id: id,
          method,
          path: logText(path, gateway.redactText),
          status,
          duration_ms: pipeline.now() - startedAt,
          key_id: facts.keyId,
          ...exchangeEntry(facts.exchange, gateway.redactText),
          ...(aborted && !facts.exchange?.outcome ? { outcome: 'aborted' as const } : {}),
          code: facts.code,
          reason: facts.reason,
          bytes,
        }));
      },
    };
  }

  async function respond(
    incoming: IncomingRequest,
    headers: HeaderList,
    { options, limits }: Settings,
    facts: Facts,
  ): Promise<HttpAnswer> {
    const { method, target } = incoming;
    const [path = '/', ...query] = target.split('?');
    const route = routeOf(method, path, options);
    facts.probe = isProbe(route);
    checkHost(headers, facts.probe ? undefined : (options.hosts ?? (incoming.loopback ? 'loopback' : undefined)));
    if (route.kind === 'health') return jsonAnswer({ status: 'ok' });
    if (route.kind === 'ready') return ready(draining);
    if (draining)
      throw new GatewayError('shutting_down', 'This server is ending and takes no new requests.', {
        retryAfterMs: 1_000,
      });
    const came = { headers, search: query.join('?') };
    withoutKey('path', unescaped(path));
    const caller = await callerOf({ method, path, ...came }, options);
    facts.keyId = caller.keyId;
    const hops = hopsIn(headers);
    const body = await inflated(await bodyOf(incoming, limits), headers, limits.maxBodyBytes);
    if (route.kind === 'models') return jsonAnswer(await listModels(providers, options, http.transport));
    const asked = withoutOwnKeys(came, caller.accepted);
    const door: Door = {
      route: route.api,
      errors: route.api?.dialect.errors ?? errorsOf(path),
      context: checkContext(caller.context),
      exchangeId: options.trustExchangeIds ? exchangeIdIn(headers) : undefined,
      inbound: inboundTrace(asked.headers, options.traceContext),
      hops,
      onExchange: (exchange) => {
        facts.exchange = exchange;
      },
      target: (model) => targetFor(route, withoutKey('model', model), asked, providers, options),
    };
    return handleRequest({ method, headers: asked.headers, body, signal: incoming.gone.signal }, door, http);
  }

  function routeOf(method: string, path: string, { customProviders = {} }: GatewayServerOptions): ServerRoute {
    const allowed = (name: string): readonly string[] =>
      (Object.hasOwn(customProviders, name) ? customProviders[name]?.operations : undefined) ?? [];
    return serverRoute(method, path, basePath, providers, allowed);
  }

  function errorsOf(path: string): ErrorForm {
    return errorsFor({ family: familyOfPath(path, basePath, providers) });
  }

  function refused(error: unknown, path: string, facts: Facts): HttpAnswer {
    const refusal = asGatewayError(error);
    facts.code = refusal.code;
    facts.reason = reasonOf(error);
    return refusalAnswer(refusal, errorsOf(path));
  }

  return {
    answer,
    get options() {
      return settings.options;
    },
    get limits() {
      return settings.limits;
    },
    get draining() {
      return draining;
    },
    update(update) {
      settings = checked({ ...settings.options, ...update });
    },
    async drain(timeoutMs) {
      draining = true;
      await before(timeoutMs, (done) => {
        onIdle = done;
        if (open.size === 0) done();
      });
      for (const gone of open) gone.abort();
    },
  };
}

const isProbe = ({ kind }: ServerRoute): boolean => kind === 'health' || kind === 'ready';

/** A key that was put where a name belongs would go on to the provider, and into traces. @throws GatewayError `invalid_request` */
function withoutKey<T extends string | undefined>(param: string, text: T): T {
  if (text === undefined || !isOwnKey(text)) return text;
  throw new GatewayError('invalid_request', `A key of this gateway stands in the ${param}, where no key belongs.`, {
    param,
  });
}

/** Nothing is wrong with a path whose escapes are broken; it is told elsewhere. */
const unescaped = (path: string): string =>
  !path.includes('%')
    ? path
    : path.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** A GET has none: what one carries would be read by nobody. */
async function bodyOf(incoming: IncomingRequest, limits: ReadLimits): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const body = await incoming.body(limits);
  if (body && (incoming.method === 'GET' || incoming.method === 'HEAD'))
    throw new GatewayError('invalid_request', `A ${incoming.method} has no body.`, { param: 'body' });
  return body;
}

function asGatewayError(error: unknown): GatewayError {
  if (isOwnError(error)) return error;
  return new GatewayError(
    'provider_unreachable',
    'The provider could not be reached, or broke off before it answered.',
    { cause: error },
  );
}

async function before(timeoutMs: number, start: (done: () => void) => void): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
    start(resolve);
  });
  clearTimeout(timer);
}
