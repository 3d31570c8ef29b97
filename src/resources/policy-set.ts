/** The policies of a server, made again whenever one of them changes, and only those: the rest keep what they remember. */
import type { IdentityMatch } from '../core/match.ts';
import type { Policy } from '../core/policy.ts';
import { optionError } from '../errors.ts';
import type { PolicyBody } from './policy.ts';
import { type PolicyFactoryOptions, policyFrom, policySubjects } from './policy-factory.ts';
import type { OverrideBody } from './spend.ts';

export interface PolicyEntry {
  /** Stays the same when the policy is changed. */
  readonly id: string;
  readonly body: PolicyBody;
  /** Another mode than the body says. */
  readonly mode?: 'enforce' | 'monitor' | undefined;
  readonly overrides?: readonly OverrideBody[] | undefined;
  /** As of `policyFrom`; what reports are made of (`capOptionsOf`) must have the same. */
  readonly account?: string | undefined;
}

export interface PolicySet {
  /**
   * What `gateway.setPolicies` takes: guards first, so that caps hold what a redacted request costs; otherwise in the order of the
   * entries, without those that are not enabled. A rate limit stands in for the default ones of its key, as LangSmith has it; caps
   * are all held, and a narrower one only tightens. What is wrong changes nothing of what is remembered.
   * @throws GatewayError `invalid_option` whose message names the policy and the path in it
   */
  policies(entries: readonly PolicyEntry[]): readonly Policy[];
}

interface Made {
  /** What the policy was made of. */
  readonly content: string;
  /** Without its mode: to switch it must not make a policy forget its key, its memo, or what it told of already. */
  readonly made: Policy;
  readonly policy: Policy;
}

/** @param options.hmacKey as of `policyFrom` */
export function createPolicySet({ hmacKey }: Pick<PolicyFactoryOptions, 'hmacKey'> = {}): PolicySet {
  let known: ReadonlyMap<string, Made> = new Map();
  return {
    policies(entries) {
      const enabled = entries.filter(({ body }) => body.enabled !== false);
      checkNames(enabled);
      const next = new Map(
        enabled.map((entry) => [entry.id, madeOf(entry, known.get(entry.id), exceptOf(entry, enabled))]),
      );
      known = next;
      const of = (guards: boolean): Policy[] =>
        enabled.filter(({ body }) => (body.policy_type === 'guard') === guards).map(({ id }) => next.get(id)!.policy);
      return [...of(true), ...of(false)];
    },
  };

  function madeOf(
    { body, mode = body.mode, overrides = [], account }: PolicyEntry,
    before: Made | undefined,
    except: readonly IdentityMatch[],
  ): Made {
    const { mode: _mode, enabled: _enabled, description: _description, ...rest } = body;
    const content = JSON.stringify([rest, overrides, except, account]);
    const made =
      before?.content === content
        ? before.made
        : policyFrom(rest as PolicyBody, { overrides, except, account, hmacKey });
    if (before?.made === made && before.policy.mode === mode) return before;
    return { content, made, policy: { ...made, mode } };
  }
}

/** Whom a default rate limit leaves to limits of their own. One that only monitors does not free anybody from one that enforces. */
function exceptOf({ body, mode = body.mode }: PolicyEntry, entries: readonly PolicyEntry[]): readonly IdentityMatch[] {
  if (body.policy_type !== 'default_rate_limit') return [];
  const { per } = policySubjects(body);
  return entries.flatMap((other) => {
    if (other.body.policy_type !== 'rate_limit') return [];
    const monitors = (other.mode ?? other.body.mode) === 'monitor';
    const { match } = policySubjects(other.body);
    return names(match, per) && (!monitors || mode === 'monitor') ? [match] : [];
  });
}

function names({ tags = {}, ...dimensions }: IdentityMatch, per: string | undefined): boolean {
  return per?.startsWith('tag:')
    ? Object.hasOwn(tags, per.slice(4))
    : per !== undefined && Object.hasOwn(dimensions, per);
}

function checkNames(entries: readonly PolicyEntry[]): void {
  const ids = new Set<string>();
  const names = new Set<string>();
  for (const [i, { id, body }] of entries.entries()) {
    if (ids.has(id)) throw optionError(`policies[${i}].id`, 'unique', id);
    if (names.has(body.name)) throw optionError(`policies[${i}].name`, 'unique', body.name);
    ids.add(id);
    names.add(body.name);
  }
}
