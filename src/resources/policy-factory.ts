/** Makes a policy out of what the configuration or the admin API says of it. The only place that knows both spellings. */
import type { IdentityMatch } from '../core/match.ts';
import type { Policy } from '../core/policy.ts';
import { GatewayError, isOwnError, optionError } from '../errors.ts';
import { type RateLimitOptions, rateLimit } from '../policies/rate-limit.ts';
import { type RedactOptions, redact } from '../policies/redact.ts';
import { scoped } from '../policies/scoped.ts';
import { type SpendCapOptions, type SpendCapOverride, spendCap } from '../policies/spend-cap.ts';
import type { PolicyBody } from './policy.ts';
import type { OverrideBody } from './spend.ts';
import { type Subjects, subjectsOf } from './subjects.ts';

export interface PolicyFactoryOptions {
  /** Temporary limits of a spend cap; the first that matches and has not ended counts. */
  readonly overrides?: readonly OverrideBody[] | undefined;
  /** Callers that a default rate limit is not for: those that a rate limit of their own stands in for. */
  readonly except?: readonly IdentityMatch[] | undefined;
  /** Name of its accounts, where a policy that gets another name is to keep them: its id. Default: its name. */
  readonly account?: string | undefined;
  /** Key of hashed values and of `hmac` placeholders, for guards that have either: a secret of 16 characters or more. */
  readonly hmacKey?: string | undefined;
}

export type SpendCapBody = Extract<PolicyBody, { policy_type: 'spend_cap' | 'default_spend_cap' }>;
export type RateLimitBody = Extract<PolicyBody, { policy_type: 'rate_limit' | 'default_rate_limit' }>;
export type GuardBody = Extract<PolicyBody, { policy_type: 'guard' }>;

/** @throws GatewayError `invalid_option` whose `param` is the path in the policy: `config.time_zone`, `subject_matchers[0].key` */
export function policyFrom(body: PolicyBody, options: PolicyFactoryOptions = {}): Policy {
  return inOurSpelling(body, () => {
    switch (body.policy_type) {
      case 'spend_cap':
      case 'default_spend_cap':
        return spendCap(spendCapOptions(body, options));
      case 'guard':
        return guardFrom(body, options);
      case 'rate_limit':
      case 'default_rate_limit':
        return rateLimit(rateLimitOptions(body, options));
    }
  });
}

/** Whether a policy can be made of it: makes it and lets it go. @throws GatewayError as `policyFrom` does */
export function checkPolicy(body: PolicyBody, overrides: readonly OverrideBody[] = []): void {
  policyFrom(body, { overrides, hmacKey: 'of a guard that is only looked at' });
}

/** What `spendCap` is given for a policy, for `spendReport`; `undefined` for one that caps no money. `account`: as of `policyFrom`. */
export function capOptionsOf(
  body: PolicyBody,
  overrides: readonly OverrideBody[] = [],
  account?: string,
): SpendCapOptions | undefined {
  if (body.policy_type !== 'spend_cap' && body.policy_type !== 'default_spend_cap') return undefined;
  return inOurSpelling(body, () => spendCapOptions(body, { overrides, account }));
}

/** Whom a policy is for. @throws GatewayError `invalid_option` */
export function policySubjects(body: PolicyBody): Subjects {
  return inOurSpelling(body, () => subjectsOf(body.subject_matchers, body.policy_type.startsWith('default_')));
}

function spendCapOptions(
  body: SpendCapBody,
  { overrides = [], account }: Pick<PolicyFactoryOptions, 'overrides' | 'account'>,
): SpendCapOptions {
  const { name, mode, failure, config } = body;
  return {
    ...{ name, account, mode, failure },
    ...subjectsOf(body.subject_matchers, body.policy_type === 'default_spend_cap'),
    limitUsd: config.limit_usd,
    window: config.window,
    timeZone: config.time_zone,
    reserve: config.reserve,
    clamp: config.clamp,
    maxOutputTokens: config.max_output_tokens,
    thresholds: config.thresholds,
    overrides: overrides.map(overrideFrom),
  };
}

function overrideFrom({ subject_matchers, limit_usd, until, reason }: OverrideBody): SpendCapOverride {
  return { match: subjectsOf(subject_matchers).match, limitUsd: limit_usd, until, reason };
}

function rateLimitOptions(
  body: RateLimitBody,
  { except = [], account }: Pick<PolicyFactoryOptions, 'except' | 'account'>,
): RateLimitOptions {
  const { name, mode, failure, config } = body;
  const subjects = subjectsOf(body.subject_matchers, body.policy_type === 'default_rate_limit');
  return { ...{ name, account, mode, failure }, ...subjects, limits: config.limits, except };
}

/** Our detectors run at once on the thread of the call, in a time that grows with its text: `timeout_seconds` has nothing to wait for. */
function guardFrom(
  { name, mode, failure, subject_matchers, config }: GuardBody,
  { hmacKey }: PolicyFactoryOptions,
): Policy {
  const policy = redact({
    ...{ name, mode, failure },
    entities: entitiesOf(config),
    actions: config.actions,
    allow: config.allow,
    minScore: config.min_score,
    restore: config.restore,
    placeholders: config.placeholders,
    stream: config.stream,
    key: hmacKey,
  });
  const { match } = subjectsOf(subject_matchers);
  return isEmpty(match) ? policy : scoped(policy, match);
}

function entitiesOf({ detect, entities }: GuardBody['config']): RedactOptions['entities'] {
  if (detect === undefined && entities === undefined) return undefined;
  const groups = [...(detect?.pii ? ['pii'] : []), ...(detect?.secrets ? ['secrets'] : [])];
  const all = [...(entities ?? []), ...groups];
  if (all.length === 0) throw optionError('config.detect', 'true for pii or secrets', 'false for both');
  // Names are checked by `redact`, which tells the similar ones.
  return all as NonNullable<RedactOptions['entities']>;
}

const isEmpty = (match: IdentityMatch): boolean => Object.keys(match).length === 0;

/** Options of the factories, as they stand in a policy. What is not here is spelled the same. */
const SPELLINGS: Readonly<Record<string, string>> = {
  limitUsd: 'limit_usd',
  timeZone: 'time_zone',
  maxOutputTokens: 'max_output_tokens',
  minScore: 'min_score',
};
const AT_TOP: ReadonlySet<string> = new Set(['hmacKey', 'name', 'mode', 'failure', 'subject_matchers', 'policy_type']);

/** An error of a factory names an option; whoever wrote the policy looks for a path. */
function inOurSpelling<T>({ name }: Pick<PolicyBody, 'name'>, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!isOwnError(cause) || cause.param === undefined) throw cause;
    const path = pathOf(cause.param);
    const message = cause.message.startsWith(cause.param)
      ? cause.message.slice(cause.param.length)
      : `: ${cause.message}`;
    throw new GatewayError(cause.code, `Policy "${name}": ${path}${message}`, { cause, param: path });
  }
}

function pathOf(param: string): string {
  const option = param.replace(/^(?:spendCap|rateLimit|redact|scoped): /, '').replace(/^key$/, 'hmacKey');
  const first = /^\w+/.exec(option)?.[0] ?? '';
  if (option.startsWith('config.') || AT_TOP.has(first)) return option;
  const [, head = option, rest = ''] = /^(\w+)(.*)$/s.exec(option) ?? [];
  if (head === 'overrides') return `overrides${rest.replace('limitUsd', 'limit_usd')}`;
  return `config.${SPELLINGS[head] ?? head}${rest}`;
}
