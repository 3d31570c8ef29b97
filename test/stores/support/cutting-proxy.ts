/** A way to a server on this machine that breaks just when an answer comes: what was asked has been done, and nobody is told. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly port: number;
  /** The next answer, or one after it, is thrown away with its connection. */
  cutNext(skip?: number): void;
  readonly cuts: number;
  close(): Promise<void>;
}

export async function cuttingProxy(target: URL): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let left = -1;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (data) => {
      if (left-- !== 0) return client.write(data);
      cuts++;
      return client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cutNext: (skip = 0) => {
      left = skip;
    },
    get cuts() {
      return cuts;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
