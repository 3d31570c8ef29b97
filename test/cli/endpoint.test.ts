/** What is likely wrong with the URL of a backend, without asking anybody. */
import { expect, test } from 'vitest';
import { adviceFor, apiBase } from '../../src/cli/doctor/endpoint.ts';

test.each([
  ['https://collector.example:4317', false, 'https://collector.example:4318/v1/traces'],
  ['https://collector.example/v1/traces/', false, 'https://collector.example/v1/traces'],
  ['https://collector.example/v1', false, 'https://collector.example/v1/traces'],
  ['http://api.smith.langchain.com/otel/otel', true, 'https://api.smith.langchain.com/otel/v1/traces'],
  ['https://eu.smith.langchain.com/otel/v1/traces', true, 'https://eu.api.smith.langchain.com/otel/v1/traces'],
  ['https://own.example/otel/v1/traces', true, 'https://own.example/api/v1/otel/v1/traces'],
  [
    'https://own.example/tools/api/v1/api/v1/otel/v1/traces/v1/traces',
    true,
    'https://own.example/tools/api/v1/otel/v1/traces',
  ],
])('%s is corrected', (url, isLangSmith, corrected) => {
  const advice = adviceFor({ url, isLangSmith });

  expect(advice.corrected).toBe(corrected);
  expect(advice.mistakes.length).toBeGreaterThan(0);
  expect(adviceFor({ url: corrected, isLangSmith })).toEqual({ mistakes: [], corrected });
});

test("LangSmith's API stands beside its traces endpoint", () => {
  expect(apiBase('https://api.smith.langchain.com/otel/v1/traces')).toBe('https://api.smith.langchain.com/api/v1');
  expect(apiBase('https://own.example/tools/api/v1/otel/v1/traces')).toBe('https://own.example/tools/api/v1');
});
