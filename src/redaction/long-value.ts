/** Values longer than a window, read character by character once their beginning is certain: tokens, and blocks with line breaks. */
import type { Block, Detector } from './detector.ts';
import type { Match } from './matcher.ts';

export interface LongValue {
  readonly type: string;
  readonly score: number;
  readonly plain?: string | null | undefined;
  /** `more`: the character goes on with the value. `whole`: it ends it. `stop`: the value ended before it. `cut`: so far it is a value by itself. */
  step(code: number, length: number): 'more' | 'whole' | 'stop' | 'cut';
  /** Characters of the value in what was read; 0 when it was none after all. */
  lengthOf(read: string): number;
  /** How many characters are done with when it was none: they are not read again. */
  readonly header: number;
}

/** A run that goes on is cut into values of this length. */
const MAX_RUN_CHARS = 16_384;

/** A token that fills its window. */
export function longToken(match: Match): LongValue {
  return {
    type: match.type,
    score: match.score,
    // An encoded value that goes on says more than was decoded.
    plain: match.plain === undefined ? undefined : null,
    step(code, length) {
      if (!match.detector.continues!(code)) return 'stop';
      return length < MAX_RUN_CHARS ? 'more' : 'cut';
    },
    // A full stop behind a token is the sentence's.
    lengthOf: (read) => read.length - read.match(/\.{0,256}$/)![0].length,
    header: 0,
  };
}

/** What stands behind a header that has been read. */
export function longBlock(detector: Detector, block: Block, header: number): LongValue {
  const reader = block.open(header);
  return {
    type: detector.entities[0]!,
    score: 1,
    step: (code) => reader.step(code),
    lengthOf: () => reader.length(),
    header,
  };
}
