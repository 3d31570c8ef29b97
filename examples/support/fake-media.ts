/**
 * OpenAI's images, audio, files, batches and older completions on 127.0.0.1, for examples and tests: no account, no network. It
 * remembers what it was sent, as bytes and as the form that they are.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedMedia {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  readonly form: FormData | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface FakeMedia {
  readonly baseURL: string;
  readonly requests: ReceivedMedia[];
  /** What was said in the sound that it listens to. */
  transcript: string;
  /** What `GET /files/{id}/content` gives. */
  content: { type: string; body: string | Buffer };
  /** Waited for before the second half of speech is sent. */
  pause: Promise<void>;
  /** Takes over a request; return true when it was answered. */
  intercept: ((request: ReceivedMedia, response: ServerResponse) => boolean | Promise<boolean>) | undefined;
  close(): Promise<void>;
}

export const IMAGE_USAGE = {
  input_tokens: 50,
  input_tokens_details: { text_tokens: 50, image_tokens: 0 },
  output_tokens: 4_160,
  total_tokens: 4_210,
};
export const AUDIO_USAGE = {
  type: 'tokens',
  input_tokens: 100,
  input_token_details: { audio_tokens: 90, text_tokens: 10 },
  output_tokens: 20,
  total_tokens: 120,
};
const SEGMENT = { temperature: 0, avg_logprob: -0.2, compression_ratio: 1.1, no_speech_prob: 0 };
/** Bytes that are no UTF-8. */
export const SOUND = Buffer.from([0xff, 0xfb, 0x90, 0x00, 0xff, 0xd8, 0x01, 0x02]);
const PICTURE = SOUND.toString('base64');

export async function startFakeMedia(): Promise<FakeMedia> {
  const server = createServer((incoming, response) => void answer(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeMedia = {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: [],
    transcript: 'Good morning.',
    content: { type: 'application/octet-stream', body: '' },
    pause: Promise.resolve(),
    intercept: undefined,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await received(incoming);
    fake.requests.push(request);
    if (await fake.intercept?.(request, response)) return;
    const operation = Object.keys(answers).find((path) => request.path.includes(path));
    if (operation) await answers[operation]!(request, response);
    else json(response, { error: { message: 'No such path.', type: 'invalid_request_error' } }, 404);
  }

  const answers: Record<string, (request: ReceivedMedia, response: ServerResponse) => unknown> = {
    '/images/': images,
    '/audio/speech': speech,
    '/audio/': transcription,
    '/moderations': (_, response) =>
      json(response, { id: 'modr-1', model: 'omni-moderation-latest', results: [{ flagged: false, categories: {} }] }),
    '/content': (_, response) => {
      response.writeHead(200, { 'content-type': fake.content.type }).end(fake.content.body);
    },
    '/files': (request, response) => {
      const file = request.form?.get('file') as File | null | undefined;
      json(response, {
        id: 'file-1',
        object: 'file',
        type: 'file',
        filename: file?.name,
        bytes: file?.size,
        size_bytes: file?.size,
        purpose: request.form?.get('purpose') ?? undefined,
        created_at: 1,
        status: 'processed',
      });
    },
    '/parts': (_, response) => json(response, { id: 'part-1', object: 'upload.part', upload_id: 'upload-1' }),
    '/uploads': (_, response) => json(response, { id: 'upload-1', object: 'upload', status: 'pending' }),
    '/batches': ({ json: body }, response) =>
      json(response, { id: 'batch-1', object: 'batch', status: 'validating', ...body }),
    '/completions': completions,
  };

  async function images({ json: body, form }: ReceivedMedia, response: ServerResponse): Promise<void> {
    const model = String(body.model ?? form?.get('model'));
    const prompt = String(body.prompt ?? form?.get('prompt'));
    if (body.stream === true) {
      await events(response, [
        { type: 'image_generation.partial_image', b64_json: PICTURE, partial_image_index: 0 },
        { type: 'image_generation.completed', b64_json: PICTURE, usage: IMAGE_USAGE },
      ]);
      return;
    }
    const data = Array.from({ length: Number(body.n ?? form?.get('n') ?? 1) }, () => ({
      b64_json: PICTURE,
      revised_prompt: prompt,
    }));
    json(response, { created: 1, data, ...(model.startsWith('dall-e') ? {} : { usage: IMAGE_USAGE }) });
  }

  async function speech({ json: body }: ReceivedMedia, response: ServerResponse): Promise<void> {
    if (body.stream_format === 'sse') {
      await events(response, [
        { type: 'speech.audio.delta', audio: PICTURE },
        { type: 'speech.audio.done', usage: { input_tokens: 7, output_tokens: 30, total_tokens: 37 } },
      ]);
      return;
    }
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    response.write(SOUND);
    await fake.pause;
    response.end(SOUND);
  }

  async function transcription({ form }: ReceivedMedia, response: ServerResponse): Promise<void> {
    const text = fake.transcript;
    const format = String(form?.get('response_format') ?? 'json');
    const whisper = String(form?.get('model')).startsWith('whisper');
    if (form?.get('stream') === 'true') {
      const deltas = text.split(/(?<= )/).map((delta) => ({ type: 'transcript.text.delta', delta }));
      await events(response, [...deltas, { type: 'transcript.text.done', text, usage: AUDIO_USAGE }]);
    } else if (format === 'json') {
      json(response, { text, usage: whisper ? { type: 'duration', seconds: 9 } : AUDIO_USAGE });
    } else if (format === 'verbose_json') {
      const words = text.split(' ').map((word) => ({ word, start: 0, end: 1 }));
      const segments = [{ id: 0, seek: 0, start: 0, end: 9, text, tokens: [1, 2, 3], ...SEGMENT }];
      json(response, { task: 'transcribe', language: 'english', duration: 9, text, words, segments });
    } else {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(format === 'text' ? `${text}\n` : `1\n00:00:00,000 --> 00:00:09,000\n${text}\n`);
    }
  }

  async function completions({ json: body }: ReceivedMedia, response: ServerResponse): Promise<void> {
    const { model, prompt, stream } = body;
    const base = { id: 'cmpl-1', object: 'text_completion', created: 1, model };
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const text = `${String(prompt)} and so on`;
    if (stream !== true) {
      const logprobs = { tokens: text.split(' '), token_logprobs: [], top_logprobs: [], text_offset: [] };
      json(response, { ...base, choices: [{ index: 0, text, logprobs, finish_reason: 'stop' }], usage });
      return;
    }
    const pieces = text
      .split(/(?<= )/)
      .map((piece) => ({ index: 0, text: piece, logprobs: null, finish_reason: null }));
    const last = { index: 0, text: '', logprobs: null, finish_reason: 'stop' };
    await events(response, [
      ...[...pieces, last].map((choice) => ({ ...base, choices: [choice] })),
      { ...base, choices: [], usage },
      '[DONE]',
    ]);
  }

  return fake;
}

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function events(response: ServerResponse, all: readonly (object | string)[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of all) {
    response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

async function received(incoming: IncomingMessage): Promise<ReceivedMedia> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const { method = 'GET', url = '/', headers } = incoming;
  const type = headers['content-type'] ?? '';
  const form = type.startsWith('multipart/form-data')
    ? await new Response(bytes, { headers: { 'content-type': type } }).formData()
    : undefined;
  const body = type.includes('json') ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {};
  return { method, path: url.split('?')[0]!, headers, bytes, form, json: body };
}
