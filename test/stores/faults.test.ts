/** A fault at the n-th message to the store, for every n of a call's life: afterwards no hold is left, and one settle at most. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type AccountState, createGateway, type LedgerStore, memoryLedger, spendCap } from '../../src/index.ts';
import { GuardedLedger } from '../../src/stores/guarded.ts';
import { LeasedLedger } from '../../src/stores/leased.ts';
import { dimensions, line } from './ledger-suite.ts';
import { type Fault, faultyLedger } from './support/faulty-ledger.ts';

const FAULTS: readonly Fault[] = ['refused', 'unanswered', 'silent'];
const MESSAGES = 8;
const DEADLINE_MS = 25;
const PATIENCE_MS = 5_000;

const LEDGERS = {
  'without leases': (store: LedgerStore) => new GuardedLedger(store, { deadlineMs: DEADLINE_MS }),
  'with leases': (store: LedgerStore) => new LeasedLedger(new GuardedLedger(store, { deadlineMs: DEADLINE_MS })),
} as const;

const cases = FAULTS.flatMap((fault) => Array.from({ length: MESSAGES }, (_, place) => ({ fault, at: place + 1 })));

/** Waits until nothing is held, as the ends that failed are told again. */
async function settled(ledger: LedgerStore, memory: LedgerStore, account: string): Promise<AccountState> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    await ledger.flush?.();
    const [state] = await memory.read([account]);
    if (state!.held === 0 || Date.now() > end) return state!;
    await sleep(20);
  }
}

async function calls(memory: LedgerStore): Promise<number> {
  const [row] = await memory.query({ by: [], from: 0, to: Number.MAX_SAFE_INTEGER });
  return row?.calls ?? 0;
}

describe.each(Object.entries(LEDGERS))('%s', (_name, wrap) => {
  it.each(cases)('$fault at message $at: reserve, extend and settle', async ({ fault, at }) => {
    const memory = memoryLedger();
    const ledger = wrap(faultyLedger(memory, (message) => (message === at ? fault : undefined)));
    const attempt = async <Answer>(act: () => Answer | Promise<Answer>): Promise<Answer | undefined> => {
      try {
        return await act();
      } catch {
        return undefined;
      }
    };
    const expiresAt = Date.now() + 60_000;
    const costs: number[] = [];
    for (const id of ['a', 'b']) {
      const reserved = await attempt(() => ledger.reserve({ id, lines: [line('x', 10, 1_000)], expiresAt }));
      if (!reserved?.ok) {
        await attempt(() => ledger.release(id));
        continue;
      }
      await attempt(() => ledger.extend(id, 30, expiresAt));
      await attempt(() => ledger.settle(id, 25, dimensions()));
      // A client that is not sure says it again.
      await attempt(() => ledger.settle(id, 25, dimensions()));
      costs.push(25);
    }
    const state = await settled(ledger, memory, 'x');
    await ledger.close?.();
    expect(state).toEqual({ account: 'x', posted: costs.length * 25, held: 0 });
    expect(await calls(memory)).toBe(costs.length);
  });

  it.each(cases)('$fault at message $at: a call through the gateway', async ({ fault, at }) => {
    const memory = memoryLedger();
    const ledger = wrap(faultyLedger(memory, (message) => (message === at ? fault : undefined)));
    let answered = 0;
    const gateway = createGateway({
      store: ledger,
      policies: [spendCap({ name: 'cap', limitUsd: 1, window: 'lifetime' })],
      fetch: async () => {
        answered++;
        const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
        return Response.json({ id: 'c', object: 'chat.completion', model: 'gpt-4o', choices: [], usage });
      },
    });
    const body = JSON.stringify({ model: 'gpt-4o', max_tokens: 20, messages: [{ role: 'user', content: 'Hello' }] });
    const statuses: number[] = [];
    for (let n = 0; n < 2; n++) {
      const response = await gateway.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body });
      await response.text();
      statuses.push(response.status);
    }
    await gateway.close();
    const state = await settled(ledger, memory, 'cap|all=all|lifetime');
    await ledger.close?.();
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    expect(statuses.filter((status) => status === 200).length).toBe(answered);
    expect(state.held).toBe(0);
    expect(state.posted).toBe(answered * 75_000);
    expect(state.unreconciled).toBeUndefined();
    expect(await calls(memory)).toBe(answered);
  });
});
