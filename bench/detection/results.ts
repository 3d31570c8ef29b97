/** What the benchmark knows: kept as JSON, shown as tables. A run of some detectors replaces their rows and keeps the others. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonCheck, StreamCheck } from './checks.ts';
import { isOurs } from './entries.ts';
import type { HostileTime } from './hostile.ts';
import type { LabelledText } from './records.ts';
import type { Score } from './score.ts';
import type { Speed } from './speed.ts';

/** A detector and all that was learned about it; what is missing was not reached. */
export interface Outcome {
  readonly name: string;
  /** With the version that was measured. */
  readonly title: string;
  readonly measured: Measured;
  /** Why something is missing: it could not be installed, ended early or was stopped. */
  readonly problem?: string;
  /** Texts on which it threw. */
  readonly failed?: number;
  readonly score?: Score;
  readonly json?: JsonCheck;
  readonly streams?: StreamCheck;
  readonly speed?: Speed;
  readonly hostile: readonly HostileTime[];
}

/** When and on what: rows may be of different runs. */
export interface Measured {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  /** Processes that ran or waited in the minute before. */
  readonly load: number;
}

export type Scored = Outcome & { readonly score: Score };

export interface DataFacts {
  readonly records: number;
  readonly labels: number;
  readonly negatives: number;
}

export interface Results {
  readonly data: DataFacts;
  readonly outcomes: readonly Outcome[];
}

export const RESULTS = join(import.meta.dirname, '..', 'results', 'detection.json');

export const readResults = (): Results => JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
export const hasResults = (): boolean => existsSync(RESULTS);

export function writeResults({ data, outcomes }: Results): void {
  const kept: Results = { data, outcomes: outcomes.map(shortened) };
  writeFileSync(RESULTS, `${JSON.stringify(kept, null, 2)}\n`);
}

/** Of a peer's figures by file only what the tables show: all of them are near a megabyte. */
function shortened(outcome: Outcome): Outcome {
  if (outcome.score === undefined || isOurs(outcome.name)) return outcome;
  const secrets = Object.entries(outcome.score.files).flatMap(([file, { SECRET }]) =>
    SECRET === undefined ? [] : [[file, { SECRET }] as const],
  );
  return { ...outcome, score: { ...outcome.score, files: Object.fromEntries(secrets) } };
}

export function factsOf(records: readonly LabelledText[]): DataFacts {
  return {
    records: records.length,
    labels: records.reduce((sum, { spans }) => sum + spans.length, 0),
    negatives: records.filter(({ kind }) => kind === 'neg').length,
  };
}

/** In the order of `names`; rows of a name that is not there any more are dropped. @throws Error when the texts are others. */
export function merged(stored: Results, fresh: Results, names: readonly string[]): Results {
  if (JSON.stringify(stored.data) !== JSON.stringify(fresh.data)) {
    throw new Error('the kept results are of other texts: run the benchmark without --only');
  }
  const byName = new Map([...stored.outcomes, ...fresh.outcomes].map((outcome) => [outcome.name, outcome]));
  return { data: fresh.data, outcomes: names.flatMap((name) => byName.get(name) ?? []) };
}
