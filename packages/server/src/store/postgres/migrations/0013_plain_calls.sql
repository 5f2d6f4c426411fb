-- The calls that most of a busy day is made of, a whole batch of them by a few statements over sets: sends to numbers without a
-- row, hand-overs that were taken (or nobody can say), and codes that are compared. What a statement finds to be anything else it
-- leaves alone, and the caller brings it to antryk_apply, whose meaning this has.
--
-- Waiting in one order, with antryk_apply's batches too: named locks first, sorted; then new rows, sorted by key. A row that
-- another transaction has locked is not waited for, it is left alone. So whoever waits here holds only what sorts before.

CREATE TYPE antryk_plain_send AS (
  account_id       uuid,
  service_id       uuid,
  recipient        text,
  verification_id  uuid,
  key_id           text,
  nonce            bytea,
  mac              bytea,
  code_length      smallint,
  max_attempts     smallint,
  lease_token      text,
  lease_ms         bigint,
  ttl_ms           bigint,
  keep_ms          bigint,
  operation        text,
  idempotency_key  text,
  fingerprint_id   text,
  fingerprint      bytea
);

CREATE TYPE antryk_plain_settle AS (
  seq              integer,
  account_id       uuid,
  service_id       uuid,
  recipient        text,
  lease_token      text,
  accepted         boolean,
  deliveries       jsonb,
  operation        text,
  idempotency_key  text,
  reply            text
);

-- One for each live key of the keyring; the row's key id picks.
CREATE TYPE antryk_plain_try AS (
  seq              integer,
  account_id       uuid,
  service_id       uuid,
  recipient        text,
  key_id           text,
  candidate        bytea,
  wrong_code       text,
  operation        text,
  idempotency_key  text,
  fingerprint_id   text,
  fingerprint      bytea
);

-- Takes the named locks, all in one order.
CREATE FUNCTION antryk_lock(names text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(h) FROM (SELECT DISTINCT hashtextextended(name, 0) AS h FROM unnest(names) name ORDER BY h) sorted;
END $$;

-- Returns the verification ids of the sends that were done.
CREATE FUNCTION antryk_plain_sends(sends antryk_plain_send[], keyed boolean, c antryk_rules, at bigint) RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
  known uuid[] := '{}';
  done uuid[];
  resend_at bigint := at + antryk_cooldown(0, c);
BEGIN
  -- What a key that is there says, antryk_apply knows.
  IF keyed THEN
    SELECT coalesce(array_agg(s.verification_id), '{}') INTO known FROM unnest(sends) s
      JOIN idempotency_key k ON k.account_id = s.account_id AND k.operation = s.operation AND k.key = s.idempotency_key;
  END IF;
  WITH new AS (
    INSERT INTO recipient (account_id, service_id, recipient, verification_id, state, key_id, nonce, mac, code_length, max_attempts,
        attempts, created_at, expires_at, send_no, resend_count, resend_at, lease_token, lease_until, wrong_until, counters_until,
        sends, tries, deliveries)
      SELECT s.account_id, s.service_id, s.recipient, s.verification_id, 'leased', s.key_id, s.nonce, s.mac, s.code_length,
          s.max_attempts, 0, at, at + s.ttl_ms, 1, 0, resend_at, s.lease_token, at + s.lease_ms, 0, at + s.keep_ms,
          ARRAY[at], ARRAY[at], '[]'
        FROM unnest(sends) s WHERE s.verification_id <> ALL (known)
        ORDER BY s.account_id, s.service_id, s.recipient COLLATE "C"
      ON CONFLICT (account_id, service_id, recipient) DO NOTHING
      RETURNING verification_id
  )
  SELECT coalesce(array_agg(new.verification_id), '{}') INTO done FROM new;
  IF keyed THEN
    INSERT INTO idempotency_key (account_id, operation, key, key_id, fingerprint, lease_token, expires_at, due)
      SELECT s.account_id, s.operation, s.idempotency_key, s.fingerprint_id, s.fingerprint, s.lease_token, at + s.lease_ms,
          at + s.lease_ms + c.send_reply_ms
        FROM unnest(sends) s WHERE s.idempotency_key IS NOT NULL AND s.verification_id = ANY (done);
  END IF;
  RETURN done;
END $$;

-- Returns the places of those that were done.
CREATE FUNCTION antryk_plain_settles(settles antryk_plain_settle[], keyed boolean, c antryk_rules, at bigint) RETURNS integer[]
LANGUAGE plpgsql AS $$
DECLARE
  done integer[];
BEGIN
  WITH held AS MATERIALIZED (
    SELECT s.seq, s.accepted, s.deliveries, t.ctid AS place
      FROM unnest(settles) s JOIN recipient t ON t.account_id = s.account_id AND t.service_id = s.service_id AND t.recipient = s.recipient
      WHERE t.lease_token = s.lease_token AND t.state <> 'none'
      FOR UPDATE OF t SKIP LOCKED
  ), changed AS (
    UPDATE recipient t SET lease_token = NULL, lease_until = 0, before_lease = NULL, deliveries = t.deliveries || h.deliveries,
        state = CASE WHEN t.state IN ('verified', 'cancelled') THEN t.state WHEN h.accepted THEN 'pending'
          WHEN (t.before_lease).kind = 'resend' THEN t.state ELSE 'unknown' END
      FROM held h WHERE t.ctid = h.place
      RETURNING h.seq
  )
  SELECT coalesce(array_agg(seq), '{}') INTO done FROM changed;
  IF keyed THEN
    UPDATE idempotency_key t SET reply = s.reply, lease_token = NULL, expires_at = at + c.send_reply_ms
      FROM unnest(settles) s
      WHERE s.accepted AND s.seq = ANY (done)
        AND t.account_id = s.account_id AND t.operation = s.operation AND t.key = s.idempotency_key AND t.lease_token = s.lease_token;
    DELETE FROM idempotency_key t USING unnest(settles) s
      WHERE NOT s.accepted AND s.seq = ANY (done)
        AND t.account_id = s.account_id AND t.operation = s.operation AND t.key = s.idempotency_key AND t.lease_token = s.lease_token;
  END IF;
  RETURN done;
END $$;

-- Returns a line for each that was compared: place, valid, verification id, attempts left, end, seconds left.
CREATE FUNCTION antryk_plain_tries(tries antryk_plain_try[], keyed boolean, c antryk_rules, given bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  known integer[] := '{}';
  lines text;
BEGIN
  IF keyed THEN
    SELECT coalesce(array_agg(s.seq), '{}') INTO known FROM unnest(tries) s
      JOIN idempotency_key k ON k.account_id = s.account_id AND k.operation = s.operation AND k.key = s.idempotency_key;
  END IF;
  -- The time is taken once the statement sees what was committed, and rows that change afterwards are not touched by it.
  WITH now AS MATERIALIZED (SELECT coalesce(given, antryk_now()) AS at), held AS MATERIALIZED (
    SELECT s.*, t.ctid AS place, t.mac = s.candidate AS valid, now.at
      FROM now, unnest(tries) s JOIN recipient t ON t.account_id = s.account_id AND t.service_id = s.service_id AND t.recipient = s.recipient
      WHERE s.seq <> ALL (known) AND t.state IN ('leased', 'pending', 'unknown') AND t.key_id = s.key_id AND t.mac IS NOT NULL
        AND now.at < t.expires_at AND t.attempts < t.max_attempts
        AND t.wrong_until - (c.wrong_codes_count - 1) * c.wrong_code_interval_ms <= now.at
      FOR UPDATE OF t SKIP LOCKED
  ), changed AS (
    UPDATE recipient t SET
        state = CASE WHEN h.valid THEN 'verified' ELSE t.state END,
        ended_at = CASE WHEN h.valid THEN h.at ELSE t.ended_at END,
        nonce = CASE WHEN h.valid THEN NULL ELSE t.nonce END,
        mac = CASE WHEN h.valid THEN NULL ELSE t.mac END,
        attempts = CASE WHEN h.valid THEN t.attempts ELSE t.attempts + 1 END,
        wrong_until = CASE WHEN h.valid THEN 0 ELSE greatest(t.wrong_until, h.at) + c.wrong_code_interval_ms END,
        counters_until = CASE WHEN h.valid THEN t.counters_until
          ELSE greatest(t.counters_until, greatest(t.wrong_until, h.at) + c.wrong_code_interval_ms) END
      FROM held h WHERE t.ctid = h.place
      RETURNING h.seq, h.valid, t.verification_id, t.max_attempts - t.attempts AS attempts_remaining, t.expires_at,
        (t.expires_at - h.at + 999) / 1000 AS expires_in, h.at, h.account_id, h.operation, h.idempotency_key, h.fingerprint_id,
        h.fingerprint, h.wrong_code
  ), kept AS (
    INSERT INTO idempotency_key (account_id, operation, key, key_id, fingerprint, reply, expires_at, due)
      SELECT d.account_id, d.operation, d.idempotency_key, d.fingerprint_id, d.fingerprint,
          json_build_object('kind', 'compared', 'valid', d.valid, 'wrongCode', d.wrong_code, 'verificationId', d.verification_id,
            'attemptsRemaining', d.attempts_remaining, 'expiresAt', d.expires_at, 'expiresInSeconds', d.expires_in),
          least(d.expires_at, d.at + c.verify_reply_ms), least(d.expires_at, d.at + c.verify_reply_ms)
        FROM changed d WHERE d.idempotency_key IS NOT NULL
  )
  SELECT string_agg(concat_ws(' ', seq, valid, verification_id, attempts_remaining, expires_at, expires_in), E'\n') INTO lines FROM changed;
  RETURN lines;
END $$;

-- One batch of plain calls: one round trip, one transaction, one commit. Plans are made once for each connection, and reach rows by
-- their keys whatever the statistics say. keyed: some call has an idempotency key.
-- at: the sends' time, from which the caller reckons what stands in their rows.
CREATE FUNCTION antryk_apply_plain(
  sends antryk_plain_send[], settles antryk_plain_settle[], tries antryk_plain_try[], keyed boolean, rules json, locks text[], given bigint,
  OUT at bigint, OUT sent text, OUT settled text, OUT compared text
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  c antryk_rules := json_populate_record(NULL::antryk_rules, rules);
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'antryk needs default_transaction_isolation = ''read committed''' USING ERRCODE = 'feature_not_supported';
  END IF;
  IF cardinality(locks) > 0 THEN PERFORM antryk_lock(locks); END IF;
  at := coalesce(given, antryk_now());
  IF cardinality(sends) > 0 THEN sent := array_to_string(antryk_plain_sends(sends, keyed, c, at), ' '); END IF;
  IF cardinality(settles) > 0 THEN settled := array_to_string(antryk_plain_settles(settles, keyed, c, at), ' '); END IF;
  IF cardinality(tries) > 0 THEN compared := antryk_plain_tries(tries, keyed, c, given); END IF;
END $$;
