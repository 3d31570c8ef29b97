/**
 * A policy as the configuration and the admin API speak of it: LangSmith's vocabulary and shapes, so that a policy exported there loads
 * unchanged, and a few fields of ours. Fields that only the server sets are taken and ignored where a policy is written.
 */
import * as z from 'zod';

/** LangSmith's `value: ""` of a default policy stands for every value of the key. */
export const subjectMatcher = z.strictObject({
  /** `organization_id`, `workspace_id`, `user_id`, `api_key_id`, or the name of a customer header, normalised or not. */
  key: z.string().min(1).max(128),
  value: z.string().max(256),
});

const usd = z.union([z.number().nonnegative(), z.string().regex(/^\d+(?:\.\d{1,9})?$/, 'a decimal such as "5.00"')]);

/** Calendar windows in UTC as LangSmith's; `lifetime`, rolling windows (`24h`, `30d`) and time zones are ours. */
export const spendConfig = z.strictObject({
  version: z.literal(1).optional(),
  window: z.union([
    z.enum(['hourly', 'daily', 'weekly', 'monthly', 'lifetime']),
    z.strictObject({ rolling: z.string().regex(/^\d+[mhd]$/, 'minutes, hours or days, such as "24h"') }),
  ]),
  limit_usd: usd,
  time_zone: z.string().optional(),
  reserve: z.enum(['estimate', 'strict']).optional(),
  clamp: z.boolean().optional(),
  max_output_tokens: z.int().min(1).optional(),
  thresholds: z.array(z.number().gt(0).max(1)).max(20).optional(),
});

export const rateConfig = z.strictObject({
  version: z.literal(1).optional(),
  limits: z
    .array(
      z.strictObject({
        metric: z.enum(['requests', 'tokens']),
        window: z.enum(['minute', 'hour', 'day']),
        value: z.int().min(1),
      }),
    )
    .min(1)
    .max(20),
});

/** `detect` and `timeout_seconds` are LangSmith's; the rest are options of `redact()`. */
export const guardConfig = z.strictObject({
  version: z.literal(1).optional(),
  detect: z.strictObject({ pii: z.boolean().optional(), secrets: z.boolean().optional() }).optional(),
  timeout_seconds: z.number().min(0.1).max(30).optional(),
  entities: z.array(z.string()).min(1).optional(),
  actions: z.record(z.string(), z.enum(['redact', 'mask', 'hash', 'block', 'monitor'])).optional(),
  allow: z.array(z.string().min(1)).optional(),
  min_score: z.number().min(0).max(1).optional(),
  restore: z.boolean().optional(),
  placeholders: z.enum(['numbered', 'hmac']).optional(),
  stream: z.enum(['bounded', 'buffer']).optional(),
});

const common = {
  name: z.string().min(1).max(128),
  /** LangSmith knows `block` alone; what else it would do, `mode` says. */
  action: z.literal('block').optional(),
  /** All keys must match; several values of one key are any of them. */
  subject_matchers: z.array(subjectMatcher).max(10).optional(),
  mode: z.enum(['enforce', 'monitor']).optional(),
  /** What happens to a call when the policy itself fails. Default `closed`. */
  failure: z.enum(['closed', 'open']).optional(),
  enabled: z.boolean().optional(),
  description: z.string().max(1024).optional(),
};

export const policyBody = z.discriminatedUnion('policy_type', [
  z.strictObject({ ...common, policy_type: z.enum(['spend_cap', 'default_spend_cap']), config: spendConfig }),
  z.strictObject({ ...common, policy_type: z.enum(['rate_limit', 'default_rate_limit']), config: rateConfig }),
  z.strictObject({ ...common, policy_type: z.literal('guard'), config: guardConfig }),
]);
export type PolicyBody = z.infer<typeof policyBody>;

/** What is known of a policy besides what somebody wrote. */
export const policyFacts = z.object({
  id: z.string(),
  /** `config`: stands in the configuration file, where alone it can be changed; its mode can be switched here too. */
  source: z.enum(['config', 'api']),
  /** The mode it has now, and whether it is another one than its configuration says. */
  mode: z.enum(['enforce', 'monitor']),
  mode_overridden: z.boolean(),
  enabled: z.boolean(),
  created_at: z.string().optional(),
  updated_at: z.string().optional(),
  /** Of a spend cap; of one with an account for each subject that of the fullest. Absent when it could not be read. */
  current_spend_usd: z.number().optional(),
});
export const policyResource = z.intersection(policyBody, policyFacts);
export type PolicyResource = z.infer<typeof policyResource>;

/** What may be changed of a policy that is there. `mode: null` takes a switched mode back. */
export const policyPatch = z.strictObject({
  name: common.name.optional(),
  subject_matchers: common.subject_matchers,
  config: z.union([spendConfig, rateConfig, guardConfig]).optional(),
  mode: z.enum(['enforce', 'monitor']).nullable().optional(),
  failure: common.failure,
  enabled: z.boolean().optional(),
  description: common.description,
});
export type PolicyPatch = z.infer<typeof policyPatch>;

/** What a policy did, or would have done, over the traffic that this server remembers. */
export const policyEffect = z.object({
  policy_id: z.string(),
  /** The first instant that is remembered. */
  since: z.string(),
  calls: z.int(),
  /** Calls that the policy was meant for. */
  matched: z.int(),
  blocked: z.int(),
  would_block: z.int(),
  redacted: z.int(),
  would_redact: z.int(),
  warned: z.int(),
  /** Values found, by entity. */
  entities: z.record(z.string(), z.int()),
  /** Whom it blocked, or would have, most often first. */
  subjects: z.array(z.object({ subject: z.string(), count: z.int() })),
});
export type PolicyEffect = z.infer<typeof policyEffect>;
