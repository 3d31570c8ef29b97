import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { align, markOf } from '../../bench/detection/align.ts';
import type { Candidate } from '../../bench/detection/candidate.ts';
import { checkJson, checkStreams } from '../../bench/detection/checks.ts';
import { isEntity } from '../../bench/detection/entities.ts';
import { hostileTexts, measureHostile } from '../../bench/detection/hostile.ts';
import { DATA, readConversation, readLabelledTexts } from '../../bench/detection/records.ts';
import { createRedactor } from '../../src/redaction/index.ts';

const records = readLabelledTexts();

describe('the labelled texts', () => {
  it('have labels within them, of types that are known', () => {
    for (const { id, text, spans } of records) {
      for (const { start, end, type } of spans) {
        expect(start >= 0 && start < end && end <= text.length, id).toBe(true);
        expect(type === 'OTHER' || isEntity(type), id).toBe(true);
      }
    }
    expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
    expect(readConversation().length).toBeGreaterThan(200);
  });

  it('are all named with their licence', () => {
    const notice = readFileSync(join(DATA, 'README.md'), 'utf8');
    const files = readdirSync(DATA).filter((name) => name.endsWith('.gz'));

    for (const name of files) expect(notice).toContain(`\`${name.replace(/\.jsonl?\.gz$/, '')}\``);
  });
});

describe('what a redactor put in a text', () => {
  it.each([
    [
      'two values',
      'a 1 b 22 c',
      [
        [2, 3],
        [6, 8],
      ],
    ],
    [
      'a value at each end',
      '1 b 22',
      [
        [0, 1],
        [4, 6],
      ],
    ],
    ['the whole text', '333', [[0, 3]]],
    ['nothing', 'abc', []],
  ])('is found again: %s', (_, text, places) => {
    const marked = text.replace(/\d+/g, markOf('NUMBER'));

    expect(align(text, marked)).toEqual(places.map(([start, end]) => ({ start, end, type: 'NUMBER' })));
  });

  it('counts as one value where two marks touch', () => {
    expect(align('a 12 c', `a ${markOf('ONE')}${markOf('TWO')} c`)).toEqual([{ start: 2, end: 4, type: 'ONE' }]);
  });
});

describe('the checks', () => {
  const body = JSON.stringify({
    tool_calls: [{ function: { arguments: JSON.stringify({ n: 1, text: 'two\nlines' }) } }],
  });
  const one = { id: 'j1', text: body, spans: [], source: 'test', file: 'json_toolcalls' };
  const finder = (pattern: RegExp): Candidate => ({
    detect: (text) =>
      [...text.matchAll(pattern)].map(({ 0: { length }, index }) => ({ start: index, end: index + length, type: 'X' })),
  });

  it('tell JSON that is broken from arguments that are', async () => {
    expect(await checkJson(finder(/nothing/g), [one])).toEqual({ bodies: 1, changed: 0, broken: 0, brokenInside: 0 });
    expect(await checkJson(finder(/two/g), [one])).toEqual({ bodies: 1, changed: 1, broken: 0, brokenInside: 0 });
    expect(await checkJson(finder(/\\nlines/g), [one])).toEqual({ bodies: 1, changed: 1, broken: 1, brokenInside: 0 });
    expect(await checkJson(finder(/nlines/g), [one])).toEqual({ bodies: 1, changed: 1, broken: 0, brokenInside: 1 });
  });

  it('tell a stream that is not like the whole', () => {
    const text = { id: 's', text: 'mail ada@example.org', spans: [], source: 'test', file: 'negatives' };
    const redact = (whole: string): string => whole.replace(/\S+@\S+/, '<X>');
    const naive = { redact, stream: () => ({ push: redact, end: () => '' }) };

    expect(checkStreams(naive, [text])).toMatchObject({ runs: 3, different: 3 });
  });

  it('hold for ours on a part of the texts', async () => {
    const redactor = createRedactor({ memo: false });
    const some = records.filter((_, index) => index % 12 === 0);

    const streams = checkStreams({ redact: (text) => redactor.redact(text), stream: () => redactor.stream() }, some);

    expect(await checkJson(redactor, records)).toMatchObject({ broken: 0, brokenInside: 0 });
    expect(streams).toMatchObject({ different: 0, leaked: 0 });
  });
});

describe('hostile texts', () => {
  it('have the length that is asked for', () => {
    const texts = hostileTexts(1000).map(([, text]) => text.length);

    expect(texts).toHaveLength(18);
    for (const length of texts) expect(Math.abs(length - 1000)).toBeLessThan(30);
  });

  it('are named before they are read, and read again grown', async () => {
    const told: string[] = [];
    let longest = 0;
    const candidate: Candidate = {
      detect(text) {
        longest = Math.max(longest, text.length);
        return [];
      },
    };

    for await (const { name } of measureHostile(candidate, async (text) => void told.push(text.name)))
      expect(told.at(-1)).toBe(name);

    expect(told).toHaveLength(36);
    expect(longest).toBeGreaterThan(999_000);
  });
});
