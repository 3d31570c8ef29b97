import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerLine, SpendDimensions } from '../../src/core/ledger.ts';
import { type MemoryLedgerOptions, memoryLedger } from '../../src/stores/memory.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A ledger with a clock in the test's hands. */
function ledgerAt(start = 0, options: MemoryLedgerOptions = {}) {
  const clock = { now: start };
  return { ledger: memoryLedger({ ...options, now: () => clock.now }), clock };
}

function line(account: string, amount: number, limit: number, more: Partial<LedgerLine> = {}): LedgerLine {
  return { account, amount, limit, enforce: true, ...more };
}

function call(at = 0, more: Partial<SpendDimensions> = {}): SpendDimensions {
  return { provider: 'openai', model: 'gpt-4o', inputTokens: 1, outputTokens: 1, at, ...more };
}

describe('reserving', () => {
  it('holds on all accounts or on none', () => {
    const { ledger } = ledgerAt();
    const result = ledger.reserve({
      id: 'a',
      lines: [line('wide', 60, 100), line('narrow', 60, 50)],
      expiresAt: MINUTE,
    });
    expect(result).toEqual({ ok: false, over: [{ account: 'narrow', posted: 0, held: 0 }] });
    expect(ledger.read(['wide', 'narrow'])).toMatchObject([{ held: 0 }, { held: 0 }]);
  });

  it('books a line that does not enforce, and tells that it is over', () => {
    const { ledger } = ledgerAt();
    const result = ledger.reserve({ id: 'a', lines: [line('watched', 60, 50, { enforce: false })], expiresAt: MINUTE });
    expect(result).toEqual({ ok: true, over: [{ account: 'watched', posted: 0, held: 0 }] });
    expect(ledger.read(['watched'])).toMatchObject([{ held: 60 }]);
  });

  it('lets a limit be filled exactly, and lets free calls under a limit of nothing', () => {
    const { ledger } = ledgerAt();
    expect(ledger.reserve({ id: 'a', lines: [line('full', 50, 50)], expiresAt: MINUTE }).ok).toBe(true);
    expect(ledger.reserve({ id: 'b', lines: [line('full', 1, 50)], expiresAt: MINUTE }).ok).toBe(false);
    expect(ledger.reserve({ id: 'c', lines: [line('none', 0, 0)], expiresAt: MINUTE }).ok).toBe(true);
    expect(ledger.reserve({ id: 'd', lines: [line('none', 1, 0)], expiresAt: MINUTE }).ok).toBe(false);
  });

  it('adds up two lines on one account', () => {
    const { ledger } = ledgerAt();
    expect(ledger.reserve({ id: 'a', lines: [line('x', 30, 50), line('x', 30, 50)], expiresAt: MINUTE }).ok).toBe(
      false,
    );
  });

  it('answers a repeated id as it did the first time, held, refused or ended, and holds once', () => {
    const { ledger } = ledgerAt();
    const held = { id: 'a', lines: [line('x', 30, 50)], expiresAt: MINUTE };
    const refused = { id: 'b', lines: [line('x', 30, 50)], expiresAt: MINUTE };
    const first = ledger.reserve(held);
    const second = ledger.reserve(refused);
    expect(ledger.reserve(held)).toEqual(first);
    expect(ledger.read(['x'])).toMatchObject([{ held: 30 }]);
    ledger.settle('a', 1, call());
    expect(ledger.reserve(held)).toEqual(first);
    expect(ledger.reserve(refused)).toEqual(second);
    expect(ledger.read(['x'])).toEqual([{ account: 'x', posted: 1, held: 0 }]);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('throws for the amount %d and changes nothing', (amount) => {
    const { ledger } = ledgerAt();
    expect(() =>
      ledger.reserve({ id: 'a', lines: [line('x', 1, 50), line('y', amount, 50)], expiresAt: MINUTE }),
    ).toThrow(RangeError);
    expect(() => ledger.settle('a', amount, call())).toThrow(RangeError);
    expect(ledger.read(['x', 'y'])).toMatchObject([{ held: 0 }, { held: 0 }]);
  });

  it('keeps the books of a watched account exact when absurd amounts run out of numbers', () => {
    const { ledger } = ledgerAt();
    const lines = [line('watched', Number.MAX_SAFE_INTEGER, 50, { enforce: false })];
    for (const id of ['a', 'b']) ledger.reserve({ id, lines, expiresAt: MINUTE });
    ledger.settle('a', 5, call());
    ledger.settle('b', 6, call());
    expect(ledger.read(['watched'])).toEqual([{ account: 'watched', posted: 11, held: 0 }]);
  });
});

describe('ending', () => {
  it('posts the truth once, even when it is more than was held', () => {
    const { ledger } = ledgerAt();
    ledger.reserve({ id: 'a', lines: [line('x', 30, 50), line('y', 30, 50)], expiresAt: MINUTE });
    ledger.settle('a', 70, call());
    ledger.settle('a', 70, call());
    ledger.release('a');
    expect(ledger.read(['x', 'y'])).toMatchObject([
      { posted: 70, held: 0 },
      { posted: 70, held: 0 },
    ]);
    expect(ledger.query({ by: [], from: 0, to: HOUR })).toMatchObject([{ nanoUsd: 70, calls: 1 }]);
  });

  it('gives a released hold back, after which a settle counts no more', () => {
    const { ledger } = ledgerAt();
    ledger.reserve({ id: 'a', lines: [line('x', 30, 50)], expiresAt: MINUTE });
    ledger.release('a');
    ledger.settle('a', 30, call());
    expect(ledger.read(['x'])).toEqual([{ account: 'x', posted: 0, held: 0 }]);
    expect(ledger.query({ by: [], from: 0, to: HOUR })).toEqual([]);
  });

  it('rolls up a call that no cap held, once', () => {
    const { ledger } = ledgerAt();
    ledger.settle('free of caps', 5, call());
    ledger.settle('free of caps', 5, call());
    expect(ledger.query({ by: ['model'], from: 0, to: HOUR })).toMatchObject([
      { group: { model: 'gpt-4o' }, nanoUsd: 5, calls: 1 },
    ]);
  });

  it('books a call into the window of its start, however late it settles', () => {
    const { ledger, clock } = ledgerAt();
    clock.now = 5 * HOUR;
    ledger.settle('late', 5, call(HOUR - 1));
    expect(ledger.query({ by: [], from: 0, to: HOUR })).toMatchObject([{ nanoUsd: 5 }]);
  });
});

describe('expiry', () => {
  it('charges what was held in full', () => {
    const { ledger, clock } = ledgerAt();
    ledger.reserve({ id: 'a', lines: [line('x', 30, 50)], expiresAt: MINUTE });
    clock.now = MINUTE;
    expect(ledger.read(['x'])).toEqual([{ account: 'x', posted: 30, held: 0 }]);
  });

  it('is corrected by a late settle, exactly once', () => {
    const { ledger, clock } = ledgerAt();
    ledger.reserve({ id: 'a', lines: [line('x', 30, 50)], expiresAt: MINUTE });
    clock.now = MINUTE + 1;
    ledger.read(['x']);
    ledger.settle('a', 12, call());
    ledger.settle('a', 12, call());
    ledger.release('a');
    expect(ledger.read(['x'])).toEqual([{ account: 'x', posted: 12, held: 0 }]);
    expect(ledger.query({ by: [], from: 0, to: HOUR })).toMatchObject([{ nanoUsd: 12, calls: 1 }]);
  });

  it('does not wait for earlier reservations with later expiries', () => {
    const { ledger, clock } = ledgerAt();
    for (const [id, expiresAt] of [
      ['a', 9],
      ['b', 3],
      ['c', 7],
      ['d', 1],
      ['e', 5],
    ] as const) {
      ledger.reserve({ id, lines: [line('x', 1, 50)], expiresAt });
    }
    clock.now = 5;
    expect(ledger.read(['x'])).toEqual([{ account: 'x', posted: 3, held: 2 }]);
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

/** The rules again, as simply as possible: every reservation for ever, expired the moment it is due. */
class NaiveLedger {
  readonly calls = new Map<
    string,
    { lines: LedgerLine[]; expiresAt: number; ok: boolean; state: 'held' | 'expired' | 'ended'; posted: number }
  >();
  readonly rolledUp = new Map<string, number>();

  tick(now: number): void {
    for (const entry of this.calls.values()) {
      if (entry.state === 'held' && entry.ok && entry.expiresAt <= now) entry.state = 'expired';
    }
  }

  state(account: string): { account: string; posted: number; held: number } {
    let [posted, held] = [0, 0];
    for (const { lines, ok, state, posted: actual } of this.calls.values()) {
      for (const { amount } of lines.filter((each) => ok && each.account === account)) {
        if (state === 'held') held += amount;
        if (state === 'expired') posted += amount;
        if (state === 'ended') posted += actual;
      }
    }
    return { account, posted, held };
  }

  reserve(id: string, lines: LedgerLine[], expiresAt: number): boolean {
    const known = this.calls.get(id);
    if (known) return known.ok;
    const fits = ({ account, limit, amount }: LedgerLine) =>
      this.state(account).posted + this.state(account).held + amount <= limit;
    const ok = lines.every((each) => !each.enforce || fits(each));
    this.calls.set(id, { lines, expiresAt, ok, state: 'held', posted: 0 });
    return ok;
  }

  end(id: string, nanoUsd: number | undefined): void {
    const known = this.calls.get(id) ?? { lines: [], expiresAt: 0, ok: true, state: 'held' as const, posted: 0 };
    if (known.state === 'ended') return;
    this.calls.set(id, { ...known, state: 'ended', posted: nanoUsd ?? 0 });
    if (nanoUsd !== undefined) this.rolledUp.set(id, nanoUsd);
  }
}

const ACCOUNTS = ['a', 'b', 'c', 'watched'];
const id = fc.integer({ min: 0, max: 15 }).map(String);
const lines = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ACCOUNTS), fc.nat(40)), { selector: ([account]) => account, maxLength: 4 })
  .map((pairs) => pairs.map(([account, amount]) => line(account, amount, 100, { enforce: account !== 'watched' })));
const operation = fc.oneof(
  fc.record({ do: fc.constant('reserve' as const), id, lines, ttl: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ do: fc.constant('settle' as const), id, nanoUsd: fc.nat(60) }),
  fc.record({ do: fc.constant('release' as const), id }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20) }),
);

describe('the books, for any order of messages', () => {
  it('agree with a naive ledger, step by step', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const { ledger, clock } = ledgerAt();
        const naive = new NaiveLedger();
        for (const step of operations) {
          naive.tick(clock.now);
          if (step.do === 'wait') clock.now += step.ms;
          if (step.do === 'settle') ledger.settle(step.id, step.nanoUsd, call());
          if (step.do === 'settle') naive.end(step.id, step.nanoUsd);
          if (step.do === 'release') ledger.release(step.id);
          if (step.do === 'release') naive.end(step.id, undefined);
          if (step.do === 'reserve') {
            const { ok } = ledger.reserve({ id: step.id, lines: step.lines, expiresAt: clock.now + step.ttl });
            expect(ok).toBe(naive.reserve(step.id, step.lines, clock.now + step.ttl));
          }
          naive.tick(clock.now);
          expect(ledger.read(ACCOUNTS)).toEqual(ACCOUNTS.map((account) => naive.state(account)));
        }
        const rolledUp = [...naive.rolledUp.values()].reduce((sum, nanoUsd) => sum + nanoUsd, 0);
        expect(ledger.query({ by: [], from: 0, to: HOUR })[0]?.nanoUsd ?? 0).toBe(rolledUp);
      }),
      { numRuns: 1_000 },
    );
  });

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
