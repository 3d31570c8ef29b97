/** Requests to the admin API. The token travels in a header and nowhere else. */
import type { Problem } from '../resources/operation.ts';

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** The field that is at fault, as the API names it. */
  readonly param: string | undefined;

  constructor(status: number, { code, message, param }: Problem['error']) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

export interface Api {
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  send<T>(method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** The answer as it comes: streams, downloads. */
  open(path: string, init?: { signal?: AbortSignal; headers?: Record<string, string> }): Promise<Response>;
}

const TIMEOUT_MS = 15_000;

/** @param onRejected told when the server does not, or no longer, know the token */
export function createApi(token: string, onRejected: (reason: string) => void): Api {
  const open = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` };
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers, cache: 'no-store', redirect: 'error', credentials: 'omit' });
    } catch (error) {
      if (init.signal?.aborted && (init.signal.reason as DOMException | undefined)?.name === 'AbortError') throw error;
      throw new ApiProblem(0, { code: 'unreachable', message: 'The server does not answer.' });
    }
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.status === 401) onRejected(problem.message);
    throw problem;
  };
  const read = async <T>(path: string, init: RequestInit): Promise<T> => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const response = await open(path, { ...init, signal });
    return (response.status === 204 ? undefined : await response.json()) as T;
  };
  return {
    get: (path, signal) => read(path, signal ? { signal } : {}),
    send: (method, path, body) =>
      read(path, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    open,
  };
}

async function problemOf(response: Response): Promise<ApiProblem> {
  try {
    const { error } = (await response.json()) as Problem;
    return new ApiProblem(response.status, error);
  } catch {
    return new ApiProblem(response.status, {
      code: 'unreadable',
      message: `The server answered ${response.status}, and not as the admin API does.`,
    });
  }
}

/** What anything that was thrown says, with the field that is at fault. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiProblem && error.param !== undefined && !error.message.includes(error.param))
    return `${error.param}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** A query string of what is set. */
export function query(fields: Readonly<Record<string, string | number | undefined>>): string {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  return set.length === 0 ? '' : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`;
}
