/** A state store that fails when it is told to: before it has done what it was asked, after it, by silence, or by an answer of another try. */
import type { StateStore } from '../../src/core/state.ts';

export type Fault = 'before' | 'lost reply' | 'silent' | 'asked twice' | undefined;
export type Step = keyof Omit<StateStore, 'close'>;

export interface FaultyStore extends StateStore {
  /** What happens at the n-th call from now on, 0 being the next one. */
  fail(step: Step, fault: Fault, call?: number): void;
  /** Of each step, since it was made. */
  readonly calls: Readonly<Record<Step, number>>;
}

export function faultyStore(store: StateStore): FaultyStore {
  const faults = new Map<string, Fault>();
  const calls: Record<Step, number> = { head: 0, load: 0, commit: 0, audit: 0 };
  const run = async <Answer>(step: Step, act: () => Promise<Answer>): Promise<Answer> => {
    const fault = faults.get(`${step} ${calls[step]++}`);
    if (fault === 'before') throw Object.assign(new Error('broken'), { code: 'ECONNRESET' });
    if (fault === 'silent') return new Promise(() => undefined);
    const answer = await act();
    if (fault === 'lost reply') throw Object.assign(new Error('broken'), { code: 'ECONNRESET' });
    return fault === 'asked twice' ? act() : answer;
  };
  return {
    fail: (step, fault, call = 0) => faults.set(`${step} ${calls[step] + call}`, fault),
    calls,
    head: () => run('head', () => store.head()),
    load: () => run('load', () => store.load()),
    commit: (record, writes) => run('commit', () => store.commit(record, writes)),
    audit: (from, limit) => run('audit', () => store.audit(from, limit)),
  };
}
