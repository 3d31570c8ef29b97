/**
 * Calls whose answers come later: a background response is begun by one request and asked for by others. Its call stays open, with its
 * money held and its placeholders known, until an answer says how it ended, or nobody asks for too long.
 */
import type { Identity } from '../core/exchange.ts';
import type { Call } from '../core/pipeline.ts';

interface Entry {
  readonly call: Call;
  timer: ReturnType<typeof setTimeout>;
}

/** Calls kept at a time. Past it the oldest is ended. */
const MAX_CALLS = 1_000;

export class DeferredCalls {
  readonly #entries = new Map<string, Entry>();
  readonly #ttlMs: number;

  /** A call that nobody asked for in `ttlMs` is charged what was held for it. */
  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  keep(answerId: string, call: Call): void {
    const key = keyOf(answerId, call.exchange.identity);
    clearTimeout(this.#entries.get(key)?.timer);
    this.#entries.delete(key);
    this.#entries.set(key, { call, timer: this.#timer(key) });
    for (const [oldest] of this.#entries) {
      if (this.#entries.size <= MAX_CALLS) break;
      void this.#drop(oldest);
    }
  }

  /** The call that began an answer, for whoever began it and nobody else: values come back in it. */
  find(answerId: string, identity: Identity): Call | undefined {
    const key = keyOf(answerId, identity);
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    clearTimeout(entry.timer);
    entry.timer = this.#timer(key);
    return entry.call;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((key) => this.#drop(key)));
  }

  #timer(key: string): Entry['timer'] {
    const timer = setTimeout(() => void this.#drop(key), this.#ttlMs);
    (timer as { unref?: () => void }).unref?.();
    return timer;
  }

  /** A call that has ended meanwhile is only forgotten. */
  async #drop(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    clearTimeout(entry?.timer);
    await entry?.call.end('aborted', { full: true });
  }
}

function keyOf(answerId: string, { organization, workspace, user, apiKey }: Identity): string {
  return JSON.stringify([answerId, organization, workspace, user, apiKey]);
}

/** The open call as one who asks for its answer uses it: only an answer that is complete ends it. */
export function askedAgain(call: Call): Call {
  return {
    exchange: call.exchange,
    settings: call.settings,
    filtering: call.filtering,
    guarding: call.guarding,
    filter: (text, streamed) => call.filter(text, streamed),
    learnUsage: (answer, headers) => call.learnUsage(answer, headers),
    learnEvent: (event, headers) => call.learnEvent(event, headers),
    count: () => {},
    pace: () => call.pace(),
    end: async (outcome) => {
      if (outcome === 'completed') await call.end(outcome);
    },
    summary: () => call.summary(),
  };
}
