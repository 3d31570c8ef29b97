/** The tag that a header of the caller's customer stands for, by LangSmith's rules. Knows no request and no policy. */

const PREFIX = /^x-gateway-/;
/** LangSmith's own facts of a call; a header of such a name could pass for one of them. */
const RESERVED: ReadonlySet<string> = new Set([
  'organization_id',
  'workspace_id',
  'workspace_handle',
  'user_id',
  'user_email',
  'api_key_id',
  'api_key_short',
  'auth_mode',
  'user_agent',
  'applied_policy_ids',
  'applied_policy_names',
]);

/**
 * `X-Gateway-Customer-Id`, `customer-id` and `customer_id` are the tag `customer_id`. `undefined` for names that are reserved (those of
 * LangSmith's own facts, and whatever starts with `gateway`) or empty: nothing may be told by them.
 */
export function customerTag(header: string): string | undefined {
  const tag = header
    .toLowerCase()
    .replace(PREFIX, '')
    .replace(/[^a-z0-9_]/g, '_');
  return tag === '' || RESERVED.has(tag) || tag.startsWith('gateway') ? undefined : tag;
}
