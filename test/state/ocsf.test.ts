import { expect, it } from 'vitest';
import { type AuditEntry, type AuditRecord, EMPTY_HEAD } from '../../src/core/state.ts';
import { chained, verifyChain } from '../../src/state/audit-chain.ts';
import { changesBetween } from '../../src/state/changes.ts';
import { fromOcsf, toOcsf } from '../../src/state/ocsf.ts';

const AT = Date.UTC(2026, 10, 26, 12);
const PRODUCT = { version: '1.2.3' };
const ENTRY: AuditEntry = {
  actor: { kind: 'admin_token', name: 'ops' },
  operation: 'create_gateway_policy',
  resource: { type: 'gateway_policy', id: 'p1', name: 'per user' },
  changes: { limit_usd: { to: '5.00' } },
  requestId: 'req-1',
};
const RECORD = chained(ENTRY, EMPTY_HEAD, AT);

it('a row is an API Activity of OCSF 1.7.0 with all that the class asks for', () => {
  expect(toOcsf(RECORD, PRODUCT)).toEqual({
    activity_id: 1,
    activity_name: 'Create',
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: 6003,
    class_name: 'API Activity',
    type_uid: 600301,
    type_name: 'API Activity: Create',
    time: AT,
    severity_id: 1,
    severity: 'Informational',
    status_id: 1,
    status: 'Success',
    metadata: {
      version: '1.7.0',
      uid: RECORD.hash,
      sequence: 1,
      log_name: 'postern.audit',
      log_provider: 'postern',
      product: { name: 'Postern', vendor_name: 'Postern', version: '1.2.3' },
      original_time: '2026-11-26T12:00:00.000Z',
    },
    actor: { user: { uid: 'admin_token:ops', name: 'ops', type_id: 1, type: 'User', credential_uid: 'ops' } },
    api: { operation: 'create_gateway_policy', service: { name: 'postern' }, request: { uid: 'req-1' } },
    src_endpoint: { svc_name: 'postern-admin-api' },
    resources: [{ type: 'gateway_policy', uid: 'p1', name: 'per user' }],
    unmapped: { original_audit_log: RECORD },
  });
});

it.each([
  ['update_gateway_policy', 3],
  ['rotate_gateway_key', 3],
  ['delete_gateway_key', 4],
  ['import_config', 99],
  ['constructor', 99],
])('%s is activity %i', (operation, activity) => {
  const event = toOcsf(chained({ ...ENTRY, operation, requestId: undefined }, EMPTY_HEAD, AT), PRODUCT);

  expect(event).toMatchObject({ activity_id: activity, type_uid: 600_300 + activity });
  expect(event.api).toEqual({ operation, service: { name: 'postern' } });
});

it('an export proves its chain on its own', async () => {
  const rows: AuditRecord[] = [RECORD];
  for (let place = 1; place < 20; place++)
    rows.push(chained({ ...ENTRY, requestId: `req-${place}` }, rows.at(-1)!, AT));
  const lines = rows.map((row) => JSON.stringify(toOcsf(row, PRODUCT)));

  const read = lines.map((line) => fromOcsf(JSON.parse(line))!);

  expect(read).toEqual(rows);
  expect(await verifyChain(read, rows.at(-1)!)).toMatchObject({ ok: true, rows: 20 });
});

it('an event that says something else than its row is none', () => {
  const event = toOcsf(RECORD, PRODUCT);
  const edited: unknown[] = [
    { ...event, time: (event.time as number) + 1 },
    { ...event, actor: { user: { name: 'eve' } } },
    { ...event, api: { operation: 'delete_gateway_policy' } },
    { ...event, status: 'Failure' },
    { ...event, note: 'added' },
    { ...event, metadata: { ...event.metadata, uid: '0'.repeat(64) } },
    { ...event, unmapped: {} },
    { ...event, metadata: undefined },
    RECORD,
    null,
    [],
    'text',
    { metadata: { product: { version: '1' } }, unmapped: { original_audit_log: { seq: 1 } } },
    { metadata: { product: 1 }, unmapped: 1 },
  ];

  for (const each of edited) expect(fromOcsf(each)).toBeUndefined();
  expect(fromOcsf(JSON.parse(JSON.stringify(event)))).toEqual(RECORD);
});

it('a row that was changed beyond reading is exported all the same', () => {
  for (const row of [{}, { seq: 1, actor: null, operation: 7, resource: 'x', at: 3 }])
    expect(toOcsf(row as unknown as AuditRecord, PRODUCT)).toMatchObject({
      activity_id: 99,
      api: { operation: 'unreadable' },
      unmapped: { original_audit_log: row },
    });
});

it('changes are the fields that differ, without hashes', () => {
  const before = { name: 'a', tags: { x: '1', y: '2' }, gone: 1, hash: 'h1', previous_hash: 'p', same: [1, { a: 2 }] };
  const after = { same: [1, { a: 2 }], name: 'b', tags: { y: '2', x: '1' }, fresh: null, hash: 'h2', pepper: 'q' };

  expect(changesBetween(before, after)).toEqual({
    name: { from: 'a', to: 'b' },
    gone: { from: 1 },
    fresh: { to: null },
  });
  expect(changesBetween(undefined, { name: 'a', hash: 'h', absent: undefined })).toEqual({ name: { to: 'a' } });
  expect(changesBetween({ name: 'a' }, undefined)).toEqual({ name: { from: 'a' } });
});

it('a value past 64 KB is told by its hash', () => {
  const { list } = changesBetween({ list: ['a'] }, { list: ['x'.repeat(70_000)] });

  expect(list).toEqual({
    from: ['a'],
    to: { characters: 70_004, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  });
});
