/** Gemini's API over `gateway.fetch`, byte for byte: clients that leave, prices, JSON arrays, failures, keys in the query. */
import { inspect } from 'node:util';
import { GoogleGenAI } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { startOtlpReceiver } from '../../examples/support/otlp-receiver.ts';
import { type CallEvent, createGateway, gatewayErrorOf, type Policy, redact } from '../../src/index.ts';
import { setupTracing } from '../../src/telemetry/otel.ts';
import { CALL_NANO_USD, capped, caught, ECHOED, EMAIL, googleWorld, KEY, MADE_UP, MODEL } from './google-world.ts';

const world = googleWorld();

const clientOf = (): GoogleGenAI =>
  new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: world.google.origin, fetch: world.gateway.fetch } });

describe.each([
  ['estimate', undefined],
  ['full', 'full' as const],
])('a client that leaves a stream, at a provider that charges: %s', (_name, abort) => {
  it('stops the provider at once, and ends the call once', async () => {
    const providers = [{ name: 'gcp.gemini', family: 'google' as const, baseURL: world.google.origin, abort }];
    world.start({ ...capped('1'), providers });
    world.google.reply = 'more words '.repeat(2_000);
    world.google.wordMs = 5;
    world.google.usage = { promptTokenCount: 20 };
    const abortion = new AbortController();
    const config = { abortSignal: abortion.signal, maxOutputTokens: 700 };
    const stream = await clientOf().models.generateContentStream({ model: MODEL, contents: 'Hello', config });
    await stream.next();
    const before = world.google.written;
    abortion.abort();
    // What had come with the first chunk may still be read.
    const reading = async (): Promise<void> => {
      while (!(await stream.next()).done);
    };
    await expect(reading()).rejects.toThrow();
    while (world.google.closedEarly === 0 || world.gateway.stats.open > 0)
      await new Promise((resolve) => setImmediate(resolve));

    // A word each 5 ms by the provider's own clock, which a busy machine slows as it slows us: 100 ms.
    expect(world.google.written - before).toBeLessThan(20);
    expect(world.calls).toMatchObject([{ outcome: 'aborted' }]);
    const { posted, held } = world.books();
    expect(held).toBe(0);
    expect(posted).toBe(world.calls[0]!.cost!.nanoUsd);
    if (abort === 'full') expect(posted).toBeGreaterThanOrEqual(700 * 2_500);
    else expect(posted).toBeLessThan(700 * 2_500);
  });
});

describe('what a call cost', () => {
  const ask = async (usage: object, headers: Record<string, string> = {}, body: object = {}): Promise<CallEvent> => {
    world.start(capped('1'));
    world.google.usage = { ...usage };
    world.google.headers = headers;
    await (await generate('generateContent', body)).json();
    return world.calls[0]!;
  };

  it.each([
    ['as it is', {}, {}, 1],
    ['flex, by a header', {}, { 'x-gemini-service-tier': 'flex' }, 0.5],
    ['flex, by the traffic at Vertex AI', { trafficType: 'ON_DEMAND_FLEX' }, {}, 0.5],
    ['on demand', { trafficType: 'ON_DEMAND' }, { 'x-gemini-service-tier': 'standard' }, 1],
  ])('is by the price list that applied: %s', async (_name, usage, headers, factor) => {
    const call = await ask({ promptTokenCount: 1_000, candidatesTokenCount: 100, ...usage }, headers);
    expect(call.cost).toMatchObject({ nanoUsd: (1_000 * 300 + 100 * 2_500) * factor, assumed: false });
  });

  it('has thoughts as output, what is cached for a tenth, and what tools read as input', async () => {
    const call = await ask({
      promptTokenCount: 1_000,
      cachedContentTokenCount: 600,
      toolUsePromptTokenCount: 50,
      candidatesTokenCount: 100,
      thoughtsTokenCount: 40,
      totalTokenCount: 1_190,
    });
    expect(call.usage).toMatchObject({
      inputTokens: 1_050,
      outputTokens: 140,
      cacheReadTokens: 600,
      reasoningTokens: 40,
    });
    expect(call.cost!.nanoUsd).toBe(450 * 300 + 600 * 30 + 140 * 2_500);
  });

  it('has sound at its own price', async () => {
    const details = [
      { modality: 'TEXT', tokenCount: 400 },
      { modality: 'AUDIO', tokenCount: 600 },
    ];
    const call = await ask({ promptTokenCount: 1_000, promptTokensDetails: details, candidatesTokenCount: 100 });
    expect(call.cost!.nanoUsd).toBe(400 * 300 + 600 * 1_000 + 100 * 2_500);
  });
});

const generate = (operation: string, body: object = {}, query = ''): Promise<Response> =>
  world.gateway.fetch(`${world.google.origin}/v1beta/models/${MODEL}:${operation}${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: `Write to ${EMAIL}` }] }], ...body }),
  });

interface Chunk {
  readonly candidates?: readonly { readonly content: { readonly parts: readonly { readonly text?: string }[] } }[];
  readonly error?: { readonly code: number; readonly status: string };
}

const textOf = (chunks: readonly Chunk[]): string =>
  chunks.map(({ candidates }) => candidates?.[0]?.content.parts.map(({ text }) => text).join('') ?? '').join('');

describe('a stream that is a JSON array', () => {
  it('is guarded and metered like one of events', async () => {
    world.start(capped('1'));
    world.echo();
    const response = await generate('streamGenerateContent');
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(textOf((await response.json()) as Chunk[])).toBe(ECHOED);
    expect(world.calls).toMatchObject([{ outcome: 'completed', cost: { nanoUsd: CALL_NANO_USD } }]);
  });

  it('passes as it came where no policy looks at it', async () => {
    world.start({ policies: [] });
    world.echo();
    const through = await (await generate('streamGenerateContent')).text();
    const direct = await fetch(`${world.google.origin}/v1beta/models/${MODEL}:streamGenerateContent`, {
      method: 'POST',
    });
    expect(through.replaceAll('resp-1', 'resp-2')).toBe(await direct.text());
  });

  it('stays an array when a cap is reached in its middle', async () => {
    world.start(capped('0.004'));
    world.google.reply = 'some more words '.repeat(4_000);
    world.google.usage = { promptTokenCount: 3 };
    const chunks = (await (await generate('streamGenerateContent')).json()) as Chunk[];
    expect(textOf(chunks)).toContain('some more words some');
    expect(chunks.at(-1)).toMatchObject({ error: { code: 402, status: 'RESOURCE_EXHAUSTED' } });
  });
});

describe('a policy that fails in a stream', () => {
  const failing = (at: string): Policy => ({
    name: 'broken',
    decide: () => ({
      filter: () => ({
        push: (text) => {
          if (text.includes(at)) throw new Error('It broke.');
          return text;
        },
        end: () => '',
      }),
    }),
  });

  it.each(['Hello', 'fake'])('ends an array as an array, also before its first item (at "%s")', async (at) => {
    world.start({ policies: [failing(at)] });
    const chunks = (await (await generate('streamGenerateContent')).json()) as Chunk[];
    expect(chunks.at(-1)).toMatchObject({ error: { code: 500, status: 'INTERNAL' } });
    expect(textOf(chunks)).toBe(at === 'Hello' ? '' : 'Hello from the ');
    expect(world.calls).toMatchObject([{ outcome: 'failed' }]);
  });

  it.each(['Hello', 'fake'])('is an ApiError to the client (at "%s")', async (at) => {
    world.start({ policies: [failing(at)] });
    const error = await caught(
      (async () => {
        const request = { model: MODEL, contents: 'Hi' };
        for await (const part of await clientOf().models.generateContentStream(request)) expect(part.text).not.toBe(at);
      })(),
    );
    expect(error).toMatchObject({ name: 'ApiError', status: 500 });
    expect(gatewayErrorOf(error)).toMatchObject({ code: 'policy_failed', details: { policy: 'broken' } });
  });
});

describe('a key in the query', () => {
  it('stands in no span', async () => {
    const receiver = await startOtlpReceiver();
    const tracing = await setupTracing({ target: { url: `${receiver.origin}/v1/traces` }, serviceName: 'contract' });
    world.start(capped('1'));
    world.echo();
    await (await generate('streamGenerateContent', {}, `?alt=sse&key=${KEY}`)).text();
    await tracing.forceFlush();
    expect(receiver.spans.find(({ name }) => name === `generate_content ${MODEL}`)).toMatchObject({
      attributes: {
        'gen_ai.provider.name': 'gcp.gemini',
        'gen_ai.response.finish_reasons': ['STOP'],
        'gen_ai.usage.output_tokens': 10,
      },
    });
    for (const raw of [KEY, EMAIL, MADE_UP]) expect(receiver.saw(raw)).toBe(false);
    await tracing.shutdown();
    await receiver.close();
  });

  it('goes to Google, and stands in no event, no header, no error and no refusal', async () => {
    world.start(capped('1'));
    const query = `?key=${KEY}`;
    const response = await generate('generateContent', {}, query);
    expect(world.google.requests[0]!.url).toContain(query);
    world.start(capped('0'));
    const refused = await generate('generateContent', {}, query);
    expect(refused.status).toBe(402);
    const failed = createGateway({ policies: [redact()] });
    const seen: unknown[] = [];
    failed.on('call', (call) => seen.push(call));
    const error = await caught(
      failed.fetch(`http://127.0.0.1:1/v1/models/a:generateContent${query}`, { method: 'POST' }),
    );
    const told = [[...response.headers], [...refused.headers], await refused.text(), world.calls, world.events, seen];
    expect(error).toBeInstanceOf(Error);
    expect(JSON.stringify(told) + inspect(error)).not.toContain(KEY);
  });
});

describe('a request that nobody can read', () => {
  it.each([
    '/v1beta/models/veo-3.0-generate-001:predictLongRunning',
    '/v1beta/interactions',
    '/upload/v1beta/files',
    '/v1/publishers/google/models/multimodalembedding@001:predict',
  ])("is refused where a policy would guard it, in a form that Google's clients read: %s", async (path) => {
    world.start({
      ...capped('1'),
      providers: [{ name: 'gcp.gemini', family: 'google', baseURL: world.google.origin }],
    });
    const response = await world.gateway.fetch(world.google.origin + path, { method: 'POST', body: '{}' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 422, status: 'FAILED_PRECONDITION' } });
    expect(world.google.requests).toHaveLength(0);
  });
});
