/** What a customer's header is called as a tag of a call: LangSmith's rule, so that a policy written there names the same thing here. */

const PREFIX = /^x-gateway-/;

/** `X-Gateway-Customer-ID` becomes `customer_id`. Values are compared as they stand. */
export function customerTag(header: string): string {
  return header
    .toLowerCase()
    .replace(PREFIX, '')
    .replace(/[^a-z0-9_]/g, '_');
}

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

/** Names under which the gateway speaks of a call itself. A client that sends one says nothing by it. */
export function isReservedTag(tag: string): boolean {
  return RESERVED.has(tag) || tag.startsWith('gateway');
}
