/**
 * What a ledger says to the engine that keeps its books elsewhere, as plain JSON: the same for the SQLite worker, the Lua
 * script and the SQL function. Times are told as spans, since the engine's clock is the one that counts.
 */
import type {
  AccountState,
  ExtendResult,
  LeaseReport,
  LedgerLine,
  Reservation,
  ReserveResult,
  SpendDimensions,
} from '../core/ledger.ts';
import { keyOf, slotOf } from './rollup-rows.ts';

export interface LineOperation {
  readonly account: string;
  readonly limit: number;
  readonly amount: number;
  readonly enforce: boolean;
  /** How long from now the account is needed; -1 for ever. */
  readonly keepMs: number;
  readonly counting: readonly string[];
}

export type Operation =
  | { readonly op: 'reserve'; readonly id: string; readonly ttlMs: number; readonly lines: readonly LineOperation[] }
  | {
      readonly op: 'extend';
      readonly id: string;
      readonly total: number;
      readonly ttlMs: number;
      /** -1 without a report. */
      readonly used: number;
      readonly held: number;
      readonly version: number;
    }
  | {
      readonly op: 'settle';
      readonly id: string;
      readonly amount: number;
      /** The quarter of an hour and the dimensions it is rolled up by. */
      readonly slot: number;
      readonly row: string;
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  | { readonly op: 'release'; readonly id: string }
  | { readonly op: 'read'; readonly accounts: readonly string[] };

/** Sums of one quarter and set of dimensions, as an engine keeps them; sums may come as digits. */
export type EngineRow = readonly [
  row: string,
  nanoUsd: Digits,
  calls: Digits,
  inputTokens: Digits,
  outputTokens: Digits,
];

type Digits = number | string;

/** Keeps the books. Operations of one `run` are carried out in their order, all in one atomic step. */
export interface Engine {
  /** Answers in the order of the operations: a `ReserveResult`, an `ExtendResult`, account states, or null. `now` is set in tests only. */
  run(operations: readonly Operation[], now: number | undefined): Promise<readonly unknown[]>;
  /** Rows of the slots that begin in `[from, to)`. */
  rows(from: number, to: number): Promise<readonly EngineRow[]>;
  close(): Promise<void>;
}

/** Characters that PostgreSQL, Lua or SQLite do not take in a text, and the one that stands before their codes. */
const UNSTORABLE = /[\0\uE000]|\p{Surrogate}/u;
const EACH_UNSTORABLE = new RegExp(UNSTORABLE, 'gu');

/** A name that every engine keeps as it is. `readName` undoes it. */
export function storedName(name: string): string {
  if (!UNSTORABLE.test(name)) return name;
  return name.replace(EACH_UNSTORABLE, (character) => `\uE000${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function readName(stored: string): string {
  if (!stored.includes('\uE000')) return stored;
  return stored.replace(/\uE000([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Accounts outlive their window by a day, for calls that settle late and for reports. */
export const KEEP_ACCOUNT_MS = 24 * 3_600_000;
/** Ended holds are remembered for a day, so that a message that comes again changes nothing. */
export const KEEP_ENDED_MS = 24 * 3_600_000;

export function reserveOperation({ id, lines, expiresAt }: Reservation, now: number): Operation {
  return {
    op: 'reserve',
    id: storedName(id),
    ttlMs: expiresAt - now,
    lines: lines.map((line) => lineOperation(line, now)),
  };
}

function lineOperation(line: LedgerLine, now: number): LineOperation {
  const { account, limit, amount, enforce, resetsAt, lingerMs = KEEP_ACCOUNT_MS, counting = [] } = line;
  const keepMs = resetsAt === undefined ? -1 : Math.max(0, resetsAt - now) + lingerMs;
  return { account: storedName(account), limit, amount, enforce, keepMs, counting: counting.map(storedName) };
}

export function extendOperation(id: string, total: number, ttlMs: number, lease: LeaseReport | undefined): Operation {
  const { used = -1, held = 0, version = 0 } = lease ?? {};
  return { op: 'extend', id: storedName(id), total, ttlMs, used, held, version };
}

export function settleOperation(id: string, amount: number, dimensions: SpendDimensions): Operation {
  const { inputTokens, outputTokens, at, ...rest } = dimensions;
  return { op: 'settle', id: storedName(id), amount, slot: slotOf(at), row: keyOf(rest), inputTokens, outputTokens };
}

interface RawState {
  readonly account: string;
  readonly posted: Digits;
  readonly held: Digits;
  readonly unreconciled?: Digits | undefined;
}

function stateOf({ account, posted, held, unreconciled = 0 }: RawState): AccountState {
  const state = { account: readName(account), posted: Number(posted), held: Number(held) };
  return Number(unreconciled) > 0 ? { ...state, unreconciled: Number(unreconciled) } : state;
}

/** Lists that are empty come as an empty object out of Lua, which knows one kind of table. */
function statesOf(value: unknown): readonly AccountState[] {
  return Array.isArray(value) ? (value as RawState[]).map(stateOf) : [];
}

export function readReserved(answer: unknown): ReserveResult {
  const { ok, over } = answer as { ok: boolean; over: unknown };
  return { ok, over: statesOf(over) };
}

export function readExtended(answer: unknown): ExtendResult {
  const { ok, over, state, accounts } = answer as Record<keyof ExtendResult, unknown>;
  return {
    ok: ok === true,
    over: statesOf(over),
    state: state as ExtendResult['state'],
    accounts: statesOf(accounts),
  };
}

export function readStates(answer: unknown): readonly AccountState[] {
  return statesOf(answer);
}
