/** References to secrets: where a provider key is found, so that the key itself stands in no configuration, log or error. */
import { readFile } from 'node:fs/promises';
import { GatewayError, optionError } from '../errors.ts';

/** `env:NAME` or `file:/path`. */
export type SecretRef = `env:${string}` | `file:${string}`;

const FORM = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/;

/** @throws GatewayError `invalid_option`; what came is not repeated, for it may be the key itself */
export function checkSecretRef(option: string, value: unknown): void {
  if (typeof value !== 'string' || !FORM.test(value))
    throw optionError(
      option,
      "a reference, 'env:NAME' or 'file:/path'",
      typeof value === 'string' ? { hidden: true } : value,
    );
}

/** Read at each call, so that a rotated key is used at once. @throws GatewayError `provider_key_missing` */
export async function resolveSecret(provider: string, ref: SecretRef): Promise<string> {
  const key = await readSecret(ref);
  if (key) return key;
  throw new GatewayError('provider_key_missing', `No key for provider "${provider}": ${whyMissing(ref)}.`, {
    param: ref,
  });
}

/** What stands there, without the spaces around it; `undefined` where there is nothing. */
export async function readSecret(ref: SecretRef): Promise<string | undefined> {
  const { kind, name } = partsOf(ref);
  const value = kind === 'env' ? process.env[name] : await readFile(name, 'utf8').catch(() => undefined);
  return value?.trim() || undefined;
}

export function whyMissing(ref: SecretRef): string {
  const { kind, name } = partsOf(ref);
  return kind === 'env' ? `the environment variable ${name} is not set` : `the file ${name} cannot be read or is empty`;
}

function partsOf(ref: SecretRef): { readonly kind: string; readonly name: string } {
  const colon = ref.indexOf(':');
  return { kind: ref.slice(0, colon), name: ref.slice(colon + 1) };
}
