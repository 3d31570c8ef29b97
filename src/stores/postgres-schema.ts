/**
 * The tables of a PostgreSQL ledger and the rules of `hold-machine.ts` as the one function that writes them. It takes one
 * lock for the whole ledger, so nothing can deadlock, and carries out a list of operations in one transaction.
 */

/** Part of the function's name: another body is another version beside it, so processes of two versions can share tables. */
export const POSTGRES_VERSION = 1;

/** Names may be longer than an index entry. */
const key = (name: string): string => `sha256(convert_to(${name}, 'UTF8'))`;

/** Idempotent; several processes may run it at once. `schema` must be a quoted identifier. */
export function postgresSchema(schema: string): string {
  return `
SELECT pg_advisory_xact_lock(hashtextextended('postern ledger schema', 0));
CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE TABLE IF NOT EXISTS ${schema}.ledger_account (
  key bytea PRIMARY KEY, name text NOT NULL, posted bigint NOT NULL, held bigint NOT NULL, unreconciled bigint NOT NULL,
  forget_at bigint
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS ledger_account_forget ON ${schema}.ledger_account (forget_at) WHERE forget_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS ${schema}.ledger_hold (
  key bytea PRIMARY KEY, id text NOT NULL, state text NOT NULL, used bigint NOT NULL, version bigint NOT NULL,
  expires_at bigint NOT NULL, ended_at bigint, result jsonb NOT NULL, lines jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_hold_open ON ${schema}.ledger_hold (expires_at) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS ledger_hold_ended ON ${schema}.ledger_hold (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS ${schema}.ledger_rollup (
  slot bigint NOT NULL, key bytea NOT NULL, dimensions text NOT NULL, nano_usd bigint NOT NULL, calls bigint NOT NULL,
  input_tokens bigint NOT NULL, output_tokens bigint NOT NULL, PRIMARY KEY (slot, key)
);

-- How a line's limit is used: its own account and those that count against it.
CREATE OR REPLACE FUNCTION ${schema}.ledger_standing_${POSTGRES_VERSION}(line jsonb, OUT posted bigint, OUT held bigint)
LANGUAGE plpgsql STABLE AS $body$
DECLARE
  counted record;
BEGIN
  SELECT a.posted, a.held INTO posted, held FROM ${schema}.ledger_account a WHERE a.key = ${key("line ->> 'account'")};
  posted := coalesce(posted, 0);
  held := least(coalesce(held, 0), 9007199254740991);
  IF jsonb_array_length(line -> 'counting') > 0 THEN
    SELECT coalesce(sum(a.posted), 0) AS posted, coalesce(sum(a.held), 0) AS held INTO counted
    FROM ${schema}.ledger_account a
    WHERE a.key = ANY (ARRAY(SELECT ${key('n')} FROM jsonb_array_elements_text(line -> 'counting') n));
    posted := least(posted + counted.posted, 9007199254740991);
    held := least(held + counted.held, 9007199254740991);
  END IF;
END
$body$;

-- Takes out of the accounts what a hold stood for, and puts in what it stands for now.
CREATE OR REPLACE FUNCTION ${schema}.ledger_rebook_${POSTGRES_VERSION}(
  old_lines jsonb, old_state text, old_used bigint, new_lines jsonb, new_state text, new_used bigint
) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  old_line jsonb;
  old_rest bigint;
  new_rest bigint;
BEGIN
  FOR place IN 0 .. jsonb_array_length(old_lines) - 1 LOOP
    old_line := old_lines -> place;
    old_rest := greatest(0, (old_line ->> 'amount')::bigint - old_used);
    new_rest := greatest(0, (new_lines -> place ->> 'amount')::bigint - new_used);
    UPDATE ${schema}.ledger_account a SET
      posted = greatest(0, least(a.posted + new_used - old_used
        + CASE new_state WHEN 'expired' THEN new_rest ELSE 0 END - CASE old_state WHEN 'expired' THEN old_rest ELSE 0 END,
        9007199254740991)),
      held = a.held + CASE new_state WHEN 'open' THEN new_rest ELSE 0 END - CASE old_state WHEN 'open' THEN old_rest ELSE 0 END,
      unreconciled = a.unreconciled
        + CASE new_state WHEN 'expired' THEN new_rest ELSE 0 END - CASE old_state WHEN 'expired' THEN old_rest ELSE 0 END
    WHERE a.key = ${key("old_line ->> 'account'")};
  END LOOP;
END
$body$;

CREATE OR REPLACE FUNCTION ${schema}.ledger_${POSTGRES_VERSION}(
  operations jsonb, given_now bigint, keep_ended bigint, keep_rows bigint
) RETURNS jsonb LANGUAGE plpgsql AS $body$
DECLARE
  now_ms bigint;
  answers jsonb := '[]';
  answer jsonb;
  op jsonb;
  line jsonb;
  new_lines jsonb;
  over_limit jsonb;
  fits boolean;
  lease boolean;
  total bigint;
  new_used bigint;
  growth numeric;
  stand record;
  amount bigint;
  h ${schema}.ledger_hold%ROWTYPE;
  found_hold boolean;
BEGIN
  -- Behind the lock each statement must see what the one before it committed.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'The ledger needs transactions at READ COMMITTED, got %.', current_setting('transaction_isolation');
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('postern ledger ${schema}', 0));
  now_ms := CASE WHEN given_now >= 0 THEN given_now ELSE floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint END;

  -- What fell due, some of it at a time. Expiry moves money from held to posted, so no decision waits for it.
  FOR h IN SELECT * FROM ${schema}.ledger_hold WHERE state = 'open' AND expires_at <= now_ms ORDER BY expires_at LIMIT 64 LOOP
    PERFORM ${schema}.ledger_rebook_${POSTGRES_VERSION}(h.lines, 'open', h.used, h.lines, 'expired', h.used);
    UPDATE ${schema}.ledger_hold SET state = 'expired', ended_at = now_ms WHERE key = h.key;
  END LOOP;

  FOR op IN SELECT * FROM jsonb_array_elements(operations) LOOP
    answer := 'null';
    IF op ->> 'op' = 'read' THEN
      SELECT coalesce(jsonb_agg(jsonb_build_object('account', n.name, 'posted', coalesce(a.posted, 0),
        'held', least(coalesce(a.held, 0), 9007199254740991), 'unreconciled', coalesce(a.unreconciled, 0)) ORDER BY n.place), '[]')
      INTO answer
      FROM jsonb_array_elements_text(op -> 'accounts') WITH ORDINALITY n(name, place)
      LEFT JOIN ${schema}.ledger_account a ON a.key = ${key('n.name')};
      answers := answers || jsonb_build_array(answer);
      CONTINUE;
    END IF;

    SELECT * INTO h FROM ${schema}.ledger_hold WHERE key = ${key("op ->> 'id'")};
    found_hold := FOUND;

    IF op ->> 'op' = 'reserve' THEN
      IF found_hold THEN
        answers := answers || jsonb_build_array(h.result);
        CONTINUE;
      END IF;
      fits := true;
      over_limit := '[]';
      FOR line IN SELECT * FROM jsonb_array_elements(op -> 'lines') LOOP
        SELECT * INTO stand FROM ${schema}.ledger_standing_${POSTGRES_VERSION}(line);
        SELECT least(sum((l ->> 'amount')::bigint), 9007199254740991) INTO growth
        FROM jsonb_array_elements(op -> 'lines') l WHERE l ->> 'account' = line ->> 'account';
        IF growth > (line ->> 'limit')::bigint - stand.posted - stand.held THEN
          over_limit := over_limit || jsonb_build_array(
            jsonb_build_object('account', line ->> 'account', 'posted', stand.posted, 'held', stand.held));
          IF (line ->> 'enforce')::boolean THEN fits := false; END IF;
        END IF;
      END LOOP;
      new_lines := '[]';
      IF fits THEN
        FOR line IN SELECT * FROM jsonb_array_elements(op -> 'lines') LOOP
          -- Only a line that does not enforce can run out of numbers; it then holds what is left of them.
          SELECT least((line ->> 'amount')::bigint, 9007199254740991 - coalesce(max(a.held), 0)) INTO amount
          FROM ${schema}.ledger_account a WHERE a.key = ${key("line ->> 'account'")};
          INSERT INTO ${schema}.ledger_account AS a (key, name, posted, held, unreconciled, forget_at)
          VALUES (${key("line ->> 'account'")}, line ->> 'account', 0, amount, 0,
            CASE WHEN (line ->> 'keepMs')::bigint >= 0 THEN now_ms + (line ->> 'keepMs')::bigint END)
          ON CONFLICT (key) DO UPDATE SET held = a.held + excluded.held;
          new_lines := new_lines || jsonb_build_array((line - 'keepMs') || jsonb_build_object('amount', amount));
        END LOOP;
      END IF;
      answer := jsonb_build_object('ok', fits, 'over', over_limit);
      INSERT INTO ${schema}.ledger_hold (key, id, state, used, version, expires_at, ended_at, result, lines)
      VALUES (${key("op ->> 'id'")}, op ->> 'id', CASE WHEN fits THEN 'open' ELSE 'refused' END,
        0, 0, now_ms + (op ->> 'ttlMs')::bigint, CASE WHEN fits THEN NULL ELSE now_ms END, answer, new_lines);

    ELSIF op ->> 'op' = 'extend' THEN
      lease := (op ->> 'version')::bigint > 0;
      total := (op ->> 'total')::bigint;
      IF NOT found_hold THEN
        answer := '{"ok": false, "over": [], "state": "unknown", "accounts": []}';
      ELSIF h.state IN ('ended', 'refused') THEN
        answer := '{"ok": false, "over": [], "state": "ended", "accounts": []}';
      ELSE
        over_limit := '[]';
        new_lines := h.lines;
        new_used := CASE WHEN lease THEN (op ->> 'used')::bigint ELSE h.used END;
        IF lease AND (op ->> 'version')::bigint < h.version THEN
          NULL;
        ELSE
          IF h.state = 'open' THEN
            fits := true;
            FOR line IN SELECT * FROM jsonb_array_elements(h.lines) LOOP
              CONTINUE WHEN total <= (line ->> 'amount')::bigint;
              SELECT * INTO stand FROM ${schema}.ledger_standing_${POSTGRES_VERSION}(line);
              SELECT sum(greatest(total, h.used) - greatest((l ->> 'amount')::bigint, h.used)) INTO growth
              FROM jsonb_array_elements(h.lines) l WHERE l ->> 'account' = line ->> 'account';
              IF growth > (line ->> 'limit')::bigint - stand.posted - stand.held THEN
                over_limit := over_limit || jsonb_build_array(
                  jsonb_build_object('account', line ->> 'account', 'posted', stand.posted, 'held', stand.held));
                IF (line ->> 'enforce')::boolean THEN fits := false; END IF;
              END IF;
            END LOOP;
            IF fits THEN
              SELECT coalesce(jsonb_agg(CASE WHEN lease OR total > (l.value ->> 'amount')::bigint
                THEN l.value || jsonb_build_object('amount', total) ELSE l.value END ORDER BY l.place), '[]')
              INTO new_lines FROM jsonb_array_elements(h.lines) WITH ORDINALITY l(value, place);
            END IF;
          END IF;
          IF lease THEN
            -- What calls spent and hold out of a lease is owed, whether it fits or not.
            SELECT coalesce(jsonb_agg(l.value || jsonb_build_object('amount',
              greatest((l.value ->> 'amount')::bigint, new_used + (op ->> 'held')::bigint)) ORDER BY l.place), '[]')
            INTO new_lines FROM jsonb_array_elements(new_lines) WITH ORDINALITY l(value, place);
          END IF;
          IF h.state = 'open' OR lease THEN
            PERFORM ${schema}.ledger_rebook_${POSTGRES_VERSION}(h.lines, h.state, h.used, new_lines, h.state, new_used);
            UPDATE ${schema}.ledger_hold SET lines = new_lines, used = new_used,
              version = CASE WHEN lease THEN (op ->> 'version')::bigint ELSE version END,
              expires_at = CASE WHEN h.state <> 'open' THEN expires_at WHEN lease THEN now_ms + (op ->> 'ttlMs')::bigint
                ELSE greatest(expires_at, now_ms + (op ->> 'ttlMs')::bigint) END
            WHERE key = h.key;
          END IF;
        END IF;
        SELECT jsonb_build_object(
          'ok', h.state = 'open' AND coalesce(bool_and((l.value ->> 'amount')::bigint >= total OR NOT (l.value ->> 'enforce')::boolean), true),
          'over', over_limit, 'state', CASE h.state WHEN 'open' THEN 'open' ELSE 'ended' END,
          'accounts', coalesce(jsonb_agg(jsonb_build_object('account', l.value ->> 'account', 'posted', s.posted, 'held', s.held)
            ORDER BY l.place), '[]'))
        INTO answer
        FROM jsonb_array_elements(new_lines) WITH ORDINALITY l(value, place)
        CROSS JOIN LATERAL ${schema}.ledger_standing_${POSTGRES_VERSION}(l.value) s;
      END IF;

    ELSIF NOT found_hold OR h.state <> 'ended' THEN
      IF found_hold THEN
        new_used := CASE op ->> 'op' WHEN 'settle' THEN (op ->> 'amount')::bigint ELSE h.used END;
        PERFORM ${schema}.ledger_rebook_${POSTGRES_VERSION}(h.lines, h.state, h.used, h.lines, 'ended', new_used);
        UPDATE ${schema}.ledger_hold SET state = 'ended', used = new_used, ended_at = now_ms WHERE key = h.key;
      ELSE
        INSERT INTO ${schema}.ledger_hold (key, id, state, used, version, expires_at, ended_at, result, lines)
        VALUES (${key("op ->> 'id'")}, op ->> 'id', 'ended', 0, 0, 0, now_ms,
          '{"ok": true, "over": []}', '[]');
      END IF;
      IF op ->> 'op' = 'settle' THEN
        INSERT INTO ${schema}.ledger_rollup AS r (slot, key, dimensions, nano_usd, calls, input_tokens, output_tokens)
        VALUES ((op ->> 'slot')::bigint, ${key("op ->> 'row'")}, op ->> 'row', (op ->> 'amount')::bigint, 1,
          (op ->> 'inputTokens')::bigint, (op ->> 'outputTokens')::bigint)
        ON CONFLICT (slot, key) DO UPDATE SET nano_usd = r.nano_usd + excluded.nano_usd, calls = r.calls + 1,
          input_tokens = r.input_tokens + excluded.input_tokens, output_tokens = r.output_tokens + excluded.output_tokens;
      END IF;
    END IF;
    answers := answers || jsonb_build_array(answer);
  END LOOP;

  -- What nobody asks about any more, in one run of many. By ctid, since a join would read whole tables.
  IF random() < 0.01 THEN
    DELETE FROM ${schema}.ledger_hold WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${schema}.ledger_hold WHERE ended_at <= now_ms - keep_ended ORDER BY ended_at LIMIT 4096));
    DELETE FROM ${schema}.ledger_account WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${schema}.ledger_account WHERE forget_at <= now_ms AND held = 0 ORDER BY forget_at LIMIT 4096));
    DELETE FROM ${schema}.ledger_rollup WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${schema}.ledger_rollup WHERE slot < now_ms - keep_rows ORDER BY slot LIMIT 4096));
  END IF;
  RETURN answers;
END
$body$;
`;
}
