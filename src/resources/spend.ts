/** What the admin API says of money: accounts, rollups, overrides, prices. Amounts are USD, as exact decimal strings. */
import * as z from 'zod';
import { subjectMatcher } from './policy.ts';

export const accountResource = z.object({
  policy_id: z.string(),
  policy: z.string(),
  mode: z.enum(['enforce', 'monitor']),
  /** `user`, `workspace`, `tag:team`, or `all`. */
  scope: z.string(),
  /** `ada`; `all` for a cap without subject; `unattributed` for calls without one. */
  subject: z.string(),
  /** `daily`, `rolling 24h`, ... */
  window: z.string(),
  window_label: z.string(),
  resets_at: z.string().optional(),
  limit_usd: z.string(),
  spent_usd: z.string(),
  held_usd: z.string(),
  left_usd: z.string(),
  override: z.object({ until: z.string(), reason: z.string() }).optional(),
});
export type AccountResource = z.infer<typeof accountResource>;

export const rollupResource = z.object({
  by: z.array(z.string()),
  window: z.string(),
  label: z.string(),
  start: z.string(),
  end: z.string().optional(),
  rows: z.array(
    z.object({
      /** One value for each dimension asked for, `null` where calls had none. */
      group: z.record(z.string(), z.string().nullable()),
      /** Label of the row's window, where several were asked for. */
      window: z.string().optional(),
      cost_usd: z.string(),
      calls: z.int(),
      input_tokens: z.int(),
      output_tokens: z.int(),
    }),
  ),
});
export type RollupResource = z.infer<typeof rollupResource>;

/** Another limit of a spend cap for some callers until an instant. */
export const overrideBody = z.strictObject({
  policy_id: z.string().min(1),
  subject_matchers: z.array(subjectMatcher).max(10).optional(),
  limit_usd: z.union([z.number().nonnegative(), z.string().regex(/^\d+(?:\.\d{1,9})?$/)]),
  until: z.iso.datetime({ offset: true }),
  reason: z.string().min(1).max(512),
});
export type OverrideBody = z.infer<typeof overrideBody>;
export const overrideResource = overrideBody.extend({
  id: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  active: z.boolean(),
});
export type OverrideResource = z.infer<typeof overrideResource>;

const perMillion = z.string().regex(/^\d+(?:\.\d+)?$/, 'USD per million tokens, as a decimal string');

/** An override of one model's price: what `prices` of `createGateway` takes for a model. */
export const priceBody = z.strictObject({
  /** `provider/model` or `model`. */
  model: z.string().min(1).max(256),
  input: perMillion,
  output: perMillion.optional(),
  cache_read: perMillion.optional(),
  cache_write: perMillion.optional(),
});
export type PriceBody = z.infer<typeof priceBody>;
export const priceResource = priceBody.extend({ source: z.enum(['config', 'api']) });
export type PriceResource = z.infer<typeof priceResource>;
export const pricesResource = z.object({
  /** The newest table that is known, and its UTC day. */
  version: z.string(),
  as_of: z.string(),
  stale: z.boolean(),
  overrides: z.array(priceResource),
});
export type PricesResource = z.infer<typeof pricesResource>;
