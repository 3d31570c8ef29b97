/**
 * Finds many keywords in one pass over a text: Aho and Corasick's automaton (1975) as one dense table, two look-ups a character.
 * Knows nothing of what the keywords are for.
 */

const CODE_UNITS = 0x1_00_00;
const ASCII = 0x80;
/** Of the characters beyond ASCII: with one for each the table left the processor's cache (6.7 MB, three times slower). */
const SHARED_CLASSES = 16;
/** The end of the Greek and Cyrillic letters. */
const LAST_FOLDED = 0x52f;
const NONE: readonly number[] = [];

export interface KeywordScanner {
  reader(): KeywordReader;
  /** Whether a keyword stands within a part of a text. */
  occurs(text: string, from: number, until: number): boolean;
}

export interface KeywordScannerOptions {
  readonly fold?: boolean | undefined;
  /** Keywords, by their index, that a reader may pass where a small letter of ASCII stands behind them. */
  readonly isWhole?: ((keyword: number) => boolean) | undefined;
}

/** States that end a keyword come first; of those, the ones that end one which counts within a word too. */
interface Automaton {
  readonly root: number;
  /** From here on states end only keywords that are no part of a longer word. */
  readonly whole: number;
  /** The next state by state and class. */
  readonly table: Uint16Array;
  readonly shift: number;
  /** The class of each UTF-16 code unit. Those of ASCII that occur in keywords have one each; all that occur in none are class 0. */
  readonly classes: Uint8Array;
  /** Of each state that ends keywords, which. */
  readonly found: readonly (readonly number[])[];
}

interface Trie extends Omit<Automaton, 'found' | 'whole'> {
  readonly found: (readonly number[])[];
}

/** Reads a text, whole or in pieces: remembers what the text so far ends with. */
export class KeywordReader {
  /** The keywords that end at the place that was returned last, as indices in the given list, longest first. */
  found: readonly number[] = NONE;
  private readonly automaton: Automaton;
  private state: number;

  constructor(automaton: Automaton) {
    this.automaton = automaton;
    this.state = automaton.root;
  }

  /**
   * Reads on, from where the last call ended, to the end of the next keyword, and returns the place behind it; -1 at the text's end.
   * Keywords that count only by themselves are passed within a longer word: four in five of all that end somewhere.
   */
  next(text: string, from: number): number {
    const { table, shift, classes, found, whole } = this.automaton;
    const accepting = found.length;
    let { state } = this;
    for (let at = from; at < text.length; at++) {
      state = table[(state << shift) | classes[text.charCodeAt(at)]!]!;
      if (state < accepting && (state < whole || !isSmall(text.charCodeAt(at + 1)))) {
        this.state = state;
        this.found = found[state]!;
        return at + 1;
      }
    }
    this.state = state;
    return -1;
  }
}

/**
 * Keywords are compared as they are written, or with `fold` without regard to case and accents (they are given in small letters
 * then). A character beyond ASCII may be taken for another one: a keyword that has one is a cheap no, not a yes. At most 65,535
 * states.
 */
export function createKeywordScanner(
  keywords: readonly string[],
  { fold = false, isWhole = () => false }: KeywordScannerOptions = {},
): KeywordScanner {
  let made: Automaton | undefined;
  // When it is first used: the table takes milliseconds to make, and not every program looks for everything.
  const automaton = (): Automaton => {
    made ??= automatonOf(keywords, fold, isWhole);
    return made;
  };
  return {
    reader: () => new KeywordReader(automaton()),
    occurs(text, from, until) {
      const { root, table, shift, classes, found } = automaton();
      let state = root;
      for (let at = from; at < until; at++) {
        state = table[(state << shift) | classes[text.charCodeAt(at)]!]!;
        if (state < found.length) return true;
      }
      return false;
    },
  };
}

function isSmall(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function automatonOf(keywords: readonly string[], fold: boolean, isWhole: (keyword: number) => boolean): Automaton {
  const classes = new Uint8Array(CODE_UNITS);
  const shift = Math.ceil(Math.log2(Math.max(2, fillClasses(classes, keywords.join('')))));
  if (fold) foldClasses(classes);
  return acceptingFirst(linked(buildTrie(keywords, classes, shift)), isWhole);
}

/** Gives the characters of the keywords their classes; returns how many classes there are. */
function fillClasses(classes: Uint8Array, characters: string): number {
  let count = 1;
  let hasShared = false;
  for (let at = 0; at < characters.length; at++) {
    const code = characters.charCodeAt(at);
    if (code >= ASCII) hasShared = true;
    else if (classes[code] === 0) classes[code] = count++;
  }
  if (!hasShared) return count;
  for (let at = 0; at < characters.length; at++) {
    const code = characters.charCodeAt(at);
    if (code >= ASCII) classes[code] = count + (code % SHARED_CLASSES);
  }
  return count + SHARED_CLASSES;
}

/** Capitals read as small letters, and Latin letters with accents as those without unless a keyword has them. */
function foldClasses(classes: Uint8Array): void {
  for (let code = 0x41; code <= LAST_FOLDED; code++) {
    if (classes[code] !== 0) continue;
    const small = String.fromCharCode(code).toLowerCase();
    const bare = small.normalize('NFD');
    classes[code] = classes[small.charCodeAt(0)]! || classes[bare.charCodeAt(0)]!;
  }
}

/** The root is state 0, and stands where there is no next state. */
function buildTrie(keywords: readonly string[], classes: Uint8Array, shift: number): Trie {
  const table = new Uint16Array((keywords.join('').length + 1) << shift);
  const found: number[][] = [[]];
  keywords.forEach((keyword, index) => {
    let state = 0;
    for (let at = 0; at < keyword.length; at++) {
      const step = (state << shift) | classes[keyword.charCodeAt(at)]!;
      if (table[step] === 0) table[step] = found.push([]) - 1;
      state = table[step]!;
    }
    found[state]!.push(index);
  });
  return { root: 0, table, shift, classes, found };
}

/** Gives each state the steps of the longest end of its text that is a state too, where it has none of its own. Breadth first: that one is ready. */
function linked(trie: Trie): Trie {
  const { table, shift, found } = trie;
  const failures = new Uint16Array(found.length);
  const states = [0];
  for (const state of states) {
    const failure = failures[state]!;
    if (state !== 0) found[state] = [...found[state]!, ...found[failure]!];
    for (let step = 0; step < 1 << shift; step++) {
      const at = (state << shift) | step;
      const next = state === 0 ? 0 : table[(failure << shift) | step]!;
      if (table[at] === 0) table[at] = next;
      else {
        failures[table[at]!] = next;
        states.push(table[at]!);
      }
    }
  }
  return trie;
}

/** Numbers the states anew, so that one comparison tells whether a keyword ends, and another one whether it counts within a word. */
function acceptingFirst({ table, shift, classes, found }: Trie, isWhole: (keyword: number) => boolean): Automaton {
  const ends = (state: number) => found[state]!.length > 0;
  const states = found.map((_, state) => state);
  const ending = states.filter(ends);
  const inner = ending.filter((state) => !found[state]!.every(isWhole));
  const order = [
    ...inner,
    ...ending.filter((state) => found[state]!.every(isWhole)),
    ...states.filter((state) => !ends(state)),
  ];
  const numbers = new Uint16Array(order.length);
  for (const [number, state] of order.entries()) numbers[state] = number;
  const ordered = new Uint16Array(order.length << shift);
  for (const [number, state] of order.entries()) {
    for (let step = 0; step < 1 << shift; step++) {
      ordered[(number << shift) | step] = numbers[table[(state << shift) | step]!]!;
    }
  }
  const accepted = order.slice(0, ending.length).map((state) => found[state]!);
  return { root: numbers[0]!, whole: inner.length, table: ordered, shift, classes, found: accepted };
}
