/** Money: accounts, rollups, prices. */
import * as z from 'zod';
import { partsOf } from '../gateway/gateway.ts';
import { accountResource, priceBody, priceResource, pricesResource, rollupResource } from '../resources/spend.ts';
import type { Rollup, RollupQuery, SpendRow } from '../spend/rollups.ts';
import { checkTimeZone, SPEND_WINDOWS } from '../spend/windows.ts';
import { accountsOf } from './accounts.ts';
import type { AdminParts } from './parts.ts';
import { invalid } from './problem.ts';
import { type Route, route } from './route.ts';

export const accountList = z.object({ at: z.string(), accounts: z.array(accountResource) });

const instant = z.iso.datetime({ offset: true });
const rollupQuery = z.strictObject({
  /** Dimensions with commas between: `workspace,user,api_key,model,tag:team`. */
  by: z.string().max(1_000).optional(),
  window: z.enum(SPEND_WINDOWS).optional(),
  from: instant.optional(),
  at: instant.optional(),
  time_zone: z.string().max(64).refine(isTimeZone, "an IANA time zone like 'Europe/Berlin'").optional(),
});
const priceQuery = z.strictObject({ model: z.string().min(1).max(256) });
const MAX_DIMENSIONS = 8;

export function spendRoutes({ gateway, policies, prices, now }: AdminParts): Route[] {
  const { ledger } = partsOf(gateway).pipeline;
  return [
    route({
      method: 'GET',
      path: '/v1/accounts',
      role: 'viewer',
      summary: 'Accounts of the spend caps: spent, held and left',
      response: accountList,
      status: 200,
      handler: async () => {
        const at = now();
        return { at: new Date(at).toISOString(), accounts: await accountsOf(ledger, policies.caps(), at) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/rollups',
      role: 'viewer',
      summary: 'What was spent in one window or in each since an instant, by any dimensions',
      query: rollupQuery,
      response: rollupResource,
      status: 200,
      handler: async ({ query }) => {
        const by = dimensionsOf(query.by ?? '');
        const { window = 'daily', from, at, time_zone: timeZone } = query;
        const wanted = { by: by.map(inside), window, from: msOf(from), at: msOf(at), timeZone } as RollupQuery;
        return rollupOf(by, await gateway.spend.rollup(wanted));
      },
    }),
    route({
      method: 'GET',
      path: '/v1/prices',
      role: 'viewer',
      summary: 'Which table prices are from, and those that go before it',
      response: pricesResource,
      status: 200,
      handler: () => prices.resource(),
    }),
    route({
      method: 'PUT',
      path: '/v1/prices',
      role: 'admin',
      summary: 'Set the price of a model, for calls from now on',
      body: priceBody,
      response: priceResource,
      status: 200,
      handler: ({ body, ...by }) => prices.set(body, by),
    }),
    route({
      method: 'DELETE',
      path: '/v1/prices',
      role: 'admin',
      summary: 'Take a price out that was set here',
      query: priceQuery,
      status: 204,
      handler: async ({ query, ...by }) => {
        await prices.delete(query.model, by);
        return undefined;
      },
    }),
  ];
}

function isTimeZone(name: string): boolean {
  try {
    return checkTimeZone('time_zone', name) === name;
  } catch {
    return false;
  }
}

function dimensionsOf(text: string): string[] {
  const names = text.split(',').filter((name) => name !== '');
  if (names.length > MAX_DIMENSIONS) throw invalid(`by: at most ${MAX_DIMENSIONS} dimensions.`, 'by');
  return [...new Set(names)];
}

/** A dimension of this API in the words of a ledger. */
function inside(name: string): string {
  return name === 'api_key' || name === 'api_key_id' ? 'apiKey' : name;
}

function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function rollupOf(by: readonly string[], { window, label, start, end, rows }: Rollup): z.input<typeof rollupResource> {
  return {
    by: [...by],
    window,
    label,
    start: new Date(start).toISOString(),
    ...(end === undefined ? {} : { end: new Date(end).toISOString() }),
    rows: rows.map((row) => ({
      group: Object.fromEntries(by.map((name) => [name, groupValue(row, inside(name))])),
      ...(typeof row.window === 'string' ? { window: row.window } : {}),
      cost_usd: row.costUsd,
      calls: row.calls,
      input_tokens: row.inputTokens,
      output_tokens: row.outputTokens,
    })),
  };
}

function groupValue(row: SpendRow, dimension: string): string | null {
  const value = row[dimension];
  return typeof value === 'string' ? value : null;
}
