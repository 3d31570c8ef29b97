/** How costs grow: each series asks what one more of something costs a call. */

export interface Series {
  readonly name: SeriesName;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly logarithmic: boolean;
  /** The lines of the plot, each measured at every point. */
  readonly lines: readonly string[];
  readonly points: readonly number[];
}

export type SeriesName = 'body-size' | 'history' | 'policies' | 'caps' | 'accounts' | 'streams' | 'keys';

const CALL = 'CPU a call, us';

export const SERIES: readonly Series[] = [
  {
    name: 'body-size',
    title: 'Size of the request',
    xLabel: 'size of the body, KB',
    yLabel: CALL,
    logarithmic: true,
    lines: ['never seen', 'all but the last message known'],
    points: [1, 4, 16, 64, 256, 1_024],
  },
  {
    name: 'history',
    title: 'Length of the history',
    xLabel: 'messages of 400 characters',
    yLabel: CALL,
    logarithmic: true,
    lines: ['never seen', 'all but the last message known'],
    points: [3, 12, 48, 192, 768],
  },
  {
    name: 'policies',
    title: 'Policies that are not meant for the caller',
    xLabel: 'policies',
    yLabel: CALL,
    logarithmic: false,
    lines: ['1 KB'],
    points: [1, 4, 16, 64, 256],
  },
  {
    name: 'caps',
    title: 'Spend caps that a call is held on',
    xLabel: 'caps',
    yLabel: CALL,
    logarithmic: false,
    lines: ['1 KB'],
    points: [1, 2, 4, 8, 16, 32],
  },
  {
    name: 'accounts',
    title: 'Callers with an account of their own, in memory',
    xLabel: 'accounts',
    yLabel: CALL,
    logarithmic: false,
    lines: ['1 KB'],
    points: [1, 10, 100, 1_000, 10_000],
  },
  {
    name: 'streams',
    title: 'Streams at once',
    xLabel: 'streams at once',
    yLabel: 'CPU a chunk, us',
    logarithmic: false,
    lines: ['guarded', 'not guarded'],
    points: [1, 4, 16, 64, 256],
  },
  {
    name: 'keys',
    title: 'Virtual keys at `postern serve`, in SQLite',
    xLabel: 'keys',
    yLabel: 'CPU a request, us',
    logarithmic: false,
    lines: ['1 KB'],
    points: [1, 10, 100, 1_000, 3_000],
  },
];

/** What one more costs, by a straight line through the medians; and how much the ends differ. */
export interface Fit {
  readonly each: number;
  readonly atNone: number;
  /** Cost at the last point by cost at the first. */
  readonly ends: number;
  /** Number at the last point by number at the first. */
  readonly times: number;
}

/** Least squares of relative errors, or the largest point alone would decide. */
export function fitOf(points: readonly { readonly x: number; readonly median: number }[]): Fit {
  const weigh = points.map(({ x, median }) => ({ x, y: median, w: 1 / median ** 2 }));
  const sum = (of: (point: (typeof weigh)[number]) => number): number =>
    weigh.reduce((total, point) => total + of(point), 0);
  const [w, wx, wy] = [sum((p) => p.w), sum((p) => p.w * p.x), sum((p) => p.w * p.y)];
  const [wxx, wxy] = [sum((p) => p.w * p.x * p.x), sum((p) => p.w * p.x * p.y)];
  const each = (w * wxy - wx * wy) / (w * wxx - wx * wx);
  const [first, last] = [points[0]!, points.at(-1)!];
  return { each, atNone: (wy - each * wx) / w, ends: last.median / first.median, times: last.x / first.x };
}
