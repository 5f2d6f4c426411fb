-- History whose numbers have been reduced to a keyed hash and a masked form. Cold: written and removed by the sweep alone.
CREATE TABLE verification_history_reduced (
  account_id        uuid NOT NULL,
  verification_id   uuid NOT NULL,
  service_id        uuid NOT NULL,
  created_at        bigint NOT NULL,
  expires_at        bigint NOT NULL,
  ended_at          bigint,
  max_attempts      smallint NOT NULL,
  attempts          smallint NOT NULL,
  state             text NOT NULL,
  recipient_hash    bytea NOT NULL,
  recipient_masked  text NOT NULL,
  deliveries        jsonb NOT NULL,
  PRIMARY KEY (account_id, verification_id)
);

CREATE INDEX verification_history_reduced_age ON verification_history_reduced (verification_id);

-- By which one number's rows are found when it is to be forgotten.
CREATE INDEX verification_history_reduced_hash ON verification_history_reduced (recipient_hash);

-- Moves rows over. before: nothing that was issued later is touched, so that only the old days' partitions are looked at.
CREATE FUNCTION antryk_reduce(accounts uuid[], ids uuid[], hashes bytea[], masks text[], before uuid) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  moved integer;
BEGIN
  WITH gone AS (
    DELETE FROM verification_history h USING unnest(accounts, ids, hashes, masks) AS u (account_id, verification_id, hash, mask)
      WHERE h.account_id = u.account_id AND h.verification_id = u.verification_id AND h.verification_id < before
      RETURNING h.*, u.hash, u.mask
  )
  INSERT INTO verification_history_reduced (account_id, verification_id, service_id, created_at, expires_at, ended_at, max_attempts,
      attempts, state, recipient_hash, recipient_masked, deliveries)
    SELECT account_id, verification_id, service_id, created_at, expires_at, ended_at, max_attempts, attempts, state, hash, mask, deliveries
      FROM gone
    ON CONFLICT (account_id, verification_id) DO NOTHING;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;

-- Drops the days of history that are wholly over; where numbers are reduced first (only_empty), those that nothing is left of.
-- Waits for nobody longer than a moment: the next sweep tries again.
CREATE FUNCTION antryk_drop_history_days(kept_ms bigint, only_empty boolean, given bigint) RETURNS integer
LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
  at bigint := coalesce(given, antryk_now());
  name text;
  empty boolean;
  dropped integer := 0;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('antryk history', 0)) THEN RETURN 0; END IF;
  FOR name IN
    SELECT p.relname FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhrelid
      WHERE h.inhparent = 'verification_history'::regclass AND p.relname ~ '^verification_history_\d{8}$'
        AND to_date(right(p.relname, 8), 'YYYYMMDD') < (to_timestamp((at - kept_ms) / 1000.0) AT TIME ZONE 'UTC')::date
  LOOP
    BEGIN
      IF only_empty THEN
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', name);
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %I)', name) INTO empty;
        CONTINUE WHEN NOT empty;
      END IF;
      EXECUTE format('DROP TABLE %I', name);
      dropped := dropped + 1;
    EXCEPTION WHEN lock_not_available THEN NULL;
    END;
  END LOOP;
  IF NOT only_empty THEN DELETE FROM verification_history_other WHERE verification_id < antryk_uuid_floor(at - kept_ms); END IF;
  RETURN dropped;
END $$;
