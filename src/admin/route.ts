/** What a route of the admin API is: one object from which its path, its role, its checks and its description are made. */
import type * as z from 'zod';
import type { Actor } from '../core/state.ts';
import type { Caller, Role } from './access.ts';

/** What a handler may know of a request. */
export interface Call<Body = unknown, Query = unknown> {
  readonly caller: Caller;
  /** The caller as the audit log names it. */
  readonly actor: Actor;
  readonly requestId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/v1/keys/{id}`. */
  readonly path: `/${string}`;
  /** Who may ask. A `viewer` route is open to admins too; `anybody` needs no token and tells nothing that is anybody's. */
  readonly role: Role | 'anybody';
  readonly summary: string;
  readonly query?: z.ZodObject | undefined;
  readonly body?: z.ZodType | undefined;
  /** How a body is read where that takes more than its schema; throws as `checked` does. */
  readonly read?: ((json: unknown) => unknown) | undefined;
  /** Absent where an answer is no JSON, or nothing. */
  readonly response?: z.ZodType | undefined;
  /** Of the answer; default `application/json`. */
  readonly type?: string | undefined;
  readonly status: number;
  /** Other statuses of an answer that is no problem. */
  readonly also?: readonly number[] | undefined;
  /** A value for a JSON answer with `status`, `undefined` for one without a body, or a `Response` as it is. */
  readonly handler: (call: Call) => unknown;
}

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;
type Answer<T> = T extends z.ZodType ? z.input<T> | Response : Response | undefined;

/** Gives the handler the types of what was checked, and holds it to the type of its answer. */
export function route<
  B extends z.ZodType | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  R extends z.ZodType | undefined = undefined,
>(
  definition: Omit<Route, 'handler' | 'body' | 'read' | 'query' | 'response'> & {
    readonly body?: B;
    readonly read?: (json: unknown) => Parsed<B>;
    readonly query?: Q;
    readonly response?: R;
    readonly handler: (call: Call<Parsed<B>, Parsed<Q>>) => Answer<R> | Promise<Answer<R>>;
  },
): Route {
  return definition as unknown as Route;
}
