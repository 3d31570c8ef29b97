/**
 * A limit on requests or tokens in a window of the clock: says which accounts a call is counted on. It never counts or refuses; the
 * pipeline does, on the ledger that keeps the money too.
 */
import { type Exchange, FREE_OPERATIONS } from '../core/exchange.ts';
import {
  checkMatch,
  checkPer,
  type Dimension,
  dimensionOf,
  type IdentityMatch,
  matchesIdentity,
} from '../core/match.ts';
import type { Decision, Policy, Rate, RateMetric, Warning } from '../core/policy.ts';
import { isRecord } from '../core/record.ts';
import { optionError } from '../errors.ts';
import { rateAccountName, UNATTRIBUTED } from '../spend/accounts.ts';

export type RateWindow = 'minute' | 'hour' | 'day';

export interface RateLimitRule {
  /** `requests` as they are let through; `tokens` in and out together, as the provider reports them. */
  readonly metric: RateMetric;
  /** Of the clock, in UTC: a minute ends when the next one begins. */
  readonly window: RateWindow;
  /** How many a window may have; a whole number of at least 1. */
  readonly value: number;
}

export interface RateLimitOptions {
  /** Unique in a gateway; stands in refusals, events and account names. Default: `rate limit`, with `per`. */
  readonly name?: string | undefined;
  /** Its name in the names of accounts, where the limit may get another one and what was counted is to stay. Unique. Default: `name`. */
  readonly account?: string | undefined;
  /** All of them hold. One for each metric and window. */
  readonly limits: readonly RateLimitRule[];
  /** Whom the limit is for. Default: every call. */
  readonly match?: IdentityMatch | undefined;
  /** Whom it is not for, though they match: those that have a limit of their own. */
  readonly except?: readonly IdentityMatch[] | undefined;
  /** Gives every value of a dimension limits of its own; calls without a value share those of `unattributed`. */
  readonly per?: Dimension | `tag:${string}` | undefined;
  /** `monitor` counts and reports, and never refuses. Default `enforce`. */
  readonly mode?: 'enforce' | 'monitor' | undefined;
  /** What happens to a call when the limit cannot be checked. Default `closed`: it is refused. */
  readonly failure?: 'open' | 'closed' | undefined;
}

const WINDOWS: Readonly<Record<RateWindow, { readonly ms: number; readonly labelChars: number }>> = {
  minute: { ms: 60_000, labelChars: 16 },
  hour: { ms: 3_600_000, labelChars: 13 },
  day: { ms: 86_400_000, labelChars: 10 },
};
const METRICS: readonly string[] = ['requests', 'tokens'] satisfies RateMetric[];
const OPTIONS: readonly string[] = [
  'name',
  'account',
  'limits',
  'match',
  'except',
  'per',
  'mode',
  'failure',
] satisfies (keyof RateLimitOptions)[];
const RULE_OPTIONS: readonly string[] = ['metric', 'window', 'value'] satisfies (keyof RateLimitRule)[];
const MAX_LIMITS = 20;
/** A window that is over is read by processes whose clock is behind, and by nobody else; there is a new one every minute. */
const LINGER_MS = 5 * 60_000;

/** Limits rates. Throws an option error that names the option when one is wrong. */
export function rateLimit(options: RateLimitOptions): Policy {
  const { mode, failure, per, ...rest } = checked(options);
  const { name = `rate limit${per === undefined ? '' : ` per ${per}`}` } = rest;
  const named = { ...rest, name, account: rest.account ?? name, per, limits: rest.limits.map((rule) => ({ ...rule })) };
  return { name, mode, failure, decide: (exchange) => decide(exchange, named) };
}

type Named = RateLimitOptions & { readonly name: string; readonly account: string };

function decide(exchange: Exchange, limit: Named): Decision | undefined {
  const { name, account, limits, match = {}, except = [], per } = limit;
  const { identity, operation, startedAt } = exchange;
  if (!matchesIdentity(match, identity) || except.some((other) => matchesIdentity(other, identity))) return undefined;
  const subject = per === undefined ? 'all' : dimensionOf(identity, per);
  const on = { policy: account, scope: per ?? 'all', subject: subject ?? UNATTRIBUTED };
  const rates = limits
    .filter(({ metric }) => metric === 'requests' || !FREE_OPERATIONS.has(operation))
    .map((rule) => rateOf(rule, on, startedAt));
  if (rates.length === 0) return undefined;
  return { rates, warnings: subject === undefined ? [unattributed(name, per!)] : [] };
}

function rateOf(
  { metric, window, value: limit }: RateLimitRule,
  on: { readonly policy: string; readonly scope: string; readonly subject: string },
  at: number,
): Rate {
  const { ms, labelChars } = WINDOWS[window];
  const start = Math.floor(at / ms) * ms;
  const label = new Date(start).toISOString().slice(0, labelChars);
  const account = rateAccountName({ ...on, metric, window: label });
  const { scope, subject } = on;
  return { account, limit, metric, scope, subject, window, resetsAt: start + ms, lingerMs: LINGER_MS };
}

function unattributed(name: string, per: string): Warning {
  const message = `Rate limit "${name}" stands on ${per}, and the call has none: it is counted on the shared account "${UNATTRIBUTED}".`;
  return { code: 'rate_unattributed', message };
}

function checked(options: RateLimitOptions): RateLimitOptions {
  if (!isRecord(options)) throw optionError('rateLimit', 'an object of options', options);
  checkKeys('rateLimit', OPTIONS, options);
  const { match = {}, except = [], per, mode, failure } = options as unknown as RateLimitOptions;
  for (const label of ['name', 'account'] as const) {
    const given: unknown = options[label];
    if (given !== undefined && (typeof given !== 'string' || given === ''))
      throw optionError(`rateLimit: ${label}`, 'a text', given);
  }
  checkLimits(options.limits);
  checkMatch('rateLimit: match', match);
  if (!Array.isArray(except)) throw optionError('rateLimit: except', 'a list', except);
  for (const [i, other] of except.entries()) checkMatch(`rateLimit: except[${i}]`, other);
  if (per !== undefined) checkPer('rateLimit: per', per);
  if (mode !== undefined && !['enforce', 'monitor'].includes(mode))
    throw optionError('rateLimit: mode', "'enforce' or 'monitor'", mode);
  if (failure !== undefined && !['open', 'closed'].includes(failure))
    throw optionError('rateLimit: failure', "'open' or 'closed'", failure);
  return options;
}

function checkLimits(limits: unknown): void {
  if (!Array.isArray(limits) || limits.length < 1 || limits.length > MAX_LIMITS)
    throw optionError('rateLimit: limits', `a list of 1 to ${MAX_LIMITS}`, limits);
  const seen = new Set<string>();
  for (const [i, rule] of (limits as unknown[]).entries()) {
    const option = `rateLimit: limits[${i}]`;
    if (!isRecord(rule)) throw optionError(option, '{ metric, window, value }', rule);
    checkKeys(option, RULE_OPTIONS, rule);
    const { metric, window, value } = rule;
    if (typeof metric !== 'string' || !METRICS.includes(metric))
      throw optionError(`${option}.metric`, "'requests' or 'tokens'", metric);
    if (typeof window !== 'string' || !Object.hasOwn(WINDOWS, window))
      throw optionError(`${option}.window`, "'minute', 'hour' or 'day'", window);
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw optionError(`${option}.value`, 'a whole number of at least 1', value);
    if (seen.has(`${metric} ${window}`)) throw optionError(option, `the only one of ${metric} a ${window}`, 'another');
    seen.add(`${metric} ${window}`);
  }
}

function checkKeys(option: string, known: readonly string[], value: object): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw optionError(option, `given ${known.join(', ')}`, unknown);
}
