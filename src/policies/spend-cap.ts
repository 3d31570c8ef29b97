/**
 * A hard cap on what calls may cost in a window: says which account a call is held on and how much may stand there. It
 * never books or refuses; the pipeline reserves all holds in one step.
 */
import { type Exchange, FREE_OPERATIONS, TEXT_OPERATIONS } from '../core/exchange.ts';
import { dimensionOf, matchesIdentity } from '../core/match.ts';
import type { Decision, Hold, Policy, PolicyContext, Warning, Watch } from '../core/policy.ts';
import { describe, GatewayError } from '../errors.ts';
import { accountName, UNATTRIBUTED } from '../spend/accounts.ts';
import {
  type CapWindow,
  capWindow,
  overrideFor,
  type ReadOverride,
  type ReadSpendCap,
  readSpendCap,
  type SpendCapOptions,
  windowName,
} from '../spend/cap.ts';
import { priceSnippet } from '../spend/prices.ts';
import { SpendThresholds } from './spend-thresholds.ts';

export type { RollingSpendWindow, SpendCapMatch, SpendCapOptions, SpendCapOverride } from '../spend/cap.ts';

/** Things that were warned of once; past it they are warned of again. */
const MAX_WARNED = 1_000;

/** Caps spend. Throws an option error that names the option when one is wrong. */
export function spendCap(options: SpendCapOptions): Policy {
  const cap = new SpendCap(readSpendCap(options));
  const { name, mode, failure } = cap.options;
  return { name, mode, failure, decide: (exchange, context) => cap.decide(exchange, context) };
}

class SpendCap {
  readonly options: ReadSpendCap;
  readonly #thresholds: SpendThresholds;
  readonly #warned = new Set<string>();
  #window: CapWindow | undefined;

  constructor(options: ReadSpendCap) {
    this.options = options;
    this.#thresholds = new SpendThresholds(options.thresholds);
  }

  decide(exchange: Exchange, context: PolicyContext): Decision | undefined {
    const { name, match, per, thresholds } = this.options;
    if (FREE_OPERATIONS.has(exchange.operation) || !matchesIdentity(match, exchange.identity)) return undefined;
    // What cannot be read cannot be priced; that the cap is meant for it is all that can be said.
    if (!exchange.readable.cost) return { holds: [this.#hold(exchange, undefined, undefined)] };
    const bound = context.bound();
    if (bound === undefined) return { block: priceUnknown(name, exchange) };
    const subject = per === undefined ? 'all' : dimensionOf(exchange.identity, per);
    const override = overrideFor(this.options, exchange.identity, exchange.startedAt);
    const hold = this.#hold(exchange, subject, override);
    const warnings = [
      ...(subject === undefined ? [unattributed(name, per!)] : []),
      ...(bound.assumed && this.#isNew(`${exchange.provider}/${exchange.model}`) ? [priceAssumed(exchange)] : []),
      ...(override && this.#isNew(`${hold.account} ${override.until}`) ? [overridden(name, hold, override)] : []),
    ];
    const watch = thresholds.length === 0 ? undefined : this.#watch(hold, exchange.startedAt);
    return { holds: [hold], warnings, watch, edits: this.#outputLimit(exchange, context) };
  }

  #hold({ startedAt }: Exchange, subject: string | undefined, override: ReadOverride | undefined): Hold {
    const { account: cap, limit, window, per, strict, clamp } = this.options;
    const scope = per ?? 'all';
    const who = subject ?? UNATTRIBUTED;
    const { label, counting, resetsAt, freesAt } = this.#windowAt(startedAt);
    const account = accountName({ cap, scope, subject: who, window: label });
    const prefix = account.slice(0, -label.length);
    return {
      account,
      limit: override?.limit ?? limit,
      amount: strict ? 'bound' : 'estimate',
      resetsAt,
      scope,
      subject: who,
      window: windowName(window),
      ...(counting ? { counting: counting.map((earlier) => prefix + earlier), freesAt } : {}),
      ...(clamp ? { clamp } : {}),
      ...(override ? { details: overrideDetails(override) } : {}),
    };
  }

  /** Calls come in the order of time, so the window before is mostly the one asked for. */
  #windowAt(at: number): CapWindow {
    const known = this.#window;
    if (known && at >= known.start && at < known.end) return known;
    this.#window = capWindow(this.options, at);
    return this.#window;
  }

  /** The output must be bounded by what is held for it, where that is not topped up. The pipeline leaves it be in monitor mode. */
  #outputLimit(
    { operation, maxOutputTokens: asked, watchedOnly }: Exchange,
    { defaultMaxOutputTokens }: PolicyContext,
  ): Decision['edits'] {
    if (!TEXT_OPERATIONS.has(operation) || asked !== undefined || watchedOnly) return undefined;
    const { strict, maxOutputTokens = strict ? defaultMaxOutputTokens : undefined } = this.options;
    return maxOutputTokens === undefined ? undefined : [{ set: { maxOutputTokens } }];
  }

  #watch({ account, counting = [], limit, scope, subject, window, resetsAt }: Hold, at: number): Watch {
    const { window: kind } = this.options;
    const rolling = typeof kind === 'string' ? undefined : kind;
    // Of a rolling window the account changes with each bucket; a threshold is told once in its length.
    const key = rolling ? account.slice(0, account.lastIndexOf('|')) : account;
    const until = rolling ? at + rolling.lengthMs : Infinity;
    const told = this.#thresholds;
    return {
      accounts: [account, ...counting],
      baseline: told.isNew(key),
      tell: (states) => {
        const spent = states.reduce((sum, { posted }) => sum + posted, 0);
        const facts = { scope, subject, window, limit, spent, resetsAt: rolling ? undefined : resetsAt };
        return told
          .reached(key, spent, limit, at, until)
          .map((threshold) => thresholdReached(this.options.name, threshold, facts));
      },
    };
  }

  #isNew(name: string): boolean {
    if (this.#warned.has(name)) return false;
    if (this.#warned.size >= MAX_WARNED) this.#warned.clear();
    this.#warned.add(name);
    return true;
  }
}

function unattributed(name: string, per: string): Warning {
  const message = `Spend cap "${name}" stands on ${per}, and the call has none: it is booked on the shared account "${UNATTRIBUTED}".`;
  return { code: 'spend_unattributed', message };
}

function priceAssumed({ provider, model }: Exchange): Warning {
  const message = `Model ${describe(model)} of ${describe(provider)} has no known price, so the dearest is assumed. Set ${priceSnippet(provider, model)}.`;
  return { code: 'price_assumed', message };
}

function overrideDetails({ until, reason }: ReadOverride): {
  readonly override_until: string;
  readonly override_reason: string;
} {
  return { override_until: new Date(until).toISOString(), override_reason: reason };
}

function overridden(name: string, { scope, subject, limit }: Hold, override: ReadOverride): Warning {
  const ends = overrideDetails(override);
  const details = { policy: name, scope, subject, limit_usd: limit / 1e9, ...ends };
  const message = `Spend cap "${name}": the limit is $${limit / 1e9} until ${ends.override_until} (${override.reason}).`;
  return { code: 'spend_override', message, details };
}

interface ThresholdFacts extends Pick<Hold, 'scope' | 'subject' | 'window' | 'limit' | 'resetsAt'> {
  readonly spent: number;
}

function thresholdReached(policy: string, threshold: number, facts: ThresholdFacts): Warning {
  const { scope, subject, window, limit, spent, resetsAt } = facts;
  const details = {
    policy,
    scope,
    subject,
    window,
    threshold,
    ...{ limit_usd: limit / 1e9, spent_usd: spent / 1e9 },
    resets_at: resetsAt === undefined ? null : new Date(resetsAt).toISOString(),
  };
  const who = scope === 'all' ? '' : ` for ${scope} "${subject}"`;
  const message = `Spend cap "${policy}"${who}: ${Math.round(threshold * 100)} % of $${limit / 1e9} is spent.`;
  return { code: 'spend_threshold', message, details };
}

function priceUnknown(policy: string, { provider, model }: Exchange): GatewayError {
  const snippet = priceSnippet(provider, model);
  const message = `Spend cap "${policy}": model ${describe(model)} of ${describe(provider)} has no known price. Set ${snippet}.`;
  return new GatewayError('price_unknown', message, {
    param: 'model',
    details: { policy, provider, hint: `Set ${snippet}.` },
  });
}
