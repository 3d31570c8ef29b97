import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENTRIES, entriesOf } from '../../bench/detection/entries.ts';
import { GROWN_CHARS, HOSTILE_CHARS } from '../../bench/detection/hostile.ts';
import { sharesWithBest } from '../../bench/detection/markdown.ts';
import { measure } from '../../bench/detection/measure.ts';
import { report } from '../../bench/detection/report.ts';
import { behind } from '../../bench/detection/report-behind.ts';
import { hostileTable } from '../../bench/detection/report-hostile.ts';
import { merged, type Outcome, type Results, readResults } from '../../bench/detection/results.ts';
import { createScorer } from '../../bench/detection/score.ts';
import { ROOT } from '../built-package.ts';

const outcome = (name: string, rest: Partial<Outcome> = {}): Outcome => ({
  name,
  title: name,
  measured: { date: '2026-01-01', node: '24.0.0', machine: 'a machine', load: 0 },
  hostile: [],
  ...rest,
});
const data = { records: 2, labels: 3, negatives: 1 };
const resultsOf = (...outcomes: Outcome[]): Results => ({ data, outcomes });

describe('a run of some detectors', () => {
  const stored = resultsOf(outcome('ours'), outcome('peer'), outcome('gone'));

  it('replaces their rows and keeps the others with their date', () => {
    const later = { date: '2026-02-02', node: '24.1.0', machine: 'another machine', load: 1 };
    const fresh = resultsOf(outcome('ours', { measured: later }), outcome('new'));

    const { outcomes } = merged(stored, fresh, ['ours', 'new', 'peer']);

    expect(outcomes.map(({ name, measured }) => [name, measured.date])).toEqual([
      ['ours', '2026-02-02'],
      ['new', '2026-01-01'],
      ['peer', '2026-01-01'],
    ]);
  });

  it('is refused when the kept rows are of other texts', () => {
    expect(() => merged(stored, { ...stored, data: { ...data, records: 9 } }, [])).toThrow('other texts');
  });

  it('takes only names that are known', () => {
    expect(entriesOf(['postern', 'langchain']).map(({ name }) => name)).toEqual(['postern', 'langchain']);
    expect(entriesOf(undefined)).toBe(ENTRIES);
    expect(() => entriesOf(['nobody'])).toThrow('nobody is none of postern');
  });
});

it('records a detector that does not come up and goes on', async () => {
  const { problem, hostile } = await measure({ name: 'nobody' }, { data: ROOT, wantsMistakes: false });

  expect(problem).toMatch(/^ended with code 1 before it had read all texts/);
  expect(problem).not.toContain(ROOT);
  expect(hostile).toEqual([]);
});

describe('the table of hostile texts', () => {
  it('tells the worst, how it grew and what was stopped', () => {
    const text = hostileTable([
      outcome('linear', {
        hostile: [
          { name: 'a', chars: HOSTILE_CHARS, ms: 2 },
          { name: 'b', chars: HOSTILE_CHARS, ms: 1 },
          { name: 'b', chars: GROWN_CHARS, ms: 21 },
          { name: 'a', chars: GROWN_CHARS, ms: 40 },
        ],
      }),
      outcome('quadratic', {
        hostile: [
          { name: 'a', chars: HOSTILE_CHARS, ms: 500 },
          { name: 'a', chars: GROWN_CHARS, ms: 30_000, isStopped: true },
        ],
      }),
      outcome('stuck', { hostile: [{ name: 'a', chars: HOSTILE_CHARS, ms: 30_000, isStopped: true }] }),
    ]);

    const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    expect(rows.slice(2).map((row) => row.slice(1, -1))).toEqual([
      ['linear', '2.0 ms (a)', '40 ms (a)', '21 times (b)', '2 + 2'],
      ['quadratic', '500 ms (a)', 'stopped at 30.0 s (a)', 'over 60 times (a)', '1 + 0'],
      ['stuck', 'stopped at 30.0 s (a)', '–', '–', '0 + 0'],
    ]);
  });
});

describe('the lines on which a peer is ahead', () => {
  const record = {
    id: '1',
    text: 'ada 10.0.0.7',
    spans: [{ start: 4, end: 12, type: 'IP' as const }],
    source: '',
    file: 'f',
  };
  const scoreOf = (end: number) => {
    const scorer = createScorer();
    scorer.add(record, [{ start: 4, end, type: 'IP', entity: 'IP' }]);
    return { score: scorer.result() };
  };
  const ours = { ...outcome('postern'), ...scoreOf(11), speed: { conversation: 9, oneString: 9, labelled: 9 } };

  it('are told with both figures', () => {
    const peer = { ...outcome('peer'), ...scoreOf(12), speed: { conversation: 8, oneString: 12, labelled: 9 } };

    expect(behind([ours, peer]).split('\n')).toEqual([
      '- IP, strict F1: 0; peer 1.000.',
      '- IP, nothing gets out: 0; peer 1.000.',
      '- MB/s, one string: 9.00; peer 12.0.',
    ]);
  });

  it('are none where ours leads or is alone', () => {
    expect(behind([ours])).toBe('On no line of the tables above.');
    expect(behind([])).toBe('Postern was not measured.');
  });
});

it('sets the most of each column in bold', () => {
  expect(
    sharesWithBest([
      [0.5, 0, null],
      [0.25, 0, 1],
    ]),
  ).toEqual([
    ['**.500**', '0', '–'],
    ['.250', '0', '**1.000**'],
  ]);
});

it('shows in docs/detection.md what bench/results/detection.json holds', () => {
  expect(readFileSync(join(ROOT, 'docs', 'detection.md'), 'utf8')).toContain(report(readResults()));
});
