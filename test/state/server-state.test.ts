import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditEntry, StateStore } from '../../src/core/state.ts';
import { isGatewayError } from '../../src/errors.ts';
import { auditRows, verifyChain } from '../../src/state/audit-chain.ts';
import { type Change, openState, type ServerState, type ServerStateOptions } from '../../src/state/server-state.ts';
import { memoryState } from '../../src/stores/state/memory.ts';
import { type Fault, type FaultyStore, faultyStore, type Step } from './faulty-store.ts';

const entry = (name: string): AuditEntry => ({
  actor: { kind: 'cli', name: 'ada' },
  operation: 'update_price',
  resource: { type: 'price', id: name },
  changes: {},
});
const setting = (id: string, value: Record<string, unknown> | null): Change<string> => ({
  entry: entry(id),
  writes: [{ kind: 'price', id, value }],
  result: id,
});

let memory: StateStore;
let store: FaultyStore;
let opened: ServerState[];
const open = async (options: ServerStateOptions = {}): Promise<ServerState> => {
  const state = await openState(store, { pollMs: 0, deadlineMs: 50, random: () => 0, ...options });
  opened.push(state);
  return state;
};

beforeEach(() => {
  memory = memoryState();
  store = faultyStore(memory);
  opened = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.map((state) => state.close()));
});

describe('a change', () => {
  it('is in the documents of its server as soon as it is made', async () => {
    const state = await open();

    expect(await state.change(() => setting('a', { usd: 1, none: undefined }))).toBe('a');

    expect(state.document('price', 'a')).toEqual({ kind: 'price', id: 'a', value: { usd: 1 } });
    expect(state.documents('price')).toHaveLength(1);
    expect(state.documents('key')).toEqual([]);
    expect(state.head).toEqual(await memory.head());
    expect(store.calls.load).toBe(1);
  });

  it('that is none after all leaves nothing', async () => {
    const state = await open();

    expect(await state.change(() => undefined)).toBeUndefined();

    expect(await memory.head()).toMatchObject({ seq: 0 });
  });

  it('that cannot be made throws what it throws, and leaves nothing', async () => {
    const state = await open();

    await expect(
      state.change((): Change<string> => {
        throw new RangeError('no');
      }),
    ).rejects.toThrow(RangeError);

    expect(await memory.head()).toMatchObject({ seq: 0 });
    expect(await state.change(() => setting('a', {}))).toBe('a');
  });

  it('sees what another server has changed before it', async () => {
    const [one, two] = [await open(), await open()];
    await one.change(() => setting('a', { usd: 1 }));
    expect(two.document('price', 'a')).toBeUndefined();

    const seen = await two.change((view) => ({ ...setting('b', {}), result: view.document('price', 'a')?.value }));

    expect(seen).toEqual({ usd: 1 });
  });

  it('is made again when another server was first, and then only once', async () => {
    const [one, two] = [await open(), await open()];
    let asked = 0;

    const result = await one.change((view) => {
      asked++;
      const count = Number(view.document('price', 'n')?.value.count ?? 0);
      return setting('n', { count: count + 1 });
    });
    const both = await Promise.all(
      [one, two].map((state) =>
        state.change((view) => setting('n', { count: Number(view.document('price', 'n')!.value.count) + 1 })),
      ),
    );

    expect([result, asked, ...both]).toEqual(['n', 1, 'n', 'n']);
    expect((await memory.load()).documents).toEqual([{ kind: 'price', id: 'n', value: { count: 3 } }]);
    expect(await memory.audit(1, 10)).toHaveLength(3);
  });

  it('gives up when others are first again and again', async () => {
    const state = await open();
    const busy: StateStore = { ...store, commit: async () => false };
    const unlucky = await openState(busy, { pollMs: 0, random: () => 0 });
    opened.push(unlucky);

    await expect(unlucky.change(() => setting('a', {}))).rejects.toMatchObject({
      code: 'state_unavailable',
      details: { known: true },
    });
    expect(state.document('price', 'a')).toBeUndefined();
  });

  it('has an id of its own where the request has none, so that no two rows are the same', async () => {
    const state = await open({ now: () => 0 });
    await state.change(() => setting('a', {}));
    await state.change(() => ({ ...setting('b', {}), entry: { ...entry('b'), requestId: 'req-7' } }));

    const rows = await state.audit(1, 10);

    expect(rows.map(({ requestId }) => requestId)).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), 'req-7']);
  });
});

describe('a fault', () => {
  it.each<[Step, number, Fault]>([
    ['head', 0, 'before'],
    ['head', 0, 'silent'],
    ['commit', 0, 'before'],
    ['commit', 0, 'silent'],
  ])('of %s (%i, %s) makes the change fail, and nothing is changed', async (step, call, fault) => {
    const state = await open();
    store.fail(step, fault, call);

    await expect(state.change(() => setting('a', {}))).rejects.toSatisfy((error) =>
      isGatewayError(error, 'state_unavailable'),
    );

    expect(await memory.load()).toMatchObject({ head: { seq: 0 }, documents: [] });
    expect(state.document('price', 'a')).toBeUndefined();
    expect(await state.change(() => setting('a', {}))).toBe('a');
    expect(await verifyChain(auditRows(memory), await memory.head())).toMatchObject({ ok: true, rows: 1 });
  });

  it.each<[Fault]>([['lost reply'], ['asked twice']])(
    'after the change was made (%s) is found out in the log',
    async (fault) => {
      const state = await open();
      let asked = 0;
      store.fail('commit', fault);

      const result = await state.change(() => {
        asked++;
        return setting('a', { usd: 1 });
      });

      expect([result, asked]).toEqual(['a', 1]);
      expect(state.document('price', 'a')?.value).toEqual({ usd: 1 });
      expect(await memory.audit(1, 10)).toHaveLength(1);
    },
  );

  it('that leaves it open whether a change was made says so', async () => {
    const state = await open();
    store.fail('commit', 'lost reply');
    store.fail('audit', 'before');

    await expect(state.change(() => setting('a', { usd: 1 }))).rejects.toMatchObject({
      code: 'state_unavailable',
      message: expect.stringContaining('not known') as string,
      details: { known: false },
    });

    await state.refresh();
    expect(state.document('price', 'a')?.value).toEqual({ usd: 1 });
  });

  it('that the database has told of leaves nothing open', async () => {
    const full = Object.assign(new Error('database or disk is full: INSERT ...'), { code: 'SQLITE_FULL' });
    const state = await openState({ ...store, commit: () => Promise.reject(full) }, { pollMs: 0, deadlineMs: 50 });
    opened.push(state);

    await expect(state.change(() => setting('a', {}))).rejects.toMatchObject({
      message: 'The change was not made: The state store failed (SQLITE_FULL).',
      details: { known: true },
    });
  });

  it('at the start is thrown', async () => {
    store.fail('load', 'before');

    await expect(open()).rejects.toMatchObject({ code: 'state_unavailable' });
  });

  it('leaves the documents that are known, and is told once until it is over', async () => {
    const errors: Error[] = [];
    const state = await open({ onError: (error) => errors.push(error), now: () => 7 });
    await state.change(() => setting('a', { usd: 1 }));
    for (const call of [0, 1, 2]) store.fail('head', 'before', call);

    for (const _ of [0, 1, 2]) await state.refresh().catch(() => undefined);

    expect(state.document('price', 'a')?.value).toEqual({ usd: 1 });
    expect(state.health).toMatchObject({ ok: false, error: 'state_unavailable', checkedAt: 7 });
    expect(errors.map(({ message }) => message)).toEqual(['The state store failed (ECONNRESET).']);
    await state.refresh();
    expect(state.health).toMatchObject({ ok: true });
    expect(state.health.latencyMs).toBeGreaterThanOrEqual(0);
  });
});

describe('the copy of the documents', () => {
  it('follows what other servers change, and tells those who listen', async () => {
    vi.useFakeTimers();
    const [one, two] = [await open(), await open({ pollMs: 1_000, deadlineMs: 10_000 })];
    const heads: number[] = [];
    const stop = two.onChange(({ seq }) => heads.push(seq));
    await one.change(() => setting('a', { usd: 1 }));
    await one.change(() => setting('b', {}));

    await vi.advanceTimersByTimeAsync(999);
    expect(two.document('price', 'a')).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(two.document('price', 'a')?.value).toEqual({ usd: 1 });
    await two.change(() => setting('a', null));
    expect(two.document('price', 'a')).toBeUndefined();

    expect(heads).toEqual([2, 3]);
    const { load, head } = store.calls;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(store.calls).toMatchObject({ load, head: head + 3 });
    stop();
    await two.change(() => setting('c', {}));
    expect(heads).toEqual([2, 3]);
  });

  it('goes on being polled after a fault, and no more once it is closed', async () => {
    vi.useFakeTimers();
    const state = await open({ pollMs: 1_000, deadlineMs: 5_000 });
    store.fail('head', 'silent');
    await vi.advanceTimersByTimeAsync(1_000 + 5_000);
    expect(state.health.ok).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.health.ok).toBe(true);

    await state.close();
    const { head } = store.calls;
    await vi.advanceTimersByTimeAsync(5_000);

    expect(store.calls.head).toBe(head);
    await expect(state.change(() => setting('a', {}))).rejects.toThrow('closed');
  });

  it('does not mind a listener that throws', async () => {
    const errors: Error[] = [];
    const state = await open({ onError: (error) => errors.push(error) });
    state.onChange(() => {
      throw new Error('mine');
    });

    expect(await state.change(() => setting('a', {}))).toBe('a');

    expect(errors).toHaveLength(1);
  });

  it('follows a store that was restored from an older copy, and says so', async () => {
    const errors: Error[] = [];
    let current: StateStore = memory;
    const replaced: StateStore = {
      head: () => current.head(),
      load: () => current.load(),
      commit: (record, writes) => current.commit(record, writes),
      audit: (from, limit) => current.audit(from, limit),
    };
    const state = await openState(replaced, { pollMs: 0, onError: (error) => errors.push(error) });
    opened.push(state);
    await state.change(() => setting('a', {}));
    await state.change(() => setting('b', {}));

    current = memoryState();
    await state.refresh();

    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('went back from row 2 to row 0') as string,
    ]);
    expect(state.documents('price')).toEqual([]);
  });
});

it('a thousand changes may wait for their turn, and no more', async () => {
  const state = await open({ deadlineMs: 5_000 });

  const results = await Promise.allSettled(
    Array.from({ length: 1_001 }, (_, n) => state.change(() => setting(`${n}`, {}))),
  );

  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1_000);
  expect(results.at(-1)).toMatchObject({ reason: { code: 'state_unavailable', details: { known: true } } });
});

it('options that make no sense are refused', async () => {
  await expect(open({ pollMs: -1 })).rejects.toThrow('openState: pollMs');
  await expect(open({ deadlineMs: 0 })).rejects.toThrow('openState: deadlineMs');
});
