/** What the caller is told when money cannot be held. */
import { GatewayError } from '../errors.ts';
import type { AccountState } from './ledger.ts';
import type { Hold } from './policy.ts';

/** Calls in flight mostly end within seconds; stock clients wait this long and try again. */
const IN_FLIGHT_RETRY_MS = 1_000;
const UNITS: Readonly<Record<string, string>> = {
  hourly: 'this hour',
  daily: 'today',
  weekly: 'this week',
  monthly: 'this month',
  lifetime: 'so far',
};

/**
 * 402 when spent money alone stands in the way; 429 with a short wait when it is only money held by calls in flight, for
 * then the cap is not reached yet.
 */
export function refusalFor(hold: Hold, policy: string, { posted, held }: AccountState, now: number): GatewayError {
  const { limit, amount, scope, subject, window, resetsAt } = hold;
  const inFlight = posted + amount <= limit;
  const resets = resetsAt === undefined ? undefined : new Date(resetsAt).toISOString();
  const who = scope === 'all' ? '' : ` for ${scope} "${subject}"`;
  const standing = `${usd(posted)} of ${usd(limit)} spent ${UNITS[window] ?? 'in this window'}`;
  const details = {
    policy,
    scope,
    subject,
    window,
    limit_usd: limit / 1e9,
    spent_usd: posted / 1e9,
    held_usd: held / 1e9,
    requested_usd: amount / 1e9,
    resets_at: resets ?? null,
    hint: inFlight
      ? 'Wait for calls in flight to end, or send fewer at once.'
      : `Raise limitUsd, lower the request's max tokens${resets ? `, or wait until ${resets}` : ''}.`,
  };
  if (inFlight) {
    const message = `Spend cap "${policy}"${who}: ${standing} and ${usd(held)} held by calls in flight; this call can cost ${usd(amount)}. ${details.hint}`;
    return new GatewayError('spend_held_in_flight', message, {
      details,
      retryAfterMs: Math.min(IN_FLIGHT_RETRY_MS, Math.max(0, (resetsAt ?? Infinity) - now)),
    });
  }
  return new GatewayError(
    'spend_cap_reached',
    `Spend cap "${policy}" reached${who}: ${standing}; this call can cost ${usd(amount)}. ${details.hint}`,
    { details },
  );
}

/** Two digits for whole cents, as many as it takes below. */
function usd(nanoUsd: number): string {
  const value = nanoUsd / 1e9;
  return `$${Math.round(value * 100) / 100 === value ? value.toFixed(2) : value.toFixed(9).replace(/0+$/, '')}`;
}
