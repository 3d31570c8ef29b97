/** The bytes of a stream: what is not changed goes out as it came, however its letters were cut. */
import { describe, expect, it } from 'vitest';
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
