import { expect, it } from 'vitest';
import { customerTag } from '../../src/core/customer-tag.ts';

it.each([
  ['X-Gateway-Customer-Id', 'customer_id'],
  ['x-gateway-TEAM', 'team'],
  ['customer.id', 'customer_id'],
  ['Zürich', 'z_rich'],
  ['X-Gateway-X-Gateway-a', 'x_gateway_a'],
])('%s is the tag %s', (header, tag) => expect(customerTag(header)).toBe(tag));

it.each(['X-Gateway-User-Id', 'organization_id', 'X-Gateway-Gateway-Secret', 'gatewayx', 'X-Gateway-', ''])(
  '%j is none: it is reserved or empty',
  (header) => expect(customerTag(header)).toBeUndefined(),
);
