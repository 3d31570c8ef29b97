/** Answers that are not what they call themselves: what a client would make of them is what is guarded. */
import { afterEach, describe, expect, it } from 'vitest';
import { type CallEvent, createGateway, redact } from '../../src/index.ts';

const EVE = 'eve@example.org';
const chunk = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
const EVENTS = `${chunk('Ask eve@ex')}${chunk('ample.org no')}${chunk('w', 'stop')}data: [DONE]\n\n`;

const calls: CallEvent[] = [];
afterEach(() => void calls.splice(0));

async function answered(body: BodyInit, type: string | undefined, stream = true, path = 'chat/completions') {
  const headers = type === undefined ? {} : { 'content-type': type };
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const gateway = createGateway({ policies: [redact()], fetch: async () => new Response(bytes, { headers }) });
  gateway.on('call', (event) => calls.push(event));
  const asked = JSON.stringify({ model: 'gpt-4o-mini', messages: [], input: 'x', voice: 'alloy', prompt: 'x', stream });
  return gateway.fetch(`https://api.openai.com/v1/${path}`, { method: 'POST', body: asked });
}

describe('a stream that was asked for', () => {
  it.each([undefined, 'text/plain', 'application/octet-stream', 'application/json', 'text/html', 'audio/mpeg'])(
    'is guarded as one though it calls itself %s',
    async (type) => {
      const shown = await (await answered(EVENTS, type)).text();
      const texts = [...shown.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text).join('');
      expect(texts).toBe('Ask <EMAIL_ADDRESS_1> now');
      expect(calls).toMatchObject([{ outcome: 'completed', usage: { outputTokens: expect.any(Number) } }]);
      expect(calls[0]!.usage!.outputTokens).toBeLessThan(30);
    },
  );

  it('may be the array that Google writes, whatever it calls itself', async () => {
    const item = (text: string): object => ({ candidates: [{ content: { parts: [{ text }] }, index: 0 }] });
    const body = JSON.stringify([item('Ask eve@ex'), item('ample.org')]);
    const gateway = createGateway({ policies: [redact()], fetch: async () => new Response(body) });
    const url = 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent';
    const shown = await (await gateway.fetch(url, { method: 'POST', body: '{"contents":[]}' })).text();
    expect([...shown.matchAll(/"text":"([^"]*)"/g)].map(([, text]) => text).join('')).toBe('Ask <EMAIL_ADDRESS_1>');
  });

  it('is found by its first characters, however they come', async () => {
    const bytes = new TextEncoder().encode(`\n\n: hi\n${EVENTS}`);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const shown = await (await answered(body, 'text/plain')).text();
    expect(shown).toContain('<EMAIL_ADDRESS_1>');
    expect(shown).toMatch(/^\n\n: hi\n/);
  });

  it('may be a whole answer after all', async () => {
    const answer = JSON.stringify({
      choices: [{ message: { content: EVE } }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    });
    const shown = await (await answered(answer, undefined)).json();
    expect(shown).toMatchObject({ choices: [{ message: { content: '<EMAIL_ADDRESS_1>' } }] });
    expect(calls).toMatchObject([{ usage: { inputTokens: 3, outputTokens: 2, source: 'provider' } }]);
  });
});

describe('a host that says the whole message so far in each chunk', () => {
  const soFar = (content: string, message: string, finish: string | null = null): string =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, message: { role: 'assistant', content: message }, finish_reason: finish }] })}\n\n`;
  const text = ['Ask 4111 1111 ', '1111 1111', ' no', 'w'];
  const chunks = text.map((piece, i) => soFar(piece, text.slice(0, i + 1).join(''), i === 3 ? 'stop' : null));

  it('shows it as far as it is known to hold no part of a value', async () => {
    const shown = await (await answered(chunks.join(''), 'text/event-stream')).text();
    expect(shown).not.toContain('1111');
    const messages = [...shown.matchAll(/"role":"assistant","content":"([^"]*)"/g)].map(([, message]) => message);
    expect(messages.at(-1)).toBe('Ask <CREDIT_CARD_1> now');
    expect(calls[0]!.usage!.outputTokens).toBeLessThan(30);
  });
});

describe('an answer that calls itself a picture or sound', () => {
  it.each(['image/png', 'audio/mpeg', 'image/svg+xml'])(
    'is text all the same where the API has none: %s',
    async (type) => {
      expect(await (await answered(`To ${EVE}`, type, false)).text()).toBe('To <EMAIL_ADDRESS_1>');
    },
  );

  it('that cannot be read is refused there', async () => {
    const response = await answered(Uint8Array.of(255, 216, 255), 'image/png', false);
    expect(await response.json()).toMatchObject({ error: { code: 'provider_response_unreadable' } });
  });

  it('is one where the API has them, unless it is text', async () => {
    const sound = await answered(Uint8Array.of(255, 251, 144), 'audio/mpeg', false, 'audio/speech');
    expect([...new Uint8Array(await sound.arrayBuffer())]).toEqual([255, 251, 144]);
    const drawing = await answered(`<svg>${EVE}</svg>`, 'image/svg+xml', false, 'images/generations');
    expect(await drawing.text()).not.toContain(EVE);
  });
});

it('an answer that is asked for with a body has that body read', async () => {
  const sent: unknown[] = [];
  const gateway = createGateway({
    policies: [redact()],
    fetch: async (_url, init) => {
      sent.push(init?.body);
      return Response.json({ id: 'resp_1', status: 'in_progress', model: 'gpt-4o-mini', output: [] });
    },
  });
  const post = (path: string, body: object): Promise<Response> =>
    gateway.fetch(`https://api.openai.com/v1/${path}`, { method: 'POST', body: JSON.stringify(body) });
  await post('responses', { model: 'gpt-4o-mini', input: 'x', background: true });
  await post('responses/resp_1/cancel', { note: EVE });
  expect(sent[1]).toBe('{"note":"<EMAIL_ADDRESS_1>"}');
  await gateway.close();
});

it('a host that does not count its tokens and says nought is charged for what passed', async () => {
  const none = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  await (
    await answered(
      JSON.stringify({ choices: [{ message: { content: 'Hello' } }], usage: none }),
      'application/json',
      false,
    )
  ).text();
  const begun = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hello' } }], usage: none })}\n\n`;
  await (await answered(begun + chunk('', 'stop'), 'text/event-stream')).text();
  for (const { usage, cost } of calls) {
    expect(usage).toMatchObject({ source: 'estimated' });
    expect(cost!.nanoUsd).toBeGreaterThan(0);
  }
});
