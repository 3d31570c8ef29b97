/** Who may ask: tokens by their hashes, and a bound on how often an address may be wrong. Knows no routes. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { AdminError } from './problem.ts';

export type Role = 'admin' | 'viewer';

export interface AdminToken {
  /** Stands in the audit log. */
  readonly name: string;
  readonly role: Role;
  /** What `tokenHash` makes of the token. */
  readonly hash: string;
}

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

/** SHA-256 in hex: tokens are long and random, so that a hash cannot be guessed back. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Wrong tokens that an address may send in a minute. */
const MAX_FAILURES = 20;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; past it the oldest are forgotten. */
const MAX_ADDRESSES = 1_000;

interface Failures {
  count: number;
  readonly since: number;
}

export class Access {
  #tokens: readonly (Caller & { readonly digest: Buffer })[] = [];
  readonly #now: () => number;
  readonly #failures = new Map<string, Failures>();

  constructor(tokens: readonly AdminToken[], now: () => number) {
    this.#now = now;
    this.setTokens(tokens);
  }

  setTokens(tokens: readonly AdminToken[]): void {
    this.#tokens = tokens.map(({ name, role, hash }) => ({ name, role, digest: Buffer.from(hash, 'hex') }));
  }

  /** @throws AdminError `unauthorized`, `too_many_requests` */
  callerOf(headers: Headers, address: string): Caller {
    const retryAfter = this.#blockedFor(address);
    if (retryAfter > 0)
      throw new AdminError('too_many_requests', 'Too many wrong tokens came from this address.', {
        headers: { 'retry-after': String(retryAfter) },
      });
    const header = headers.get('authorization');
    if (header === null) throw unauthorized('This needs the header "Authorization: Bearer <admin token>".');
    const token = /^Bearer +([^\s,]+)$/i.exec(header)?.[1];
    const caller = token === undefined ? undefined : this.#find(token);
    if (caller) return caller;
    this.#fail(address);
    throw unauthorized('The admin token is not one that this server knows.');
  }

  /** Compares with all tokens, so that how long it takes says nothing of which one was near. */
  #find(token: string): Caller | undefined {
    const digest = createHash('sha256').update(token).digest();
    let found: Caller | undefined;
    for (const known of this.#tokens) {
      const same = known.digest.length === digest.length && timingSafeEqual(known.digest, digest);
      if (same) found = { name: known.name, role: known.role };
    }
    return found;
  }

  /** Seconds. */
  #blockedFor(address: string): number {
    const failures = this.#failures.get(address);
    if (!failures || failures.count < MAX_FAILURES) return 0;
    return Math.max(0, Math.ceil((failures.since + WINDOW_MS - this.#now()) / 1000));
  }

  #fail(address: string): void {
    const known = this.#failures.get(address);
    const current = known && known.since + WINDOW_MS > this.#now() ? known : { count: 0, since: this.#now() };
    current.count++;
    this.#failures.delete(address);
    this.#failures.set(address, current);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= MAX_ADDRESSES) break;
      this.#failures.delete(oldest);
    }
  }
}

function unauthorized(message: string): AdminError {
  return new AdminError('unauthorized', message, { headers: { 'www-authenticate': 'Bearer realm="postern admin"' } });
}
