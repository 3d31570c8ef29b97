/** Keeps a ledger's books in PostgreSQL, over the caller's own client. */
import { type Engine, type EngineRow, KEEP_ENDED_MS, type Operation } from './operations.ts';
import { type PostgresClient, PostgresSetup, queryRows } from './postgres-client.ts';
import { POSTGRES_VERSION, postgresSchema } from './postgres-schema.ts';

export interface PostgresEngineOptions {
  readonly client: PostgresClient;
  /** Quoted. */
  readonly schema: string;
  readonly createSchema: boolean;
  readonly keepRowsMs: number;
}

export class PostgresEngine implements Engine {
  readonly #options: PostgresEngineOptions;
  readonly #setup: PostgresSetup;

  constructor(options: PostgresEngineOptions) {
    const { schema, createSchema } = options;
    const signature = `${schema}.ledger_${POSTGRES_VERSION}(jsonb, bigint, bigint, bigint)`;
    this.#options = options;
    this.#setup = new PostgresSetup({
      query: (...asked) => this.#query(...asked),
      signature,
      sql: postgresSchema(schema),
      createSchema,
    });
  }

  async run(operations: readonly Operation[], now: number | undefined): Promise<readonly unknown[]> {
    const { schema, keepRowsMs } = this.#options;
    await this.#setup.made();
    // Through text, since postgres.js would write a text that is meant for JSON as JSON once more.
    const call = `${schema}.ledger_${POSTGRES_VERSION}($1::text::jsonb, $2::text::bigint, $3::text::bigint, $4::text::bigint)`;
    const values = [JSON.stringify(operations), String(now ?? -1), String(KEEP_ENDED_MS), String(keepRowsMs)];
    const [row] = await this.#query(`SELECT ${call}::text AS answers`, values);
    return JSON.parse((row as { answers: string }).answers) as unknown[];
  }

  async rows(from: number, to: number): Promise<readonly EngineRow[]> {
    await this.#setup.made();
    const sums = ['nano_usd', 'calls', 'input_tokens', 'output_tokens'];
    const columns = sums.map((name) => `least(sum(${name}), ${Number.MAX_SAFE_INTEGER})::text AS ${name}`).join(', ');
    const table = `${this.#options.schema}.ledger_rollup`;
    const rows = (await this.#query(
      `SELECT dimensions, ${columns} FROM ${table} WHERE slot >= $1::text::bigint AND slot < $2::text::bigint GROUP BY dimensions`,
      [String(from), String(to)],
    )) as Record<string, string>[];
    return rows.map((row) => [row.dimensions!, row.nano_usd!, row.calls!, row.input_tokens!, row.output_tokens!]);
  }

  async close(): Promise<void> {
    // The client is the caller's.
  }

  #query(text: string, values?: string[]): Promise<readonly unknown[]> {
    return queryRows(this.#options.client, text, values);
  }
}
