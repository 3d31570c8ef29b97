/** Rows of a rollup as series over windows, dearest first; those past a few are one. Pure. */
import type { RollupResource } from '../resources/spend.ts';
import { startOfLabel } from './windows.ts';

export interface Series {
  readonly name: string;
  /** USD in each window. */
  readonly costs: readonly number[];
  readonly total: number;
  readonly calls: number;
}

/** As many as can be told apart. */
export const MAX_SERIES = 7;

export const NOBODY = 'unattributed';

export function seriesOf(
  { rows }: RollupResource,
  starts: readonly number[],
  nameOf: (value: string) => string = (value) => value,
): readonly Series[] {
  const places = new Map(starts.map((start, index) => [start, index]));
  const series = new Map<string, { costs: number[]; calls: number }>();
  for (const row of rows) {
    const place = places.get(startOfLabel(row.window ?? ''));
    if (place === undefined) continue;
    const value = Object.values(row.group)[0] ?? undefined;
    const name = value === undefined ? NOBODY : nameOf(value);
    const one = series.get(name) ?? { costs: starts.map(() => 0), calls: 0 };
    one.costs[place] = one.costs[place]! + Number(row.cost_usd);
    one.calls += row.calls;
    series.set(name, one);
  }
  return [...series]
    .map(([name, { costs, calls }]) => ({ name, costs, calls, total: sum(costs) }))
    .sort((a, b) => b.total - a.total);
}

/** The dearest, and all others as one. */
export function folded(series: readonly Series[]): readonly Series[] {
  if (series.length <= MAX_SERIES) return series;
  const [shown, rest] = [series.slice(0, MAX_SERIES - 1), series.slice(MAX_SERIES - 1)];
  const costs = shown[0]!.costs.map((_, index) => sum(rest.map((one) => one.costs[index]!)));
  const others = {
    name: `${rest.length} others`,
    costs,
    total: sum(costs),
    calls: sum(rest.map(({ calls }) => calls)),
  };
  return [...shown, others];
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
