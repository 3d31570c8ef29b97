/** Finds the name of a number in the text before it ("Passport no.: ", `"insurance_id": "`). Knows no number and no country. */
import type { Keywords } from '../../detector.ts';
import type { IdKind } from './id-kind.ts';

/** What a label says its value is. */
export interface Label {
  readonly kind: IdKind;
  /** Other things have that name too. */
  readonly isWeak: boolean;
}

export interface Names {
  /** The label that stands directly before a value: only words like "number" and punctuation may stand between. */
  labelAtEnd(left: LeftWords): Label | undefined;
  /** Whether the word is a label by itself, as in `MRN-1234567`. */
  labelOf(word: string): Label | undefined;
}

/** The text before a value, as words. */
export interface LeftWords {
  readonly words: readonly string[];
  /** The words with one space around each: what `phrasePattern` searches. */
  readonly joined: string;
  /** Whether only characters that may stand between a label and its value follow the last word. */
  readonly isClose: boolean;
}

/** "is", "number" and the like in the languages that have them, without accents. */
const CONNECTORS = new Set(
  (
    'is was are number numbers no nos nr num nro n numero numeros nummer nummern numer numerem numeru numeris cislo broj stevilka code kod kodu id ' +
    'ist lautet jest es est e er ar on sono of the to reads value as und und lautend номер numarasi numara numaram noyu szam'
  ).split(' '),
);
export function isConnector(word: string): boolean {
  return CONNECTORS.has(word);
}

const MAX_CONNECTORS = 4;
/** Between a label and its value: `": "`, `</b>: `, ` | `, a line break. */
const GAP = ' \t\r\n\u00a0\u202f\u2009:：#=.\'"()[]<>|*\\-–—/';
const MAX_GAP_CHARS = 10;
const HAS_UNSPACED = /[\u0e00-\uffff]/;
const UNSPACED = /[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
/** Particles and words like "number" that may follow a name in a language without spaces. */
const UNSPACED_TAIL_CHARS = 8;

/** Words without accents, in lower case; `passportNumber` and `passport_number` are two. */
export function wordsOf(text: string): string[] {
  const spaced = text.replace(/(\p{Ll}{2})(\p{Lu})/gu, '$1 $2');
  return plain(spaced).match(/[\p{L}\p{N}]+/gu) ?? [];
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII needs no folding.
  return (/^[\x00-\x7f]*$/.test(text) ? text : text.normalize('NFKD').replace(/\p{M}/gu, '')).toLowerCase();
}

const NO_WORDS: LeftWords = { words: [], joined: ' ', isClose: false };

/** A cheap look: whether a letter stands before the punctuation that may stand between a label and its value. */
export function isBehindWord(text: string, start: number): boolean {
  let at = start - 1;
  while (at >= 0 && start - at <= MAX_GAP_CHARS && GAP.includes(text[at]!)) at--;
  const code = at < 0 ? 0 : text.charCodeAt(at);
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code > 0x7f;
}

export function leftWords(before: string): LeftWords {
  if (!/[A-Za-z\u0080-\uffff]/.test(before)) return NO_WORDS;
  const words = wordsOf(before.replace(/\\[nrt]/g, ' '));
  return { words, joined: ` ${words.join(' ')} `, isClose: isBehindWord(before, before.length) };
}

/** Shorter words stand in many others. */
const MIN_PART_CHARS = 5;

/** Of each name its longest word: where none of them is near, no name is. */
export function keywordsOf(kinds: readonly IdKind[], reach: number): readonly [parts: Keywords, words: Keywords] {
  const phrases = kinds.flatMap(({ labels = [], weakLabels = [], hints = [] }) => [...labels, ...weakLabels, ...hints]);
  const longest = phrases.map((phrase) =>
    UNSPACED.test(phrase) ? plain(phrase) : wordsOf(phrase).reduce((a, b) => (b.length > a.length ? b : a)),
  );
  const isPart = (word: string) => word.length >= MIN_PART_CHARS || UNSPACED.test(word);
  return [
    { words: longest.filter(isPart), reach },
    { words: longest.filter((word) => !isPart(word) && word.length > 1), whole: true, reach },
  ];
}

/** Tells which kinds have one of their names or hints anywhere in the words. */
export function createHints(kinds: readonly IdKind[]): (left: LeftWords) => ReadonlySet<IdKind> {
  const byFirstWord = new Map<string, { readonly words: readonly string[]; readonly kind: IdKind }[]>();
  const unspaced: { readonly phrase: string; readonly kind: IdKind }[] = [];
  for (const kind of kinds) {
    for (const phrase of [...(kind.labels ?? []), ...(kind.weakLabels ?? []), ...(kind.hints ?? [])]) {
      if (UNSPACED.test(phrase)) unspaced.push({ phrase: plain(phrase), kind });
      else {
        const words = wordsOf(phrase);
        byFirstWord.set(words[0]!, [...(byFirstWord.get(words[0]!) ?? []), { words, kind }]);
      }
    }
  }
  return ({ words, joined }) => {
    const found = new Set<IdKind>();
    for (let at = 0; at < words.length; at++) {
      for (const hint of byFirstWord.get(words[at]!) ?? []) {
        if (endsWith(words, at + hint.words.length, hint.words)) found.add(hint.kind);
      }
    }
    if (HAS_UNSPACED.test(joined)) {
      for (const { phrase, kind } of unspaced) if (joined.includes(phrase)) found.add(kind);
    }
    return found;
  };
}

/** A pattern of the phrases as keys: `insurance_id`, `passport_number`. */
export function keyPattern(phrases: readonly string[]): RegExp {
  const sources = phrases.filter((phrase) => /^[a-z0-9 ]+$/.test(phrase)).map((phrase) => phrase.replaceAll(' ', '_?'));
  if (sources.length === 0) return NEVER;
  return new RegExp(`(?:^|_)(?:${sources.join('|')})(?:_?(?:number|num|no|nr|id|code|value))?$`);
}

/** Matches nothing. */
export const NEVER = /(?!)/;

export function createNames(kinds: readonly IdKind[]): Names {
  const byLastWord = new Map<string, { readonly words: readonly string[]; readonly label: Label }[]>();
  const unspaced: { readonly phrase: string; readonly label: Label }[] = [];
  const add = (phrase: string, label: Label) => {
    if (UNSPACED.test(phrase)) {
      unspaced.push({ phrase: plain(phrase), label });
      return;
    }
    const words = wordsOf(phrase);
    const last = words.at(-1)!;
    byLastWord.set(last, [...(byLastWord.get(last) ?? []), { words, label }]);
  };
  for (const kind of kinds) {
    for (const phrase of kind.labels ?? []) add(phrase, { kind, isWeak: false });
    for (const phrase of kind.weakLabels ?? []) add(phrase, { kind, isWeak: true });
  }
  // The longest first: "us passport" before "passport".
  for (const phrases of byLastWord.values()) phrases.sort((a, b) => b.words.length - a.words.length);

  const endingAt = (words: readonly string[], end: number): Label | undefined =>
    byLastWord.get(words[end - 1]!)?.find((phrase) => endsWith(words, end, phrase.words))?.label;

  return {
    labelAtEnd({ words, isClose }) {
      if (!isClose) return undefined;
      let weak: Label | undefined;
      for (let end = words.length; end > 0 && end >= words.length - MAX_CONNECTORS; end--) {
        const label = endingAt(words, end) ?? unspacedLabel(unspaced, words[end - 1]!);
        if (label !== undefined && !label.isWeak) return label;
        weak ??= label;
        if (!CONNECTORS.has(words[end - 1]!)) break;
      }
      return weak;
    },
    labelOf: (word) => endingAt([word], 1),
  };
}

function endsWith(words: readonly string[], end: number, phrase: readonly string[]): boolean {
  const offset = end - phrase.length;
  return offset >= 0 && phrase.every((word, index) => words[offset + index] === word);
}

function unspacedLabel(
  phrases: readonly { readonly phrase: string; readonly label: Label }[],
  word: string,
): Label | undefined {
  if (word.charCodeAt(0) < 0x1100 || !/[\u1100-\uffff]/.test(word)) return undefined;
  return phrases.find(({ phrase }) => {
    const at = word.lastIndexOf(phrase);
    return at >= 0 && word.length - at - phrase.length <= UNSPACED_TAIL_CHARS;
  })?.label;
}
