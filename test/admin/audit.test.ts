/** The audit log as it is read, verified and exported. */
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/core/state.ts';
import { verifyChain } from '../../src/state/audit-chain.ts';
import { fromOcsf } from '../../src/state/ocsf.ts';
import { memoryState } from '../../src/stores/state/memory.ts';
import { type Opened, openAdmin } from './support/open-admin.ts';

async function withKeys(count: number, opened?: Opened): Promise<Opened> {
  const admin = opened ?? (await openAdmin());
  for (let i = 1; i <= count; i++) await admin.ask('POST', '/v1/keys', { body: { name: `key ${i}` } });
  return admin;
}
const json = async (response: Response) => (await response.json()) as { records: { seq: number }[]; head: unknown };

describe('the list', () => {
  it('is read backwards, page by page', async () => {
    const { ask, state } = await withKeys(5);
    const seqs = async (query: string) => {
      const { records } = await json(await ask('GET', `/v1/audit${query}`));
      return (records as { seq: number }[]).map(({ seq }) => seq);
    };
    expect(await seqs('')).toEqual([5, 4, 3, 2, 1]);
    expect(await seqs('?limit=2')).toEqual([5, 4]);
    expect(await seqs('?limit=2&before=4')).toEqual([3, 2]);
    expect(await seqs('?limit=2&before=2')).toEqual([1]);
    expect(await seqs('?before=1')).toEqual([]);
    expect(await seqs('?before=1000')).toEqual([5, 4, 3, 2, 1]);
    expect((await json(await ask('GET', '/v1/audit?limit=1'))).head).toEqual(state.head);
    for (const query of ['?before=0', '?before=-1', '?before=x', '?limit=0', '?limit=2000'])
      expect((await ask('GET', `/v1/audit${query}`)).status).toBe(400);
  });

  it('of an empty log is empty', async () => {
    const { ask } = await openAdmin();
    expect(await json(await ask('GET', '/v1/audit'))).toEqual({
      records: [],
      head: { seq: 0, hash: '0'.repeat(64) },
    });
  });

  it('says who did what, by which request', async () => {
    const { ask } = await openAdmin();
    const made = await ask('POST', '/v1/keys', { body: { name: 'first', user: 'ada' } });
    const { records } = await json(await ask('GET', '/v1/audit'));
    expect(records[0]).toMatchObject({
      ...{ seq: 1, at: '2026-11-26T10:30:00.000Z', operation: 'create_gateway_key' },
      actor: { kind: 'admin_token', name: 'ops' },
      resource: { type: 'gateway_key', name: 'first' },
      changes: { user: { to: 'ada' } },
      request_id: made.headers.get('x-postern-request-id'),
    });
  });
});

describe('verification', () => {
  it('says that the chain is whole', async () => {
    const { ask, state } = await withKeys(3);
    expect(await json(await ask('GET', '/v1/audit/verify'))).toEqual({ ok: true, rows: 3, head: state.head });
  });

  it('names the first row that was changed', async () => {
    const store = memoryState();
    let forge = (row: AuditRecord): AuditRecord => row;
    const opened = await openAdmin({
      store: { ...store, audit: async (from, limit) => (await store.audit(from, limit)).map(forge) },
    });
    await withKeys(4, opened);
    forge = (row) => (row.seq === 2 ? { ...row, actor: { ...row.actor, name: 'somebody else' } } : row);
    expect(await json(await opened.ask('GET', '/v1/audit/verify'))).toMatchObject({
      ...{ ok: false, rows: 1 },
      broken: { seq: 2, reason: expect.stringContaining('hash') },
    });
  });

  it('sees that rows were cut off', async () => {
    const store = memoryState();
    let last = 100;
    const opened = await openAdmin({
      store: {
        ...store,
        audit: async (from, limit) => (await store.audit(from, limit)).filter(({ seq }) => seq <= last),
      },
    });
    await withKeys(4, opened);
    last = 2;
    expect(await json(await opened.ask('GET', '/v1/audit/verify'))).toMatchObject({ ok: false, broken: { seq: 3 } });
  });
});

describe('the export', () => {
  it('is one OCSF object a line, from which the chain is proved', async () => {
    const { ask, state } = await withKeys(3);
    const response = await ask('GET', '/v1/audit/export');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await response.text()).trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ class_uid }) => class_uid)).toEqual([6003, 6003, 6003]);
    expect(events[0]).toMatchObject({ api: { operation: 'create_gateway_key' } });
    const rows = events.map((event) => fromOcsf(event)!);
    expect(await verifyChain(rows, state.head)).toMatchObject({ ok: true, rows: 3 });
  });

  it('is read as fast as it is taken, and no further', async () => {
    const store = memoryState();
    let pages = 0;
    const opened = await openAdmin({
      store: {
        ...store,
        audit: (from, limit) => {
          pages++;
          return store.audit(from, limit);
        },
      },
    });
    for (let i = 0; i < 1_100; i++)
      await opened.state.change(() => ({
        entry: { actor: { kind: 'cli', name: 'x' }, operation: 'x', resource: { type: 'x', id: 'x' }, changes: {} },
        writes: [],
        result: undefined,
      }));
    pages = 0;
    const response = await opened.ask('GET', '/v1/audit/export');
    const reader = response.body!.getReader();
    await reader.read();
    expect(pages).toBeLessThanOrEqual(2);
    await reader.cancel();
    const whole = await (await opened.ask('GET', '/v1/audit/export')).text();
    expect(whole.trimEnd().split('\n')).toHaveLength(1_100);
  });
});
