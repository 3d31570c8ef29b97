import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALL_DETECTORS } from '../../../src/redaction/detectors/all-detectors.ts';
import { createRedactor } from '../../../src/redaction/redactor.ts';
import { VALUES } from '../fixtures.ts';

const redactor = createRedactor();
/** In no group: each is looked for alone. */
const optIn = new Map([['person', createRedactor({ entities: ['PERSON'] })]]);
const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

function linesOf(folder: string, file: string): string[] {
  const lines = readFileSync(`${import.meta.dirname}/${folder}/${file}`, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function fill(text: string): string {
  return text.replace(/\$([A-Z_]+)/g, (_, name: string) => VALUES[name]!);
}

/** The text without its marks, and what stood in them. */
function unmark(marked: string): { text: string; values: string[] } {
  const values = [...marked.matchAll(/\[\[(.*?)\]\]/gs)].map((match) => match[1]!);
  return { text: marked.replaceAll('[[', '').replaceAll(']]', ''), values };
}

describe.each(folders.map((folder) => folder.name))('%s', (folder) => {
  const { detect } = optIn.get(folder) ?? redactor;

  it.each(linesOf(folder, 'found.txt'))('finds: %s', (line) => {
    const [entity, marked] = line.split('\t') as [string, string];
    const { text, values } = unmark(fill(marked));

    const found = detect(text);

    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual(values);
    expect(found.map(({ type }) => type)).toEqual(values.map(() => entity));
  });

  it.each(linesOf(folder, 'kept.txt'))('leaves: %s', (line) => {
    expect(detect(fill(line))).toEqual([]);
  });
});

it('has texts that must be found for every entity', () => {
  const covered = folders.flatMap((folder) => linesOf(folder.name, 'found.txt').map((line) => line.split('\t')[0]));

  const entities = [redactor, ...optIn.values()].flatMap((each) => each.entities);

  expect([...new Set(covered)].sort()).toEqual([...entities].sort());
  expect(ALL_DETECTORS.length).toBeGreaterThan(0);
});

// The engine backtracks: a pattern that is not linear takes minutes on the longer of these texts, and the run times out.
describe.each([
  ['a'],
  ['a.'],
  ['a@'],
  ['a.a@'],
  ['1'],
  ['1 '],
  ['4 '],
  ['12-'],
  ['+1 ('],
  ['0f'],
  ['ab:'],
  ['::'],
  ['1.1.'],
  ['AB12 '],
  ['QUJD'],
  ['eyJ'],
  ['eyJhbGciOiJIUzI1NiJ9.'],
  ['sk-a1'],
  ['sk-ant-'],
  ['xoxb-1'],
  ['-----BEGIN PRIVATE KEY-----'],
  ['-----BEGIN PRIVATE KEY-----AAAAAAAAAAAAAAAAAAAAAAAAAAAA '],
  ['-'],
  ['- '],
  ['&lt;a'],
  ['\\u003cA_1'],
  ['<A_1'],
  ['"\\'],
  ['key='],
  [' '],
])('on a hostile run of %j', (unit) => {
  it.each([64 * 1024, 1024 * 1024])('%i characters are read in linear time', (length) => {
    const text = unit.repeat(Math.ceil(length / unit.length));

    expect(redactor.redact(`${text} ada@example.org`).length).toBeGreaterThan(0);
  });
});
