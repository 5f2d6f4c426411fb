-- What came of a hand-over: the meaning of store/rules/settle.ts. A second run of the same call changes nothing, so it may be
-- repeated where the first one's answer was lost.

CREATE FUNCTION antryk_settle(i antryk_item, c antryk_rules, given bigint) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  IF i.result = 'refused' THEN PERFORM antryk_settle_refused(i, c);
  ELSE
    UPDATE recipient t SET lease_token = NULL, lease_until = 0, before_lease = NULL, deliveries = t.deliveries || i.deliveries,
        state = CASE WHEN t.state IN ('verified', 'cancelled') THEN t.state WHEN i.result = 'accepted' THEN 'pending'
          WHEN (t.before_lease).kind = 'resend' THEN t.state ELSE 'unknown' END
      WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient
        AND t.lease_token = i.lease_token AND t.state <> 'none';
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

-- The limits are given back in every case; the verification is put back where it is still under the call's lease, and not used.
CREATE FUNCTION antryk_settle_refused(i antryk_item, c antryk_rules) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r recipient;
  is_resend boolean;
BEGIN
  SELECT * INTO r FROM recipient t
    WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  r.sends := antryk_give_back(r.sends, i);
  IF r.lease_token = i.lease_token AND r.state <> 'none' THEN
    is_resend := coalesce((r.before_lease).kind = 'resend', false);
    IF NOT is_resend AND r.state NOT IN ('verified', 'cancelled') THEN
      r := antryk_without_send(r, i, c);
    ELSE
      r.deliveries := r.deliveries || i.deliveries;
      IF is_resend THEN
        r.resend_count := (r.before_lease).resend_count;
        r.resend_at := (r.before_lease).resend_at;
      END IF;
    END IF;
    r.lease_token := NULL;
    r.lease_until := 0;
    r.before_lease := NULL;
  END IF;
  PERFORM antryk_write(r, false);
END $$;

-- The sends without the one that was refused, which is given back to the shared limits as well. Only once: afterwards its time is
-- not among the sends any more.
CREATE FUNCTION antryk_give_back(sends bigint[], i antryk_item) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  place integer := array_position(sends, i.reserved_at);
BEGIN
  IF place IS NULL THEN RETURN sends; END IF;
  IF i.counted IS NOT NULL THEN
    UPDATE limit_bucket t SET count = t.count - 1
      FROM jsonb_array_elements(i.counted) b
      WHERE t.account_id = i.account_id AND t.scope = b ->> 'scope' AND t.subject = b ->> 'subject' AND t.window_ms = (b ->> 'windowMs')::bigint
        AND t.slot = (b ->> 'slot')::smallint AND t.bucket_at = (b ->> 'bucketAt')::bigint AND t.count > 0;
  END IF;
  RETURN sends[: place - 1] || sends[place + 1 :];
END $$;

-- Nothing of the refused send stays; what it replaced is back, with the tries that its code has met since.
CREATE FUNCTION antryk_without_send(r recipient, i antryk_item, c antryk_rules) RETURNS recipient LANGUAGE plpgsql AS $$
DECLARE
  b antryk_before := r.before_lease;
BEGIN
  IF b.kind IS NULL THEN RETURN antryk_without_verification(r, c); END IF;
  r.verification_id := b.verification_id;
  r.state := b.state;
  r.key_id := b.key_id;
  r.nonce := b.nonce;
  r.mac := b.mac;
  r.code_length := b.code_length;
  r.max_attempts := b.max_attempts;
  r.created_at := b.created_at;
  r.expires_at := b.expires_at;
  r.ended_at := b.ended_at;
  r.resend_count := b.resend_count;
  r.resend_at := b.resend_at;
  r.deliveries := b.deliveries;
  IF b.same_code THEN
    r.deliveries := r.deliveries || i.deliveries;
  ELSE
    r.attempts := b.attempts;
    r.send_no := b.send_no;
    DELETE FROM verification_history h WHERE h.account_id = r.account_id AND h.verification_id = r.verification_id;
  END IF;
  RETURN r;
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
