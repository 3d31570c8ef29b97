/** Tells what a machine made at random from words, names and numbers. Knows no placeholder and no label. */

/** More consonants in a row than words have. */
const CONSONANTS = /[bcdfghjklmnpqrstvwxz]{6}/i;
/** Humps of camel case: words of three letters or more on average; in random letters they have two. */
const MIN_HUMP_CHARS = 3;
const SURE_HUMP_CHARS = 4;
const MAX_JUMBLED_HUMP_CHARS = 2.3;
const MAX_HUMP_CHARS = 3.5;
/** Names of several words have more vowels; in random letters they are 23 in a hundred. */
const MIN_VOWELS = 0.3;
/** A word such as `strength` has fewer. */
const MIN_WORD_VOWELS = 0.2;
const MIN_STIRRED_CHARS = 18;
const MIN_STIRRED_BITS = 3.4;
const MIN_STEPS = 4;
/** In random characters of small letters and digits, a step comes every second or third. */
const MAX_CHARS_A_STEP = 9;

/** Bits a character, after Shannon (1948): 0 for one character repeated, 4 at most for hex, 6 for base64. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Whether any part of a value is what no name has. */
export function looksRandom(value: string): boolean {
  return value.split(/[^A-Za-z0-9]+/).some(isRandomPart) || isStirred(value);
}

/** A part that a machine made: letters and digits, capitals in odd places, or a long run that no word is. */
export function isRandomPart(part: string): boolean {
  if (isMixedPart(part)) return !isWordy(part);
  return isJumbled(part) || (/^[A-Za-z]{16,}$/.test(part) && CONSONANTS.test(part) && !isCamel(part));
}

/** Letters and digits mixed. */
export function isMixedPart(part: string): boolean {
  return /^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9]{6,}$/.test(part);
}

/** Words with a number: `claude20250101`, `version2`, `base64encoded`. */
export function isWordy(part: string): boolean {
  if (isCamel(part)) return true;
  if (CONSONANTS.test(part)) return false;
  return (
    /^[A-Za-z]?[a-z]{4,}\d{1,8}$/.test(part) ||
    /^\d{1,4}[a-z]{5,}$/.test(part) ||
    (/^[a-z]{3,}\d{1,3}[a-z]{4,}$/.test(part) && part.length < 14)
  );
}

/** `X509Credential`, `webSocketOptions`: words with at most one number among them. */
export function isCamel(part: string): boolean {
  if (!/[a-z][A-Z]|\d[A-Z][a-z]|^[A-Z][a-z]/.test(part) || (part.match(/\d+/g)?.length ?? 0) > 1) return false;
  const humps = humpsOf(part);
  const letters = humps.reduce((sum, hump) => sum + hump.length, 0);
  const vowels = vowelShare(part);
  return (
    (letters >= humps.length * SURE_HUMP_CHARS && vowels >= MIN_WORD_VOWELS) ||
    (letters >= humps.length * MIN_HUMP_CHARS && vowels >= MIN_VOWELS)
  );
}

/** `VgLkZTMjTGdOqX`: humps of two letters on average, or capitals in odd places and few vowels, are no words. */
export function isJumbled(part: string): boolean {
  if (!/^[A-Za-z]{8,}$/.test(part) || !/[A-Z]/.test(part) || !/[a-z]/.test(part)) return false;
  const humps = humpsOf(part);
  if (humps.length < 3) return false;
  return part.length < humps.length * (vowelShare(part) < MIN_VOWELS ? MAX_HUMP_CHARS : MAX_JUMBLED_HUMP_CHARS);
}

/** Letters of one case that no language strings together. */
export function isUnspeakable(part: string): boolean {
  return CONSONANTS.test(part) || vowelShare(part) < MIN_WORD_VOWELS;
}

/** `2ciucp_5xfdl-8=i7`: so many steps between letters and digits, however short the parts are. */
export function isStirred(value: string): boolean {
  if (value.length < MIN_STIRRED_CHARS || entropyOf(value) < MIN_STIRRED_BITS) return false;
  const steps = stepsIn(value);
  return steps >= MIN_STEPS && steps >= value.length / MAX_CHARS_A_STEP;
}

/** How often a letter stands beside a digit. */
export function stepsIn(value: string): number {
  let steps = 0;
  for (let at = 1; at < value.length; at++) {
    const [code, next] = [value.charCodeAt(at - 1), value.charCodeAt(at)];
    if ((isLetter(code) && isNumeral(next)) || (isNumeral(code) && isLetter(next))) steps++;
  }
  return steps;
}

function humpsOf(part: string): readonly string[] {
  return part.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? [];
}

function vowelShare(part: string): number {
  return part.replace(/[^aeiouy]/gi, '').length / part.replace(/[^a-z]/gi, '').length;
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

function isNumeral(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
