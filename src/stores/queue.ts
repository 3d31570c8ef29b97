/** First in, first out. An array's own `shift` moves all that is behind it. */
export class Queue<Item> {
  #items: Item[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes out the first. What was taken out is let go of once it is half of what is stored. */
  shift(): Item | undefined {
    const first = this.#items[this.#head];
    if (this.size > 0) this.#head++;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
