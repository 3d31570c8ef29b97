/** A store whose answers are lost, whose messages are lost, or that says nothing at all, at the moments a test chooses. */
import type { LedgerStore } from '../../../src/core/ledger.ts';

/** `refused`: it does not happen; `unanswered`: it happens and the answer is lost; `silent`: nothing comes back at all. */
export type Fault = 'refused' | 'unanswered' | 'silent';

export interface FaultyLedger extends LedgerStore {
  /** Messages so far. */
  readonly count: number;
  readonly said: readonly string[];
}

export function faultyLedger(store: LedgerStore, faultAt: (message: number) => Fault | undefined): FaultyLedger {
  const said: string[] = [];
  const pass = async <Answer>(name: string, act: () => Answer | Promise<Answer>): Promise<Answer> => {
    said.push(name);
    const fault = faultAt(said.length);
    if (fault === 'refused') throw new Error('The connection is closed.');
    if (fault === 'silent') return new Promise<never>(() => undefined);
    const answer = await act();
    if (fault === 'unanswered') throw new Error('The connection broke.');
    return answer;
  };
  return {
    get count() {
      return said.length;
    },
    said,
    reserve: (reservation) => pass('reserve', () => store.reserve(reservation)),
    extend: (id, total, expiresAt, lease) => pass('extend', () => store.extend(id, total, expiresAt, lease)),
    settle: (id, nanoUsd, dimensions) => pass('settle', () => store.settle(id, nanoUsd, dimensions)),
    release: (id) => pass('release', () => store.release(id)),
    read: (accounts) => pass('read', () => store.read(accounts)),
    query: (query) => pass('query', () => store.query(query)),
  };
}
