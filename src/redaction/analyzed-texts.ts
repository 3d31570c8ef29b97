/**
 * Texts of one answer that are held to their end and read by all detectors, those that take their time too. Texts that end in the
 * same turn are asked for together, within one deadline; what was found is used in the order in which the texts ended, so that
 * numbering does not depend on which answer came first. Knows nothing of what the texts are.
 */
import { handled } from '../core/text.ts';
import { BufferedStream } from './buffered-stream.ts';
import type { ContextText, Redactor, ScanMatch, ScanResult, TextContext } from './redactor.ts';
import { spliced } from './redactor.ts';

export class AnalyzedTexts {
  private readonly redactor: Pick<Redactor, 'scanAll'>;
  private readonly onFailures: (failures: ScanResult['failures']) => void;
  private waiting: ContextText[] = [];
  private batch: Promise<ScanResult> | undefined;
  /** Resolved when all texts that ended before have been written. */
  private turn: Promise<unknown> = Promise.resolve();

  /** `onFailures` is told once for all texts that were asked for together; what it throws they end with. */
  constructor(redactor: Pick<Redactor, 'scanAll'>, onFailures: (failures: ScanResult['failures']) => void) {
    this.redactor = redactor;
    this.onFailures = onFailures;
  }

  open(replace: (match: ScanMatch) => string | undefined, context: TextContext): BufferedStream<Promise<string>> {
    return new BufferedStream(async (text) => {
      const found = handled(this.scan({ text, context }));
      const before = this.turn;
      const written = before.then(async () => spliced(text, await found, replace));
      this.turn = written.catch(() => {});
      return written;
    });
  }

  private async scan(text: ContextText): Promise<readonly ScanMatch[]> {
    const index = this.waiting.push(text) - 1;
    this.batch ??= Promise.resolve().then(() => this.ask());
    return (await this.batch).matches[index]!;
  }

  private async ask(): Promise<ScanResult> {
    const texts = this.waiting;
    this.waiting = [];
    this.batch = undefined;
    const result = await this.redactor.scanAll(texts);
    this.onFailures(result.failures);
    return result;
  }
}
