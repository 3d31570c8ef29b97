/**
 * An event stream on its way to the client: taken from the provider as the client takes it, guarded, and ended once, by whichever side
 * ends it. Knows no event's form; `StreamGuard` does.
 */

import { isAscii } from 'node:buffer';
import type { Outcome } from '../core/exchange.ts';
import type { Call, EndOptions } from '../core/pipeline.ts';
import type { Pending } from '../core/text.ts';
import { type GatewayError, isOwnError } from '../errors.ts';
import type { ByteSink, ByteSource } from './byte-source.ts';
import type { Framing } from './framing.ts';
import type { GuardOptions } from './response.ts';
import { StreamGuard, type StreamOptions } from './stream.ts';

export type GuardedStreamOptions = GuardOptions & StreamOptions;

/** How it ended for the client. */
interface Closed {
  readonly failure?: { readonly reason: unknown };
}

export class GuardedStream implements ByteSource, ByteSink {
  readonly #call: Call;
  readonly #options: GuardedStreamOptions;
  readonly #source: ByteSource;
  readonly #guard: StreamGuard;
  readonly #decode: (bytes: Uint8Array<ArrayBuffer> | undefined) => string;
  readonly #encode: (text: string) => Uint8Array<ArrayBuffer>;
  #sink: ByteSink | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** The client waits for a piece. */
  #isWanted = false;
  /** Something that takes its time is done with what came; the next has to wait. */
  #isBusy = false;
  /** What is to be done at the end of the provider's stream, which came while nobody waited for it. */
  #last: (() => Promise<void>) | undefined;
  /** The client is gone, and why; what still comes is not for it. */
  #left: { readonly error: unknown } | undefined;
  /** The rest is read for what it tells of its cost. */
  #draining: ReturnType<typeof setTimeout> | undefined;
  /** Nothing of the provider's is wanted any more. */
  #isBrokenOff = false;
  /** Something was sent. */
  #begun = false;
  /** That was all that the client gets, or why it was not. */
  #closed: Closed | undefined;

  constructor(call: Call, source: ByteSource, options: GuardedStreamOptions) {
    this.#call = call;
    this.#options = options;
    this.#source = source;
    this.#guard = new StreamGuard(call, options);
    ({ decode: this.#decode, encode: this.#encode } = codecOf(options.framing));
    source.to(this);
    this.#watch();
    if (options.signal?.aborted) this.#onAbort();
    else options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#abandon(this.#options.signal!.reason);

  #abandon(reason: unknown): void {
    void this.#leave(reason);
    this.#close({ reason });
  }

  to(sink: ByteSink): void {
    this.#sink = sink;
    if (this.#closed) this.#tell(sink, this.#closed);
  }

  resume(): void {
    this.#isWanted = true;
    if (!this.#isBusy) this.#advance();
  }

  cancel(reason: unknown): Promise<void> {
    const left = this.#leave(reason);
    this.#closed ??= {};
    return left;
  }

  take(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.#isBrokenOff) return false;
    this.#isBusy = true;
    let passed: Promise<void> | undefined;
    try {
      passed = this.#pass(bytes);
    } catch (error) {
      passed = this.#fail(error);
    }
    if (passed) {
      void this.#finish(passed);
      return false;
    }
    this.#isBusy = false;
    if (!this.#left) return this.#isWanted;
    this.#advance();
    return false;
  }

  end(): void {
    this.#endWith(async () => this.#conclude(this.#guard.end(this.#decode(undefined)), true));
  }

  fail(reason: unknown): void {
    // The provider's side hears of it first.
    if (this.#options.signal?.aborted && !this.#left) this.#onAbort();
    else this.#endWith(() => this.#fail(reason));
  }

  #endWith(last: () => Promise<void>): void {
    this.#last = last;
    if (!this.#isBusy) this.#advance();
  }

  /** Goes on, if somebody waits for it. */
  #advance(): void {
    if (this.#isBrokenOff || !(this.#isWanted || this.#draining)) return;
    if (this.#left && this.#isOver) {
      void this.#breakOff('aborted', this.#left);
      return;
    }
    const last = this.#last;
    if (!last) {
      this.#source.resume();
      return;
    }
    this.#last = undefined;
    this.#isBusy = true;
    void this.#finish(last());
  }

  async #finish(step: Promise<void>): Promise<void> {
    try {
      await step.catch((error: unknown) => this.#fail(error));
    } catch (reason) {
      this.#close({ reason });
    }
    this.#isBusy = false;
    this.#advance();
  }

  /** Shows what came. A promise where there is something to wait for, or nothing more comes: an async function took a microsecond of each. */
  #pass(bytes: Uint8Array<ArrayBuffer>): Promise<void> | undefined {
    const shown = this.#guard.push(this.#decode(bytes));
    if (typeof shown !== 'string' || this.#isOver || this.#left) return this.#conclude(shown, false);
    this.#show(shown);
    const pace = this.#call.pace();
    return pace === undefined ? undefined : this.#paced(pace);
  }

  async #conclude(pending: Pending<string>, done: boolean): Promise<void> {
    const shown = typeof pending === 'string' ? pending : await pending;
    if (this.#isBrokenOff) return;
    this.#show(shown);
    if (!done && !this.#isOver) return this.#paced(this.#call.pace());
    if (this.#left) return this.#breakOff('aborted', this.#left);
    await this.#end(this.#guard.failed ? 'failed' : 'completed', { told: this.#guard.finished });
    if (done) this.#close();
    else if (!this.#isWanted) this.#watch();
  }

  async #paced(pace: ReturnType<Call['pace']>): Promise<void> {
    const refusal = await pace;
    if (!refusal) return;
    if (this.#left) return this.#breakOff('aborted', this.#left);
    await this.#refuse(refusal);
  }

  /** Nothing that follows is of the answer. */
  get #isOver(): boolean {
    return this.#guard.finished || this.#guard.failed;
  }

  /** The money does not suffice for more: ends the stream in the provider's own form. */
  async #refuse(refusal: GatewayError): Promise<void> {
    // What was read is paid for: it is shown before the stream ends.
    const rest = await this.#guard.cut();
    if (this.#left) return;
    this.#showError(rest, refusal);
    await this.#breakOff('blocked', { error: refusal });
    this.#close();
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#left) return this.#breakOff('aborted', this.#left);
    if (isOwnError(error)) this.#showError(this.#guard.passedBefore, error);
    await this.#breakOff(isAbort(error) ? 'aborted' : 'failed', { error });
    this.#close(isOwnError(error) ? undefined : { reason: error });
  }

  #showError(rest: string, error: GatewayError): void {
    const { framing, dialect } = this.#options;
    this.#show(rest + framing.error(dialect.errors.event(error), this.#begun || rest !== ''));
  }

  #show(text: string): void {
    if (text === '' || this.#left) return;
    this.#begun = true;
    // Before it is taken: whoever takes it may already ask for more.
    this.#isWanted = false;
    if (this.#sink!.take(this.#encode(text))) this.#isWanted = true;
    if (!this.#isWanted) this.#watch();
  }

  #close(failure?: { readonly reason: unknown }): void {
    if (this.#closed) return;
    this.#closed = failure ? { failure } : {};
    if (this.#sink) this.#tell(this.#sink, this.#closed);
  }

  #tell(sink: ByteSink, { failure }: Closed): void {
    if (failure) sink.fail(failure.reason);
    else sink.end();
  }

  /** Ends the stream when nobody reads it. Where timers can be set anew it is one for all pieces: to make one took longer. */
  #watch(): void {
    const { idleTimeoutMs } = this.#options;
    const idle = this.#idle as { refresh?: () => void } | undefined;
    if (idle?.refresh) {
      idle.refresh();
      return;
    }
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (!this.#isWanted)
        this.#abandon(new DOMException(`Nobody read this stream for ${idleTimeoutMs} ms.`, 'TimeoutError'));
    }, idleTimeoutMs);
    (this.#idle as { unref?: () => void }).unref?.();
  }

  #unwatch(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
  }

  /** The client went away. */
  async #leave(error: unknown): Promise<void> {
    if (this.#left || this.#closed) return;
    this.#left = { error };
    this.#unwatch();
    const answerId = this.#call.exchange.response?.id;
    if (this.#options.continues && answerId !== undefined && !this.#guard.finished) this.#defer(answerId, error);
    else if (this.#options.abort === 'drain') this.#drain(error);
    else await this.#breakOff('aborted', { error, full: this.#options.abort === 'full' });
  }

  /** The client may come back for the rest. */
  #defer(answerId: string, error: unknown): void {
    this.#unlisten();
    this.#isBrokenOff = true;
    this.#source.cancel(error).catch(() => {});
    this.#options.defer(answerId, this.#call);
  }

  /** Reads on for the usage that comes last, for a bounded time. */
  #drain(error: unknown): void {
    this.#draining = setTimeout(() => void this.#breakOff('aborted', { error }), this.#options.idleTimeoutMs);
    (this.#draining as { unref?: () => void }).unref?.();
    if (!this.#isBusy) this.#advance();
  }

  async #breakOff(outcome: Outcome, options: EndOptions): Promise<void> {
    if (this.#isBrokenOff) return;
    this.#isBrokenOff = true;
    clearTimeout(this.#draining);
    // Not waited for: a body may take its time to be let go, and the money may not.
    this.#source.cancel(options.error).catch(() => {});
    await this.#end(outcome, options);
  }

  async #end(outcome: Outcome, options?: EndOptions): Promise<void> {
    this.#unlisten();
    this.#unwatch();
    await this.#call.end(outcome, options);
  }

  #unlisten(): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
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
