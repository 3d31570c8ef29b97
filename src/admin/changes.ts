/** What a change says in the audit log: field by field, from what to what. */

import { isRecord } from '../core/record.ts';
import type { Actor, AuditEntry } from '../core/state.ts';

/** Who asks for a change, and by which request. */
export interface ChangeBy {
  readonly actor: Actor;
  readonly requestId?: string | undefined;
}

/** Fields that differ, those of `config` each for itself: `config.limit_usd`. `undefined` stands for what is not there. */
export function changesBetween(before: object | undefined, after: object | undefined): AuditEntry['changes'] {
  const [from, to] = [flat(before ?? {}), flat(after ?? {})];
  const names = [...new Set([...from.keys(), ...to.keys()])].filter((name) => !isSame(from.get(name), to.get(name)));
  return Object.fromEntries(
    names.map((name) => [
      name,
      { ...(from.has(name) && { from: from.get(name) }), ...(to.has(name) && { to: to.get(name) }) },
    ]),
  );
}

function flat(value: object): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, field] of Object.entries(value)) {
    if (name === 'config' && isRecord(field))
      for (const [inner, setting] of Object.entries(field)) fields.set(`config.${inner}`, setting);
    else fields.set(name, field);
  }
  for (const [name, field] of fields) if (field === undefined) fields.delete(name);
  return fields;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
