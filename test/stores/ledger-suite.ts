/** What every ledger must do, whatever it keeps its books in. Each test has accounts and ids of its own, so that one store serves all. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountState, LedgerLine, LedgerStore, SpendDimensions } from '../../src/core/ledger.ts';
import { memoryLedger } from '../../src/stores/memory.ts';

export const HOUR = 3_600_000;
export const MINUTE = 60_000;

export interface OpenedLedger {
  readonly ledger: LedgerStore;
  close(): void | Promise<void>;
}

/** A clock in the test's hands. It only goes forward, as several tests share a store. */
export interface TestClock {
  now: number;
}

export interface SuiteOptions {
  /** Sequences of random messages that are compared with the naive ledger. */
  readonly runs: number;
  /** Whether the store takes reports of leases, as all do that keep books themselves. */
  readonly takesReports?: boolean;
}

export function line(account: string, amount: number, limit: number, more: Partial<LedgerLine> = {}): LedgerLine {
  return { account, amount, limit, enforce: true, ...more };
}

export function dimensions(at = 0, more: Partial<SpendDimensions> = {}): SpendDimensions {
  return { provider: 'openai', model: 'gpt-4o', inputTokens: 1, outputTokens: 1, at, ...more };
}

let tests = 0;

/** Names that no other test has: accounts, ids and a user to roll up by. */
export function names(): { (name: string): string; readonly user: string } {
  const prefix = `t${tests++}`;
  return Object.assign((name: string) => `${prefix}:${name}`, { user: `${prefix}:user` });
}

export function ledgerSuite(
  name: string,
  open: (clock: TestClock) => OpenedLedger | Promise<OpenedLedger>,
  { runs, takesReports = false }: SuiteOptions,
): void {
  describe(name, () => {
    const clock: TestClock = { now: Date.UTC(2026, 10, 21) };
    let opened: OpenedLedger;
    let ledger: LedgerStore;
    const soon = (): number => clock.now + MINUTE;
    const read = async (...accounts: string[]): Promise<readonly AccountState[]> => {
      await ledger.flush?.();
      return ledger.read(accounts);
    };
    const spentBy = async (user: string): Promise<readonly unknown[]> => {
      const rows = await ledger.query({ by: ['user'], from: 0, to: Number.MAX_SAFE_INTEGER });
      return rows.filter(({ group }) => group.user === user);
    };
    beforeAll(async () => {
      opened = await open(clock);
      ledger = opened.ledger;
    });
    afterAll(async () => {
      await opened?.close();
    });

    describe('reserving', () => {
      it('holds on all accounts or on none', async () => {
        const $ = names();
        const lines = [line($('wide'), 60, 100), line($('narrow'), 60, 50)];
        const result = await ledger.reserve({ id: $('a'), lines, expiresAt: soon() });
        expect(result).toEqual({ ok: false, over: [{ account: $('narrow'), posted: 0, held: 0 }] });
        expect(await read($('wide'), $('narrow'))).toMatchObject([{ held: 0 }, { held: 0 }]);
      });

      it('books a line that does not enforce, and tells that it is over', async () => {
        const $ = names();
        const lines = [line($('watched'), 60, 50, { enforce: false })];
        const result = await ledger.reserve({ id: $('a'), lines, expiresAt: soon() });
        expect(result).toEqual({ ok: true, over: [{ account: $('watched'), posted: 0, held: 0 }] });
        expect(await read($('watched'))).toMatchObject([{ held: 60 }]);
      });

      it('lets a limit be filled exactly, and lets free calls under a limit of nothing', async () => {
        const $ = names();
        const ok = async (id: string, lines: LedgerLine[]): Promise<boolean> =>
          (await ledger.reserve({ id: $(id), lines, expiresAt: soon() })).ok;
        expect(await ok('a', [line($('full'), 50, 50)])).toBe(true);
        expect(await ok('b', [line($('full'), 1, 50)])).toBe(false);
        expect(await ok('c', [line($('none'), 0, 0)])).toBe(true);
        expect(await ok('d', [line($('none'), 1, 0)])).toBe(false);
      });

      it('adds up two lines on one account', async () => {
        const $ = names();
        const lines = [line($('x'), 30, 50), line($('x'), 30, 50)];
        expect((await ledger.reserve({ id: $('a'), lines, expiresAt: soon() })).ok).toBe(false);
      });

      it('answers a repeated id as it did the first time, held, refused or ended, and holds once', async () => {
        const $ = names();
        const held = { id: $('a'), lines: [line($('x'), 30, 50)], expiresAt: soon() };
        const refused = { id: $('b'), lines: [line($('x'), 30, 50)], expiresAt: soon() };
        const first = await ledger.reserve(held);
        const second = await ledger.reserve(refused);
        expect(await ledger.reserve(held)).toEqual(first);
        expect(await read($('x'))).toMatchObject([{ held: 30 }]);
        await ledger.settle($('a'), 1, dimensions(clock.now));
        expect(await ledger.reserve(held)).toEqual(first);
        expect(await ledger.reserve(refused)).toEqual(second);
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 1, held: 0 }]);
      });

      it('keeps names apart that only differ in what a language would trim, fold or escape', async () => {
        const $ = names();
        const accounts = [
          'a',
          'A',
          ' a',
          'a ',
          'a\n',
          'a\\',
          'a"',
          "a'",
          'ä',
          'a\u0308',
          '__proto__',
          'null',
          '{a}',
          '😀',
        ];
        for (const [n, account] of accounts.entries())
          await ledger.reserve({ id: $(`id ${account}`), lines: [line($(account), n + 1, 99)], expiresAt: soon() });
        expect((await read(...accounts.map($))).map(({ held }) => held)).toEqual(accounts.map((_, n) => n + 1));
      });

      it('counts the earlier parts of a rolling window against the limit', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('10 h'), 30, 50)], expiresAt: soon() });
        await ledger.settle($('a'), 20, dimensions(clock.now));
        await ledger.reserve({ id: $('b'), lines: [line($('11 h'), 10, 50)], expiresAt: soon() });
        const now = (id: string, amount: number) =>
          ledger.reserve({
            id: $(id),
            lines: [line($('12 h'), amount, 50, { counting: [$('10 h'), $('11 h'), $('9 h')] })],
            expiresAt: soon(),
          });
        expect(await now('c', 21)).toEqual({ ok: false, over: [{ account: $('12 h'), posted: 20, held: 10 }] });
        expect((await now('d', 20)).ok).toBe(true);
        expect(await ledger.extend($('d'), 21, soon())).toMatchObject({ ok: false });
      });

      it('holds amounts up to nine million USD exactly', async () => {
        const $ = names();
        const limit = Number.MAX_SAFE_INTEGER;
        const ok = async (id: string, amount: number): Promise<boolean> =>
          (await ledger.reserve({ id: $(id), lines: [line($('x'), amount, limit)], expiresAt: soon() })).ok;
        expect(await ok('a', limit - 12_345_678_901)).toBe(true);
        expect(await ok('b', 12_345_678_902)).toBe(false);
        expect(await ok('c', 12_345_678_901)).toBe(true);
        await ledger.settle($('a'), limit - 98_765_432_109, dimensions(clock.now));
        await ledger.release($('c'));
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: limit - 98_765_432_109, held: 0 }]);
      });

      it.each([-1, 0.5, Number.NaN, 2 ** 53])('throws for the amount %d and changes nothing', async (amount) => {
        const $ = names();
        const attempt = async (act: () => unknown): Promise<unknown> => act();
        const lines = [line($('x'), 1, 50), line($('y'), amount, 50)];
        const reserve = () => ledger.reserve({ id: $('a'), lines, expiresAt: soon() });
        await expect(attempt(reserve)).rejects.toThrow(RangeError);
        await expect(attempt(() => ledger.settle($('a'), amount, dimensions()))).rejects.toThrow(RangeError);
        await expect(attempt(() => ledger.extend($('a'), amount, soon()))).rejects.toThrow(RangeError);
        expect(await read($('x'), $('y'))).toMatchObject([{ held: 0 }, { held: 0 }]);
      });
    });

    describe('extending', () => {
      it('raises all lines or none, by total', async () => {
        const $ = names();
        await ledger.reserve({
          id: $('a'),
          lines: [line($('x'), 10, 50), line($('y'), 20, 90)],
          expiresAt: soon(),
        });
        expect(await ledger.extend($('a'), 40, soon())).toMatchObject({ ok: true, state: 'open', over: [] });
        expect(await ledger.extend($('a'), 40, soon())).toMatchObject({ ok: true });
        expect(await read($('x'), $('y'))).toMatchObject([{ held: 40 }, { held: 40 }]);
        expect(await ledger.extend($('a'), 60, soon())).toMatchObject({
          ok: false,
          state: 'open',
          over: [{ account: $('x'), posted: 0, held: 40 }],
        });
        expect(await read($('x'), $('y'))).toMatchObject([{ held: 40 }, { held: 40 }]);
      });

      it('never lowers what is held', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 30, 50)], expiresAt: soon() });
        expect((await ledger.extend($('a'), 10, soon())).ok).toBe(true);
        expect(await read($('x'))).toMatchObject([{ held: 30 }]);
      });

      it('books a watched line past its limit, and tells', async () => {
        const $ = names();
        const lines = [line($('watched'), 10, 50, { enforce: false })];
        await ledger.reserve({ id: $('a'), lines, expiresAt: soon() });
        expect(await ledger.extend($('a'), 60, soon())).toMatchObject({
          ok: true,
          over: [{ account: $('watched'), posted: 0, held: 10 }],
        });
        expect(await read($('watched'))).toMatchObject([{ held: 60 }]);
      });

      it('moves the expiry', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 10, 50)], expiresAt: clock.now + 1_000 });
        await ledger.extend($('a'), 10, clock.now + 5_000);
        clock.now += 2_000;
        expect(await read($('x'))).toMatchObject([{ posted: 0, held: 10 }]);
        clock.now += 3_000;
        expect(await read($('x'))).toMatchObject([{ posted: 10, held: 0 }]);
      });

      it('refuses what has ended, was refused, has expired or never was', async () => {
        const $ = names();
        for (const id of ['settled', 'released', 'refused', 'expired'])
          await ledger.reserve({
            id: $(id),
            lines: [line($(id), 10, id === 'refused' ? 5 : 50)],
            expiresAt: clock.now + 1_000,
          });
        await ledger.settle($('settled'), 5, dimensions(clock.now));
        await ledger.release($('released'));
        clock.now += 1_000;
        for (const id of ['settled', 'released', 'refused', 'expired'])
          expect(await ledger.extend($(id), 20, soon()), id).toMatchObject({ ok: false, state: 'ended', over: [] });
        expect(await ledger.extend($('never'), 20, soon())).toMatchObject({ ok: false, state: 'unknown' });
        expect(await read($('settled'), $('released'), $('refused'), $('expired'))).toMatchObject([
          { posted: 5, held: 0 },
          { posted: 0, held: 0 },
          { posted: 0, held: 0 },
          { posted: 10, held: 0 },
        ]);
      });
    });

    describe('ending', () => {
      it('posts the truth once, even when it is more than was held', async () => {
        const $ = names();
        const lines = [line($('x'), 30, 50), line($('y'), 30, 50)];
        await ledger.reserve({ id: $('a'), lines, expiresAt: soon() });
        const row = dimensions(clock.now, { user: $.user });
        await ledger.settle($('a'), 70, row);
        await ledger.settle($('a'), 70, row);
        await ledger.release($('a'));
        expect(await read($('x'), $('y'))).toMatchObject([
          { posted: 70, held: 0 },
          { posted: 70, held: 0 },
        ]);
        expect(await spentBy($.user)).toMatchObject([{ nanoUsd: 70, calls: 1, inputTokens: 1, outputTokens: 1 }]);
      });

      it('gives a released hold back, after which a settle counts no more', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 30, 50)], expiresAt: soon() });
        await ledger.release($('a'));
        await ledger.settle($('a'), 30, dimensions(clock.now, { user: $.user }));
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 0, held: 0 }]);
        expect(await spentBy($.user)).toEqual([]);
      });

      it('does not hold for a reservation whose release came first', async () => {
        const $ = names();
        await ledger.release($('a'));
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 30, 50)], expiresAt: soon() });
        expect(await read($('x'))).toMatchObject([{ posted: 0, held: 0 }]);
      });

      it('rolls up a call that no cap held, once', async () => {
        const $ = names();
        const row = dimensions(clock.now, { user: $.user });
        await ledger.settle($('free of caps'), 5, row);
        await ledger.settle($('free of caps'), 5, row);
        expect(await spentBy($.user)).toMatchObject([{ nanoUsd: 5, calls: 1 }]);
      });

      it('posts what is no money like money, in every unit to the last, and rolls nothing up', async () => {
        const $ = names();
        const all = { by: [], from: 0, to: Number.MAX_SAFE_INTEGER };
        const before = await ledger.query(all);
        const requests = [line($('minute'), 1, 3), line($('day'), 1, 10)];
        const ids = ['a', 'b', 'c', 'd'].map($);
        const oks = [];
        for (const id of ids) oks.push((await ledger.reserve({ id, lines: requests, expiresAt: soon() })).ok);
        expect(oks).toEqual([true, true, true, false]);
        await ledger.settle(ids[0]!, 1, undefined);
        await ledger.settle(ids[0]!, 1, undefined);
        await ledger.settle(ids[1]!, 70, undefined);
        await ledger.release(ids[1]!);
        await ledger.release(ids[2]!);
        await ledger.settle(ids[2]!, 1, undefined);
        expect(await read($('minute'), $('day'))).toEqual([
          { account: $('minute'), posted: 71, held: 0 },
          { account: $('day'), posted: 71, held: 0 },
        ]);
        expect((await ledger.reserve({ id: $('e'), lines: requests, expiresAt: soon() })).ok).toBe(false);
        expect(await ledger.query(all)).toEqual(before);
      });

      it('rolls up by every dimension and by tags, dearest first', async () => {
        const $ = names();
        const of = (n: number, more: Partial<SpendDimensions>): Promise<void> =>
          Promise.resolve(ledger.settle($(`${n}`), n, dimensions(clock.now, { user: $.user, ...more })));
        await of(1, { workspace: 'w', tags: { team: $('red'), 'a"b': '1' } });
        await of(2, { workspace: 'v', tags: { team: $('blue') }, model: 'gpt-5' });
        await of(4, { workspace: 'v', tags: { team: $('red') }, session: 's' });
        const rows = await ledger.query({ by: ['user', 'tag:team'], from: 0, to: Number.MAX_SAFE_INTEGER });
        expect(rows.filter(({ group }) => group.user === $.user)).toMatchObject([
          { group: { 'tag:team': $('red') }, nanoUsd: 5, calls: 2 },
          { group: { 'tag:team': $('blue') }, nanoUsd: 2, calls: 1 },
        ]);
      });

      it('books a call into the window of its start, however late it settles', async () => {
        const $ = names();
        const at = Date.UTC(2026, 9, 1, 7) - 1;
        await ledger.settle($('late'), 5, dimensions(at, { user: $.user }));
        const rows = await ledger.query({ by: ['user'], from: at + 1 - HOUR, to: at + 1 });
        expect(rows.filter(({ group }) => group.user === $.user)).toMatchObject([{ nanoUsd: 5 }]);
        const after = await ledger.query({ by: ['user'], from: at + 1, to: at + HOUR });
        expect(after.filter(({ group }) => group.user === $.user)).toEqual([]);
      });
    });

    describe('expiry', () => {
      it('charges what was held in full, as unreconciled', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 30, 50)], expiresAt: clock.now + 1_000 });
        clock.now += 1_000;
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 30, held: 0, unreconciled: 30 }]);
      });

      it('is corrected by a late settle, exactly once', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 30, 50)], expiresAt: clock.now + 1_000 });
        clock.now += 1_001;
        await read($('x'));
        const row = dimensions(clock.now, { user: $.user });
        await ledger.settle($('a'), 12, row);
        await ledger.settle($('a'), 12, row);
        await ledger.release($('a'));
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 12, held: 0 }]);
        expect(await spentBy($.user)).toMatchObject([{ nanoUsd: 12, calls: 1 }]);
      });

      it('does not wait for earlier reservations with later expiries', async () => {
        const $ = names();
        for (const [id, ttl] of [9, 3, 7, 1, 5].entries())
          await ledger.reserve({
            id: $(`${id}`),
            lines: [line($('x'), 1, 50)],
            expiresAt: clock.now + ttl * 1_000,
          });
        clock.now += 5_000;
        expect(await read($('x'))).toMatchObject([{ posted: 3, held: 2 }]);
      });
    });

    const declareReports = (): void => {
      it('post what was used and set what is held, down as well as up', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 10, 50)], expiresAt: soon() });
        const report = (version: number, total: number, used: number, held = 0) =>
          ledger.extend($('a'), total, soon(), { version, used, held });
        expect(await report(1, 40, 5, 5)).toMatchObject({ ok: true, accounts: [{ posted: 5, held: 35 }] });
        expect(await report(2, 20, 8, 2)).toMatchObject({ ok: true, accounts: [{ posted: 8, held: 12 }] });
        expect(await report(3, 60, 9, 3)).toMatchObject({
          ok: false,
          over: [{ account: $('x'), posted: 8, held: 12 }],
        });
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 9, held: 11 }]);
        await ledger.release($('a'));
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 9, held: 0 }]);
      });

      it('change nothing when a newer one came before', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 10, 50)], expiresAt: soon() });
        await ledger.extend($('a'), 30, soon(), { version: 2, used: 6, held: 0 });
        await ledger.extend($('a'), 50, soon(), { version: 1, used: 1, held: 0 });
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 6, held: 24 }]);
      });

      it('book what is owed past the limit: calls may cost more than they held', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 50, 50)], expiresAt: soon() });
        await ledger.extend($('a'), 70, soon(), { version: 1, used: 40, held: 30 });
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 40, held: 30 }]);
      });

      it('make what is unreconciled smaller after the lease was charged, and releasing it ends that', async () => {
        const $ = names();
        await ledger.reserve({ id: $('a'), lines: [line($('x'), 30, 50)], expiresAt: clock.now + 1_000 });
        clock.now += 1_000;
        const report = await ledger.extend($('a'), 30, soon(), { version: 1, used: 20, held: 4 });
        expect(report).toMatchObject({ ok: false, state: 'ended' });
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 30, held: 0, unreconciled: 10 }]);
        await ledger.release($('a'));
        expect(await read($('x'))).toEqual([{ account: $('x'), posted: 20, held: 0 }]);
      });

      it('are answered as the memory ledger answers them, for any order of messages', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(reportOperation, { maxLength: 40 }), async (operations) => {
            const $ = names();
            const model = memoryLedger({ now: () => clock.now });
            const accounts = ACCOUNTS.map($);
            for (const step of operations) {
              const answer = (store: LedgerStore): unknown => {
                if (step.do === 'release') return store.release($(step.id));
                if (step.do === 'settle')
                  return store.settle($(step.id), step.nanoUsd, step.isMoney ? dimensions() : undefined);
                if (step.do === 'wait') return undefined;
                if (step.do === 'reserve') {
                  const { enforce, amount, ttl } = step;
                  const counting = step.counting.map($);
                  const lines = [line($(step.account), amount, 100, { enforce, counting })];
                  return store.reserve({ id: $(step.id), lines, expiresAt: clock.now + ttl });
                }
                const { version, used, held, total, ttl } = step;
                return store.extend(
                  $(step.id),
                  total,
                  clock.now + ttl,
                  version > 0 ? { version, used, held } : undefined,
                );
              };
              if (step.do === 'wait') clock.now += step.ms;
              expect(await answer(ledger)).toEqual(await answer(model));
              expect(await ledger.read(accounts)).toEqual(model.read(accounts));
            }
          }),
          { numRuns: runs },
        );
      });
    };
    if (takesReports) describe('reports of a lease', declareReports);

    describe('the books, for any order of messages', () => {
      it('agree with a naive ledger, step by step', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
            const $ = names();
            const accounts = ACCOUNTS.map($);
            const naive = new NaiveLedger();
            for (const step of operations) {
              if (step.do === 'wait') clock.now += step.ms;
              naive.tick(clock.now);
              if (step.do === 'settle')
                await ledger.settle(
                  $(step.id),
                  step.nanoUsd,
                  step.isMoney ? dimensions(clock.now, { user: $.user }) : undefined,
                );
              if (step.do === 'settle') naive.end($(step.id), step.nanoUsd, step.isMoney);
              if (step.do === 'release') await ledger.release($(step.id));
              if (step.do === 'release') naive.end($(step.id), undefined);
              if (step.do === 'extend') {
                const { ok } = await ledger.extend($(step.id), step.total, clock.now + step.ttl);
                expect(ok).toBe(naive.extend($(step.id), step.total, clock.now + step.ttl));
              }
              if (step.do === 'reserve') {
                const lines = step.lines.map((each) => ({ ...each, account: $(each.account) }));
                const { ok } = await ledger.reserve({ id: $(step.id), lines, expiresAt: clock.now + step.ttl });
                expect(ok).toBe(naive.reserve($(step.id), lines, clock.now + step.ttl));
              }
              const states = (await read(...accounts)).map(({ account, posted, held }) => ({ account, posted, held }));
              expect(states).toEqual(accounts.map((account) => naive.state(account)));
            }
            const rolledUp = [...naive.rolledUp.values()].reduce((sum, nanoUsd) => sum + nanoUsd, 0);
            const rows = (await spentBy($.user)) as readonly { nanoUsd: number }[];
            expect(rows[0]?.nanoUsd ?? 0).toBe(rolledUp);
          }),
          { numRuns: runs },
        );
      });
    });
  });
}

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
    const ok = lines.every((each) => !each.enforce || this.fits(each, each.amount));
    this.calls.set(id, { lines, expiresAt, ok, state: 'held', posted: 0 });
    return ok;
  }

  fits({ account, limit }: LedgerLine, more: number): boolean {
    const { posted, held } = this.state(account);
    return posted + held + more <= limit;
  }

  extend(id: string, total: number, expiresAt: number): boolean {
    const known = this.calls.get(id);
    if (known?.state !== 'held' || !known.ok) return false;
    const grows = (each: LedgerLine): boolean => total > each.amount;
    const ok = known.lines.every((each) => !each.enforce || !grows(each) || this.fits(each, total - each.amount));
    known.expiresAt = Math.max(known.expiresAt, expiresAt);
    if (ok) known.lines = known.lines.map((each) => (grows(each) ? { ...each, amount: total } : each));
    return ok;
  }

  end(id: string, nanoUsd: number | undefined, isMoney = true): void {
    const known = this.calls.get(id) ?? { lines: [], expiresAt: 0, ok: true, state: 'held' as const, posted: 0 };
    if (known.state === 'ended') return;
    this.calls.set(id, { ...known, state: 'ended', posted: nanoUsd ?? 0 });
    if (nanoUsd !== undefined && isMoney) this.rolledUp.set(id, nanoUsd);
  }
}

const ACCOUNTS = ['a', 'b', 'c', 'watched'];
const id = fc.integer({ min: 0, max: 11 }).map(String);
const lines = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ACCOUNTS), fc.nat(40)), { selector: ([account]) => account, maxLength: 4 })
  .map((pairs) => pairs.map(([account, amount]) => line(account, amount, 100, { enforce: account !== 'watched' })));
const ttl = fc.integer({ min: 1, max: 30 });
const operation = fc.oneof(
  fc.record({ do: fc.constant('reserve' as const), id, lines, ttl }),
  fc.record({ do: fc.constant('extend' as const), id, total: fc.nat(60), ttl }),
  fc.record({ do: fc.constant('settle' as const), id, nanoUsd: fc.nat(60), isMoney: fc.boolean() }),
  fc.record({ do: fc.constant('release' as const), id }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20) }),
);
const reportOperation = fc.oneof(
  fc.record({
    do: fc.constant('reserve' as const),
    id,
    account: fc.constantFrom(...ACCOUNTS),
    amount: fc.nat(40),
    enforce: fc.boolean(),
    counting: fc.uniqueArray(fc.constantFrom(...ACCOUNTS), { maxLength: 2 }),
    ttl,
  }),
  fc.record({
    do: fc.constant('extend' as const),
    id,
    total: fc.nat(60),
    used: fc.nat(40),
    held: fc.nat(40),
    version: fc.nat(6),
    ttl,
  }),
  fc.record({ do: fc.constant('settle' as const), id, nanoUsd: fc.nat(60), isMoney: fc.boolean() }),
  fc.record({ do: fc.constant('release' as const), id }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20) }),
);
