import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOwnError } from '../../src/errors.ts';
import { safePattern, UnsafePattern } from '../../src/redaction/custom-pattern.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import type { RedactorOptions } from '../../src/redaction/redactor-options.ts';
import { EMAIL } from './fixtures.ts';

const errorOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

const EMPLOYEE = { name: 'EMPLOYEE_ID', pattern: /\bE-\d{6}\b/ };

function shown(options: RedactorOptions, pieces: readonly string[]): string {
  const filter = createRedactor(options).stream();
  return pieces.map((piece) => filter.push(piece)).join('') + filter.end();
}

describe('a pattern of the user', () => {
  it('is found beside the built-in entities, in texts and streams', () => {
    const options = { patterns: [EMPLOYEE] };
    const text = `E-004711 is ${EMAIL}, and E-004711 again, E-12 not`;
    const expected = '<EMPLOYEE_ID_1> is <EMAIL_ADDRESS_1>, and <EMPLOYEE_ID_1> again, E-12 not';

    expect(createRedactor(options).redact(text)).toBe(expected);
    expect(shown(options, text.split(''))).toBe(expected);
    expect(createRedactor(options).entities).toContain('EMPLOYEE_ID');
  });

  it('may match nothing, and many times over, without an end', () => {
    const redactor = createRedactor({ patterns: [{ name: 'MAYBE', pattern: /x?/ }], entities: [] });

    expect(redactor.detect('a😀xb')).toEqual([{ start: 3, end: 4, type: 'MAYBE', score: 0.85 }]);
  });

  it('keeps its flags, but for those that would carry state', () => {
    const redactor = createRedactor({
      patterns: [{ name: 'PROJECT', pattern: /project [a-z]{3,9}/giy }],
      entities: [],
    });

    expect(redactor.redact('The PROJECT Falcon and project owl')).toBe('The <PROJECT_1> and <PROJECT_2>');
  });

  it('sees the whole answer when that is buffered', () => {
    const patterns = [{ name: 'PROJECT', pattern: /Project [A-Z][a-z]{2,9}/ }];
    const pieces = ['So Pro', 'ject Fal', 'con it is'];

    expect(shown({ patterns, stream: 'buffer' }, pieces)).toBe('So <PROJECT_1> it is');
    expect(shown({ patterns }, pieces)).toBe('So Project Falcon it is');
  });

  it.each([
    /(a+)+$/,
    /(a*)*b/,
    /(a|a)*b/,
    /(a|ab)*c/,
    /(\w+\s?)+!/,
    /(?:[a-z]+[0-9]*)+x/,
    /(a?){30}a{30}/,
    /(?:.*,)+x/,
    /\d+\d+x/,
    /[a-z]+.*[a-z]+x/,
    /^(([a-z])+.)+[A-Z]([a-z])+$/,
    /(x+x+)+y/,
    /(?=(a+)+b)c/,
    /(\w)\1+/,
    /(?<n>a)\k<n>/,
    /(?:\d{1,50}){1,50}x/,
  ])('that can backtrack without end is refused: %s', (pattern) => {
    expect(() => safePattern(pattern)).toThrow(UnsafePattern);
    expect(errorOf(() => createRedactor({ patterns: [EMPLOYEE, { name: 'X', pattern }] }))).toMatchObject({
      code: 'invalid_option',
      param: 'createRedactor: patterns[1].pattern',
    });
  });

  it.each([
    [/\bE-\d+\b/, 'E-123'],
    [/[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}/, 'DE89 3704 0044'],
    [/(?:\d{1,3}\.){3}\d{1,3}/, '10.0.0.1'],
    [/[a-z]+@corp\.example/, 'ada@corp.example'],
    [/(?:foo|bar|[0-9])+!/, 'foo7bar!'],
    [/"[^"]*"/, '"quoted"'],
    [/(?<=id=)[\w-]{1,32}(?!\w)/, 'abc'],
    [/\p{Lu}\p{Ll}+/u, 'Falcon'],
    [/[)\]}]{2}/, ')]'],
    [/a|bc|/, 'bc'],
  ])('that is linear is taken: %s', (pattern, value) => {
    const found = safePattern(pattern).exec(`id=${value} `) ?? safePattern(pattern).exec(value);

    expect(found).not.toBeNull();
  });

  it('matches what it matched before, up to the bound of its repeats', () => {
    const patterns = [/\bE-\d+\b/, /(?:\d{1,3}\.){3}\d+/, /"[^"]*"/, /[a-c]+-[0-9]*/];
    const text = fc.string({ unit: fc.constantFrom(...'E-1."abc0 '), maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(...patterns), text, (pattern, sample) => {
        const plain = [...sample.matchAll(new RegExp(pattern, 'g'))].map((match) => match[0]);
        expect([...sample.matchAll(safePattern(pattern))].map((match) => match[0])).toEqual(plain);
      }),
    );
  });
});

describe('a detector of the user', () => {
  const detect = (text: string) =>
    [...text.matchAll(/ticket \d{4}/g)].map(({ index }) => ({ start: index, end: index + 11, score: 0.6 }));

  it('is asked for the whole text and reported with its score', () => {
    const redactor = createRedactor({ detectors: [{ name: 'TICKET', detect }], entities: [] });

    expect(redactor.detect('see ticket 4711')).toEqual([{ start: 4, end: 15, type: 'TICKET', score: 0.6 }]);
  });

  it('gives way to what is surer', () => {
    const redactor = createRedactor({
      detectors: [{ name: 'ANY', detect: (text) => [{ start: 0, end: text.length, score: 0.5 }] }],
    });

    expect(redactor.redact(EMAIL)).toBe('<EMAIL_ADDRESS_1>');
  });

  it.each([
    ['no array', 'secret text'],
    ['a place outside of the text', [{ start: 0, end: 999 }]],
    ['a place outside of the text', [{ start: 2, end: 2 }]],
    ['a place outside of the text', [null]],
    ['a score that is not between 0 and 1', [{ start: 0, end: 1, score: 7 }]],
  ])('that returns %s fails with its name and not the text', (what, result) => {
    const redactor = createRedactor({ detectors: [{ name: 'BROKEN', detect: () => result as never }] });
    const error = errorOf(() => redactor.detect('some personal text'));

    expect(isOwnError(error) && error.message).toBe(`Detector "BROKEN" returned ${what}.`);
  });

  it.each([
    [{ detectors: {} }, 'createRedactor: detectors'],
    [{ detectors: [{ name: 'lower', detect }] }, 'createRedactor: detectors[0].name'],
    [{ detectors: [{ name: 'X' }] }, 'createRedactor: detectors[0].detect'],
    [{ patterns: [{ name: 'X', pattern: 'x' }] }, 'createRedactor: patterns[0].pattern'],
    [{ patterns: [{ ...EMPLOYEE, score: 2 }] }, 'createRedactor: patterns[0].score'],
    [{ patterns: [{ ...EMPLOYEE, languages: ['English'] }] }, 'createRedactor: patterns[0].languages'],
    [{ languages: 'en' }, 'createRedactor: languages'],
    [{ minScore: 2 }, 'createRedactor: minScore'],
    [{ stream: 'whole' }, 'createRedactor: stream'],
    [{ memo: true }, 'createRedactor: memo'],
    [{ memo: { maxBytes: 0 } }, 'createRedactor: memo.maxBytes'],
    [{ allow: [/(a+)+/] }, 'createRedactor: allow[0]'],
    [{ analyzers: [{ name: 'x' }] }, 'createRedactor: analyzers[0].analyze'],
  ])('and other options are checked when given: %j', (options, param) => {
    expect(errorOf(() => createRedactor(options as unknown as RedactorOptions))).toMatchObject({
      code: 'invalid_option',
      param,
    });
  });
});

describe('what is left', () => {
  it('is what the allow-list names, in any spelling or by a pattern', () => {
    const redactor = createRedactor({ allow: ['Support@Example.org', /@corp\.example$/g] });
    const text = 'support@example.org a@corp.example b@corp.example';

    expect(redactor.redact(`${text} ${EMAIL}`)).toBe(`${text} <EMAIL_ADDRESS_1>`);
  });

  it('is what scores too low', () => {
    const patterns = [{ ...EMPLOYEE, score: 0.4 }];

    expect(createRedactor({ patterns, minScore: 0.9 }).redact(`E-004711 ${EMAIL}`)).toBe('E-004711 <EMAIL_ADDRESS_1>');
  });

  it('is what a rule for another language finds', () => {
    const patterns = [{ ...EMPLOYEE, languages: ['de'] }];

    expect(createRedactor({ patterns, languages: ['en'] }).detect('E-004711')).toEqual([]);
    expect(createRedactor({ patterns, languages: ['en', 'de'] }).detect('E-004711')).toHaveLength(1);
    expect(createRedactor({ patterns }).detect('E-004711')).toHaveLength(1);
  });
});
