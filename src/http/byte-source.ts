/**
 * Bytes on their way from a provider to a caller: handed on where they come, without a promise for each, and no faster than they are
 * taken. A web stream is made of them where a caller is to have one, and they of one where a `fetch` gave it. Knows nothing of what they say.
 */

/** Takes what comes. Its end, or why there is none, may come at any time; nothing comes after it. */
export interface ByteSink {
  /** Whether more may come at once; else the source is told by `resume`. */
  take(bytes: Uint8Array<ArrayBuffer>): boolean;
  end(): void;
  fail(reason: unknown): void;
}

/** Gives nothing before it is told to, by `resume`, to the one sink that it has. */
export interface ByteSource {
  to(sink: ByteSink): void;
  /** The next piece may come. */
  resume(): void;
  /** Nobody wants the rest, and nothing comes any more. Also before there is a sink. */
  cancel(reason?: unknown): Promise<void>;
}

/** With nothing kept ahead of the reader by the stream itself, `pull` means that one is waiting. */
export function readableOf(source: ByteSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: (controller) =>
        source.to({
          take(bytes) {
            controller.enqueue(bytes);
            return false;
          },
          end: () => controller.close(),
          fail: (reason) => controller.error(reason),
        }),
      pull: () => source.resume(),
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

export function sourceOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): ByteSource {
  return new ReadSource(stream);
}

type Read = ReadableStreamReadResult<Uint8Array<ArrayBuffer>>;

class ReadSource implements ByteSource {
  readonly #stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #sink: ByteSink | undefined;
  #isWanted = false;
  #isReading = false;
  /** It has ended, or is not wanted any more. */
  #isOver = false;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#stream = stream;
  }

  to(sink: ByteSink): void {
    this.#sink = sink;
    this.#reader = this.#stream.getReader();
  }

  resume(): void {
    this.#isWanted = true;
    if (this.#isReading || this.#isOver) return;
    this.#isReading = true;
    this.#reader!.read().then(this.#came, this.#failed);
  }

  cancel(reason: unknown): Promise<void> {
    this.#isOver = true;
    return (this.#reader ?? this.#stream).cancel(reason);
  }

  readonly #came = ({ done, value }: Read): void => {
    if (this.#isOver) return;
    this.#isReading = false;
    // Before it is taken: whoever takes it may already ask for more.
    this.#isWanted = false;
    if (!done) {
      if (this.#sink!.take(value) && !this.#isWanted) this.resume();
      return;
    }
    this.#isOver = true;
    this.#sink!.end();
  };

  readonly #failed = (reason: unknown): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink!.fail(reason);
  };
}
