/** The server's door for `node:http`: its listener, a handler for servers of others, and the slow, broken and ending connections. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Answer, Answerer, IncomingRequest } from './answer.ts';
import type { ReadLimits } from './limits.ts';
import type { Logger } from './log.ts';
import { readIncoming } from './node-body.ts';
import { refuseBroken } from './node-errors.ts';
import { writeAnswer } from './node-write.ts';

/** A client that is refused may still be sending; it is heard so long, that it reads the answer instead of an error of its own. */
const LINGER_MS = 2_000;
/** Without it a slow request is noticed half a minute late. */
const CHECK_INTERVAL_MS = 1_000;

/** What a listener needs of whoever answers. */
type Answering = Pick<Answerer, 'answer' | 'limits'>;

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** Listeners of a server's events. */
interface NodeDoor {
  readonly request: Handler;
  /** The same for a client that waits to be told to go on; without a listener of its own Node tells it by itself. */
  readonly checkContinue: Handler;
}

export function nodeDoor(answerer: Answering, loopback: boolean): NodeDoor {
  // What stands behind a request that could be two is not looked at.
  const distrusted = new WeakSet<Socket>();

  function handle(incoming: IncomingMessage, outgoing: ServerResponse, waits: boolean): void {
    const { socket } = incoming;
    if (distrusted.has(socket)) return;
    const distrust = (): void => {
      distrusted.add(socket);
      outgoing.shouldKeepAlive = false;
    };
    const body: IncomingRequest['body'] = (limits) => {
      return readIncoming(incoming, limits, () => {
        if (waits) outgoing.writeContinue();
      });
    };
    void answerer
      .answer({ ...incomingRequest(incoming, outgoing), loopback, distrust, body })
      .then((answer) => finish(answer, incoming, outgoing, answerer.limits.answerIdleMs))
      .catch(() => outgoing.destroy());
  }

  return {
    request: (incoming, outgoing) => handle(incoming, outgoing, false),
    checkContinue: (incoming, outgoing) => handle(incoming, outgoing, true),
  };
}

async function finish(
  answer: Answer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  idleMs: number,
): Promise<void> {
  let bytes = 0;
  try {
    if (!incoming.complete) linger(incoming);
    await writeAnswer(answer, outgoing, idleMs, (written) => {
      bytes += written;
    });
  } catch {
    // The client went away, or the provider's stream broke behind the headers: the connection is all that is left to end.
    outgoing.destroy();
  } finally {
    answer.ended({ bytes, aborted: !outgoing.writableFinished });
  }
}

/** The rest of a body that nobody wants is thrown away, for a moment. */
function linger(incoming: IncomingMessage): void {
  const timer = setTimeout(() => incoming.socket.destroy(), LINGER_MS);
  timer.unref();
  incoming.once('end', () => clearTimeout(timer)).resume();
}

function incomingRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Omit<IncomingRequest, 'loopback' | 'distrust' | 'body'> {
  const { method = 'GET', url = '' } = incoming;
  const gone = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  return {
    method,
    target: url,
    fields: fieldsOf(incoming),
    remoteAddress: incoming.socket.remoteAddress,
    gone,
  };
}

function* fieldsOf({ rawHeaders }: IncomingMessage): Iterable<[string, string]> {
  for (let i = 0; i < rawHeaders.length; i += 2) yield [rawHeaders[i]!, rawHeaders[i + 1]!];
}

export interface Listener {
  readonly url: string;
  readonly port: number;
  update(limits: ReadLimits): void;
  /** Takes no new connections, and lets go of those that are idle. Resolves when all have ended. */
  stop(): Promise<void>;
  /** Whatever is still open is closed. */
  cut(): void;
}

export async function listenOn(
  port: number,
  host: string,
  loopback: boolean,
  answerer: Answering,
  logger?: Logger,
): Promise<Listener> {
  const { limits } = answerer;
  const door = nodeDoor(answerer, loopback);
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      noDelay: true,
      // request-head.ts looks for it, and says what is wrong in the client's own form.
      requireHostHeader: false,
    },
    door.request,
  );
  // Counted by request-head.ts: Node 20 leaves out what is above its own count without a word.
  server.maxHeadersCount = 0;
  apply(limits, server);
  const refuse = (error: Error, socket: Duplex): void => refuseBroken(error, socket, logger);
  server.on('clientError', refuse);
  server.on('connect', (_request, socket) => refuse(new Error('CONNECT'), socket));
  // The body is asked for once the rest of the request was found good.
  server.on('checkContinue', door.checkContinue);
  server.on('checkExpectation', door.request);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    port: address.port,
    update: (now) => apply(now, server),
    stop: () => stop(server),
    cut: () => server.closeAllConnections(),
  };
}

function apply(limits: ReadLimits, server: Server): void {
  server.headersTimeout = limits.headersTimeoutMs;
  server.requestTimeout = limits.requestTimeoutMs;
  server.keepAliveTimeout = limits.keepAliveTimeoutMs;
  server.maxConnections = limits.maxConnections;
  // In a cluster: else a connection too many goes round and round between workers that are full.
  Object.assign(server, { dropMaxConnection: true });
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket;
}

/** A connection whose answer had begun before says no more that it will be closed; it is, once it is idle. */
async function stop(server: Server): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(sweep);
}
