/** The results as text: tables in Markdown, so that they can be read in a terminal and pasted into the docs. */
import { CASES } from './cases.ts';
import type { Figure, Measured, Verdict } from './goals.ts';

/** All that was measured on one version of Node. */
export interface Row {
  readonly node: string;
  readonly client: string;
  readonly measured: readonly Measured[];
  readonly goals: readonly Verdict[];
}

export const round = (value: number): string =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
const spread = ({ median, min, max }: Figure): string => `${round(median)} (${round(min)} to ${round(max)})`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function report({ node, client, measured, goals }: Row): string {
  return [
    `### Node ${node}, ${client}`,
    '',
    table(
      ['goal', 'what', 'at most', 'guarded', 'met', 'guarded and traced', 'met'],
      goals.map(({ id, what, unit, goal, guarded, guardedMet, traced, tracedMet }) => [
        id,
        what,
        `${goal} ${unit}`,
        `${round(guarded)} ${unit}`,
        guardedMet ? 'yes' : 'no',
        `${round(traced)} ${unit}`,
        tracedMet ? 'yes' : 'no',
      ]),
    ),
    '',
    'Medians of the blocks (least to most), in us for each call:',
    '',
    table(
      ['case', 'side', 'CPU', 'latency', 'first piece', 'calls'],
      CASES.flatMap(({ name, what }) =>
        measured
          .filter((one) => one.name === name)
          .map(({ side, cpuUs, latencyUs, firstUs, calls }) => [
            what,
            side,
            spread(cpuUs),
            spread(latencyUs),
            firstUs ? spread(firstUs) : '',
            String(calls),
          ]),
      ),
    ),
    '',
  ].join('\n');
}
