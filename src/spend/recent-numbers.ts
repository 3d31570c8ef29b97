/** The last numbers of a kind, and their quantiles. Knows nothing of what they count. */

/** Numbers remembered; the oldest is overwritten. */
const RECENT = 128;

export class RecentNumbers {
  readonly #values: number[] = [];
  /** Kept in order as they come: one number is moved where a sort of all took 5 us, and each call that ends adds one. */
  readonly #sorted: number[] = [];
  #next = 0;

  get size(): number {
    return this.#values.length;
  }

  add(value: number): void {
    const oldest = this.#values[this.#next];
    if (oldest !== undefined) this.#sorted.splice(this.#placeOf(oldest), 1);
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % RECENT;
    this.#sorted.splice(this.#placeOf(value), 0, value);
  }

  /** 0 when there are none. */
  quantile(share: number): number {
    return this.#sorted[Math.max(0, Math.ceil(this.#sorted.length * share) - 1)] ?? 0;
  }

  /** Of the first that is not smaller. */
  #placeOf(value: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
