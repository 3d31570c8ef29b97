/** Canaries in every string of OpenAI's smaller APIs: what comes through is structure, and each entry is a hole with a reason. */
import { describe, expect, it } from 'vitest';
import type { Dialect, Route } from '../../src/dialects/dialect.ts';
import { routeFor } from '../../src/dialects/index.ts';
import { openaiSpeech, openaiTranscriptions } from '../../src/dialects/openai-audio.ts';
import { openaiBatches } from '../../src/dialects/openai-batches.ts';
import { openaiCompletions } from '../../src/dialects/openai-completions.ts';
import { openaiFileContent, openaiFiles, openaiUploads } from '../../src/dialects/openai-files.ts';
import { openaiImages } from '../../src/dialects/openai-images.ts';
import { openaiModerations } from '../../src/dialects/openai-moderations.ts';
import { isOwnError } from '../../src/errors.ts';
import { sse } from '../../src/http/sse.ts';
import { StreamGuard } from '../../src/http/stream.ts';
import { redact } from '../../src/policies/redact.ts';
import { atOnce, dataOf, openedCall } from '../http/calls.ts';
import { answeredBody, factsOf, sentBody, streamedEvent, structuralObjects, structuralStrings } from './planted.ts';

interface Case {
  readonly what: string;
  readonly body: object;
  readonly pass: (body: unknown) => Promise<string>;
  /** Names, enum values, ids, pictures: read by programs. */
  readonly strings: readonly string[];
  /** Where fields that nobody knows are structure too. */
  readonly objects?: readonly string[];
}

const request = (dialect: Dialect) => (body: unknown) => sentBody(dialect, body);
const answer = (dialect: Dialect) => (body: unknown) => answeredBody(dialect, body);
const event = (dialect: Dialect) => (body: unknown) => streamedEvent(dialect, body);
const ERROR = { message: 'None', type: 'server_error', code: 'none', param: 'model' };
const ERRORS = ['error.code', 'error.param', 'error.type'];
const LOGPROBS = [{ token: 'Hi', logprob: -0.1, bytes: [72] }];
const new_field = { of: ['another', 'server'] };

const CASES: readonly Case[] = [
  {
    what: 'an image request',
    body: {
      model: 'gpt-image-2',
      prompt: 'A cat',
      background: 'auto',
      moderation: 'auto',
      output_format: 'png',
      quality: 'high',
      response_format: 'b64_json',
      size: '1024x1024',
      style: 'vivid',
      input_fidelity: 'high',
      safety_identifier: 'ada',
      user: 'ada',
      svg: { model: 'gpt-5', reasoning: { effort: 'low' } },
      images: [{ image_url: 'https://example.com/a.png', file_id: 'file-1' }],
      new_field,
    },
    pass: request(openaiImages),
    strings: [
      'background',
      'input_fidelity',
      'model',
      'moderation',
      'output_format',
      'quality',
      'response_format',
      'size',
      'style',
    ],
  },
  {
    what: 'an image answer',
    body: {
      background: 'opaque',
      output_format: 'png',
      quality: 'high',
      size: '1024x1024',
      safety_identifier: 'ada',
      data: [{ b64_json: 'AAAA', revised_prompt: 'A cat', url: 'https://example.com/a.png' }],
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2, note: 'x' },
      svg_usage: { model: 'gpt-5', input_tokens: 1, output_tokens: 1 },
      error: ERROR,
      new_field,
    },
    pass: answer(openaiImages),
    strings: ['background', ...ERRORS, 'output_format', 'quality', 'size', 'svg_usage.model', 'usage.note'],
    objects: ['svg_usage', 'usage'],
  },
  {
    what: 'an image event',
    body: {
      type: 'image_generation.completed',
      b64_json: 'AAAA',
      background: 'opaque',
      output_format: 'png',
      quality: 'high',
      size: '1024x1024',
      usage: { note: 'x' },
      new_field,
    },
    pass: event(openaiImages),
    strings: ['background', 'output_format', 'quality', 'size', 'type', 'usage.note'],
    objects: ['usage'],
  },
  {
    what: 'a speech request',
    body: {
      model: 'tts-1',
      input: 'Hello',
      voice: 'alloy',
      instructions: 'Be kind',
      response_format: 'mp3',
      stream_format: 'audio',
      new_field,
    },
    pass: request(openaiSpeech),
    strings: ['model', 'response_format', 'stream_format', 'voice'],
  },
  {
    what: 'a speech event',
    body: { type: 'speech.audio.delta', audio: 'AAAA', usage: { note: 'x' }, new_field },
    pass: event(openaiSpeech),
    strings: ['type', 'usage.note'],
    objects: ['usage'],
  },
  {
    what: 'a transcription',
    body: {
      task: 'transcribe',
      language: 'english',
      text: 'Hi',
      languages: [{ code: 'en' }],
      segments: [{ id: 'seg', speaker: 'A', text: 'Hi', type: 'transcript.text.segment', tokens: [1] }],
      words: [{ word: 'Hi', start: 0, end: 1 }],
      logprobs: LOGPROBS,
      usage: { type: 'tokens' },
      error: ERROR,
      new_field,
    },
    pass: answer(openaiTranscriptions),
    strings: [
      ...ERRORS,
      'language',
      'languages[].code',
      'logprobs[].token',
      'segments[].id',
      'segments[].type',
      'task',
      'usage.type',
    ],
    objects: ['languages[]', 'logprobs[]', 'usage'],
  },
  {
    what: 'a transcription event',
    body: {
      type: 'transcript.text.delta',
      delta: 'Hi',
      segment_id: 'seg',
      text: 'Hi',
      id: 'seg',
      speaker: 'A',
      logprobs: LOGPROBS,
      usage: { type: 'tokens' },
      new_field,
    },
    pass: event(openaiTranscriptions),
    // Whatever quotes a text goes with it.
    strings: ['id', 'segment_id', 'type', 'usage.type'],
    objects: ['usage'],
  },
  {
    what: 'a moderation request',
    body: {
      model: 'omni-moderation-latest',
      input: [
        { type: 'text', text: 'Hi' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      ],
      new_field,
    },
    pass: request(openaiModerations),
    strings: ['input[].type', 'model'],
  },
  {
    what: 'a moderation answer',
    body: {
      id: 'modr-1',
      model: 'omni',
      results: [{ flagged: true, categories: {}, note: 'x' }],
      error: ERROR,
      new_field,
    },
    pass: answer(openaiModerations),
    strings: [...ERRORS, 'id', 'model'],
  },
  {
    what: 'an upload request',
    body: {
      filename: 'a.txt',
      purpose: 'batch',
      mime_type: 'text/plain',
      part_ids: ['part-1'],
      md5: 'abc',
      expires_after: { anchor: 'created_at' },
      new_field,
    },
    pass: request(openaiUploads),
    strings: ['expires_after.anchor', 'md5', 'mime_type', 'part_ids[]', 'purpose'],
    objects: ['expires_after'],
  },
  {
    what: 'what is told of a file',
    body: {
      id: 'file-1',
      object: 'file',
      type: 'file',
      filename: 'a.txt',
      purpose: 'batch',
      status: 'processed',
      mime_type: 'text/plain',
      status_details: 'Fine',
      error: ERROR,
      new_field,
    },
    pass: answer(openaiFiles),
    strings: [...ERRORS, 'id', 'mime_type', 'object', 'purpose', 'status', 'type'],
  },
  {
    what: 'a line of a file that is asked for',
    body: {
      id: 'line-1',
      custom_id: 'ask-1',
      response: {
        request_id: 'req-1',
        body: {
          id: 'chatcmpl-1',
          model: 'gpt-4o',
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }],
          new_field,
        },
      },
      error: { code: 'none', message: 'None' },
      new_field,
    },
    pass: answer(openaiFileContent),
    strings: [
      'custom_id',
      'error.code',
      'id',
      'response.body.choices[].finish_reason',
      'response.body.choices[].message.role',
      'response.body.id',
      'response.body.model',
      'response.request_id',
    ],
  },
  {
    what: 'a batch request',
    body: {
      input_file_id: 'file-1',
      endpoint: '/v1/embeddings',
      completion_window: '24h',
      metadata: { team: 'a' },
      output_expires_after: { anchor: 'created_at' },
      new_field,
    },
    pass: request(openaiBatches),
    strings: ['completion_window', 'endpoint', 'input_file_id', 'output_expires_after.anchor'],
    objects: ['output_expires_after'],
  },
  {
    what: 'a batch',
    body: {
      id: 'batch-1',
      object: 'batch',
      status: 'failed',
      endpoint: '/v1/embeddings',
      model: 'gpt-4o',
      completion_window: '24h',
      input_file_id: 'file-1',
      output_file_id: 'file-2',
      error_file_id: 'file-3',
      usage: { note: 'x' },
      metadata: { team: 'a' },
      errors: { object: 'list', data: [{ code: 'none', message: 'None', param: 'x' }] },
      new_field,
    },
    pass: answer(openaiBatches),
    strings: [
      'completion_window',
      'endpoint',
      'error_file_id',
      'errors.data[].code',
      'errors.data[].param',
      'errors.object',
      'id',
      'input_file_id',
      'model',
      'object',
      'output_file_id',
      'status',
      'usage.note',
    ],
    objects: ['usage'],
  },
  {
    what: 'a completion request',
    body: {
      model: 'davinci',
      prompt: ['One', 'two'],
      suffix: 'end',
      stop: ['END'],
      user: 'ada',
      service_tier: 'default',
      new_field,
    },
    pass: request(openaiCompletions),
    strings: ['model', 'service_tier'],
  },
  ...(['whole', 'streamed'] as const).map(
    (form): Case => ({
      what: `a completion, ${form}`,
      body: {
        id: 'cmpl-1',
        object: 'text_completion',
        model: 'davinci',
        system_fingerprint: 'fp',
        service_tier: 'default',
        usage: { note: 'x' },
        choices: [{ index: 0, text: 'Hi', finish_reason: 'stop', logprobs: { tokens: ['Hi'] }, stop_reason: 'END' }],
        new_field,
      },
      pass: (form === 'whole' ? answer : event)(openaiCompletions),
      strings: [
        'choices[].finish_reason',
        'choices[].logprobs.tokens[]',
        'id',
        'model',
        'object',
        'service_tier',
        'system_fingerprint',
        'usage.note',
      ],
      objects: ['choices[].logprobs', 'usage'],
    }),
  ),
];

describe('a value is redacted in every string but the structural ones of', () => {
  it.each(CASES)('$what', async ({ body, pass, strings, objects = [] }) => {
    expect(await structuralStrings(body, pass)).toEqual([...strings].sort());
    expect(await structuralObjects(body, pass)).toEqual([...objects].sort());
  });
});

describe('a streamed transcript', () => {
  const deltas = ['Mail bob@exam', 'ple.net', ' or wait'];
  const stream = [
    ...deltas.map((delta) => ({ type: 'transcript.text.delta', delta, logprobs: LOGPROBS })),
    { type: 'transcript.text.done', text: deltas.join(''), logprobs: LOGPROBS, usage: { type: 'tokens' } },
  ]
    .map((one) => `data: ${JSON.stringify(one)}\n\n`)
    .join('');

  it('is the same for any split of its bytes, and its quotes go where it was edited', async () => {
    const policies = [redact()];
    for (let at = 0; at <= stream.length; at++) {
      const options = { dialect: openaiTranscriptions, framing: sse, hideUsage: false, now: () => 0 };
      const guard = new StreamGuard(await openedCall(policies, 'Hello'), options);
      const shown =
        atOnce(guard.push(stream.slice(0, at))) + atOnce(guard.push(stream.slice(at))) + atOnce(guard.end(''));
      const events = dataOf(shown).map((data) => JSON.parse(data) as { type: string; delta?: string; text?: string });
      expect(events.map(({ delta = '' }) => delta).join('')).toBe('Mail <EMAIL_ADDRESS_1> or wait');
      expect(events.at(-1)).toMatchObject({ text: 'Mail <EMAIL_ADDRESS_1> or wait', logprobs: [] });
      expect(shown).not.toContain('bob@');
    }
  });
});

describe('facts', () => {
  it('count what is asked for by the piece', () => {
    expect(
      factsOf(openaiImages, { prompt: 'A', n: 2, quality: 'hd', size: '1024x1792', partial_images: 1 }),
    ).toMatchObject({
      model: 'dall-e-2',
      choices: 2,
      pieces: { likely: { image: 2 }, most: { image: 2 } },
      parameters: { quality: 'hd', size: '1024x1792', partial_images: 1 },
    });
    expect(factsOf(openaiSpeech, { model: 'tts-1', input: 'Hi 😀', stream_format: 'sse' })).toMatchObject({
      stream: true,
      pieces: { most: { character: 4 } },
    });
  });

  it('tell what cannot be priced or read', () => {
    expect(factsOf(openaiBatches, {})).toMatchObject({ unpriced: true });
    expect(factsOf(openaiTranscriptions, { model: 'whisper', url: 'https://example.com/a.mp3' })).toMatchObject({
      unpriced: true,
    });
    expect(factsOf(openaiCompletions, { model: 'm', prompt: [1, 2] })).toMatchObject({ unreadable: true, choices: 1 });
    expect(factsOf(openaiCompletions, { model: 'm', prompt: [[1], [2]] })).toMatchObject({
      unreadable: true,
      choices: 2,
    });
    expect(factsOf(openaiCompletions, { model: 'm', prompt: ['a', 'b'], n: 2, best_of: 3 })).toMatchObject({
      unreadable: false,
      choices: 6,
    });
  });

  it.each([
    ['no model', openaiSpeech, { input: 'Hi' }, 'model'],
    ['no input', openaiSpeech, { model: 'tts-1' }, 'input'],
    ['a count that is none', openaiImages, { prompt: 'A', n: 'two' }, 'n'],
    ['a limit that is none', openaiCompletions, { model: 'm', max_tokens: -1 }, 'max_tokens'],
  ] as const)('refuse %s by its name', (_what, dialect, body, param) => {
    expect(() => factsOf(dialect, body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }) as unknown as Error,
    );
    expect(isOwnError(new Error('other'))).toBe(false);
  });
});

describe('paths', () => {
  const found = (method: string, path: string, family?: 'anthropic'): Partial<Route> & { id?: string } => {
    const route = routeFor(method, path, family);
    return route ? { id: route.dialect.id, path: route.path, model: route.model } : {};
  };

  it.each([
    ['POST', '/v1/completions', 'openai.completions', '/completions'],
    ['POST', '/v1/chat/completions', 'openai.chat', '/chat/completions'],
    ['POST', '/openai/v1/audio/translations', 'openai.translations', '/audio/translations'],
    ['GET', '/v1/files/file-1/content', 'openai.files', '/files/file-1/content'],
    ['POST', '/v1/uploads/upload-1/parts', 'openai.uploads', '/uploads/upload-1/parts'],
    ['POST', '/v1/uploads/upload-1/complete', 'openai.uploads', '/uploads/upload-1/complete'],
    ['POST', '/v1/batches', 'openai.batches', '/batches'],
  ])('%s %s is %s', (method, path, id, below) => {
    expect(found(method, path)).toMatchObject({ id, path: below });
  });

  it('name the model at Azure', () => {
    const azure = '/openai/deployments/my%20model/';
    expect(found('POST', `${azure}chat/completions`)).toEqual({
      id: 'openai.chat',
      path: '/chat/completions',
      model: 'my model',
    });
    expect(found('POST', `${azure}audio/transcriptions`)).toMatchObject({ model: 'my model' });
    expect(factsOf(openaiSpeech, { input: 'Hi' }, { model: 'my model' }).model).toBe('my model');
    expect(factsOf(openaiSpeech, { input: 'Hi', model: 'own' }, { model: 'my model' }).model).toBe('own');
  });

  it('of other APIs are not taken for them', () => {
    for (const path of ['/v1beta/files', '/upload/v1beta/files', '/v1/messages/batches', '/v1/files/file-1'])
      expect(found('POST', path).id ?? '').not.toMatch(/^openai/);
    expect(found('POST', '/v1/files', 'anthropic')).toMatchObject({ id: 'anthropic.files', path: '/v1/files' });
    expect(found('GET', '/v1/files/f/content', 'anthropic')).toMatchObject({ id: 'anthropic.files' });
  });
});
