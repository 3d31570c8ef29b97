/**
 * Finds values that were written as base64, as hex or digit by digit: a run is decoded once, what it says is searched like any
 * text, and the run is reported whole when what is found there is beyond doubt. Knows no detector of its own.
 */
import { LOWER, UPPER } from './characters.ts';
import type { Candidate, Detector, Gate } from './detector.ts';
import { ACCEPT_SCORE, CERTAIN_SCORE, digitsOf, LEFT_CONTEXT_CHARS, WINDOW_CHARS } from './detector.ts';
import type { ScannerMatch } from './segment-search.ts';

/** Longer encoded runs are files. */
export const MAX_ENCODED_CHARS = 4096;

/** Searches for values in what a run says, with the text before it as context; nothing is decoded again. */
export type Search = (said: string, before: string) => readonly ScannerMatch[];

interface Encoding {
  readonly name: string;
  readonly gate: Gate;
  /** Global; a match is a run. */
  readonly run: RegExp;
  /** Which characters go on with a run. */
  readonly continues?: (code: number) => boolean;
  /** `undefined` when the run says nothing in this encoding. */
  decode(run: string): string | undefined;
  /** What a run most likely is when nothing around it says so: a context word. */
  hint?(before: string, said: string): string | undefined;
}

/** Four characters that say three of printable ASCII; in random ones this is true of one in fifteen. */
const BASE64_GROUP = '[I-Za-f][C-HS-Xi-nyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]';
const NO_BASE64_BEFORE = '(?<![A-Za-z0-9+/_-])';
const BASE64_TRACE = `${NO_BASE64_BEFORE}(?:${BASE64_GROUP}){4}`;
const NO_HEX_BEFORE = '(?<![0-9A-Za-z])(?:0x)?';
const HEX_TRACE = `${NO_HEX_BEFORE}(?:[2-7][0-9A-Fa-f]){8}`;
/** What a hint alone must come to: a number of the right form and range. */
const HINTED_SCORE = 0.6;
/** A card has 19 digits at most. */
const SPELLED = /(?<![\w.-])\d(?:(?: [-./] |[ .-]{1,3})\d){8,18}(?![\w-])/g;

const ENCODINGS: readonly Encoding[] = [
  {
    name: 'base64',
    gate: { kinds: UPPER | LOWER, length: 16 },
    run: new RegExp(`${BASE64_TRACE}[A-Za-z0-9+/_-]{0,${MAX_ENCODED_CHARS - 16}}={0,2}`, 'g'),
    continues: (code) => isBase64(code),
    decode: decodeBase64,
  },
  {
    name: 'hex',
    gate: { digits: 8, length: 16 },
    run: new RegExp(`${HEX_TRACE}(?:[0-9A-Fa-f]{2}){0,${MAX_ENCODED_CHARS / 2 - 8}}(?![0-9A-Za-z])`, 'g'),
    continues: (code) => isHex(code),
    decode: decodeHex,
  },
  {
    name: 'spelled-digits',
    gate: { digits: 9, length: 17 },
    run: SPELLED,
    decode: (run) => (isCounting(run) ? undefined : digitsOf(run)),
    hint: (before, said) => (said.length === 9 && isInProse(before) ? 'ssn ' : undefined),
  },
];

/** Detectors of encoded values of the given entities. */
export function encodedDetectors(entities: readonly string[], search: Search): Detector[] {
  return ENCODINGS.map((encoding) => ({
    name: encoding.name,
    group: 'secrets',
    entities,
    gates: [encoding.gate],
    continues: encoding.continues,
    find: (text, from) => runsIn(encoding, text, from, search),
  }));
}

/** For whole texts: encoded runs that are longer than a stream's window. */
export function findLongEncoded(text: string, search: Search): Candidate[] {
  if (text.length <= WINDOW_CHARS || !hasLongRun(text)) return [];
  return ENCODINGS.flatMap((encoding) =>
    encoding.continues === undefined
      ? []
      : runsIn(encoding, text, 0, search).filter(({ start, end }) => end - start > WINDOW_CHARS),
  );
}

/** A run that is longer than the window covers two of the places that are half a window apart, and all between. */
function hasLongRun(text: string): boolean {
  const step = WINDOW_CHARS / 2;
  for (let at = step; at < text.length; at += step) {
    let from = at;
    while (from > at - step && isBase64(text.charCodeAt(from))) from--;
    if (from === at - step) return true;
  }
  return false;
}

function runsIn(encoding: Encoding, text: string, from: number, search: Search): Candidate[] {
  const found: Candidate[] = [];
  encoding.run.lastIndex = from;
  const runs: { start: number; run: string }[] = [];
  for (let match = encoding.run.exec(text); match !== null; match = encoding.run.exec(text)) {
    runs.push({ start: match.index, run: match[0] });
  }
  // Searching what a run says uses these patterns as well.
  for (const { start, run } of runs) {
    const value = hiddenValue(encoding, text, start, run, search);
    if (value !== undefined) found.push({ ...value, start, end: start + run.length });
  }
  return found;
}

/** The value that a run hides. What stands before the run is context to it. */
function hiddenValue(
  encoding: Encoding,
  text: string,
  start: number,
  run: string,
  search: Search,
): Pick<Candidate, 'type' | 'score' | 'plain'> | undefined {
  const said = encoding.decode(run);
  if (said === undefined) return undefined;
  const before = text.slice(Math.max(0, start - LEFT_CONTEXT_CHARS), start);
  const inside = search(said, before);
  const whole = inside.find((match) => match.value.length === said.trim().length);
  if (whole !== undefined && whole.score >= ACCEPT_SCORE) {
    return { type: whole.type, score: Math.max(whole.score, CERTAIN_SCORE), plain: whole.value };
  }
  const hint = encoding.hint?.(before, said);
  const hinted =
    hint === undefined ? undefined : search(said, hint).find((match) => match.value.length === said.length);
  if (hinted !== undefined && hinted.score >= HINTED_SCORE) {
    return { type: hinted.type, score: hinted.score, plain: hinted.value };
  }
  if (encoding.continues === undefined) return undefined;
  const best = inside.find((match) => match.score >= CERTAIN_SCORE);
  return best && { type: best.type, score: best.score, plain: null };
}

function isBase64(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x2f ||
    code === 0x5f
  );
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

/** A run that breaks off in the middle of a group says what its whole groups say. */
function decodeBase64(run: string): string | undefined {
  const plain = run.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  const length = plain.length % 4 === 1 ? plain.length - 1 : plain.length;
  return printable(Uint8Array.from(atob(plain.slice(0, length)), (character) => character.charCodeAt(0)));
}

function decodeHex(run: string): string | undefined {
  const digits = run.startsWith('0x') ? run.slice(2) : run;
  return printable(Uint8Array.from(digits.match(/../g)!, (pair) => Number.parseInt(pair, 16)));
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });
/** Control characters that text does not have, and what stands for bytes that are no text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]/;
/** UTF-8 characters have four bytes at most, of which a run that breaks off may lack three. */
const MAX_BROKEN_BYTES = 3;

function printable(bytes: Uint8Array): string | undefined {
  for (let missing = 0; missing <= MAX_BROKEN_BYTES; missing++) {
    try {
      const text = UTF_8.decode(bytes.subarray(0, bytes.length - missing));
      return UNPRINTABLE.test(text) ? undefined : text;
    } catch {
      // Perhaps only the last character is broken off.
    }
  }
  return undefined;
}

/** Rows of games and matrices: noughts and ones, or nine digits of which few or all are different. */
function isCounting(run: string): boolean {
  const digits = digitsOf(run);
  const different = new Set(digits).size;
  return /^[01]+$/.test(digits) || (digits.length === 9 && (different <= 3 || different === 9));
}

/** Rows of numbers begin a line; a number that is spelled stands behind a word, in its sentence or its table. */
function isInProse(before: string): boolean {
  return /\p{L}/u.test(before.slice(before.lastIndexOf('\n') + 1));
}
