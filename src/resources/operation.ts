/** What the admin API says of the server at work: events, audit rows, providers, health. */
import * as z from 'zod';

const identity = {
  organization: z.string().optional(),
  workspace: z.string().optional(),
  user: z.string().optional(),
  api_key_id: z.string().optional(),
  session: z.string().optional(),
};

/** A policy fired, an unreadable request passed, or a call ended. Never a value of a request. */
export const eventResource = z.object({
  /** Rising; `after` of the list and `last-event-id` of the stream. */
  id: z.int(),
  at: z.string(),
  type: z.enum(['policy', 'unguarded', 'call']),
  call_id: z.string(),
  exchange_id: z.string(),
  provider: z.string(),
  model: z.string(),
  ...identity,
  trace_id: z.string().optional(),
  /** Where the trace can be looked at, by the configured template. */
  trace_url: z.string().optional(),
  /** Of a policy event. */
  policy_id: z.string().optional(),
  policy: z.string().optional(),
  mode: z.enum(['enforce', 'monitor']).optional(),
  action: z.enum(['block', 'redact', 'set', 'warn', 'fail']).optional(),
  decision: z.enum(['allow', 'audit', 'deny', 'modify', 'warn']).optional(),
  target: z.enum(['input', 'output']).optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  findings: z.array(z.object({ kind: z.string(), scope: z.string(), action: z.string(), count: z.int() })).optional(),
  /** Of a call. */
  outcome: z.enum(['completed', 'blocked', 'failed', 'aborted']).optional(),
  cost_usd: z.string().optional(),
  input_tokens: z.int().optional(),
  output_tokens: z.int().optional(),
  duration_ms: z.number().optional(),
});
export type EventResource = z.infer<typeof eventResource>;

export const auditResource = z.object({
  seq: z.int(),
  at: z.string(),
  actor: z.object({ kind: z.enum(['admin_token', 'cli', 'system']), name: z.string() }),
  operation: z.string(),
  resource: z.object({ type: z.string(), id: z.string(), name: z.string().optional() }),
  changes: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() }).partial()),
  request_id: z.string().optional(),
  hash: z.string(),
});
export type AuditResource = z.infer<typeof auditResource>;

export const auditVerification = z.object({
  ok: z.boolean(),
  rows: z.int(),
  head: z.object({ seq: z.int(), hash: z.string() }),
  /** The first row that does not fit. */
  broken: z.object({ seq: z.int(), reason: z.string() }).optional(),
});
export type AuditVerification = z.infer<typeof auditVerification>;

export const providerResource = z.object({
  /** As it stands in paths: `openai`, or the name of a custom provider. */
  name: z.string(),
  kind: z.enum(['built-in', 'custom']),
  base_url: z.string(),
  path: z.string(),
  /** The pinned model of a custom provider. */
  model: z.string().optional(),
  /** Where its key is found, `env:NAME` or `file:/path`; absent where clients send their own. */
  key: z.string().optional(),
  key_found: z.boolean().optional(),
});
export type ProviderResource = z.infer<typeof providerResource>;

const check = z.object({
  status: z.enum(['ok', 'warning', 'failed', 'off']),
  detail: z.string().optional(),
  latency_ms: z.number().optional(),
});
/** Processes that take calls, where they are several. */
export const workersResource = z.object({ configured: z.int(), up: z.int() });

export const healthResource = z.object({
  status: z.enum(['ok', 'degraded', 'failed']),
  version: z.string(),
  started_at: z.string(),
  /** Where the gateway listens; where clients reach it may be elsewhere. Absent before it does. */
  gateway_url: z.string().optional(),
  open_calls: z.int(),
  observer_failures: z.int(),
  workers: workersResource.optional(),
  /** `ledger`, `state`, `exporter`, `prices`, `config`, `workers`. */
  checks: z.record(z.string(), check),
});
export type HealthResource = z.infer<typeof healthResource>;

/** Who is asking: name and role of the token. */
export const whoamiResource = z.object({ name: z.string(), role: z.enum(['admin', 'viewer']) });
export type WhoamiResource = z.infer<typeof whoamiResource>;

/** How the admin API says that something is wrong. */
export const problem = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    /** The field that is at fault: `config.limit_usd`. */
    param: z.string().optional(),
  }),
});
export type Problem = z.infer<typeof problem>;
