/** Searches one segment: which detectors its gates let look at it, and what they find. Knows nothing of where a text is cut. */
import type { Detector } from './detector.ts';
import { LEFT_CONTEXT_CHARS } from './detector.ts';
import type { KeyContext } from './key-context.ts';
import { type Match, matchesIn } from './matcher.ts';
import type { KeywordWatch, Prefilter } from './prefilter.ts';

/** What is known of a segment from reading it. */
export interface Segment {
  readonly start: number;
  readonly kinds: number;
  readonly digits: number;
}

/** A value in the text that passes; offsets in the whole text. */
export interface ScannerMatch {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  readonly score: number;
  readonly value: string;
  /** For an encoded value: what it says; `null` when it says more than the value. */
  readonly plain?: string | null | undefined;
}

/** What is known of a value besides its place. */
export type Found = Pick<ScannerMatch, 'type' | 'score' | 'plain'>;

/** A value between two places of a text that stands at `base` in the whole. */
export function reported(text: string, base: number, start: number, end: number, found: Found): ScannerMatch {
  const { type, score, plain } = found;
  return { start: base + start, end: base + end, type, score, value: text.slice(start, end), plain };
}

const NO_MATCHES: readonly Match[] = [];

export class SegmentSearch {
  private readonly prefilter: Prefilter;
  private readonly watch: KeywordWatch;
  private readonly key: () => KeyContext;

  constructor(prefilter: Prefilter, watch: KeywordWatch, key: () => KeyContext) {
    this.prefilter = prefilter;
    this.watch = watch;
    this.key = key;
  }

  /** Values of the segment up to `end` that start before `until`, in a text that stands at `base` in the whole. */
  find(text: string, base: number, segment: Segment, end: number, until: number): readonly Match[] {
    if (this.watch.pending <= base + end) this.watch.pass(base + end, text, base);
    const detectors = this.detectorsFor(segment, end - segment.start, base + segment.start);
    if (detectors === undefined) return NO_MATCHES;
    const left = Math.max(0, segment.start - LEFT_CONTEXT_CHARS);
    const range = { from: segment.start - left, until: until - left };
    const matches = matchesIn(text.slice(left, end), range, detectors, this.key);
    return left === 0
      ? matches
      : matches.map((match) => ({ ...match, start: match.start + left, end: match.end + left }));
  }

  private detectorsFor({ kinds, digits }: Segment, length: number, place: number): Detector[] | undefined {
    if (length === 0) return undefined;
    let detectors: Detector[] | undefined;
    let last: Detector | undefined;
    for (const gate of this.prefilter.gatesFor(kinds, digits)) {
      if (length < gate.length || digits < gate.digits || gate.detector === last) continue;
      if (gate.group >= 0 && !this.watch.isNear(gate.group, place)) continue;
      last = gate.detector;
      if (detectors === undefined) detectors = [last];
      else detectors.push(last);
    }
    return detectors;
  }
}
