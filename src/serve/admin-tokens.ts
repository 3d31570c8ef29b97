/** The tokens of the admin API: those that the configuration names, else one that is made for this start. */
import { randomBytes } from 'node:crypto';
import { type AdminToken, tokenHash } from '../admin/access.ts';
import { Secret } from '../core/secret.ts';
import { GatewayError } from '../errors.ts';
import type { SecretRef } from '../server/secret.ts';
import type { ReadConfig } from './config.ts';
import { secretAt } from './stores.ts';

export interface AdminTokens {
  readonly tokens: readonly AdminToken[];
  /** The token itself, to be shown once. */
  readonly made: Secret | undefined;
}

/** What somebody could try out is no token. */
const MIN_CHARS = 16;

/** @throws GatewayError `invalid_option` that names the field, never the token */
export async function openAdminTokens({ admin }: ReadConfig): Promise<AdminTokens> {
  if (admin.tokens === undefined || admin.tokens.length === 0) {
    const made = new Secret(randomBytes(24).toString('base64url'));
    return { tokens: [{ name: 'start', role: 'admin', hash: tokenHash(made.reveal()) }], made };
  }
  const tokens = admin.tokens.map(async ({ name, role, token }, i) => {
    const option = `admin.tokens[${i}].token`;
    const secret = (await secretAt(option, token as SecretRef)).reveal();
    if (secret.length < MIN_CHARS)
      throw new GatewayError('invalid_option', `${option} must have at least ${MIN_CHARS} characters.`, {
        param: option,
      });
    return { name, role, hash: tokenHash(secret) };
  });
  return { tokens: await Promise.all(tokens), made: undefined };
}
