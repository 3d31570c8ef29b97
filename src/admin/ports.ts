/** What the admin API needs of the server around it. */

import type * as z from 'zod';
import type { Actor, AuditEntry, AuditRecord, StateDocument, StateHead, StateKind, StateWrite } from '../core/state.ts';
import type { IssuedKey, KeyBody, KeyPatch, KeyResource, keyRotation } from '../resources/key.ts';

/** A reader of the documents as they stand when a change is made. */
export interface StateView {
  documents(kind: StateKind): readonly StateDocument[];
  document(kind: StateKind, id: string): StateDocument | undefined;
}

export interface StateChange<T> {
  readonly entry: AuditEntry;
  readonly writes: readonly StateWrite[];
  readonly result: T;
}

export interface ServerState extends StateView {
  readonly head: StateHead;
  change<T>(make: (view: StateView) => StateChange<T> | undefined): Promise<T | undefined>;
  audit(from: number, limit: number): Promise<readonly AuditRecord[]>;
  onChange(listener: () => void): () => void;
}

export interface Keys {
  list(): readonly KeyResource[];
  get(id: string): KeyResource | undefined;
  create(body: KeyBody, actor: Actor, requestId?: string): Promise<IssuedKey>;
  update(id: string, patch: KeyPatch, actor: Actor, requestId?: string): Promise<KeyResource>;
  rotate(id: string, rotation: z.output<typeof keyRotation>, actor: Actor, requestId?: string): Promise<IssuedKey>;
  delete(id: string, actor: Actor, requestId?: string): Promise<void>;
}

/** Names, counts and codes alone. */
export interface LogEntry {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Logger {
  info(entry: LogEntry): void;
  warn(entry: LogEntry): void;
  error(entry: LogEntry): void;
}
