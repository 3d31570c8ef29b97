import { describe, expect, it } from 'vitest';
import type { LedgerStore, ReserveResult } from '../../src/core/ledger.ts';
import { LeasedLedger, type LeaseOptions } from '../../src/stores/leased.ts';
import { memoryLedger } from '../../src/stores/memory.ts';
import { dimensions, HOUR, ledgerSuite, line, MINUTE } from './ledger-suite.ts';
import { type Fault, faultyLedger } from './support/faulty-ledger.ts';

ledgerSuite(
  'leases over memory',
  (clock) => {
    const now = (): number => clock.now;
    const ledger = new LeasedLedger(memoryLedger({ now }), { now });
    return { ledger, close: () => ledger.close() };
  },
  { runs: 300 },
);

const LIMIT = 1_000_000;

function leased(options: LeaseOptions = {}, faultAt: (message: number) => Fault | undefined = () => undefined) {
  const clock = { now: 0 };
  const now = (): number => clock.now;
  const memory = memoryLedger({ now });
  const store = faultyLedger(memory, faultAt);
  return { clock, memory, store, ledger: new LeasedLedger(store, { now, ...options }) };
}

let ids = 0;
const reserve = (ledger: LedgerStore, amount: number, limit = LIMIT) => {
  const id = `call ${ids++}`;
  return { id, result: ledger.reserve({ id, lines: [line('x', amount, limit)], expiresAt: HOUR }) };
};

/** A call from its start to its end. */
async function call(ledger: LedgerStore, amount: number, cost: number): Promise<boolean> {
  const { id, result } = reserve(ledger, amount);
  const { ok } = await result;
  if (ok) await ledger.settle(id, cost, dimensions());
  return ok;
}

describe('the hot path', () => {
  it('is answered at once out of what is leased, far from the limit', async () => {
    const { ledger } = leased();
    for (let n = 0; n < 20; n++) await call(ledger, 10, 5);
    const results = Array.from({ length: 4 }, () => reserve(ledger, 10).result);
    expect(results.map((result) => result instanceof Promise)).toEqual([false, false, false, false]);
    await ledger.close();
  });

  it('asks the store for each call near the limit, and fills the limit to the last', async () => {
    const { ledger, memory } = leased();
    let spent = 0;
    while (await call(ledger, 1_000, 900)) spent += 900;
    expect(spent).toBeGreaterThan(LIMIT - 1_000);
    expect(memory.read(['x'])).toEqual([{ account: 'x', posted: spent, held: 0 }]);
    await ledger.close();
  });

  it('says one thing for many calls at once', async () => {
    const { ledger, store } = leased();
    await call(ledger, 10, 10);
    const before = store.count;
    const results = await Promise.all(Array.from({ length: 500 }, () => reserve(ledger, 10).result));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(store.count - before).toBeLessThan(10);
    await ledger.close();
  });
});

describe('several processes', () => {
  it('never pass the cap together, and have filled most of it when the first is refused', async () => {
    const memory = memoryLedger();
    const ledgers = Array.from({ length: 4 }, () => new LeasedLedger(memory));
    let filled: number | undefined;
    const run = async (ledger: LedgerStore): Promise<number> => {
      let spent = 0;
      for (let n = 0; n < 2_000; n++) {
        const cost = n % 150;
        if (await call(ledger, 150, cost)) spent += cost;
        else filled ??= memory.read(['x'])[0]!.posted;
        const [state] = memory.read(['x']);
        expect(state!.posted + state!.held).toBeLessThanOrEqual(LIMIT);
      }
      return spent;
    };
    const spent = (
      await Promise.all(ledgers.flatMap((ledger) => [run(ledger), run(ledger), run(ledger), run(ledger)]))
    ).reduce((a, b) => a + b);
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    expect(filled!).toBeGreaterThan(0.97 * LIMIT);
    expect(memory.read(['x'])).toEqual([{ account: 'x', posted: spent, held: 0 }]);
  });

  it('leave what they had leased as unreconciled when they die, and give it back when they stop', async () => {
    const { ledger, memory, clock } = leased({ holder: 'dies' });
    for (let n = 0; n < 20; n++) await call(ledger, 10, 5);
    const [before] = memory.read(['x']);
    expect(before!.held).toBeGreaterThan(0);
    clock.now += 2 * MINUTE;
    expect(memory.read(['x'])).toEqual([
      { account: 'x', posted: 100 + before!.held, held: 0, unreconciled: before!.held },
    ]);
    // It was only asleep: what it says when it wakes up puts the books right.
    await ledger.close();
    expect(memory.read(['x'])).toEqual([{ account: 'x', posted: 100, held: 0 }]);
  });
});

describe('a store that does not answer', () => {
  it('is done without as long as there is something leased, and then calls are refused', async () => {
    let down = false;
    const { ledger, memory } = leased({}, () => (down ? 'refused' : undefined));
    for (let n = 0; n < 20; n++) await call(ledger, 10, 5);
    down = true;
    const calls = Array.from({ length: 30 }, () => reserve(ledger, 10));
    const results = await Promise.allSettled(calls.map(({ result }) => result));
    const admitted = calls.filter((_, place) => results[place]!.status === 'fulfilled');
    expect(admitted.length).toBeGreaterThan(0);
    expect(admitted.length).toBeLessThan(calls.length);
    await Promise.allSettled(admitted.map(({ id }) => ledger.settle(id, 5, dimensions())));
    down = false;
    await ledger.close();
    expect(memory.read(['x'])).toEqual([{ account: 'x', posted: 100 + 5 * admitted.length, held: 0 }]);
  });

  it("ends all calls with unavailable: 'deny'", async () => {
    let down = false;
    const options = { unavailable: 'deny', available: () => !down } as const;
    const { ledger } = leased(options, () => (down ? 'refused' : undefined));
    for (let n = 0; n < 20; n++) await call(ledger, 10, 5);
    down = true;
    await expect(reserve(ledger, 10).result).rejects.toThrow();
    down = false;
    expect((await reserve(ledger, 10).result).ok).toBe(true);
    await ledger.close();
  });

  it('lets calls through within a bounded allowance, marked, and books them once it answers', async () => {
    let down = true;
    const { ledger, memory } = leased({ unavailable: { allowNanoUsd: 100 } }, () => (down ? 'refused' : undefined));
    const calls = Array.from({ length: 12 }, () => reserve(ledger, 10));
    const results = await Promise.allSettled(calls.map(({ result }) => result as Promise<ReserveResult>));
    const admitted = results.filter((result) => result.status === 'fulfilled');
    expect(admitted.map(({ value }) => value.unverified)).toEqual(new Array(10).fill(true));
    await ledger.settle(calls[0]!.id, 7, dimensions()).catch(() => undefined);
    down = false;
    await ledger.flush();
    expect(memory.read(['x'])).toEqual([{ account: 'x', posted: 7, held: 90 }]);
    expect((await reserve(ledger, 10).result).unverified).toBeUndefined();
    await Promise.all(calls.slice(1).map(({ id }) => ledger.release(id)));
    await ledger.close();
  });
});

it('a limit that was lowered holds from the next call on, whatever was leased under the old one', async () => {
  const { ledger, memory } = leased();
  for (let n = 0; n < 20; n++) await call(ledger, 10, 5);
  expect((await reserve(ledger, 10, 105).result).ok).toBe(false);
  const [state] = memory.read(['x']);
  expect(state!.posted).toBe(100);
  await ledger.close();
});
