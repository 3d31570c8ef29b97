import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_DETECTORS } from '../../src/redaction/detectors/all-detectors.ts';
import { createKeyContexts, NO_CONTEXT } from '../../src/redaction/key-context.ts';
import { LABEL_WORDS } from '../../src/redaction/labels.ts';
import { Prefilter } from '../../src/redaction/prefilter.ts';
import { Scanner } from '../../src/redaction/scanner.ts';
import type { ScannerMatch } from '../../src/redaction/segment-search.ts';
import { CARD, EMAIL, GITHUB, PHONE, SSN } from './fixtures.ts';

const parts = fc.constantFrom(
  ...[
    EMAIL,
    CARD,
    PHONE,
    SSN,
    GITHUB,
    'token ',
    'pass=',
    'hunter22',
    '10 Main St.',
    'IBAN ',
    'DE89',
    '12.3.1980',
    'born ',
  ],
  ...[
    'call_12',
    'gpt-4o-mini',
    ' ',
    '-----',
    'BEGIN PRIVATE KEY',
    ':',
    '/',
    '9',
    'a',
    'Z',
    ',',
    '日',
    '<',
    '=',
    '::1',
    '\n',
  ],
);
const texts = fc.array(parts, { maxLength: 4 }).map((list) => list.join('').slice(0, 48));

describe('short texts', () => {
  it('that the quick look rules out hold nothing', () => {
    const prefilter = new Prefilter(ALL_DETECTORS, LABEL_WORDS);
    const blocks = ALL_DETECTORS.flatMap((detector) =>
      'block' in detector && detector.block !== undefined ? [{ detector, block: detector.block }] : [],
    );
    const keyContexts = createKeyContexts();
    let ruledOut = 0;
    fc.assert(
      fc.property(texts, fc.constantFrom(undefined, 'content', 'ssn', 'order_id', 'phone'), (text, name) => {
        const isKeyed = name !== undefined;
        if (prefilter.mayHold(text, isKeyed)) return;
        ruledOut++;
        const found: ScannerMatch[] = [];
        const key = () => (isKeyed ? keyContexts([name]) : NO_CONTEXT);
        const scanner = new Scanner({ prefilter, blocks, key, isKeyed, report: (match) => void found.push(match) });
        scanner.push(text);
        scanner.end();
        expect(found).toEqual([]);
      }),
      { numRuns: 2000 },
    );
    expect(ruledOut).toBeGreaterThan(100);
  });
});
