/** Events as server-sent events: those that were missed, then each as it happens. A reader that does not keep up is let go. */
import type { EventResource } from '../resources/operation.ts';
import type { EventFeed } from './event-feed.ts';
import { AdminError } from './problem.ts';

export interface EventStreamOptions {
  /** Between comment lines that keep connections open. Default 15,000. */
  readonly heartbeatMs?: number | undefined;
  /** Readers at once. Default 100. */
  readonly maxReaders?: number | undefined;
  /** Bytes that may wait for one reader. Default 1 MiB. */
  readonly maxQueuedBytes?: number | undefined;
}

/** Missed events that are told at once. */
const MAX_MISSED = 1_000;

export class EventStreams {
  readonly #feed: EventFeed;
  readonly #heartbeatMs: number;
  readonly #maxReaders: number;
  readonly #maxQueuedBytes: number;
  readonly #ends = new Set<() => void>();
  readonly #encoder = new TextEncoder();

  constructor(feed: EventFeed, options: EventStreamOptions = {}) {
    const { heartbeatMs = 15_000, maxReaders = 100, maxQueuedBytes = 1024 * 1024 } = options;
    this.#feed = feed;
    this.#heartbeatMs = heartbeatMs;
    this.#maxReaders = maxReaders;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  get size(): number {
    return this.#ends.size;
  }

  /**
   * @param signal aborted when the reader goes away
   * @param after id of the last event that the reader has
   * @throws AdminError `too_many_requests`
   */
  open(signal?: AbortSignal, after?: number): Response {
    if (this.#ends.size >= this.#maxReaders)
      throw new AdminError('too_many_requests', 'Too many readers of events are connected.', {
        headers: { 'retry-after': '5' },
      });
    let end: (() => void) | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          end = this.#start(controller, after);
          signal?.addEventListener('abort', end, { once: true });
        },
        cancel: () => end?.(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: this.#maxQueuedBytes }),
    );
    // Proxies that gather answers would hold events back.
    return new Response(body, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } });
  }

  close(): void {
    for (const end of [...this.#ends]) end();
  }

  /** Returns what ends it, which may be called again. */
  #start(controller: ReadableStreamDefaultController<Uint8Array>, after: number | undefined): () => void {
    const write = (text: string): void => controller.enqueue(this.#encoder.encode(text));
    const end = (): void => {
      if (!this.#ends.delete(end)) return;
      clearInterval(heartbeat);
      unsubscribe();
      try {
        controller.close();
      } catch {
        // The reader has gone.
      }
    };
    const tell = (event: EventResource): void => {
      const keepsUp = (controller.desiredSize ?? 0) > 0;
      // Who is dropped resumes from the last event that came through.
      write(keepsUp ? messageOf(event) : ': dropped\n\n');
      if (!keepsUp) end();
    };
    const heartbeat = setInterval(() => {
      if ((controller.desiredSize ?? 0) > 0) write(': alive\n\n');
    }, this.#heartbeatMs);
    heartbeat.unref?.();
    const unsubscribe = this.#feed.subscribe(tell);
    this.#ends.add(end);
    write('retry: 2000\n\n');
    if (after !== undefined)
      for (const event of this.#feed.list({ after, limit: MAX_MISSED }).reverse()) write(messageOf(event));
    return end;
  }
}

function messageOf(event: EventResource): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
}
