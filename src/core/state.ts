/**
 * What a server keeps besides money: documents (policies, keys, overrides, prices), and the audit log of every change to them. A change
 * and its record are one transaction, so that neither exists without the other.
 */

/** A kind of document; with `id` it names one. */
export type StateKind = 'policy' | 'policy_mode' | 'key' | 'override' | 'price';

export interface StateDocument {
  readonly kind: StateKind;
  readonly id: string;
  /** JSON. Never a secret: of a key its keyed hash. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** `value: null` takes the document out. */
export interface StateWrite {
  readonly kind: StateKind;
  readonly id: string;
  readonly value: Readonly<Record<string, unknown>> | null;
}

/** Who made a change. */
export interface Actor {
  /** `admin_token`: at the admin API; `cli`: at a shell of the server; `system`: the server itself (an import from its configuration). */
  readonly kind: 'admin_token' | 'cli' | 'system';
  /** Name of the token, or of the account at the shell. */
  readonly name: string;
}

/** What was done, before it has a place in the chain. */
export interface AuditEntry {
  readonly actor: Actor;
  /** As LangSmith names them: `create_gateway_policy`, `update_gateway_policy`, `delete_gateway_policy`, `create_gateway_key`, ... */
  readonly operation: string;
  readonly resource: { readonly type: string; readonly id: string; readonly name?: string | undefined };
  /** Fields that changed, without secrets. `from` is absent for what is new, `to` for what is gone. */
  readonly changes: Readonly<Record<string, { readonly from?: unknown; readonly to?: unknown }>>;
  /** Of the request that asked for it. */
  readonly requestId?: string | undefined;
}

/** One row of the chain: `hash` is SHA-256 over `prev` and everything else in it. */
export interface AuditRecord extends AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Hash of the row before, in hex; 64 zeros for the first. */
  readonly prev: string;
  readonly hash: string;
}

/** The last row; `seq: 0` of an empty log. */
export interface StateHead {
  readonly seq: number;
  readonly hash: string;
}

/** Of a log without rows; its hash is the `prev` of the first. */
export const EMPTY_HEAD: StateHead = Object.freeze({ seq: 0, hash: '0'.repeat(64) });

export interface StateStore {
  /** Cheap: servers ask for it every second to see whether another one changed something. */
  head(): Promise<StateHead>;
  /** All documents, as they stand at that head. */
  load(): Promise<{ readonly head: StateHead; readonly documents: readonly StateDocument[] }>;
  /**
   * Appends the record and makes the writes, in one transaction. False, and nothing is changed, when the log's head is not the row before
   * `record`: somebody else was first. @throws when it could not be done, or nobody knows whether it was
   */
  commit(record: AuditRecord, writes: readonly StateWrite[]): Promise<boolean>;
  /** Rows with `from <= seq`, in their order, at most `limit`; as they are stored, whether or not their hashes are right. */
  audit(from: number, limit: number): Promise<readonly AuditRecord[]>;
  /** Lets go of what the store itself opened; never of a client that was given to it. */
  close?(): Promise<void>;
}
