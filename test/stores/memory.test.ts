import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MemoryLedgerOptions, memoryLedger } from '../../src/stores/memory.ts';
import { dimensions as call, HOUR, ledgerSuite, line, MINUTE } from './ledger-suite.ts';

/** A ledger with a clock in the test's hands. */
function ledgerAt(start = 0, options: MemoryLedgerOptions = {}) {
  const clock = { now: start };
  return { ledger: memoryLedger({ ...options, now: () => clock.now }), clock };
}

ledgerSuite('memory', (clock) => ({ ledger: memoryLedger({ now: () => clock.now }), close: () => undefined }), {
  runs: 1_000,
  takesReports: true,
});

describe('at the edges', () => {
  it('keeps the books of a watched account exact when absurd amounts run out of numbers', () => {
    const { ledger } = ledgerAt();
    const lines = [line('watched', Number.MAX_SAFE_INTEGER, 50, { enforce: false })];
    for (const id of ['a', 'b']) ledger.reserve({ id, lines, expiresAt: MINUTE });
    ledger.settle('a', 5, call());
    ledger.settle('b', 6, call());
    expect(ledger.read(['watched'])).toEqual([{ account: 'watched', posted: 11, held: 0 }]);
  });

  it('changes no decision while it is behind', () => {
    const { ledger, clock } = ledgerAt();
    for (let id = 0; id < 1_000; id++) ledger.reserve({ id: `${id}`, lines: [line('x', 1, 1_000)], expiresAt: MINUTE });
    clock.now = MINUTE;
    expect(ledger.reserve({ id: 'one more', lines: [line('x', 1, 1_000)], expiresAt: HOUR }).ok).toBe(false);
    const [state] = ledger.read(['x']);
    expect(state!.posted + state!.held).toBe(1_000);
  });
});

describe('what is remembered', () => {
  it('forgets an ended call after an hour', () => {
    const { ledger, clock } = ledgerAt();
    ledger.settle('a', 5, call());
    clock.now = HOUR - 1;
    ledger.settle('a', 5, call());
    expect(ledger.query({ by: [], from: 0, to: HOUR })[0]!.calls).toBe(1);
    clock.now = HOUR;
    expect(ledger.reserve({ id: 'a', lines: [line('x', 1, 5)], expiresAt: 2 * HOUR }).ok).toBe(true);
    expect(ledger.read(['x'])).toMatchObject([{ held: 1 }]);
  });

  it('forgets the oldest ended calls past its bound', () => {
    const { ledger } = ledgerAt(0, { maxEndedCalls: 2 });
    for (const id of ['a', 'b', 'c', 'd']) ledger.settle(id, 1, call());
    ledger.settle('d', 1, call());
    expect(ledger.query({ by: [], from: 0, to: HOUR })[0]!.calls).toBe(4);
    ledger.settle('a', 1, call());
    expect(ledger.query({ by: [], from: 0, to: HOUR })[0]!.calls).toBe(5);
  });

  it('forgets accounts some time after their window, but not those that still hold', () => {
    const { ledger, clock } = ledgerAt();
    ledger.reserve({ id: 'a', lines: [line('done', 5, 9, { resetsAt: HOUR })], expiresAt: 9 * HOUR });
    ledger.reserve({ id: 'b', lines: [line('held', 5, 9, { resetsAt: HOUR })], expiresAt: 9 * HOUR });
    ledger.reserve({ id: 'c', lines: [line('lifetime', 5, 9)], expiresAt: 9 * HOUR });
    for (const id of ['a', 'c']) ledger.settle(id, 5, call());
    clock.now = 3 * HOUR;
    expect(ledger.read(['done', 'held', 'lifetime'])).toMatchObject([{ posted: 0 }, { held: 5 }, { posted: 5 }]);
    ledger.settle('b', 4, call());
    expect(ledger.read(['held'])).toMatchObject([{ posted: 4, held: 0 }]);
    clock.now = 5 * HOUR;
    expect(ledger.read(['held'])).toMatchObject([{ posted: 0 }]);
  });

  it('loses detail of the oldest rows past its bound, and never money', () => {
    const { ledger } = ledgerAt(0, { maxRollupRows: 10 });
    for (let n = 0; n < 200; n++) {
      const at = Math.floor(n / 20) * HOUR;
      ledger.settle(`${n}`, 1, call(at, { user: `u${n % 3}`, session: `s${n}`, tags: { step: `${n}` } }));
    }
    const total = (by: 'user' | 'session') =>
      ledger.query({ by: [by], from: 0, to: 100 * HOUR }).reduce((sum, row) => sum + row.nanoUsd, 0);
    expect([total('user'), total('session')]).toEqual([200, 200]);
    expect(ledger.query({ by: ['session'], from: 0, to: 100 * HOUR }).length).toBeLessThanOrEqual(11);
    expect(ledger.query({ by: [], from: 9 * HOUR, to: 10 * HOUR })).toMatchObject([{ nanoUsd: 20, calls: 20 }]);
  });

  it.each([
    [{ maxRollupRows: 0 }, 'memoryLedger: maxRollupRows'],
    [{ maxEndedCalls: 1.5 }, 'memoryLedger: maxEndedCalls'],
    [{ now: 5 }, 'memoryLedger: now'],
  ])('names the option that is wrong: %j', (options, param) => {
    expect(() => memoryLedger(options as unknown as MemoryLedgerOptions)).toThrow(
      expect.objectContaining({ code: 'invalid_option', param }),
    );
  });
});

describe('the books, for any order of messages', () => {
  it('never pass the limit of an enforcing account while calls cost no more than they held', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            amount: fc.nat(40),
            spent: fc.nat(40),
            ends: fc.constantFrom('settle', 'release', 'expire', 'not'),
          }),
          { maxLength: 60 },
        ),
        (calls) => {
          const { ledger, clock } = ledgerAt();
          calls.forEach(({ amount, spent, ends }, index) => {
            const { ok } = ledger.reserve({
              id: `${index}`,
              lines: [line('x', amount, 100)],
              expiresAt: clock.now + 10,
            });
            if (ok && ends === 'settle') ledger.settle(`${index}`, Math.min(spent, amount), call());
            if (ends === 'release') ledger.release(`${index}`);
            if (ends === 'expire') clock.now += 10;
            const [state] = ledger.read(['x']);
            expect(state!.posted + state!.held).toBeLessThanOrEqual(100);
            expect(state!.held).toBeGreaterThanOrEqual(0);
          });
        },
      ),
    );
  });
});
