/** What the guard looks at, and how figures are held against limits. Ratios of one run and counts: nothing in seconds. */

export const FIGURES = {
  call: 'CPU of a 1 KB call, guarded by bare client',
  stream: 'CPU of a 64-chunk stream, guarded by bare client',
  first: 'CPU of a 200 KB call never seen, guarded by bare client',
  next: 'CPU of a guarded 200 KB call, known prefix by never seen',
  callPromises: 'promises that the guards add to a call',
  chunkPromises: 'promises that the guards add to a chunk of a stream',
  nextScans: 'regular expressions run for a 200 KB call, known prefix by never seen',
  server: "CPU of a 1 KB request at the guarded server by the minimal proxy's",
} as const;

export type FigureName = keyof typeof FIGURES;
export type Figures = Partial<Readonly<Record<FigureName, number>>>;

export interface Limit {
  readonly least: number;
  readonly worst: number;
  readonly limit: number;
}
export type Limits = Partial<Readonly<Record<FigureName, Limit>>>;

export interface Excess {
  readonly name: FigureName;
  readonly figure: number;
  readonly limit: number;
}

/** Above the worst of the runs. What is counted varies only where timers decide. */
const SLACK = 1.3;
const COUNT_SLACK = 1.1;
const COUNTS: ReadonlySet<FigureName> = new Set(['callPromises', 'chunkPromises', 'nextScans']);
const namesOf = (figures: object): FigureName[] => Object.keys(figures) as FigureName[];

export function limitsOf(runs: readonly Figures[]): Limits {
  const names = namesOf(FIGURES).filter((name) => runs.every((run) => run[name] !== undefined));
  return Object.fromEntries(
    names.map((name) => {
      const values = runs.map((run) => run[name]!);
      const worst = Math.max(...values);
      const limit = rounded(worst * (COUNTS.has(name) ? COUNT_SLACK : SLACK));
      return [name, { least: rounded(Math.min(...values)), worst: rounded(worst), limit }];
    }),
  );
}

/** Noise only adds, so the least of several runs is the nearest to what the work costs. */
export function leastOf(a: Figures, b: Figures): Figures {
  return Object.fromEntries(
    namesOf({ ...a, ...b }).map((name) => [name, Math.min(a[name] ?? Infinity, b[name] ?? Infinity)]),
  );
}

export function excessesOf(figures: Figures, limits: Limits): Excess[] {
  return namesOf(limits).flatMap((name) => {
    const [figure, limit] = [figures[name], limits[name]!.limit];
    return figure !== undefined && figure > limit ? [{ name, figure, limit }] : [];
  });
}

export const rounded = (value: number): number => Number(value.toPrecision(4));
