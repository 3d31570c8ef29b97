/** `postern/postgres`: a ledger in PostgreSQL, and what a server keeps besides, for the processes of many machines, over the caller's own client. */
import {
  checkPostgresOptions,
  DEFAULT_SCHEMA,
  type PgClient,
  type PostgresClient,
  type PostgresJsClient,
  quotedSchema,
} from './postgres-client.ts';
import { PostgresEngine } from './postgres-engine.ts';
import { postgresSchema as schemaSql } from './postgres-schema.ts';
import {
  checkSharedOptions,
  keepRowsMs,
  type SharedLedger,
  type SharedLedgerOptions,
  sharedLedger,
} from './shared-ledger.ts';
import { type PostgresStateOptions, postgresState, postgresStateSchema } from './state/postgres.ts';

export type { StateStore } from '../core/state.ts';
export type { PgClient, PostgresClient, PostgresJsClient, PostgresStateOptions, SharedLedger, SharedLedgerOptions };
export { postgresState };

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

export function postgresLedger(options: PostgresLedgerOptions): SharedLedger {
  checkSharedOptions(NAME, options, true);
  const { client, schema = DEFAULT_SCHEMA, createSchema = true } = options;
  checkPostgresOptions(NAME, { client, createSchema });
  const engine = new PostgresEngine({
    client,
    schema: quotedSchema(NAME, schema),
    createSchema,
    keepRowsMs: keepRowsMs(options),
  });
  // The function takes one lock, so a second message would only wait for the first.
  return sharedLedger(engine, { name: NAME, leases: true, deadlineMs: 500, maxBatch: 256, maxInFlight: 1 }, options);
}

/** The SQL that makes the tables and functions of the ledger and of `postgresState()`, to be run by whoever may. Running it again changes nothing. */
export function postgresSchema(schema: string = DEFAULT_SCHEMA): string {
  const quoted = quotedSchema(NAME, schema);
  return schemaSql(quoted) + postgresStateSchema(quoted);
}
