/** `createGatewayServer`: the same pipeline behind HTTP, for clients that can only swap their base URL. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { optionError } from '../errors.ts';
import { createAnswerer } from './answer.ts';
import { type Listener, listenOn, nodeDoor } from './node-http.ts';
import type { GatewayServerOptions, ServerUpdate } from './options.ts';
import { isLoopback } from './request-head.ts';
import { webFetch } from './web-fetch.ts';

export { observeProcess, type ProcessStats } from '../telemetry/process-metrics.ts';
export { checkProviderURL, type GuardedFetchOptions, guardedFetch } from './guarded-fetch.ts';
export type { ServerLimits } from './limits.ts';
export { jsonLogger, type LogEntry, type Logger, type RequestEntry, type ServerEntry } from './log.ts';
export type {
  CustomProvider,
  GatewayServerOptions,
  IncomingCall,
  KeyAnswer,
  KeyBook,
  KeyRefusal,
  ServerProvider,
  ServerUpdate,
} from './options.ts';
export type { Readiness } from './readiness.ts';
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
  /** For an HTTP server of your own, and what takes such handlers: Express, Fastify, Next's pages. */
  handler(request: IncomingMessage, response: ServerResponse): void;
  /** For what speaks `Request` and `Response`: Hono, Next's routes. */
  fetch(request: Request): Promise<Response>;
  /** For requests that come from now on; calls in flight go on as they began. @throws GatewayError `invalid_option`, and nothing is changed */
  update(update: ServerUpdate): void;
  /**
   * Takes no new requests, lets those in flight end, cuts off what has not ended after `timeoutMs` (default 30,000), and closes the
   * gateway.
   */
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
}

/** @throws GatewayError `invalid_option` that names the option and what came */
export function createGatewayServer(options: GatewayServerOptions): GatewayServer {
  const answerer = createAnswerer(options);
  let listener: Listener | undefined;
  let closing: Promise<void> | undefined;
  let exposedAt: string | undefined;

  async function close(timeoutMs: number): Promise<void> {
    const stopped = listener?.stop();
    await answerer.drain(timeoutMs);
    listener?.cut();
    await stopped;
    await options.gateway.close();
  }

  return {
    handler: nodeDoor(answerer, false).request,
    fetch: webFetch(answerer),
    async listen({ port = 4100, host = '127.0.0.1' } = {}) {
      if (listener) throw optionError('listen', 'called once', 'again');
      const loopback = isLoopback(host) || host === '::1';
      if (!loopback) {
        checkExposure(host, answerer.options);
        exposedAt = host;
      }
      listener = await listenOn(port, host, loopback, answerer, options.logger);
      return { url: listener.url + (options.basePath ?? ''), port: listener.port };
    },
    update(update) {
      if (exposedAt !== undefined) checkExposure(exposedAt, { ...answerer.options, ...update });
      answerer.update(update);
      listener?.update(answerer.limits);
    },
    close({ timeoutMs = 30_000 } = {}) {
      closing ??= close(timeoutMs);
      return closing;
    },
  };
}

function checkExposure(
  host: string,
  { providers = {}, customProviders = {}, authenticate, keys }: GatewayServerOptions,
): void {
  if (authenticate || keys) return;
  const holdsKeys = [...Object.values(providers), ...Object.values(customProviders)].some(
    ({ apiKey }) => apiKey !== undefined,
  );
  if (holdsKeys)
    throw optionError(
      'authenticate',
      `set (or keys) before a server that holds provider keys listens on ${host}`,
      authenticate,
    );
}
