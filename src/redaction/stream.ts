/**
 * A text as it comes, searched as it reads: the folded text passes through the scanner only to learn where values stand, and the
 * rewriting is done here on the text itself. Knows nothing of what is searched for.
 */
import type { TextFilter } from '../core/text.ts';
import { Fold } from './fold.ts';
import { isMark } from './fold-characters.ts';
import { FoldOffsets } from './fold-offsets.ts';
import { PLACEHOLDER } from './placeholders.ts';
import type { Scanner } from './scanner.ts';
import type { ScannerMatch } from './segment-search.ts';

/** A value in the text as it came: `value` is its own spelling, `plain` what it reads as; `null` when it says more than the value. */
export interface StreamMatch extends ScannerMatch {
  readonly plain: string | null;
}

/** More accents than this on a value's last character are not hidden with it, so that what is held back stays bounded. */
const MAX_MARKS = 8;

export class RedactionStream implements Required<TextFilter> {
  private readonly replace: (match: StreamMatch) => string | undefined;
  private readonly scanner: Scanner;
  private readonly offsets = new FoldOffsets();
  private readonly fold = new Fold(this.offsets);
  /** What is not shown yet, and where it begins in the whole text. */
  private text = '';
  private base = 0;
  /** Values that were found and are not shown yet, at their places in the whole text. */
  private found: StreamMatch[] = [];

  constructor(
    open: (report: (match: ScannerMatch) => void) => Scanner,
    /** What to show in a value's place; `undefined` leaves it. */
    replace: (match: StreamMatch) => string | undefined,
  ) {
    this.replace = replace;
    this.scanner = open((match) => {
      const start = this.offsets.start(match.start);
      const end = this.offsets.end(match.end);
      this.found.push({ ...match, start, end, plain: match.plain === undefined ? match.value : match.plain });
    });
  }

  push(piece: string): string {
    this.text = this.text === '' ? piece : this.text + piece;
    const folded = this.fold.push(piece);
    if (folded !== '') this.scanner.push(folded);
    return this.take(this.scanner.settled, false);
  }

  end(): string {
    const folded = this.fold.end();
    if (folded !== '') this.scanner.push(folded);
    this.scanner.end();
    return this.take(this.offsets.folded, true);
  }

  held(): string {
    return this.text;
  }

  /** Shows the text up to a place of the folded text, with the values in it replaced. */
  private take(settled: number, isEnd: boolean): string {
    let end = isEnd ? this.base + this.text.length : this.offsets.start(settled);
    let out = '';
    let at = this.base;
    let taken = 0;
    for (const match of this.found) {
      const matchEnd = this.withMarks(match);
      // The next piece may begin with an accent that belongs to the value's last character.
      if (!isEnd && match.type !== PLACEHOLDER && matchEnd === this.base + this.text.length) {
        end = Math.min(end, match.start);
        break;
      }
      const value = this.slice(match.start, matchEnd);
      out += this.slice(at, match.start) + (this.replace({ ...match, end: matchEnd, value }) ?? value);
      at = matchEnd;
      taken++;
    }
    end = Math.max(end, at);
    out = at === this.base && end === this.base + this.text.length ? this.text : out + this.slice(at, end);
    this.found = taken === this.found.length ? [] : this.found.slice(taken);
    this.text = this.slice(end, this.base + this.text.length);
    this.base = end;
    this.offsets.forget(settled);
    return out;
  }

  private withMarks({ type, end }: StreamMatch): number {
    if (type === PLACEHOLDER) return end;
    let at = end - this.base;
    const limit = Math.min(this.text.length, at + MAX_MARKS);
    while (at < limit && isMark(this.text[at]!)) at++;
    return this.base + at;
  }

  private slice(start: number, end: number): string {
    return this.text.slice(start - this.base, end - this.base);
  }
}
