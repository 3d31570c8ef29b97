/**
 * Scores what a detector found against the labels: lenient and strict, by entity, by file, on hard negatives and on obfuscated
 * values. Knows nothing of detectors, files or time.
 *
 * Lenient: a label is found when half of it is covered; a finding is right when half of it lies on a label of its type, or when
 * it covers half of one. Strict: same start, end and type. A finding on a label of another type is neither right nor a false
 * alarm under the lenient rule and wrong under the strict one.
 */
import { ENTITIES, type Entity, isSameEntity, STRUCTURED } from './entities.ts';
import { type Counts, type Figures, figuresOf, mean, noCounts, share, sumOf } from './figures.ts';
import { countNegatives, type Negatives } from './negatives.ts';
import type { Label, LabelledText } from './records.ts';
import { type Found, inScope, type ScoredText, scoredText } from './scored-text.ts';
import { coverage, lengthOf, overlap, type Span, union } from './spans.ts';

/** Values in one disguise that are covered, by findings of any type: half of them, or every letter and digit. */
export interface Disguise {
  readonly labels: number;
  readonly anyRecall: number | null;
  readonly fullRecall: number | null;
}

export interface Score {
  readonly records: number;
  readonly entities: Readonly<Record<Entity, Figures>>;
  /** All structured entities together. */
  readonly structured: Figures;
  readonly all: Figures;
  /** Mean F1 of the structured entities, each counting the same. */
  readonly structuredMacroF1: number | null;
  readonly files: Readonly<Record<string, Readonly<Record<string, Figures>>>>;
  readonly disguises: Readonly<Record<string, Disguise>>;
  readonly negatives: Negatives;
}

/** A value that was not found, or something found that is none. */
export interface Mistake {
  readonly kind: 'missed' | 'false alarm';
  readonly entity: Entity;
  readonly id: string;
  readonly value: string;
  readonly around: string;
}

export interface Scorer {
  add(record: LabelledText, found: readonly Found[]): void;
  result(): Score;
}

/** Scored by kind of disguise, and kept out of the main figures. */
const DISGUISED: ReadonlySet<string> = new Set(['obfuscated', 'pii_anon_adversarial']);
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** `onMistake` is told of each missed value and each false alarm. */
export function createScorer(onMistake: (mistake: Mistake) => void = () => {}): Scorer {
  const totals = new Map<Entity, Counts>(ENTITIES.map((entity) => [entity, noCounts()]));
  const files = new Map<string, Map<Entity, Counts>>();
  const disguises = new Map<string, Counts>();
  const negatives = countNegatives();
  let records = 0;

  function scoreEntity(text: ScoredText, entity: Entity): void {
    const { record } = text;
    const isDisguised = DISGUISED.has(record.file);
    const ofFile = entryOf(files, record.file, () => new Map<Entity, Counts>());
    const counters = [entryOf(ofFile, entity, noCounts)];
    if (!isDisguised) counters.push(totals.get(entity)!);
    const forLabels = isDisguised ? [...counters, entryOf(disguises, disguiseOf(record), noCounts)] : counters;
    scoreLabels(text, entity, forLabels, onMistake);
    if (!record.recallOnly && !record.noFp?.includes(entity)) scoreFindings(text, entity, counters, onMistake);
  }

  return {
    add(record, found) {
      const text = scoredText(record, found);
      records++;
      for (const entity of ENTITIES) if (inScope(record, entity)) scoreEntity(text, entity);
      if (record.kind === 'neg') negatives.add(text);
    },
    result() {
      const entities = Object.fromEntries([...totals].map(([entity, counts]) => [entity, figuresOf(counts)]));
      return {
        records,
        entities: entities as Record<Entity, Figures>,
        structured: figuresOf(sumOf(STRUCTURED.map((entity) => totals.get(entity)!))),
        all: figuresOf(sumOf([...totals.values()])),
        structuredMacroF1: mean(STRUCTURED.map((entity) => entities[entity]!.f1)),
        files: Object.fromEntries([...files].map(([file, counts]) => [file, figuresByEntity(counts)])),
        disguises: disguisesOf(disguises),
        negatives: negatives.result(),
      };
    },
  };
}

/** `obf:zero_width`: the kind stands behind the source. */
const disguiseOf = ({ source }: LabelledText): string => source.split(':')[1] ?? source;

type OnMistake = (mistake: Mistake) => void;

function scoreLabels(text: ScoredText, entity: Entity, counters: readonly Counts[], onMistake: OnMistake): void {
  const found = [...text.byEntity].filter(([other]) => isSameEntity(other, entity)).flatMap(([, findings]) => findings);
  const ofEntity = union(found);
  for (const label of text.record.spans) {
    if (label.type !== entity || label.valid === false) continue;
    const isFound = isHalfCovered(label, ofEntity);
    const isExact = found.some((finding) => isExactly(finding, label));
    const isCovered = isHalfCovered(label, text.covered);
    const isFull = isWhollyCovered(text, label);
    for (const counts of counters) {
      counts.labels++;
      counts.found += Number(isFound);
      counts.exact += Number(isExact);
      counts.covered += Number(isCovered);
      counts.full += Number(isFull);
    }
    if (!isFound) onMistake(mistakeOf('missed', entity, text.record, label));
  }
}

function scoreFindings(text: ScoredText, entity: Entity, counters: readonly Counts[], onMistake: OnMistake): void {
  for (const finding of text.byEntity.get(entity) ?? []) {
    const verdict = verdictOn(finding, entity, text.record.spans);
    for (const counts of counters) {
      if (verdict !== 'neutral') counts[verdict === 'rightExact' ? 'right' : verdict]++;
      if (verdict === 'rightExact') counts.rightExact++;
    }
    if (verdict === 'wrong') onMistake(mistakeOf('false alarm', entity, text.record, finding));
  }
}

type Verdict = 'right' | 'rightExact' | 'wrong' | 'otherType' | 'neutral';

function verdictOn(finding: Found, entity: Entity, labels: readonly Label[]): Verdict {
  const under = labels.filter((label) => overlap(finding, label) > 0);
  const same = under.filter((label) => isSameEntity(label.type, entity));
  if (same.length > 0 && same.every(({ valid }) => valid === false)) return 'neutral';
  const isRight = same.some((label) => {
    const shared = overlap(finding, label);
    return shared >= lengthOf(finding) / 2 || shared >= lengthOf(label) / 2;
  });
  if (isRight) return same.some((label) => isExactly(finding, label)) ? 'rightExact' : 'right';
  return under.length > 0 ? 'otherType' : 'wrong';
}

const isExactly = (a: Span, b: Span): boolean => a.start === b.start && a.end === b.end;
const isHalfCovered = (label: Label, covers: readonly Span[]): boolean =>
  coverage(label, covers) >= lengthOf(label) / 2;

function isWhollyCovered({ record, covered }: ScoredText, label: Label): boolean {
  for (let at = label.start; at < label.end; at++) {
    if (!LETTER_OR_DIGIT.test(record.text[at]!)) continue;
    if (!covered.some(({ start, end }) => at >= start && at < end)) return false;
  }
  return true;
}

function mistakeOf(kind: Mistake['kind'], entity: Entity, { id, text }: LabelledText, { start, end }: Span): Mistake {
  return {
    kind,
    entity,
    id,
    value: text.slice(start, Math.min(end, start + 120)),
    around: text.slice(Math.max(0, start - 40), Math.min(end + 20, start + 160)),
  };
}

function figuresByEntity(counts: ReadonlyMap<Entity, Counts>): Record<string, Figures> {
  const told = [...counts].filter(([, { labels, wrong }]) => labels > 0 || wrong > 0);
  return Object.fromEntries(told.map(([entity, one]) => [entity, figuresOf(one)]));
}

function disguisesOf(counts: ReadonlyMap<string, Counts>): Record<string, Disguise> {
  const told = [...counts].filter(([, { labels }]) => labels > 0);
  return Object.fromEntries(
    told.map(([kind, { labels, covered, full }]) => [
      kind,
      { labels, anyRecall: share(covered, labels), fullRecall: share(full, labels) },
    ]),
  );
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
