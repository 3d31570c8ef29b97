/** Ranges of a text: how much of one lies in others, and what several cover together. */

/** UTF-16 offsets; the end is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const lengthOf = ({ start, end }: Span): number => end - start;

/** Characters that two spans share. */
export function overlap(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start));
}

/** Characters of `span` that spans which do not overlap each other cover. */
export function coverage(span: Span, covers: readonly Span[]): number {
  return covers.reduce((sum, cover) => sum + overlap(cover, span), 0);
}

/** What the spans cover together, in order. Spans that touch become one. */
export function union(spans: readonly Span[]): Span[] {
  return merge(spans, (last, next) => next.start <= last.end);
}

/** Overlapping spans become one, touching ones stay two. Of a group, the first keeps its other fields. */
export function mergeOverlapping<T extends Span>(spans: readonly T[]): T[] {
  return merge(spans, (last, next) => next.start < last.end);
}

function merge<T extends Span>(spans: readonly T[], joins: (last: T, next: T) => boolean): T[] {
  const merged: T[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last !== undefined && joins(last, span))
      merged[merged.length - 1] = { ...last, end: Math.max(last.end, span.end) };
    else merged.push(span);
  }
  return merged;
}
