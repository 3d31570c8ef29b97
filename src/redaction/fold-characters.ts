/**
 * What look-alike and invisible characters stand for, one by one: full-width forms, digits of other scripts, odd spaces and
 * dashes, Cyrillic and Greek letters that look Latin. Knows nothing of texts.
 */

/** Zeros of the decimal digits in the Basic Multilingual Plane (Unicode 16, general category Nd). */
const ZEROS =
  '0660 06f0 07c0 0966 09e6 0a66 0ae6 0b66 0be6 0c66 0ce6 0d66 0de6 0e50 0ed0 0f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0';
/** Spaces that are no line break: no-break, en to hair, narrow no-break, mathematical, ideographic. */
const SPACES = '\u00a0\u2000-\u200a\u202f\u205f\u3000';
/** Characters without width: soft hyphen, joiners, direction marks and overrides, word joiner, byte order mark. */
const INVISIBLE =
  '\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb';
/** Marks that stand on the character before: accents, keycaps, variation selectors. */
const MARKS = '\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f';
const PAIRS = [
  ['\u2024\ufe52\uff61', '.'],
  ['\ufe55\ua789', ':'],
  ['\u2044\u2215', '/'],
  ['\ufe6b', '@'],
  ['\ufe4d\ufe4e\ufe4f', '_'],
  ['\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63', '-'],
] as const;
/** Letters that no reader can tell from the Latin ones (Unicode TR 39, confusables). */
const LOOK_ALIKES = [
  ['аАα', 'aAa'],
  ['ВΒ', 'BB'],
  ['сСϲϹ', 'cCcC'],
  ['ԁ', 'd'],
  ['еЕΕ', 'eEE'],
  ['ɡԍ', 'gG'],
  ['һНΗ', 'hHH'],
  ['іІΙι', 'iIIi'],
  ['јЈ', 'jJ'],
  ['КΚκ', 'KKk'],
  ['ӏ', 'l'],
  ['МΜ', 'MM'],
  ['Νп', 'Nn'],
  ['оОοΟօ', 'oOoOo'],
  ['рРρΡ', 'pPpP'],
  ['ԛԚ', 'qQ'],
  ['ѕЅ', 'sS'],
  ['ТΤ', 'TT'],
  ['υս', 'uu'],
  ['ν', 'v'],
  ['ԝԜ', 'wW'],
  ['хХχΧ', 'xXxX'],
  ['уУγΥҮ', 'yYyYY'],
  ['Ζ', 'Z'],
] as const;

/** For character classes; `\ud835` and `\udb40` begin pairs and are read apart. */
export const FOLDED_CLASS = buildClass();
export const LOOK_ALIKE_CLASS = LOOK_ALIKES.map(([from]) => from).join('');

const FOLDED = buildFolded();
const ALIKE = new Map<string, string>(
  LOOK_ALIKES.flatMap(([from, to]) => [...from].map((character, index) => [character, to[index]!] as const)),
);
const MARK = new RegExp(`^[${MARKS}]$`);

/** What a character of `FOLDED_CLASS` stands for: one ASCII character, or nothing. */
export function foldedCharacter(character: string): string | undefined {
  return FOLDED.get(character);
}

/** The Latin letter that a character of `LOOK_ALIKE_CLASS` looks like. */
export function latinLookAlike(character: string): string {
  return ALIKE.get(character) ?? character;
}

/** Whether a character belongs to the one before it and must not be parted from it. */
export function isMark(character: string): boolean {
  return MARK.test(character);
}

/** Mathematical letters and digits (U+1D400 to U+1D7FF), given the second half of their pair. */
export function mathematicalCharacter(low: number): string | undefined {
  const offset = low - 0xdc00;
  if (offset >= 0x3ce && offset <= 0x3ff) return String((offset - 0x3ce) % 10);
  if (offset >= 0x2a4) return undefined;
  const letter = offset % 52;
  return String.fromCharCode(letter < 26 ? 0x41 + letter : 0x61 + letter - 26);
}

function buildFolded(): ReadonlyMap<string, string> {
  const folded = new Map<string, string>();
  const range = (first: number, last: number, to: (index: number) => string) => {
    for (let code = first; code <= last; code++) folded.set(String.fromCharCode(code), to(code - first));
  };
  for (const zero of ZEROS.split(' ')) range(Number.parseInt(zero, 16), Number.parseInt(zero, 16) + 9, String);
  // ASCII's own order, 0x21 to 0x7e.
  range(0xff01, 0xff5e, (index) => String.fromCharCode(0x21 + index));
  range(0x2460, 0x2468, (index) => String(index + 1));
  range(0x24b6, 0x24cf, (index) => String.fromCharCode(0x41 + index));
  range(0x24d0, 0x24e9, (index) => String.fromCharCode(0x61 + index));
  for (const [from, to] of PAIRS) for (const character of from) folded.set(character, to);
  for (const [set, to] of [
    [SPACES, ' '],
    [INVISIBLE + MARKS, ''],
  ] as const) {
    for (const [, first, last] of set.matchAll(/([^-])(?:-(.))?/gu)) {
      range(first!.charCodeAt(0), (last ?? first!).charCodeAt(0), () => to);
    }
  }
  return folded;
}

function buildClass(): string {
  const digits = ZEROS.split(' ').map((zero) => {
    const first = Number.parseInt(zero, 16);
    return `${String.fromCharCode(first)}-${String.fromCharCode(first + 9)}`;
  });
  const pairs = PAIRS.map(([from]) => from).join('');
  return `${digits.join('')}${pairs}\uff01-\uff5e\u2460-\u2468\u24b6-\u24cf\u24d0-\u24e9${SPACES}${INVISIBLE}${MARKS}`;
}
