/** How documents and audit rows stand in a store: as JSON text, so that what was hashed is what is read. Knows no store. */
import type { AuditRecord, StateDocument, StateKind, StateWrite } from '../../core/state.ts';
import { GatewayError } from '../../errors.ts';

/** Of tables and keys; another one gets another number. */
export const STATE_LAYOUT = 1;

/** A write as a store takes it: `text` is JSON, `null` takes the document out. */
export interface TextWrite {
  readonly kind: StateKind;
  readonly id: string;
  readonly text: string | null;
}

/** One for each document: the last. PostgreSQL cannot write a row twice in one statement. */
export function textWrites(writes: readonly StateWrite[]): readonly TextWrite[] {
  const last = new Map(writes.map((write) => [`${write.kind} ${write.id}`, write]));
  return [...last.values()].map(({ kind, id, value }) => ({
    kind,
    id,
    text: value === null ? null : JSON.stringify(value),
  }));
}

/** @throws GatewayError `state_unavailable` when the text is no object */
export function documentOf(kind: string, id: string, text: string): StateDocument {
  const value = objectOf(text);
  if (value === undefined)
    throw new GatewayError('state_unavailable', `The stored ${kind} ${id} cannot be read: it is no JSON object.`);
  return { kind: kind as StateKind, id, value };
}

/** As it is stored. What is no JSON object any more is a row whose hash fits nothing, so that whoever verifies the chain finds it. */
export function recordOf(seq: number, text: string): AuditRecord {
  const record = objectOf(text);
  if (record !== undefined) return record as unknown as AuditRecord;
  return {
    seq,
    at: '',
    actor: { kind: 'system', name: 'unreadable' },
    operation: 'unreadable',
    resource: { type: 'unreadable', id: '' },
    changes: {},
    prev: '',
    hash: '',
  };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
