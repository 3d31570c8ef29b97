/** Things in the order in which they fall due: a binary heap whose items know their place, so that one can be taken out. */

export interface Deadlined {
  /** When it falls due, ms since the epoch. Must not change while it is in. */
  readonly due: number;
  /** Its place in the heap, kept by `Deadlines`; -1 while it is in none. */
  place: number;
}

export class Deadlines<Item extends Deadlined> {
  readonly #heap: Item[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(item: Item): void {
    this.#rise(item, this.#heap.length);
  }

  remove(item: Item): void {
    const { place } = item;
    if (place < 0) return;
    item.place = -1;
    const last = this.#heap.pop()!;
    if (last !== item) this.#move(last, place);
  }

  /** Takes out the item that is due first, if it is due. */
  take(now: number): Item | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.due > now) return undefined;
    this.remove(first);
    return first;
  }

  #move(item: Item, place: number): void {
    const parent = this.#heap[(place - 1) >> 1];
    if (place > 0 && parent!.due > item.due) this.#rise(item, place);
    else this.#sink(item, place);
  }

  #rise(item: Item, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = this.#heap[(place - 1) >> 1]!;
      if (parent.due <= item.due) break;
      this.#put(parent, place);
      place = (place - 1) >> 1;
    }
    this.#put(item, place);
  }

  #sink(item: Item, from: number): void {
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && this.#heap[child + 1]!.due < this.#heap[child]!.due) child++;
      if (this.#heap[child]!.due >= item.due) break;
      this.#put(this.#heap[child]!, place);
      place = child;
    }
    this.#put(item, place);
  }

  #put(item: Item, place: number): void {
    this.#heap[place] = item;
    item.place = place;
  }
}
