/** What one server knows of the documents: a copy in memory that is never changed, only replaced. Knows no store. */
import type { StateDocument, StateHead, StateKind, StateWrite } from '../core/state.ts';

type Kinds = ReadonlyMap<StateKind, ReadonlyMap<string, StateDocument>>;

const NONE: ReadonlyMap<string, StateDocument> = new Map();

export class StateView {
  readonly head: StateHead;
  readonly #kinds: Kinds;

  constructor(head: StateHead, kinds: Kinds = new Map()) {
    this.head = head;
    this.#kinds = kinds;
  }

  static of(head: StateHead, documents: readonly StateDocument[]): StateView {
    const kinds = new Map<StateKind, Map<string, StateDocument>>();
    for (const document of documents) {
      const kind = kinds.get(document.kind) ?? new Map<string, StateDocument>();
      kinds.set(document.kind, kind.set(document.id, document));
    }
    return new StateView(head, kinds);
  }

  /** In no order that means anything. */
  documents(kind: StateKind): readonly StateDocument[] {
    return [...(this.#kinds.get(kind) ?? NONE).values()];
  }

  document(kind: StateKind, id: string): StateDocument | undefined {
    return this.#kinds.get(kind)?.get(id);
  }

  count(kind: StateKind): number {
    return this.#kinds.get(kind)?.size ?? 0;
  }

  /** After a commit. Kinds that were not written are shared. */
  with(head: StateHead, writes: readonly StateWrite[]): StateView {
    const changed = new Map<StateKind, Map<string, StateDocument>>();
    for (const { kind, id, value } of writes) {
      const documents = changed.get(kind) ?? new Map(this.#kinds.get(kind));
      changed.set(kind, documents);
      if (value === null) documents.delete(id);
      else documents.set(id, { kind, id, value });
    }
    return new StateView(head, new Map([...this.#kinds, ...changed]));
  }
}
