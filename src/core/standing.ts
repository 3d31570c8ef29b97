/** How the accounts stand that a policy watches, and what it says of it. Knows no calls. */
import type { AccountState, LedgerStore } from './ledger.ts';
import type { Warning, Watch } from './policy.ts';
import { isPending, type Pending, whenReady } from './text.ts';

export interface Standing<Of> {
  /** Whose it is. */
  readonly of: Of;
  /** What is worth telling, by the accounts as they stood when they were asked for. `undefined` when that cannot be known. */
  warnings(): Pending<readonly Warning[] | undefined>;
}

/** Asks the ledger at once, and the policy when its warnings are asked for: what it has told it does not tell again. */
export function standingOf<Of>(ledger: LedgerStore, watch: Watch, of: Of): Standing<Of> {
  const states = statesOf(ledger, watch);
  return { of, warnings: () => whenReady(states, (known) => known && toldBy(watch, known)) };
}

function statesOf(ledger: LedgerStore, { accounts }: Watch): Pending<readonly AccountState[] | undefined> {
  try {
    const states = ledger.read(accounts);
    return isPending(states) ? Promise.resolve(states).catch(() => undefined) : states;
  } catch {
    return undefined;
  }
}

function toldBy(watch: Watch, states: readonly AccountState[]): readonly Warning[] | undefined {
  try {
    return watch.tell(states);
  } catch {
    return undefined;
  }
}
