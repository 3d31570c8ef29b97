/**
 * The one error class and the one table of codes. Everything that Postern refuses or reports as failed is one of these.
 * A message says what happened, to whom and what to do next; it never holds a secret, a personal text or a key.
 */

/** Status of each code, and whether sending the same request again can help. `docs/errors.md` explains each to users. */
export const ERROR_CODES = {
  spend_cap_reached: { status: 402, retryable: false },
  spend_held_in_flight: { status: 429, retryable: true },
  rate_limited: { status: 429, retryable: true },
  price_unknown: { status: 402, retryable: false },
  invalid_json: { status: 400, retryable: false },
  invalid_request: { status: 400, retryable: false },
  invalid_option: { status: 500, retryable: false },
  unknown_model: { status: 400, retryable: false },
  unguarded_request: { status: 422, retryable: false },
  signed_request: { status: 422, retryable: false },
  body_too_large: { status: 413, retryable: false },
  headers_too_large: { status: 431, retryable: false },
  encoding_not_supported: { status: 415, retryable: false },
  request_timeout: { status: 408, retryable: true },
  host_not_allowed: { status: 421, retryable: false },
  origin_not_allowed: { status: 403, retryable: false },
  unauthorized: { status: 401, retryable: false },
  loop_detected: { status: 508, retryable: false },
  not_found: { status: 404, retryable: false },
  not_supported: { status: 501, retryable: false },
  provider_key_missing: { status: 424, retryable: false },
  provider_unreachable: { status: 502, retryable: false },
  address_not_allowed: { status: 502, retryable: false },
  provider_redirected: { status: 502, retryable: false },
  provider_response_unreadable: { status: 502, retryable: false },
  policy_failed: { status: 500, retryable: false },
  content_blocked: { status: 403, retryable: false },
  detector_unavailable: { status: 503, retryable: false },
  ledger_unavailable: { status: 503, retryable: false },
  state_unavailable: { status: 503, retryable: false },
  shutting_down: { status: 503, retryable: true },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface GatewayErrorOptions {
  /** The request field or option that is at fault, as the caller wrote it: `model`, `messages[0].content`, `limitUsd`. */
  readonly param?: string | undefined;
  /** Facts for programs: policy, scope, subject, window, limit_usd, ... Never values out of a request. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** When the same request may succeed; only for retryable codes. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

const BRAND = Symbol.for('postern.GatewayError');

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly param: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = ERROR_CODES[code].status;
    this.retryable = ERROR_CODES[code].retryable;
    this.param = options.param;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for a `GatewayError` of this or another copy of the package. */
export function isOwnError(error: unknown): error is GatewayError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** What a gateway error says, wherever it was found. */
export interface GatewayErrorFacts {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Finds Postern's refusal in what a client raised for it: OpenAI's and Anthropic's `APIError`, AI SDK's `APICallError` and
 * `RetryError`, Google's `ApiError` (its message is the body), LangChain's wrappers. `undefined` when there is none.
 */
export function gatewayErrorOf(error: unknown): GatewayErrorFacts | undefined {
  return search(error, MAX_WRAPPERS);
}

/** True when a call failed because of Postern; with a code, because of just that. */
export function isGatewayError(error: unknown, code?: ErrorCode): boolean {
  const found = gatewayErrorOf(error);
  return found !== undefined && (code === undefined || found.code === code);
}

const MAX_WRAPPERS = 5;
/** Where clients keep what they wrap: the parsed body, the body's text, the last of several errors, the cause; Google's lists of details; Amazon's exceptions in streams. */
const WRAPPERS = [
  'error',
  'responseBody',
  'data',
  'lastError',
  'cause',
  'message',
  'details',
  'errorDetails',
  'originalMessage',
] as const;

function search(value: unknown, depth: number): GatewayErrorFacts | undefined {
  const parsed = typeof value === 'string' ? parsedJson(value.replace(WORDS_BEFORE_BODY, '')) : value;
  if (typeof parsed !== 'object' || parsed === null || depth === 0) return undefined;
  if (Array.isArray(parsed)) return firstFound(parsed, depth);
  const fields = parsed as Record<string, unknown>;
  const { code } = fields;
  if (typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)) {
    const known = code as ErrorCode;
    const { message, details } = { ...fields, ...inner(fields) } as Record<string, unknown>;
    return {
      code: known,
      ...ERROR_CODES[known],
      message: String(message),
      details: details as GatewayErrorFacts['details'],
    };
  }
  return firstFound(
    WRAPPERS.map((wrapper) => fields[wrapper]),
    depth,
  );
}

/** Of an error in a stream @google/genai says `got status: RESOURCE_EXHAUSTED. {"error":...}`. */
const WORDS_BEFORE_BODY = /^got status: \w+\. (?=\{)/;

function firstFound(values: readonly unknown[], depth: number): GatewayErrorFacts | undefined {
  for (const value of values) {
    const found = search(value, depth - 1);
    if (found) return found;
  }
  return undefined;
}

/** OpenAI's `APIError` has the code itself, a message with the status before it, and what we said in `error`. */
function inner({ message, details, error }: Record<string, unknown>): object {
  return typeof error === 'object' && error !== null ? error : { message, details };
}

function parsedJson(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is wrong with an option given to a factory: the option's name and what came. */
export function optionError(option: string, expected: string, got: unknown): GatewayError {
  return new GatewayError('invalid_option', `${option} must be ${expected}, got ${describe(got)}.`, { param: option });
}

/** Names a value without quoting long or secret text. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string')
    return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  if (typeof value === 'object' || typeof value === 'function')
    return typeof value === 'object' ? 'an object' : 'a function';
  return String(value);
}
