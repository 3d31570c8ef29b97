import { expect, it } from 'vitest';
import { rollupCsv, rollupJson } from '../../src/spend/rollup-export.ts';
import type { Rollup, SpendRow } from '../../src/spend/rollups.ts';

const sums = { costUsd: '0.3', costNanoUsd: 300_000_000, calls: 2, inputTokens: 10, outputTokens: 5 };

function rollupOf(rows: readonly SpendRow[]): Rollup {
  const start = Date.parse('2026-11-21T00:00:00Z');
  return { by: ['user', 'tag:team'], window: 'daily', label: '2026-11-21', start, end: start + 86_400_000, rows };
}

it('CSV has a header, quotes what needs it, and leaves nothing empty but what is', () => {
  const csv = rollupCsv(rollupOf([{ user: 'ada, "the countess"', 'tag:team': null, ...sums }]));
  expect(csv).toBe(
    'user,tag:team,costUsd,costNanoUsd,calls,inputTokens,outputTokens\r\n"ada, ""the countess""",,0.3,300000000,2,10,5\r\n',
  );
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx'])('CSV makes no formula of a value: %j', (user) => {
  expect(rollupCsv(rollupOf([{ user, 'tag:team': 'x', ...sums }])).split('\r\n')[1]).toMatch(/^"?'/);
});

it('CSV has a window for each row where there are several', () => {
  const csv = rollupCsv(rollupOf([{ window: '2026-11-20', user: 'ada', 'tag:team': 'x', ...sums }]));
  expect(csv.split('\r\n')[1]).toMatch(/^2026-11-20,ada,x,0\.3/);
});

it('JSON says instants as text, and null for an end that never comes', () => {
  const { start, end } = JSON.parse(rollupJson({ ...rollupOf([]), end: undefined })) as Record<string, unknown>;
  expect([start, end]).toEqual(['2026-11-21T00:00:00.000Z', null]);
});
