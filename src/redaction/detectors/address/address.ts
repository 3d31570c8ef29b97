/**
 * Street addresses in the forms of several languages, with flat, town and postcode where they follow, and post office boxes.
 * A house number that stands alone with capitalised words is one only beside a word or key that says address.
 */
import { CUT_BEFORE, DIGIT, isDigit, kindOf, SPACE } from '../../characters.ts';
import type { Candidate, Keywords } from '../../detector.ts';
import { defineDetector, LEFT_CONTEXT_CHARS, MAX_MATCH_CHARS } from '../../detector.ts';
import { addressPhrase } from './address-phrase.ts';
import {
  BOX_FIRST_WORDS,
  BOX_WORDS,
  DIRECTIONS,
  MILITARY_POSTS,
  MILITARY_UNITS,
  PLAIN_STREET_TYPES,
  PLAIN_UNIT_WORDS,
  SHIPS,
  STREET_PREFIXES,
  STREET_SUFFIXES,
  STREET_TYPES,
  UNIT_WORDS,
  US_STATES,
} from './street-words.ts';
import type { Word } from './words.ts';
import {
  isAnyWord,
  isName,
  isNumber,
  isOrdinal,
  isParticle,
  isStreetCompound,
  isStreetPrefix,
  isStreetType,
  isUnitWord,
  wordsOf,
} from './words.ts';

/** The words of an address: index behind its last one, and how sure the form makes it. */
interface Form {
  readonly end: number;
  readonly score: number;
}

const MAX_NAME_WORDS = 5;
const MAX_TOWN_WORDS = 3;
const ZIP = /^\d{5}(?:-\d{4})?$/;
const EU_CODE = /^(?:[A-Z]{1,2}-)?(?:\d{4,5}|\d{2}-\d{3})$/;
const ANY_CODE = /^\d{4,6}$/;
const OUTWARD = /^[A-Z]{1,2}\d[A-Z\d]?$/;
const INWARD = /^\d[A-Z]{2}$/;
const UNIT_VALUE = /^(?:#?\d{1,5}[A-Za-z]?|[A-Z]|[A-Z]-?\d{1,4})$/;

/** The first form that fits the words from `at` on. */
function formAt(words: readonly Word[], at: number): Form | undefined {
  return (
    numberFirst(words, at) ??
    numberLast(words, at) ??
    withUnit(words, at) ??
    box(words, at) ??
    military(words, at) ??
    unitAlone(words, at) ??
    unnamed(words, at)
  );
}

/** "221B Baker Street", "12 bis, rue de la Paix". */
function numberFirst(words: readonly Word[], at: number): Form | undefined {
  if (!isNumber(words[at]!)) return undefined;
  const first = words[at + 1];
  if (first === undefined || first.gap === 'other') return undefined;
  const street = first.lower === 'bis' || first.lower === 'ter' ? at + 2 : at + 1;
  if (words[street] !== undefined && isStreetPrefix(words[street]) && words[street].gap !== 'other') {
    const end = nameEnd(words, street + 1);
    if (end > street + 1 && isName(words[end - 1]!)) {
      return { end: words[end]?.gap === 'space' ? withNumber(words, end) : end, score: 0.8 };
    }
  }
  return first.gap === 'space' ? typeLast(words, at) : undefined;
}

/** Behind the house number and at least one word, the type of street ends the name: "12 Long Hill Road N". */
function typeLast(words: readonly Word[], at: number): Form | undefined {
  let names = 0;
  for (let end = at + 1; end <= at + 1 + MAX_NAME_WORDS && words[end]?.gap === 'space'; end++) {
    const word = words[end]!;
    const isBroadway = word.text === 'Broadway';
    if ((names > 0 || isBroadway) && isStreetType(word)) {
      const score =
        isName(word) && isName(words[end - 1]!) ? 0.85 : isBroadway || isNumbered(words[end - 1]!) ? 0.7 : 0.6;
      if (score > 0.6 || PLAIN_STREET_TYPES.has(word.lower)) return { end: withDirection(words, end + 1), score };
    }
    if (isAnyWord(word) || isOrdinal(word)) names += isParticle(word) ? 0 : 1;
    else if (!isNumber(word)) return undefined;
  }
  return undefined;
}

function isNumbered(word: Word): boolean {
  return isOrdinal(word) || isNumber(word);
}

/** "Park Street Lane", "5th Avenue West". */
function withDirection(words: readonly Word[], end: number): number {
  let last = end;
  while (last < end + 2 && words[last]?.gap === 'space' && isStreetType(words[last]!) && isName(words[last]!)) last++;
  const next = words[last];
  return next?.gap === 'space' && DIRECTIONS.has(next.lower) && isName(next) ? last + 1 : last;
}

/** "Via Roma 12", "ul. Królowej Jadwigi 112/4", "An der Alten Mühlenstraße 5". */
function numberLast(words: readonly Word[], at: number): Form | undefined {
  const start = isNumber(words[at]!) && words[at + 1]?.gap === 'space' ? at + 1 : at;
  const end = isStreetPrefix(words[start]!) ? nameEnd(words, start + 1) : compoundEnd(words, start);
  if (end < 0 || end === start + (isStreetPrefix(words[start]!) ? 1 : 0)) return undefined;
  const last = withNumber(words, end);
  return last > end ? { end: last, score: 0.8 } : undefined;
}

/** Behind the last word of a street's name. */
function nameEnd(words: readonly Word[], at: number): number {
  let end = at;
  while (end < at + MAX_NAME_WORDS && words[end]?.gap === 'space' && (isName(words[end]!) || isParticle(words[end]!)))
    end++;
  return end;
}

/** Behind "Hauptstraße", with up to three words before it. */
function compoundEnd(words: readonly Word[], at: number): number {
  for (let end = at; end < at + 4; end++) {
    const word = words[end];
    if (word === undefined || (end > at && word.gap !== 'space')) return -1;
    if (isStreetCompound(word)) return end + 1;
    if (!isName(word) && !(end > at && isParticle(word))) return -1;
  }
  return -1;
}

/** "12", ", 12", "n° 12", "Nr. 12". */
function withNumber(words: readonly Word[], at: number): number {
  const isSign = words[at]?.gap !== 'other' && /^(?:n|nr|no|n[°º]|nº|num)$/.test(words[at]?.lower ?? '');
  const number = words[isSign ? at + 1 : at];
  return number !== undefined && isHouseNumber(number) ? at + (isSign ? 2 : 1) : at;
}

/** Five digits are a postcode. */
function isHouseNumber(word: Word): boolean {
  return isNumber(word) && word.gap !== 'other' && !/^#|^\d{5}/.test(word.text);
}

/** "64 Enparantza 29\n Suite 627": a number and a few words, and which flat. */
function withUnit(words: readonly Word[], at: number): Form | undefined {
  if (!isNumber(words[at]!)) return undefined;
  for (let end = at + 1; end <= at + 1 + MAX_NAME_WORDS + 1; end++) {
    const word = words[end];
    if (word === undefined || word.gap === 'other') return undefined;
    if (end > at + 1 && unitEnd(words, end) > end) return { end, score: 0.75 };
    if (word.gap !== 'space' || !(isAnyWord(word) || isNumbered(word))) return undefined;
  }
  return undefined;
}

/** "P.O. Box 46", "Postfach 12 34". */
function box(words: readonly Word[], at: number): Form | undefined {
  if (!BOX_FIRST_WORDS.has(words[at]!.lower)) return undefined;
  let name = '';
  for (let end = at; end < at + 4 && words[end] !== undefined; end++) {
    const word = words[end]!;
    if (end > at && word.gap !== 'space') return undefined;
    // "BP 120/80" is a blood pressure.
    if (BOX_WORDS.has(name) && isNumber(word) && !word.text.includes('/'))
      return { end: end + 1, score: isName(words[at]!) ? 0.8 : 0.4 };
    name += word.lower.replaceAll('.', '');
  }
  return undefined;
}

/** "PSC 4355, Box 4187\nAPO AP 28906", "USS Example\nFPO AA 12345". */
function military(words: readonly Word[], at: number): Form | undefined {
  const [unit, number, label, value] = words.slice(at, at + 4);
  if (unit === undefined || number === undefined || number.gap !== 'space') return undefined;
  const isBox =
    MILITARY_UNITS.has(unit.lower) &&
    isNumber(number) &&
    label?.lower === 'box' &&
    value !== undefined &&
    isNumber(value);
  if (!isBox && !(SHIPS.has(unit.lower) && isAnyWord(number))) return undefined;
  const end = at + (isBox ? 4 : 2);
  const [post, area, code] = words.slice(end, end + 3);
  const isPost =
    MILITARY_POSTS.has(post?.lower ?? '') && /^a[aep]$/.test(area?.lower ?? '') && ZIP.test(code?.text ?? '');
  if (isPost) return { end: end + 3, score: 0.9 };
  return isBox ? { end, score: 0.7 } : undefined;
}

/** "Suite 403". "test suite 4" is something else. */
function unitAlone(words: readonly Word[], at: number): Form | undefined {
  const word = words[at]!;
  const before = words[at - 1];
  const isBehindWord = before !== undefined && word.gap === 'space' && isAnyWord(before);
  if (!PLAIN_UNIT_WORDS.has(word.lower) || !isName(word) || isBehindWord) return undefined;
  const number = words[at + 1];
  return number?.gap === 'space' && isNumber(number) ? { end: at + 2, score: 0.6 } : undefined;
}

/** "64 Boriñaur Enparantza 29", "12 Elmhurst": beside a word that says address. */
function unnamed(words: readonly Word[], at: number): Form | undefined {
  if (!isNumber(words[at]!)) return undefined;
  let end = at + 1;
  while (end <= at + MAX_NAME_WORDS && words[end]?.gap === 'space' && isPartOfName(words[end]!)) end++;
  return end > at + 1 && isName(words[at + 1]!) ? { end, score: 0.3 } : undefined;
}

function isPartOfName(word: Word): boolean {
  return !word.isLabel && (isName(word) || isParticle(word) || isNumbered(word));
}

/** Flats, then the town. */
function tailEnd(words: readonly Word[], at: number): number {
  let end = unitEnd(words, at);
  end = unitEnd(words, end);
  const town = townEnd(words, end);
  if (town > end) return town;
  return end > at ? linesEnd(words, end) : end;
}

/** "Apt 5", "Unit B", "#12": behind a street. */
function unitEnd(words: readonly Word[], at: number): number {
  const [word, value] = [words[at], words[at + 1]];
  if (word === undefined || word.gap === 'other') return at;
  if (/^#\d{1,5}[A-Za-z]?$/.test(word.text)) return at + 1;
  if (!isUnitWord(word) || value === undefined || value.gap !== 'space') return at;
  return UNIT_VALUE.test(value.text) ? at + 2 : at;
}

/** ", Springfield, IL 62704", ", 10115 Berlin", ", London SW1A 1AA". */
function townEnd(words: readonly Word[], at: number): number {
  const code = words[at];
  if (code === undefined || code.gap === 'other') return at;
  if (EU_CODE.test(code.text)) {
    const named = /^[A-Z]{2}$/.test(words[at + 1]?.text ?? '') ? at + 2 : at + 1;
    const end = townNameEnd(words, named);
    return end > named ? end : at;
  }
  for (let end = at; end <= at + 2 * MAX_TOWN_WORDS; end++) {
    const word = words[end];
    if (word === undefined || word.gap === 'other') return at;
    if (end > at && US_STATES.has(word.text))
      return end + (words[end + 1]?.gap !== 'other' && ZIP.test(words[end + 1]?.text ?? '') ? 2 : 1);
    if (OUTWARD.test(word.text) && INWARD.test(words[end + 1]?.text ?? '')) return end + 2;
    if (!isName(word) || word.isLabel) return at;
  }
  return at;
}

function townNameEnd(words: readonly Word[], at: number): number {
  let end = at;
  while (end < at + MAX_TOWN_WORDS && words[end]?.gap === 'space' && isName(words[end]!) && !words[end]!.isLabel) {
    if (endsSentence(words[end++]!)) break;
  }
  return end;
}

/** "St." goes on, "Berlin." does not. */
function endsSentence({ hasStop, text }: Word): boolean {
  return hasStop && text.length > 3;
}

/** Behind a flat: town and country, each on a line or behind a comma, and a code. */
function linesEnd(words: readonly Word[], at: number): number {
  let end = at;
  while (end < at + 9 && words[end] !== undefined && words[end]!.gap !== 'other') {
    const word = words[end]!;
    if (ANY_CODE.test(word.text)) return end + 1;
    if (!isName(word) || word.isLabel) break;
    end++;
  }
  return end;
}

/** One of these stands in every address that needs no label, by itself or as the end of a word. */
const STREETS: Keywords = {
  words: [...STREET_TYPES, ...STREET_PREFIXES, ...UNIT_WORDS, ...BOX_FIRST_WORDS, ...MILITARY_UNITS, ...SHIPS].filter(
    (word) => word.length > 1,
  ),
  whole: true,
  reach: 0,
};
const STREET_PARTS: Keywords = { words: [...STREET_SUFFIXES, '#'], reach: 0 };
const LABELS: Keywords = {
  words:
    'addr live lived resid locat ship deliver billing mail sent moved adres anschrift wohnh indiriz indirizz direcc domicil endere zamieszk osoite адрес'.split(
      ' ',
    ),
  reach: LEFT_CONTEXT_CHARS,
};

export const address = defineDetector({
  name: 'address',
  group: 'pii',
  entities: ['STREET_ADDRESS'],
  gates: [STREETS, STREET_PARTS, LABELS].map((near) => ({ kinds: SPACE, digits: 1, length: 6, near })),
  context: {
    words:
      /(?:^|[^a-z\u00c0-\u024f])(?:address(?:es)?|addr|live[sd]? (?:at|in)|resid(?:ing|es?|ence)(?: at)?|located (?:at|in)|shipp?(?:ing|ed)? to|deliver(?:y|ed)? to|billing|mail(?:ing)? to|sent to|moved to|adresse|anschrift|wohnhaft|indirizzo|direcci[oó]n|domicilio|domicile|endere[cç]o|adres|adresa|zamieszka[lł][aey]?|osoite|adress|адрес)(?![a-z\u00c0-\u024f])/i,
    keys: /(?:^|_)(?:addr(?:ess)?(?:_?(?:line)?_?\d)?|street(?:_?(?:address|name|line))?_?\d?|line_?[12]|adresse|direccion|indirizzo|endereco|anschrift|residence|domicile)$/,
  },
  phrase: addressPhrase,
  normalise: (value) => value.replace(/[\s,.]+/g, ' ').toLowerCase(),
  find(text, from) {
    const words = mayHoldStreet(text, from) ? wordsOf(text, from) : [];
    const found: Candidate<'STREET_ADDRESS'>[] = [];
    for (let at = 0; at < words.length; at++) {
      const form = formAt(words, at);
      if (form === undefined) continue;
      const end = withinBound(words, at, tailEnd(words, form.end), form.end);
      found.push({ start: words[at]!.start, end: words[end - 1]!.end, type: 'STREET_ADDRESS', score: form.score });
      at = end - 1;
    }
    return found;
  },
});

const LETTER = /[A-Za-z\u00c0-\u2fff]/g;

/** A cheap look: a number beside something. Long rows of numbers are common, and no address. */
function mayHoldStreet(text: string, from: number): boolean {
  LETTER.lastIndex = from;
  return hasNumberBeside(text, from) && LETTER.test(text);
}

function hasNumberBeside(text: string, from: number): boolean {
  for (let at = from + 1; at + 1 < text.length; at++) {
    if (text.charCodeAt(at) > 0x20) continue;
    const next = kindOf(text.charCodeAt(at + 1));
    if ((next & (DIGIT | CUT_BEFORE)) !== 0) return true;
    // "12", "12A,", "1st" and what follows.
    for (let back = at - 1; back >= at - 4 && back >= from; back--) {
      if (isDigit(text.charCodeAt(back))) return true;
    }
  }
  return false;
}

/** Without the tail when the whole would be longer than a value may be. */
function withinBound(words: readonly Word[], at: number, whole: number, street: number): number {
  return words[whole - 1]!.end - words[at]!.start <= MAX_MATCH_CHARS ? whole : street;
}
