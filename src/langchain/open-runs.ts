/**
 * What is open under a run's id until it is taken: so many at once, each for so long; of those that nobody takes the oldest go first. A map,
 * since an LRU cache of as many places fills them all anew when its only entry is deleted: 20 us of each call, and most apps have one open.
 */

/** Runs that are open at once. */
export const MAX_OPEN_RUNS = 10_000;

export interface OpenRunsOptions<Value> {
  readonly ttlMs: number;
  readonly now: () => number;
  /** Told of what nobody took in time. */
  left?(value: Value): void;
}

export class OpenRuns<Value> {
  readonly #options: OpenRunsOptions<Value>;
  /** The oldest first. */
  readonly #open = new Map<string, { readonly value: Value; readonly until: number }>();

  constructor(options: OpenRunsOptions<Value>) {
    this.#options = options;
  }

  set(id: string, value: Value): void {
    const now = this.#options.now();
    if (this.#open.has(id)) this.#leave(id);
    for (const [oldest, { until }] of this.#open) {
      if (until > now && this.#open.size < MAX_OPEN_RUNS) break;
      this.#leave(oldest);
    }
    this.#open.set(id, { value, until: now + this.#options.ttlMs });
  }

  take(id: string): Value | undefined {
    const found = this.#open.get(id);
    if (!found) return undefined;
    if (found.until <= this.#options.now()) {
      this.#leave(id);
      return undefined;
    }
    this.#open.delete(id);
    return found.value;
  }

  #leave(id: string): void {
    const { value } = this.#open.get(id)!;
    this.#open.delete(id);
    this.#options.left?.(value);
  }
}
