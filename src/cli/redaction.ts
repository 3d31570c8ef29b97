/** One run of `postern redact`: the redactor, one numbering for all inputs, and the values that were found. */
import type { ActionName } from '../redaction/actions.ts';
import type { PlaceholderName } from '../redaction/placeholders.ts';
import { PLACEHOLDER } from '../redaction/placeholders.ts';
import type { Redactor, ScanMatch } from '../redaction/redactor.ts';
import { placeholderOf } from '../redaction/redactor.ts';

/** A value that was found. The value itself is not kept. */
export interface Found {
  readonly type: string;
  /** 0 to 1. */
  readonly score: number;
  readonly action: ActionName;
}

/** Is told of a value, and asks where it stands if it wants to know: `12:5` (line and column, from 1), in JSON `12:5  $.messages[0].content`. */
export type Report = (found: Found, place: () => string) => void;

export class Redaction {
  readonly redactor: Redactor;
  readonly #placeholders;
  readonly #report: Report;

  constructor(redactor: Redactor, report: Report) {
    this.redactor = redactor;
    this.#placeholders = redactor.placeholders();
    this.#report = report;
  }

  /** What stands for a match; a placeholder that the text has already stays, and its number is not given to another value. */
  replace(match: ScanMatch, place: () => string): string | undefined {
    if (match.type === PLACEHOLDER) {
      this.skip(match);
      return undefined;
    }
    const { name: action } = this.redactor.actionOf(match.type);
    this.#report({ type: match.type, score: match.score, action }, place);
    return this.redactor.write(match, () => this.#placeholders.issue(match.type, match.value, match.same));
  }

  skip(match: ScanMatch): void {
    const name: PlaceholderName | undefined = placeholderOf(match);
    if (name !== undefined) this.#placeholders.skip(name);
  }
}
