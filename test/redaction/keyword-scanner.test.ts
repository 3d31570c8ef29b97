import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeywordScanner } from '../../src/redaction/keyword-scanner.ts';

const letters = (characters: string, maxLength: number) =>
  fc.array(fc.constantFrom(...characters), { minLength: 1, maxLength }).map((parts) => parts.join(''));

/** Where keywords end in a text, with which of them end there, as a plain search finds them. */
function searched(keywords: readonly string[], text: string): [number, string[]][] {
  const found: [number, string[]][] = [];
  for (let end = 1; end <= text.length; end++) {
    const ending = [...new Set(keywords)].filter((keyword) => text.slice(0, end).endsWith(keyword));
    if (ending.length > 0) found.push([end, ending.sort()]);
  }
  return found;
}

function read(keywords: readonly string[], pieces: readonly string[]): [number, string[]][] {
  const reader = createKeywordScanner([...new Set(keywords)]).reader();
  const found: [number, string[]][] = [];
  let base = 0;
  for (const piece of pieces) {
    for (let at = reader.next(piece, 0); at >= 0; at = reader.next(piece, at)) {
      found.push([base + at, reader.found.map((index) => [...new Set(keywords)][index]!).sort()]);
    }
    base += piece.length;
  }
  return found;
}

describe('keyword scanner', () => {
  it('finds what a plain search finds, however the text is split', () => {
    fc.assert(
      fc.property(
        fc.array(letters('ab-', 4), { minLength: 1, maxLength: 6 }),
        fc.array(letters('abc-', 12), { maxLength: 5 }),
        (keywords, pieces) => {
          expect(read(keywords, pieces)).toEqual(searched(keywords, pieces.join('')));
        },
      ),
    );
  });

  it('folds case and accents', () => {
    const reader = createKeywordScanner(['numero', 'straße', 'имя'], { fold: true }).reader();
    const ends = (text: string) => reader.next(text, 0);

    expect(ends('El NÚMERO')).toBe(9);
    expect(ends(' Numéro')).toBe(7);
    expect(ends(' STRAßE')).toBe(7);
    expect(ends(' ИМЯ')).toBe(4);
    expect(ends(' nummer')).toBe(-1);
  });

  it('never misses a keyword beyond ASCII, though it may take another for one', () => {
    fc.assert(
      fc.property(
        fc.array(letters('a密码비번яé', 3), { minLength: 1, maxLength: 4 }),
        letters('a密码비번яé字', 12),
        (keywords, text) => {
          const ends = read(keywords, [text]).map(([end]) => end);
          for (const [end] of searched(keywords, text)) expect(ends).toContain(end);
        },
      ),
    );
  });

  it('passes a keyword that is a word by itself where a longer word goes on, not one that has another in it', () => {
    const keywords = ['st', 'path', 'pat'];
    const ends = (text: string, pieces = [text]) => {
      const reader = createKeywordScanner(keywords, { fold: true, isWhole: (keyword) => keyword === 0 }).reader();
      return pieces.map((piece) => reader.next(piece, 0));
    };

    expect(ends('stream')).toEqual([-1]);
    expect(ends('st. 5')).toEqual([2]);
    expect(ends('mainStA')).toEqual([6]);
    expect(ends('paths')).toEqual([3]);
    expect(ends('', ['a st', 'ream'])).toEqual([4, -1]);
  });

  it('tells whether a keyword stands in a part of a text', () => {
    const scanner = createKeywordScanner(['key']);

    expect(scanner.occurs('a key', 0, 5)).toBe(true);
    expect(scanner.occurs('a key', 0, 4)).toBe(false);
    expect(scanner.occurs('a key', 3, 5)).toBe(false);
  });
});
