/** What our connections mean to the process that makes them. Run by Node itself, which needs the version that strips types. */
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

const SOURCE = new URL('../../src/index.ts', import.meta.url).href;
const stripsTypes = Number(process.versions.node.split('.')[0]) >= 24;

let stop: (() => void) | undefined;
afterEach(() => stop?.());

async function serve(seen: IncomingMessage[]): Promise<string> {
  const server = createServer((request, response) => {
    seen.push(request);
    response.end('{"data":[]}');
  });
  // A proxy is asked for a tunnel.
  server.on('connect', (request, socket) => {
    seen.push(request);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What it printed, once it has ended by itself. */
function run(code: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const script = `import { createGateway } from '${SOURCE}';\nconst gateway = createGateway();\n${code}`;
  const options = { env: { ...process.env, ...env }, timeout: 10_000 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '-e', script], options, (error, stdout, stderr) =>
      error ? reject(new Error(stderr, { cause: error })) : resolve(stdout.trim()),
    );
  });
}

describe.runIf(stripsTypes)('a process', () => {
  it('ends by itself, though nobody closed the gateway', async () => {
    const origin = await serve([]);
    const started = performance.now();
    expect(await run(`console.log(await (await gateway.fetch('${origin}/v1/models')).text());`)).toBe('{"data":[]}');
    // Idle connections are kept for four seconds.
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('has no connection left once the gateway is closed', async () => {
    const origin = await serve([]);
    const code = `await (await gateway.fetch('${origin}/v1/models')).text();
      const open = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
      await new Promise(setImmediate);
      await gateway.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(open());`;
    expect(await run(code)).toBe('0');
  });

  it('reaches the proxy of its environment where Node does', async () => {
    const seen: IncomingMessage[] = [];
    const proxy = await serve(seen);
    const code = `await gateway.fetch('http://provider.invalid/v1/models').catch(() => {});`;
    await run(code, { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, NO_PROXY: '' });
    expect(seen.map(({ url }) => url)).toEqual([expect.stringContaining('provider.invalid')]);
  });
});
