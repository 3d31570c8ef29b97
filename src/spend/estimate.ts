/**
 * Guesses how many tokens a text has, in one pass without a vocabulary: exact tokenizers take seconds on hostile text
 * (80 KB of one letter: 7 s). Pure; knows nothing of models.
 */

// Classes of UTF-16 code units whose texts fall apart into tokens in the same way.
const OTHER = 0;
const SPACE = 1;
const NEWLINE = 2;
const LOWER = 3;
const UPPER = 4;
const DIGIT = 5;
const MARK = 6;
const CONTROL = 7;
const LATIN = 8;
const CYRILLIC = 9;
const SEMITIC = 10;
const INDIC = 11;
const SYMBOL = 12;
const KANA = 13;
const HAN = 14;
const HANGUL = 15;
const SURROGATE = 16;
const THAI = 17;
const KHMER = 18;
const CLASSES = 19;

/** Last code unit of each range, and its class. */
const RANGES: readonly (readonly [last: number, kind: number])[] = [
  [0x08, CONTROL],
  [0x09, SPACE],
  [0x0a, NEWLINE],
  [0x0c, CONTROL],
  [0x0d, NEWLINE],
  [0x1f, CONTROL],
  [0x20, SPACE],
  [0x2f, MARK],
  [0x39, DIGIT],
  [0x40, MARK],
  [0x5a, UPPER],
  [0x60, MARK],
  [0x7a, LOWER],
  [0x7e, MARK],
  [0x7f, CONTROL],
  [0x24f, LATIN],
  [0x36f, LATIN],
  [0x58f, CYRILLIC],
  [0x7ff, SEMITIC],
  [0x8ff, INDIC],
  [0xdff, INDIC],
  [0xeff, THAI],
  [0x109f, KHMER],
  [0x167f, OTHER],
  [0x17ff, KHMER],
  [0x1dff, OTHER],
  [0x1fff, CYRILLIC],
  [0x303f, SYMBOL],
  [0x30ff, KANA],
  [0x33ff, OTHER],
  [0x9fff, HAN],
  [0xabff, OTHER],
  [0xd7af, HANGUL],
  [0xd7ff, OTHER],
  [0xdfff, SURROGATE],
  [0xffff, OTHER],
];

/** Parts of a token: fine enough for the costs below, coarse enough that sums stay whole. */
const PARTS = 100;

/**
 * What one code unit adds, in hundredths of a token: the first of a run, and each further one. None exceeds the unit's UTF-8
 * bytes, so no estimate does. Fitted to o200k_base, a little above it on most texts.
 */
const FIRST_AND_NEXT: Readonly<Record<number, readonly [first: number, next: number]>> = {
  [OTHER]: [230, 200],
  [SPACE]: [5, 4],
  [NEWLINE]: [60, 15],
  [LOWER]: [78, 11],
  [UPPER]: [80, 35],
  [DIGIT]: [72, 33],
  [MARK]: [80, 45],
  [CONTROL]: [100, 95],
  [LATIN]: [85, 40],
  [CYRILLIC]: [90, 24],
  [SEMITIC]: [90, 33],
  [INDIC]: [80, 36],
  [SYMBOL]: [115, 60],
  [KANA]: [90, 70],
  [HAN]: [100, 88],
  [HANGUL]: [90, 66],
  [SURROGATE]: [125, 100],
  [THAI]: [80, 42],
  [KHMER]: [90, 66],
};

const CLASS_OF = classTable();
const COSTS = costTable();

/**
 * About how many tokens the text has: at least 1 unless it is empty, never more than its UTF-8 bytes. Against o200k_base 1.0
 * to 1.5 times the truth for prose and code in most languages, 0.8 for random bytes in base64, 0.5 for random characters.
 */
export function estimateTokens(text: string): number {
  return estimateRange(text, 0, text.length);
}

/** The same of a part of a text, which is not cut out of it: of a slice each letter takes twice the time. */
export function estimateRange(text: string, start: number, end: number): number {
  let parts = 0;
  let previous = OTHER;
  for (let index = start; index < end; index++) {
    const kind = CLASS_OF[text.charCodeAt(index)]!;
    parts += COSTS[previous * CLASSES + kind]!;
    previous = kind;
  }
  return Math.ceil(parts / PARTS);
}

function classTable(): Uint8Array {
  const table = new Uint8Array(0x10000);
  let from = 0;
  for (const [last, kind] of RANGES) {
    table.fill(kind, from, last + 1);
    from = last + 1;
  }
  return table;
}

/** Cost of a code unit by its class and that of the one before. */
function costTable(): Uint8Array {
  const table = new Uint8Array(CLASSES * CLASSES);
  for (let previous = 0; previous < CLASSES; previous++) {
    for (let kind = 0; kind < CLASSES; kind++) {
      const [first, next] = FIRST_AND_NEXT[kind]!;
      table[previous * CLASSES + kind] = previous === kind ? next : first;
    }
  }
  // A capital begins the word that goes on in small letters.
  table[UPPER * CLASSES + LOWER] = 25;
  // Random letters and digits (keys, hashes, base64) hardly share tokens.
  table[LOWER * CLASSES + UPPER] = 92;
  table[LOWER * CLASSES + DIGIT] = 85;
  table[DIGIT * CLASSES + LOWER] = 90;
  table[DIGIT * CLASSES + UPPER] = 90;
  // Accented letters stand inside words.
  table[LOWER * CLASSES + LATIN] = 45;
  table[LATIN * CLASSES + LOWER] = 25;
  return table;
}
