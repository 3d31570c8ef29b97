/** A key as it is kept, and the two ways to read it: as a resource, and as what a call is held against. */
import type { CallContext } from '../core/context.ts';
import type { StateDocument } from '../core/state.ts';
import type { KeyResource } from '../resources/key.ts';

/** Of a document of kind `key`. */
export interface KeyValue extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly organization?: string | undefined;
  readonly workspace?: string | undefined;
  readonly user?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly disabled: boolean;
  readonly hint: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at?: string | undefined;
  readonly rotated_at?: string | undefined;
  readonly previous_until?: string | undefined;
  /** HMAC-SHA256 of the key, in hex. */
  readonly hash: string;
  readonly previous_hash?: string | undefined;
  /** Which pepper the hashes were made with. */
  readonly pepper: string;
}

/** What a call needs to know of a key. */
export interface KnownKey {
  readonly hash: Buffer | undefined;
  readonly previousHash: Buffer | undefined;
  /** ms since the epoch. */
  readonly previousUntil: number;
  readonly expiresAt: number;
  readonly disabled: boolean;
  readonly context: CallContext;
}

export function toKnownKey({ id, value: fields }: StateDocument): KnownKey {
  const value = fields as KeyValue;
  const { organization, workspace, user, tags = {} } = value;
  return {
    hash: hashOf(value.hash),
    previousHash: hashOf(value.previous_hash),
    previousUntil: value.previous_until === undefined ? 0 : Date.parse(value.previous_until),
    expiresAt: value.expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(value.expires_at),
    // What is not plainly allowed is not.
    disabled: value.disabled !== false,
    context: Object.freeze({
      ...(organization !== undefined && { organization }),
      ...(workspace !== undefined && { workspace }),
      ...(user !== undefined && { user }),
      ...(Object.keys(tags).length > 0 && { tags: Object.freeze({ ...tags }) }),
      apiKey: id,
    }),
  };
}

function hashOf(hex: string | undefined): Buffer | undefined {
  return hex !== undefined && /^[0-9a-f]{64}$/.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

export function keyResourceOf(id: string, value: KeyValue, now: number, usedAt: number | undefined): KeyResource {
  const { hash: _, previous_hash: __, pepper: ___, previous_until, ...told } = value;
  const isExpired = value.expires_at !== undefined && !(now < Date.parse(value.expires_at));
  return {
    ...told,
    id,
    status: value.disabled ? 'disabled' : isExpired ? 'expired' : 'active',
    ...(previous_until !== undefined && now < Date.parse(previous_until) && { previous_until }),
    ...(usedAt !== undefined && { last_used_at: new Date(usedAt).toISOString() }),
  } as KeyResource;
}
