/**
 * Recognises JSON texts that differ from a known one in their strings alone, as the events of a stream do, and tells where those
 * stand without walking them. Knows nothing of what the texts mean.
 */
import { type JsonDocument, type Leaf, type Member, walkJson } from './walk.ts';

export class JsonTemplate<T> {
  readonly #known: JsonDocument<T>;
  readonly #decides: (tag: T) => boolean;
  #segments: readonly string[] | undefined;

  /** @param decides tells leaves that decide what the others mean, and must therefore be the same. Default none. */
  constructor(known: JsonDocument<T>, decides: (tag: T) => boolean = () => false) {
    this.#known = known;
    this.#decides = decides;
  }

  /**
   * What a walk would find in the text, if all outside of the leaves is as it was. `undefined` also for what needs a closer
   * look: leaves other than strings, empty strings, escapes.
   */
  match(text: string): JsonDocument<T> | undefined {
    const known = this.#known.leaves;
    this.#segments ??= segmentsOf(this.#known);
    const leaves: Leaf<T>[] = [];
    let at = 0;
    for (let index = 0; index < known.length; index++) {
      const segment = this.#segments[index]!;
      const leaf = known[index]!;
      const { kind, container, key, tag } = leaf;
      if (kind !== 'string' || !text.startsWith(segment, at)) return undefined;
      const start = at + segment.length;
      at = text.indexOf('"', start);
      if (at <= start || (this.#decides(tag) && !this.#holds(leaf, text, start, at))) return undefined;
      leaves.push({ kind, start, end: at, container, key, tag, decoded: undefined });
    }
    const rest = this.#segments[known.length]!;
    if (text.length - at !== rest.length || !text.endsWith(rest) || hasEscapes(text, leaves)) return undefined;
    return new MatchedDocument(text, leaves, this.#known.open);
  }

  /** Whether a text says there what the known one says in a leaf. */
  #holds(leaf: Leaf<T>, text: string, start: number, end: number): boolean {
    return (
      leaf.end - leaf.start === end - start && text.startsWith(this.#known.text.slice(leaf.start, leaf.end), start)
    );
  }
}

/** What stands before, between and behind the leaves. */
function segmentsOf({ text, leaves }: JsonDocument<unknown>): string[] {
  const starts = [0, ...leaves.map(({ end }) => end)];
  return starts.map((start, index) => text.slice(start, leaves[index]?.start));
}

function hasEscapes(text: string, leaves: readonly Leaf<unknown>[]): boolean {
  for (const { start, end } of leaves) if (text.slice(start, end).includes('\\')) return true;
  return false;
}

class MatchedDocument<T> implements JsonDocument<T> {
  readonly text: string;
  readonly leaves: readonly Leaf<T>[];
  readonly open: number;

  constructor(text: string, leaves: readonly Leaf<T>[], open: number) {
    this.text = text;
    this.leaves = leaves;
    this.open = open;
  }

  get members(): ReadonlyMap<string, Member> {
    return walkJson(this.text, { value: null }, { duplicateKeys: 'allow' }).members;
  }
}
