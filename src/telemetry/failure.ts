/**
 * What a span says about a call that went wrong. Only Postern's own messages are known to be free of request text, so of every
 * other error nothing is told but its class or its code.
 */
import type { Exchange } from '../core/exchange.ts';
import { isOwnError } from '../errors.ts';

export interface Failure {
  /** `error.type`: a code of Postern (`spend_cap_reached`), a provider's HTTP status (`429`), a system code or a class name. */
  readonly type: string;
  readonly message: string;
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`. Libraries also put free text and numbers into `code`. */
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{2,48}$/;
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,63}$/;
/** OpenTelemetry's name for an error without a class. */
const OTHER = '_OTHER';

/** `undefined` when nothing failed; a caller that went away is an outcome and no failure, unless its own clock ran out. */
export function failureOf({ outcome, response }: Exchange, error: unknown): Failure | undefined {
  if (isOwnError(error)) return { type: error.code, message: error.message };
  if (outcome === 'completed') return undefined;
  if (outcome === 'aborted' && (error === undefined || classOf(error) === 'AbortError')) return undefined;
  const status = response?.status ?? 0;
  if (status >= 400) return { type: String(status), message: `The provider answered ${status}.` };
  if (error === undefined) return outcome && { type: outcome, message: `The call ended as ${outcome}.` };
  const type = systemCode(error) ?? classOf(error);
  return { type, message: type };
}

/** The code of the error or of what caused it: fetch hides `ECONNREFUSED` behind `TypeError: fetch failed`. */
function systemCode(error: unknown): string | undefined {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && SYSTEM_CODE.test(code)) return code;
  const inner = (Object(cause) as { code?: unknown }).code;
  return typeof inner === 'string' && SYSTEM_CODE.test(inner) ? inner : undefined;
}

function classOf(error: unknown): string {
  const { name } = Object(error) as { name?: unknown };
  return error instanceof Error && typeof name === 'string' && CLASS_NAME.test(name) ? name : OTHER;
}
