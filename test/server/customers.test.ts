/** Dimensions that a client names by headers: read where they are configured, by LangSmith's rule, and never sent on. */
import { describe, expect, it } from 'vitest';
import { customerTag } from '../../src/core/customer-tag.ts';
import { createGateway, spendCap } from '../../src/index.ts';
import { createGatewayServer } from '../../src/server/index.ts';
import { CHAT, KEY, keys, serverWorld } from './support.ts';

const world = serverWorld();
const PATH = '/openai/v1/chat/completions';

/** The tags of one call with these headers. */
async function tagsOf(
  customerHeaders: readonly string[] | undefined,
  headers: Record<string, string>,
): Promise<unknown> {
  const tags: unknown[] = [];
  const gateway = createGateway();
  gateway.on('call', ({ identity }) => tags.push(identity.tags));
  await world.start({ gateway, customerHeaders });
  const response = await world.post(PATH, CHAT, { authorization: `Bearer ${KEY}`, ...headers });
  if (response.status !== 200) return ((await response.json()) as { error: object }).error;
  expect(JSON.stringify(world.sent().headers)).not.toContain('x-gateway');
  return tags[0];
}

it.each([
  ['X-Gateway-Customer', 'customer'],
  ['x-gateway-Customer-ID', 'customer_id'],
  ['X-GATEWAY-a.b c', 'a_b_c'],
  ['Team', 'team'],
  ['x-gateway-x-gateway-a', 'x_gateway_a'],
])('%s is the tag %s', (header, tag) => {
  expect(customerTag(header)).toBe(tag);
});

it.each(['user_id', 'workspace_handle', 'api_key_short', 'applied_policy_ids', 'gateway', 'gateway_x', 'gatewayed'])(
  '%s is not for clients',
  (tag) => expect(customerTag(`X-Gateway-${tag}`)).toBeUndefined(),
);

describe('headers', () => {
  it('that are not configured are not read', async () => {
    expect(await tagsOf(undefined, { 'x-gateway-customer': 'acme', 'x-gateway-metadata': '{"a":"b"}' })).toEqual({
      team: 'blue',
    });
  });

  it('become tags, with the exact value', async () => {
    const headers = { 'x-gateway-customer': 'Acme, Inc.', 'x-gateway-plan-name': 'Pro', 'x-gateway-other': 'no' };
    expect(await tagsOf(['X-Gateway-Customer', 'X-Gateway-Plan-Name'], headers)).toEqual({
      team: 'blue',
      customer: 'Acme, Inc.',
      plan_name: 'Pro',
    });
  });

  it('cannot say otherwise than the key', async () => {
    expect(await tagsOf(['X-Gateway-Team'], { 'x-gateway-team': 'red' })).toEqual({ team: 'blue' });
  });

  it('that are missing or empty name nothing', async () => {
    expect(await tagsOf(['X-Gateway-Customer'], { 'x-gateway-customer': '' })).toEqual({ team: 'blue' });
  });

  it.each([
    [{ 'x-gateway-customer': 'x'.repeat(257) }, 'x-gateway-customer'],
    [{ 'x-gateway-metadata': '{"a":' }, 'x-gateway-metadata'],
    [{ 'x-gateway-metadata': '["a"]' }, 'x-gateway-metadata'],
    [{ 'x-gateway-metadata': '7' }, 'x-gateway-metadata'],
    [{ 'x-gateway-metadata': JSON.stringify({ a: 'x'.repeat(257) }) }, 'x-gateway-metadata'],
    [{ 'x-gateway-metadata': JSON.stringify({ a: 'x'.repeat(5_000) }) }, 'x-gateway-metadata'],
    [
      {
        'x-gateway-metadata': JSON.stringify(Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, 'v']))),
      },
      'x-gateway-metadata',
    ],
  ])('that cannot be read are refused, or their customer’s limit would not count: %#', async (headers, param) => {
    const error = await tagsOf(['X-Gateway-Customer', 'X-Gateway-Metadata'], headers as Record<string, string>);
    expect(error).toMatchObject({ code: 'invalid_request', param });
    expect(world.provider.requests).toHaveLength(0);
  });

  it('bound a cap each', async () => {
    const policies = [spendCap({ name: 'per customer', limitUsd: 0, window: 'daily', per: 'tag:customer' })];
    await world.start({ gateway: createGateway({ policies }), customerHeaders: ['X-Gateway-Customer'] });
    const response = await world.post(PATH, CHAT, { authorization: `Bearer ${KEY}`, 'x-gateway-customer': 'acme' });
    expect(await response.json()).toMatchObject({ error: { code: 'spend_cap_reached', details: { subject: 'acme' } } });
  });
});

it('metadata names several; a header of its own goes before, and reserved names are left out', async () => {
  const metadata = {
    'Customer-Id': 'c1',
    'X-Gateway-Plan': 'metadata',
    seats: 7,
    trial: true,
    user_id: 'mallory',
    gateway_x: 'y',
    nested: { a: 1 },
    none: null,
    empty: '',
    __proto__x: 'z',
    ['k'.repeat(65)]: 'too long a name',
  };
  const tags = await tagsOf(['X-Gateway-Metadata', 'X-Gateway-Plan'], {
    'x-gateway-metadata': JSON.stringify(metadata),
    'x-gateway-plan': 'header',
  });
  expect(tags).toEqual({ team: 'blue', customer_id: 'c1', plan: 'header', seats: '7', trial: 'true', __proto__x: 'z' });
});

it('no name of a tag changes an object', async () => {
  const tags = await tagsOf(['X-Gateway-Metadata'], { 'x-gateway-metadata': '{"__proto__":"x","constructor":"y"}' });
  expect(Object.keys(tags as object).sort()).toEqual(['__proto__', 'constructor', 'team']);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

it.each([
  ['Customer'],
  ['X-Gateway-'],
  ['X-Gateway-a b'],
  ['X-Gateway-a_b'],
  ['X-Gateway-User-Id'],
  ['X-Gateway-Gateway-X'],
  [7],
])('an option that names no such header is refused: %s', (name) => {
  expect(() => createGatewayServer({ gateway: createGateway(), keys, customerHeaders: [name as string] })).toThrow(
    expect.objectContaining({ code: 'invalid_option', param: 'customerHeaders[0]' }),
  );
});
