-- How the limits count: the meaning of store/rules/limits.ts.

-- 0 where one more is allowed now, else the ms until it is. times are oldest first.
CREATE FUNCTION antryk_window_wait(times bigint[], count integer, window_ms bigint, at bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT greatest(0, coalesce(times[cardinality(times) - count + 1] + window_ms - at, 0))
$$;

CREATE FUNCTION antryk_refusal(name text, count integer, window_ms bigint, wait bigint, locked boolean) RETURNS json
LANGUAGE sql STABLE AS $$
  SELECT json_build_object('kind', 'rate_limited', 'name', name, 'limit', json_build_object('count', count, 'windowMs', window_ms),
    'retryAfterMs', wait, 'locked', locked)
$$;

CREATE FUNCTION antryk_wrong_codes_refusal(wrong_until bigint, c antryk_rules, at bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  wait bigint := wrong_until - (c.wrong_codes_count - 1) * c.wrong_code_interval_ms - at;
BEGIN
  IF wait <= 0 THEN RETURN NULL; END IF;
  RETURN antryk_refusal('wrong-codes', c.wrong_codes_count, c.wrong_codes_window_ms, wait, false);
END $$;

CREATE FUNCTION antryk_cooldown(resend_count integer, c antryk_rules) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(c.cooldowns_ms[least(resend_count, cardinality(c.cooldowns_ms) - 1) + 1], 0)
$$;

CREATE FUNCTION antryk_pruned(times bigint[], keep_ms bigint, at bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
  WHILE times[1] <= at - keep_ms LOOP times := times[2:]; END LOOP;
  RETURN times;
END $$;

-- The name of a slot's lock; store/postgres/items.ts builds the same.
CREATE FUNCTION antryk_slot_lock(account_id uuid, s jsonb, slot integer) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws(' ', 'limit', account_id, s ->> 'scope', s ->> 'windowMs', slot, s ->> 'subject')
$$;

-- The wait of one slot. Its quota is its share of the limit's count, so that the slots together never pass the limit.
CREATE FUNCTION antryk_slot_wait(account uuid, s jsonb, slot_no integer, at bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  window_length bigint := (s ->> 'windowMs')::bigint;
  bucket_length bigint := (s ->> 'bucketMs')::bigint;
  slots integer := (s ->> 'slots')::integer;
  quota integer := ((s ->> 'count')::integer + slots - 1 - slot_no) / slots;
  ats bigint[];
  counts integer[];
  total bigint;
BEGIN
  SELECT array_agg(b.bucket_at ORDER BY b.bucket_at), array_agg(b.count ORDER BY b.bucket_at), coalesce(sum(b.count), 0)
    INTO ats, counts, total FROM limit_bucket b
    WHERE b.account_id = account AND b.scope = s ->> 'scope' AND b.subject = s ->> 'subject' AND b.window_ms = window_length
      AND b.slot = slot_no AND b.bucket_at > at - window_length - bucket_length;
  IF total < quota THEN RETURN 0; END IF;
  FOR n IN 1 .. coalesce(cardinality(ats), 0) LOOP
    total := total - counts[n];
    IF total < quota THEN RETURN greatest(1, ats[n] + bucket_length + window_length - at); END IF;
  END LOOP;
  RETURN window_length;
END $$;

-- A slot with room whose lock is held: {slot, wait: 0}. Else the wait, which is exact: every slot is full in what was read.
-- 'again': another slot has room, and another transaction its lock. Waiting for that here could deadlock.
CREATE FUNCTION antryk_find_slot(account uuid, s jsonb, at bigint, OUT slot integer, OUT wait bigint, OUT again boolean)
LANGUAGE plpgsql AS $$
DECLARE
  other bigint;
BEGIN
  slot := (s ->> 'slot')::integer;
  again := false;
  wait := antryk_slot_wait(account, s, slot, at);
  IF wait = 0 THEN RETURN; END IF;
  FOR n IN 0 .. (s ->> 'slots')::integer - 1 LOOP
    CONTINUE WHEN n = (s ->> 'slot')::integer;
    other := antryk_slot_wait(account, s, n, at);
    IF other = 0 THEN
      IF pg_try_advisory_xact_lock(hashtextextended(antryk_slot_lock(account, s, n), 0)) THEN
        other := antryk_slot_wait(account, s, n, at);
        IF other = 0 THEN
          slot := n;
          wait := 0;
          again := false;
          RETURN;
        END IF;
      ELSE
        again := true;
        CONTINUE;
      END IF;
    END IF;
    wait := least(wait, other);
  END LOOP;
END $$;

-- Which limits refuse this send: 'again', the refusal that lasts longest, or, where none does, the buckets to count it in.
CREATE FUNCTION antryk_limits(
  tries bigint[], sends bigint[], i antryk_item, c antryk_rules, at bigint, OUT refusal json, OUT counted json, OUT again boolean
) LANGUAGE plpgsql AS $$
DECLARE
  longest bigint;
  wait bigint;
  s jsonb;
  found record;
  buckets json[] := '{}';
BEGIN
  again := false;
  longest := antryk_window_wait(tries, c.tries_count, c.tries_window_ms, at);
  IF longest > 0 THEN refusal := antryk_refusal('tries', c.tries_count, c.tries_window_ms, longest, false); END IF;
  FOR n IN 1 .. coalesce(cardinality(i.limit_counts), 0) LOOP
    wait := antryk_window_wait(sends, i.limit_counts[n], i.limit_windows[n], at);
    IF wait > longest THEN
      longest := wait;
      refusal := antryk_refusal('recipient', i.limit_counts[n], i.limit_windows[n], wait, false);
    END IF;
  END LOOP;
  IF i.shared IS NOT NULL THEN
    FOR s IN SELECT e FROM jsonb_array_elements(i.shared) e LOOP
      found := antryk_find_slot(i.account_id, s, at);
      again := again OR found.again;
      IF found.wait > longest THEN
        longest := found.wait;
        refusal := antryk_refusal(s ->> 'scope', (s ->> 'count')::integer, (s ->> 'windowMs')::bigint, found.wait, false);
      END IF;
      buckets := buckets || json_build_object('scope', s -> 'scope', 'subject', s -> 'subject', 'windowMs', s -> 'windowMs',
        'bucketAt', at - at % (s ->> 'bucketMs')::bigint, 'slot', found.slot);
    END LOOP;
  END IF;
  IF refusal IS NULL THEN counted := array_to_json(buckets); END IF;
END $$;

CREATE FUNCTION antryk_count(i antryk_item, counted json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  b json;
  s jsonb;
BEGIN
  FOR b, s IN SELECT x, y FROM ROWS FROM (json_array_elements(counted), jsonb_array_elements(i.shared)) AS t (x, y) LOOP
    INSERT INTO limit_bucket (account_id, scope, subject, window_ms, slot, bucket_at, count, expires_at)
      VALUES (i.account_id, b ->> 'scope', b ->> 'subject', (b ->> 'windowMs')::bigint, (b ->> 'slot')::smallint, (b ->> 'bucketAt')::bigint, 1,
        (b ->> 'bucketAt')::bigint + (b ->> 'windowMs')::bigint + (s ->> 'bucketMs')::bigint)
      ON CONFLICT (account_id, scope, subject, window_ms, slot, bucket_at) DO UPDATE SET count = limit_bucket.count + 1;
  END LOOP;
END $$;
