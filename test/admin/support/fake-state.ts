/** A state in memory that behaves as the server's does, without a store. */

import type { ServerState, StateChange, StateView } from '../../../src/admin/ports.ts';
import type { AuditRecord, StateDocument, StateKind } from '../../../src/core/state.ts';

export class FakeState implements ServerState {
  head = { seq: 0, hash: '0'.repeat(64) };
  readonly rows: AuditRecord[] = [];
  fails = false;
  readonly #documents = new Map<string, StateDocument>();
  readonly #listeners = new Set<() => void>();

  documents(kind: StateKind): StateDocument[] {
    return [...this.#documents.values()].filter((document) => document.kind === kind);
  }

  document(kind: StateKind, id: string): StateDocument | undefined {
    return this.#documents.get(`${kind} ${id}`);
  }

  async change<T>(make: (view: StateView) => StateChange<T> | undefined): Promise<T | undefined> {
    await Promise.resolve();
    const made = make(this);
    if (!made) return undefined;
    if (this.fails) throw new Error('the disk is full at /var/secret');
    const seq = this.head.seq + 1;
    const hash = seq.toString(16).padStart(64, '0');
    this.rows.push({ ...made.entry, seq, at: new Date(0).toISOString(), prev: this.head.hash, hash });
    this.head = { seq, hash };
    for (const { kind, id, value } of made.writes) {
      if (value === null) this.#documents.delete(`${kind} ${id}`);
      else this.#documents.set(`${kind} ${id}`, { kind, id, value: JSON.parse(JSON.stringify(value)) });
    }
    for (const listener of this.#listeners) listener();
    return made.result;
  }

  async audit(from: number, limit: number): Promise<AuditRecord[]> {
    return this.rows.filter(({ seq }) => seq >= from).slice(0, limit);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
