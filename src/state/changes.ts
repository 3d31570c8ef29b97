/** What an audit row says of a change: the fields that differ, without secrets. */
import { createHash } from 'node:crypto';
import type { AuditEntry } from '../core/state.ts';
import { canonicalJson } from './canonical-json.ts';

type Fields = Readonly<Record<string, unknown>>;
export type Changes = AuditEntry['changes'];

/** A keyed hash of a key is no key, and still nobody's business. */
const SECRET_FIELD = /(?:^|_)(?:hash|secret|pepper)(?:_|$)/;
/** Of one value as JSON. A longer one is told by its hash. */
const MAX_CHARS = 65_536;

/** `undefined` before: it is new. After: it is gone. */
export function changesBetween(before: Fields | undefined, after: Fields | undefined): Changes {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort();
  const changed = names.filter((name) => !SECRET_FIELD.test(name) && textOf(before, name) !== textOf(after, name));
  return Object.fromEntries(
    changed.map((name) => [name, { ...side('from', before, name), ...side('to', after, name) }]),
  );
}

function side(name: 'from' | 'to', fields: Fields | undefined, field: string): { from?: unknown; to?: unknown } {
  const text = textOf(fields, field);
  if (text === undefined) return {};
  if (text.length <= MAX_CHARS) return { [name]: fields![field] };
  return { [name]: { characters: text.length, sha256: createHash('sha256').update(text).digest('hex') } };
}

/** Undefined where it is absent. */
function textOf(fields: Fields | undefined, name: string): string | undefined {
  if (fields === undefined || !Object.hasOwn(fields, name) || fields[name] === undefined) return undefined;
  return canonicalJson(JSON.parse(JSON.stringify(fields[name])));
}
