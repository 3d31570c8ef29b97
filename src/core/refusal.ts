/** What the caller is told when money cannot be held, before a call or in the middle of its answer. */
import { GatewayError } from '../errors.ts';
import type { AccountState } from './ledger.ts';
import type { Hold, Rate } from './policy.ts';

/** Calls in flight mostly end within seconds; stock clients wait this long and try again. */
const IN_FLIGHT_RETRY_MS = 1_000;
const UNITS: Readonly<Record<string, string>> = {
  hourly: 'this hour',
  daily: 'today',
  weekly: 'this week',
  monthly: 'this month',
  lifetime: 'so far',
};

export interface Refused {
  readonly hold: Hold;
  readonly policy: string;
  /** What was asked for; for a top-up all that the call would hold then. */
  readonly nanoUsd: number;
  readonly state: AccountState;
  readonly now: number;
  /** The answer was on its way and ends here. */
  readonly streaming: boolean;
}

/**
 * 402 when spent money alone stands in the way; 429 with a short wait when it is only money held by calls in flight, for
 * then the cap is not reached yet.
 */
export function refusalFor(refused: Refused): GatewayError {
  const { hold, policy, nanoUsd, state, now, streaming } = refused;
  const inFlight = state.posted + nanoUsd <= hold.limit;
  const details = detailsOf(refused, hintFor(refused, inFlight));
  const standing = `${usd(state.posted)} of ${usd(hold.limit)} spent ${spanOf(hold.window)}`;
  const held = inFlight ? ` and ${usd(state.held)} held by calls in flight` : '';
  const wants = streaming ? 'this answer, which ends here, would take' : 'this call can cost';
  const who = hold.scope === 'all' ? '' : ` for ${hold.scope} "${hold.subject}"`;
  const message = `Spend cap "${policy}"${inFlight ? '' : ' reached'}${who}: ${standing}${held}; ${wants} ${usd(nanoUsd)}. ${details.hint}`;
  if (!inFlight) return new GatewayError('spend_cap_reached', message, { details });
  const freesIn = (freesAt(hold) ?? Infinity) - now;
  return new GatewayError('spend_held_in_flight', message, {
    details,
    retryAfterMs: Math.min(IN_FLIGHT_RETRY_MS, Math.max(0, freesIn)),
  });
}

type Details = Readonly<Record<string, unknown>> & { readonly hint: string };

function detailsOf({ hold, policy, nanoUsd, state }: Refused, hint: string): Details {
  const { limit, scope, subject, window } = hold;
  return {
    policy,
    scope,
    subject,
    window,
    ...{
      limit_usd: limit / 1e9,
      spent_usd: state.posted / 1e9,
      held_usd: state.held / 1e9,
      requested_usd: nanoUsd / 1e9,
      resets_at: instant(freesAt(hold)) ?? null,
    },
    ...hold.details,
    hint,
  };
}

function hintFor({ hold, streaming }: Refused, inFlight: boolean): string {
  if (inFlight) return 'Wait for calls in flight to end, or send fewer at once.';
  const at = instant(freesAt(hold));
  const waiting = hold.freesAt === undefined ? `or wait until ${at}` : `or wait: from ${at} on money leaves the window`;
  const lower = streaming ? 'ask for less' : "lower the request's max tokens";
  return `Raise limitUsd, ${lower}${at === undefined ? '' : `, ${waiting}`}.`;
}

const freesAt = (hold: Hold): number | undefined => hold.freesAt ?? hold.resetsAt;

function instant(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

function spanOf(window: string): string {
  const rolling = /^rolling (.+)$/.exec(window);
  return rolling ? `in the last ${rolling[1]}` : (UNITS[window] ?? 'in this window');
}

/** Two digits for whole cents, as many as it takes below. */
function usd(nanoUsd: number): string {
  const value = nanoUsd / 1e9;
  return `$${Math.round(value * 100) / 100 === value ? value.toFixed(2) : value.toFixed(9).replace(/0+$/, '')}`;
}

export interface RateRefused {
  readonly rate: Rate;
  readonly policy: string;
  /** Requests or tokens that were asked for. */
  readonly amount: number;
  readonly state: AccountState;
  readonly now: number;
}

/** 429 until the window ends; with a short wait when it is only tokens that calls in flight may not take. */
export function rateRefusal({ rate, policy, amount, state, now }: RateRefused): GatewayError {
  const { metric, scope, subject, window, limit, resetsAt } = rate;
  const { posted: used, held } = state;
  const inFlight = metric === 'tokens' && used + amount <= limit;
  const hint = inFlight
    ? 'Wait for calls in flight to end, or send fewer at once.'
    : `Wait until ${instant(resetsAt)}, or send fewer ${metric}.`;
  const who = scope === 'all' ? '' : ` for ${scope} "${subject}"`;
  const wants = metric === 'tokens' ? `; this call may take ${amount}` : '';
  const standing = `${used + held} of ${limit} ${metric} this ${window}${held > 0 ? `, ${held} of them in flight` : ''}`;
  return new GatewayError('rate_limited', `Rate limit "${policy}"${who}: ${standing}${wants}. ${hint}`, {
    details: {
      ...{ policy, scope, subject, metric, window, limit, used, held, requested: amount },
      ...{ resets_at: instant(resetsAt), hint },
    },
    retryAfterMs: Math.min(inFlight ? IN_FLIGHT_RETRY_MS : Infinity, Math.max(0, resetsAt - now)),
  });
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** What nobody could guard: `readers` would have looked for texts in it, `payers` would have held what it costs. */
export function unguardedRefusal(readers: readonly string[], payers: readonly string[]): GatewayError {
  const reasons = [
    ...(readers.length > 0
      ? [`it holds something in which no text can be found, and ${quoted(readers)} would search it`]
      : []),
    ...(payers.length > 0 ? [`nothing in it tells what it will cost, and ${quoted(payers)} would hold that`] : []),
  ];
  const instead =
    readers.length > 0 ? 'Send JSON, or a form with files of text, to a known path' : 'Send the requests one by one';
  return new GatewayError(
    'unguarded_request',
    `This request cannot be guarded: ${reasons.join('; ')}. ${instead}, or set unguarded: 'pass'.`,
    {
      details: {
        policies: [...new Set([...readers, ...payers])],
        texts: readers.length === 0,
        cost: payers.length === 0,
      },
    },
  );
}
