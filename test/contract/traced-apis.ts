/** Requests of each API whose calls are traced, for expectations that hold for the spans of all. In each stands an address. */
import { API_KEY } from '../../examples/support/fake-bedrock.ts';
import { SOUND } from '../../examples/support/fake-media.ts';
import { PROVIDER_KEY } from './world.ts';

export const EMAIL = 'ada.lovelace@example.com';
const SAID = `Write to ${EMAIL}`;
const USER = [{ role: 'user', content: SAID }];
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1%3A0';
const LLAMA = 'meta.llama3-70b-instruct-v1%3A0';

export interface ApiRequest {
  readonly path: string;
  readonly body: object | FormData;
}

export interface TracedApi {
  /** As spans tell it. */
  readonly dialect: string;
  readonly operation: string;
  /** The fake that speaks it. */
  readonly host: 'provider' | 'media' | 'bedrock';
  readonly ask: ApiRequest;
  /** The same, where the answer may be streamed. */
  readonly streamed?: ApiRequest | undefined;
}

/** Where `stream` in the body decides. */
function byField(path: string, body: object, field: object = { stream: true }): Pick<TracedApi, 'ask' | 'streamed'> {
  return { ask: { path, body }, streamed: { path, body: { ...body, ...field } } };
}

/** Where the path decides. */
function byPath(whole: string, streamed: string, body: object): Pick<TracedApi, 'ask' | 'streamed'> {
  return { ask: { path: whole, body }, streamed: { path: streamed, body } };
}

function listening(fields: Readonly<Record<string, string>>): ApiRequest {
  const body = new FormData();
  body.set('file', new File([SOUND], 'talk.mp3', { type: 'audio/mpeg' }));
  for (const [name, value] of Object.entries({ model: 'gpt-4o-transcribe', prompt: SAID, ...fields }))
    body.set(name, value);
  return { path: '/v1/audio/transcriptions', body };
}

const model = (id: string, operation: string): string => `/model/${id}/${operation}`;
const gemini = (operation: string): string => `/google/v1beta/models/gemini-2.5-flash:${operation}`;

export const TRACED_APIS: readonly TracedApi[] = [
  {
    dialect: 'openai.chat',
    operation: 'chat',
    host: 'provider',
    ...byField('/v1/chat/completions', { model: 'gpt-4o-mini', messages: USER }),
  },
  {
    dialect: 'openai.responses',
    operation: 'chat',
    host: 'provider',
    ...byField('/v1/responses', { model: 'gpt-4o-mini', input: SAID }),
  },
  {
    dialect: 'openai.completions',
    operation: 'text_completion',
    host: 'media',
    ...byField('/v1/completions', { model: 'gpt-3.5-turbo-instruct', prompt: SAID, max_tokens: 50 }),
  },
  {
    dialect: 'openai.embeddings',
    operation: 'embeddings',
    host: 'provider',
    ask: { path: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: SAID } },
  },
  {
    dialect: 'openai.images',
    operation: 'image_generation',
    host: 'media',
    ...byField('/v1/images/generations', { model: 'gpt-image-1', prompt: SAID }),
  },
  {
    dialect: 'openai.speech',
    operation: 'speech',
    host: 'media',
    ...byField('/v1/audio/speech', { model: 'gpt-4o-mini-tts', voice: 'alloy', input: SAID }, { stream_format: 'sse' }),
  },
  {
    dialect: 'openai.transcriptions',
    operation: 'transcription',
    host: 'media',
    ask: listening({}),
    streamed: listening({ stream: 'true' }),
  },
  {
    dialect: 'openai.moderations',
    operation: 'moderation',
    host: 'media',
    ask: { path: '/v1/moderations', body: { model: 'omni-moderation-latest', input: SAID } },
  },
  {
    dialect: 'anthropic.messages',
    operation: 'chat',
    host: 'provider',
    ...byField('/anthropic/v1/messages', { model: 'claude-haiku-4-5', max_tokens: 50, messages: USER }),
  },
  {
    dialect: 'anthropic.count_tokens',
    operation: 'count_tokens',
    host: 'provider',
    ask: { path: '/anthropic/v1/messages/count_tokens', body: { model: 'claude-haiku-4-5', messages: USER } },
  },
  {
    dialect: 'google.generate',
    operation: 'generate_content',
    host: 'provider',
    ...byPath(gemini('generateContent'), `${gemini('streamGenerateContent')}?alt=sse`, {
      contents: [{ role: 'user', parts: [{ text: SAID }] }],
    }),
  },
  {
    dialect: 'aws.converse',
    operation: 'chat',
    host: 'bedrock',
    ...byPath(model(CLAUDE, 'converse'), model(CLAUDE, 'converse-stream'), {
      messages: [{ role: 'user', content: [{ text: SAID }] }],
      inferenceConfig: { maxTokens: 50 },
    }),
  },
  {
    dialect: 'aws.invoke',
    operation: 'chat',
    host: 'bedrock',
    ...byPath(model(LLAMA, 'invoke'), model(LLAMA, 'invoke-with-response-stream'), { prompt: SAID, max_gen_len: 50 }),
  },
];

/** What a client of the API sends it. */
export function requestOf({ body }: ApiRequest, { host }: TracedApi): RequestInit {
  const authorization = `Bearer ${host === 'bedrock' ? API_KEY : PROVIDER_KEY}`;
  if (body instanceof FormData) return { method: 'POST', headers: { authorization }, body };
  return {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
