/** What every state store must do. `open` gives a client of one and the same store, the first time an empty one. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry, AuditRecord, StateHead, StateStore, StateWrite } from '../../src/core/state.ts';
import { EMPTY_HEAD } from '../../src/core/state.ts';
import { auditRows, chained, verifyChain } from '../../src/state/audit-chain.ts';
import { openState } from '../../src/state/server-state.ts';
import { type OpenedState, openStateStore, type StateSpec } from './support/open-state.ts';

const AT = Date.UTC(2026, 10, 26, 12);
const entry = (name: string): AuditEntry => ({
  actor: { kind: 'cli', name: 'ada' },
  operation: 'create_gateway_key',
  resource: { type: 'gateway_key', id: name, name },
  changes: { name: { to: name } },
});
const key = (id: string, value: Record<string, unknown> | null = { name: id }): StateWrite => ({
  kind: 'key',
  id,
  value,
});

async function append(store: StateStore, name: string, writes: readonly StateWrite[]): Promise<AuditRecord> {
  const record = chained(entry(name), await store.head(), AT);
  expect(await store.commit(record, writes)).toBe(true);
  return record;
}

const headOf = ({ seq, hash }: AuditRecord): StateHead => ({ seq, hash });

/** `spec` is made anew for each test, so that each has a store of its own. */
export function stateSuite(name: string, newSpec: () => StateSpec, cleanUp: () => void = () => undefined): void {
  describe(name, () => {
    let spec: StateSpec;
    let opened: OpenedState[];
    const openOne = async (): Promise<StateStore> => {
      // One memory is one process; its clients are the same object.
      if (spec.kind === 'memory' && opened[0]) return opened[0].store;
      opened.push(await openStateStore(spec));
      return opened.at(-1)!.store;
    };
    beforeEach(() => {
      spec = newSpec();
      opened = [];
    });
    afterEach(async () => {
      await opened[0]?.drop();
      for (const { close } of opened) await close();
    });
    afterAll(cleanUp);

    it('begins empty', async () => {
      const store = await openOne();

      expect(await store.head()).toEqual(EMPTY_HEAD);
      expect(await store.load()).toEqual({ head: EMPTY_HEAD, documents: [] });
      expect(await store.audit(1, 10)).toEqual([]);
    });

    it('keeps a record and its documents together, for every client', async () => {
      const [store, other] = [await openOne(), await openOne()];

      const record = await append(store, 'one', [key('one', { name: 'one', tags: { team: 'λ – "x"\u0000\ud800' } })]);

      expect(await other.head()).toEqual(headOf(record));
      expect(await other.load()).toEqual({
        head: headOf(record),
        documents: [{ kind: 'key', id: 'one', value: { name: 'one', tags: { team: 'λ – "x"\u0000\ud800' } } }],
      });
      expect(await other.audit(1, 10)).toEqual([record]);
    });

    it('replaces and takes out documents, of several writes to one the last', async () => {
      const store = await openOne();
      await append(store, 'one', [key('a'), key('b'), { kind: 'policy', id: 'a', value: { limit: 1 } }]);

      await append(store, 'two', [
        key('a', null),
        key('b', { name: 'first' }),
        key('b', { name: 'last' }),
        key('c', null),
      ]);

      const { documents } = await store.load();
      expect([...documents].sort((x, y) => (x.kind < y.kind ? -1 : 1))).toEqual([
        { kind: 'key', id: 'b', value: { name: 'last' } },
        { kind: 'policy', id: 'a', value: { limit: 1 } },
      ]);
    });

    it('refuses a record that does not follow the head, and changes nothing', async () => {
      const store = await openOne();
      const first = await append(store, 'one', [key('a')]);

      const again = chained(entry('again'), EMPTY_HEAD, AT);
      const ahead = chained(entry('ahead'), { seq: 5, hash: first.hash }, AT);
      const astray = chained(entry('astray'), { seq: 1, hash: 'f'.repeat(64) }, AT);
      for (const record of [again, ahead, astray, first]) expect(await store.commit(record, [key('b')])).toBe(false);

      expect(await store.load()).toEqual({ head: headOf(first), documents: [{ ...key('a') }] });
      expect(await store.audit(1, 10)).toEqual([first]);
    });

    it('gives the log in its order and in parts', async () => {
      const store = await openOne();
      const records: AuditRecord[] = [];
      for (let place = 0; place < 12; place++) records.push(await append(store, `n${place}`, []));

      expect(await store.audit(1, 5)).toEqual(records.slice(0, 5));
      expect(await store.audit(9, 100)).toEqual(records.slice(8));
      expect(await store.audit(13, 100)).toEqual([]);
      expect(await verifyChain(auditRows(store), headOf(records.at(-1)!))).toMatchObject({ ok: true, rows: 12 });
    });

    it('takes a document and a record of many kilobytes', async () => {
      const store = await openOne();
      const text = 'é'.repeat(200_000);

      const record = chained({ ...entry('large'), changes: { text: { to: text } } }, EMPTY_HEAD, AT);
      expect(await store.commit(record, [key('large', { text })])).toBe(true);

      expect((await store.load()).documents).toEqual([key('large', { text })]);
      expect(await store.audit(1, 1)).toEqual([record]);
    });

    it('lets one of those who commit at once through, so that no row is missing or twice there', async () => {
      const clients = [await openOne(), await openOne(), await openOne()];
      const states = await Promise.all(clients.map((store) => openState({ ...bound(store) }, { pollMs: 0 })));
      const each = 15;

      const made = await Promise.all(
        states.flatMap((state, client) =>
          Array.from({ length: each }, (_, place) =>
            state.change((view) => {
              const count = (view.document('price', 'count')?.value.count as number | undefined) ?? 0;
              const writes: StateWrite[] = [
                { kind: 'price', id: 'count', value: { count: count + 1 } },
                key(`${client}-${place}`),
              ];
              return { entry: entry(`${client}-${place}`), writes, result: count + 1 };
            }),
          ),
        ),
      );

      const total = clients.length * each;
      expect([...made].sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, place) => place + 1));
      expect(await verifyChain(auditRows(clients[0]!), await clients[1]!.head())).toMatchObject({
        ok: true,
        rows: total,
      });
      const { documents } = await clients[2]!.load();
      expect(documents.filter(({ kind }) => kind === 'key')).toHaveLength(total);
      expect(documents.find(({ kind }) => kind === 'price')?.value).toEqual({ count: total });
    });
  });
}

/** Without `close`, which is the test's. */
function bound(store: StateStore): StateStore {
  return {
    head: () => store.head(),
    load: () => store.load(),
    commit: (record, writes) => store.commit(record, writes),
    audit: (from, limit) => store.audit(from, limit),
  };
}
