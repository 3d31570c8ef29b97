/** Makes any policy be for some callers only. Knows nothing of what the policy does. */
import { checkMatch, type IdentityMatch, matchesIdentity } from '../core/match.ts';
import type { Policy } from '../core/policy.ts';
import { optionError } from '../errors.ts';

/**
 * The same policy for the callers that match; others pass it by. In traces it redacts for all callers, beside the default rules.
 * @throws GatewayError `invalid_option`
 */
export function scoped(policy: Policy, match: IdentityMatch): Policy {
  if (typeof policy?.decide !== 'function')
    throw optionError('scoped: policy', 'a policy such as redact() or spendCap({...})', policy);
  checkMatch('scoped: match', match);
  const { name, mode, failure, redactText, redactsLate, walkFor } = policy;
  return {
    ...{ name, mode, failure, redactsLate, isScoped: true },
    redactText: redactText && ((text) => redactText.call(policy, text)),
    walkFor: walkFor && ((identity) => (matchesIdentity(match, identity) ? walkFor(identity) : undefined)),
    decide: (exchange, context) =>
      matchesIdentity(match, exchange.identity) ? policy.decide(exchange, context) : undefined,
  };
}
