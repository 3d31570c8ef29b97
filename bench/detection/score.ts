/**
 * Scores what a detector found against the labels: lenient and strict, by entity, by file, on hard negatives and on obfuscated
 * values. Knows nothing of detectors, files or time.
 *
 * Lenient: a label is found when half of it is covered; a finding is right when half of it lies on a label of its type, or when
 * it covers half of one. Strict: same start, end and type. A finding on a label of another type is neither right nor a false
 * alarm under the lenient rule and wrong under the strict one.
 */
import { ENTITIES, type Entity, isEntity, isSameEntity, type ScoredAs, STRUCTURED } from './entities.ts';
import type { Label, LabelledText } from './records.ts';
import { coverage, lengthOf, mergeOverlapping, overlap, type Span, union } from './spans.ts';

export interface Found extends Span {
  /** The detector's own name for it. */
  readonly type: string;
  readonly entity: ScoredAs;
}

/** Shares are null where there was nothing to share. */
export interface Figures {
  readonly labels: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly strictF1: number | null;
  /** Labels of which half is covered by findings of any type. */
  readonly anyRecall: number | null;
  /** Labels of which every letter and digit is covered by findings of any type: the others leak something. */
  readonly fullRecall: number | null;
  readonly falseAlarms: number;
  /** Findings on a label of another type. */
  readonly otherType: number;
}

export interface Negatives {
  readonly records: number;
  readonly falseAlarms: number;
  /** Findings of structured types per thousand hard negatives. */
  readonly falseAlarmsPer1000: number | null;
  readonly recordsHitPer1000: number | null;
  /** With every other type that would be redacted; URLs, dates, places and user names are left out. */
  readonly anyTypePer1000: number | null;
  readonly byEntity: Readonly<Record<string, number>>;
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
  readonly obfuscated: Readonly<Record<string, { readonly labels: number; readonly anyRecall: number | null }>>;
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
const OBFUSCATED: ReadonlySet<string> = new Set(['obfuscated', 'pii_anon_adversarial']);
const NEUTRAL_NAME = /URL|DATE|LOCATION|ZIP|POSTAL|USER|ORG/i;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

interface Counts {
  labels: number;
  found: number;
  exact: number;
  covered: number;
  full: number;
  right: number;
  rightExact: number;
  wrong: number;
  otherType: number;
}

const noCounts = (): Counts => ({
  labels: 0,
  found: 0,
  exact: 0,
  covered: 0,
  full: 0,
  right: 0,
  rightExact: 0,
  wrong: 0,
  otherType: 0,
});

/** One record with its findings, prepared for all entities. */
interface Case {
  readonly record: LabelledText;
  /** Overlapping findings of one entity count as one. */
  readonly byEntity: ReadonlyMap<Entity, readonly Found[]>;
  readonly found: readonly Found[];
  readonly covered: readonly Span[];
}

/** `onMistake` is told of each missed value and each false alarm. */
export function createScorer(onMistake: (mistake: Mistake) => void = () => {}): Scorer {
  const totals = new Map<Entity, Counts>(ENTITIES.map((entity) => [entity, noCounts()]));
  const files = new Map<string, Map<Entity, Counts>>();
  const disguises = new Map<string, { labels: number; covered: number }>();
  const negatives = { records: 0, falseAlarms: 0, recordsHit: 0, anyType: 0, byEntity: new Map<Entity, number>() };
  let records = 0;

  function countersFor(file: string, entity: Entity): Counts[] {
    const ofFile = entryOf(files, file, () => new Map<Entity, Counts>());
    const counters = [entryOf(ofFile, entity, noCounts)];
    if (!OBFUSCATED.has(file)) counters.push(totals.get(entity)!);
    return counters;
  }

  function scoreLabels(one: Case, entity: Entity, counters: readonly Counts[]): void {
    const found = one.found.filter((finding) => isSameEntity(finding.entity, entity));
    const covered = union(found);
    const exact = [...one.byEntity.values()].flat().filter((finding) => isSameEntity(finding.entity, entity));
    for (const label of one.record.spans) {
      if (label.type !== entity || label.valid === false) continue;
      const isFound = coverage(label, covered) >= lengthOf(label) / 2;
      const isCovered = coverage(label, one.covered) >= lengthOf(label) / 2;
      const isExact = exact.some(({ start, end }) => start === label.start && end === label.end);
      const isFull = isWhollyCovered(one, label);
      for (const counts of counters) {
        counts.labels++;
        counts.found += Number(isFound);
        counts.covered += Number(isCovered);
        counts.exact += Number(isExact);
        counts.full += Number(isFull);
      }
      if (OBFUSCATED.has(one.record.file)) countDisguise(one.record, isCovered);
      if (!isFound) onMistake(mistakeOf('missed', entity, one.record, label));
    }
  }

  function countDisguise({ source }: LabelledText, isCovered: boolean): void {
    const counts = entryOf(disguises, source.split(':')[1] ?? source, () => ({ labels: 0, covered: 0 }));
    counts.labels++;
    counts.covered += Number(isCovered);
  }

  function scoreFindings(one: Case, entity: Entity, counters: readonly Counts[]): void {
    for (const finding of one.byEntity.get(entity) ?? []) {
      const verdict = verdictOn(finding, entity, one.record.spans);
      for (const counts of counters) {
        if (verdict !== 'neutral') counts[verdict === 'right exact' ? 'right' : verdict]++;
        if (verdict === 'right exact') counts.rightExact++;
      }
      if (verdict === 'wrong') onMistake(mistakeOf('false alarm', entity, one.record, finding));
    }
  }

  function scoreNegative({ record, byEntity, found }: Case): void {
    const isLabelled = (span: Span): boolean => record.spans.some((label) => overlap(span, label) > 0);
    let falseAlarms = 0;
    for (const [entity, findings] of byEntity) {
      if (!STRUCTURED.includes(entity) || !inScope(record, entity)) continue;
      const alarms = findings.filter((finding) => !isLabelled(finding)).length;
      if (alarms > 0) negatives.byEntity.set(entity, (negatives.byEntity.get(entity) ?? 0) + alarms);
      falseAlarms += alarms;
    }
    const redacted = found.filter(({ entity, type }) => entity !== 'OTHER' || !NEUTRAL_NAME.test(type));
    negatives.records++;
    negatives.falseAlarms += falseAlarms;
    negatives.recordsHit += Number(falseAlarms > 0);
    negatives.anyType += union(redacted).filter((span) => !isLabelled(span)).length;
  }

  return {
    add(record, found) {
      const one: Case = { record, found, byEntity: groupByEntity(found), covered: union(found) };
      records++;
      for (const entity of ENTITIES) {
        if (!inScope(record, entity)) continue;
        const counters = countersFor(record.file, entity);
        scoreLabels(one, entity, counters);
        if (!record.recallOnly && !record.noFp?.includes(entity)) scoreFindings(one, entity, counters);
      }
      if (record.kind === 'neg') scoreNegative(one);
    },
    result() {
      const entities = Object.fromEntries([...totals].map(([entity, counts]) => [entity, figuresOf(counts)]));
      const { byEntity, records: ofNegatives, falseAlarms, recordsHit, anyType } = negatives;
      return {
        records,
        entities: entities as Record<Entity, Figures>,
        structured: figuresOf(sumOf(STRUCTURED.map((entity) => totals.get(entity)!))),
        all: figuresOf(sumOf([...totals.values()])),
        structuredMacroF1: mean(STRUCTURED.map((entity) => entities[entity]!.f1)),
        files: Object.fromEntries([...files].map(([file, counts]) => [file, figuresByEntity(counts)])),
        obfuscated: Object.fromEntries(
          [...disguises].map(([kind, { labels, covered }]) => [kind, { labels, anyRecall: share(covered, labels) }]),
        ),
        negatives: {
          records: ofNegatives,
          falseAlarms,
          falseAlarmsPer1000: share(falseAlarms * 1000, ofNegatives),
          recordsHitPer1000: share(recordsHit * 1000, ofNegatives),
          anyTypePer1000: share(anyType * 1000, ofNegatives),
          byEntity: Object.fromEntries(byEntity),
        },
      };
    },
  };
}

function inScope({ scope }: LabelledText, entity: Entity): boolean {
  return scope === undefined || scope.includes(entity);
}

function groupByEntity(found: readonly Found[]): Map<Entity, Found[]> {
  const groups = new Map<Entity, Found[]>();
  for (const finding of found) if (isEntity(finding.entity)) entryOf(groups, finding.entity, () => []).push(finding);
  for (const [entity, findings] of groups) groups.set(entity, mergeOverlapping(findings));
  return groups;
}

function isWhollyCovered({ record, found }: Case, label: Label): boolean {
  for (let at = label.start; at < label.end; at++) {
    if (!LETTER_OR_DIGIT.test(record.text[at]!)) continue;
    if (!found.some(({ start, end }) => at >= start && at < end)) return false;
  }
  return true;
}

type Verdict = 'right' | 'right exact' | 'wrong' | 'otherType' | 'neutral';

function verdictOn(finding: Found, entity: Entity, labels: readonly Label[]): Verdict {
  const under = labels.filter((label) => overlap(finding, label) > 0);
  const same = under.filter((label) => isSameEntity(label.type, entity));
  if (same.length > 0 && same.every(({ valid }) => valid === false)) return 'neutral';
  const isRight = same.some((label) => {
    const shared = overlap(finding, label);
    return shared >= lengthOf(finding) / 2 || shared >= lengthOf(label) / 2;
  });
  if (isRight) return same.some((label) => isExactly(finding, label)) ? 'right exact' : 'right';
  return under.length > 0 ? 'otherType' : 'wrong';
}

const isExactly = (a: Span, b: Span): boolean => a.start === b.start && a.end === b.end;

function mistakeOf(kind: Mistake['kind'], entity: Entity, { id, text }: LabelledText, { start, end }: Span): Mistake {
  return {
    kind,
    entity,
    id,
    value: text.slice(start, Math.min(end, start + 120)),
    around: text.slice(Math.max(0, start - 40), Math.min(end + 20, start + 160)),
  };
}

function figuresOf(counts: Counts): Figures {
  const { labels, right, wrong, otherType } = counts;
  const rated = right + wrong;
  return {
    labels,
    precision: share(right, rated),
    recall: share(counts.found, labels),
    f1: harmonic(right, rated, counts.found, labels),
    strictF1: harmonic(counts.rightExact, rated + otherType, counts.exact, labels),
    anyRecall: share(counts.covered, labels),
    fullRecall: share(counts.full, labels),
    falseAlarms: wrong,
    otherType,
  };
}

function figuresByEntity(counts: ReadonlyMap<Entity, Counts>): Record<string, Figures> {
  const told = [...counts].filter(([, { labels, wrong }]) => labels > 0 || wrong > 0);
  return Object.fromEntries(told.map(([entity, one]) => [entity, figuresOf(one)]));
}

/** F1 of a precision and a recall; 0 when nothing was found of what there is. */
function harmonic(right: number, rated: number, found: number, labels: number): number | null {
  if (right === 0 || found === 0) return labels > 0 ? 0 : null;
  const precision = right / rated;
  const recall = found / labels;
  return rounded((2 * precision * recall) / (precision + recall));
}

function sumOf(all: readonly Counts[]): Counts {
  const sum = noCounts();
  for (const counts of all) for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += counts[key];
  return sum;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return share(
    known.reduce((sum, value) => sum + value, 0),
    known.length,
  );
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : rounded(part / whole);
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
