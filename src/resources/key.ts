/** A virtual key as the admin API and the command speak of it. The key itself is shown once, when it is made or rotated. */
import * as z from 'zod';

const dimension = z.string().min(1).max(256);

export const keyBody = z.strictObject({
  name: z.string().min(1).max(128),
  organization: dimension.optional(),
  workspace: dimension.optional(),
  /** Without one it is a service key: caps per user book its calls as `unattributed`. */
  user: dimension.optional(),
  tags: z.record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/), dimension).optional(),
  /** ISO 8601 with its zone. */
  expires_at: z.iso.datetime({ offset: true }).optional(),
});
export type KeyBody = z.infer<typeof keyBody>;

/** `null` takes a field out. */
export const keyPatch = z.strictObject({
  name: keyBody.shape.name.optional(),
  organization: dimension.nullable().optional(),
  workspace: dimension.nullable().optional(),
  user: dimension.nullable().optional(),
  tags: keyBody.shape.tags,
  expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
  disabled: z.boolean().optional(),
});
export type KeyPatch = z.infer<typeof keyPatch>;

export const keyRotation = z.strictObject({
  /** How long the key before goes on being taken. Default 0, at most 30 days. */
  grace_seconds: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .optional(),
});

export const keyResource = z.object({
  id: z.string(),
  name: z.string(),
  organization: z.string().optional(),
  workspace: z.string().optional(),
  user: z.string().optional(),
  tags: z.record(z.string(), z.string()),
  status: z.enum(['active', 'disabled', 'expired']),
  disabled: z.boolean(),
  /** The first characters, to tell keys apart. */
  hint: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  expires_at: z.string().optional(),
  rotated_at: z.string().optional(),
  /** Until when the key before the last rotation is taken. */
  previous_until: z.string().optional(),
  /** As this server has seen it since it started. */
  last_used_at: z.string().optional(),
});
export type KeyResource = z.infer<typeof keyResource>;

/** `secret`: the key itself, which nobody can ask for again. */
export const issuedKey = z.object({ key: keyResource, secret: z.string() });
export type IssuedKey = z.infer<typeof issuedKey>;
