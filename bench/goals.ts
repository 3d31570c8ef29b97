/** What the figures should be, and whether they are. Ratios are of the same run: this machine's speed falls out. */
import { STREAM_CHUNKS } from './answers.ts';
import type { CaseName, Side } from './cases.ts';

/** Figures of one case and side: the median of its blocks, and the least and the most of them. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Measured {
  readonly name: CaseName;
  readonly side: Side;
  readonly calls: number;
  readonly cpuUs: Figure;
  readonly latencyUs: Figure;
  /** Time to the first piece of a stream. */
  readonly firstUs?: Figure | undefined;
}

interface Goal {
  readonly id: string;
  readonly what: string;
  readonly unit: 'x' | 'us';
  readonly most: number;
  /** On Node 24, where it is another. */
  readonly mostOnNode24?: number;
  of(figures: Figures, side: Side): number;
}

export interface Verdict {
  readonly id: string;
  readonly what: string;
  readonly unit: 'x' | 'us';
  readonly goal: number;
  readonly guarded: number;
  readonly guardedMet: boolean;
  readonly traced: number;
  readonly tracedMet: boolean;
}

type Figures = (name: CaseName, side: Side) => Measured;

const cpuRatio =
  (name: CaseName): Goal['of'] =>
  (figures, side) =>
    figures(name, side).cpuUs.median / figures(name, 'plain').cpuUs.median;
const latencyRatio =
  (name: CaseName): Goal['of'] =>
  (figures, side) =>
    figures(name, side).latencyUs.median / figures(name, 'plain').latencyUs.median;
const addedCpu =
  (name: CaseName, per = 1): Goal['of'] =>
  (figures, side) =>
    (figures(name, side).cpuUs.median - figures(name, 'plain').cpuUs.median) / per;

export const GOALS: readonly Goal[] = [
  { id: 'I1', what: 'CPU, 1 KB', unit: 'x', most: 0.4, of: cpuRatio('http-1kb') },
  { id: 'I1', what: 'latency of a lone call, 1 KB', unit: 'x', most: 0.5, of: latencyRatio('http-1kb-lone') },
  { id: 'I2', what: 'CPU, 200 KB never seen', unit: 'x', most: 1, of: cpuRatio('http-200kb-cold') },
  { id: 'I2', what: 'CPU, 200 KB with a known prefix', unit: 'x', most: 0.7, of: cpuRatio('http-200kb-known') },
  { id: 'I3', what: 'CPU, 64-chunk stream', unit: 'x', most: 0.75, of: cpuRatio('http-stream') },
  { id: 'I4', what: 'CPU added, 1 KB', unit: 'us', most: 12, of: addedCpu('mock-1kb') },
  { id: 'I4', what: 'CPU added, 200 KB never seen', unit: 'us', most: 400, of: addedCpu('mock-200kb-cold') },
  {
    id: 'I4',
    what: 'CPU added, 200 KB with a known prefix',
    unit: 'us',
    most: 120,
    mostOnNode24: 40,
    of: addedCpu('mock-200kb-known'),
  },
  {
    id: 'I4',
    what: 'CPU added to a chunk of a stream',
    unit: 'us',
    most: 1.5,
    of: addedCpu('mock-stream', STREAM_CHUNKS),
  },
];

export function judge(measured: readonly Measured[], nodeMajor: number): Verdict[] {
  const figures: Figures = (name, side) => measured.find((one) => one.name === name && one.side === side)!;
  return GOALS.map(({ id, what, unit, most, mostOnNode24, of }) => {
    const goal = nodeMajor >= 24 ? (mostOnNode24 ?? most) : most;
    const [guarded, traced] = [of(figures, 'guarded'), of(figures, 'traced')];
    return { id, what, unit, goal, guarded, guardedMet: guarded <= goal, traced, tracedMet: traced <= goal };
  });
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}
