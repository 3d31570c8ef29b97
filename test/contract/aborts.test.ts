/** What a call costs whose client goes away, as its provider is known to charge: what passed, the whole answer, or what was held. */
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../../examples/support/fake-provider.ts';
import { type CallEvent, createGateway, type Gateway, memoryLedger, type Provider, spendCap } from '../../src/index.ts';
import { createGatewayServer, type GatewayServer } from '../../src/server/index.ts';

let provider: FakeProvider;
let gateway: Gateway;
let server: GatewayServer;
let calls: CallEvent[];
const store = { ledger: memoryLedger() };
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function start(abort: Provider['abort']): Promise<{ fetch: string; server: string }> {
  provider = await startFakeProvider();
  store.ledger = memoryLedger();
  gateway = createGateway({
    store: store.ledger,
    providers: [{ name: 'openai', baseURL: provider.baseURL, streamUsage: true, abort }],
    policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })],
  });
  calls = [];
  gateway.on('call', (call) => calls.push(call));
  server = createGatewayServer({ gateway, providers: { openai: { baseURL: provider.baseURL } } });
  const { url } = await server.listen({ port: 0 });
  return { fetch: `${provider.baseURL}/chat/completions`, server: `${url}/openai/v1/chat/completions` };
}

afterEach(async () => {
  await server.close();
  await provider.close();
});

const headers = { 'content-type': 'application/json' };
const bodyOf = (stream: boolean): string =>
  JSON.stringify({ model: 'gpt-4o-mini', stream, max_tokens: 700, messages: [{ role: 'user', content: 'Hello' }] });

/** Reads the beginning of a stream, and leaves. */
async function leaveStream(url: string, fetch: Gateway['fetch']): Promise<void> {
  const abort = new AbortController();
  const response = await fetch(url, { method: 'POST', headers, body: bodyOf(true), signal: abort.signal });
  const reader = response.body!.getReader();
  for (let text = ''; !text.includes('word'); ) text += new TextDecoder().decode((await reader.read()).value);
  abort.abort();
  await expect(reader.read()).rejects.toThrow();
}

async function ended(): Promise<CallEvent> {
  while (calls.length === 0 || gateway.stats.open > 0) await tick();
  expect(calls).toHaveLength(1);
  expect(store.ledger.read(['cap|all=all|lifetime'])[0]).toMatchObject({ posted: calls[0]!.cost!.nanoUsd, held: 0 });
  return calls[0]!;
}

describe.each(['fetch', 'server'] as const)('over %s', (door) => {
  const fetchOf = (): Gateway['fetch'] => (door === 'fetch' ? gateway.fetch : (url, init) => fetch(url, init));

  it('estimate: what passed, and the connection to the provider is closed', async () => {
    const urls = await start(undefined);
    provider.reply = 'word '.repeat(20_000);
    await leaveStream(urls[door], fetchOf());
    const call = await ended();
    expect(call).toMatchObject({ outcome: 'aborted', usage: { source: 'estimated' } });
    expect(call.usage!.outputTokens).toBeGreaterThan(0);
    while (provider.closedEarly === 0) await tick();
  });

  it('drain: the answer is read to its end, and the usage that comes last counts', async () => {
    const urls = await start('drain');
    provider.reply = 'word '.repeat(200);
    await leaveStream(urls[door], fetchOf());
    expect(await ended()).toMatchObject({
      outcome: 'aborted',
      usage: { inputTokens: 20, outputTokens: 10, source: 'provider' },
      cost: { nanoUsd: 8_700 },
    });
    expect(provider.closedEarly).toBe(0);
  });

  it.each([
    ['a whole answer', false],
    ['a stream that has not begun', true],
  ])('drain: %s that nobody waits for counts too', async (_, stream) => {
    const urls = await start('drain');
    const abort = new AbortController();
    let finish = (): void => {};
    provider.intercept = async () => {
      abort.abort();
      await new Promise<void>((resolve) => (finish = resolve));
      return false;
    };
    const init = { method: 'POST', headers, body: bodyOf(stream), signal: abort.signal };
    await expect(fetchOf()(urls[door], init)).rejects.toThrow();
    // The server hears of it by its socket.
    for (let turn = 0; turn < 200; turn++) await tick();
    finish();
    expect(await ended()).toMatchObject({
      outcome: 'aborted',
      usage: { source: 'provider' },
      cost: { nanoUsd: 8_700 },
    });
  });

  it('full: what was held, for a provider that goes on and charges to the end', async () => {
    const urls = await start('full');
    provider.reply = 'word '.repeat(20_000);
    await leaveStream(urls[door], fetchOf());
    const call = await ended();
    expect(call).toMatchObject({ outcome: 'aborted', usage: { source: 'estimated' } });
    expect(call.usage!.outputTokens).toBeGreaterThanOrEqual(700);
  });
});
