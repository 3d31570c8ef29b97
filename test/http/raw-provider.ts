/** A provider that answers with the bytes it is told, and what came to it. */
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawRequest {
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
}

export type Respond = (request: RawRequest, nth: number) => void;

export interface RawProvider {
  readonly url: URL;
  readonly requests: RawRequest[];
  /** Every connection there was. */
  readonly sockets: Socket[];
  stop(): Promise<void>;
}

export async function rawProvider(respond: Respond, host = '127.0.0.1'): Promise<RawProvider> {
  const requests: RawRequest[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    let came = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      came = Buffer.concat([came, bytes]);
      for (let request = cut(came); request; request = cut(came)) {
        came = came.subarray(request.length);
        const { head, body } = request;
        requests.push({ head, body, socket });
        respond({ head, body, socket }, requests.length - 1);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}/v1/chat?a=1`),
    requests,
    sockets,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function cut(bytes: Buffer): { head: string; body: string; length: number } | undefined {
  const at = bytes.indexOf('\r\n\r\n');
  if (at < 0) return undefined;
  const head = bytes.toString('latin1', 0, at);
  const length = at + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  return bytes.length < length ? undefined : { head, body: bytes.toString('utf8', at + 4, length), length };
}

export function answer(body: string | Buffer, headers = '', status = '200 OK'): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${headers}content-length: ${bytes.length}\r\n\r\n`), bytes]);
}

export function chunked(pieces: readonly (string | Buffer)[], headers = ''): Buffer {
  const framed = pieces.map((piece) => {
    const bytes = Buffer.from(piece);
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
  });
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\n${headers}transfer-encoding: chunked\r\n\r\n`),
    ...framed,
    Buffer.from('0\r\n\r\n'),
  ]);
}
