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
  /** `12:5` (line and column, from 1), `$.messages[0].content`, or `3: $.user` in JSON Lines. */
  readonly place: string;
  readonly action: ActionName;
}

export class Redaction {
  readonly redactor: Redactor;
  readonly #placeholders;
  readonly #report: (found: Found) => void;

  constructor(redactor: Redactor, report: (found: Found) => void) {
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
    this.#report({ type: match.type, score: match.score, place: place(), action });
    return this.redactor.write(match, () => this.#placeholders.issue(match.type, match.value, match.same));
  }

  skip(match: ScanMatch): void {
    const name: PlaceholderName | undefined = placeholderOf(match);
    if (name !== undefined) this.#placeholders.skip(name);
  }
}
