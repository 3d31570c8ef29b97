/** How much the server takes of one client: numbers with their defaults, and the check of them. */
import { optionError } from '../errors.ts';

export interface ServerLimits {
  /** Larger request bodies, as they are read (inflated), are refused with 413. Default 20 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Names and values of all header fields and the request line together; more is 431. Default 16 KiB. */
  readonly maxHeaderBytes?: number | undefined;
  /** Header fields; more is 431. Default 100. */
  readonly maxHeaders?: number | undefined;
  /** How long the header may take to arrive, in ms. Default 10,000. */
  readonly headersTimeoutMs?: number | undefined;
  /** How long a body may stand still while it arrives, in ms. Default 30,000. */
  readonly bodyIdleMs?: number | undefined;
  /** How long a whole request may take to arrive, in ms. Default 120,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** How long a client may read nothing of an answer that waits for it, in ms. Default 120,000. */
  readonly answerIdleMs?: number | undefined;
  /** How long a connection may wait for its next request, in ms. Default 5,000. */
  readonly keepAliveTimeoutMs?: number | undefined;
  /** Connections at a time; others are closed as they come. Default 10,000. */
  readonly maxConnections?: number | undefined;
  /** Requests that one connection may carry one after another. Default 1,000. */
  readonly maxRequestsPerSocket?: number | undefined;
}

export type ReadLimits = { readonly [Name in keyof ServerLimits]-?: number };

const DEFAULTS: ReadLimits = {
  maxBodyBytes: 20 * 1024 * 1024,
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  headersTimeoutMs: 10_000,
  bodyIdleMs: 30_000,
  requestTimeoutMs: 120_000,
  answerIdleMs: 120_000,
  keepAliveTimeoutMs: 5_000,
  maxConnections: 10_000,
  maxRequestsPerSocket: 1_000,
};

/** @throws GatewayError `invalid_option` that names the limit */
export function readLimits(limits: ServerLimits = {}): ReadLimits {
  if (typeof limits !== 'object' || limits === null) throw optionError('limits', 'an object of numbers', limits);
  const names = Object.keys(DEFAULTS);
  for (const [name, value] of Object.entries(limits)) {
    if (!names.includes(name)) throw optionError('limits', `made of ${names.join(', ')}`, name);
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw optionError(`limits.${name}`, 'a whole number of at least 1', value);
  }
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}
