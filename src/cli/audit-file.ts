/** Reads an exported audit log, line by line: rows as they are, or OCSF events that hold them. */
import type { AuditRecord } from '../core/state.ts';
import { fromOcsf } from '../state/ocsf.ts';
import { CommandError } from './command.ts';
import type { Input } from './input.ts';

/** Far above what a row can be. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

/** A line that is no row. Its place tells which one is missing. */
export interface UnreadableLine {
  readonly line: number;
  readonly reason: string;
}

/** Ends with the first line that is none, after telling of it: no row behind it can follow. */
export async function* auditFile(
  input: Input,
  tell: (unreadable: UnreadableLine) => void,
): AsyncGenerator<AuditRecord, void, undefined> {
  let number = 0;
  for await (const text of lines(input)) {
    number++;
    if (text.trim() === '') continue;
    const row = rowOf(text);
    if (typeof row === 'string') return tell({ line: number, reason: row });
    yield row;
  }
}

function rowOf(text: string): AuditRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no JSON object';
  if (!('class_uid' in value)) return value as AuditRecord;
  return fromOcsf(value) ?? 'what stands in its event is not what its row says: it was changed';
}

async function* lines(input: Input): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const piece of input.read(() => undefined)) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop()!;
    if (rest.length > MAX_LINE_CHARS) throw new CommandError('a line is too long to be a row of an audit log.');
    yield* parts;
  }
  if (rest !== '') yield rest;
}
