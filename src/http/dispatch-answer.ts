/** The answer to one dispatched request: a `Response` at its headers, whose body is what arrives, no faster than it is read. */
import type { Dispatcher } from 'undici';
import { decodedBody, decodersOf } from './dispatch-decode.ts';

export interface Asking {
  readonly method: string;
  readonly href: string;
  readonly signal: AbortSignal | undefined;
  resolve(response: Response): void;
  reject(reason: unknown): void;
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** Bytes that wait for a reader before the provider is told to wait. */
const MAX_WAITING_BYTES = 64 * 1024;

const BY_BYTES = { highWaterMark: 0, size: (chunk: Uint8Array): number => chunk.byteLength };

/** A body that nobody can read any more holds a connection for ever. `fetch` lets go of it in the same way. */
const unreachable = new FinalizationRegistry<WeakRef<Answer>>((answer) => answer.deref()?.letGo());

export class Answer implements Dispatcher.DispatchHandler {
  readonly #asking: Asking;
  #wire: Dispatcher.DispatchController | undefined;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #answered = false;
  #ended = false;
  #asked = false;
  #reason: unknown;

  constructor(asking: Asking) {
    this.#asking = asking;
    asking.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#abort(this.#asking.signal!.reason);

  onRequestStart(wire: Dispatcher.DispatchController): void {
    this.#wire = wire;
    if (this.#ended) wire.abort(asError(this.#reason));
  }

  onResponseStart(_: unknown, status: number, headers: Headers, statusText = ''): void {
    // 1xx: the answer is still to come.
    if (status < 200 || this.#ended) return;
    const { method, href, resolve } = this.#asking;
    const isEmpty = method === 'HEAD' || status === 204 || status === 205 || status === 304;
    const body = isEmpty ? null : this.#decoded(headers['content-encoding']);
    const response = new Response(body, { status, statusText, headers: listed(headers) });
    Object.defineProperty(response, 'url', { value: href });
    if (body) unreachable.register(response, new WeakRef(this));
    this.#answered = true;
    resolve(response);
  }

  onResponseData(wire: Dispatcher.DispatchController, { buffer, byteOffset, byteLength }: Buffer): void {
    if (this.#ended || !this.#body) return;
    // Not the Buffer itself, whose methods are others.
    this.#body.enqueue(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
    if (this.#body.desiredSize! <= -MAX_WAITING_BYTES) wire.pause();
  }

  onResponseEnd(): void {
    if (!this.#end()) return;
    this.#body?.close();
  }

  onResponseError(_: unknown, cause: Error): void {
    this.#fail(new TypeError(this.#answered ? 'terminated' : 'fetch failed', { cause }));
  }

  /** Of a response that is gone: nobody asked for its body, and nobody will. */
  letGo(): void {
    if (!this.#asked) this.#abort(new DOMException('The response was dropped unread.', 'AbortError'));
  }

  #decoded(coding: string | string[] | undefined): ReadableStream<Uint8Array> {
    const stream = this.#stream();
    const decoders = coding === undefined ? undefined : decodersOf(String(coding));
    return decoders ? decodedBody(stream, decoders, (reason) => this.#abort(reason)) : stream;
  }

  /** With nothing kept ahead of the reader by the stream itself, `pull` means that one is waiting. */
  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#body = controller;
        },
        pull: () => {
          this.#asked = true;
          this.#wire?.resume();
        },
        cancel: (reason) => this.#abort(reason),
      },
      BY_BYTES,
    );
  }

  /** The caller, or whoever reads the body, went away. The connection is of no more use. */
  #abort(reason: unknown): void {
    this.#reason = reason;
    if (this.#fail(reason)) this.#wire?.abort(asError(reason));
  }

  #fail(reason: unknown): boolean {
    if (!this.#end()) return false;
    if (this.#answered) this.#body?.error(reason);
    else this.#asking.reject(reason);
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

/** Headers that came several times stay several, as cookies must. */
function listed(headers: Headers): [string, string][] {
  const list: [string, string][] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') list.push([name, value]);
    else for (const one of value ?? []) list.push([name, one]);
  }
  return list;
}

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError');
