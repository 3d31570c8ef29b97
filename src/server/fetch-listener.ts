/**
 * A listener for whatever answers a `Request` with a `Response`, with the same care for sockets, headers and bodies as the gateway's own.
 * Knows nothing of what is answered.
 */
import { GatewayError, isOwnError } from '../errors.ts';
import { sourceOf } from '../http/byte-source.ts';
import { HeaderList } from '../http/header-list.ts';
import type { Answer, IncomingRequest } from './answer.ts';
import { type ReadLimits, readLimits, type ServerLimits } from './limits.ts';
import { type Listener, listenOn } from './node-http.ts';
import { isLoopback, readHead } from './request-head.ts';

export type { Listener };

export interface FetchListenerOptions {
  readonly port: number;
  readonly host: string;
  readonly limits?: ServerLimits | undefined;
}

export type FetchHandler = (request: Request, info: { readonly remoteAddress?: string }) => Promise<Response>;

export function listenFetch(fetch: FetchHandler, { port, host, limits }: FetchListenerOptions): Promise<Listener> {
  const read = readLimits(limits);
  const answer = async (incoming: IncomingRequest): Promise<Answer> => {
    const { status, headers, body } = await answered(fetch, incoming, read).catch(refused);
    const source = body && sourceOf(body as ReadableStream<Uint8Array<ArrayBuffer>>);
    return { status, headers: HeaderList.from(headers), body: source, ended() {} };
  };
  return listenOn(port, host, isLoopback(host) || host === '::1', { answer, limits: read });
}

async function answered(fetch: FetchHandler, incoming: IncomingRequest, limits: ReadLimits): Promise<Response> {
  const { method, target, gone, remoteAddress } = incoming;
  const headers = readHead(incoming, limits);
  const url = urlOf(target, headers.get('host') ?? '');
  const body = await incoming.body(limits);
  const request = new Request(url, { method, headers: [...headers], signal: gone.signal, ...(body ? { body } : {}) });
  return fetch(request, remoteAddress === undefined ? {} : { remoteAddress });
}

/** A path that a URL would change is checked as one thing and answered as another. @throws GatewayError `invalid_request` */
function urlOf(target: string, host: string): URL {
  const url = URL.canParse(`http://${host}${target}`) ? new URL(`http://${host}${target}`) : undefined;
  if (url && url.pathname === target.split('?', 1)[0] && !url.hash) return url;
  throw new GatewayError('invalid_request', 'The path holds dot segments, or characters that no path may hold.', {
    param: 'path',
  });
}

function refused(error: unknown): Response {
  if (!isOwnError(error)) return problem(500, 'internal', 'Something went wrong here.');
  return problem(error.status, error.code, error.message);
}

function problem(status: number, code: string, message: string): Response {
  const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  return Response.json({ error: { code, message } }, { status, headers });
}
