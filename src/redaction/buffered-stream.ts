/** Holds a text to its end and rewrites it whole, for rules that must see all of it. Knows nothing of the rules. */
import type { TextFilter } from '../core/text.ts';

export class BufferedStream implements Required<TextFilter> {
  private readonly rewrite: (text: string) => string;
  private text = '';

  constructor(rewrite: (text: string) => string) {
    this.rewrite = rewrite;
  }

  push(piece: string): string {
    this.text += piece;
    return '';
  }

  end(): string {
    const { text } = this;
    this.text = '';
    return this.rewrite(text);
  }

  held(): string {
    return this.text;
  }
}
