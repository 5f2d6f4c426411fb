-- What came of a hand-over: the meaning of store/rules/settle.ts. A second run of the same call changes nothing, so it may be
-- repeated where the first one's answer was lost.

CREATE FUNCTION antryk_settle(i antryk_item, c antryk_rules, given bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  r recipient;
  b jsonb;
  at_index integer;
  is_resend boolean;
BEGIN
  SELECT * INTO r FROM recipient t
    WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient FOR UPDATE;
  IF FOUND THEN
    IF i.result = 'refused' THEN
      at_index := array_position(r.sends, i.reserved_at);
      IF at_index IS NOT NULL THEN
        r.sends := r.sends[: at_index - 1] || r.sends[at_index + 1 :];
        IF i.counted IS NOT NULL THEN PERFORM antryk_give_back(i); END IF;
      END IF;
    END IF;
    IF r.lease_token IS DISTINCT FROM i.lease_token OR r.state = 'none' THEN
      IF at_index IS NOT NULL THEN
        UPDATE recipient t SET sends = r.sends
          WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient;
      END IF;
    ELSE
      b := r.before_lease;
      is_resend := coalesce(b ->> 'kind' = 'resend', false);
      r.deliveries := r.deliveries || i.deliveries;
      IF i.result = 'refused' AND is_resend THEN
        r.resend_count := (b ->> 'resend_count')::integer;
        r.resend_at := (b ->> 'resend_at')::bigint;
      END IF;
      IF r.state IN ('verified', 'cancelled') THEN NULL;
      ELSIF i.result = 'accepted' THEN r.state := 'pending';
      ELSIF is_resend THEN NULL;
      ELSIF i.result = 'unknown' THEN r.state := 'unknown';
      ELSE r := antryk_refused_send(r, b, i.deliveries, c);
      END IF;
      UPDATE recipient t SET verification_id = r.verification_id, state = r.state, key_id = r.key_id, nonce = r.nonce, mac = r.mac,
          code_length = r.code_length, max_attempts = r.max_attempts, attempts = r.attempts, created_at = r.created_at,
          expires_at = r.expires_at, ended_at = r.ended_at, send_no = r.send_no, resend_count = r.resend_count, resend_at = r.resend_at,
          deliveries = r.deliveries, lease_token = NULL, lease_until = 0, before_lease = NULL, sends = r.sends
        WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient;
    END IF;
  END IF;
  IF i.idempotency_key IS NOT NULL THEN
    IF i.result = 'accepted' THEN
      UPDATE idempotency_key t SET reply = i.reply, lease_token = NULL, expires_at = coalesce(given, antryk_now()) + c.send_reply_ms
        WHERE t.account_id = i.account_id AND t.operation = i.operation AND t.key = i.idempotency_key AND t.lease_token = i.lease_token;
    ELSE
      DELETE FROM idempotency_key t
        WHERE t.account_id = i.account_id AND t.operation = i.operation AND t.key = i.idempotency_key AND t.lease_token = i.lease_token;
    END IF;
  END IF;
  RETURN json_build_object('kind', 'settled');
END $$;

-- Nothing of the refused send stays; what it replaced is back, with the tries that its code has met since.
CREATE FUNCTION antryk_refused_send(r recipient, b jsonb, deliveries jsonb, c antryk_rules) RETURNS recipient LANGUAGE plpgsql AS $$
DECLARE
  old recipient;
BEGIN
  IF b IS NULL THEN RETURN antryk_without_verification(r, c); END IF;
  old := jsonb_populate_record(r, b -> 'verification');
  IF (b ->> 'same_code')::boolean THEN
    old.attempts := r.attempts;
    old.send_no := r.send_no;
    old.deliveries := old.deliveries || deliveries;
  ELSE
    DELETE FROM verification_history h WHERE h.account_id = old.account_id AND h.verification_id = old.verification_id;
  END IF;
  RETURN old;
END $$;

-- The counters alone. The sweep looks at the row when they are over.
CREATE FUNCTION antryk_without_verification(r recipient, c antryk_rules) RETURNS recipient LANGUAGE plpgsql AS $$
BEGIN
  r.verification_id := antryk_uuid_floor(r.counters_until - c.ended_otp_ms - c.longest_ttl_ms);
  r.state := 'none';
  r.key_id := NULL;
  r.nonce := NULL;
  r.mac := NULL;
  r.created_at := NULL;
  r.expires_at := NULL;
  r.ended_at := NULL;
  r.resend_at := NULL;
  r.send_no := NULL;
  r.resend_count := NULL;
  r.code_length := NULL;
  r.max_attempts := NULL;
  r.attempts := NULL;
  r.deliveries := NULL;
  RETURN r;
END $$;
