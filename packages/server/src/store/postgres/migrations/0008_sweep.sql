-- What is over goes: ended verifications to history, counters, idempotency keys and old history away.

-- One process sweeps at a time; the others find nothing to do. Rows in use are left for the next time.
CREATE FUNCTION antryk_sweep(step integer, c antryk_rules, given bigint, OUT ended integer, OUT removed integer, OUT more boolean)
LANGUAGE plpgsql AS $$
DECLARE
  r recipient;
  at bigint := coalesce(given, antryk_now());
  seen integer := 0;
  gone integer;
BEGIN
  ended := 0;
  removed := 0;
  more := false;
  IF NOT pg_try_advisory_xact_lock(hashtextextended('antryk sweep', 0)) THEN RETURN; END IF;

  -- Whatever was issued before this has been over for a day, unless its code was said again after an unknown outcome.
  FOR r IN
    SELECT * FROM recipient t
      WHERE t.verification_id < antryk_uuid_floor(at - c.ended_otp_ms - c.longest_ttl_ms + 1)
        AND (t.state = 'none' OR coalesce(t.ended_at, t.expires_at) + c.ended_otp_ms <= at)
      ORDER BY t.verification_id LIMIT step FOR UPDATE SKIP LOCKED
  LOOP
    seen := seen + 1;
    IF r.state <> 'none' THEN
      PERFORM antryk_keep_history(r);
      ended := ended + 1;
    END IF;
    IF r.counters_until <= at THEN
      DELETE FROM recipient t WHERE t.account_id = r.account_id AND t.service_id = r.service_id AND t.recipient = r.recipient;
      IF r.state = 'none' THEN removed := removed + 1; END IF;
    ELSE
      r.before_lease := NULL;
      r.lease_token := NULL;
      r.lease_until := 0;
      PERFORM antryk_write(antryk_without_verification(r, c), false);
    END IF;
  END LOOP;
  more := seen = step;

  DELETE FROM idempotency_key t WHERE (t.account_id, t.operation, t.key) IN
    (SELECT k.account_id, k.operation, k.key FROM idempotency_key k WHERE k.due <= at AND k.expires_at <= at
      ORDER BY k.due LIMIT step FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  removed := removed + gone;
  more := more OR gone = step;

  DELETE FROM limit_bucket t WHERE (t.account_id, t.scope, t.subject, t.window_ms, t.slot, t.bucket_at) IN
    (SELECT b.account_id, b.scope, b.subject, b.window_ms, b.slot, b.bucket_at FROM limit_bucket b WHERE b.expires_at <= at
      ORDER BY b.expires_at LIMIT step FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  removed := removed + gone;
  more := more OR gone = step;
END $$;

-- Makes the partitions of the days ahead and drops those that are wholly over; returns how many it dropped. Waits for nobody
-- longer than a moment, because whoever waits for a table's lock makes all others wait behind it: the next sweep tries again.
CREATE FUNCTION antryk_history_days(days_ahead integer, kept_ms bigint, given bigint) RETURNS integer
LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
  day_ms CONSTANT bigint := 86400000;
  at bigint := coalesce(given, antryk_now());
  day bigint := at - at % day_ms;
  name text;
  dropped integer := 0;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('antryk history', 0)) THEN RETURN 0; END IF;
  FOR n IN -1 .. days_ahead LOOP
    name := 'verification_history_' || to_char(to_timestamp((day + n * day_ms) / 1000.0) AT TIME ZONE 'UTC', 'YYYYMMDD');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    BEGIN
      EXECUTE format('CREATE TABLE %I (LIKE verification_history INCLUDING ALL)', name);
      EXECUTE format('ALTER TABLE verification_history ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
        antryk_uuid_floor(day + n * day_ms), antryk_uuid_floor(day + (n + 1) * day_ms));
    EXCEPTION WHEN check_violation OR lock_not_available THEN
      -- Rows of that day stand in the default partition already, or a long look-up runs: the default partition serves.
      NULL;
    END;
  END LOOP;
  FOR name IN
    SELECT p.relname FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhrelid
      WHERE h.inhparent = 'verification_history'::regclass AND p.relname ~ '^verification_history_\d{8}$'
        AND to_date(right(p.relname, 8), 'YYYYMMDD') < (to_timestamp((at - kept_ms) / 1000.0) AT TIME ZONE 'UTC')::date
  LOOP
    BEGIN
      EXECUTE format('DROP TABLE %I', name);
      dropped := dropped + 1;
    EXCEPTION WHEN lock_not_available THEN NULL;
    END;
  END LOOP;
  DELETE FROM verification_history_other WHERE verification_id < antryk_uuid_floor(at - kept_ms);
  RETURN dropped;
END $$;
