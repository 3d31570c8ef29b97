/** What the LangChain part of the benchmark compares, and its figures as a table. */
import { STREAM_CHUNKS } from './answers.ts';
import type { Figure } from './goals.ts';
import { describe, type Machine } from './machine.ts';
import { round, table } from './report.ts';

export const SIDES = {
  plain: 'the model on a mocked fetch',
  gateway: 'the model on `gateway.fetch`, without policies',
  silent: 'the same with a handler that does nothing',
  observe: 'the same with a handler that annotates',
  enforce: "the model on a mocked fetch, guarded by a handler with `mode: 'enforce'` alone",
} as const;
export type Side = keyof typeof SIDES;
export type Way = 'invoke' | 'stream';

export interface LangchainFigures {
  readonly machine: Machine;
  readonly sides: Readonly<Record<Side, Readonly<Record<Way, Figure>>>>;
}

export const NAMES = Object.keys(SIDES) as Side[];

/** A chunk's share of what a stream costs. */
const perChunk = ({ median, min, max }: Figure): Figure => ({
  median: median / STREAM_CHUNKS,
  min: min / STREAM_CHUNKS,
  max: max / STREAM_CHUNKS,
});

export function langchainTable({ machine, sides }: LangchainFigures): string {
  const cell = ({ median, min, max }: Figure): string => `${round(median)} us (${round(min)} to ${round(max)})`;
  const rows = NAMES.map((side) => [SIDES[side], cell(sides[side].invoke), cell(perChunk(sides[side].stream))]);
  return `${table(['', 'CPU an invoke', 'CPU a chunk'], rows)}\n\n${describe(machine)}`;
}
