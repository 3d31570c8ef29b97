/** Streams on a socket: when a client sees what, and when the provider is let go of. */
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createGateway, redact } from '../../src/index.ts';
import { CHAT, gate, KEY, serverWorld } from './support.ts';

const world = serverWorld();
const PATH = '/openai/v1/chat/completions';
const STREAM = { ...CHAT, stream: true };
const event = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const END = 'data: [DONE]\n\n';

/** The provider begins a stream, and the test goes on with it. */
async function streaming(
  beginning: string,
): Promise<{ response: Response; upstream: ServerResponse; closed: Promise<void> }> {
  const [came, closed] = [gate(), gate()];
  let upstream: ServerResponse | undefined;
  world.provider.intercept = (_request, response) => {
    upstream = response;
    response.once('close', closed.open);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    if (beginning !== '') response.write(beginning);
    came.open();
    return true;
  };
  const response = await world.post(PATH, STREAM);
  await came.opened;
  return { response, upstream: upstream!, closed: closed.opened };
}

describe.each([
  ['guarded', [redact()]],
  ['without policies', []],
])('a stream, %s,', (_, policies) => {
  const start = (): Promise<void> => world.start({ gateway: createGateway({ policies }) });

  it('is answered before its first piece comes', async () => {
    await start();
    const { response, upstream } = await streaming('');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    upstream.end(event('one\n') + END);
    expect(await response.text()).toBe(event('one\n') + END);
  });

  it('shows each piece as it comes', async () => {
    await start();
    const { response, upstream } = await streaming(event('one\n'));
    const reader = response.body!.getReader();
    const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await read()).toBe(event('one\n'));
    upstream.write(event('two\n'));
    expect(await read()).toBe(event('two\n'));
    upstream.end(END);
    expect(await read()).toBe(END);
    expect((await reader.read()).done).toBe(true);
  });

  it('is cut off when the provider breaks off, with what came before', async () => {
    await start();
    const { response, upstream } = await streaming(event('one\n'));
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(event('one\n'));
    upstream.destroy();
    await expect(reader.read()).rejects.toThrow();
  });

  it.each([
    ['in its middle', event('one\n')],
    ['behind its end', event('one\n') + END],
  ])('lets go of the provider when its client goes away %s', async (_, beginning) => {
    await start();
    const { response, closed } = await streaming(beginning);
    const reader = response.body!.getReader();
    await reader.read();
    const left = performance.now();
    await reader.cancel();
    await closed;
    expect(performance.now() - left).toBeLessThan(1_000);
  });

  it('lets go of the provider when a client that does not read goes away', async () => {
    await start();
    const piece = event('word '.repeat(200));
    const [full, closed] = [gate(), gate()];
    world.provider.intercept = (_request, response) => {
      response.once('close', closed.open);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (): void => {
        for (let i = 0; i < 100; i++) if (!response.write(piece)) break;
        setTimeout(() => (response.writableNeedDrain ? full.open() : write()), 20);
      };
      write();
      return true;
    };
    const body = JSON.stringify(STREAM);
    const socket = connect(world.port, '127.0.0.1');
    socket.pause();
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${KEY}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await full.opened;
    socket.destroy();
    await closed.opened;
  });
});
