/** False alarms on hard negatives: texts that look as if something were in them. */
import { type Entity, STRUCTURED } from './entities.ts';
import { perThousand } from './figures.ts';
import { inScope, isLabelled, type ScoredText } from './scored-text.ts';
import { union } from './spans.ts';

export interface Negatives {
  readonly records: number;
  readonly falseAlarms: number;
  /** Findings of structured types per thousand hard negatives. */
  readonly falseAlarmsPer1000: number | null;
  readonly recordsHitPer1000: number | null;
  /** Findings of persons, addresses and dates of birth. */
  readonly freeFormPer1000: number | null;
  /** With every other type that would be redacted; URLs, dates, places and user names are left out. */
  readonly anyTypePer1000: number | null;
  readonly byEntity: Readonly<Partial<Record<Entity, number>>>;
}

const NEUTRAL_NAME = /URL|DATE|LOCATION|ZIP|POSTAL|USER|ORG/i;

export interface NegativesCounter {
  add(text: ScoredText): void;
  result(): Negatives;
}

export function countNegatives(): NegativesCounter {
  const byEntity = new Map<Entity, number>();
  let records = 0;
  let falseAlarms = 0;
  let recordsHit = 0;
  let freeForm = 0;
  let anyType = 0;

  return {
    add(text) {
      const alarms = alarmsByEntity(text);
      const structured = alarms.filter(([entity]) => STRUCTURED.includes(entity) && inScope(text.record, entity));
      for (const [entity, count] of structured) byEntity.set(entity, (byEntity.get(entity) ?? 0) + count);
      const count = total(structured);
      records++;
      falseAlarms += count;
      recordsHit += Number(count > 0);
      freeForm += total(alarms.filter(([entity]) => !STRUCTURED.includes(entity)));
      anyType += redactedSpans(text);
    },
    result: () => ({
      records,
      falseAlarms,
      falseAlarmsPer1000: perThousand(falseAlarms, records),
      recordsHitPer1000: perThousand(recordsHit, records),
      freeFormPer1000: perThousand(freeForm, records),
      anyTypePer1000: perThousand(anyType, records),
      byEntity: Object.fromEntries(byEntity),
    }),
  };
}

type Alarms = readonly (readonly [Entity, number])[];

/** Findings that lie on no label, a neutral one included. */
function alarmsByEntity({ record, byEntity }: ScoredText): Alarms {
  const counts = [...byEntity].map(
    ([entity, found]) => [entity, found.filter((finding) => !isLabelled(record, finding)).length] as const,
  );
  return counts.filter(([, count]) => count > 0);
}

const total = (alarms: Alarms): number => alarms.reduce((sum, [, count]) => sum + count, 0);

function redactedSpans({ record, found }: ScoredText): number {
  const redacted = found.filter(({ entity, type }) => entity !== 'OTHER' || !NEUTRAL_NAME.test(type));
  return union(redacted).filter((span) => !isLabelled(record, span)).length;
}
