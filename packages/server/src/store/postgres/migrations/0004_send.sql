-- send-otp and resend-otp up to the gateway: the meaning of store/rules/send.ts and rules/idempotency.ts.

-- What a stored idempotency key says; null: the request may run. The key's lock is held.
CREATE FUNCTION antryk_conflict(i antryk_item, at bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  k idempotency_key;
BEGIN
  SELECT * INTO k FROM idempotency_key t WHERE t.account_id = i.account_id AND t.operation = i.operation AND t.key = i.idempotency_key;
  IF NOT FOUND OR at >= k.expires_at THEN RETURN NULL; END IF;
  IF k.fingerprint IS DISTINCT FROM decode(i.fingerprints ->> k.key_id, 'hex') THEN RETURN json_build_object('kind', 'key_reused'); END IF;
  IF k.reply IS NOT NULL THEN RETURN json_build_object('kind', 'replayed', 'reply', k.reply); END IF;
  -- The very same call once more: its first answer was lost on the way.
  IF k.lease_token = i.lease_token THEN RETURN NULL; END IF;
  RETURN json_build_object('kind', 'in_progress', 'retryAfterMs', k.expires_at - at);
END $$;

-- Marks the key's request as running (without a reply), or stores the reply of one that was decided in this very step.
CREATE FUNCTION antryk_keep_key(i antryk_item, its_reply text, its_lease text, its_end bigint, its_due bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO idempotency_key (account_id, operation, key, key_id, fingerprint, reply, lease_token, expires_at, due)
    VALUES (i.account_id, i.operation, i.idempotency_key, i.fingerprint_id, decode(i.fingerprints ->> i.fingerprint_id, 'hex'),
      its_reply, its_lease, its_end, its_due)
    ON CONFLICT (account_id, operation, key) DO UPDATE SET key_id = excluded.key_id, fingerprint = excluded.fingerprint,
      reply = excluded.reply, lease_token = excluded.lease_token, expires_at = excluded.expires_at, due = excluded.due;
END $$;

CREATE FUNCTION antryk_keep_history(r recipient) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO verification_history (account_id, verification_id, service_id, recipient, state, attempts, max_attempts, created_at,
      expires_at, ended_at, deliveries)
    VALUES (r.account_id, r.verification_id, r.service_id, r.recipient, r.state, r.attempts, r.max_attempts, r.created_at,
      r.expires_at, r.ended_at, r.deliveries)
    ON CONFLICT (account_id, verification_id) DO NOTHING;
END $$;

CREATE FUNCTION antryk_reservation(r recipient, counted json, at bigint) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object('kind', 'reserved', 'verificationId', r.verification_id, 'keyId', r.key_id, 'nonce', encode(r.nonce, 'hex'),
    'codeLength', r.code_length, 'sendNo', r.send_no, 'reservedAt', at, 'expiresAt', r.expires_at, 'resendAt', r.resend_at,
    'counted', counted)
$$;

-- Writes what the verbs of a send change. false: another transaction has made the row since it was looked for.
CREATE FUNCTION antryk_write(r recipient, is_new boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF is_new THEN
    INSERT INTO recipient VALUES (r.*) ON CONFLICT (account_id, service_id, recipient) DO NOTHING;
    RETURN FOUND;
  END IF;
  UPDATE recipient t SET verification_id = r.verification_id, state = r.state, key_id = r.key_id, nonce = r.nonce, mac = r.mac,
      code_length = r.code_length, max_attempts = r.max_attempts, attempts = r.attempts, created_at = r.created_at,
      expires_at = r.expires_at, ended_at = r.ended_at, send_no = r.send_no, resend_count = r.resend_count, resend_at = r.resend_at,
      deliveries = r.deliveries, lease_token = r.lease_token, lease_until = r.lease_until, before_lease = r.before_lease,
      sends = r.sends, tries = r.tries, counters_until = r.counters_until
    WHERE t.account_id = r.account_id AND t.service_id = r.service_id AND t.recipient = r.recipient;
  RETURN true;
END $$;

CREATE FUNCTION antryk_reserve(i antryk_item, c antryk_rules, given bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  r recipient;
  before recipient;
  l record;
  is_new boolean;
  live boolean;
  same_code boolean;
  refusal json;
  at bigint;
BEGIN
  LOOP
    SELECT * INTO r FROM recipient t
      WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient FOR UPDATE;
    is_new := NOT FOUND;
    at := coalesce(given, antryk_now());
    IF is_new THEN
      r.account_id := i.account_id;
      r.service_id := i.service_id;
      r.recipient := i.recipient;
      r.state := 'none';
      r.sends := '{}';
      r.tries := '{}';
      r.wrong_until := 0;
      r.counters_until := 0;
      live := false;
    ELSE
      IF r.state = 'leased' AND r.lease_token = i.lease_token THEN
        RETURN antryk_reservation(r, '[]', r.lease_until - i.lease_ms);
      END IF;
      IF r.state = 'leased' AND r.lease_until > at THEN
        RETURN json_build_object('kind', 'pending', 'retryAfterMs', r.lease_until - at, 'expiresAt', r.expires_at);
      END IF;
      live := r.state IN ('leased', 'pending', 'unknown') AND at < r.expires_at AND r.attempts < r.max_attempts;
      IF live AND r.state = 'pending' THEN
        RETURN json_build_object('kind', 'pending', 'retryAfterMs', r.expires_at - at, 'expiresAt', r.expires_at);
      END IF;
      refusal := antryk_wrong_codes_refusal(r.wrong_until, c, at);
      IF refusal IS NOT NULL THEN RETURN refusal; END IF;
      IF r.state = 'cancelled' AND r.resend_at > at THEN
        RETURN antryk_refusal('cooldown', 1, antryk_cooldown(r.resend_count, c), r.resend_at - at, false);
      END IF;
    END IF;
    l := antryk_limits(r.tries, r.sends, i, c, at);
    IF l.again THEN RETURN json_build_object('kind', 'again'); END IF;
    IF l.refusal IS NOT NULL THEN RETURN l.refusal; END IF;

    -- A message with this code may have left already: the next one must say the same code.
    same_code := live AND r.nonce IS NOT NULL AND r.mac IS NOT NULL AND r.key_id = ANY (i.live_key_ids);
    before := r;
    r.before_lease := NULL;
    IF same_code THEN
      r.before_lease := antryk_before_of(r, true);
      r.send_no := r.send_no + 1;
    ELSE
      IF r.state <> 'none' THEN r.before_lease := antryk_before_of(r, false); END IF;
      r.verification_id := i.verification_id;
      r.key_id := i.key_id;
      r.nonce := i.nonce;
      r.mac := i.mac;
      r.code_length := i.code_length;
      r.max_attempts := i.max_attempts;
      r.attempts := 0;
      r.created_at := at;
      r.ended_at := NULL;
      r.send_no := 1;
      r.deliveries := '[]';
    END IF;
    r.state := 'leased';
    r.expires_at := at + i.ttl_ms;
    r.resend_count := 0;
    r.resend_at := at + antryk_cooldown(0, c);
    r.lease_token := i.lease_token;
    r.lease_until := at + i.lease_ms;
    r.sends := antryk_pruned(r.sends, i.keep_ms, at) || at;
    r.tries := antryk_pruned(r.tries, c.tries_window_ms, at) || at;
    r.counters_until := greatest(r.counters_until, at + i.keep_ms);
    CONTINUE WHEN NOT antryk_write(r, is_new);

    IF NOT same_code AND before.state <> 'none' THEN PERFORM antryk_keep_history(before); END IF;
    IF i.shared IS NOT NULL THEN PERFORM antryk_count(i, l.counted); END IF;
    IF i.idempotency_key IS NOT NULL THEN
      PERFORM antryk_keep_key(i, NULL, i.lease_token, r.lease_until, r.lease_until + c.send_reply_ms);
    END IF;
    RETURN antryk_reservation(r, l.counted, at);
  END LOOP;
END $$;

CREATE FUNCTION antryk_resend(i antryk_item, c antryk_rules, given bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  r recipient;
  before antryk_before;
  l record;
  refusal json;
  at bigint;
BEGIN
  SELECT * INTO r FROM recipient t
    WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient FOR UPDATE;
  at := coalesce(given, antryk_now());
  IF NOT FOUND OR r.state NOT IN ('leased', 'pending', 'unknown') THEN RETURN json_build_object('kind', 'not_found'); END IF;
  IF r.lease_token = i.lease_token THEN RETURN antryk_reservation(r, '[]', r.lease_until - i.lease_ms); END IF;
  refusal := antryk_over_or_locked(r, c, at);
  IF refusal IS NOT NULL THEN RETURN refusal; END IF;
  IF r.resend_at > at THEN
    RETURN antryk_refusal('cooldown', 1, antryk_cooldown(r.resend_count, c), r.resend_at - at, false);
  END IF;
  l := antryk_limits(r.tries, r.sends, i, c, at);
  IF l.again THEN RETURN json_build_object('kind', 'again'); END IF;
  IF l.refusal IS NOT NULL THEN RETURN l.refusal; END IF;

  before.kind := 'resend';
  before.resend_count := r.resend_count;
  before.resend_at := r.resend_at;
  r.before_lease := before;
  IF r.state = 'leased' THEN r.state := 'unknown'; END IF;
  r.send_no := r.send_no + 1;
  r.resend_count := r.resend_count + 1;
  r.resend_at := at + antryk_cooldown(r.resend_count, c);
  r.lease_token := i.lease_token;
  r.lease_until := at + i.lease_ms;
  r.sends := antryk_pruned(r.sends, i.keep_ms, at) || at;
  r.tries := antryk_pruned(r.tries, c.tries_window_ms, at) || at;
  r.counters_until := greatest(r.counters_until, at + i.keep_ms);
  PERFORM antryk_write(r, false);
  IF i.shared IS NOT NULL THEN PERFORM antryk_count(i, l.counted); END IF;
  IF i.idempotency_key IS NOT NULL THEN
    PERFORM antryk_keep_key(i, NULL, i.lease_token, r.lease_until, r.lease_until + c.send_reply_ms);
  END IF;
  RETURN antryk_reservation(r, l.counted, at);
END $$;

-- An open verification that is over, locked, or out of wrong codes; null where it may go on. Order: CONTRACT's.
CREATE FUNCTION antryk_over_or_locked(r recipient, c antryk_rules, at bigint) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  IF at >= r.expires_at THEN RETURN json_build_object('kind', 'expired'); END IF;
  IF r.attempts >= r.max_attempts THEN
    RETURN antryk_refusal('attempts', r.max_attempts, r.expires_at - r.created_at, r.expires_at - at, true);
  END IF;
  RETURN antryk_wrong_codes_refusal(r.wrong_until, c, at);
END $$;

-- What a refused send puts back. Only a code that is said again keeps its nonce and hash.
CREATE FUNCTION antryk_before_of(r recipient, same_code boolean) RETURNS antryk_before LANGUAGE sql STABLE AS $$
  SELECT ROW('send', same_code, r.verification_id, CASE WHEN same_code THEN 'unknown' ELSE r.state END, r.key_id,
    CASE WHEN same_code THEN r.nonce END, CASE WHEN same_code THEN r.mac END, r.code_length, r.max_attempts, r.attempts, r.created_at,
    r.expires_at, r.ended_at, r.send_no, r.resend_count, r.resend_at, r.deliveries)::antryk_before
$$;
