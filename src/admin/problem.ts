/** What the admin API says when something is wrong: its codes, and what errors of other folders are here. */
import { isOwnError } from '../errors.ts';
import type { Problem } from '../resources/operation.ts';

const STATUS = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ProblemCode = keyof typeof STATUS;

interface AdminErrorOptions {
  /** The field that is at fault: `config.limit_usd`. */
  readonly param?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Refuses a request. The message never repeats a value of the request that may be a secret. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly code: ProblemCode;
  readonly status: number;
  readonly param: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, message: string, { param, headers = {} }: AdminErrorOptions = {}) {
    super(message);
    this.code = code;
    this.status = STATUS[code];
    this.param = param;
    this.headers = headers;
  }
}

export function invalid(message: string, param?: string): AdminError {
  return new AdminError('invalid_request', message, { param });
}

export function notFound(what: string): AdminError {
  return new AdminError('not_found', `There is no such ${what}.`);
}

export function conflict(message: string, param?: string): AdminError {
  return new AdminError('conflict', message, { param });
}

/** Codes of other folders by their status; an option that a policy or a rollup refuses is one of the request here. */
const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid_request',
  404: 'not_found',
  409: 'conflict',
  413: 'body_too_large',
  503: 'unavailable',
};

/** What is not known is `internal`: its message may hold anything, so it stays here. */
export function adminErrorOf(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (isOwnError(error)) {
    const code = error.code === 'invalid_option' ? 'invalid_request' : BY_STATUS[error.status];
    // `rollup: by` names the function too, which nobody called here.
    if (code) return new AdminError(code, error.message, { param: error.param?.replace(/^\w+: /, '') });
  }
  return new AdminError('internal', 'Something went wrong here. The log of the server has more under this request id.');
}

export function problemOf({ code, message, param }: AdminError): Problem {
  return { error: { code, message, ...(param === undefined ? {} : { param }) } };
}
