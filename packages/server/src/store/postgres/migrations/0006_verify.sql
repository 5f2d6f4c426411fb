-- verify-otp and cancel-otp: the meaning of store/rules/verify.ts.

CREATE FUNCTION antryk_verify(i antryk_item, c antryk_rules, given bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  r recipient;
  candidate bytea;
  valid boolean;
  outcome json;
  at bigint;
BEGIN
  SELECT * INTO r FROM recipient t
    WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient FOR UPDATE;
  at := coalesce(given, antryk_now());
  IF NOT FOUND OR r.state NOT IN ('leased', 'pending', 'unknown') THEN RETURN json_build_object('kind', 'not_found'); END IF;
  outcome := antryk_over_or_locked(r, c, at);
  IF outcome IS NOT NULL THEN RETURN outcome; END IF;

  candidate := decode(i.candidates ->> r.key_id, 'hex');
  IF candidate IS NULL OR r.mac IS NULL THEN
    RETURN json_build_object('kind', 'fault', 'message', 'no candidate for key ' || r.key_id || ': is the keyring complete?');
  END IF;
  valid := candidate = r.mac;
  IF valid THEN
    UPDATE recipient t SET state = 'verified', ended_at = at, nonce = NULL, mac = NULL, wrong_until = 0
      WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient;
  ELSE
    r.attempts := r.attempts + 1;
    r.wrong_until := greatest(r.wrong_until, at) + c.wrong_code_interval_ms;
    UPDATE recipient t SET attempts = r.attempts, wrong_until = r.wrong_until, counters_until = greatest(r.counters_until, r.wrong_until)
      WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient;
  END IF;
  outcome := json_build_object('kind', 'compared', 'valid', valid, 'wrongCode', i.wrong_code, 'verificationId', r.verification_id,
    'attemptsRemaining', r.max_attempts - r.attempts, 'expiresAt', r.expires_at, 'expiresInSeconds', (r.expires_at - at + 999) / 1000);
  IF i.idempotency_key IS NOT NULL THEN
    at := least(r.expires_at, at + c.verify_reply_ms);
    PERFORM antryk_keep_key(i, outcome::text, NULL, at, at);
  END IF;
  RETURN outcome;
END $$;

CREATE FUNCTION antryk_cancel(i antryk_item, c antryk_rules, given bigint) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  r recipient;
  outcome json;
  at bigint;
BEGIN
  SELECT * INTO r FROM recipient t
    WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient FOR UPDATE;
  at := coalesce(given, antryk_now());
  IF NOT FOUND OR r.state NOT IN ('leased', 'pending', 'unknown') OR at >= r.expires_at OR r.attempts >= r.max_attempts THEN
    RETURN json_build_object('kind', 'not_found');
  END IF;
  UPDATE recipient t SET state = 'cancelled', ended_at = at, nonce = NULL, mac = NULL
    WHERE t.account_id = i.account_id AND t.service_id = i.service_id AND t.recipient = i.recipient;
  outcome := json_build_object('kind', 'cancelled', 'verificationId', r.verification_id);
  IF i.idempotency_key IS NOT NULL THEN
    PERFORM antryk_keep_key(i, outcome::text, NULL, at + c.send_reply_ms, at + c.send_reply_ms);
  END IF;
  RETURN outcome;
END $$;
