/** Says in a sentence what a policy does, for people who check what they have written. */
import type { PolicyBody } from './policy.ts';
import { type GuardBody, policySubjects, type RateLimitBody, type SpendCapBody } from './policy-factory.ts';
import { subjectWords } from './subjects.ts';

const WINDOWS = {
  hourly: 'an hour',
  daily: 'a day',
  weekly: 'a week',
  monthly: 'a month',
  lifetime: 'in all',
} as const;

/** `Spend cap of $5.50 a day, for each user.` @throws GatewayError `invalid_option` where its subjects are wrong */
export function policyWords(body: PolicyBody): string {
  const what = whatOf(body);
  const state = body.enabled === false ? ' It is switched off.' : body.mode === 'monitor' ? ' It only watches.' : '';
  return `${what}, for ${subjectWords(policySubjects(body))}.${state}`;
}

function whatOf(body: PolicyBody): string {
  switch (body.policy_type) {
    case 'spend_cap':
    case 'default_spend_cap':
      return spendWords(body);
    case 'rate_limit':
    case 'default_rate_limit':
      return rateWords(body);
    case 'guard':
      return guardWords(body);
  }
}

function spendWords({ config }: SpendCapBody): string {
  const { window, limit_usd, time_zone } = config;
  const span = typeof window === 'string' ? WINDOWS[window] : `in any ${window.rolling}`;
  return `Spend cap of $${limit_usd} ${span}${time_zone === undefined ? '' : ` on the clocks of ${time_zone}`}`;
}

function rateWords({ config }: RateLimitBody): string {
  const limits = config.limits.map(
    ({ metric, window, value }) => `${value} ${metric} ${window === 'hour' ? 'an' : 'a'} ${window}`,
  );
  return `Rate limit of ${listed(limits)}`;
}

function guardWords({ config }: GuardBody): string {
  const { detect, entities = [], restore, timeout_seconds } = config;
  const all = detect === undefined && entities.length === 0;
  const groups = [
    ...(all || detect?.pii ? ['personal data'] : []),
    ...(all || detect?.secrets ? ['secrets'] : []),
    ...entities,
  ];
  const back = restore === false ? '' : ', and puts back in answers what the caller sent';
  const timeout = timeout_seconds === undefined ? '' : ' (timeout_seconds has nothing to wait for)';
  return `Guard that redacts ${listed(groups)} in requests and answers${back}${timeout}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
