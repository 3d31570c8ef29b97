/**
 * An event stream on its way to the client: read from the provider as the client reads, guarded, and ended once, by whichever side
 * ends it. Knows no event's form; `StreamGuard` does.
 */

import type { Outcome } from '../core/exchange.ts';
import type { Call, EndOptions } from '../core/pipeline.ts';
import { type GatewayError, isOwnError } from '../errors.ts';
import type { Framing } from './framing.ts';
import type { GuardOptions } from './response.ts';
import { StreamGuard, type StreamOptions } from './stream.ts';

export type GuardedStreamOptions = GuardOptions & StreamOptions;

type Controller = ReadableStreamDefaultController<Uint8Array>;

export class GuardedStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #call: Call;
  readonly #options: GuardedStreamOptions;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #guard: StreamGuard;
  readonly #decode: (bytes: Uint8Array | undefined) => string;
  readonly #encode: (text: string) => Uint8Array;
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** A piece is being read, for a client that waits for it. */
  #reading: Promise<void> | undefined;
  /** The client is gone; what still comes is not for it. */
  #left = false;
  /** Something was sent. */
  #begun = false;

  constructor(call: Call, body: ReadableStream<Uint8Array>, options: GuardedStreamOptions) {
    this.#call = call;
    this.#options = options;
    this.#reader = body.getReader();
    this.#guard = new StreamGuard(call, options);
    ({ decode: this.#decode, encode: this.#encode } = codecOf(options.framing));
    let controller: Controller;
    const onAbort = (): void => {
      controller.error(options.signal!.reason);
      void this.#leave(options.signal!.reason);
    };
    this.#unlisten = () => options.signal?.removeEventListener('abort', onAbort);
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (own) => {
          controller = own;
          this.#watch(own);
        },
        pull: (own) => (this.#reading = this.#pull(own)),
        cancel: (reason) => this.#leave(reason),
      },
      { highWaterMark: 0 },
    );
    if (options.signal?.aborted) onAbort();
    else options.signal?.addEventListener('abort', onAbort, { once: true });
  }

  readonly #unlisten: () => void;

  async #pull(controller: Controller): Promise<void> {
    clearTimeout(this.#idle);
    try {
      if (await this.#advance(controller)) this.#watch(controller);
    } catch (error) {
      if (this.#left) return;
      if (isOwnError(error)) this.#showError(controller, this.#guard.passedBefore, error);
      await this.#breakOff(isAbort(error) ? 'aborted' : 'failed', { error });
      if (isOwnError(error)) controller.close();
      else controller.error(error);
    }
  }

  /** Reads until there is something to show; false at the end of the stream. */
  async #advance(controller: Controller): Promise<boolean> {
    for (;;) {
      const { done, shown } = await this.#next();
      if (this.#left) return false;
      this.#show(controller, shown);
      const ended = done || this.#guard.finished || this.#guard.failed;
      if (ended) await this.#end(this.#guard.failed ? 'failed' : 'completed');
      else if (!(await this.#mayGoOn(controller))) return false;
      if (done) controller.close();
      if (done || shown !== '') return !done;
    }
  }

  async #next(): Promise<{ done: boolean; shown: string }> {
    const { done, value } = await this.#reader.read();
    const decoded = this.#decode(done ? undefined : value);
    const pending = done ? this.#guard.end(decoded) : this.#guard.push(decoded);
    return { done, shown: typeof pending === 'string' ? pending : await pending };
  }

  /** Asks whether the money suffices for more; when it does not, ends the stream in the provider's own form. */
  async #mayGoOn(controller: Controller): Promise<boolean> {
    const pace = this.#call.pace();
    const refusal = pace instanceof Promise ? await pace : pace;
    if (!refusal || this.#left) return !this.#left;
    // What was read is paid for: it is shown before the stream ends.
    const rest = await this.#guard.cut();
    if (this.#left) return false;
    this.#showError(controller, rest, refusal);
    await this.#breakOff('blocked', { error: refusal });
    controller.close();
    return false;
  }

  #showError(controller: Controller, rest: string, error: GatewayError): void {
    const { framing, dialect } = this.#options;
    this.#show(controller, rest);
    this.#show(controller, framing.error(dialect.errors.event(error), this.#begun));
  }

  #show(controller: Controller, text: string): void {
    if (text === '') return;
    this.#begun = true;
    controller.enqueue(this.#encode(text));
  }

  #watch(controller: Controller): void {
    const { idleTimeoutMs } = this.#options;
    this.#idle = setTimeout(() => {
      const error = new DOMException(`Nobody read this stream for ${idleTimeoutMs} ms.`, 'TimeoutError');
      controller.error(error);
      void this.#leave(error);
    }, idleTimeoutMs);
    (this.#idle as { unref?: () => void }).unref?.();
  }

  /** The client went away. */
  async #leave(error: unknown): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    clearTimeout(this.#idle);
    if (this.#options.abort === 'drain') void this.#drain(error);
    else await this.#breakOff('aborted', { error, full: this.#options.abort === 'full' });
  }

  /** Reads on for the usage that comes last, for a bounded time. */
  async #drain(error: unknown): Promise<void> {
    const timer = setTimeout(() => void this.#breakOff('aborted', { error }), this.#options.idleTimeoutMs);
    (timer as { unref?: () => void }).unref?.();
    try {
      await this.#reading;
      for (let done = false; !done && !this.#guard.finished && !this.#guard.failed; ) {
        ({ done } = await this.#next());
        const pace = this.#call.pace();
        if (pace instanceof Promise ? await pace : pace) break;
      }
    } catch {
      // What came until here is what is known.
    }
    clearTimeout(timer);
    await this.#breakOff('aborted', { error });
  }

  async #breakOff(outcome: Outcome, options: EndOptions): Promise<void> {
    clearTimeout(this.#idle);
    // Not waited for: a body may take its time to be let go, and the money may not.
    this.#reader.cancel(options.error).catch(() => {});
    await this.#end(outcome, options);
  }

  async #end(outcome: Outcome, options?: EndOptions): Promise<void> {
    this.#unlisten();
    clearTimeout(this.#idle);
    await this.#call.end(outcome, options);
  }
}

interface Codec {
  /** The next bytes; none at the end. */
  decode(bytes: Uint8Array | undefined): string;
  encode(text: string): Uint8Array;
}

function codecOf({ charset }: Framing): Codec {
  if (charset === 'latin1') {
    return {
      decode: (bytes) =>
        bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'),
      encode: (text) => Buffer.from(text, 'latin1'),
    };
  }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  return {
    decode: (bytes) => (bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })),
    encode: (text) => encoder.encode(text),
  };
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
