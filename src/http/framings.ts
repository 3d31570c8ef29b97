/** Which framing an answer has, told by what it says it is. */
import type { AnswerHeaders } from '../core/meter.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { awsEventStream } from './aws-event-stream.ts';
import type { Framing } from './framing.ts';
import { jsonArray } from './json-array.ts';
import { jsonLines } from './json-lines.ts';
import { opaque } from './opaque.ts';
import { sse } from './sse.ts';

interface Asked {
  readonly dialect: Pick<Dialect, 'operation' | 'lines' | 'arrayStream' | 'opaque'>;
  /** A streamed answer was asked for. */
  readonly stream: boolean;
}

/** Operations that answer with pictures or sound, or with a file that may be one. No other does, whatever its answer calls itself. */
const WITH_MEDIA: ReadonlySet<Dialect['operation']> = new Set(['image', 'speech', 'retrieve']);
/** Pictures of the type `image/svg+xml` are text. */
const MEDIA_TYPE = /^(?:audio|video|image)\/(?!.*\bxml\b)/i;

/** `undefined` for an answer that is read as a whole. */
export function framingOf(headers: AnswerHeaders, { dialect, stream }: Asked): Framing | undefined {
  const type = headers.get('content-type') ?? '';
  if (/^text\/event-stream\b/i.test(type)) return sse;
  if (/^application\/vnd\.amazon\.eventstream\b/i.test(type)) return awsEventStream;
  if (WITH_MEDIA.has(dialect.operation) && MEDIA_TYPE.test(type)) return opaque;
  if (/^application\/(?:x-jsonl|jsonl|jsonlines|x-jsonlines|x-ndjson)\b/i.test(type)) return jsonLines;
  if (stream && dialect.arrayStream && /^application\/json\b/i.test(type)) return jsonArray;
  // Results of batches call themselves bytes.
  if (stream && dialect.lines && /^(?:application|binary)\/(?:octet-stream|binary)\b/i.test(type)) return jsonLines;
  // Many servers do not say what their sound is.
  return dialect.opaque && !/^text\/|json|xml/i.test(type) ? opaque : undefined;
}
