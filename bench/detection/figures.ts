/** Counts of what was found and missed, and the shares that are told of them. Knows no text and no detector. */

export interface Counts {
  labels: number;
  /** Labels of which half is covered by findings of their type; `exact`: by one with the same start and end. */
  found: number;
  exact: number;
  /** Labels of which half, or every letter and digit (`full`), is covered by findings of any type. */
  covered: number;
  full: number;
  /** Findings on a label of their type; `rightExact`: with the same start and end. */
  right: number;
  rightExact: number;
  /** Findings on no label. */
  wrong: number;
  otherType: number;
}

/** Shares are null where there was nothing to share. */
export interface Figures {
  readonly labels: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly strictF1: number | null;
  /** Labels of which half is covered by findings of any type. */
  readonly anyRecall: number | null;
  /** Labels of which every letter and digit is covered by findings of any type: the others leak something. */
  readonly fullRecall: number | null;
  readonly falseAlarms: number;
  /** Findings on a label of another type. */
  readonly otherType: number;
}

export const noCounts = (): Counts => ({
  labels: 0,
  found: 0,
  exact: 0,
  covered: 0,
  full: 0,
  right: 0,
  rightExact: 0,
  wrong: 0,
  otherType: 0,
});

export function sumOf(all: readonly Counts[]): Counts {
  const sum = noCounts();
  for (const counts of all) for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += counts[key];
  return sum;
}

export function figuresOf(counts: Counts): Figures {
  const { labels, right, wrong, otherType } = counts;
  const rated = right + wrong;
  return {
    labels,
    precision: share(right, rated),
    recall: share(counts.found, labels),
    f1: harmonic(right, rated, counts.found, labels),
    strictF1: harmonic(counts.rightExact, rated + otherType, counts.exact, labels),
    anyRecall: share(counts.covered, labels),
    fullRecall: share(counts.full, labels),
    falseAlarms: wrong,
    otherType,
  };
}

/** F1 of a precision and a recall; 0 when nothing was found of what there is. */
function harmonic(right: number, rated: number, found: number, labels: number): number | null {
  if (right === 0 || found === 0) return labels > 0 ? 0 : null;
  const precision = right / rated;
  const recall = found / labels;
  return rounded((2 * precision * recall) / (precision + recall));
}

export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return share(
    known.reduce((sum, value) => sum + value, 0),
    known.length,
  );
}

export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : rounded(part / whole);
}

export const perThousand = (part: number, whole: number): number | null => share(part * 1000, whole);

export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
