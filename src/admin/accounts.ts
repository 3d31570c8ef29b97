/** The accounts of the spend caps that are in force, as they stand now. */
import type { LedgerStore } from '../core/ledger.ts';
import type { AccountResource } from '../resources/spend.ts';
import { overrideFor, readSpendCap, windowName } from '../spend/cap.ts';
import { nanoUsdToUsd } from '../spend/money.ts';
import { type AccountRow, identityOf, spendReport } from '../spend/spend-report.ts';
import type { PolicyCap } from './policy-book.ts';

type Ledger = Pick<LedgerStore, 'query' | 'read'>;

/** Cap by cap; within one the fullest first. */
export async function accountsOf(ledger: Ledger, caps: readonly PolicyCap[], at: number): Promise<AccountResource[]> {
  const rows: AccountResource[] = [];
  for (const one of caps) {
    const { accounts } = await spendReport({ ledger, caps: [one.cap], at });
    rows.push(...accounts.map((row) => accountResource(one, row, at)));
  }
  return rows;
}

/** What each cap's fullest account spent, in USD by the id of its policy; without those that could not be read. */
export async function spendByPolicy(
  ledger: Ledger,
  caps: readonly PolicyCap[],
  at: number,
): Promise<ReadonlyMap<string, number>> {
  const spent = new Map<string, number>();
  for (const { policy, cap } of caps) {
    const report = await spendReport({ ledger, caps: [cap], at }).catch(() => undefined);
    if (report) spent.set(policy.id, (report.accounts[0]?.used ?? 0) / 1e9);
  }
  return spent;
}

function accountResource({ policy, cap }: PolicyCap, row: AccountRow, at: number): AccountResource {
  const { subject, window, resetsAt, limit, used, held, left } = row;
  const read = readSpendCap(cap);
  const override = overrideFor(read, identityOf(cap.per, subject), at);
  return {
    policy_id: policy.id,
    policy: policy.body.name,
    mode: policy.body.mode,
    scope: cap.per ?? 'all',
    subject,
    window: windowName(read.window),
    window_label: window,
    ...(resetsAt === undefined ? {} : { resets_at: new Date(resetsAt).toISOString() }),
    limit_usd: nanoUsdToUsd(limit),
    spent_usd: nanoUsdToUsd(used),
    held_usd: nanoUsdToUsd(held),
    left_usd: nanoUsdToUsd(left),
    ...(override ? { override: { until: new Date(override.until).toISOString(), reason: override.reason } } : {}),
  };
}
