/** `createGatewayServer`: the same pipeline behind `node:http`, for clients that can only swap their base URL. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkContext } from '../core/context.ts';
import type { ErrorForm } from '../dialects/dialect.ts';
import { errorsFor } from '../dialects/index.ts';
import { GatewayError, isOwnError, optionError } from '../errors.ts';
import { partsOf } from '../gateway/gateway.ts';
import { type Door, type HttpRequest, handleRequest } from '../http/handle.ts';
import { decodedHeaders } from '../http/headers.ts';
import { refusalResponse } from '../http/refuse.ts';
import { clientKey } from './client-key.ts';
import { exchangeIdIn, hopsIn, inboundTrace } from './inbound.ts';
import { listModels } from './models.ts';
import { checkServerOptions, type GatewayServerOptions } from './options.ts';
import { familyOfPath, serverRoute } from './routes.ts';
import { targetFor } from './target.ts';

export { observeProcess, type ProcessStats } from '../telemetry/process-metrics.ts';
export type { CustomProvider, GatewayServerOptions, IncomingCall, ServerProvider } from './options.ts';
export type { SecretRef } from './secret.ts';

export interface ListenOptions {
  /** Default 4100; 0 takes a free one. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`: reachable from this machine alone. */
  readonly host?: string | undefined;
}

export interface GatewayServer {
  /** @throws GatewayError `invalid_option` when it would offer the server's provider keys to everybody */
  listen(options?: ListenOptions): Promise<{ readonly url: string; readonly port: number }>;
  /** For an HTTP server of your own. */
  handler(request: IncomingMessage, response: ServerResponse): void;
  /** Takes no new calls, waits for those in flight, closes. */
  close(): Promise<void>;
}

/** @throws GatewayError `invalid_option` that names the option and what came */
export function createGatewayServer(options: GatewayServerOptions): GatewayServer {
  const { http, providers } = partsOf(options.gateway);
  checkServerOptions(options, providers);
  const { basePath = '', customProviders = {}, trustExchangeIds, traceContext } = options;
  const allowed = (name: string): readonly string[] =>
    (Object.hasOwn(customProviders, name) ? customProviders[name]?.operations : undefined) ?? [];
  let server: Server | undefined;

  async function answer(incoming: IncomingMessage, signal: AbortSignal): Promise<Response> {
    const { method = 'GET', url = '/' } = incoming;
    const [path = '/', ...query] = url.split('?');
    const route = serverRoute(method, path, basePath, providers, allowed);
    if (route.kind === 'health') return Response.json({ status: 'ok' });
    const headers = incomingHeaders(incoming);
    const asked = { headers, search: query.join('?') };
    const key = clientKey(headers, asked.search);
    const context = options.authenticate ? await options.authenticate({ method, path, headers, key }) : {};
    if (!context) throw new GatewayError('unauthorized', 'This server does not know the key of this request.');
    const hops = hopsIn(headers);
    if (route.kind === 'models') return Response.json(await listModels(providers, options, http.transport));
    const body = await readBody(incoming, options.maxBodyBytes ?? 20 * 1024 * 1024);
    const request: HttpRequest = { method, headers, body, signal };
    const door: Door = {
      route: route.api,
      errors: route.api?.dialect.errors ?? errorsOf(path),
      context: checkContext(context),
      exchangeId: trustExchangeIds ? exchangeIdIn(headers) : undefined,
      inbound: inboundTrace(headers, traceContext),
      hops,
      target: (model) => targetFor(route, model, asked, providers, options),
    };
    return handleRequest(request, door, http);
  }

  function errorsOf(path: string): ErrorForm {
    return errorsFor({ family: familyOfPath(path, basePath, providers) });
  }

  function handler(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const gone = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    answer(incoming, gone.signal)
      .catch((error: unknown) =>
        refusalResponse(asGatewayError(error), errorsOf(incoming.url?.split('?', 1)[0] ?? '/')),
      )
      .then((response) => write(response, outgoing))
      // The client went away, or the provider's stream broke behind the headers: the connection is all that is left to end.
      .catch(() => outgoing.destroy());
  }

  return {
    handler,
    async listen({ port = 4100, host = '127.0.0.1' } = {}) {
      checkExposure(host, options);
      server = createServer(
        { headersTimeout: 10_000, requestTimeout: 120_000, connectionsCheckingInterval: 1_000, noDelay: true },
        handler,
      );
      const listening = server;
      await new Promise<void>((resolve, reject) => listening.once('error', reject).listen(port, host, resolve));
      const address = listening.address() as AddressInfo;
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      return { url: `http://${name}:${address.port}${options.basePath ?? ''}`, port: address.port };
    },
    async close() {
      const closing = server;
      if (!closing) return;
      await new Promise<void>((resolve) => {
        closing.close(() => resolve());
        closing.closeIdleConnections();
      });
      await options.gateway.close();
    },
  };
}

function asGatewayError(error: unknown): GatewayError {
  if (isOwnError(error)) return error;
  return new GatewayError(
    'provider_unreachable',
    'The provider could not be reached, or broke off before it answered.',
    { cause: error },
  );
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;

function checkExposure(
  host: string,
  { providers = {}, customProviders = {}, authenticate }: GatewayServerOptions,
): void {
  if (authenticate || LOOPBACK.test(host)) return;
  const holdsKeys = [...Object.values(providers), ...Object.values(customProviders)].some(
    ({ apiKey }) => apiKey !== undefined,
  );
  if (holdsKeys)
    throw optionError('authenticate', `set before a server that holds provider keys listens on ${host}`, authenticate);
}

/** A header that came twice is joined as the standard says; `set-cookie` does not come in requests. */
function incomingHeaders({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  return headers;
}

/** `undefined` for a request without one. @throws GatewayError `body_too_large`, `invalid_request` where none belongs */
async function readBody(incoming: IncomingMessage, limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit)
      throw new GatewayError('body_too_large', `The request body is larger than ${limit} bytes.`, { param: 'body' });
    chunks.push(chunk);
  }
  if (length === 0) return undefined;
  if (incoming.method === 'GET' || incoming.method === 'HEAD')
    throw new GatewayError('invalid_request', `A ${incoming.method} has no body.`, { param: 'body' });
  return Buffer.concat(chunks);
}

async function write(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers = decodedHeaders(response.headers);
  // A provider's cookies are for its own host.
  headers.delete('set-cookie');
  outgoing.writeHead(response.status, Object.fromEntries(headers));
  if (!response.body) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  const reader = response.body.getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      if (!outgoing.write(value)) await drained(outgoing);
    }
    outgoing.end();
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
}

/** @throws when the client went away */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    if (outgoing.destroyed) return reject(new Error('The client went away.'));
    const onDrain = (): void => {
      outgoing.off('close', onClose);
      resolve();
    };
    const onClose = (): void => {
      outgoing.off('drain', onDrain);
      reject(new Error('The client went away.'));
    };
    outgoing.once('drain', onDrain).once('close', onClose);
  });
}
