/**
 * A request and its answer over a dispatcher of undici, without what `fetch` does between the two. To the caller it is what `fetch`
 * is: the same answer, the same errors, abort at any time. Redirects are not followed. Measured in docs/performance.md.
 */
import type { Agent, Dispatcher } from 'undici';
import { Arrival } from './dispatch-answer.ts';
import type { HeaderList } from './header-list.ts';
import type { ProviderAnswer } from './http-answer.ts';

/** What can leave this way. Whatever else `fetch` takes goes by `fetch`. */
export interface PlainRequest {
  readonly method: string;
  readonly headers: HeaderList;
  /** Must not change until it is sent. */
  readonly body: string | Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Models think for minutes before the first byte, and between two. As long as money stays held for a call by default. */
const SILENCE_MS = 15 * 60_000;

/** Connections without a cap, which would queue calls behind long streams; one request at a time on each, for the same reason. */
export async function createAgent(options: Agent.Options = {}): Promise<Agent> {
  // Who loads the package first makes its dispatcher everybody's, unless the platform has one by then: it loads its own with this.
  void globalThis.Response;
  const { Agent } = await import('undici');
  return new Agent({ pipelining: 1, headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS, ...options });
}

/** Whether `dispatchRequest` does with it what `fetch` would. */
export function isPlain(url: URL, { method, body, init }: PlainRequestLike): boolean {
  return (
    (body === undefined || typeof body === 'string' || body instanceof Uint8Array) &&
    (body === undefined || (method !== 'GET' && method !== 'HEAD')) &&
    url.username === '' &&
    url.password === '' &&
    isOrdinaryPort(url.port) &&
    (init === undefined || hasKnownOptions(init))
  );
}

interface PlainRequestLike {
  readonly method: string;
  readonly body: BodyInit | undefined;
  readonly init?: RequestInit | undefined;
}

/** Options that say nothing else than the request does. Others (`dispatcher`, `cache`, `integrity`, ...) are for `fetch` to heed. */
const KNOWN_OPTIONS = new Set(['method', 'headers', 'body', 'signal', 'redirect', 'duplex', 'keepalive']);

function hasKnownOptions(init: RequestInit): boolean {
  for (const name in init) if (!KNOWN_OPTIONS.has(name) && init[name as keyof RequestInit] !== undefined) return false;
  return true;
}

/** Of the ports that the Fetch standard blocks (https://fetch.spec.whatwg.org/#port-blocking) those from 1024 on. */
const BLOCKED_PORTS = new Set(
  [
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  ].map(String),
);

/** What is not is left to `fetch`, which knows what it refuses. */
function isOrdinaryPort(port: string): boolean {
  return port === '' || (Number(port) >= 1024 && !BLOCKED_PORTS.has(port));
}

/** @throws as `fetch`: the signal's reason, or a TypeError whose cause says what happened */
export function dispatchRequest(dispatcher: Dispatcher, url: URL, request: PlainRequest): Promise<ProviderAnswer> {
  const { method, body, signal } = request;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const [href = url.href] = url.href.split('#', 1);
  return new Promise((resolve, reject) => {
    const { origin } = url;
    const options = {
      origin,
      path: href.slice(origin.length),
      method: method as Dispatcher.HttpMethod,
      body: body ?? null,
      headers: sentHeaders(request),
    };
    dispatcher.dispatch(options, new Arrival({ method, href, signal, resolve, reject }));
  });
}

/** As undici takes them, a name and a value in turns. No encoding is asked for: text of a model is short, and decoding is not free. */
function sentHeaders({ headers, body }: PlainRequest): string[] {
  const sent = headers.toRaw();
  if (!headers.has('accept')) sent.push('accept', '*/*');
  if (!headers.has('user-agent')) sent.push('user-agent', 'node');
  if (typeof body === 'string' && !headers.has('content-type')) sent.push('content-type', 'text/plain;charset=UTF-8');
  return sent;
}
