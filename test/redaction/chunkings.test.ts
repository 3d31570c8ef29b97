/**
 * Texts of all detector folders, alone and mixed, in random pieces: what is shown and what is found must be what the whole text
 * gives. `POSTERN_CHUNKINGS=1000000 npx vitest run test/redaction/chunkings.test.ts` tries a million.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { VALUES } from './fixtures.ts';

const CHUNKINGS = Number(process.env.POSTERN_CHUNKINGS ?? 20_000);
/** One scan of the whole serves several chunkings of it. */
const CHUNKINGS_PER_TEXT = 8;
/** A generous bound for slow machines. */
const MS_PER_CHUNKING = 10;

const redactor = createRedactor();

/** `EMAIL_ADDRESS<tab>Mail [[ada@example.org]]` or, in texts that must be left, the text alone. */
function textsOf(file: 'found.txt' | 'kept.txt'): string[] {
  const root = join(import.meta.dirname, 'detectors');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(file));
  const lines = paths.flatMap((path) => readFileSync(join(root, path), 'utf8').split('\n'));
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(file === 'found.txt' ? line.indexOf('\t') + 1 : 0))
    .map((line) => line.replace(/\$([A-Z_]+)/g, (name, key: string) => VALUES[key] ?? name).replace(/\[\[|\]\]/g, ''));
}

const found = textsOf('found.txt');
const kept = textsOf('kept.txt');
const GLUE = [
  '',
  ' ',
  '\n',
  '. ',
  ', ',
  '": "',
  '\\n',
  '&',
  '=',
  '<',
  '\u200b',
  '\u00a0',
  '–',
  '中',
  '😀',
  '-----',
  '1 ',
  'x'.repeat(70),
];

/** The whole of a fixture, or what is left when it breaks off. */
const part = fc
  .tuple(fc.constantFrom(...found, ...found, ...kept), fc.option(fc.nat(200), { freq: 4 }))
  .map(([text, length]) => (length === null ? text : text.slice(0, length)));
const mixed = fc
  .array(fc.tuple(part, fc.constantFrom(...GLUE)), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.map(([text, glue]) => text + glue).join(''));
/** Single characters, words, and pieces in which long clean stretches are jumped over. */
const mostPieceChars = fc.constantFrom(1, 2, 3, 8, 40, 300, 1500);

interface Result {
  readonly shown: string;
  readonly findings: readonly string[];
}

function scan(pieces: Iterable<string>): Result {
  const findings: string[] = [];
  const filter = redactor.scan(({ type, start, end }) => {
    findings.push(`${type} ${start}-${end}`);
    return `{${type}}`;
  });
  let shown = '';
  for (const piece of pieces) shown += filter.push(piece);
  return { shown: shown + filter.end(), findings };
}

/** What is found without a stream. */
function scanWhole(text: string): string[] {
  return redactor.scanWhole(text).map(({ type, start, end }) => `${type} ${start}-${end}`);
}

/** The same pieces for the same seed. */
function* pieces(text: string, seed: number, most: number): Generator<string> {
  let state = seed;
  for (let at = 0; at < text.length; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const length = 1 + Math.floor((state / 0x80000000) * most);
    yield text.slice(at, at + length);
    at += length;
  }
}

it(
  `gives what the whole text gives in ${CHUNKINGS} random chunkings`,
  () => {
    let tried = 0;
    const seeds = fc.array(fc.tuple(fc.nat(), mostPieceChars), {
      minLength: CHUNKINGS_PER_TEXT,
      maxLength: CHUNKINGS_PER_TEXT,
    });
    fc.assert(
      fc.property(mixed, seeds, (text, chunkings) => {
        const expected = scan([text]);
        expect(scanWhole(text)).toEqual(expected.findings);
        for (const [seed, most] of chunkings) {
          tried++;
          const { shown, findings } = scan(pieces(text, seed, most));
          // Deep comparison of what is nearly always equal would take most of the time.
          if (shown === expected.shown && findings.join() === expected.findings.join()) continue;
          expect({ seed, most, shown, findings }).toEqual({ seed, most, ...expected });
        }
      }),
      { numRuns: Math.ceil(CHUNKINGS / CHUNKINGS_PER_TEXT) },
    );
    expect(tried).toBeGreaterThanOrEqual(CHUNKINGS);
  },
  60_000 + CHUNKINGS * MS_PER_CHUNKING,
);
