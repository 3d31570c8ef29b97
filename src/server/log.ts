/** What the server tells of its requests: one entry each, without headers, bodies, keys or queries. */
import type { Exchange, Outcome } from '../core/exchange.ts';

/** A request that has ended. */
export interface RequestEntry {
  readonly event: 'request';
  readonly request_id: string;
  readonly method: string;
  /** Without its query; what a policy would redact is redacted. */
  readonly path: string;
  readonly status: number;
  readonly duration_ms: number;
  /** The id of the client's key, never the key. */
  readonly key_id?: string | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** Those that matched. */
  readonly policies?: readonly string[] | undefined;
  readonly outcome?: Outcome | undefined;
  /** Why the server refused it. */
  readonly code?: string | undefined;
  /** What the system called a failure: `ECONNREFUSED`. */
  readonly reason?: string | undefined;
  /** Of the answer's body. */
  readonly bytes: number;
}

/** Something that is no request: what could not be parsed, a start, an end. */
export interface ServerEntry {
  readonly event: string;
  readonly [field: string]: unknown;
}

export type LogEntry = RequestEntry | ServerEntry;

export interface Logger {
  info(entry: LogEntry): void;
  warn(entry: LogEntry): void;
  error(entry: LogEntry): void;
}

interface LineSink {
  write(line: string): unknown;
}

/** JSON Lines: `time`, `level`, and the entry. */
export function jsonLogger(stream: LineSink = process.stderr, now: () => number = Date.now): Logger {
  const at =
    (level: string) =>
    (entry: LogEntry): void =>
      void stream.write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, ...entry })}\n`);
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** A logger that throws loses its entry, and no request. */
export function tell(log: ((entry: LogEntry) => void) | undefined, entry: () => LogEntry): void {
  try {
    log?.(entry());
  } catch {}
}

/** The code of whatever was at the bottom of an error; never its message, which may hold anything. */
export function reasonOf(error: unknown): string | undefined {
  let reason: string | undefined;
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown[] };
    if (typeof code === 'string' && /^[A-Z][A-Z\d_]{2,39}$/.test(code)) reason = code;
    at = cause ?? errors?.[0];
  }
  return reason;
}

const MAX_CHARS = 256;

/** @param redact of the gateway; what it blocks is not written at all */
export function logText(text: string, redact: (text: string) => string): string {
  try {
    const shown = redact(text.replace(/ptn_[\w-]+/gi, 'ptn_***'));
    return shown.length <= MAX_CHARS ? shown : `${shown.slice(0, MAX_CHARS)}…`;
  } catch {
    return '[withheld]';
  }
}

/** What an exchange says of a request. */
export function exchangeEntry(
  exchange: Exchange | undefined,
  redact: (text: string) => string,
): Pick<RequestEntry, 'provider' | 'model' | 'policies' | 'outcome'> {
  if (!exchange) return {};
  const { provider, model, policies, outcome } = exchange;
  return { provider, model: model === '' ? undefined : logText(model, redact), policies, outcome };
}
