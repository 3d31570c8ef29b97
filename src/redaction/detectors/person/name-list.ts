/** The list of names: how it is written, and a look-up that reads it when it is first asked. Knows nothing of texts. */
import { NAMES } from './names.data.ts';

/** Letters without a decomposition in Unicode. */
const PLAIN: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  '’': "'",
};

/** Small letters without accents, as names are listed. */
export function foldName(name: string): string {
  const lower = name.toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII needs no folding.
  if (/^[\x00-\x7f]*$/.test(lower)) return lower;
  // The letters й and ї are no accented ones.
  return lower
    .replace(/[łøđðþßæœı’]/g, (letter) => PLAIN[letter]!)
    .normalize('NFD')
    .replace(/(?<=[a-z])\p{M}+/gu, '')
    .normalize('NFC');
}

/** Kinds are written as capitals from here on. */
const FIRST_KIND = 0x40;
/** Characters shared with the name before, from `0`. */
const FIRST_SHARED = 0x30;
const MAX_SHARED = 9;

/** Each name as how much of the one before it goes on with, the rest, and its kind: `0aaronC4aA`. */
export function encodeNames(entries: readonly (readonly [name: string, kind: number])[]): string {
  let before = '';
  let text = '';
  for (const [name, kind] of entries) {
    let shared = 0;
    while (shared < MAX_SHARED && shared < name.length && name[shared] === before[shared]) shared++;
    text += String.fromCharCode(FIRST_SHARED + shared) + name.slice(shared) + String.fromCharCode(FIRST_KIND + kind);
    before = name;
  }
  return text;
}

let kinds: Map<string, number> | undefined;

/** What the list says of a word, by `foldName`; 0 when it has none. Reads the list on the first call. */
export function kindOfName(folded: string): number {
  kinds ??= decodeNames(NAMES);
  return kinds.get(folded) ?? 0;
}

function decodeNames(text: string): Map<string, number> {
  const decoded = new Map<string, number>();
  let name = '';
  for (let at = 0; at < text.length; ) {
    const shared = text.charCodeAt(at) - FIRST_SHARED;
    let end = at + 1;
    while (!isKind(text.charCodeAt(end))) end++;
    name = name.slice(0, shared) + text.slice(at + 1, end);
    decoded.set(name, text.charCodeAt(end) - FIRST_KIND);
    at = end + 1;
  }
  return decoded;
}

function isKind(code: number): boolean {
  return code >= FIRST_KIND && code < FIRST_KIND + 0x20;
}
