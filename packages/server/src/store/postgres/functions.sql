-- The functions, made again at every start of a newer program. None knows what a row means.

CREATE OR REPLACE FUNCTION antryk.clock_ms() RETURNS bigint LANGUAGE sql VOLATILE SET search_path = antryk, pg_temp AS $$
  SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
$$;

-- The timeline that the database writes on: one more after each promotion of a standby, and after a backup was brought up
-- to a moment. The control file has it only some time later. Null on a standby.
CREATE OR REPLACE FUNCTION antryk.timeline() RETURNS integer LANGUAGE sql VOLATILE SET search_path = antryk, pg_temp AS $$
  SELECT CASE WHEN pg_is_in_recovery() THEN NULL
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer END
$$;

-- Raises AN003 if the database is on another timeline than `assumed` (null: any will do).
CREATE OR REPLACE FUNCTION antryk.require_timeline(assumed integer) RETURNS void LANGUAGE plpgsql
SET search_path = antryk, pg_temp AS $$
BEGIN
  IF assumed IS DISTINCT FROM timeline() AND assumed IS NOT NULL THEN
    RAISE 'the database is on another timeline' USING ERRCODE = 'AN003';
  END IF;
END $$;

-- Commits a batch of calls, all or nothing for each call (unit, u), and reads rows for others.
--   given, assumed, bound  the time to decide by (null: the clock's), the time that the calls assumed, and how far off
--      it may be
--   line  the timeline that the calls were decided for (null: not known)
--   i  rows: bucket, key, version expected (0: not there), version now (negative: remove the row), place in time, text
--   h  rows for history; d: rows that leave it; m: names of messages; w: entries of the queue
--   o  counters: version expected (0: not there), version now (0: add d while the sum stays within g; else put x and
--      the text if the count is still g), end z; q: how much (w; 0: by a put) each unit counts in which of them
--   r  rows to read; c: counters to read
-- failed: units that met another version. rows: what was asked for, and what stands at the places of units that failed,
-- a line each: letter and place in the array, version, text. counters: likewise those asked for and those that refused.
-- No two batches wait for one another in a circle: each takes its rows in the order of the arrays, what it makes first.
CREATE OR REPLACE FUNCTION antryk.commit_batch(
  given bigint, assumed bigint, bound bigint, line integer,
  i_u integer[], i_b smallint[], i_k bytea[], i_e bigint[], i_n bigint[], i_t bigint[], i_x text[],
  h_u integer[], h_b smallint[], h_a uuid[], h_s uuid[], h_v uuid[], h_c text[], h_r text[], h_x text[],
  d_u integer[], d_b smallint[], d_v uuid[],
  m_u integer[], m_h bigint[], m_t bigint[], m_b smallint[], m_k bytea[], m_v uuid[], m_g text[], m_m text[],
  w_u integer[], w_t bigint[], w_b smallint[], w_p text[], w_s text[], w_x text[],
  o_b smallint[], o_k text[], o_s smallint[], o_e bigint[], o_n bigint[], o_g bigint[], o_d bigint[], o_a bigint[], o_x bigint[],
  o_t text[], o_z bigint[],
  q_u integer[], q_o integer[], q_w integer[],
  r_b smallint[], r_k bytea[],
  c_b smallint[], c_k text[],
  OUT at bigint, OUT failed integer[], OUT uncounted integer[], OUT rows text, OUT counters text
) LANGUAGE plpgsql
SET search_path = antryk, pg_temp
-- Whoever holds a row for longer keeps only the calls that need it (lane.ts). Below any deadlock_timeout, so that what a
-- side lane waits for out of order ends by this.
SET lock_timeout = '60ms'
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  done bigint[] := '{}';
  more bigint[];
  counted integer[] := '{}';
BEGIN
  at := coalesce(given, clock_ms());
  failed := '{}';
  uncounted := '{}';
  IF line IS NOT NULL AND line IS DISTINCT FROM timeline() THEN
    RAISE 'the database is on another timeline' USING ERRCODE = 'AN003';
  END IF;
  IF cardinality(i_u) > 0 AND abs(at - assumed) > bound THEN RAISE 'the clock is off' USING ERRCODE = 'AN002'; END IF;
  IF cardinality(o_b) > 0 THEN
    -- What is made comes before what is changed: a call that makes a row waits for those that change it, never the
    -- other way round.
    WITH made AS (
      INSERT INTO counter AS t (bucket, key, slot, version, n, at, older, until)
        SELECT o.b, o.k, o.s, o.n, o.x, o.a, o.t, o.z
          FROM unnest(o_b, o_k, o_s, o_e, o_n, o_a, o_x, o_t, o_z) AS o (b, k, s, e, n, a, x, t, z) WHERE o.e = 0
        ON CONFLICT DO NOTHING RETURNING t.version
    )
    SELECT array_agg(o.ord) INTO more FROM unnest(o_e, o_n) WITH ORDINALITY AS o (e, n, ord) JOIN made m ON m.version = o.n WHERE o.e = 0;
    counted := coalesce(more, '{}');
    WITH changed AS (
      UPDATE counter t SET n = CASE WHEN o.n = 0 THEN greatest(0, t.n + o.d) ELSE o.x END,
          version = CASE WHEN o.n = 0 THEN t.version ELSE o.n END, at = CASE WHEN o.n = 0 THEN t.at ELSE o.a END,
          older = CASE WHEN o.n = 0 THEN t.older ELSE o.t END, until = CASE WHEN o.n = 0 THEN t.until ELSE o.z END
        FROM unnest(o_b, o_k, o_s, o_e, o_n, o_g, o_d, o_a, o_x, o_t, o_z) WITH ORDINALITY AS o (b, k, s, e, n, g, d, a, x, t, z, ord)
        WHERE o.e <> 0 AND t.bucket = o.b AND t.key = o.k AND t.slot = o.s AND t.version = o.e
          AND CASE WHEN o.n = 0 THEN t.n + o.d <= o.g ELSE t.n = o.g END
        RETURNING o.ord
    )
    SELECT array_agg(c.ord) INTO more FROM changed c;
    counted := counted || more::integer[];
    IF cardinality(counted) < cardinality(o_b) THEN
      uncounted := ARRAY(SELECT n FROM generate_series(1, cardinality(o_b)) n WHERE n <> ALL (counted));
      failed := ARRAY(SELECT DISTINCT q.u FROM unnest(q_u, q_o) AS q (u, o) WHERE q.o = ANY (uncounted));
    END IF;
  END IF;
  IF cardinality(i_u) > 0 THEN
    IF EXISTS (SELECT FROM unnest(i_e) AS i (e) WHERE i.e = 0) THEN
      WITH made AS (
        INSERT INTO item AS t (bucket, key, version, at, state)
          SELECT i.b, i.k, i.n, i.t, i.x FROM unnest(i_u, i_b, i_k, i_e, i_n, i_t, i_x) AS i (u, b, k, e, n, t, x)
            WHERE i.e = 0 AND i.n > 0 AND i.u <> ALL (failed)
          ON CONFLICT DO NOTHING RETURNING t.version
      )
      SELECT array_agg(m.version) INTO more FROM made m;
      done := done || more;
    END IF;
    IF EXISTS (SELECT FROM unnest(i_n) AS i (n) WHERE i.n < 0) THEN
      PERFORM 1 FROM unnest(i_b, i_k, i_e) AS i (b, k, e) JOIN item t ON t.bucket = i.b AND t.key = i.k WHERE i.e <> 0 FOR UPDATE OF t;
    END IF;
    IF EXISTS (SELECT FROM unnest(i_e, i_n) AS i (e, n) WHERE i.e <> 0 AND i.n > 0) THEN
      WITH changed AS (
        UPDATE item t SET version = i.n, at = i.t, state = i.x
          FROM unnest(i_u, i_b, i_k, i_e, i_n, i_t, i_x) AS i (u, b, k, e, n, t, x)
          WHERE i.e <> 0 AND i.n > 0 AND t.bucket = i.b AND t.key = i.k AND t.version = i.e AND i.u <> ALL (failed)
          RETURNING i.n
      )
      SELECT array_agg(c.n) INTO more FROM changed c;
      done := done || more;
    END IF;
    IF EXISTS (SELECT FROM unnest(i_n) AS i (n) WHERE i.n < 0) THEN
      WITH gone AS (
        DELETE FROM item t USING unnest(i_u, i_b, i_k, i_e, i_n) AS i (u, b, k, e, n)
          WHERE i.n < 0 AND t.bucket = i.b AND t.key = i.k AND t.version = i.e AND i.u <> ALL (failed)
          RETURNING -i.n AS n
      )
      SELECT array_agg(g.n) INTO more FROM gone g;
      -- What the same batch made and removed was never there.
      done := done || more || ARRAY(
        SELECT -i.n FROM unnest(i_b, i_k, i_e, i_n) AS i (b, k, e, n)
          WHERE i.n < 0 AND i.e = 0 AND NOT EXISTS (SELECT FROM item t WHERE t.bucket = i.b AND t.key = i.k)
      );
    END IF;
    IF cardinality(done) < cardinality(i_u) THEN
      failed := failed || ARRAY(
        SELECT DISTINCT i.u FROM unnest(i_u, i_n) AS i (u, n) WHERE abs(i.n) <> ALL (done) AND i.u <> ALL (failed)
      );
      -- A unit failed after one of its rows was written: nothing of this batch is kept, and the caller repeats the
      -- others.
      IF EXISTS (SELECT FROM unnest(i_u, i_n) AS i (u, n) WHERE i.u = ANY (failed) AND abs(i.n) = ANY (done))
        OR EXISTS (SELECT FROM unnest(q_u, q_o, q_w) AS q (u, o, w) WHERE q.w = 0 AND q.u = ANY (failed) AND q.o = ANY (counted)) THEN
        RAISE 'a call met another version' USING ERRCODE = 'AN001', DETAIL = array_to_string(failed, ' ');
      END IF;
      IF cardinality(counted) > 0 THEN
        UPDATE counter t SET n = t.n - f.n
          FROM unnest(o_b, o_k, o_s) WITH ORDINALITY AS o (b, k, s, ord)
            JOIN (SELECT q.o, sum(q.w) AS n FROM unnest(q_u, q_o, q_w) AS q (u, o, w)
              WHERE q.u = ANY (failed) AND q.o = ANY (counted) GROUP BY q.o) AS f ON f.o = o.ord
          WHERE t.bucket = o.b AND t.key = o.k AND t.slot = o.s;
      END IF;
    END IF;
  END IF;
  -- What comes back from history may end again in the same batch.
  IF cardinality(d_u) > 0 THEN
    DELETE FROM history t USING unnest(d_u, d_b, d_v) AS d (u, b, v)
      WHERE t.bucket = d.b AND t.verification_id = d.v AND d.u <> ALL (failed);
  END IF;
  IF cardinality(h_u) > 0 THEN
    INSERT INTO history (bucket, account_id, service_id, verification_id, channel, recipient, state)
      SELECT h.b, h.a, h.s, h.v, h.c, h.r, h.x FROM unnest(h_u, h_b, h_a, h_s, h_v, h_c, h_r, h_x) AS h (u, b, a, s, v, c, r, x)
        WHERE h.u <> ALL (failed)
      ON CONFLICT DO NOTHING;
  END IF;
  IF cardinality(m_u) > 0 THEN
    INSERT INTO message (hash, until, bucket, item_key, verification_id, gateway_id, message_id)
      SELECT m.h, m.t, m.b, m.k, m.v, m.g, m.m FROM unnest(m_u, m_h, m_t, m_b, m_k, m_v, m_g, m_m) AS m (u, h, t, b, k, v, g, m)
        WHERE m.u <> ALL (failed);
  END IF;
  IF cardinality(w_u) > 0 THEN
    INSERT INTO queue (due, tries, bucket, topic, subject, body)
      SELECT w.t, 0, w.b, w.p, w.s, w.x FROM unnest(w_u, w_t, w_b, w_p, w_s, w_x) WITH ORDINALITY AS w (u, t, b, p, s, x, ord)
        WHERE w.u <> ALL (failed) ORDER BY w.ord;
  END IF;
  IF cardinality(r_b) > 0 OR cardinality(failed) > 0 THEN
    SELECT string_agg(f.place || E'\t' || f.version || E'\t' || f.state, E'\n') INTO rows FROM (
      SELECT 'r' || r.ord AS place, t.version, t.state
        FROM unnest(r_b, r_k) WITH ORDINALITY AS r (b, k, ord) JOIN item t ON t.bucket = r.b AND t.key = r.k
      UNION ALL
      SELECT 'i' || i.ord, t.version, t.state
        FROM unnest(i_u, i_b, i_k) WITH ORDINALITY AS i (u, b, k, ord) JOIN item t ON t.bucket = i.b AND t.key = i.k
        WHERE i.u = ANY (failed)
    ) AS f;
  END IF;
  IF cardinality(c_b) > 0 OR cardinality(uncounted) > 0 THEN
    SELECT string_agg(f.place || E'\t' || t.slot || E'\t' || t.version || E'\t' || t.n || E'\t' || t.at || E'\t' || t.older, E'\n') INTO counters
      FROM (
        SELECT 'c' || c.ord AS place, c.b, c.k FROM unnest(c_b, c_k) WITH ORDINALITY AS c (b, k, ord)
        UNION ALL SELECT 'o' || o.ord, o.b, o.k FROM unnest(o_b, o_k) WITH ORDINALITY AS o (b, k, ord) WHERE o.ord = ANY (uncounted)
      ) AS f JOIN counter t ON t.bucket = f.b AND t.key = f.k;
  END IF;
END $$;

-- The same for a batch that has nothing but rows, as most have: so few arguments cost less to bind and to plan.
CREATE OR REPLACE FUNCTION antryk.commit_rows(
  given bigint, assumed bigint, bound bigint, line integer,
  i_u integer[], i_b smallint[], i_k bytea[], i_e bigint[], i_n bigint[], i_t bigint[], i_x text[],
  r_b smallint[], r_k bytea[],
  OUT at bigint, OUT failed integer[], OUT uncounted integer[], OUT rows text, OUT counters text
) LANGUAGE plpgsql SET search_path = antryk, pg_temp AS $$
BEGIN
  SELECT c.* INTO at, failed, uncounted, rows, counters FROM commit_batch(
    given, assumed, bound, line, i_u, i_b, i_k, i_e, i_n, i_t, i_x,
    '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    '{}', '{}', '{}',
    '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    '{}', '{}', '{}', '{}', '{}', '{}',
    '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    '{}', '{}', '{}',
    r_b, r_k, '{}', '{}'
  ) c;
END $$;

-- Messages by hash, gateway and id, each by the index, however many there are. A gateway may use an id again: the newest
-- message counts. A function, since its plan is kept: with few names a statement would cost more to plan than to run.
CREATE OR REPLACE FUNCTION antryk.find_messages(hashes bigint[], gateways text[], ids text[])
RETURNS TABLE (gateway_id text, message_id text, bucket smallint, item_key bytea, verification_id uuid)
LANGUAGE plpgsql STABLE SET search_path = antryk, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
  RETURN QUERY SELECT m.gateway, m.id, t.bucket, t.item_key, t.verification_id
    FROM unnest(hashes, gateways, ids) AS m (hash, gateway, id) CROSS JOIN LATERAL (
      SELECT n.bucket, n.item_key, n.verification_id FROM message n
        WHERE n.hash = m.hash AND n.message_id = m.id AND n.gateway_id = m.gateway ORDER BY n.until DESC LIMIT 1
    ) AS t;
END $$;

-- The history's days are made and dropped as the owner of the tables, so that the servers' role needs no such right. A
-- statement that waits for a table's lock makes all others wait behind it: so it waits for a moment only. One process
-- at a time: false if another one is at it.
CREATE OR REPLACE FUNCTION antryk.make_history_day(name text, first uuid, next uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = antryk, pg_temp SET lock_timeout = '200ms' AS $$
BEGIN
  IF name !~ '^history_[0-9]{8}$' THEN RAISE 'not a day of the history'; END IF;
  IF NOT pg_try_advisory_xact_lock(hashtextextended('antryk history', 0)) THEN RETURN false; END IF;
  IF to_regclass('antryk.' || name) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE antryk.%I (LIKE antryk.history INCLUDING ALL)', name);
  EXECUTE format('ALTER TABLE antryk.history ATTACH PARTITION antryk.%I FOR VALUES FROM (%L) TO (%L)', name, first, next);
  RETURN true;
END $$;

-- emptied: rows are moved out first, and a day goes when nothing is left in it.
CREATE OR REPLACE FUNCTION antryk.drop_history_day(name text, emptied boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = antryk, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
  used boolean;
BEGIN
  IF name !~ '^history_[0-9]{8}$' THEN RAISE 'not a day of the history'; END IF;
  IF NOT pg_try_advisory_xact_lock(hashtextextended('antryk history', 0)) THEN RETURN false; END IF;
  IF to_regclass('antryk.' || name) IS NULL THEN RETURN false; END IF;
  IF emptied THEN
    EXECUTE format('LOCK TABLE antryk.%I IN ACCESS EXCLUSIVE MODE', name);
    EXECUTE format('SELECT EXISTS (SELECT FROM antryk.%I)', name) INTO used;
    IF used THEN RETURN false; END IF;
  END IF;
  EXECUTE format('DROP TABLE antryk.%I', name);
  RETURN true;
END $$;

-- For the roles that servers have alone (docs/scaling.md, "Roles").
REVOKE ALL ON FUNCTION antryk.make_history_day(text, uuid, uuid), antryk.drop_history_day(text, boolean) FROM PUBLIC;
