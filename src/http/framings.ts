/** Which framing an answer has, told by what it says it is. */
import type { Dialect } from '../dialects/dialect.ts';
import { awsEventStream } from './aws-event-stream.ts';
import type { Framing } from './framing.ts';
import { jsonLines } from './json-lines.ts';
import { opaque } from './opaque.ts';
import { sse } from './sse.ts';

interface Asked {
  readonly dialect: Dialect;
  /** A streamed answer was asked for. */
  readonly stream: boolean;
}

/** `undefined` for an answer that is read as a whole. */
export function framingOf(headers: Headers, _asked: Asked): Framing | undefined {
  const type = headers.get('content-type') ?? '';
  if (/^text\/event-stream\b/i.test(type)) return sse;
  if (/^application\/vnd\.amazon\.eventstream\b/i.test(type)) return awsEventStream;
  if (/^(?:audio|video|image)\//i.test(type)) return opaque;
  if (/^application\/(?:x-jsonl|jsonl|jsonlines|x-jsonlines|x-ndjson)\b/i.test(type)) return jsonLines;
  return undefined;
}
