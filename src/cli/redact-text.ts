/** Plain text: redacted as it is read, with the line and column of each value. Knows nothing of files. */
import type { TextFilter } from '../core/text.ts';
import type { Redaction } from './redaction.ts';

/** A stream of text in which values are replaced. Holds what the redactor holds, and where lines end in that. */
export class TextRedaction implements TextFilter {
  readonly #filter: Required<TextFilter>;
  readonly #lines: LinePlaces;

  /** `firstLine`: the number of the line with which the text begins. */
  constructor(redaction: Redaction, firstLine = 1) {
    const lines = new LinePlaces(firstLine);
    this.#lines = lines;
    this.#filter = redaction.redactor.scan((match) => redaction.replace(match, () => lines.placeOf(match.start)));
  }

  push(piece: string): string {
    this.#lines.add(piece);
    const shown = this.#filter.push(piece);
    this.#lines.forgetBefore(this.#lines.length - this.#filter.held().length);
    return shown;
  }

  end(): string {
    return this.#filter.end();
  }
}

/** Lines and columns of a text that passes. Places are asked for in order, so lines that are behind are forgotten. */
class LinePlaces {
  /** Characters seen. */
  length = 0;
  #line: number;
  /** Where that line begins. */
  #lineStart = 0;
  /** Where later lines begin. */
  #starts: number[] = [];

  constructor(firstLine: number) {
    this.#line = firstLine;
  }

  add(piece: string): void {
    for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) {
      this.#starts.push(this.length + at + 1);
    }
    this.length += piece.length;
  }

  forgetBefore(offset: number): void {
    const later = this.#starts.findIndex((start) => start > offset);
    const passed = later < 0 ? this.#starts.length : later;
    if (passed === 0) return;
    this.#line += passed;
    this.#lineStart = this.#starts[passed - 1]!;
    this.#starts = this.#starts.slice(passed);
  }

  placeOf(offset: number): string {
    this.forgetBefore(offset);
    return `${this.#line}:${offset - this.#lineStart + 1}`;
  }
}
