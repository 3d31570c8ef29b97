/** `postern/postgres`: a ledger in PostgreSQL, for the processes of many machines, over the caller's own client. */
import { optionError } from '../errors.ts';
import { type PgClient, type PostgresClient, PostgresEngine, type PostgresJsClient } from './postgres-engine.ts';
import { postgresSchema as schemaSql } from './postgres-schema.ts';
import {
  checkSharedOptions,
  keepRowsMs,
  type SharedLedger,
  type SharedLedgerOptions,
  sharedLedger,
} from './shared-ledger.ts';

export type { PgClient, PostgresClient, PostgresJsClient, SharedLedger, SharedLedgerOptions };

export interface PostgresLedgerOptions extends SharedLedgerOptions {
  /** A `Pool` or `Client` of `pg`, or what `postgres()` of postgres.js gives. It stays yours to close. */
  readonly client: PostgresClient;
  /** Where the tables stand: lower-case letters, digits and `_`. Default `postern`. */
  readonly schema?: string | undefined;
  /** Makes the tables and the function when they are not there. Default true; else run what `postgresSchema()` gives. */
  readonly createSchema?: boolean | undefined;
  /** Default true. */
  readonly leases?: boolean | undefined;
  /** Default 500. */
  readonly deadlineMs?: number | undefined;
}

const NAME = 'postgresLedger';
const SCHEMA = 'postern';

export function postgresLedger(options: PostgresLedgerOptions): SharedLedger {
  checkSharedOptions(NAME, options, true);
  const { client, schema = SCHEMA, createSchema = true } = options;
  if (!isClient(client)) throw optionError(`${NAME}: client`, 'a client of pg or postgres.js', client);
  if (typeof createSchema !== 'boolean') throw optionError(`${NAME}: createSchema`, 'true or false', createSchema);
  const engine = new PostgresEngine({ client, schema: quoted(schema), createSchema, keepRowsMs: keepRowsMs(options) });
  // The function takes one lock, so a second message would only wait for the first.
  return sharedLedger(engine, { name: NAME, leases: true, deadlineMs: 500, maxBatch: 256, maxInFlight: 1 }, options);
}

/** The SQL that makes the tables and the function, to be run by whoever may. Running it again changes nothing. */
export function postgresSchema(schema: string = SCHEMA): string {
  return schemaSql(quoted(schema));
}

function quoted(schema: unknown): string {
  if (typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,62}$/.test(schema)) return `"${schema}"`;
  throw optionError(`${NAME}: schema`, 'a name of lower-case letters, digits and _', schema);
}

function isClient(client: unknown): client is PostgresClient {
  const { unsafe, query } = (client ?? {}) as Record<string, unknown>;
  return typeof unsafe === 'function' || typeof query === 'function';
}
