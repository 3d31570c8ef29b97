/** A policy in words: whom it is meant for and what it allows. Pure. */
import type { PolicyResource } from '../resources/policy.ts';
import { usd, whole } from './format.ts';

type Matchers = NonNullable<PolicyResource['subject_matchers']>;

export const TYPES: Readonly<Record<PolicyResource['policy_type'], string>> = {
  spend_cap: 'Spend cap',
  default_spend_cap: 'Spend cap for each',
  rate_limit: 'Rate limit',
  default_rate_limit: 'Rate limit for each',
  guard: 'Guard',
};

/** `workspace_id` as `workspace`; a header's name as it is. */
export function dimensionName(key: string): string {
  return key === 'api_key_id' ? 'key' : key.replace(/_id$/, '');
}

/** `workspace rd-eu or rd-us`, `each user`; `all calls` of a policy without matchers. */
export function subjectText(matchers: Matchers = []): string {
  const keys = [...new Set(matchers.map(({ key }) => key))];
  const parts = keys.map((key) => {
    const values = matchers.filter((matcher) => matcher.key === key).map(({ value }) => value);
    return values.includes('') ? `each ${dimensionName(key)}` : `${dimensionName(key)} ${values.join(' or ')}`;
  });
  return parts.length === 0 ? 'all calls' : parts.join(', ');
}

export function windowText(window: string | { readonly rolling: string }): string {
  return typeof window === 'string' ? window : `in any ${window.rolling}`;
}

export function limitText(policy: PolicyResource): string {
  switch (policy.policy_type) {
    case 'spend_cap':
    case 'default_spend_cap':
      return `${usd(policy.config.limit_usd)} ${windowText(policy.config.window)}`;
    case 'rate_limit':
    case 'default_rate_limit':
      return policy.config.limits
        .map(({ metric, window, value }) => `${whole(value)} ${metric} a${window === 'hour' ? 'n' : ''} ${window}`)
        .join(', ');
    case 'guard':
      return guardText(policy.config);
  }
}

function guardText({
  detect = {},
  entities = [],
}: Extract<PolicyResource, { policy_type: 'guard' }>['config']): string {
  const found = [detect.pii && 'personal data', detect.secrets && 'secrets', ...entities].filter(Boolean);
  return found.length === 0 ? 'personal data and secrets' : found.join(', ');
}

/** Why it cannot be changed or deleted here. */
export function fixedReason({ source }: PolicyResource): string | undefined {
  return source === 'config'
    ? 'It stands in the configuration file: change it there. Its mode can be switched here.'
    : undefined;
}
