/** What the admin API lets grow, it bounds; what is there already can still be changed. */
import { expect, it } from 'vitest';
import type { StateKind, StateWrite } from '../../src/core/state.ts';
import { type Opened, openAdmin } from './support/open-admin.ts';

async function fill({ state }: Opened, kind: StateKind, count: number, value: (i: number) => Record<string, unknown>) {
  const writes = Array.from({ length: count }, (_, i): StateWrite => ({ kind, id: `${kind}-${i}`, value: value(i) }));
  await state.change(() => ({
    entry: { actor: { kind: 'system', name: 'x' }, operation: 'x', resource: { type: 'x', id: 'x' }, changes: {} },
    writes,
    result: undefined,
  }));
}

const CAP = { name: 'one more', policy_type: 'spend_cap', config: { window: 'daily', limit_usd: 1 } };
const CREATED = { created_at: '2026-11-26T00:00:00Z', created_by: 'x' };

it('no more than 500 policies', async () => {
  const opened = await openAdmin();
  await fill(opened, 'policy', 500, (i) => ({ body: { ...CAP, name: `cap ${i}` }, ...CREATED }));
  const post = (name: string) => opened.ask('POST', '/v1/platform/gateway-policies', { body: { ...CAP, name } });
  expect((await post('one more')).status).toBe(409);
  expect((await post('cap 7')).status).toBe(201);
});

it('no more than 1,000 overrides', async () => {
  const opened = await openAdmin();
  const { id } = (await (await opened.ask('POST', '/v1/platform/gateway-policies', { body: CAP })).json()) as {
    id: string;
  };
  const override = { policy_id: id, limit_usd: 1, until: '2026-12-01T00:00:00Z', reason: 'x' };
  await fill(opened, 'override', 1_000, () => ({ ...override, ...CREATED }));
  expect((await opened.ask('POST', '/v1/overrides', { body: override })).status).toBe(409);
});

it('no more than 1,000 prices', async () => {
  const opened = await openAdmin();
  await fill(opened, 'price', 1_000, (i) => ({ model: `price-${i}`, input: '1' }));
  const put = (model: string) => opened.ask('PUT', '/v1/prices', { body: { model, input: '2' } });
  expect((await put('one-more')).status).toBe(409);
  expect((await put('price-7')).status).toBe(200);
});
