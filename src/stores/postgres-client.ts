/** How the caller's own client of PostgreSQL is asked. Imports none: it only knows how theirs are called. */
import { GatewayError, optionError } from '../errors.ts';

/** How `pg` is asked: a `Pool` or a `Client`. */
export interface PgClient {
  query(text: string, values?: string[]): Promise<{ rows: unknown[] } | { rows: unknown[] }[]>;
}

/** How postgres.js is. */
export interface PostgresJsClient {
  unsafe(text: string, values?: string[]): PromiseLike<readonly unknown[]>;
}

export type PostgresClient = PgClient | PostgresJsClient;

/** Without values `text` may be several statements, which are one transaction; then nothing is returned. */
export async function queryRows(client: PostgresClient, text: string, values?: string[]): Promise<readonly unknown[]> {
  if ('unsafe' in client) return client.unsafe(text, values);
  const result = await client.query(text, values);
  return Array.isArray(result) ? [] : result.rows;
}

export interface PostgresSetupOptions {
  readonly query: (text: string, values?: string[]) => Promise<readonly unknown[]>;
  /** As `to_regprocedure` reads it: `"postern".ledger_1(jsonb)`. It is there when the tables are. */
  readonly signature: string;
  /** Makes all of it; may be run by several processes at once. */
  readonly sql: string;
  /** Else it is an error that it is not there. */
  readonly createSchema: boolean;
}

/** Makes tables and functions unless they are there: once, and again after a fault. */
export class PostgresSetup {
  readonly #options: PostgresSetupOptions;
  #ready: Promise<void> | undefined;

  constructor(options: PostgresSetupOptions) {
    this.#options = options;
  }

  async made(): Promise<void> {
    this.#ready ??= this.#make();
    try {
      await this.#ready;
    } catch (cause) {
      this.#ready = undefined;
      throw cause;
    }
  }

  async #make(): Promise<void> {
    const { query, signature, sql, createSchema } = this.#options;
    const [row] = await query('SELECT to_regprocedure($1::text)::text AS name', [signature]);
    if ((row as { name: string | null }).name !== null) return;
    if (!createSchema)
      throw new GatewayError(
        'not_supported',
        `The function ${signature} is not there. Run the SQL that postgresSchema() gives.`,
      );
    await query(sql);
  }
}

export const DEFAULT_SCHEMA = 'postern';

/** @throws GatewayError `invalid_option` */
export function checkPostgresOptions(name: string, options: { client: unknown; createSchema: unknown }): void {
  const { client, createSchema } = options;
  if (!isClient(client)) throw optionError(`${name}: client`, 'a client of pg or postgres.js', client);
  if (typeof createSchema !== 'boolean') throw optionError(`${name}: createSchema`, 'true or false', createSchema);
}

/** The name of a schema as an identifier. @throws GatewayError `invalid_option` */
export function quotedSchema(name: string, schema: unknown): string {
  if (typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,62}$/.test(schema)) return `"${schema}"`;
  throw optionError(`${name}: schema`, 'a name of lower-case letters, digits and _', schema);
}

function isClient(client: unknown): client is PostgresClient {
  const { unsafe, query } = (client ?? {}) as Record<string, unknown>;
  return typeof unsafe === 'function' || typeof query === 'function';
}
