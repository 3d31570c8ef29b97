import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../../src/redaction/redactor.ts';

const everything = createRedactor({ entities: ['pii', 'secrets', 'PERSON'] });

function linesOf(file: string): string[] {
  return readFileSync(`${import.meta.dirname}/${file}`, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(line.indexOf('\t') + 1).replace(/\[\[|\]\]/g, ''));
}

function scan(pieces: readonly string[]): { shown: string; found: string[] } {
  const found: string[] = [];
  const filter = everything.scan(({ type, start, end }) => {
    found.push(`${type} ${start}-${end}`);
    return `{${type}}`;
  });
  return { shown: pieces.map((piece) => filter.push(piece)).join('') + filter.end(), found };
}

const texts = [
  ...linesOf('found.txt'),
  ...linesOf('kept.txt'),
  'ada@example.org',
  'Bearer Abc',
  '+1 (555) 010-4477',
  'x'.repeat(70),
];
const glue = fc.constantFrom(' ', '. ', ', ', '\n', '": "', '\\n', ' van ', ' de la ', 'Mr. ', ' J. ', '\u200b', '中');
const mixed = fc
  .array(fc.tuple(fc.constantFrom(...texts), glue), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.map(([text, between]) => text + between).join(''));

describe('names of persons', () => {
  it('are looked for only when asked for by name', () => {
    const text = 'I met Ada Lovelace';

    expect(createRedactor().detect(text)).toEqual([]);
    expect(createRedactor({ entities: ['pii'] }).entities).not.toContain('PERSON');
    expect(createRedactor({ entities: ['PERSON'] }).redact(text)).toBe('I met <PERSON_1>');
  });

  it('share a number with and without their title', () => {
    const redactor = createRedactor({ entities: ['PERSON'] });

    expect(
      redactor.redact('Mr. Quillfeather came. "Quillfeather!" said Mrs. Patricia Hernandez; patricia hernandez left.'),
    ).toBe('<PERSON_1> came. "Quillfeather!" said Mrs. <PERSON_2>; <PERSON_2> left.');
  });

  it('are taken whole under a key of names', () => {
    const redactor = createRedactor({ entities: ['PERSON'] });

    expect(redactor.redactJson('{"last_name":"Xyrczak","name":"Xyrczak","first_name":"not given"}')).toBe(
      '{"last_name":"<PERSON_1>","name":"Xyrczak","first_name":"not given"}',
    );
  });

  it('are the same wherever a text is split', () => {
    fc.assert(
      fc.property(mixed, fc.array(fc.nat(), { maxLength: 24 }), (text, cuts) => {
        const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...places].map((place, index) => text.slice(place, places[index] ?? text.length));
        expect(scan(pieces)).toEqual(scan([text]));
        expect(scan(text.split(''))).toEqual(scan([text]));
      }),
      { numRuns: 300 },
    );
  });

  it.each(['John Smith ', 'Aa ', 'van ', 'de la ', 'Mr. ', "O'", 'A.', 'name: ', 'john smith '])(
    'a megabyte of %j is read in linear time',
    (unit) => {
      const redactor = createRedactor({ entities: ['PERSON'] });

      expect(redactor.redact(unit.repeat(Math.ceil(1_000_000 / unit.length))).length).toBeGreaterThan(0);
    },
  );
});
