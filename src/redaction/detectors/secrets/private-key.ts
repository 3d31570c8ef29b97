/** PEM and PGP private keys: a header with spaces, a body with line breaks, read as one value. */
import type { BlockReader } from '../../detector.ts';
import { defineDetector, WINDOW_CHARS } from '../../detector.ts';

/** An RSA key of 16,384 bits takes 12,700 characters. */
const MAX_KEY_CHARS = 16_384;
/** A run of base64 that no word has: from here on it is a key, even if its end is missing. */
const CERTAIN_RUN_CHARS = 24;
const LONG_WORD_CHARS = 16;
/** Lines of a key may be indented, and have a quote, a `+` or a time stamp before them; longer gaps are prose. */
const MAX_SHORT_WORDS = 4;
const MAX_BLANK_CHARS = 64;
const MAX_END_LINE_CHARS = 48;
const HYPHEN = 0x2d;
const CAPITAL_E = 0x45;

export const privateKey = defineDetector({
  name: 'private-key',
  group: 'secrets',
  entities: ['PRIVATE_KEY'],
  gates: [],
  block: {
    unfinished: /-----BEGIN(?: [A-Z0-9]{1,16}){0,5}$/,
    header: /-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----$/,
    open: openPem,
  },
  find: () => [],
});

/** Reads on until the END line, a character no key has, prose, or the cap. */
function openPem(headerLength: number): BlockReader {
  let length = headerLength;
  let run = 0;
  let word = 0;
  let blanks = 0;
  let shortWords = 0;
  let dashes = 0;
  let isCertain = false;
  let isWhole = false;
  /** Behind the last word that is long enough to be a line of a key. */
  let bodyEnd = 0;
  let endLine = 0;
  let endLetters = 0;

  function endWord(): void {
    if (word === 0 || endLine > 0) return;
    shortWords = word < LONG_WORD_CHARS ? shortWords + 1 : 0;
    if (word >= LONG_WORD_CHARS) bodyEnd = length;
    word = 0;
  }

  /** Finds `-----END ...-----`: five dashes, the word, and five dashes again. */
  function readMarker(code: number): boolean {
    if (code === HYPHEN) {
      dashes++;
      endLetters = 0;
      return endLine > 0 && dashes === 5;
    }
    if (endLine > 0) endLine++;
    else if (dashes >= 5 || endLetters > 0) {
      endLetters = code === 'END'.charCodeAt(endLetters) ? endLetters + 1 : 0;
      if (endLetters === 3) endLine = 1;
    }
    dashes = 0;
    return false;
  }

  function isOver(code: number): boolean {
    if (length >= MAX_KEY_CHARS || endLine > MAX_END_LINE_CHARS) return true;
    // Before there is a body, five dashes begin another header and not this one's end.
    if (!isCertain)
      return length >= WINDOW_CHARS || !isKeyChar(code) || (dashes >= 5 && code !== HYPHEN && code !== CAPITAL_E);
    return !isKeyChar(code) || (endLine === 0 && shortWords > MAX_SHORT_WORDS) || blanks > MAX_BLANK_CHARS;
  }

  return {
    step(code) {
      if (isOver(code)) return 'stop';
      if (isBlank(code)) {
        endWord();
        blanks++;
      } else {
        word++;
        blanks = 0;
      }
      run = isBase64(code) ? run + 1 : 0;
      if (run >= CERTAIN_RUN_CHARS) {
        isCertain = true;
        shortWords = 0;
      }
      isWhole = readMarker(code);
      length++;
      return isWhole ? 'whole' : 'more';
    },
    length() {
      if (isWhole) return length;
      if (!isCertain) return 0;
      // One short word is the last line of a key that breaks off; more are what was written behind it.
      const trailing = shortWords + (word > 0 && word < LONG_WORD_CHARS ? 1 : 0);
      return endLine === 0 && trailing >= 2 ? bodyEnd : length - blanks;
    },
  };
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isBase64(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2f ||
    code === 0x3d
  );
}

/** Base64, white space, header lines, and the quotes and escapes of a key in source code. */
function isKeyChar(code: number): boolean {
  return isBase64(code) || isBlank(code) || '-:,.\\"\'()*#>|'.includes(String.fromCharCode(code));
}
