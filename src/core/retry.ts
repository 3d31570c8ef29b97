/** Says again what somebody did not take, at growing intervals and not for ever. Knows nothing of money or ledgers. */

import { isPending, type Pending } from './text.ts';

/** It must be harmless to say twice. */
export type Say = () => Pending<void>;

/** What was not taken within this many minutes is given up: a hold is charged by then, so nothing is lost but detail. */
const DELAYS_MS = [100, 500, 2_000, 10_000, 30_000, 60_000, 120_000];
/** What is waiting at once; past it nothing more is taken on. */
const MAX_WAITING = 10_000;

/**
 * Says it, once more for an answer that was lost on its way, which is all that mostly goes wrong, and hands it on where that fails too.
 * False when it was not taken yet.
 */
export async function sayTwice(say: Say, later: ((say: Say) => void) | undefined): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const said = say();
      if (isPending(said)) await said;
      return true;
    } catch {
      // Said once more, or later.
    }
  }
  later?.(say);
  return false;
}

export class Retries {
  readonly #waiting = new Map<Say, ReturnType<typeof setTimeout>>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Takes it on. */
  add(say: Say, attempt = 0): void {
    const delay = DELAYS_MS[attempt];
    if (delay === undefined || (attempt === 0 && this.#waiting.size >= MAX_WAITING)) return;
    const timer = setTimeout(() => void this.#try(say, attempt), delay);
    (timer as { unref?: () => void }).unref?.();
    this.#waiting.set(say, timer);
  }

  /** Says all that is waiting once more, now. */
  async flush(): Promise<void> {
    const waiting = [...this.#waiting];
    await Promise.all(
      waiting.map(([say, timer]) => {
        clearTimeout(timer);
        return this.#try(say, 0);
      }),
    );
  }

  async #try(say: Say, attempt: number): Promise<void> {
    this.#waiting.delete(say);
    try {
      await say();
    } catch {
      this.add(say, attempt + 1);
    }
  }
}
