/**
 * The door for clients of the AWS SDK v3, which sign what they send: a middleware between retry and signature edits requests, and one
 * between the wire and the deserializer guards answers. Nothing of the SDK is loaded; it knows no policy and no API.
 */
import type { Provider } from '../dialects/dialect.ts';
import { errorsFor, routeFor } from '../dialects/index.ts';
import { providerFinder } from '../dialects/providers.ts';
import { GatewayError, optionError } from '../errors.ts';
import { type Gateway, type GatewayParts, partsOf } from '../gateway/gateway.ts';
import { fetchedAnswer } from '../http/fetched-answer.ts';
import { handleRequest } from '../http/handle.ts';
import { HeaderList } from '../http/header-list.ts';
import { type ProviderAnswer, toResponse } from '../http/http-answer.ts';
import type { OutgoingRequest } from '../http/transport.ts';
import { Exchanged } from './exchanged.ts';
import { edited, headersOf, isRequest, type SdkRequest, urlOf } from './sdk-http.ts';

/** What is used of a client: `BedrockRuntimeClient`, of whatever 3.x. */
export interface BedrockClient {
  readonly middlewareStack: { use(plugin: { applyToStack(stack: never): void }): void };
}

interface Args {
  readonly request: unknown;
  /** Goes with one attempt from middleware to middleware; a context may be shared by calls (`cacheMiddleware`). */
  readonly [EXCHANGED]?: Exchanged | undefined;
}
/** A `response`, and behind the deserializer an `output`. */
type Result = Readonly<Record<string, unknown>>;
type Handler = (args: Args) => Promise<Result>;
type Middleware = (next: Handler, context: Readonly<Record<string, unknown>>) => Handler;

interface Stack {
  add(middleware: Middleware, options: object): void;
  addRelativeTo(middleware: Middleware, options: object): void;
}

const EXCHANGED = Symbol('postern.exchanged');
/** Of an endpoint that is not known: a VPC's, a test's. The model goes on to the end there too. */
const BEDROCK = { name: 'aws.bedrock', family: 'aws', abort: 'full' } as const;

/**
 * Guards every call of a client, and returns the client. Each wire attempt is one exchange; a refusal is raised as an exception of the
 * SDK. A second call takes the place of the first.
 * @throws GatewayError `invalid_option`
 */
export function guardBedrock<Client extends BedrockClient>(client: Client, gateway: Gateway): Client {
  const parts = partsOf(gateway);
  if (typeof client?.middlewareStack?.use !== 'function')
    throw optionError('client', 'a client of the AWS SDK v3 (new BedrockRuntimeClient({...}))', client);
  if (parts.hasUpstream)
    throw optionError('gateway', 'one without upstream: set the endpoint of the client', 'one with upstream');
  client.middlewareStack.use({ applyToStack: (stack: Stack) => apply(stack, parts) });
  return client;
}

function apply(stack: Stack, parts: GatewayParts): void {
  stack.addRelativeTo(guarding(parts), {
    name: 'posternGuardMiddleware',
    relation: 'before',
    // Behind the retry middleware, so that each attempt is guarded and charged by itself.
    toMiddleware: 'httpSigningMiddleware',
    override: true,
  });
  stack.add(exchanging, {
    name: 'posternAnswerMiddleware',
    step: 'deserialize',
    // Next to the wire: whoever else looks at answers sees guarded ones.
    priority: 'low',
    override: true,
  });
}

/** Edits a request before it is signed, and has its answer guarded. */
function guarding(parts: GatewayParts): Middleware {
  const providerFor = providerFinder(parts.providers);
  return (next, context) => async (args) => {
    const { request } = args;
    if (!isRequest(request)) return next(args);
    const url = urlOf(request);
    const provider: Provider = providerFor(url) ?? { ...BEDROCK, baseURL: url.origin };
    const exchanged = new Exchanged();
    const left = new AbortController();
    const signal = signalOf(context) ?? left.signal;
    let sent: Promise<Result> | undefined;
    const onward = (outgoing: SdkRequest): Promise<Result> => {
      sent = next({ ...args, request: outgoing, [EXCHANGED]: exchanged });
      // Told by whoever waits, which may be nobody when the client went away.
      sent.catch((error: unknown) => {
        if (isAbort(error)) left.abort(error);
        exchanged.fail(error);
      });
      return sent;
    };
    const transport = async (to: URL, outgoing: OutgoingRequest): Promise<ProviderAnswer> => {
      void onward(edited(request, to, outgoing));
      return fetchedAnswer(await exchanged.came);
    };
    const route = routeFor(request.method, url.pathname);
    const headers = HeaderList.from(headersOf(request));
    const door = {
      route,
      errors: route?.dialect.errors ?? errorsFor(provider),
      context: parts.context(),
      target: () => ({ provider, url, headers }),
    };
    const { method, body } = request;
    try {
      const guarded = await handleRequest({ method, headers, body, signal }, door, { ...parts.http, transport });
      exchanged.answer(toResponse(guarded));
      return await (sent ?? onward(request));
    } catch (error) {
      exchanged.fail(error);
      throw signal.aborted ? abortError(signal) : error;
    }
  };
}

/** Hands over what came from the wire, and goes on with what became of it. */
const exchanging: Middleware = (next) => async (args) => {
  const exchanged = args[EXCHANGED];
  if (!exchanged)
    throw new GatewayError(
      'policy_failed',
      'A middleware of this client dropped what guardBedrock() passed on. Nothing was sent.',
    );
  return exchanged.exchange(() => next(args));
};

/** Where the SDK keeps the signal of `client.send(command, { abortSignal })`. */
function signalOf(context: Readonly<Record<string, unknown>>): AbortSignal | undefined {
  const { abortSignal } = (context.__smithy_context ?? {}) as { abortSignal?: unknown };
  return abortSignal instanceof AbortSignal ? abortSignal : undefined;
}

/** SDKs that do not tell the signal tell of it so. */
const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** As the SDK's own handlers say it; its retry middleware and callers ask for the name. */
function abortError({ reason }: AbortSignal): Error {
  if (reason instanceof Error && reason.name !== 'Error') return reason;
  return Object.assign(new Error('Request aborted', { cause: reason }), { name: 'AbortError' });
}
