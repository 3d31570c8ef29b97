/** OpenAI's audio: speech out of text, and text out of speech. */
import type { TextTag } from '../core/json-body.ts';
import type { FormFile, RequestBody } from '../core/request-body.ts';
import type { KeyPath } from '../core/text.ts';
import type { Dialect, RequestFacts, Route } from './dialect.ts';
import { asObject, asString, listOf, modelOf, optionalBoolean, parameters, requiredString, shape } from './fields.ts';
import { ERROR, plain, plainFacts } from './openai-plain.ts';

const OUTPUT: TextTag = { scope: 'output' };
const MEDIA: TextTag = { scope: 'message', media: true };

function speechFacts(body: RequestBody, route: Route): RequestFacts {
  const character = [...requiredString(body, 'input')].length;
  const pieces = { likely: { character }, most: { character } };
  const stream = body.member('stream_format') === 'sse';
  return plainFacts(modelOf(body, route), { stream, parameters: parameters(body, ['speed']), pieces });
}

export const openaiSpeech: Dialect = {
  ...plain,
  id: 'openai.speech',
  operation: 'speech',
  opaque: true,
  request: shape({ scope: 'message' }, { model: null, voice: null, response_format: null, stream_format: null }),
  response: shape(OUTPUT, { usage: null, audio: { scope: 'output', media: true }, error: ERROR }),
  event: shape(OUTPUT, { type: null, usage: null, audio: { scope: 'output', media: true }, error: ERROR }),
  facts: speechFacts,
};

/** Kilobits a second by the form of a file: the fewest that speech is kept in, and what is usual. The fewer, the longer it lasts. */
const KBPS: readonly (readonly [name: RegExp, least: number, usual: number])[] = [
  [/\.(?:wav|pcm|aiff?)$|\b(?:wav|wave|pcm|aiff)\b/i, 64, 256],
  [/\.flac$|\bflac\b/i, 32, 256],
  [/\.(?:opus|og[ga]|webm)$|\b(?:opus|ogg|webm)\b/i, 6, 24],
];
const OTHER_KBPS = [8, 48] as const;

/** How long sound lasts cannot be told from the outside: a bound, and what is usual. */
function secondsOf({ name, type, bytes }: FormFile): { least: number; most: number } {
  const [, least, usual] = KBPS.find(([form]) => form.test(name) || form.test(type)) ?? [undefined, ...OTHER_KBPS];
  const seconds = (kbps: number): number => Math.ceil((bytes * 8) / (kbps * 1000));
  return { least: seconds(usual), most: seconds(least) };
}

function transcriptionFacts(body: RequestBody, route: Route): RequestFacts {
  const lengths = (body.files ?? []).filter(({ field }) => field === 'file').map(secondsOf);
  const sum = (key: 'least' | 'most'): number => lengths.reduce((total, length) => total + length[key], 0);
  const pieces = { likely: { audioSecond: sum('least') }, most: { audioSecond: sum('most') } };
  const stream = optionalBoolean(body, 'stream') ?? false;
  return plainFacts(modelOf(body, route), {
    stream,
    parameters: parameters(body, ['temperature']),
    pieces,
    // Some hosts take the address of a file instead: how long that is, nothing tells.
    unpriced: lengths.length === 0,
  });
}

const SEGMENT = { id: null, type: null, tokens: null };

/** A word at a time or in tokens, in which no filter finds what stands in several of them. */
function transcriptQuotes(path: KeyPath): readonly KeyPath[] {
  if (path[0] === 'segments') return [[...path.slice(0, 2), 'tokens'], ['words']];
  return path[0] === 'text' || path[0] === 'delta' ? [['logprobs'], ['words']] : [];
}

const transcript = {
  ...plain,
  operation: 'transcription',
  forms: true,
  request: shape(
    { scope: 'message' },
    {
      model: null,
      response_format: null,
      language: null,
      languages: null,
      include: null,
      timestamp_granularities: null,
      stream: null,
      temperature: null,
      chunking_strategy: null,
      // Pieces of somebody's voice.
      known_speaker_references: MEDIA,
    },
  ),
  response: shape(OUTPUT, {
    task: null,
    language: null,
    languages: null,
    usage: null,
    logprobs: null,
    segments: listOf(shape(undefined, SEGMENT)),
    error: ERROR,
  }),
  event: shape(OUTPUT, {
    ...SEGMENT,
    segment_id: null,
    languages: null,
    usage: null,
    logprobs: null,
    delta: { scope: 'output', streamed: true },
    text: { scope: 'output', repeats: true },
    error: ERROR,
  }),
  facts: transcriptionFacts,
  channel: (event: unknown) => asString(asObject(event)?.segment_id) ?? '',
  quotes: transcriptQuotes,
} satisfies Partial<Dialect>;

export const openaiTranscriptions: Dialect = { ...transcript, id: 'openai.transcriptions' };
export const openaiTranslations: Dialect = { ...transcript, id: 'openai.translations' };
