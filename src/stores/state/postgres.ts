/** What a server keeps, in PostgreSQL, over the caller's own client. A commit is one function, so one transaction. */
import { type AuditRecord, EMPTY_HEAD, type StateHead, type StateStore, type StateWrite } from '../../core/state.ts';
import {
  checkPostgresOptions,
  DEFAULT_SCHEMA,
  type PostgresClient,
  PostgresSetup,
  queryRows,
  quotedSchema,
} from '../postgres-client.ts';
import { documentOf, recordOf, STATE_LAYOUT, textWrites } from './stored.ts';

export interface PostgresStateOptions {
  /** A `Pool` or `Client` of `pg`, or what `postgres()` of postgres.js gives. It stays yours to close. */
  readonly client: PostgresClient;
  /** Where the tables stand: lower-case letters, digits and `_`; a ledger may stand there too. Default `postern`. */
  readonly schema?: string | undefined;
  /** Makes the tables and the function when they are not there. Default true; else run what `postgresSchema()` gives. */
  readonly createSchema?: boolean | undefined;
}

const NAME = 'postgresState';
const COMMIT = `state_commit_${STATE_LAYOUT}`;
/** Under isolation levels above PostgreSQL's default: somebody else was first, nothing was done, and it may be asked again. */
const SERIALIZATION_FAILURE = '40001';
const MAX_TRIES = 5;

export function postgresState(options: PostgresStateOptions): StateStore {
  const { client, schema = DEFAULT_SCHEMA, createSchema = true } = options;
  checkPostgresOptions(NAME, { client, createSchema });
  return new PostgresState({ client, schema: quotedSchema(NAME, schema), createSchema });
}

/** Idempotent; several processes may run it at once. `schema` must be a quoted identifier. JSON stands as text, since jsonb takes no U+0000. */
export function postgresStateSchema(schema: string): string {
  return `
SELECT pg_advisory_xact_lock(hashtextextended('postern ledger schema', 0));
CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE TABLE IF NOT EXISTS ${schema}.state_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one), seq bigint NOT NULL, hash text NOT NULL
);
CREATE TABLE IF NOT EXISTS ${schema}.state_audit (seq bigint PRIMARY KEY, record text NOT NULL);
CREATE TABLE IF NOT EXISTS ${schema}.state_document (
  kind text NOT NULL, id text NOT NULL, value text NOT NULL, PRIMARY KEY (kind, id)
);
INSERT INTO ${schema}.state_head (seq, hash) VALUES (${EMPTY_HEAD.seq}, '${EMPTY_HEAD.hash}') ON CONFLICT DO NOTHING;

-- The update of the one row is the lock: who comes second waits, and then finds another head.
CREATE OR REPLACE FUNCTION ${schema}.${COMMIT}(
  new_seq bigint, new_hash text, before_hash text, new_record text, writes jsonb
) RETURNS boolean LANGUAGE plpgsql AS $body$
BEGIN
  UPDATE ${schema}.state_head h SET seq = new_seq, hash = new_hash WHERE h.seq = new_seq - 1 AND h.hash = before_hash;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO ${schema}.state_audit (seq, record) VALUES (new_seq, new_record);
  DELETE FROM ${schema}.state_document d USING jsonb_to_recordset(writes) AS w(kind text, id text, text text)
  WHERE w.text IS NULL AND d.kind = w.kind AND d.id = w.id;
  INSERT INTO ${schema}.state_document (kind, id, value)
  SELECT w.kind, w.id, w.text FROM jsonb_to_recordset(writes) AS w(kind text, id text, text text) WHERE w.text IS NOT NULL
  ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value;
  RETURN true;
END
$body$;
`;
}

class PostgresState implements StateStore {
  readonly #options: { readonly client: PostgresClient; readonly schema: string };
  readonly #setup: PostgresSetup;

  constructor({ client, schema, createSchema }: { client: PostgresClient; schema: string; createSchema: boolean }) {
    const signature = `${schema}.${COMMIT}(bigint, text, text, text, jsonb)`;
    this.#options = { client, schema };
    this.#setup = new PostgresSetup({
      query: (...asked) => this.#query(...asked),
      signature,
      sql: postgresStateSchema(schema),
      createSchema,
    });
  }

  async head(): Promise<StateHead> {
    return headOf(await this.#ask('SELECT seq::text, hash FROM $schema.state_head'));
  }

  /** One statement sees one state of the database. */
  async load(): ReturnType<StateStore['load']> {
    const rows = await this.#ask(
      'SELECT h.seq::text, h.hash, d.kind, d.id, d.value FROM $schema.state_head h LEFT JOIN $schema.state_document d ON true',
    );
    const found = (rows as { kind: string | null; id: string; value: string }[]).filter(({ kind }) => kind !== null);
    return { head: headOf(rows), documents: found.map(({ kind, id, value }) => documentOf(kind!, id, value)) };
  }

  async commit(record: AuditRecord, writes: readonly StateWrite[]): Promise<boolean> {
    const { seq, hash, prev } = record;
    const values = [String(seq), hash, prev, JSON.stringify(record), JSON.stringify(textWrites(writes))];
    const [row] = await this.#ask(
      `SELECT $schema.${COMMIT}($1::text::bigint, $2::text, $3::text, $4::text, $5::text::jsonb)::text AS done`,
      values,
    );
    return (row as { done: string }).done === 'true';
  }

  async audit(from: number, limit: number): Promise<readonly AuditRecord[]> {
    const rows = (await this.#ask(
      'SELECT seq::text, record FROM $schema.state_audit WHERE seq >= $1::text::bigint ORDER BY state_audit.seq LIMIT $2::text::bigint',
      [String(from), String(limit)],
    )) as { seq: string; record: string }[];
    return rows.map(({ seq, record }) => recordOf(Number(seq), record));
  }

  async #ask(sql: string, values: string[] = []): Promise<readonly unknown[]> {
    await this.#setup.made();
    return this.#query(sql.replaceAll('$schema', this.#options.schema), values);
  }

  async #query(sql: string, values?: string[]): Promise<readonly unknown[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await queryRows(this.#options.client, sql, values);
      } catch (cause) {
        if ((cause as { code?: unknown }).code !== SERIALIZATION_FAILURE || tries === MAX_TRIES) throw cause;
      }
    }
  }
}

function headOf([row]: readonly unknown[]): StateHead {
  const { seq, hash } = row as { seq: string; hash: string };
  return { seq: Number(seq), hash };
}
