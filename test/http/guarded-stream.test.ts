/** The bytes of a stream: what is not changed goes out as it came, however its letters were cut. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createGateway, redact } from '../../src/index.ts';

const event = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const EVENTS = `${event('plain ')}${event('Grüße, 3 € 😀 ')}${event('and plain\n')}data: [DONE]\n\n`;

async function streamed(chunks: readonly Uint8Array<ArrayBuffer>[], policies = [redact()]): Promise<string> {
  let next = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => (next < chunks.length ? controller.enqueue(chunks[next++]!) : controller.close()),
  });
  const headers = { 'content-type': 'text/event-stream' };
  const gateway = createGateway({ policies, fetch: async () => new Response(body, { headers }) });
  const asked = JSON.stringify({ model: 'gpt-4o-mini', messages: [], stream: true });
  const url = 'https://api.openai.com/v1/chat/completions';
  return (await gateway.fetch(url, { method: 'POST', body: asked })).text();
}

function split(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer>[] {
  return [bytes.slice(0, at), bytes.slice(at)];
}

describe('a stream of letters of more than one byte', () => {
  const bytes = new TextEncoder().encode(EVENTS);

  it.each([
    ['guarded', [redact()]],
    ['without a policy', []],
  ])('is the same cut at any byte: %s', async (_, policies) => {
    const whole = await streamed([bytes], policies);
    for (let at = 1; at < bytes.length; at++)
      expect(await streamed(split(bytes, at), policies), `cut at ${at}`).toBe(whole);
    expect(
      await streamed(
        [...bytes].map((byte) => Uint8Array.of(byte)),
        policies,
      ),
    ).toBe(whole);
  });

  it('is as it came without a policy', async () => {
    expect(await streamed([bytes], [])).toBe(EVENTS);
  });
});

it('bytes that are no UTF-8 do not change what stands behind them', async () => {
  const [head, tail] = ['data: "a', `"\n\n${EVENTS}`].map((text) => new TextEncoder().encode(text));
  const shown = await streamed([head!, Uint8Array.of(0xe2, 0x82), tail!], []);
  expect(shown).toBe(`data: "a\ufffd"\n\n${EVENTS}`);
});

describe('a stream that nobody reads', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Its provider gives a piece whenever `give` says so. */
  async function opened() {
    let provider: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (own) => {
        provider = own;
      },
    });
    const headers = { 'content-type': 'text/event-stream' };
    const fetch = async (): Promise<Response> => new Response(body, { headers });
    const gateway = createGateway({ policies: [redact()], fetch, idleTimeoutMs: 1_000 });
    const asked = JSON.stringify({ model: 'gpt-4o-mini', messages: [], stream: true });
    const url = 'https://api.openai.com/v1/chat/completions';
    const reader = (await gateway.fetch(url, { method: 'POST', body: asked })).body!.getReader();
    return { gateway, reader, give: () => provider.enqueue(new TextEncoder().encode(event('more words'))) };
  }

  it('is ended so long after the last piece was read, however many there were', async () => {
    vi.useFakeTimers();
    const { gateway, reader, give } = await opened();
    for (let piece = 0; piece < 5; piece++) {
      await vi.advanceTimersByTimeAsync(900);
      give();
      expect((await reader.read()).done).toBe(false);
    }
    await vi.advanceTimersByTimeAsync(999);
    expect(gateway.stats.open).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await expect(reader.read()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(gateway.stats.open).toBe(0);
  });

  it('is not one whose reader waits for the provider', async () => {
    vi.useFakeTimers();
    const { gateway, reader, give } = await opened();
    for (let piece = 0; piece < 3; piece++) {
      const reading = reader.read();
      await vi.advanceTimersByTimeAsync(5_000);
      give();
      expect((await reading).done).toBe(false);
    }
    expect(gateway.stats.open).toBe(1);
    await reader.cancel();
    expect(gateway.stats.open).toBe(0);
  });

  it('sets no timer for a stream that has ended', async () => {
    vi.useFakeTimers();
    const { reader } = await opened();
    await reader.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});
