/** Files, pictures, sound and the rest of OpenAI's API through the gateway, with the real clients. */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { experimental_transcribe, generateImage, generateSpeech } from 'ai';
import OpenAI7, { toFile } from 'openai';
import OpenAI6 from 'openai-6';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUDIO_USAGE, type FakeMedia, IMAGE_USAGE, SOUND, startFakeMedia } from '../../examples/support/fake-media.ts';
import {
  type CallEvent,
  createGateway,
  type Gateway,
  type GatewayEvent,
  type GatewayOptions,
  memoryLedger,
  redact,
  spendCap,
} from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';

const ADA = 'ada.lovelace@example.com';
const NOW = Date.parse('2026-11-21T12:00:00Z');
const folder = mkdtempSync(join(tmpdir(), 'media-'));

let fake: FakeMedia;
let gateway: Gateway;
let calls: CallEvent[];
let events: GatewayEvent[];
let store = memoryLedger({ now: () => NOW });

beforeEach(async () => {
  fake = await startFakeMedia();
});
afterEach(async () => {
  await gateway.close();
  await fake.close();
});

function start(options: GatewayOptions = { policies: [redact()] }): void {
  store = memoryLedger({ now: () => NOW });
  gateway = createGateway({
    store,
    now: () => NOW,
    providers: [{ name: 'openai', baseURL: fake.baseURL, streamUsage: true }],
    ...options,
  });
  calls = [];
  events = [];
  gateway.on('call', (call) => calls.push(call));
  gateway.on('unguarded', (event) => events.push(event));
}

const capped = (more: Partial<Parameters<typeof spendCap>[0]> = {}): GatewayOptions => ({
  policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime', ...more })],
});

const books = async (): Promise<{ posted: number; held: number }> => {
  const [{ posted, held } = { posted: 0, held: 0 }] = await store.read(['cap|all=all|lifetime']);
  return { posted, held };
};

/** What is held while the provider works. */
function heldMeanwhile(): Promise<number> {
  return new Promise((resolve) => {
    fake.intercept = async () => {
      resolve((await books()).held);
      return false;
    };
  });
}

const sent = (): string => fake.requests.at(-1)!.bytes.toString('latin1');
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const LINES = [
  { custom_id: 'ask-1', method: 'POST', url: '/v1/chat/completions', body: chat(`Write to ${ADA}`) },
  { custom_id: 'ask-2', method: 'POST', url: '/v1/chat/completions', body: chat('Nothing to see') },
];
function chat(content: string): object {
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content }] };
}
const JSONL = `${LINES.map((line) => JSON.stringify(line)).join('\n')}\n`;

describe.each([
  { name: 'openai 7', Client: OpenAI7 },
  { name: 'openai 6', Client: OpenAI6 as unknown as typeof OpenAI7 },
])('under $name', ({ Client }) => {
  const client = (): OpenAI7 =>
    new Client({ apiKey: 'key', baseURL: fake.baseURL, fetch: gateway.fetch, maxRetries: 0 });
  const sound = (): File => new File([SOUND, new Uint8Array(9_000).fill(255)], 'talk.mp3', { type: 'audio/mpeg' });

  it.each([
    ['a File', () => new File([JSONL], 'batch.jsonl', { type: 'application/jsonl' })],
    [
      'a stream of a file',
      () => {
        writeFileSync(join(folder, 'batch.jsonl'), JSONL);
        return createReadStream(join(folder, 'batch.jsonl'));
      },
    ],
    ['toFile', () => toFile(Buffer.from(JSONL), 'batch.jsonl')],
  ] as const)('redacts the lines of a file that is %s, and leaves its structure', async (_name, make) => {
    start();
    await client().files.create({ file: await make(), purpose: 'batch' });
    const { form } = fake.requests.at(-1)!;
    const lines = (await (form!.get('file') as File).text()).trimEnd().split('\n');
    expect(form!.get('purpose')).toBe('batch');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { ...LINES[0], body: chat(expect.stringMatching(/^Write to <EMAIL_ADDRESS_\w{6}>$/) as string) },
      LINES[1],
    ]);
    expect(lines[1]).toBe(JSON.stringify(LINES[1]));
  });

  it('redacts the name of a file, and gives it back', async () => {
    start();
    const answer = await client().files.create({ file: new File(['Hi'], `${ADA}.txt`), purpose: 'user_data' });
    expect(sent()).not.toContain(ADA);
    expect(answer.filename).toBe(`${ADA}.txt`);
  });

  it('refuses a file that nobody can read under redaction, and sends it under a cap alone', async () => {
    start();
    const pdf = (): File => new File(['%PDF-1.7 text'], 'a.pdf', { type: 'application/pdf' });
    expect(await caught(client().files.create({ file: pdf(), purpose: 'user_data' }))).toMatchObject({
      status: 422,
      code: 'unguarded_request',
      message: expect.stringContaining('no text can be found') as string,
    });
    expect(fake.requests).toHaveLength(0);
    start(capped());
    await client().files.create({ file: pdf(), purpose: 'user_data' });
    expect(fake.requests).toHaveLength(1);
    expect(calls).toMatchObject([{ outcome: 'completed' }]);
    expect(await books()).toEqual({ posted: 0, held: 0 });
  });

  it('refuses pieces of a file under redaction', async () => {
    start();
    const piece = client().uploads.parts.create('upload-1', { data: new File(['half a na'], 'part') });
    expect(await caught(piece)).toMatchObject({ status: 422 });
  });

  it.each(['application/octet-stream', 'application/json', 'text/plain'])(
    'guards the lines of a file that is asked for as %s',
    async (type) => {
      start();
      const line = (id: string, content: string): object => ({
        id,
        custom_id: id,
        response: { status_code: 200, request_id: id, body: { id, choices: [{ index: 0, message: { content } }] } },
      });
      const body = [line('one', `Mail ${ADA}`), line('two', 'Fine')].map((one) => JSON.stringify(one)).join('\n');
      fake.content = { type, body };
      const text = await (await client().files.content('file-1')).text();
      expect(text.split('\n').map((one) => JSON.parse(one) as unknown)).toEqual([
        line('one', 'Mail <EMAIL_ADDRESS_1>'),
        line('two', 'Fine'),
      ]);
    },
  );

  it('does not pass a file of bytes that a policy has to read', async () => {
    start();
    fake.content = { type: 'application/octet-stream', body: SOUND };
    expect(await caught(client().files.content('file-1'))).toMatchObject({ status: 502 });
    start({});
    expect(Buffer.from(await (await client().files.content('file-1')).arrayBuffer())).toEqual(SOUND);
  });

  it('guards a transcript, and what listens is told, in every form', async () => {
    start();
    fake.transcript = 'Write to <EMAIL_ADDRESS_1> please';
    const ask = { file: sound(), model: 'gpt-4o-transcribe', prompt: `It is about ${ADA} and grace@example.org` };
    const { text } = await client().audio.transcriptions.create(ask);
    expect(text).toBe(`Write to ${ADA} please`);
    expect(sent()).not.toContain(ADA);
    expect(Buffer.from(await (fake.requests.at(-1)!.form!.get('file') as File).arrayBuffer()).subarray(0, 8)).toEqual(
      SOUND,
    );
    fake.transcript = 'Write to bob@example.net please';
    const redacted = /^Write to <EMAIL_ADDRESS_\d> please$/;
    const plain = await client().audio.transcriptions.create({ ...ask, response_format: 'text' });
    expect(plain.trimEnd()).toMatch(redacted);
    const verbose = await client().audio.transcriptions.create({ ...ask, response_format: 'verbose_json' });
    expect(verbose).toMatchObject({ words: [], segments: [{ tokens: [] }] });
    expect(verbose.text).toMatch(redacted);
    expect(JSON.stringify(verbose)).not.toContain('bob@');
    const srt = await client().audio.transcriptions.create({ ...ask, response_format: 'srt' });
    expect(srt).toContain('00:00:00,000 --> 00:00:09,000');
    expect(srt).not.toContain('bob@');
    let streamed = '';
    for await (const event of await client().audio.transcriptions.create({ ...ask, stream: true })) {
      if (event.type === 'transcript.text.delta') streamed += event.delta;
      if (event.type === 'transcript.text.done') expect(event.text).toMatch(redacted);
    }
    expect(streamed).toMatch(redacted);
    expect(calls.at(-1)).toMatchObject({ outcome: 'completed', usage: { inputTokens: 100, outputTokens: 20 } });
  });

  it('passes sound on as it comes', async () => {
    start();
    let resume = (): void => {};
    fake.pause = new Promise((resolve) => (resume = resolve));
    const answer = await client().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: `Call ${ADA}` });
    const reader = answer.body!.getReader();
    expect(Buffer.from((await reader.read()).value!)).toEqual(SOUND);
    resume();
    expect(Buffer.from((await reader.read()).value!)).toEqual(SOUND);
    expect((await reader.read()).done).toBe(true);
    expect(fake.requests[0]!.json.input).toBe('Call <EMAIL_ADDRESS_1>');
  });

  it('guards the prompt of a picture, made or edited', async () => {
    start();
    const ask = { model: 'gpt-image-2', prompt: `A card for ${ADA}` };
    const made = await client().images.generate(ask);
    expect(fake.requests[0]!.json.prompt).toBe('A card for <EMAIL_ADDRESS_1>');
    expect(made.data![0]).toMatchObject({ revised_prompt: ask.prompt, b64_json: SOUND.toString('base64') });
    await client().images.edit({ ...ask, image: new File([SOUND], 'a.png', { type: 'image/png' }) });
    expect(fake.requests[1]!.form!.get('prompt')).toBe('A card for <EMAIL_ADDRESS_1>');
    expect(calls).toMatchObject([{ usage: { imageOutputTokens: 4_160 } }, { usage: { imageOutputTokens: 4_160 } }]);
  });

  it('guards what is moderated, and older completions', async () => {
    start();
    await client().moderations.create({ input: [{ type: 'text', text: ADA }] });
    expect(fake.requests[0]!.json.input).toEqual([{ type: 'text', text: '<EMAIL_ADDRESS_1>' }]);
    const ask = { model: 'gpt-3.5-turbo-instruct', prompt: `Mail ${ADA}` };
    const whole = await client().completions.create(ask);
    expect(fake.requests[1]!.json.prompt).toBe('Mail <EMAIL_ADDRESS_1>');
    expect(whole.choices[0]).toMatchObject({ text: `Mail ${ADA} and so on`, logprobs: null });
    let streamed = '';
    for await (const { choices } of await client().completions.create({ ...ask, stream: true }))
      streamed += choices[0]?.text ?? '';
    expect(streamed).toBe(`Mail ${ADA} and so on`);
  });

  it('refuses a batch under a cap and says why, and lets it pass when the app says so', async () => {
    start(capped());
    const batch = () =>
      client().batches.create({ input_file_id: 'file-1', endpoint: '/v1/embeddings', completion_window: '24h' });
    expect(await caught(batch())).toMatchObject({
      status: 422,
      code: 'unguarded_request',
      message: expect.stringContaining('nothing in it tells what it will cost, and "cap" would hold that') as string,
    });
    start({ ...capped(), unguarded: 'pass' });
    expect(await batch()).toMatchObject({ id: 'batch-1', input_file_id: 'file-1' });
    expect(events).toMatchObject([{ type: 'unguarded', policies: ['cap'] }]);
    start();
    await batch();
    expect(calls).toMatchObject([{ outcome: 'completed' }]);
  });

  it.each([
    ['a picture by tokens', 'gpt-image-1', 50 * 5_000 + 4_160 * 40_000],
    ['a picture by the piece', 'dall-e-3', 40_000_000],
  ])('holds for %s and settles on what it cost', async (_name, model, nanoUsd) => {
    start(capped());
    const held = heldMeanwhile();
    await client().images.generate({ model, prompt: 'A cat' });
    expect(await held).toBeGreaterThanOrEqual(nanoUsd);
    expect(await books()).toEqual({ posted: nanoUsd, held: 0 });
  });

  it('prices pictures by their number, quality and size', async () => {
    start(capped());
    await client().images.generate({ model: 'dall-e-3', prompt: 'A', quality: 'hd', size: '1024x1792', n: 2 });
    expect(await books()).toEqual({ posted: 240_000_000, held: 0 });
    expect(calls[0]!.cost).toMatchObject({ assumed: false, estimated: false });
  });

  it('knows what a streamed picture cost, also when nobody reads on', async () => {
    start(capped());
    const stream = await client().images.generate({ model: 'gpt-image-1', prompt: 'A cat', stream: true });
    for await (const event of stream) if (event.type === 'image_generation.completed') break;
    await gateway.close();
    expect(calls[0]!.usage).toMatchObject({ outputTokens: IMAGE_USAGE.output_tokens, source: 'provider' });
    expect(await books()).toEqual({ posted: 50 * 5_000 + 4_160 * 40_000, held: 0 });
  });

  it('holds for speech by its characters and settles on them, whoever went away', async () => {
    start(capped());
    const held = heldMeanwhile();
    const answer = await client().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Good morning' });
    await answer.arrayBuffer();
    expect(await held).toBe(12 * 15_000);
    expect(await books()).toEqual({ posted: 180_000, held: 0 });
    expect(calls[0]!.cost).toMatchObject({ estimated: true, assumed: false });
    fake.pause = new Promise(() => {});
    const left = await client().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Good morning' });
    await left.body!.cancel();
    await gateway.close();
    expect(calls[1]!.outcome).toBe('aborted');
    expect(await books()).toEqual({ posted: 360_000, held: 0 });
  });

  it('settles speech in events on the usage that they tell', async () => {
    start(capped());
    const ask = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Good morning', stream_format: 'sse' } as const;
    await (await client().audio.speech.create(ask)).text();
    expect(calls[0]!.usage).toMatchObject({ inputTokens: 7, outputTokens: 30, source: 'provider' });
    expect(await books()).toEqual({ posted: 7 * 600 + 30 * 12_000, held: 0 });
  });

  it('holds for listening by the size of the file, and settles on what is told', async () => {
    start(capped());
    const held = heldMeanwhile();
    await client().audio.transcriptions.create({ file: sound(), model: 'whisper-1' });
    // 9,008 bytes at 48 kilobits a second are two seconds at most, at $0.36 an hour.
    expect(await held).toBe(200_000);
    expect(await books()).toEqual({ posted: 900_000, held: 0 });
    await client().audio.transcriptions.create({ file: sound(), model: 'gpt-4o-transcribe' });
    const { input_token_details: input, output_tokens: output } = AUDIO_USAGE;
    const tokens = input.audio_tokens * 6_000 + input.text_tokens * 2_500 + output * 10_000;
    expect(await books()).toEqual({ posted: 900_000 + tokens, held: 0 });
  });

  it.each(['whisper-1', 'gpt-4o-transcribe'])('estimates what %s heard when it tells nothing', async (model) => {
    start(capped());
    await client().audio.transcriptions.create({ file: sound(), model, response_format: 'srt' });
    expect(calls[0]!.cost).toMatchObject({ estimated: true, assumed: false });
    expect((await books()).posted).toBeGreaterThan(0);
    expect((await books()).held).toBe(0);
  });

  it.each([
    ['a picture', () => client().images.generate({ model: 'dall-e-3', prompt: 'A cat' })],
    ['speech', () => client().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Good morning' })],
    ['listening', () => client().audio.transcriptions.create({ file: sound(), model: 'whisper-1' })],
  ] as const)('refuses %s that is not affordable', async (_name, ask) => {
    start(capped({ limitUsd: '0.000001' }));
    expect(await caught(ask())).toMatchObject({ status: 402, code: 'spend_cap_reached' });
    expect(fake.requests).toHaveLength(0);
  });

  it('refuses a form that is too large, and names the limit', async () => {
    start({ policies: [redact()], maxRequestBytes: 1_000 });
    const file = new File(['x'.repeat(1_001)], 'a.txt');
    expect(await caught(client().files.create({ file, purpose: 'user_data' }))).toMatchObject({
      status: 413,
      code: 'body_too_large',
      message: expect.stringContaining('maxRequestBytes') as string,
    });
  });
});

describe('other clients', () => {
  it('AI SDK transcribes, draws and speaks', async () => {
    start();
    const openai = createOpenAI({ apiKey: 'key', baseURL: fake.baseURL, fetch: gateway.fetch });
    fake.transcript = 'Write to bob@example.net please';
    const { text } = await experimental_transcribe({ model: openai.transcription('whisper-1'), audio: SOUND });
    expect(text).toBe('Write to <EMAIL_ADDRESS_1> please');
    const { image } = await generateImage({ model: openai.image('gpt-image-2'), prompt: `For ${ADA}` });
    expect(Buffer.from(image.uint8Array)).toEqual(SOUND);
    const { audio } = await generateSpeech({ model: openai.speech('tts-1'), text: `Call ${ADA}` });
    expect(Buffer.from(audio.uint8Array)).toEqual(Buffer.concat([SOUND, SOUND]));
    for (const { bytes } of fake.requests) expect(bytes.toString('latin1')).not.toContain(ADA);
  });

  it('Anthropic sends files, and reads refusals in its own form', async () => {
    const baseURL = fake.baseURL.replace(/\/v1$/, '');
    start({ policies: [redact()], providers: [{ name: 'anthropic', family: 'anthropic', baseURL }] });
    const client = new Anthropic({ apiKey: 'key', baseURL, fetch: gateway.fetch, maxRetries: 0 });
    await client.beta.files.upload({ file: new File([`Mail ${ADA}`], 'a.txt', { type: 'text/plain' }) });
    expect(await (fake.requests[0]!.form!.get('file') as File).text()).toMatch(/^Mail <EMAIL_ADDRESS_\w{6}>$/);
    const pdf = new File(['%PDF-1.7'], 'a.pdf', { type: 'application/pdf' });
    expect(await caught(client.beta.files.upload({ file: pdf }))).toMatchObject({
      status: 422,
      error: { type: 'error', error: { type: 'invalid_request_error' } },
    });
    fake.content = { type: 'text/plain', body: `Mail ${ADA}` };
    expect(await (await client.beta.files.download('file-1')).text()).toBe('Mail <EMAIL_ADDRESS_1>');
  });

  it('a form goes through the server as it came, or redacted', async () => {
    start();
    const server = createGatewayServer({ gateway, providers: { openai: { baseURL: fake.baseURL } } });
    const { url } = await server.listen({ port: 0 });
    const client = new OpenAI7({ apiKey: 'key', baseURL: `${url}/openai/v1`, maxRetries: 0 });
    await client.files.create({ file: new File([JSONL], 'batch.jsonl'), purpose: 'batch' });
    expect(sent()).not.toContain(ADA);
    expect(sent()).toMatch(/<EMAIL_ADDRESS_\w{6}>/);
    await server.close();
  });

  it('Azure names the model in its path', async () => {
    start({ ...capped(), providers: [] });
    const body = new FormData();
    body.append('file', new File([SOUND], 'a.mp3', { type: 'audio/mpeg' }));
    const path = '/openai/deployments/whisper-1/audio/transcriptions?api-version=1';
    await gateway.fetch(new URL(path, fake.baseURL), { method: 'POST', body });
    expect(calls).toMatchObject([{ model: 'whisper-1', outcome: 'completed' }]);
  });
});

afterEach(() => rmSync(join(folder, 'batch.jsonl'), { force: true }));
