import { expect, it } from 'vitest';
import { similarNames } from '../../src/redaction/similar-names.ts';

const NAMES = [
  'EMAIL_ADDRESS',
  'IP_ADDRESS',
  'US_SSN',
  'US_PASSPORT',
  'UK_PASSPORT',
  'DE_PASSPORT',
  'IN_PASSPORT',
  'JWT',
];

it.each([
  ['EMAIL', ['EMAIL_ADDRESS']],
  ['emial', ['EMAIL_ADDRESS']],
  ['us-ssn', ['US_SSN']],
  ['US_SNN', ['US_SSN']],
  ['ip address', ['IP_ADDRESS', 'EMAIL_ADDRESS']],
  ['jwts', ['JWT']],
  ['shoe size', []],
  ['', []],
])('%j may have been meant for %j', (given, expected) => {
  expect(similarNames(given, NAMES)).toEqual(expected);
});

it('are three at most', () => {
  expect(similarNames('passport', NAMES)).toHaveLength(3);
});
