/** What detectors share of a window that they search: worked out once, when the first of them asks. Knows no detector. */
import type { ValueContext } from './detector.ts';
import type { KeyContext } from './key-context.ts';
import { type NumberRun, numberRuns } from './number-runs.ts';

/** No detector of runs looks for a shorter number. */
const MIN_RUN_DIGITS = 7;

export class SearchWindow {
  private readonly text: string;
  private readonly from: number;
  private readonly key: () => KeyContext;
  private runs: readonly NumberRun[] | undefined;

  /** A window of text, where values may begin in it, and the key of the text. */
  constructor(text: string, from: number, key: () => KeyContext) {
    this.text = text;
    this.from = from;
    this.key = key;
  }

  /** Whether the key of the text is one of a context's. */
  isKey(context: ValueContext): boolean {
    return this.key().raises(context);
  }

  /** Runs of digit groups with seven digits or more. */
  get numbers(): readonly NumberRun[] {
    this.runs ??= numberRuns(this.text, this.from, MIN_RUN_DIGITS);
    return this.runs;
  }
}
