/**
 * Runs detectors over one window of text: what context does to their scores, and which of two overlapping values counts. Knows
 * nothing of where the window stands in a text.
 */
import type { Candidate, Detector } from './detector.ts';
import { ACCEPT_SCORE, CERTAIN_SCORE, CONTEXT_RAISE, LEFT_CONTEXT_CHARS } from './detector.ts';
import type { KeyContext } from './key-context.ts';
import { labelContextOf, NO_CONTEXT } from './key-context.ts';
import { SearchWindow } from './search-window.ts';

/** A value that was found; offsets in the text that was searched. */
export interface Match extends Candidate {
  readonly detector: Detector;
}

/** Where in a text a match may start. */
export interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
}

/** Values in a window, of the given detectors, that do not overlap, in order. What stands before `range.from` is context. */
export function matchesIn(text: string, range: Range, detectors: readonly Detector[], key: () => KeyContext): Match[] {
  const found: Match[] = [];
  const window = new SearchWindow(text, range.from, key);
  for (const detector of detectors) {
    for (const candidate of detector.find(text, range.from, window)) {
      const match = accept(candidate, detector, text, range, key);
      if (match !== undefined) found.push(match);
    }
  }
  return found.length > 1 ? withoutOverlaps(found) : found;
}

function accept(
  candidate: Candidate,
  detector: Detector,
  text: string,
  range: Range,
  key: () => KeyContext,
): Match | undefined {
  if (candidate.start < range.from || candidate.start >= range.until || candidate.end > text.length) return undefined;
  const score = scoreOf(candidate, detector, text, key());
  return score === undefined ? undefined : { ...candidate, score, detector };
}

/** The score in its context, or none when that is too low. A label in the text ("order_id": ...) counts as a key. */
function scoreOf(candidate: Candidate, detector: Detector, text: string, key: KeyContext): number | undefined {
  const before = text.slice(Math.max(0, candidate.start - LEFT_CONTEXT_CHARS), candidate.start);
  const label = candidate.score < CERTAIN_SCORE ? labelContextOf(before) : NO_CONTEXT;
  const context = candidate.context ?? detector.context;
  const raised = key.raises(context) || label.raises(context);
  if ((key.vetoes || label.vetoes) && !raised && candidate.score < CERTAIN_SCORE) return undefined;
  const helped = raised || (candidate.score < ACCEPT_SCORE && context?.words.test(before) === true);
  const score = helped ? Math.min(1, candidate.score + CONTEXT_RAISE) : candidate.score;
  return score >= ACCEPT_SCORE ? score : undefined;
}

/** The surest first, then the longest, then the leftmost; what overlaps it is dropped. */
export function withoutOverlaps<M extends Pick<Candidate, 'start' | 'end' | 'score'>>(matches: readonly M[]): M[] {
  const ranked = [...matches].sort(
    (a, b) => b.score - a.score || b.end - b.start - (a.end - a.start) || a.start - b.start,
  );
  const kept: M[] = [];
  for (const match of ranked) {
    if (!kept.some((other) => match.start < other.end && other.start < match.end)) kept.push(match);
  }
  return kept.sort((a, b) => a.start - b.start);
}
