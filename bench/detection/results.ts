/** What one run of the benchmark knows: kept as JSON, shown as tables. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonCheck, StreamCheck } from './checks.ts';
import type { Score } from './score.ts';
import type { Hostile, Speed } from './speed.ts';

/** A detector and all that was learned about it; what is missing was not reached. */
export interface Outcome {
  readonly name: string;
  readonly title: string;
  /** Why something is missing: it could not be installed, ended early or was stopped. */
  readonly problem?: string;
  /** Texts on which it threw. */
  readonly failed?: number;
  readonly score?: Score;
  readonly json?: JsonCheck;
  readonly streams?: StreamCheck;
  readonly speed?: Speed;
  readonly hostile: readonly Hostile[];
  /** The same texts, twenty times as long. */
  readonly grown: readonly Hostile[];
}

export interface Results {
  readonly date: string;
  readonly machine: { readonly node: string; readonly cpus: number; readonly model: string };
  readonly data: { readonly records: number; readonly labels: number; readonly negatives: number };
  readonly outcomes: readonly Outcome[];
}

export const RESULTS = join(import.meta.dirname, '..', 'results', 'detection.json');

export const readResults = (): Results => JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
