import { describe, expect, it } from 'vitest';
import { type Entity, namesToEntities, type ScoredAs } from '../../bench/detection/entities.ts';
import type { Label, LabelledText } from '../../bench/detection/records.ts';
import { createScorer, type Mistake, type Score } from '../../bench/detection/score.ts';
import type { Found } from '../../bench/detection/scored-text.ts';

//            0         1         2         3
//            0123456789012345678901234567890123456789
const TEXT = 'call 555-0100 or mail ada@example.org !!';
const PHONE: Label = { start: 5, end: 13, type: 'PHONE' };
const EMAIL: Label = { start: 22, end: 37, type: 'EMAIL' };

const record = (spans: readonly Label[], rest: Partial<LabelledText> = {}): LabelledText => ({
  id: 'r1',
  text: TEXT,
  spans,
  source: 'test',
  file: 'tests',
  ...rest,
});
const found = (start: number, end: number, entity: ScoredAs, type: string = entity): Found => ({
  start,
  end,
  type,
  entity,
});

function score(spans: readonly Label[], findings: readonly Found[], rest: Partial<LabelledText> = {}): Score {
  const scorer = createScorer();
  scorer.add(record(spans, rest), findings);
  return scorer.result();
}

describe('a finding', () => {
  it('counts whole when start, end and type are those of the label', () => {
    const { entities, structured } = score([PHONE, EMAIL], [found(5, 13, 'PHONE')]);

    expect(entities.PHONE).toEqual({
      labels: 1,
      precision: 1,
      recall: 1,
      f1: 1,
      strictF1: 1,
      anyRecall: 1,
      fullRecall: 1,
      falseAlarms: 0,
      otherType: 0,
    });
    expect(entities.EMAIL).toMatchObject({ labels: 1, precision: null, recall: 0, f1: 0, strictF1: 0 });
    expect(structured).toMatchObject({ labels: 2, precision: 1, recall: 0.5, f1: 0.667 });
  });

  it('of half the value counts under the lenient rule and lets something out', () => {
    expect(score([PHONE], [found(5, 9, 'PHONE')]).entities.PHONE).toMatchObject({ f1: 1, strictF1: 0, fullRecall: 0 });
    expect(score([PHONE], [found(5, 8, 'PHONE')]).entities.PHONE).toMatchObject({ recall: 0, precision: 1, f1: 0 });
  });

  it('that leaves only punctuation lets nothing out', () => {
    const dashed: Label = { start: 4, end: 14, type: 'PHONE' };

    expect(score([dashed], [found(5, 13, 'PHONE')]).entities.PHONE).toMatchObject({ strictF1: 0, fullRecall: 1 });
  });

  it('in two parts covers what they cover together', () => {
    const { PHONE: figures } = score([PHONE], [found(5, 8, 'PHONE'), found(9, 13, 'OTHER', 'DIGITS')]).entities;

    expect(figures).toMatchObject({ recall: 0, anyRecall: 1, fullRecall: 1 });
  });

  it('on a value of another type is no false alarm, but wrong under the strict rule', () => {
    const { entities } = score([PHONE, EMAIL], [found(5, 13, 'SSN'), found(22, 37, 'EMAIL'), found(0, 4, 'EMAIL')]);

    expect(entities.SSN).toMatchObject({ labels: 0, falseAlarms: 0, otherType: 1 });
    expect(entities.EMAIL).toMatchObject({ precision: 0.5, falseAlarms: 1, recall: 1 });
  });

  it('that overlaps another of its type counts as one with it', () => {
    expect(score([], [found(0, 4, 'IP'), found(2, 8, 'IP'), found(8, 9, 'IP')]).entities.IP.falseAlarms).toBe(2);
  });

  it('of a value with a wrong check digit is neither right nor wrong', () => {
    const invalid: Label = { ...PHONE, valid: false };

    expect(score([invalid], [found(5, 13, 'PHONE')]).entities.PHONE).toMatchObject({ labels: 0, falseAlarms: 0 });
    expect(score([invalid], []).entities.PHONE.f1).toBeNull();
  });

  it('takes a health id for a national id and the other way round', () => {
    const health: Label = { ...PHONE, type: 'HEALTH_ID' };

    const { entities } = score([health], [found(5, 13, 'NATIONAL_ID')]);

    expect(entities.HEALTH_ID).toMatchObject({ recall: 1 });
    expect(entities.NATIONAL_ID).toMatchObject({ precision: 1, falseAlarms: 0 });
  });
});

describe('labels that are not complete', () => {
  it('score nothing out of their scope', () => {
    const { entities } = score([PHONE], [found(22, 37, 'EMAIL')], { scope: ['PHONE'] });

    expect(entities.EMAIL).toMatchObject({ labels: 0, falseAlarms: 0 });
  });

  it.each<Partial<LabelledText>>([{ recallOnly: true }, { noFp: ['EMAIL'] }])('count no false alarms: %j', (rest) => {
    expect(score([PHONE], [found(22, 37, 'EMAIL')], rest).entities.EMAIL.falseAlarms).toBe(0);
  });
});

describe('hard negatives', () => {
  it('count structured types by thousand, and any type that would be redacted', () => {
    const findings = [
      found(5, 13, 'PHONE'),
      found(0, 4, 'PERSON'),
      found(14, 16, 'OTHER', 'WORD'),
      found(17, 21, 'OTHER', 'URL'),
    ];

    const { negatives } = score([], findings, { kind: 'neg' });

    expect(negatives).toEqual({
      records: 1,
      falseAlarms: 1,
      falseAlarmsPer1000: 1000,
      recordsHitPer1000: 1000,
      freeFormPer1000: 1000,
      anyTypePer1000: 3000,
      byEntity: { PHONE: 1 },
    });
  });

  it('forgive what lies on a label', () => {
    const neutral: Label = { ...PHONE, type: 'OTHER' };

    expect(score([neutral], [found(5, 13, 'PHONE')], { kind: 'neg' }).negatives.falseAlarms).toBe(0);
  });
});

it('keeps disguised values out of the figures and tells them by disguise', () => {
  const { entities, disguises, files } = score([PHONE], [found(5, 11, 'SECRET')], {
    file: 'obfuscated',
    source: 'obf:zero_width',
  });

  expect(entities.PHONE.labels).toBe(0);
  expect(disguises).toEqual({ zero_width: { labels: 1, anyRecall: 1, fullRecall: 0 } });
  expect(files.obfuscated?.PHONE).toMatchObject({ labels: 1, recall: 0 });
});

it('tells what was missed and what was found wrongly', () => {
  const mistakes: Mistake[] = [];
  const scorer = createScorer((mistake) => void mistakes.push(mistake));

  scorer.add(record([PHONE]), [found(22, 37, 'EMAIL')]);

  expect(mistakes.map(({ kind, entity, value }) => [kind, entity, value])).toEqual([
    ['false alarm', 'EMAIL', 'ada@example.org'],
    ['missed', 'PHONE', '555-0100'],
  ]);
});

it.each<[string, Entity | 'OTHER']>([
  ['EMAIL_ADDRESS', 'EMAIL'],
  ['emailAddress', 'EMAIL'],
  ['credit-card-number', 'CREDIT_CARD'],
  ['us_ssn', 'SSN'],
  ['IP_ADDRESS', 'IP'],
  ['MAC_ADDRESS', 'MAC'],
  ['PL_PESEL', 'NATIONAL_ID'],
  ['UK_NHS', 'HEALTH_ID'],
  ['GITHUB_TOKEN', 'SECRET'],
  ['DATE_OF_BIRTH', 'DOB'],
  ['STREET_ADDRESS', 'ADDRESS'],
  ['ORGANIZATION', 'OTHER'],
])('takes %s for %s', (type, entity) => {
  expect(namesToEntities()(type)).toBe(entity);
});

it('lets a detector say what its own names mean', () => {
  expect(namesToEntities({ DIGITS: 'BANK' })('DIGITS')).toBe('BANK');
});
