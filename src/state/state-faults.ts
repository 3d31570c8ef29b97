/** What is told of a store that does not answer, and what is known of a change by then. Knows no store. */
import type { StateHead } from '../core/state.ts';
import { GatewayError, isOwnError } from '../errors.ts';

/** @throws GatewayError `state_unavailable` when there is no answer in time; one that comes later is thrown away */
export function inTime<Answer>(ask: () => Promise<Answer>, deadlineMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = (): void =>
      reject(new GatewayError('state_unavailable', `The state store did not answer within ${deadlineMs} ms.`));
    const timer = setTimeout(late, deadlineMs);
    Promise.resolve()
      .then(ask)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** The text of a driver's error may quote what is stored; its code does not. */
export function unavailable(cause: unknown): GatewayError {
  if (isOwnError(cause)) return cause;
  const told = [...codesOf(cause)].filter((code) => /^\w{1,40}$/.test(code)).join(' ');
  return new GatewayError('state_unavailable', `The state store failed${told === '' ? '' : ` (${told})`}.`, { cause });
}

/** Codes of Node and PostgreSQL, SQLite's with its number, the first word of a reply of Redis. */
function* codesOf(cause: unknown): Generator<string> {
  const { code, errcode, message } = (cause ?? {}) as { code?: unknown; errcode?: unknown; message?: unknown };
  if (code !== undefined) yield String(code);
  if (errcode !== undefined) yield String(errcode);
  if (isReply(cause)) yield /^[A-Z]+/.exec(String(message))?.[0] ?? '';
}

/** `details.known` is false when the change may have been made all the same. */
export function changeFailed(
  fault: GatewayError,
  made: 'no' | 'unknown' = wasAnswered(fault) ? 'no' : 'unknown',
): GatewayError {
  const told =
    made === 'no'
      ? 'The change was not made'
      : 'It is not known whether the change was made; look before you make it again';
  return new GatewayError('state_unavailable', `${told}: ${fault.message}`, {
    details: { known: made === 'no' },
    cause: fault.cause ?? fault,
  });
}

/** Whether the database itself has said no, so that nothing is under way: SQLSTATE but for lost connections, SQLite's codes, Redis' replies. */
function wasAnswered({ cause }: GatewayError): boolean {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (/^(?!08|57)[0-9A-Z]{5}$|^(?:ERR_)?SQLITE_/.test(String(code))) return true;
  return isReply(cause);
}

function isReply(cause: unknown): boolean {
  return cause instanceof Error && REPLIES.includes(cause.constructor.name);
}

/** ioredis, node-redis, and its errors inside of replies. */
const REPLIES = ['ReplyError', 'ErrorReply', 'SimpleError'];

export function wentBack(before: StateHead, head: StateHead): GatewayError {
  const message = `The audit log went back from row ${before.seq} to row ${head.seq}: the store was restored, replaced or cut. See postern audit verify.`;
  return new GatewayError('state_unavailable', message);
}
