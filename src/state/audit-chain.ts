/**
 * The chain of the audit log: each row carries the hash of the row before it, so that nothing in it can be edited, taken out, put in or
 * moved without all that follows being written anew; and a head that is kept elsewhere shows that as well. Knows no store.
 */
import { createHash } from 'node:crypto';
import type { AuditEntry, AuditRecord, StateHead } from '../core/state.ts';
import { EMPTY_HEAD } from '../core/state.ts';
import { canonicalJson, throughJson } from './canonical-json.ts';

/** What became of reading the chain from its first row on. `head` is the last row that fits. */
export interface ChainResult {
  readonly ok: boolean;
  /** How many rows fit. */
  readonly rows: number;
  readonly head: StateHead;
  /** The first row that does not fit. */
  readonly broken?: { readonly seq: number; readonly reason: string };
}

/** The row that an entry becomes behind `head`; `at` in milliseconds. */
export function chained(entry: AuditEntry, head: StateHead, at: number): AuditRecord {
  const row = { ...throughJson(entry), seq: head.seq + 1, at: new Date(at).toISOString(), prev: head.hash };
  return { ...row, hash: hashOf(row) };
}

/**
 * Reads all rows from the first on. `expected` are heads that were noted before: the chain must hold those rows, and may have gone on since.
 * Without one nobody can tell that the last rows were cut off.
 */
export async function verifyChain(
  rows: AsyncIterable<AuditRecord> | Iterable<AuditRecord>,
  ...expected: readonly StateHead[]
): Promise<ChainResult> {
  let head = EMPTY_HEAD;
  const broken = (reason: string): ChainResult => ({
    ok: false,
    rows: head.seq,
    head,
    broken: { seq: head.seq + 1, reason },
  });
  for await (const row of rows) {
    const fault = rowFault(row, head) ?? headFault(row, expected);
    if (fault !== undefined) return broken(fault);
    head = { seq: row.seq, hash: row.hash };
  }
  const last = Math.max(0, ...expected.map(({ seq }) => seq));
  if (head.seq < last) return broken(`the log ends before row ${last}, which was its head: rows were cut off`);
  return { ok: true, rows: head.seq, head };
}

/** Why a row cannot follow `head`. */
export function rowFault(row: AuditRecord, head: StateHead): string | undefined {
  if (row.seq !== head.seq + 1)
    return `a row with the number ${shown(row.seq)} stands in its place: one was taken out, put in or moved`;
  if (row.prev !== head.hash) return 'it does not follow the row before it: that or this one was replaced';
  const { hash, ...rest } = row;
  return hash === hashOf(rest) ? undefined : 'its hash does not fit what it says: it was changed';
}

function headFault(row: AuditRecord, expected: readonly StateHead[]): string | undefined {
  if (expected.every(({ seq, hash }) => row.seq !== seq || row.hash === hash)) return undefined;
  return 'it is not the row that was noted as the head: the log was written anew';
}

function hashOf(row: Omit<AuditRecord, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(row)).digest('hex');
}

/** What stands in a broken row may be anything. */
function shown(seq: unknown): string {
  return Number.isSafeInteger(seq) ? String(seq) : 'of no row';
}

/** What can be asked for rows: a store, or the state of a server. */
export interface AuditSource {
  audit(from: number, limit: number): Promise<readonly AuditRecord[]>;
}

/** Few enough that reading and hashing them keeps a server's calls waiting for some milliseconds at most. */
const PAGE = 200;

/** All rows from `from` on. Goes on behind a row whose number makes no sense, so that it always ends. */
export async function* auditRows(source: AuditSource, from = 1): AsyncGenerator<AuditRecord, void, undefined> {
  for (let next = from; ; ) {
    const rows = await source.audit(next, PAGE);
    yield* rows;
    if (rows.length < PAGE) return;
    // A store in this process answers without letting anybody else get a turn.
    await new Promise((resolve) => setImmediate(resolve));
    const { seq } = rows.at(-1)!;
    next = Number.isSafeInteger(seq) && seq >= next ? seq + 1 : next + rows.length;
  }
}
