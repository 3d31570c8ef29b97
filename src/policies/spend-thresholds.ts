/** Which thresholds of an account were told of already, so that each is told once. Knows no policy and no ledger. */

interface Told {
  /** Threshold, and until when it counts as told. */
  readonly levels: Map<number, number>;
}

/** Accounts remembered; past it the oldest are met as new ones, which repeats nothing. */
const MAX_ACCOUNTS = 10_000;

export class SpendThresholds {
  readonly #thresholds: readonly number[];
  readonly #accounts = new Map<string, Told>();

  /** Shares of a limit. */
  constructor(thresholds: readonly number[]) {
    this.#thresholds = [...thresholds].sort((a, b) => a - b);
  }

  get size(): number {
    return this.#accounts.size;
  }

  isNew(account: string): boolean {
    return !this.#accounts.has(account);
  }

  /**
   * The thresholds that an account reached just now. What stands there when it is met first was told of before: by this process
   * before it was started anew, or by another. `until`: when a threshold may be told again.
   */
  reached(account: string, spent: number, limit: number, at: number, until = Infinity): readonly number[] {
    const known = this.#accounts.get(account);
    const told = known ?? { levels: new Map<number, number>() };
    if (!known) this.#remember(account, told);
    const reached = this.#thresholds.filter(
      (threshold) => spent >= limit * threshold && !((told.levels.get(threshold) ?? -Infinity) > at),
    );
    for (const threshold of reached) told.levels.set(threshold, until);
    return known ? reached : [];
  }

  #remember(account: string, told: Told): void {
    this.#accounts.set(account, told);
    for (const oldest of this.#accounts.keys()) {
      if (this.#accounts.size <= MAX_ACCOUNTS) break;
      this.#accounts.delete(oldest);
    }
  }
}
