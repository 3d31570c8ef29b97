/**
 * Makes one detector of the numbers that many countries describe: a value is looked up by its written form and, when it has a name
 * before it, taken whatever its form. One detector for all, because the text is then cut into numbers once.
 */
import { DIGIT, UPPER } from '../../characters.ts';
import type { Candidate, Detector, Gate, ValueContext } from '../../detector.ts';
import { ACCEPT_SCORE, CONTEXT_RAISE, LEFT_CONTEXT_CHARS } from '../../detector.ts';
import type { IdForm, IdKind } from './id-kind.ts';
import { BARE } from './id-kind.ts';
import type { LabelledValue } from './labelled-value.ts';
import { labelledValueAt } from './labelled-value.ts';
import type { LeftWords } from './names.ts';
import { createNames, isBehindWord, keyPattern, keywordsOf, leftWords, NEVER, phrasePattern } from './names.ts';
import type { Atom } from './written-number.ts';
import { atomsOf, compactOf, joinsNumber, lastSpelledDigit, mayEnd, mayStart } from './written-number.ts';

/** Behind its own name a value counts under any key, and before a number of the same digits that merely has a hint. */
const LABELLED_SCORE = 0.82;
/** A form that stands alone, beside its name: surer than a label of no country. */
const OWN_NAME_SCORE = 0.84;
/** What is left of a form's score when its letters are small: most such tokens are hashes and words. */
const SMALL_LETTERS = 0.6;
/** A value that a key may name, and nothing else does. */
const NAMED_BY_KEY_SCORE = 0.3;

const MIN_LABELLED_DIGITS = 3;
/** A quote or bracket may stand before a text's first value. */
const MAX_OPENING_CHARS = 2;

interface SearchedForm<Entity extends string> extends IdForm {
  readonly kind: SearchedKind<Entity>;
}

interface SearchedKind<Entity extends string> {
  readonly entity: Entity;
  readonly hint: RegExp | undefined;
  readonly context: ValueContext;
}

type IsKey = (context: ValueContext) => boolean;

/** A place where a value may start. */
interface Place {
  readonly text: string;
  readonly atoms: readonly Atom[];
  readonly first: number;
  readonly start: number;
  /** Whether the key of the text names the value: nothing but punctuation stands before it. */
  readonly isKeyed: (context: ValueContext) => boolean;
  readonly left: () => LeftWords;
}

export function idDetector<const Entity extends string>(
  name: string,
  kinds: readonly IdKind<Entity>[],
): Detector<Entity> {
  const searched = kinds.map((kind) => searchedKind(kind));
  const forms = formsByShape(kinds, searched);
  const longest = Math.max(...[...forms.keys()].map((shape) => shape.length));
  const names = createNames(kinds);
  const named = searched.filter((_, index) => kinds[index]!.labels !== undefined);

  const find: Detector<Entity>['find'] = (text, from, isKey) => {
    const atoms = atomsOf(text, from);
    const found: Candidate<Entity>[] = [];
    for (let first = 0; first < atoms.length; first++) {
      const atom = atoms[first]!;
      if (atom.shape === '' || !mayStart(text, atom.start)) continue;
      const place = placeAt(text, atoms, first, isKey);
      const spelled = lastSpelledDigit(atoms, first);
      if (spelled < 0) found.push(...writtenForms(place, forms, longest));
      else found.push(...formsOf(place, spelled, '9'.repeat(spelled - first + 1), forms));
      const value = mayBeNamed(text, atom) ? labelledValueAt(text, atoms, first, spelled, names) : undefined;
      if (value !== undefined) found.push(...labelled(place, value, longestEnd(found, place.start)));
      if (spelled >= 0) first = spelled;
    }
    return found;
  };

  const labelled = (place: Place, value: LabelledValue, formEnd: number): Candidate<Entity>[] => {
    const label = value.ownLabel ?? names.labelAtEnd(place.left());
    const { start } = place;
    if (label !== undefined && (!label.isWeak || value.isCode)) {
      return [{ start, end: Math.max(value.end, formEnd), type: label.kind.entity as Entity, score: LABELLED_SCORE }];
    }
    return named
      .filter(({ context }) => place.isKeyed(context))
      .map(({ entity: type, context }) => ({ start, end: value.end, type, score: NAMED_BY_KEY_SCORE, context }));
  };

  return {
    name,
    group: 'pii',
    entities: [...new Set(kinds.map(({ entity }) => entity))],
    gates: [
      ...gatesOf(kinds),
      ...keywordsOf(kinds, LEFT_CONTEXT_CHARS).map((near) => ({ digits: MIN_LABELLED_DIGITS, length: 5, near })),
    ],
    phrase: { opens: [{ next: DIGIT }, { kinds: DIGIT, next: UPPER }], joins: joinsNumber },
    normalise: compactOf,
    find,
  };
}

/** What the forms that stand alone have at least. An `X` may be a letter, but they are hardly ever all letters. */
function gatesOf(kinds: readonly IdKind[]): Gate[] {
  const shapes = kinds.flatMap(({ forms = [] }) =>
    forms.flatMap(({ shapes, score }) => (score >= ACCEPT_SCORE ? shapes : [])),
  );
  const gates = shapes.map((shape) => ({ digits: count(shape, /9/g) + (count(shape, /X/g) / 3) | 0, length: shape.length }));
  return gates.filter((gate, at) => !gates.some((other, index) => isWider(other, gate) && (index < at || !isWider(gate, other))));
}

function isWider(gate: { digits: number; length: number }, other: { digits: number; length: number }): boolean {
  return gate.digits <= other.digits && gate.length <= other.length;
}

function count(shape: string, mark: RegExp): number {
  return shape.match(mark)?.length ?? 0;
}

function searchedKind<Entity extends string>(kind: IdKind<Entity>): SearchedKind<Entity> {
  const labels = [...(kind.labels ?? []), ...(kind.weakLabels ?? [])];
  const hint = phrasePattern([...labels, ...(kind.hints ?? [])]);
  return {
    entity: kind.entity,
    hint,
    context: { words: NEVER, keys: keyPattern([...(kind.labels ?? []), ...(kind.hints ?? [])]) },
  };
}

function formsByShape<Entity extends string>(
  kinds: readonly IdKind<Entity>[],
  searched: readonly SearchedKind<Entity>[],
): Map<string, SearchedForm<Entity>[]> {
  const forms = new Map<string, SearchedForm<Entity>[]>();
  kinds.forEach(({ forms: written = [] }, index) => {
    for (const form of written) {
      for (const shape of form.shapes.flatMap(spellings)) {
        forms.set(shape, [...(forms.get(shape) ?? []), { ...form, kind: searched[index]! }]);
      }
    }
  });
  return forms;
}

/** `X` stands for a digit or a letter. */
function spellings(shape: string): string[] {
  return shape.includes('X') ? ['9', 'A'].flatMap((kind) => spellings(shape.replace('X', kind))) : [shape];
}

function placeAt(text: string, atoms: readonly Atom[], first: number, isKey: IsKey = () => false): Place {
  const { start } = atoms[first]!;
  const before = () => text.slice(Math.max(0, start - LEFT_CONTEXT_CHARS), start);
  let left: LeftWords | undefined;
  return {
    text,
    atoms,
    first,
    start,
    isKeyed: start <= MAX_OPENING_CHARS && !/\w/.test(text.slice(0, start)) ? isKey : () => false,
    left: () => (left ??= leftWords(before())),
  };
}

/** A cheap look: a word stands before, the key of the text may name it, or it names itself. */
function mayBeNamed(text: string, { start, shape }: Atom): boolean {
  return start <= MAX_OPENING_CHARS || shape.startsWith('AA') || isBehindWord(text, start);
}

/** Candidates for every run of atoms from here that is written like a known number. */
function writtenForms<Entity extends string>(
  place: Place,
  forms: ReadonlyMap<string, readonly SearchedForm<Entity>[]>,
  longest: number,
): Candidate<Entity>[] {
  const { atoms, first } = place;
  const found: Candidate<Entity>[] = [];
  let shape = atoms[first]!.shape;
  for (let last = first; shape.length <= longest; ) {
    if (forms.has(shape)) found.push(...formsOf(place, last, shape, forms));
    const next = atoms[++last];
    if (next === undefined || next.separator === '' || next.shape === '') break;
    shape += next.separator + next.shape;
  }
  return found;
}

function formsOf<Entity extends string>(
  place: Place,
  last: number,
  shape: string,
  forms: ReadonlyMap<string, readonly SearchedForm<Entity>[]>,
): Candidate<Entity>[] {
  const { text, start } = place;
  const { end } = place.atoms[last]!;
  if (!mayEnd(text, end)) return [];
  const written = text.slice(start, end);
  const compact = compactOf(written);
  return (forms.get(shape) ?? []).flatMap((form) => {
    if (form.valid?.(compact) === false) return [];
    const alone = isPart(place, last) ? Math.min(form.score, BARE) : form.score;
    return inContext(place, end, form.kind, alone * (/[a-z]/.test(written) ? SMALL_LETTERS : 1));
  });
}

/** A form that does not stand alone counts beside a hint; under a key when it opens the text. */
function inContext<Entity extends string>(
  place: Place,
  end: number,
  { entity: type, hint, context }: SearchedKind<Entity>,
  alone: number,
): Candidate<Entity>[] {
  const { start } = place;
  const isHinted = alone < LABELLED_SCORE && hint?.test(place.left().joined) === true;
  if (alone >= ACCEPT_SCORE) return [{ start, end, type, score: isHinted ? OWN_NAME_SCORE : alone, context }];
  if (isHinted) return [{ start, end, type, score: BARE + CONTEXT_RAISE, context }];
  return place.isKeyed(context) ? [{ start, end, type, score: Math.min(alone, BARE), context }] : [];
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
