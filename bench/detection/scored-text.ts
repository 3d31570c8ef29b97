/** A labelled text with what a detector found in it, made ready for scoring. */
import { type Entity, isEntity, type ScoredAs } from './entities.ts';
import type { LabelledText } from './records.ts';
import { mergeOverlapping, overlap, type Span, union } from './spans.ts';

export interface Found extends Span {
  /** The detector's own name for it. */
  readonly type: string;
  readonly entity: ScoredAs;
}

export interface ScoredText {
  readonly record: LabelledText;
  readonly found: readonly Found[];
  /** Overlapping findings of one entity count as one. */
  readonly byEntity: ReadonlyMap<Entity, readonly Found[]>;
  /** What all findings cover together. */
  readonly covered: readonly Span[];
}

export function scoredText(record: LabelledText, found: readonly Found[]): ScoredText {
  return { record, found, byEntity: groupByEntity(found), covered: union(found) };
}

function groupByEntity(found: readonly Found[]): Map<Entity, readonly Found[]> {
  const entities = new Set(found.map(({ entity }) => entity).filter(isEntity));
  return new Map([...entities].map((one) => [one, mergeOverlapping(found.filter(({ entity }) => entity === one))]));
}

/** Whether every value of the entity is labelled in the text. */
export function inScope({ scope }: LabelledText, entity: Entity): boolean {
  return scope === undefined || scope.includes(entity);
}

export function isLabelled({ spans }: LabelledText, span: Span): boolean {
  return spans.some((label) => overlap(span, label) > 0);
}
