/** Bodies that come encoded, though none were asked for or because the client asked: decoded as they are read, and no faster. */
import { pipeline, Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';

/** Makes a decoder, told the first byte of what it will read. */
export type MakeDecoder = (first: number | undefined) => Transform;

/** Lenient at the end, as browsers and curl are: some servers leave it out. */
const LENIENT = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const { BROTLI_OPERATION_FLUSH } = zlib.constants;

const gunzip: MakeDecoder = () => zlib.createGunzip(LENIENT);
const DECODERS: Readonly<Record<string, MakeDecoder | undefined>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  // Servers disagree whether `deflate` has the header of zlib, which the standard wants.
  deflate: (first) =>
    first === undefined || (first & 0x0f) === 0x08 ? zlib.createInflate(LENIENT) : zlib.createInflateRaw(LENIENT),
  br: () => zlib.createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH }),
  // Node 22.15 and later.
  zstd: 'createZstdDecompress' in zlib ? () => zlib.createZstdDecompress() : undefined,
};

/** Each takes memory of its own. */
const MAX_ENCODINGS = 5;

/**
 * In the order in which they are undone; `undefined` when one is not known, as `fetch` then leaves the body as it is.
 * @throws Error when there are too many
 */
export function decodersOf(coding: string): readonly MakeDecoder[] | undefined {
  const names = coding.toLowerCase().split(',');
  if (names.length > MAX_ENCODINGS) throw new Error(`The answer is encoded ${names.length} times.`);
  const decoders = names.map((name) => (Object.hasOwn(DECODERS, name.trim()) ? DECODERS[name.trim()] : undefined));
  return decoders.every((decoder) => decoder !== undefined) ? decoders.reverse() : undefined;
}

/** @param leave lets go of the connection, whoever waits for it */
export function decodedBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  decoders: readonly MakeDecoder[],
  leave: (reason: unknown) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = decode(body, decoders);
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength));
        } catch (error) {
          const broken = isOfZlib(error) ? new TypeError('terminated', { cause: error }) : error;
          leave(broken);
          throw broken;
        }
      },
      cancel(reason) {
        leave(reason);
        // What it waited for has failed by now.
        void pieces.return().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

async function* decode(
  body: ReadableStream<Uint8Array>,
  makers: readonly MakeDecoder[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = body[Symbol.asyncIterator]();
  const { done, value: first } = await source.next();
  if (done) return;
  const decoders = makers.map((make, index) => make(index === 0 ? first[0] : undefined));
  // What fails is thrown where the last one is read.
  yield* pipeline(
    [Readable.from(prefixed(first, source)), ...decoders],
    () => {},
  ) as unknown as AsyncIterable<Uint8Array>;
}

async function* prefixed<Piece>(first: Piece, rest: AsyncIterableIterator<Piece>): AsyncGenerator<Piece> {
  yield first;
  yield* rest;
}

function isOfZlib(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^(?:Z_|ERR_(?:_ERROR|BROTLI|ZLIB|ZSTD|PADDING))|_ERROR_/.test(code);
}
