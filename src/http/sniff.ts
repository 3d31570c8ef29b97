/**
 * The framing of a streamed answer that calls itself something else, or nothing: clients that asked for a stream read it as one all the
 * same. Told by its first characters, which are put back.
 */
import type { Dialect } from '../dialects/dialect.ts';
import type { Framing } from './framing.ts';
import { jsonArray } from './json-array.ts';
import { sse } from './sse.ts';

const EVENT = /^\uFEFF?\s*(?:data|event|id|retry)?:/;
const ARRAY = /^\uFEFF?\s*\[/;
/** So many characters tell; those who begin with more blank lines are read as a whole. */
const ENOUGH_CHARS = 64;

export interface Sniffed {
  /** `undefined` for an answer that came whole. */
  readonly framing: Framing | undefined;
  /** What is to be read instead. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

export async function sniffed(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { arrayStream }: Dialect,
): Promise<Sniffed> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let start = '';
  while (start.length < ENOUGH_CHARS && !/\S{8}/.test(start)) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    start += decoder.decode(value.subarray(0, ENOUGH_CHARS), { stream: true });
  }
  const framing = EVENT.test(start) ? sse : arrayStream && ARRAY.test(start) ? jsonArray : undefined;
  return { framing, body: putBack(chunks, reader) };
}

function putBack(
  chunks: Uint8Array<ArrayBuffer>[],
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = chunks.length > 0 ? { done: false, value: chunks.shift() } : await reader.read();
        if (done) controller.close();
        else controller.enqueue(value!);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
