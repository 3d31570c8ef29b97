/** The results as tables in Markdown, ratios foremost: figures of different machines do not compare, ratios nearly do. */
import type { CandidateName } from './candidates.ts';
import { median } from './figures.ts';
import { HELD_BOUND_MS, type HeldStreams, type Round, type Scenario } from './scenarios.ts';

/** Medians of the rounds. */
export interface Row extends Round {
  readonly scenario: Scenario['name'];
  readonly candidate: CandidateName;
  readonly rounds: number;
  /** Most of `perSecond` by the least. */
  readonly spread: number;
}

export interface HeldRow extends HeldStreams {
  readonly candidate: CandidateName;
}

/** What the others are compared with: the same work without a gateway in it. */
const MEASURE: CandidateName = 'node-proxy';

export function rowOf(scenario: Scenario, candidate: CandidateName, rounds: readonly Round[]): Row {
  const of = (read: (round: Round) => number): number => median(rounds.map(read));
  const known = (read: (round: Round) => number | undefined): number | undefined => {
    const values = rounds.map(read).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const rates = rounds.map(({ perSecond }) => perSecond);
  return {
    scenario: scenario.name,
    candidate,
    rounds: rounds.length,
    perSecond: of(({ perSecond }) => perSecond),
    p50Us: of(({ p50Us }) => p50Us),
    p99Us: of(({ p99Us }) => p99Us),
    cpuUs: known(({ cpuUs }) => cpuUs),
    busy: known(({ busy }) => busy),
    rssMiB: known(({ rssMiB }) => rssMiB),
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
    error: rounds.find(({ error }) => error)?.error,
    spread: Math.max(...rates) / Math.min(...rates),
  };
}

export function scenarioTable({ title, unit }: Scenario, rows: readonly Row[]): string {
  const rowOf = (name: CandidateName): Row | undefined => rows.find(({ candidate }) => candidate === name);
  const [measure, direct] = [rowOf(MEASURE), rowOf('direct')];
  const late = unit === 'piece' ? 'delay' : 'latency';
  const head = ['', `CPU of ${MEASURE}'s`, `${unit}s/s of ${MEASURE}'s`, `CPU a ${unit}`, `${unit}s/s`];
  const lines = rows.map((row) => [
    row.candidate,
    ratio(row.cpuUs, measure?.cpuUs),
    // A paced stream offers all the same.
    unit === 'piece' ? '' : ratio(row.perSecond, measure?.perSecond),
    row.cpuUs === undefined || !Number.isFinite(row.cpuUs) ? '' : `${round(row.cpuUs)} us`,
    round(row.perSecond),
    `${duration(row.p50Us)}, ${duration(row.p99Us)}`,
    direct && row !== direct ? duration(row.p50Us - direct.p50Us) : '',
    row.rssMiB === undefined ? '' : `${round(row.rssMiB)} MiB`,
    row.errors === 0 ? '' : String(row.errors),
  ]);
  return `${title}\n\n${table([...head, `${late} p50, p99`, 'p50 beyond direct', 'RSS', 'errors'], lines)}`;
}

export function heldTable(rows: readonly HeldRow[]): string {
  const lines = rows.map(({ candidate, streams, rssMiB, delayP90Ms, limit }) => [
    candidate,
    limit === undefined ? `${streams} or more` : String(streams),
    `${round(delayP90Ms)} ms`,
    rssMiB === undefined ? '' : `${round(rssMiB)} MiB`,
    limit?.slice(0, 60).replaceAll(/\s+/g, ' ') ?? '',
  ]);
  const title = `Streams held at once, one piece a second each, 9 in 10 at most ${HELD_BOUND_MS} ms late`;
  return `${title}\n\n${table(['', 'streams', 'delay p90', 'RSS', 'twice as many'], lines)}`;
}

const round = (value: number): string =>
  !Number.isFinite(value)
    ? ''
    : value < 10
      ? value.toFixed(2)
      : value < 100
        ? value.toFixed(1)
        : Math.round(value).toLocaleString('en');
const ratio = (value: number | undefined, of: number | undefined): string =>
  value === undefined || of === undefined || !Number.isFinite(value / of) ? '' : `${round(value / of)} x`;
const duration = (us: number): string =>
  !Number.isFinite(us) ? '' : us < 1_000 ? `${Math.round(us)} us` : `${round(us / 1_000)} ms`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}
