/** Virtual keys: made, changed, rotated and taken out as documents of the state, and told apart on every call without waiting. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { CallContext } from '../core/context.ts';
import type { Secret } from '../core/secret.ts';
import type { Actor, StateDocument } from '../core/state.ts';
import { GatewayError } from '../errors.ts';
import type { IssuedKey, KeyBody, KeyPatch, KeyResource } from '../resources/key.ts';
import { changesBetween } from './changes.ts';
import { type KeyValue, type KnownKey, keyResourceOf, toKnownKey } from './key-document.ts';
import { keyHash, keyIdOf, newKey, newKeyId, pepperId, type RandomBytes } from './key-text.ts';
import { checkPepper } from './pepper.ts';
import type { ServerState } from './server-state.ts';

export interface KeysOptions {
  /** At least 32 bytes, kept apart from the store, the same for all servers of one store. Another one makes all keys unknown. */
  readonly pepper: Secret;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  readonly random?: RandomBytes | undefined;
}

export type Authenticated =
  | { readonly context: CallContext; readonly keyId: string }
  | { readonly refused: 'unknown' | 'disabled' | 'expired' };

export interface KeyRotationTerms {
  /** How long the key before goes on being taken. Default 0. */
  readonly graceSeconds?: number | undefined;
}

export interface Keys {
  /** Whose key it is. Why a key is refused is told to those alone who have it. */
  authenticate(key: string): Authenticated;
  /** By when they were made. */
  list(): readonly KeyResource[];
  get(id: string): KeyResource | undefined;
  /** @throws GatewayError `invalid_request`, `state_unavailable` */
  create(body: KeyBody, actor: Actor, requestId?: string): Promise<IssuedKey>;
  /** @throws GatewayError `not_found`, `state_unavailable` */
  update(id: string, patch: KeyPatch, actor: Actor, requestId?: string): Promise<KeyResource>;
  /** @throws GatewayError `not_found`, `invalid_request`, `state_unavailable` */
  rotate(id: string, terms: KeyRotationTerms, actor: Actor, requestId?: string): Promise<IssuedKey>;
  /** @throws GatewayError `not_found`, `state_unavailable` */
  delete(id: string, actor: Actor, requestId?: string): Promise<void>;
  /** How many keys were made with another pepper, and so fit nothing here. */
  readonly otherPepper: number;
}

export const MAX_KEYS = 10_000;
const MAX_GRACE_SECONDS = 30 * 86_400;
const TYPE = 'gateway_key';

/** @throws GatewayError `invalid_option` */
export function createKeys(state: ServerState, options: KeysOptions): Keys {
  return new StateKeys(state, options);
}

type Operation = 'create' | 'update' | 'rotate' | 'delete';

class StateKeys implements Keys {
  readonly #state: ServerState;
  readonly #pepper: Secret;
  readonly #pepperId: string;
  readonly #now: () => number;
  readonly #random: RandomBytes;
  /** Compared with where there is no key of that id, so that both take as long. */
  readonly #dummy = randomBytes(32);
  /** By id, ms since the epoch. No more than there are keys. */
  readonly #usedAt = new Map<string, number>();
  /** Documents are never changed, only replaced, so each is read once. */
  readonly #read = new WeakMap<StateDocument, KnownKey>();

  constructor(state: ServerState, { pepper, now = Date.now, random = randomBytes }: KeysOptions) {
    this.#state = state;
    this.#pepper = checkPepper('createKeys: pepper', pepper);
    this.#pepperId = pepperId(pepper);
    this.#now = now;
    this.#random = random;
  }

  authenticate(key: string): Authenticated {
    const id = keyIdOf(key);
    if (id === undefined) return { refused: 'unknown' };
    const hash = keyHash(this.#pepper, key);
    const document = this.#state.document('key', id);
    const known = document && this.#known(document);
    const now = this.#now();
    const isCurrent = timingSafeEqual(hash, known?.hash ?? this.#dummy);
    const isPrevious = timingSafeEqual(hash, known?.previousHash ?? this.#dummy);
    if (known === undefined || !(isCurrent || (isPrevious && now < known.previousUntil))) return { refused: 'unknown' };
    if (known.disabled) return { refused: 'disabled' };
    if (!(now < known.expiresAt)) return { refused: 'expired' };
    this.#noteUse(id, now);
    return { context: known.context, keyId: id };
  }

  list(): readonly KeyResource[] {
    return this.#state
      .documents('key')
      .map((document) => this.#resource(document.id, document.value as KeyValue))
      .sort((a, b) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1));
  }

  get(id: string): KeyResource | undefined {
    const document = this.#state.document('key', id);
    return document && this.#resource(id, document.value as KeyValue);
  }

  get otherPepper(): number {
    return this.#state.documents('key').filter(({ value }) => value.pepper !== this.#pepperId).length;
  }

  async create(body: KeyBody, actor: Actor, requestId?: string): Promise<IssuedKey> {
    this.#checkExpiry(body.expires_at);
    const id = newKeyId(this.#random);
    const key = newKey(id, this.#random);
    const { tags = {}, ...rest } = body;
    const value: KeyValue = {
      ...rest,
      tags,
      disabled: false,
      hint: hintOf(key),
      created_at: this.#instant(),
      created_by: actor.name,
      ...this.#hashed(key),
    };
    return this.#state.change((view) => {
      if (view.count('key') >= MAX_KEYS) throw tooMany();
      return this.#change('create', id, undefined, value, actor, requestId, this.#issued(id, value, key));
    });
  }

  async update(id: string, patch: KeyPatch, actor: Actor, requestId?: string): Promise<KeyResource> {
    const made = await this.#state.change((view) => {
      const before = keyOf(view.document('key', id), id);
      const fields = Object.entries({ ...before, ...defined(patch) }).filter(([, field]) => field !== null);
      const after = Object.fromEntries(fields) as unknown as KeyValue;
      if (Object.keys(changesBetween(before, after)).length === 0) return undefined;
      return this.#change('update', id, before, after, actor, requestId, this.#resource(id, after));
    });
    return made ?? this.#resource(id, keyOf(this.#state.document('key', id), id));
  }

  async rotate(
    id: string,
    { graceSeconds = 0 }: KeyRotationTerms,
    actor: Actor,
    requestId?: string,
  ): Promise<IssuedKey> {
    if (!Number.isSafeInteger(graceSeconds) || graceSeconds < 0 || graceSeconds > MAX_GRACE_SECONDS)
      throw invalid('grace_seconds', `must be a whole number from 0 to ${MAX_GRACE_SECONDS}`);
    const key = newKey(id, this.#random);
    return this.#state.change((view) => {
      const before = keyOf(view.document('key', id), id);
      const { previous_hash: _, previous_until: __, ...rest } = before;
      const previous = graceSeconds > 0 && {
        previous_hash: before.hash,
        previous_until: this.#instant(graceSeconds * 1_000),
      };
      const after: KeyValue = {
        ...rest,
        ...previous,
        ...this.#hashed(key),
        hint: hintOf(key),
        rotated_at: this.#instant(),
      };
      return this.#change('rotate', id, before, after, actor, requestId, this.#issued(id, after, key));
    });
  }

  async delete(id: string, actor: Actor, requestId?: string): Promise<void> {
    await this.#state.change((view) => {
      const before = keyOf(view.document('key', id), id);
      return this.#change('delete', id, before, undefined, actor, requestId, undefined);
    });
    this.#usedAt.delete(id);
  }

  #change<Result>(
    operation: Operation,
    id: string,
    before: KeyValue | undefined,
    after: KeyValue | undefined,
    actor: Actor,
    requestId: string | undefined,
    result: Result,
  ) {
    const changes = changesBetween(before, after);
    const { name } = (after ?? before)!;
    const entry = { actor, operation: `${operation}_${TYPE}`, resource: { type: TYPE, id, name }, changes, requestId };
    return { entry, writes: [{ kind: 'key' as const, id, value: after ?? null }], result };
  }

  #known(document: StateDocument): KnownKey {
    let known = this.#read.get(document);
    if (known === undefined) {
      known = toKnownKey(document);
      this.#read.set(document, known);
    }
    return known;
  }

  #hashed(key: string): Pick<KeyValue, 'hash' | 'pepper'> {
    return { hash: keyHash(this.#pepper, key).toString('hex'), pepper: this.#pepperId };
  }

  #issued(id: string, value: KeyValue, secret: string): IssuedKey {
    return { key: this.#resource(id, value), secret };
  }

  #resource(id: string, value: KeyValue): KeyResource {
    return keyResourceOf(id, value, this.#now(), this.#usedAt.get(id));
  }

  #noteUse(id: string, now: number): void {
    this.#usedAt.delete(id);
    this.#usedAt.set(id, now);
    if (this.#usedAt.size > MAX_KEYS) this.#usedAt.delete(this.#usedAt.keys().next().value!);
  }

  #instant(inMs = 0): string {
    return new Date(this.#now() + inMs).toISOString();
  }

  #checkExpiry(expiresAt: string | undefined): void {
    if (expiresAt !== undefined && !(Date.parse(expiresAt) > this.#now()))
      throw invalid('expires_at', 'must be an instant that is still to come');
  }
}

/** Enough to know a key again, and none of its secret. */
function hintOf(key: string): string {
  return key.slice(0, 'ptn_'.length + 6);
}

function keyOf(document: StateDocument | undefined, id: string): KeyValue {
  if (document !== undefined) return document.value as KeyValue;
  const told = /^[0-9A-Za-z]{1,64}$/.test(id) ? ` ${id}` : '';
  throw new GatewayError('not_found', `There is no key${told}.`, { param: 'id' });
}

function defined(patch: KeyPatch): Partial<KeyPatch> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}

function invalid(param: string, what: string): GatewayError {
  return new GatewayError('invalid_request', `${param} ${what}.`, { param });
}

function tooMany(): GatewayError {
  return new GatewayError('invalid_request', `There are ${MAX_KEYS} keys already: delete those that nobody uses.`);
}
