/**
 * Makes one detector of the numbers that many countries describe: a value is looked up by its written form and, when it has a name
 * before it, taken whatever its form. One detector for all, because the text is then cut into numbers once.
 */
import { DIGIT, UPPER } from '../../characters.ts';
import type { Candidate, Detector, Gate, ValueContext } from '../../detector.ts';
import { ACCEPT_SCORE, CONTEXT_RAISE, LEFT_CONTEXT_CHARS } from '../../detector.ts';
import type { SearchWindow } from '../../search-window.ts';
import type { IdForm, IdKind } from './id-kind.ts';
import { BARE } from './id-kind.ts';
import type { LabelledValue } from './labelled-value.ts';
import { labelledValueAt } from './labelled-value.ts';
import type { LeftWords, Names } from './names.ts';
import { createHints, createNames, isBehindWord, keyPattern, keywordsOf, leftWords, NEVER } from './names.ts';
import type { Atom } from './written-number.ts';
import {
  atomsOf,
  compactOf,
  joinsNumber,
  lastSpelledDigit,
  mayEnd,
  mayHoldNumber,
  mayStart,
} from './written-number.ts';

/** Behind its own name a value counts under any key, and before a number of the same digits that merely has a hint. */
const LABELLED_SCORE = 0.82;
/** A form that stands alone, beside its name: surer than a label of no country. */
const OWN_NAME_SCORE = 0.84;
/** What is left of a form's score when its letters are small: most such tokens are hashes and words. */
const SMALL_LETTERS = 0.64;
/** A value that a key may name, and nothing else does. */
const NAMED_BY_KEY_SCORE = 0.3;

/** A quote or bracket may stand before a text's first value. */
const MAX_OPENING_CHARS = 2;
/** The shortest number looked for, a plate, has as many digits. */
const MIN_DIGITS = 2;
/** The longest number of digits only that has a check is Poland's REGON of a branch. */
const MAX_CHECKED_DIGITS = 18;

interface SearchedForm<Entity extends string> extends IdForm {
  readonly kind: SearchedKind<Entity>;
}

interface SearchedKind<Entity extends string> {
  readonly entity: Entity;
  readonly kind: IdKind<Entity>;
  readonly context: ValueContext;
}

/** A place where a value may start. */
interface Place {
  readonly text: string;
  readonly atoms: readonly Atom[];
  readonly first: number;
  readonly start: number;
  /** Whether the key of the text names the value: nothing but punctuation stands before it. */
  readonly isKeyed: (context: ValueContext) => boolean;
  readonly left: () => LeftWords;
  /** The kinds that words in the 64 characters before hint at. */
  readonly hinted: () => ReadonlySet<IdKind>;
}

/** What a text is searched with. */
interface Tables<Entity extends string> {
  readonly forms: FormTable<Entity>;
  readonly names: Names;
  readonly hints: (left: LeftWords) => ReadonlySet<IdKind>;
  /** The kinds that a key alone may name. */
  readonly named: readonly SearchedKind<Entity>[];
}

export function idDetector<const Entity extends string>(
  name: string,
  kinds: readonly IdKind<Entity>[],
): Detector<Entity> {
  // When a number is first looked at: there are thousands of names and forms.
  const tables = once(() => tablesOf(kinds));
  const gates = once(() => gatesOf(kinds));
  return {
    name,
    group: 'pii',
    entities: [...new Set(kinds.map(({ entity }) => entity))],
    get gates() {
      return gates();
    },
    phrase: {
      opens: [
        { kinds: UPPER, next: DIGIT },
        { kinds: DIGIT, next: DIGIT | UPPER },
      ],
      joins: joinsNumber,
    },
    normalise: compactOf,
    find: (text, from, window) => (mayHoldNumber(text, from) ? numbersIn(text, from, window, tables()) : []),
  };
}

function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function tablesOf<Entity extends string>(kinds: readonly IdKind<Entity>[]): Tables<Entity> {
  const searched = kinds.map((kind) => searchedKind(kind));
  return {
    forms: formsByShape(kinds, searched),
    names: createNames(kinds),
    hints: createHints(kinds),
    named: searched.filter((_, index) => kinds[index]!.labels !== undefined),
  };
}

function numbersIn<Entity extends string>(
  text: string,
  from: number,
  window: SearchWindow,
  tables: Tables<Entity>,
): Candidate<Entity>[] {
  const { forms, names, hints } = tables;
  const found: Candidate<Entity>[] = [];
  const atoms = atomsOf(text, from);
  for (let first = 0; first < atoms.length; first++) {
    const atom = atoms[first]!;
    if (atom.ahead < MIN_DIGITS || atom.shape === '' || !mayStart(text, atom.start)) continue;
    const place = placeAt(text, atoms, first, hints, window);
    const spelled = lastSpelledDigit(atoms, first);
    if (spelled < 0) writtenForms(place, forms, found);
    else formsOf(place, spelled, '9'.repeat(spelled - first + 1), forms, found);
    const value = mayBeNamed(text, atom) ? labelledValueAt(text, atoms, first, spelled, names) : undefined;
    if (value !== undefined) found.push(...labelled(place, value, longestEnd(found, place.start), tables));
    if (spelled >= 0) first = spelled;
  }
  return found;
}

/** A value that a label before it or the key of the text names. */
function labelled<Entity extends string>(
  place: Place,
  value: LabelledValue,
  formEnd: number,
  { names, named }: Tables<Entity>,
): Candidate<Entity>[] {
  const label = value.ownLabel ?? names.labelAtEnd(place.left());
  const { start } = place;
  if (label !== undefined && (!label.isWeak || value.isCode)) {
    const end = Math.max(value.end, formEnd, checkedEnd(place, label.kind));
    return [{ start, end, type: label.kind.entity as Entity, score: LABELLED_SCORE }];
  }
  return named
    .filter(({ context }) => place.isKeyed(context))
    .map(({ entity: type, context }) => ({ start, end: value.end, type, score: NAMED_BY_KEY_SCORE, context }));
}

function gatesOf(kinds: readonly IdKind[]): Gate[] {
  const named = keywordsOf(kinds, LEFT_CONTEXT_CHARS).map((near) => ({ digits: MIN_DIGITS, length: 5, near }));
  return [...formGates(kinds), ...named];
}

/** What the forms that stand alone have at least. An `X` may be a letter, but they are hardly ever all letters. */
function formGates(kinds: readonly IdKind[]): Gate[] {
  const shapes = kinds.flatMap(({ forms = [] }) =>
    forms.flatMap(({ shapes, score }) => (score >= ACCEPT_SCORE ? shapes : [])),
  );
  const gates = shapes.map((shape) => ({
    digits: (count(shape, /9/g) + count(shape, /X/g) / 3) | 0,
    length: shape.length,
  }));
  return gates.filter(
    (gate, at) => !gates.some((other, index) => isWider(other, gate) && (index < at || !isWider(gate, other))),
  );
}

function isWider(gate: { digits: number; length: number }, other: { digits: number; length: number }): boolean {
  return gate.digits <= other.digits && gate.length <= other.length;
}

function count(shape: string, mark: RegExp): number {
  return shape.match(mark)?.length ?? 0;
}

function searchedKind<Entity extends string>(kind: IdKind<Entity>): SearchedKind<Entity> {
  return {
    entity: kind.entity,
    kind,
    context: { words: NEVER, keys: keyPattern([...(kind.labels ?? []), ...(kind.hints ?? [])]) },
  };
}

/** The forms that a shape may be. */
interface FormTable<Entity extends string> {
  /** Characters of the longest shape. */
  readonly longest: number;
  get(shape: string): readonly SearchedForm<Entity>[];
}

/** With more `X` than that a shape is kept as one, and not as all its spellings. */
const MAX_SPELLED_WILDS = 6;
const NO_FORMS: readonly never[] = [];

function formsByShape<Entity extends string>(
  kinds: readonly IdKind<Entity>[],
  searched: readonly SearchedKind<Entity>[],
): FormTable<Entity> {
  const spelled = new Map<string, SearchedForm<Entity>[]>();
  const wild = new Map<string, SearchedForm<Entity>[]>();
  kinds.forEach(({ forms: written = [] }, index) => {
    for (const form of written) {
      const searchedForm = { ...form, kind: searched[index]! };
      for (const shape of form.shapes) {
        const isWild = shape.split('X').length - 1 > MAX_SPELLED_WILDS;
        const table = isWild ? wild : spelled;
        for (const key of isWild ? [wildShape(shape)] : spellings(shape)) {
          table.set(key, [...(table.get(key) ?? []), searchedForm]);
        }
      }
    }
  });
  const wildLengths = new Set([...wild.keys()].map((shape) => shape.length));
  return {
    longest: Math.max(...[...spelled.keys(), ...wild.keys()].map((shape) => shape.length)),
    get: (shape) =>
      spelled.get(shape) ??
      (wildLengths.has(shape.length) && shape.includes('A') ? wild.get(wildShape(shape)) : undefined) ??
      NO_FORMS,
  };
}

/** `X` stands for a digit or a letter. */
function spellings(shape: string): string[] {
  return shape.includes('X') ? ['9', 'A'].flatMap((kind) => spellings(shape.replace('X', kind))) : [shape];
}

function wildShape(shape: string): string {
  return shape.replace(/[9A]/g, 'X');
}

function placeAt(
  text: string,
  atoms: readonly Atom[],
  first: number,
  hints: (left: LeftWords) => ReadonlySet<IdKind>,
  window: SearchWindow,
): Place {
  const { start } = atoms[first]!;
  let words: LeftWords | undefined;
  let kinds: ReadonlySet<IdKind> | undefined;
  const left = () => (words ??= leftWords(text.slice(Math.max(0, start - LEFT_CONTEXT_CHARS), start)));
  return {
    text,
    atoms,
    first,
    start,
    isKeyed:
      start <= MAX_OPENING_CHARS && !/\w/.test(text.slice(0, start)) ? (context) => window.isKey(context) : () => false,
    left,
    hinted: () => (kinds ??= hints(left())),
  };
}

/** A cheap look: a word stands before, the key of the text may name it, or it names itself. */
function mayBeNamed(text: string, { start, shape }: Atom): boolean {
  return start <= MAX_OPENING_CHARS || shape.startsWith('AA') || isBehindWord(text, start);
}

/** Candidates for every run of atoms from here that is written like a known number. */
function writtenForms<Entity extends string>(place: Place, forms: FormTable<Entity>, found: Candidate<Entity>[]): void {
  const { atoms, first } = place;
  let shape = atoms[first]!.shape;
  for (let last = first; shape.length <= forms.longest; ) {
    formsOf(place, last, shape, forms, found);
    const next = atoms[++last];
    if (next === undefined || next.separator === '' || next.shape === '') break;
    shape += next.separator + next.shape;
  }
}

function formsOf<Entity extends string>(
  place: Place,
  last: number,
  shape: string,
  forms: FormTable<Entity>,
  found: Candidate<Entity>[],
): void {
  const written = forms.get(shape);
  if (written.length === 0) return;
  const { text, start } = place;
  const end = bracketEnd(text, place.atoms[last]!);
  if (!mayEnd(text, end)) return;
  const value = text.slice(start, end);
  const compact = compactOf(value);
  const most = isPart(place, last) ? BARE : 1;
  const isSmall = /[a-z]/.test(value);
  for (const form of written) {
    // In small letters only a check tells a code from a word and a number: "and 2019".
    if (form.valid === undefined ? isSmall : !form.valid(compact)) continue;
    const alone = Math.min(form.score, most);
    const candidate = inContext(place, end, form.kind, isSmall ? alone * SMALL_LETTERS : alone);
    if (candidate !== undefined) found.push(candidate);
  }
}

/** "A123456(3)" ends behind its bracket. */
function bracketEnd(text: string, { end, separator }: Atom): number {
  return separator === '(' && text[end] === ')' ? end + 1 : end;
}

/** Digits beside a name that has a check: as far as the check holds, wherever they were cut apart. */
function checkedEnd({ text, atoms, first }: Place, { forms = [] }: IdKind): number {
  let digits = '';
  let end = 0;
  for (let last = first; last < atoms.length && digits.length < MAX_CHECKED_DIGITS; last++) {
    const atom = atoms[last]!;
    if (atom.digits !== atom.end - atom.start || (last > first && atom.separator === '')) break;
    digits += text.slice(atom.start, atom.end);
    if (last > first && mayEnd(text, atom.end) && forms.some((form) => isChecked(form, digits))) end = atom.end;
  }
  return end;
}

function isChecked({ shapes, valid }: IdForm, digits: string): boolean {
  return (
    valid !== undefined &&
    shapes.some((shape) => shape.replace(/[^9AX]/g, '') === '9'.repeat(digits.length)) &&
    valid(digits)
  );
}

/** A form that does not stand alone counts beside a hint; under a key when it opens the text. */
function inContext<Entity extends string>(
  place: Place,
  end: number,
  { entity: type, kind, context }: SearchedKind<Entity>,
  alone: number,
): Candidate<Entity> | undefined {
  const { start } = place;
  const isHinted = alone < LABELLED_SCORE && place.hinted().has(kind);
  if (alone >= ACCEPT_SCORE) return { start, end, type, score: isHinted ? OWN_NAME_SCORE : alone, context };
  if (isHinted) return { start, end, type, score: BARE + CONTEXT_RAISE, context };
  return place.isKeyed(context) ? { start, end, type, score: Math.min(alone, BARE), context } : undefined;
}

/** Where the longest accepted form from a place ends: what a label names goes on for as long. */
function longestEnd(found: readonly Candidate[], start: number): number {
  return Math.max(0, ...found.map((form) => (form.start === start && form.score >= ACCEPT_SCORE ? form.end : 0)));
}

/** Whether more digits stand beside it in the same manner: four groups of four are a card and not an Aadhaar number and a rest. */
function isPart({ atoms, first }: Place, last: number): boolean {
  const next = atoms[last + 1];
  const isDigits = (atom: Atom | undefined) => atom !== undefined && /^9+$/.test(atom.shape);
  const hasBefore = atoms[first]!.separator === ' ' && isDigits(atoms[first - 1]);
  return hasBefore || (next?.separator === ' ' && isDigits(next));
}
