/**
 * Names of persons: by the list of names, by the title or label before them, and by how the words of a name go together. Asked for by
 * name only: texts are full of words that somebody is called.
 */
import type { Candidate } from '../../detector.ts';
import { defineDetector, LEFT_CONTEXT_CHARS } from '../../detector.ts';
import { foldName } from './name-list.ts';
import type { NameWord } from './name-words.ts';
import {
  hasCapital,
  isCommon,
  isGiven,
  isName,
  isNamedAfter,
  isOrdinary,
  isParticle,
  isPlain,
  isSuffix,
  isSurname,
  nameWordsOf,
} from './name-words.ts';
import {
  GREETING,
  NAME_KEYS,
  NAME_LABEL,
  NAME_PHRASE,
  PLAIN_LABEL,
  PLAIN_PHRASE,
  TITLE_BEFORE,
} from './person-labels.ts';
import { personPhrase } from './person-phrase.ts';
import { PLACE_BEFORE, SURNAMES_TOO, TITLES } from './person-words.ts';

/** What says, before a name, that it is one: "my name is", a label or key for names, a title or greeting, a label that things have too. */
type Introduction = 'phrase' | 'name' | 'title' | 'label' | 'none';

interface Name {
  /** Index of its first word and behind its last. */
  readonly first: number;
  readonly end: number;
  readonly score: number;
}

const MAX_NAME_WORDS = 6;
const INTRODUCED = 0.85;
/** A given name and a surname. */
const FULL = 0.75;
/** A name by itself. */
const SINGLE = 0.55;
/** Words of English that nobody is called. */
const WORD_ENDING =
  /.(?:ing|tion|sion|ment|ness|able|ible|ive|ical|ally|ism|ware|ology|ship|hood|less|ful|ity|ance|ence|ed|ly|ers|ors|ies|xes)$/;

const context = { words: /(?!)/, keys: NAME_KEYS };

export const person = defineDetector({
  name: 'person',
  group: 'pii',
  entities: ['PERSON'],
  gates: [{ length: 2 }],
  context,
  phrase: personPhrase,
  normalise: (value) => {
    const words = value.split(/[\s.]+/).filter((word) => word !== '');
    const bare = words.filter((word) => !TITLES.has(word.toLowerCase()));
    return foldName((bare.length > 0 ? bare : words).join(' '));
  },
  find(text, from, window) {
    const words = nameWordsOf(text, from);
    const found: Candidate<'PERSON'>[] = [];
    for (let at = 0; at < words.length; at++) {
      const isKeyed = at === 0 && words[0]!.start <= 1 && window.isKey(context);
      const name = nameAt(text, words, at, isKeyed);
      if (name === undefined) continue;
      const { start } = words[name.first]!;
      found.push({ start, end: words[name.end - 1]!.end, type: 'PERSON', score: name.score });
      at = name.end - 1;
    }
    return found;
  },
});

function nameAt(text: string, words: readonly NameWord[], at: number, isKeyed: boolean): Name | undefined {
  const word = words[at]!;
  if (!word.isFree) return undefined;
  const titled = titleEnd(words, at);
  if (titled > at) {
    const end = wordsEnd(words, titled);
    const count = end - titled;
    // "Mr. Lee" is how he is called; before a full name the title is no part of it.
    return count === 0 ? undefined : { first: count === 1 ? at : titled, end, score: INTRODUCED };
  }
  const introduction = isKeyed ? 'name' : introductionOf(text, word.start);
  if (word.case === 'small') return smallName(words, at, introduction);
  const end = wordsEnd(words, at);
  if (end === at) return undefined;
  const score = scoreOf(text, words, at, end, introduction);
  return score === 0 ? undefined : { first: at, end, score };
}

/** Behind one or two titles; `at` itself when there is none. */
function titleEnd(words: readonly NameWord[], at: number): number {
  let end = at;
  while (end < at + 3 && words[end]?.isTitle === true && (end === at || follows(words[end]!, words[end - 1]!))) end++;
  const next = words[end];
  return end > at && next !== undefined && follows(next, words[end - 1]!) && isTitled(next) ? end : at;
}

function isTitled(word: NameWord): boolean {
  return word.case === 'capital' || word.case === 'initial' || (word.case === 'capitals' && isName(word));
}

/** One space behind the word before, whose full stop may stand between. */
function follows(word: NameWord, before: NameWord): boolean {
  return word.isNext || (before.hasStop && before.isTitle && word.start - before.end <= 1);
}

/** Behind the last word of a name that begins here; `at` itself when none can. */
function wordsEnd(words: readonly NameWord[], at: number): number {
  let end = at;
  let names = 0;
  while (end < at + MAX_NAME_WORDS) {
    const word = words[end];
    if (word === undefined || !word.isFree || (end > at && !word.isNext)) break;
    if (word.case === 'initial') {
      if (!isInitialOfName(words, end, names)) break;
    } else if (isPartOfName(words, at, end, names)) {
      if (names > 0 && isSuffix(word)) return end + 1;
      if (!isParticle(word)) names++;
    } else if (!isParticle(word) || names === 0 || !goesOnBehindParticle(words, end)) break;
    end++;
  }
  return names === 0 ? at : trimmed(words, at, end);
}

function isPartOfName(words: readonly NameWord[], at: number, end: number, names: number): boolean {
  const word = words[end]!;
  if (!hasCapital(word) || isOrdinary(word) || (names > 0 && word.isTitle)) return false;
  if (names === 0 || !isNamedAfter(word)) return true;
  return names === 1 && SURNAMES_TOO.has(word.folded) && isGiven(words[at]!) && isPlain(words[at]!);
}

/** "J. Smith", "John Q Public", "Ashley L." */
function isInitialOfName(words: readonly NameWord[], at: number, names: number): boolean {
  const word = words[at]!;
  const next = words[at + 1];
  const isFollowed = next?.isNext === true && (hasCapital(next) || next.case === 'initial') && !isOrdinary(next);
  return names > 0 ? word.hasStop || isFollowed : word.hasStop && isFollowed;
}

function goesOnBehindParticle(words: readonly NameWord[], at: number): boolean {
  for (let next = at + 1; next <= at + 2; next++) {
    const word = words[next];
    if (word === undefined || !word.isNext) return false;
    if (hasCapital(word)) return !isOrdinary(word);
    if (!isParticle(word)) return false;
  }
  return false;
}

/** Without particles at its end. */
function trimmed(words: readonly NameWord[], at: number, end: number): number {
  let last = end;
  while (last > at && isParticle(words[last - 1]!) && words[last - 1]!.case === 'small') last--;
  return last;
}

function introductionOf(text: string, start: number): Introduction {
  const before = text.slice(Math.max(0, start - LEFT_CONTEXT_CHARS), start);
  if (NAME_PHRASE.test(before)) return 'phrase';
  if (NAME_LABEL.test(before)) return 'name';
  if (TITLE_BEFORE.test(before) || GREETING.test(before)) return 'title';
  return PLAIN_LABEL.test(before) || PLAIN_PHRASE.test(before) ? 'label' : 'none';
}

/** How sure the words from `at` make it that they are a name; 0 when they are none. */
function scoreOf(
  text: string,
  words: readonly NameWord[],
  at: number,
  end: number,
  introduction: Introduction,
): number {
  const names = words.slice(at, end).filter((word) => hasCapital(word) && !isParticle(word) && !isSuffix(word));
  const next = words[end];
  if (names.length === 0 || (next?.isNext === true && isNamedAfter(next)) || PLACE_BEFORE.has(names[0]!.folded))
    return 0;
  const isFull = names.length > 1 || names[0]!.isDouble;
  if (introduction === 'name' || introduction === 'phrase')
    return names.some(isName) || isFull || names[0]!.kind === 0 ? INTRODUCED : 0;
  if (introduction === 'title') return names.every(isLikeName) ? INTRODUCED : 0;
  if (introduction === 'label' && names.some((name) => isName(name) && isPlain(name))) return INTRODUCED;
  return isFull ? fullScore(names) : singleScore(text, words, at, names[0]!, introduction);
}

function isLikeName(word: NameWord): boolean {
  return isName(word) || isUnlisted(word);
}

/** Neither a name of the list nor like a word of English. */
function isUnlisted(word: NameWord): boolean {
  return word.kind === 0 && word.case === 'capital' && word.text.length > 2 && !WORD_ENDING.test(word.folded);
}

function fullScore(names: readonly NameWord[]): number {
  const [first, second] = [names[0]!, names[1] ?? names[0]!];
  if (names.some(({ case: wordCase }) => wordCase === 'capitals')) return capitalsScore(names);
  if (isGiven(first) && isPlain(first)) return isLikeName(second) ? FULL : 0;
  if (isGiven(first))
    return isName(second) && (isPlain(second) || isCommon(first))
      ? 0.65
      : isCommon(first) && isUnlisted(second)
        ? SINGLE
        : 0;
  if (isSurname(first)) return isPlain(first) && isName(second) && isPlain(second) && !second.isDerived ? 0.6 : 0;
  return isUnlisted(first) && isSurname(second) && isPlain(second) && !second.isDerived ? SINGLE : 0;
}

/** Most words in capitals are abbreviations and headings. */
function capitalsScore(names: readonly NameWord[]): number {
  const isSure = names.every(isName) && isGiven(names[0]!) && names.every(isPlain);
  return isSure ? 0.65 : 0;
}

/** Within a sentence in which there are letters of Polish, a case of a name is one. */
function isInSentence(text: string, start: number): boolean {
  return /[ąćęłńśźż][^.!?]{0,40}\p{Ll} $/u.test(text.slice(Math.max(0, start - LEFT_CONTEXT_CHARS), start));
}

function singleScore(
  text: string,
  words: readonly NameWord[],
  at: number,
  name: NameWord,
  introduction: Introduction,
): number {
  const before = words[at - 1];
  if (before !== undefined && name.isNext && PLACE_BEFORE.has(before.folded) && hasCapital(before)) return 0;
  if (name.case === 'capitals' || !isName(name) || !isPlain(name) || name.text.length < 3) return 0;
  if (words[at]!.case === 'initial') return 0.6;
  if (name.isDerived) return introduction !== 'none' || isInSentence(text, name.start) ? SINGLE : 0;
  return isGiven(name) ? SINGLE : 0.5;
}

/** As names are typed in chats: a given name and a surname, or what stands behind a label or title. */
function smallName(words: readonly NameWord[], at: number, introduction: Introduction): Name | undefined {
  const first = words[at]!;
  const isIntroduced = introduction !== 'label' && introduction !== 'none';
  if (introduction === 'phrase' && first.kind === 0 && first.text.length > 3)
    return { first: at, end: at + 1, score: SINGLE };
  if (!isName(first) || !isPlain(first) || first.isDerived) return undefined;
  if (!isIntroduced && (!isGiven(first) || first.text.length < 4)) return undefined;
  let end = at + 1;
  if (words[end]?.isNext === true && (words[end]!.text.length === 1 || isParticle(words[end]!))) end++;
  const last = words[end];
  if (last?.isNext === true && last.isFree && last.case === 'small' && isSmallSurname(last, introduction !== 'none')) {
    return { first: at, end: end + 1, score: 0.6 };
  }
  const isKnown = isGiven(first) && isCommon(first) && first.text.length > 4;
  return isIntroduced || isKnown ? { first: at, end: at + 1, score: SINGLE } : undefined;
}

function isSmallSurname(word: NameWord, isIntroduced: boolean): boolean {
  if (word.text.length < 4) return false;
  if (isIntroduced && word.kind === 0) return true;
  return isSurname(word) && isPlain(word) && !word.isDerived;
}
