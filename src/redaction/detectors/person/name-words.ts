/** Splits text into words and says of each what it may be in a name. Knows no rule of how names are made. */
import { stemsOf } from './inflection.ts';
import { COMMON, GIVEN, PLACE, SURNAME, WORD } from './name-kinds.ts';
import { foldName, kindOfName } from './name-list.ts';
import { NAMED_AFTER, PARTICLES, SELDOM_ALONE, SUFFIXES, TITLES, WEAK_TITLES } from './person-words.ts';

/** `other`: `NaN`, `iPhone`. */
export type WordCase = 'capital' | 'capitals' | 'small' | 'initial' | 'other';

export interface NameWord {
  readonly start: number;
  /** Without a full stop, unless it is an initial's or a title's. */
  readonly end: number;
  readonly text: string;
  readonly folded: string;
  readonly case: WordCase;
  /** What the list of names says of it, or of the first case of it. */
  readonly kind: number;
  /** Not listed: a case of a listed name, or a surname by how it ends. */
  readonly isDerived: boolean;
  /** Given name and surname without the space between: `AdaLovelace`. */
  readonly isDouble: boolean;
  /** One space stands before it, and nothing else. */
  readonly isNext: boolean;
  readonly isTitle: boolean;
  readonly hasStop: boolean;
  /** Nothing before or behind makes it part of a path, an address, a name in code. */
  readonly isFree: boolean;
}

const WORD_PATTERN = /\p{L}(?:[\p{L}\p{M}\u200d]|['’-](?=\p{L})){0,40}/gu;
const CAPITAL = /^(?:\p{Lu}['’])?\p{Lu}[\p{Ll}\p{M}'’]+(?:(?:['’-])?\p{Lu}?[\p{Ll}\p{M}'’]+)*$/u;
const CAPITALS = /^\p{Lu}[\p{Lu}\p{M}'’-]+$/u;
const SMALL = /^[\p{Ll}\p{M}'’-]+$/u;
/** A name is part of something else behind or before one of these. */
const BOUND_BEFORE = /[\p{L}\p{N}_@#$%~^\\/]$|[\p{L}\p{N}_]\.$|::$|->$|[\p{N}\p{L}]-$/u;
const BOUND_BEHIND = /^(?:[\p{L}\p{N}_@=%~^/(]|\.[\p{L}\p{N}]|::|-\p{N}|\[)/u;
const INITIALS_BEFORE = /(?:^|[^\p{L}])\p{Lu}\.$/u;

/** Words that begin at `from` or later. */
export function nameWordsOf(text: string, from: number): NameWord[] {
  const found: NameWord[] = [];
  WORD_PATTERN.lastIndex = from;
  let last = -1;
  for (let match = WORD_PATTERN.exec(text); match !== null; match = WORD_PATTERN.exec(text)) {
    const escaped = text[match.index - 1] === '\\' && /^[nrt]\p{Lu}/u.test(match[0]) ? 1 : 0;
    const written = match[0].slice(escaped);
    const start = match.index + escaped;
    const word = wordOf(text, start, written, last);
    last = word.end;
    found.push(word);
  }
  return found;
}

function wordOf(text: string, start: number, written: string, last: number): NameWord {
  const bare = written.replace(/['’]s$|['’]$/u, '');
  const end = start + bare.length;
  const hasStop = text[end] === '.' && bare.length === written.length;
  const folded = foldName(bare);
  const wordCase = caseOf(bare);
  const isTitle = TITLES.has(folded) && bare !== 'ms' && (!WEAK_TITLES.has(folded) || (hasStop && bare !== folded));
  const isInitial = wordCase === 'initial' && hasStop;
  const isDouble = wordCase === 'capital' && isTwoNames(bare);
  const [kind, isDerived] = isDouble
    ? [GIVEN | SURNAME, false]
    : wordCase === 'initial'
      ? [0, false]
      : kindOf(bare, folded);
  const isAbbreviated = isInitial || (isTitle && hasStop) || (hasStop && SUFFIXES.has(folded) && folded.length < 4);
  return {
    start,
    end: isAbbreviated ? end + 1 : end,
    text: bare,
    folded,
    case: wordCase,
    kind,
    isDerived,
    isDouble,
    isNext: last >= 0 && start === last + 1 && isGap(text.charCodeAt(last)),
    isTitle,
    hasStop,
    isFree: isFree(text, start, isAbbreviated ? end + 1 : end),
  };
}

/** A space, or the plus that stands for one in a URL. */
function isGap(code: number): boolean {
  return code === 0x2b || code === 0x20 || code === 0xa0 || code === 0x202f;
}

function isFree(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 3), start);
  if (BOUND_BEHIND.test(text.slice(end, end + 2))) return false;
  // "J.R. Smith" is a name; `\n` in JSON within JSON is a line break.
  return !BOUND_BEFORE.test(before) || INITIALS_BEFORE.test(before) || /\\[nrt]$/.test(before);
}

function caseOf(text: string): WordCase {
  if (text.length === 1) return /\p{Lu}/u.test(text) ? 'initial' : 'small';
  if (CAPITAL.test(text)) return 'capital';
  return CAPITALS.test(text) ? 'capitals' : SMALL.test(text) ? 'small' : 'other';
}

function isTwoNames(text: string): boolean {
  const [, first, second] = /^(\p{Lu}\p{Ll}{2,15})(\p{Lu}\p{Ll}{2,20})$/u.exec(text) ?? [];
  if (first === undefined || second === undefined) return false;
  const [given, surname] = [kindOf(first, foldName(first))[0], kindOf(second, foldName(second))[0]];
  return (given & GIVEN) !== 0 && (given & WORD) === 0 && (surname & (GIVEN | SURNAME)) !== 0 && (surname & WORD) === 0;
}

/** Of a double name each part counts; a case of a listed name counts as that name. */
function kindOf(text: string, folded: string): [kind: number, isDerived: boolean] {
  const listed = kindOfName(folded);
  if (listed !== 0) return [listed, false];
  if (folded.includes('-')) {
    const kinds = folded.split('-').map(kindOfName);
    const names = kinds.reduce((all, kind) => all | (kind & (GIVEN | SURNAME)), 0);
    const isOfNames = kinds.every((kind) => kind !== WORD) && kinds.some((kind) => kind !== 0 && (kind & WORD) === 0);
    return [isOfNames && /-\p{Lu}/u.test(text) ? names : WORD, false];
  }
  const bare = folded.replace(/^(?:o'|d'|l'|mc|mac|fitz)(?=.{3})/, '');
  if (bare !== folded && (kindOfName(bare) & SURNAME) !== 0) return [SURNAME, false];
  if (SIMPLE.test(text)) {
    if (SURNAME_ENDING.test(folded) || /i[ćč]$/.test(text)) return [SURNAME, false];
    if (ADJECTIVE_ENDING.test(folded)) return [SURNAME, true];
  }
  for (const stem of stemsOf(folded)) {
    const kind = kindOfName(stem);
    if ((kind & (GIVEN | SURNAME)) !== 0 && (kind & (WORD | PLACE)) === 0) return [kind, true];
  }
  return [0, false];
}

/** One capital, at the beginning. */
const SIMPLE = /^\p{Lu}[\p{Ll}\p{M}]{3,}$/u;
/** What only family names end with: -sson and -dóttir, -enko, -wicz, -escu, -oğlu, -idis, -shvili, -yan, -ov. */
const SURNAME_ENDING =
  /^.{3,}(?:sson|dottir|enko|czuk|ewicz|owicz|escu|eanu|oglu|opoulos|akis|iadis|ovic|evic|sh?vili|adze|anyan|onyan|ovich|evich|skaya|[aei]ev|[kmnlrtdsbpvg]ov|qvist|quist)$/;
/** What family names end with, and adjectives of places, towns and words as well. */
const ADJECTIVE_ENDING = /^.{3,}(?:ska|ski|sky|cki|cka|ova|eva|nen|strom|gaard|mann|stein|berger|meyer|maier|chuk)$/;

export const isName = ({ kind }: NameWord): boolean => (kind & (GIVEN | SURNAME)) !== 0;
export const isPlain = ({ kind, folded }: NameWord): boolean =>
  (kind & WORD) === 0 && (kind & PLACE) === 0 && !SELDOM_ALONE.has(folded);
export const isCommon = ({ kind }: NameWord): boolean => (kind & COMMON) !== 0;
export const isGiven = ({ kind }: NameWord): boolean => (kind & GIVEN) !== 0;
export const isSurname = ({ kind }: NameWord): boolean => (kind & SURNAME) !== 0;
/** An ordinary word that nobody is called. */
export const isOrdinary = ({ kind }: NameWord): boolean => kind === WORD;
export const isParticle = ({ folded, text }: NameWord): boolean =>
  PARTICLES.has(folded) && (text === folded || /^(?:De|Van|Von|Di|Da|Del|La|Le|El|Al|Bin|Mac|St)$/.test(text));
export const isSuffix = ({ folded, case: wordCase }: NameWord): boolean =>
  SUFFIXES.has(folded) && (wordCase === 'capitals' || /^(?:jr|sr|esq|phd)$/.test(folded));
export const isNamedAfter = ({ folded, case: wordCase }: NameWord): boolean =>
  NAMED_AFTER.has(folded) && wordCase !== 'small';
export const hasCapital = ({ case: wordCase }: NameWord): boolean => wordCase === 'capital' || wordCase === 'capitals';
