/**
 * An event stream on its way to the client: read from the provider as the client reads, guarded, and ended once, by whichever side
 * ends it. Knows no event's form; `StreamGuard` does.
 */

import { isAscii } from 'node:buffer';
import type { Outcome } from '../core/exchange.ts';
import type { Call, EndOptions } from '../core/pipeline.ts';
import type { Pending } from '../core/text.ts';
import { type GatewayError, isOwnError } from '../errors.ts';
import type { Framing } from './framing.ts';
import type { GuardOptions } from './response.ts';
import { StreamGuard, type StreamOptions } from './stream.ts';

export type GuardedStreamOptions = GuardOptions & StreamOptions;

type Controller = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>['read']>>;

export class GuardedStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #call: Call;
  readonly #options: GuardedStreamOptions;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #guard: StreamGuard;
  readonly #decode: (bytes: Uint8Array<ArrayBuffer> | undefined) => string;
  readonly #encode: (text: string) => Uint8Array<ArrayBuffer>;
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** Nobody waits for a piece. */
  #isIdle = true;
  /** A piece is being read, for a client that waits for it. */
  #reading: Promise<void> | undefined;
  /** The client is gone; what still comes is not for it. */
  #left = false;
  /** Something was sent. */
  #begun = false;

  constructor(call: Call, body: ReadableStream<Uint8Array<ArrayBuffer>>, options: GuardedStreamOptions) {
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
    this.body = new ReadableStream<Uint8Array<ArrayBuffer>>(
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

  /** One piece that is there, and to be shown at once, is waited for once: an async function took a microsecond of each. */
  #pull(controller: Controller): Promise<void> {
    this.#isIdle = false;
    return this.#reader.read().then(
      (read) => {
        try {
          const passed = this.#pass(controller, read);
          return passed === true ? undefined : this.#advance(controller, passed);
        } catch (error) {
          return this.#fail(controller, error);
        }
      },
      (error: unknown) => this.#fail(controller, error),
    );
  }

  /** Reads on until there is something to show, or nothing more. */
  async #advance(controller: Controller, passed: Pending<boolean>): Promise<void> {
    try {
      for (let isShown = await passed; !isShown; ) {
        const next = this.#pass(controller, await this.#reader.read());
        isShown = typeof next === 'boolean' ? next : await next;
      }
    } catch (error) {
      await this.#fail(controller, error);
    }
  }

  async #fail(controller: Controller, error: unknown): Promise<void> {
    if (this.#left) return;
    if (isOwnError(error)) this.#showError(controller, this.#guard.passedBefore, error);
    await this.#breakOff(isAbort(error) ? 'aborted' : 'failed', { error });
    if (isOwnError(error)) controller.close();
    else controller.error(error);
  }

  /** Shows what came. False when the client still waits: there was nothing to show, and there is more. */
  #pass(controller: Controller, { done, value }: Read): Pending<boolean> {
    const shown = this.#guarded(value);
    if (typeof shown !== 'string' || done || this.#isOver || this.#left) return this.#conclude(controller, done, shown);
    this.#show(controller, shown);
    const pace = this.#call.pace();
    return pace === undefined ? this.#isServed(controller, shown) : this.#paced(controller, pace, shown);
  }

  /** The same where there is something to wait for, or nothing more comes. */
  async #conclude(controller: Controller, done: boolean, pending: Pending<string>): Promise<boolean> {
    const shown = await pending;
    if (this.#left) return true;
    this.#show(controller, shown);
    if (!done && !this.#isOver) return this.#paced(controller, this.#call.pace(), shown);
    await this.#end(this.#guard.failed ? 'failed' : 'completed', { told: this.#guard.finished });
    if (!done) return this.#isServed(controller, shown);
    controller.close();
    return true;
  }

  async #paced(controller: Controller, pace: ReturnType<Call['pace']>, shown: string): Promise<boolean> {
    const refusal = await pace;
    if (this.#left) return true;
    if (!refusal) return this.#isServed(controller, shown);
    await this.#refuse(controller, refusal);
    return true;
  }

  #isServed(controller: Controller, shown: string): boolean {
    if (shown !== '' && !this.#left) this.#watch(controller);
    return shown !== '';
  }

  /** Nothing that follows is of the answer. */
  get #isOver(): boolean {
    return this.#guard.finished || this.#guard.failed;
  }

  /** What may be shown of the next bytes; without any, of the end. */
  #guarded(bytes: Uint8Array<ArrayBuffer> | undefined): Pending<string> {
    const decoded = this.#decode(bytes);
    return bytes === undefined ? this.#guard.end(decoded) : this.#guard.push(decoded);
  }

  /** The money does not suffice for more: ends the stream in the provider's own form. */
  async #refuse(controller: Controller, refusal: GatewayError): Promise<void> {
    // What was read is paid for: it is shown before the stream ends.
    const rest = await this.#guard.cut();
    if (this.#left) return;
    this.#showError(controller, rest, refusal);
    await this.#breakOff('blocked', { error: refusal });
    controller.close();
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

  /** Ends the stream when nobody reads it. Where timers can be set anew it is one for all pieces: to make one took longer. */
  #watch(controller: Controller): void {
    const { idleTimeoutMs } = this.#options;
    this.#isIdle = true;
    const idle = this.#idle as { refresh?: () => void } | undefined;
    if (idle?.refresh) {
      idle.refresh();
      return;
    }
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (!this.#isIdle) return;
      const error = new DOMException(`Nobody read this stream for ${idleTimeoutMs} ms.`, 'TimeoutError');
      controller.error(error);
      void this.#leave(error);
    }, idleTimeoutMs);
    (this.#idle as { unref?: () => void }).unref?.();
  }

  #unwatch(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
  }

  /** The client went away. */
  async #leave(error: unknown): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.#unwatch();
    const answerId = this.#call.exchange.response?.id;
    if (this.#options.continues && answerId !== undefined && !this.#guard.finished) this.#defer(answerId, error);
    else if (this.#options.abort === 'drain') void this.#drain(error);
    else await this.#breakOff('aborted', { error, full: this.#options.abort === 'full' });
  }

  /** The client may come back for the rest. */
  #defer(answerId: string, error: unknown): void {
    this.#unlisten();
    this.#reader.cancel(error).catch(() => {});
    this.#options.defer(answerId, this.#call);
  }

  /** Reads on for the usage that comes last, for a bounded time. */
  async #drain(error: unknown): Promise<void> {
    const timer = setTimeout(() => void this.#breakOff('aborted', { error }), this.#options.idleTimeoutMs);
    (timer as { unref?: () => void }).unref?.();
    try {
      await this.#reading;
      for (let done = false; !done && !this.#guard.finished && !this.#guard.failed; ) {
        const read = await this.#reader.read();
        done = read.done;
        await this.#guarded(read.value);
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
    this.#unwatch();
    // Not waited for: a body may take its time to be let go, and the money may not.
    this.#reader.cancel(options.error).catch(() => {});
    await this.#end(outcome, options);
  }

  async #end(outcome: Outcome, options?: EndOptions): Promise<void> {
    this.#unlisten();
    this.#unwatch();
    await this.#call.end(outcome, options);
  }
}

interface Codec {
  /** The next bytes; none at the end. */
  decode(bytes: Uint8Array<ArrayBuffer> | undefined): string;
  encode(text: string): Uint8Array<ArrayBuffer>;
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
  // Letters of one byte alone, with no rest of another before them, are most of all text and need no decoder.
  let isWhole = true;
  let [lastText, lastBytes]: [string?, Uint8Array<ArrayBuffer>?] = [];
  return {
    decode(bytes) {
      lastText = undefined;
      if (bytes === undefined) return decoder.decode();
      if (!isWhole || !isAscii(bytes)) {
        isWhole = (bytes.at(-1) ?? 128) < 128;
        return decoder.decode(bytes, { stream: true });
      }
      lastText = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      lastBytes = bytes;
      return lastText;
    },
    // What was not changed goes out as it came.
    encode: (text) => (text === lastText ? lastBytes! : encoder.encode(text)),
  };
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
