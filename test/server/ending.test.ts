/** Probes, and the end of a server: what is in flight ends, what comes is told to go elsewhere. */
import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { CHAT, gate, KEY, serverWorld } from './support.ts';

const world = serverWorld();
const PATH = '/openai/v1/chat/completions';
const STREAM = { ...CHAT, stream: true };
const event = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

describe('probes', () => {
  it('say that the process lives and that it takes requests, to anybody', async () => {
    await world.start();
    for (const path of ['/health', '/ready']) {
      const response = await fetch(world.url + path);
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    }
  });

  it.each([
    [async () => ({ ok: true, checks: { ledger: 'ok' } }), 200, { status: 'ok', checks: { ledger: 'ok' } }],
    [
      async () => ({ ok: false, checks: { ledger: 'failed' } }),
      503,
      { status: 'not_ready', checks: { ledger: 'failed' } },
    ],
    [() => Promise.reject(new Error('password=canary')), 503, { status: 'not_ready' }],
  ])('what `ready` says decides: %#', async (ready, status, body) => {
    await world.start({ ready });
    const response = await fetch(`${world.url}/ready`);
    expect([response.status, await response.json()]).toEqual([status, body]);
    expect((await fetch(`${world.url}/health`)).status).toBe(200);
  });

  it('many that ask at once are one question', async () => {
    let looks = 0;
    const going = gate();
    await world.start({
      ready: async () => {
        looks++;
        await going.opened;
        return { ok: true };
      },
    });
    const asked = Array.from({ length: 20 }, () => fetch(`${world.url}/ready`));
    await fetch(`${world.url}/health`);
    going.open();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(looks).toBeLessThan(20);
  });
});

describe('close', () => {
  /** A stream that has begun, and goes on when the gate opens. */
  async function streaming(): Promise<{ response: Response; going: ReturnType<typeof gate>; closed: Promise<void> }> {
    const going = gate();
    const closed = gate();
    world.provider.intercept = async (_request, response) => {
      response.once('close', closed.open);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event('Hello there '));
      await going.opened;
      response.end(`${event('and good bye ')}data: [DONE]\n\n`);
      return true;
    };
    return { response: await world.post(PATH, STREAM), going, closed: closed.opened };
  }

  it('lets a stream end, and takes nothing new', async () => {
    await world.start();
    const { response, going } = await streaming();
    const closing = world.server.close();
    await expect(fetch(`${world.url}/health`)).rejects.toThrow();
    going.open();
    expect(await response.text()).toContain('[DONE]');
    await closing;
  });

  it('cuts off what does not end in time', async () => {
    await world.start();
    const { response, closed } = await streaming();
    const closing = world.server.close({ timeoutMs: 50 });
    await expect(response.text()).rejects.toThrow();
    await Promise.all([closing, closed]);
  });

  it('tells those on open connections to go, and closes them behind their answer', async () => {
    await world.start();
    const agent = new Agent({ keepAlive: true });
    const asked = (path: string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) =>
        get(world.url + path, { agent, headers: { authorization: `Bearer ${KEY}` } }, resolve).once('error', reject),
      );
    const going = gate();
    const came = gate();
    world.provider.intercept = async () => {
      came.open();
      await going.opened;
      return false;
    };
    const answer = asked('/openai/v1/models');
    await came.opened;
    const closing = world.server.close();
    going.open();
    const { headers, statusCode } = await answer;
    (await answer).resume();
    expect([statusCode, headers.connection]).toEqual([200, 'close']);
    await closing;
    agent.destroy();
  });

  it('a mounted server refuses, and is not ready', async () => {
    const { fetch, close } = world.create();
    await close();
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const response = await fetch(
      new Request(`http://app.example${PATH}`, { method: 'POST', headers, body: JSON.stringify(CHAT) }),
    );
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.has('x-should-retry')).toBe(false);
    expect(await response.json()).toMatchObject({ error: { code: 'shutting_down' } });
    const ready = await fetch(new Request('http://app.example/ready'));
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }]);
    expect((await fetch(new Request('http://app.example/health'))).status).toBe(200);
    expect(world.provider.requests).toHaveLength(0);
  });

  it('twice is once', async () => {
    await world.start();
    await Promise.all([world.server.close(), world.server.close()]);
  });
});

it('an answer to HEAD has no body', async () => {
  await world.start();
  const response = await fetch(`${world.url}/health`, { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
  const message = await new Promise<IncomingMessage>((resolve) => get(`${world.url}/health`, resolve));
  expect(await text(message)).toContain('ok');
});

it('probes are in the log only when the answer is not good', async () => {
  const told: unknown[] = [];
  const write = (entry: unknown): void => void told.push(entry);
  let ok = true;
  await world.start({ ready: async () => ({ ok }), logger: { info: write, warn: write, error: write } });
  const ask = async (path: string): Promise<number> => (await fetch(world.url + path)).status;
  expect([await ask('/health'), await ask('/ready')]).toEqual([200, 200]);
  ok = false;
  expect(await ask('/ready')).toBe(503);
  await expect.poll(() => told.length).toBeGreaterThan(0);
  expect(told).toMatchObject([{ event: 'request', path: '/ready', status: 503 }]);
});
