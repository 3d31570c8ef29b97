import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TextRedaction } from '../../src/cli/redact-text.ts';
import { type Found, Redaction, type Report } from '../../src/cli/redaction.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { CARD, EMAIL, PHONE } from '../redaction/fixtures.ts';

const redactor = createRedactor({ memo: false });

function run(pieces: readonly string[]): { shown: string; found: (Found & { place: string })[]; mostHeld: number } {
  const found: (Found & { place: string })[] = [];
  const report: Report = (one, place) => void found.push({ ...one, place: place() });
  const filter = new TextRedaction(new Redaction(redactor, report));
  let shown = '';
  let pushed = 0;
  let mostHeld = 0;
  for (const piece of pieces) {
    shown += filter.push(piece);
    pushed += piece.length;
    mostHeld = Math.max(mostHeld, pushed - shown.length);
  }
  return { shown: shown + filter.end(), found, mostHeld };
}

it('gives text, places and scores that do not depend on where the text was split', () => {
  const part = fc.constantFrom('some words ', '\n', '\r\n', `${EMAIL} `, `${PHONE}\n`, `card ${CARD}. `, '\n\n');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), fc.integer({ min: 1, max: 40 }), (parts, length) => {
      const text = parts.join('');
      const pieces = text.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];
      const { shown, found } = run(pieces);
      expect({ shown, found }).toEqual({ shown: run([text]).shown, found: run([text]).found });
      const lines = text.split('\n');
      for (const { place } of found) {
        const [line, column] = place.split(':').map(Number) as [number, number];
        const rest = lines[line - 1]!.slice(column - 1);
        expect([EMAIL, PHONE, CARD].some((value) => rest.startsWith(value))).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

it('passes text on as it comes, however long it is', () => {
  const line = 'Nothing that anybody would mind is said in this line of an endless log.\n';

  const { mostHeld } = run(Array.from({ length: 400 }, () => line.repeat(5)));

  expect(mostHeld).toBeLessThanOrEqual(256);
});
