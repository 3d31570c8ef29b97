/**
 * The objects and arrays near the root of a JSON text that was walked, so that a later walk takes over what was found in them where they
 * stand again, letter by letter. Knows nothing of whose texts they are, nor how long they are kept.
 */
import type { Container, JsonDocument, KnownFact, Leaf, Shape } from './walk.ts';

/** What is found in a value depends on these, and on its letters. */
export interface ValuePlace<T> {
  readonly shape: Shape<T> | undefined;
  readonly tag: T | null;
  /** In how many others the value stands: nesting has a bound. */
  readonly depth: number;
}

/** A leaf of a value, whose offsets count from where the value begins. */
interface KnownLeaf<T> extends Omit<Leaf<T>, 'container' | 'known'>, KnownFact {
  /** Position in the value's containers. */
  readonly container: number;
}

interface KnownContainer {
  /** Position of what it stands in; -1 for the value itself. */
  readonly parent: number;
  readonly key: string | number;
}

interface KnownValue<T> extends ValuePlace<T> {
  readonly length: number;
  readonly containers: readonly KnownContainer[];
  readonly leaves: readonly KnownLeaf<T>[];
}

/** A text, and those of its values that are known, in their order. */
export interface KnownText<T> {
  readonly text: string;
  readonly values: readonly PlacedValue<T>[];
}

interface PlacedValue<T> {
  readonly start: number;
  readonly value: KnownValue<T>;
}

/** A value that was walked: its leaves are those of the walk from `from` to `to`. */
interface WalkedValue<T> extends ValuePlace<T> {
  readonly start: number;
  readonly end: number;
  readonly container: Container;
  readonly from: number;
  readonly to: number;
}

/** So many values may have been taken out, or replaced, at a place. */
const MAX_SKIPPED = 2;
/** After so many that are new in a row, values further on are looked up by how they begin. */
const MAX_MISSED = 4;
const HEAD_CHARS = 128;
/** What is shorter is walked in the time that it takes to compare it. */
const MIN_VALUE_CHARS = 64;
/** `SlicedString::kMinLength`. */
const MIN_SLICE_CHARS = 13;
export const BYTES_PER_CHAR = 2;
const BYTES_PER_VALUE = 240;
const BYTES_PER_CONTAINER = 96;
const BYTES_PER_LEAF = 120;

/** One walk's memory: of the text before it, and for the text after it. */
export class Recall<T> {
  readonly #before: KnownText<T>;
  readonly #minChars: number;
  readonly #found: (PlacedValue<T> | WalkedValue<T>)[] = [];
  #next = 0;
  /** In a row. */
  #missed = 0;
  #heads: ReadonlyMap<string, number> | undefined;
  /** How many values were known. */
  met = 0;

  constructor(before: KnownText<T> = { text: '', values: [] }, minChars = MIN_VALUE_CHARS) {
    this.#before = before;
    this.#minChars = minChars;
  }

  /** The known value that stands at a place of the text. */
  at(text: string, start: number, place: ValuePlace<T>): KnownValue<T> | undefined {
    const { values } = this.#before;
    for (let index = this.#next; index <= this.#next + MAX_SKIPPED && index < values.length; index++)
      if (this.#isAt(index, text, start, place)) return this.#take(index, start);
    // Of another conversation nothing was met.
    if (++this.#missed <= MAX_MISSED || this.met === 0) return undefined;
    const far = this.#indexByHead().get(text.slice(start, start + HEAD_CHARS));
    return far !== undefined && this.#isAt(far, text, start, place) ? this.#take(far, start) : undefined;
  }

  #isAt(index: number, text: string, start: number, { shape, tag, depth }: ValuePlace<T>): boolean {
    const { start: stood, value } = this.#before.values[index]!;
    if (value.shape !== shape || value.tag !== tag || value.depth !== depth) return false;
    // Two slices are compared as memory is; `startsWith` goes letter by letter, at a tenth of the speed.
    return text.slice(start, start + value.length) === this.#before.text.slice(stood, stood + value.length);
  }

  #take(index: number, start: number): KnownValue<T> {
    const { value } = this.#before.values[index]!;
    this.#next = index + 1;
    this.#missed = 0;
    this.met++;
    this.#found.push({ start, value });
    return value;
  }

  /** For clients that take out the beginning of a long conversation. */
  #indexByHead(): ReadonlyMap<string, number> {
    const { text, values } = this.#before;
    this.#heads ??= new Map(
      values.map(({ start, value }, index) => [text.slice(start, start + Math.min(HEAD_CHARS, value.length)), index]),
    );
    return this.#heads;
  }

  walked(value: WalkedValue<T>): void {
    if (value.end - value.start >= this.#minChars) this.#found.push(value);
  }

  /** What to remember of the text that was walked. */
  known(text: string, leaves: readonly Leaf<T>[]): KnownText<T> {
    const values = this.#found.map((found) =>
      'value' in found ? found : { start: found.start, value: knownValue(found, leaves) },
    );
    return { text, values };
  }
}

function knownValue<T>(walked: WalkedValue<T>, all: readonly Leaf<T>[]): KnownValue<T> {
  const { shape, tag, depth, start, end } = walked;
  const containers: KnownContainer[] = [{ parent: -1, key: '' }];
  const positions = new Map<Container, number>([[walked.container, 0]]);
  const positionOf = (container: Container): number => {
    const known = positions.get(container);
    if (known !== undefined) return known;
    const parent = positionOf(container.parent!);
    positions.set(container, containers.length);
    return containers.push({ parent, key: copied(container.key) }) - 1;
  };
  const leaves = all.slice(walked.from, walked.to).map(
    (leaf): KnownLeaf<T> => ({
      kind: leaf.kind,
      start: leaf.start - start,
      end: leaf.end - start,
      container: positionOf(leaf.container),
      key: copied(leaf.key),
      tag: leaf.tag,
      decoded: leaf.decoded,
      by: undefined,
      fact: undefined,
      bytes: undefined,
    }),
  );
  return { shape, tag, depth, length: end - start, containers, leaves };
}

/** About how much memory a text takes with what is known of it, which grows when facts are worked out. */
export function bytesOf({ text, values }: KnownText<unknown>): number {
  let bytes = text.length * BYTES_PER_CHAR;
  for (const { value } of values) {
    bytes += BYTES_PER_VALUE + BYTES_PER_CONTAINER * value.containers.length;
    for (const leaf of value.leaves)
      bytes += BYTES_PER_LEAF + (leaf.decoded?.length ?? 0) * BYTES_PER_CHAR + (leaf.bytes ?? 0);
  }
  return bytes;
}

/** Makes a document the fact of a leaf whose text it is a walk of. Its own leaves are known from then on. */
export function keepDocument<T>(known: KnownFact, by: unknown, document: JsonDocument<T>): JsonDocument<T> {
  const leaves = document.leaves.map((leaf) => ({ ...leaf, known: { by: undefined, fact: undefined } }));
  const containers = new Set<Container>();
  for (const { container } of leaves)
    for (let at: Container | undefined = container; at && !containers.has(at); at = at.parent) containers.add(at);
  known.by = by;
  known.fact = { ...document, leaves };
  known.bytes = BYTES_PER_CONTAINER * (containers.size + document.members.size) + 2 * BYTES_PER_LEAF * leaves.length;
  for (const { decoded } of leaves) known.bytes += (decoded?.length ?? 0) * BYTES_PER_CHAR;
  return known.fact as JsonDocument<T>;
}

/** A key that is a part of its text would keep all of that alive. V8 copies what is shorter anyway. */
function copied(key: string | number): string | number {
  return typeof key === 'number' || key.length < MIN_SLICE_CHARS ? key : (JSON.parse(JSON.stringify(key)) as string);
}

/** Adds the leaves of a value that stands at `start`, under a key. */
export function placeLeaves<T>(
  { containers, leaves }: KnownValue<T>,
  start: number,
  parent: Container,
  key: string | number,
  into: Leaf<T>[],
): void {
  const made: Container[] = [];
  for (const known of containers)
    made.push(known.parent < 0 ? { parent, key } : { parent: made[known.parent]!, key: known.key });
  for (const leaf of leaves) {
    into.push({
      kind: leaf.kind,
      start: start + leaf.start,
      end: start + leaf.end,
      container: made[leaf.container]!,
      key: leaf.key,
      tag: leaf.tag,
      decoded: leaf.decoded,
      known: leaf,
    });
  }
}
