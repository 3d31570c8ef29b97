/** The answer to one dispatched request, from its headers on: read whole, or as it arrives, no faster than it is taken. */
import type { Dispatcher } from 'undici';
import { type ByteSink, type ByteSource, readableOf, sourceOf } from './byte-source.ts';
import { decodedBody, decodersOf, type MakeDecoder } from './dispatch-decode.ts';
import { HeaderList, type ParsedHeaders } from './header-list.ts';
import { isNullBodyStatus, type ProviderAnswer } from './http-answer.ts';
import { answerTooLarge, joined, readWhole } from './whole-body.ts';

export interface Asking {
  readonly method: string;
  readonly href: string;
  readonly signal: AbortSignal | undefined;
  resolve(answer: ProviderAnswer): void;
  reject(reason: unknown): void;
}

interface WholeReader {
  readonly limit: number;
  resolve(bytes: Uint8Array<ArrayBuffer>): void;
  reject(reason: unknown): void;
}

/** Bytes that wait for a reader before the provider is told to wait. */
const MAX_WAITING_BYTES = 64 * 1024;

/** A body that nobody can read any more holds a connection for ever. `fetch` lets go of it in the same way. */
const unreachable = new FinalizationRegistry<WeakRef<Arrival>>((arrival) => arrival.deref()?.letGo());

/** What of an answer has come, and who reads it. */
export class Arrival implements Dispatcher.DispatchHandler, ByteSource {
  readonly #asking: Asking;
  #wire: Dispatcher.DispatchController | undefined;
  #whole: WholeReader | undefined;
  #sink: ByteSink | undefined;
  /** What came and was not asked for yet. */
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  /** More is wanted, and whether it will be served in a moment. */
  #hungry = false;
  #serving = false;
  /** Somebody has begun to read. */
  #asked = false;
  #answered = false;
  #isEmpty = false;
  /** All has come. */
  #complete = false;
  /** All was given, or it failed. */
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;

  constructor(asking: Asking) {
    this.#asking = asking;
    asking.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.abort(this.#asking.signal!.reason);

  onRequestStart(wire: Dispatcher.DispatchController): void {
    this.#wire = wire;
    if (this.#failure) wire.abort(asError(this.#failure.reason));
  }

  onResponseStart(_: unknown, status: number, parsed: ParsedHeaders, statusText = ''): void {
    // 1xx: the answer is still to come.
    if (status < 200 || this.#ended) return;
    const { method, href, resolve } = this.#asking;
    this.#isEmpty = method === 'HEAD' || isNullBodyStatus(status);
    const coding = this.#isEmpty ? undefined : parsed['content-encoding'];
    const decoders = coding === undefined ? undefined : decodersOf(String(coding));
    const head = { status, statusText, headers: HeaderList.parsed(parsed), href };
    this.#answered = true;
    resolve(new DispatchedAnswer(head, this.#isEmpty ? undefined : this, decoders));
  }

  onResponseData(wire: Dispatcher.DispatchController, { buffer, byteOffset, byteLength }: Buffer): void {
    if (this.#ended || this.#isEmpty) return;
    // Not the Buffer itself, whose methods are others.
    this.#waiting.push(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
    this.#waitingBytes += byteLength;
    if (this.#whole) this.#collect(this.#whole);
    else this.#feed(wire);
  }

  onResponseEnd(): void {
    this.#complete = true;
    if (this.#whole) this.#collect(this.#whole);
    else if (this.#waiting.length === 0 && this.#end()) this.#sink?.end();
  }

  onResponseError(_: unknown, cause: Error): void {
    if (this.#serving) this.#serve();
    this.#fail(new TypeError(this.#answered ? 'terminated' : 'fetch failed', { cause }));
  }

  /** All of it, decoded by nobody. */
  whole(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure.reason);
      this.#whole = { limit, resolve, reject };
      this.#collect(this.#whole);
    });
  }

  to(sink: ByteSink): void {
    this.#sink = sink;
    if (this.#failure) sink.fail(this.#failure.reason);
    else if (this.#ended) sink.end();
  }

  resume(): void {
    this.#asked = true;
    this.#hungry = true;
    if (this.#waiting.length > 0) this.#serve();
  }

  async cancel(reason: unknown): Promise<void> {
    this.abort(reason);
  }

  /** The caller, or whoever reads the body, went away. The connection is of no more use. */
  abort(reason: unknown): void {
    if (this.#fail(reason)) this.#wire?.abort(asError(reason));
  }

  /** Of a response that is gone: nobody asked for its body, and nobody will. */
  letGo(): void {
    if (!this.#asked) this.abort(new DOMException('The response was dropped unread.', 'AbortError'));
  }

  #feed(wire: Dispatcher.DispatchController): void {
    if (this.#waitingBytes >= MAX_WAITING_BYTES) wire.pause();
    if (!this.#hungry || this.#serving) return;
    // The parser goes on at once with what came in the same packet: a reader gets it as one piece, as it does from `fetch`.
    this.#serving = true;
    queueMicrotask(this.#serveNow);
  }

  #collect({ limit, resolve }: WholeReader): void {
    if (this.#waitingBytes > limit) this.abort(answerTooLarge(limit));
    else if (!this.#complete) this.#wire!.resume();
    else {
      this.#end();
      resolve(joined(this.#waiting, this.#waitingBytes));
    }
  }

  readonly #serveNow = (): void => this.#serve();

  #serve(): void {
    this.#serving = false;
    if (this.#ended || this.#waiting.length === 0) return;
    const piece = joined(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    // Before it is taken: whoever takes it may already ask for more.
    this.#hungry = false;
    if (this.#sink!.take(piece)) this.#hungry = true;
    if (!this.#complete) this.#wire!.resume();
    else if (this.#end()) this.#sink!.end();
  }

  #fail(reason: unknown): boolean {
    if (!this.#end()) return false;
    this.#failure = { reason };
    if (!this.#answered) this.#asking.reject(reason);
    this.#whole?.reject(reason);
    this.#sink?.fail(reason);
    return true;
  }

  /** False when it has ended before. */
  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#asking.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

interface Head extends Pick<ProviderAnswer, 'status' | 'statusText' | 'headers'> {
  readonly href: string;
}

class DispatchedAnswer implements ProviderAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
  readonly #href: string;
  /** `undefined` where there is no body. */
  readonly #arrival: Arrival | undefined;
  readonly #decoders: readonly MakeDecoder[] | undefined;
  #body: ByteSource | undefined;

  constructor(
    { status, statusText, headers, href }: Head,
    arrival: Arrival | undefined,
    decoders: readonly MakeDecoder[] | undefined,
  ) {
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.#href = href;
    this.#arrival = arrival;
    this.#decoders = decoders;
  }

  get body(): ByteSource | null {
    if (!this.#arrival) return null;
    this.#body ??= this.#opened(this.#arrival);
    return this.#body;
  }

  async bytes(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#arrival) return new Uint8Array();
    return this.#decoders ? readWhole(readableOf(this.body!), limit) : this.#arrival.whole(limit);
  }

  response(): Response {
    const { status, statusText, headers, body } = this;
    const response = new Response(body && readableOf(body), { status, statusText, headers: [...headers] });
    Object.defineProperty(response, 'url', { value: this.#href });
    if (this.#arrival) unreachable.register(response, new WeakRef(this.#arrival));
    return response;
  }

  #opened(arrival: Arrival): ByteSource {
    if (!this.#decoders) return arrival;
    return sourceOf(decodedBody(readableOf(arrival), this.#decoders, (reason) => arrival.abort(reason)));
  }
}

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError');
