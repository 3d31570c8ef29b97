/**
 * Decides which detectors look at a piece of text: by the kinds of characters in it, and by keywords in it or before it. The
 * keywords of all detectors are found in one pass by one automaton. Knows no detector.
 */
import { DASH, DIGIT, DIGIT_SHIFT, kindOf, LOWER, OTHER, UPPER } from './characters.ts';
import type { Detector, Gate, Keywords, Phrase } from './detector.ts';
import { createKeywordScanner, type KeywordReader, type KeywordScanner } from './keyword-scanner.ts';

/** A gate of a detector, ready to be asked. */
export interface DetectorGate {
  readonly detector: Detector;
  readonly digits: number;
  readonly length: number;
  /** Number of its keywords' group; -1 when it needs none. */
  readonly group: number;
}

interface CompiledGate extends DetectorGate {
  readonly kinds: number;
}

/** By how many digits there are, up to `MANY_DIGITS`, which stands for more too. */
type GatePlan = readonly (readonly DetectorGate[])[];

interface PhraseOpening {
  readonly kinds: number;
  readonly next: number;
  readonly group: number;
}

/** The group of the words that make or lead the label of a secret. */
const LABELS = 0;
/** No segment is as long: nothing opens. */
const NEVER = 0xffff;
/** Bits of a small integer. */
const MAX_GROUPS = 30;
const ALL_KINDS = 0x1_00_00;
/** From here on gates are asked how many digits they need. */
const MANY_DIGITS = 9;

export class Prefilter {
  readonly phrases: readonly Phrase[];
  readonly scanner: KeywordScanner;
  /** For each keyword the groups it is in, as bits. */
  private readonly memberships: readonly number[];
  /** How far behind its keywords each group counts. */
  readonly reaches: readonly number[];
  /** The groups whose keywords count only in the segment they stand in, as bits. */
  readonly inside: number;
  /** The groups whose keywords open phrases where they stand, as bits. */
  readonly openers: number;
  /** The groups whose keywords count only as words by themselves, as bits. */
  private readonly whole: number;
  private readonly words: readonly string[];
  private readonly gates: readonly CompiledGate[];
  private readonly openings: readonly (readonly PhraseOpening[])[];
  /** By the kinds of a segment; worked out when they first occur. */
  private readonly plans: GatePlan[] = [];
  /** Their numbers by kinds; 0 where nothing is known yet. An array by kinds would be a hash table to the engine. */
  private readonly planned = new Uint16Array(ALL_KINDS);
  /** See `shortestOf` and `nextOf`; 0 where nothing is known yet. */
  readonly shortest = new Uint16Array(ALL_KINDS);
  readonly shortestNear = new Uint16Array(ALL_KINDS);
  readonly next = new Uint16Array(ALL_KINDS);
  readonly nextNear = new Uint16Array(ALL_KINDS);

  /** `labels` is group 0, whatever the detectors ask for. */
  constructor(detectors: readonly Detector[], labels: Keywords) {
    const groups: Keywords[] = [labels];
    const groupOf = (near: Keywords | undefined): number => {
      if (near === undefined) return -1;
      const known = groups.indexOf(near);
      return known >= 0 ? known : groups.push(near) - 1;
    };
    this.gates = detectors.flatMap((detector) =>
      detector.gates.map((gate) => ({ ...withDigits(gate), detector, group: groupOf(gate.near) })),
    );
    this.phrases = detectors.flatMap(({ phrase }) => phrase ?? []);
    this.openings = this.phrases.map(({ opens }) =>
      opens.map(({ kinds = 0, next, near }) => ({ kinds, next, group: groupOf(near) })),
    );
    this.words = [...new Set(groups.flatMap((group) => group.words.map((word) => word.toLowerCase())))];
    const members = groups.map((group) => new Set(group.words.map((word) => word.toLowerCase())));
    this.memberships = this.words.map((word) => bitsOf(members, (set) => set.has(word)));
    this.reaches = groups.map(({ reach }) => reach);
    if (groups.length > MAX_GROUPS) throw new RangeError(`${groups.length} groups of keywords do not fit into bits.`);
    const opening = new Set(this.openings.flat().map(({ group }) => group));
    this.openers = bitsOf(groups, ({ reach }, group) => reach === 0 && opening.has(group));
    this.inside = bitsOf(groups, ({ reach }) => reach === 0);
    this.whole = bitsOf(groups, ({ whole }) => whole === true);
    const isWhole = (keyword: number) => (this.memberships[keyword]! & ~this.whole) === 0;
    this.scanner = createKeywordScanner(this.words, { fold: true, isWhole });
  }

  /** No detector looks at a shorter segment of these kinds, without keywords or (`isNear`) with one near. */
  shortestOf(kinds: number, isNear: boolean): number {
    if (this.shortest[kinds] === 0) this.learn(kinds);
    return (isNear ? this.shortestNear : this.shortest)[kinds]!;
  }

  /** The gates that the kinds of a segment open, in the detectors' order. */
  gatesOf(kinds: number): readonly DetectorGate[] {
    return this.planOf(kinds)[MANY_DIGITS]!;
  }

  /** Those of them that so many digits may open: of a word with one or two, most are out. */
  gatesFor(kinds: number, digits: number): readonly DetectorGate[] {
    return this.planOf(kinds)[digits < MANY_DIGITS ? digits : MANY_DIGITS]!;
  }

  private planOf(kinds: number): GatePlan {
    if (this.planned[kinds] === 0) {
      this.planned[kinds] = this.plans.push(planned(this.gates.filter((gate) => (gate.kinds & kinds) === gate.kinds)));
    }
    return this.plans[this.planned[kinds]! - 1]!;
  }

  /** The kinds of characters behind a space with which a phrase may go on that a word of these kinds begins, unless a keyword in it does. */
  nextOf(kinds: number, isNear: boolean): number {
    if (this.shortest[kinds] === 0) this.learn(kinds);
    return (isNear ? this.nextNear : this.next)[kinds]!;
  }

  private learn(kinds: number): void {
    const open = this.gatesOf(kinds);
    const shortest = (gates: readonly DetectorGate[]) =>
      gates.reduce((least, { length }) => Math.min(least, length), NEVER);
    this.shortest[kinds] = shortest(open.filter(({ group }) => group < 0));
    this.shortestNear[kinds] = shortest(open);
    const openings = this.openings.flat().filter((opening) => (opening.kinds & kinds) === opening.kinds);
    const next = (all: number, opening: PhraseOpening) => all | opening.next;
    this.next[kinds] = openings.filter(({ group }) => group < 0).reduce(next, 0);
    this.nextNear[kinds] = openings.filter(({ group }) => group < 0 || this.reaches[group]! > 0).reduce(next, 0);
  }

  /** The same for one phrase, with its keywords: `word` is where the word begins in the whole text. */
  nextIn(phrase: number, kinds: number, watch: KeywordWatch, word: number): number {
    let next = 0;
    for (const opening of this.openings[phrase]!) {
      if ((opening.kinds & kinds) !== opening.kinds) continue;
      if (opening.group < 0 || watch.isNear(opening.group, word)) next |= opening.next;
    }
    return next;
  }

  /** The groups, as bits, of a keyword that ends at `end` in a text. */
  groupsAt(keyword: number, text: string, end: number): number {
    const groups = this.memberships[keyword]!;
    if ((groups & this.whole) === 0 || isWholeWord(text, end - this.words[keyword]!.length, end)) return groups;
    return groups & ~this.whole;
  }

  /**
   * Whether some detector would look at some segment of a text, if it were cut in any way: no when even all of it opens no gate. A look that
   * makes nothing, for the names, ids and enum values of which a request has hundreds. A key that is a label opens what this does not see.
   */
  mayHold(text: string, isKeyed: boolean): boolean {
    let kinds = 0;
    let digits = 0;
    for (let at = 0; at < text.length; at++) {
      const kind = kindOf(text.charCodeAt(at));
      kinds |= kind;
      digits += (kind & DIGIT) >>> DIGIT_SHIFT;
    }
    // Five dashes begin a block, whatever the gates.
    if ((kinds & DASH) !== 0 && text.includes('-----')) return true;
    const groups = this.groupsIn(text);
    if ((groups & (1 << LABELS)) !== 0) return true;
    for (const gate of this.gatesOf(kinds)) {
      if (text.length < gate.length || digits < gate.digits) continue;
      if (gate.group < 0 || (groups & (1 << gate.group)) !== 0) return true;
      if (isKeyed && this.reaches[gate.group]! > 0) return true;
    }
    return false;
  }

  /** The groups, as bits, of all keywords in a text. */
  private groupsIn(text: string): number {
    const reader = this.scanner.reader();
    let groups = 0;
    for (let at = reader.next(text, 0); at >= 0; at = reader.next(text, at)) {
      for (const keyword of reader.found) groups |= this.groupsAt(keyword, text, at);
    }
    return groups;
  }

  watch(isKeyed: boolean): KeywordWatch {
    return new KeywordWatch(this, isKeyed);
  }
}

function planned(gates: readonly CompiledGate[]): GatePlan {
  return Array.from({ length: MANY_DIGITS + 1 }, (_, digits) =>
    gates.filter((gate) => digits === MANY_DIGITS || gate.digits <= digits),
  );
}

function bitsOf<Item>(items: readonly Item[], has: (item: Item, at: number) => boolean): number {
  return items.reduce((bits, item, at) => (has(item, at) ? bits | (1 << at) : bits), 0);
}

/** No letter stands beside it; a capital behind a small letter begins a word. */
function isWholeWord(text: string, start: number, end: number): boolean {
  const after = text.charCodeAt(end);
  if (isLetter(after) && ((kindOf(after) & UPPER) === 0 || isUpper(text, end - 1))) return false;
  const before = text.charCodeAt(start - 1);
  return !isLetter(before) || ((kindOf(before) & LOWER) !== 0 && isUpper(text, start));
}

/** Beyond ASCII what is no separator counts as one. */
function isLetter(code: number): boolean {
  return (kindOf(code) & (UPPER | LOWER)) !== 0 || (code >= 0x80 && (kindOf(code) & OTHER) !== 0);
}

function isUpper(text: string, at: number): boolean {
  return (kindOf(text.charCodeAt(at)) & UPPER) !== 0;
}

function withDigits({ kinds = 0, digits = 0, length = 1 }: Gate): Pick<CompiledGate, 'kinds' | 'digits' | 'length'> {
  return { kinds: digits > 0 ? kinds | DIGIT : kinds, digits, length: Math.max(length, digits) };
}

/** Reads a text for keywords, a little ahead of the segments, and knows how far behind each it goes on to count. */
export class KeywordWatch {
  private readonly prefilter: Prefilter;
  private readonly reader: KeywordReader;
  /** Offset in the whole text of what is read next. */
  private readTo = 0;
  /** Behind the keyword that was read and is not passed yet. */
  pending = Number.POSITIVE_INFINITY;
  /** Its groups, as bits. */
  private groups = 0;
  /** A keyword ends where the text does so far: what follows says whether it is a word by itself. */
  private isUndecided = false;
  /** Behind the last keyword of each group that was passed. */
  private readonly ends: number[];
  /** Up to here a keyword that was passed counts. */
  nearUntil: number;
  /** Up to here a value may stand behind a label; the first one under a key that is one. */
  labelsUntil = 0;

  /** Under a key it is as if every keyword stood directly before the text. */
  constructor(prefilter: Prefilter, isKeyed: boolean) {
    this.prefilter = prefilter;
    this.reader = prefilter.scanner.reader();
    this.ends = prefilter.reaches.map((reach) => (isKeyed && reach > 0 ? 0 : Number.NEGATIVE_INFINITY));
    this.nearUntil = isKeyed ? Math.max(...prefilter.reaches) : -1;
  }

  /** The text has grown: `text` stands at `base` in the whole. */
  grow(text: string, base: number): void {
    if (text.length === this.readTo - base) return;
    if (this.isUndecided) this.decide(text, base);
    else if (this.pending === Number.POSITIVE_INFINITY) this.seek(text, base);
  }

  /** The text ends here. */
  end(text: string, base: number): void {
    if (this.isUndecided) this.decide(text, base);
  }

  /** Passes the keywords that end at `place` or before it; returns their groups as bits. */
  pass(place: number, text: string, base: number): number {
    let passed = 0;
    while (this.pending <= place) {
      passed |= this.groups;
      this.count(this.groups);
      this.seek(text, base);
    }
    return passed;
  }

  /** Whether a keyword of the group ends behind `from`, less the group's reach. */
  isNear(group: number, from: number): boolean {
    return this.ends[group]! > from - this.prefilter.reaches[group]!;
  }

  private count(groups: number): void {
    const { reaches } = this.prefilter;
    for (let rest = groups; rest !== 0; rest &= rest - 1) {
      const group = 31 - Math.clz32(rest & -rest);
      this.ends[group] = this.pending;
      const until = this.pending + reaches[group]!;
      if (group === LABELS) this.labelsUntil = until;
      else if (until > this.nearUntil) this.nearUntil = until;
    }
  }

  /** Reads on to the next keyword that counts where it stands. */
  private seek(text: string, base: number): void {
    let at = this.readTo - base;
    do at = this.reader.next(text, at);
    while (at >= 0 && at < text.length && !this.counts(text, base, at));
    if (at >= 0 && at < text.length) return;
    this.isUndecided = at === text.length;
    this.readTo = base + text.length;
    this.pending = Number.POSITIVE_INFINITY;
  }

  private decide(text: string, base: number): void {
    this.isUndecided = false;
    if (!this.counts(text, base, this.readTo - base)) this.seek(text, base);
  }

  /** Whether a keyword that was read to `at` counts; then it is the pending one. */
  private counts(text: string, base: number, at: number): boolean {
    let groups = 0;
    const { found } = this.reader;
    for (let index = 0; index < found.length; index++) groups |= this.prefilter.groupsAt(found[index]!, text, at);
    if (groups === 0) return false;
    this.groups = groups;
    this.readTo = base + at;
    this.pending = this.readTo;
    return true;
  }
}
