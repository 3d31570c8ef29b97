/** Which spaces the words of a person's name are held together by. Decides by the last word alone. */
import { LOWER, OTHER, UPPER } from '../../characters.ts';
import type { Phrase } from '../../detector.ts';
import { GIVEN, PLACE, SURNAME, WORD } from './name-kinds.ts';
import { foldName, kindOfName } from './name-list.ts';
import { PARTICLES, TITLES } from './person-words.ts';

const MAX_WORD_CHARS = 40;
/** "Prof.", "Dott.": a longer word with a full stop ends a sentence. */
const MAX_ABBREVIATED_CHARS = 6;
/** Names in small letters are looked up from here on. */
const MIN_SMALL_CHARS = 3;
const MAX_NAME_CHARS = 96;
const ANY_WORD = UPPER | LOWER | OTHER;
/** What credentials follow: they are looked for at the beginning of a segment. */
const BEFORE_SECRET =
  /^(?:bearer|basic|token|api|key|secret|pass|pwd|pw|auth|login|splunk|ssws|digest|negotiate|identified|by)/i;
const CAPITAL = /^\p{Lu}/u;
const OPENING_MARK = 0x28;

/** "O'Brien" goes on behind its apostrophe. */
export const personPhrase: Phrase = {
  opens: [
    { kinds: UPPER, next: ANY_WORD },
    { kinds: LOWER, next: ANY_WORD },
    { kinds: OTHER, next: ANY_WORD },
  ],
  joins(text, from, word, at) {
    const code = text.charCodeAt(at);
    if (code === 0x27 || code === 0x2019) return at - word === 1 && isUpper(text.charCodeAt(word)) ? UPPER | OTHER : 0;
    if (code !== 0x20 && code !== 0xa0 && code !== 0x202f) return 0;
    const length = at - word;
    if (length === 0 || length > MAX_WORD_CHARS || (from >= 0 && at - from > MAX_NAME_CHARS)) return 0;
    const last = text.charCodeAt(at - 1);
    const isAbbreviated = last === 0x2e;
    if (isAbbreviated ? length > MAX_ABBREVIATED_CHARS : !isLetter(last)) return 0;
    const start = text.charCodeAt(word) === OPENING_MARK ? word + 1 : word;
    const first = text.charCodeAt(start);
    if (!isLetter(first)) return 0;
    const bare = text.slice(start, isAbbreviated ? at - 1 : at);
    if (isUpper(first) || (first > 0x7f && CAPITAL.test(bare))) return joinsCapital(bare);
    return joinsSmall(bare, from >= 0);
  },
};

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

function isLetter(code: number): boolean {
  return isUpper(code) || (code >= 0x61 && code <= 0x7a) || code >= 0xc0;
}

function joinsCapital(word: string): number {
  if (BEFORE_SECRET.test(word)) return 0;
  return kindOfName(foldName(word)) === WORD && !TITLES.has(foldName(word)) ? 0 : ANY_WORD;
}

/** Titles and particles, and names as they are typed in chats. */
function joinsSmall(word: string, isOpen: boolean): number {
  if (isOpen && (word.length === 1 || PARTICLES.has(word))) return ANY_WORD;
  if (word.length < MIN_SMALL_CHARS) return TITLES.has(word) ? ANY_WORD : 0;
  const folded = foldName(word);
  const kind = kindOfName(folded);
  const isName = (kind & (isOpen ? GIVEN | SURNAME : GIVEN)) !== 0 && (kind & (WORD | PLACE)) === 0;
  return isName || TITLES.has(folded) ? ANY_WORD : 0;
}
