/** Reads policies as LangSmith's API gives them (`GET /v1/platform/gateway-policies`), and as ours does, unchanged. */
import { isRecord } from '../core/record.ts';
import { describe, isOwnError } from '../errors.ts';
import { describeZodError, type Problem, problemsError } from './describe-zod-error.ts';
import { type PolicyBody, policyBody } from './policy.ts';
import { checkPolicy } from './policy-factory.ts';

export interface ExportedPolicy {
  /** Its id where it was exported from. */
  readonly id?: string | undefined;
  readonly body: PolicyBody;
  /** Another policy before it has the name that it had. */
  readonly renamedFrom?: string | undefined;
}

export interface PolicyExport {
  readonly policies: readonly ExportedPolicy[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** What only a server sets, LangSmith's or ours: it is true where it was exported, and not here. */
const READ_ONLY: ReadonlySet<string> = new Set([
  'id',
  'created_at',
  'updated_at',
  'created_by',
  'updated_by',
  'current_spend_usd',
  'parent_policy_id',
  'organization_id',
  'workspace_id',
  'tenant_id',
  'source',
  'mode_overridden',
]);
const LISTS = ['policies', 'data', 'items'] as const;
const MAX_POLICIES = 10_000;

/**
 * A list, or an object with one as `policies`, `data` or `items`.
 * @throws GatewayError `invalid_option` that names the path of each problem: `policies[3].config.window must be ...`
 */
export function readPolicyExport(json: unknown): PolicyExport {
  const list = listOf(json);
  const policies: ExportedPolicy[] = [];
  const skipped: { name: string; reason: string }[] = [];
  const problems: Problem[] = [];
  const names = new Set<string>();
  for (const [i, entry] of list.entries()) {
    const root = `policies[${i}]`;
    const parent = isRecord(entry) ? entry.parent_policy_id : undefined;
    if (parent !== undefined && parent !== null) {
      skipped.push({
        name: nameOf(entry, root),
        reason: `made by the default policy ${describe(parent)}, which does it here too`,
      });
      continue;
    }
    const read = readPolicy(entry, root);
    if (read.problems) problems.push(...read.problems);
    else policies.push(named(read.policy, names));
  }
  if (problems.length > 0) throw problemsError(problems);
  return { policies, skipped };
}

function listOf(json: unknown): readonly unknown[] {
  const within = isRecord(json) ? LISTS.map((name) => json[name]).find((value) => value !== undefined) : undefined;
  const list = within ?? json;
  const message = `must be a list of policies, or an object with one as ${LISTS.join(', ')}, got ${describe(list)}`;
  if (!Array.isArray(list)) throw problemsError([{ path: 'policies', message }]);
  if (list.length > MAX_POLICIES)
    throw problemsError([{ path: 'policies', message: `must be at most ${MAX_POLICIES}, got ${list.length}` }]);
  return list;
}

type Read =
  | { readonly policy: ExportedPolicy; readonly problems?: undefined }
  | { readonly problems: readonly Problem[] };

function readPolicy(entry: unknown, root: string): Read {
  const written = isRecord(entry) ? withoutFacts(entry) : entry;
  const parsed = policyBody.safeParse(written);
  if (!parsed.success) return { problems: describeZodError(parsed.error, root, written) };
  const id = isRecord(entry) && typeof entry.id === 'string' ? entry.id : undefined;
  return tried(parsed.data, root) ?? { policy: { id, body: parsed.data } };
}

/** What the schema cannot tell (time zones, entities, subjects), the policy itself does. */
function tried(body: PolicyBody, root: string): Read | undefined {
  try {
    checkPolicy(body);
    return undefined;
  } catch (cause) {
    if (!isOwnError(cause) || cause.code !== 'invalid_option') throw cause;
    const { message, param = '' } = cause;
    const place = message.indexOf(param);
    return {
      problems: [
        {
          path: `${root}.${param}`,
          message: message
            .slice(place + param.length)
            .trim()
            .replace(/\.$/, ''),
        },
      ],
    };
  }
}

/** What somebody wrote of a policy that an API tells of. APIs say `null` of what is not set. */
export function withoutFacts(entry: Record<string, unknown>): Record<string, unknown> {
  const written = Object.entries(withoutNulls(entry)).filter(([name]) => !READ_ONLY.has(name));
  const body = Object.fromEntries(written);
  return isRecord(body.config) ? { ...body, config: withoutNulls(body.config) } : body;
}

function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function nameOf(entry: unknown, fallback: string): string {
  return isRecord(entry) && typeof entry.name === 'string' ? entry.name.slice(0, 128) : fallback;
}

/** LangSmith lets several policies have one name; here it stands in refusals and accounts, and must tell them apart. */
function named(policy: ExportedPolicy, names: Set<string>): ExportedPolicy {
  const { name } = policy.body;
  let free = name;
  for (let count = 2; names.has(free); count++) free = `${name.slice(0, 120)} (${count})`;
  names.add(free);
  return free === name ? policy : { ...policy, body: { ...policy.body, name: free }, renamedFrom: name };
}
