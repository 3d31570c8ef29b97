/** Where each character of a folded text stands in the text as it came. Knows nothing of what was folded, or why. */

interface Span {
  /** Offset in the folded text. */
  readonly folded: number;
  /** Offset in the text as it came. */
  readonly raw: number;
  /** For a stretch that was kept its length; for a character that was read out of several, 1. */
  length: number;
  readonly rawLength: number;
  readonly kept: boolean;
}

export class FoldOffsets {
  /** Characters of the folded text, and of the text that they came from. */
  folded = 0;
  raw = 0;
  private spans: Span[] = [];

  /** Characters that stand for one character each. */
  keep(length: number): void {
    const last = this.spans.at(-1);
    if (last?.kept === true && last.raw + last.length === this.raw) last.length += length;
    else if (length > 0) this.spans.push({ folded: this.folded, raw: this.raw, length, rawLength: 0, kept: true });
    this.folded += length;
    this.raw += length;
  }

  /** Several characters that stand for one. */
  join(rawLength: number): void {
    this.spans.push({ folded: this.folded, raw: this.raw, length: 1, rawLength, kept: false });
    this.folded++;
    this.raw += rawLength;
  }

  /** Characters that stand for none. */
  drop(rawLength: number): void {
    this.raw += rawLength;
  }

  /** Where the character at an offset of the folded text begins. */
  start(folded: number): number {
    const span = this.at(folded);
    if (span === undefined) return this.raw;
    return span.kept ? span.raw + folded - span.folded : span.raw;
  }

  /** Where the character before an offset of the folded text ends. */
  end(folded: number): number {
    const span = this.at(folded - 1);
    if (span === undefined) return this.raw;
    return span.kept ? span.raw + folded - span.folded : span.raw + span.rawLength;
  }

  /** Offsets before this one will not be asked for any more. */
  forget(folded: number): void {
    let first = 0;
    while (first < this.spans.length && this.spans[first]!.folded + this.spans[first]!.length <= folded) first++;
    if (first > 0) this.spans = this.spans.slice(first);
  }

  private at(folded: number): Span | undefined {
    let low = 0;
    let high = this.spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.spans[middle]!.folded <= folded) low = middle;
      else high = middle - 1;
    }
    const span = this.spans[low];
    return span !== undefined && folded >= span.folded && folded < span.folded + span.length ? span : undefined;
  }
}
