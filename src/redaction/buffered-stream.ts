/** Holds a text to its end and rewrites it whole, for rules that must see all of it. Knows nothing of the rules. */
import { GatewayError } from '../errors.ts';

/** As long as the longest answer that a gateway reads by default. */
export const MAX_BUFFERED_CHARS = 64 * 1024 * 1024;

/** `Shown` is a promise where the rules take their time. */
export class BufferedStream<Shown = string> {
  private readonly rewrite: (text: string) => Shown;
  private text = '';

  constructor(rewrite: (text: string) => Shown) {
    this.rewrite = rewrite;
  }

  /** @throws GatewayError `policy_failed` when the text outgrows what may be held */
  push(piece: string): string {
    if (this.text.length + piece.length > MAX_BUFFERED_CHARS) {
      throw new GatewayError('policy_failed', `A text is held to its end up to ${MAX_BUFFERED_CHARS} characters only.`);
    }
    this.text += piece;
    return '';
  }

  end(): Shown {
    const { text } = this;
    this.text = '';
    return this.rewrite(text);
  }

  held(): string {
    return this.text;
  }
}
