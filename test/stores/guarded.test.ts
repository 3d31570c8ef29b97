import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ReserveResult } from '../../src/core/ledger.ts';
import { isGatewayError } from '../../src/errors.ts';
import { GuardedLedger } from '../../src/stores/guarded.ts';
import { memoryLedger } from '../../src/stores/memory.ts';
import { dimensions, line } from './ledger-suite.ts';
import { type Fault, faultyLedger } from './support/faulty-ledger.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function guarded(faultAt: (message: number) => Fault | undefined) {
  const memory = memoryLedger();
  const store = faultyLedger(memory, faultAt);
  return { memory, store, ledger: new GuardedLedger(store, { deadlineMs: 50 }) };
}

const reservation = (id: string) => ({ id, lines: [line('x', 10, 1_000)], expiresAt: Date.now() + 60_000 });

/** How a promise ends, with the time running until it does. */
async function outcome<Answer>(promise: Promise<Answer>): Promise<Answer | 'unavailable'> {
  const ended = promise.catch((cause: unknown) => {
    if (isGatewayError(cause, 'ledger_unavailable')) return 'unavailable' as const;
    throw cause;
  });
  await vi.advanceTimersByTimeAsync(60);
  return ended;
}

it('fails a call after its deadline when the store says nothing', async () => {
  const { ledger } = guarded(() => 'silent');
  expect(await outcome(ledger.reserve(reservation('a')))).toBe('unavailable');
});

it('asks no more after some failures in a row, lets one call try from time to time, and goes on when it is answered', async () => {
  let down = true;
  const { ledger, store } = guarded(() => (down ? 'refused' : undefined));
  for (const id of ['a', 'b', 'c', 'd', 'e']) await ledger.reserve(reservation(id)).catch(() => undefined);
  expect(store.count).toBe(3);
  expect(ledger.available).toBe(false);

  await vi.advanceTimersByTimeAsync(150);
  const attempts = ['f', 'g'].map((id) => outcome(ledger.reserve(reservation(id))));
  expect(await Promise.all(attempts)).toEqual(['unavailable', 'unavailable']);
  expect(store.count).toBe(4);

  down = false;
  await vi.advanceTimersByTimeAsync(300);
  expect(await outcome<ReserveResult>(ledger.reserve(reservation('h')))).toMatchObject({ ok: true });
  expect(ledger.available).toBe(true);
});

it.each(['refused', 'unanswered', 'silent'] as const)(
  'tells an end that failed (%s) until it is booked, once',
  async (fault) => {
    const { ledger, memory } = guarded((message) => (message > 1 && message < 6 ? fault : undefined));
    await ledger.reserve(reservation('a'));
    expect(await outcome(ledger.settle('a', 7, dimensions()))).toBe('unavailable');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(memory.read(['x'])).toEqual([{ account: 'x', posted: 7, held: 0 }]);
    expect(memory.query({ by: [], from: 0, to: Number.MAX_SAFE_INTEGER })).toMatchObject([{ nanoUsd: 7, calls: 1 }]);
  },
);

it('throws for a wrong amount, and does not hold it against the store', async () => {
  const { ledger } = guarded(() => undefined);
  for (let n = 0; n < 5; n++) await expect(ledger.settle('a', -1, dimensions())).rejects.toThrow(RangeError);
  expect(ledger.available).toBe(true);
});
