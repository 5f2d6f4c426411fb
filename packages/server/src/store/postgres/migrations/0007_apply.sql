-- One batch of calls: one round trip, one transaction, one commit.
--
-- Locks are always taken in one order, so that batches never wait for one another in a circle: first the named ones (idempotency
-- keys and slots of shared limits), sorted; then each item's recipient row, sorted by key. After the first phase no named lock is
-- waited for. Every statement in here sees what was committed before it, which is what READ COMMITTED means.
-- given: the time that tests set; null in production.
CREATE FUNCTION antryk_apply(items json, rules json, locks json, given bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  i antryk_item;
  c antryk_rules := json_populate_record(NULL::antryk_rules, rules);
  outcome json;
  outcomes json[];
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE 'antryk needs default_transaction_isolation = ''read committed''' USING ERRCODE = 'feature_not_supported';
  END IF;
  IF json_array_length(locks) > 0 THEN
    PERFORM pg_advisory_xact_lock(h)
      FROM (SELECT DISTINCT hashtextextended(name, 0) AS h FROM json_array_elements_text(locks) name ORDER BY h) sorted;
  END IF;
  FOR i IN
    SELECT * FROM json_populate_recordset(NULL::antryk_item, items) t ORDER BY t.account_id, t.service_id, t.recipient COLLATE "C", t.seq
  LOOP
    outcome := NULL;
    IF i.idempotency_key IS NOT NULL AND i.verb <> 'settle' THEN outcome := antryk_conflict(i, coalesce(given, antryk_now())); END IF;
    IF outcome IS NULL THEN
      CASE i.verb
        WHEN 'reserve' THEN outcome := antryk_reserve(i, c, given);
        WHEN 'settle' THEN outcome := antryk_settle(i, c, given);
        WHEN 'verify' THEN outcome := antryk_verify(i, c, given);
        WHEN 'resend' THEN outcome := antryk_resend(i, c, given);
        WHEN 'cancel' THEN outcome := antryk_cancel(i, c, given);
      END CASE;
    END IF;
    outcomes[i.seq] := outcome;
  END LOOP;
  RETURN json_build_object('at', coalesce(given, antryk_now()), 'outcomes', outcomes);
END $$;
