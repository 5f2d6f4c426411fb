-- What the verbs are called with. The values of the product (how many tries, how long) come with each call: they stand in
-- the contract package, not here.

-- The store's clock: Unix ms of this database's machine.
CREATE FUNCTION antryk_now() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
$$;

-- The smallest id that sorts at or before every UUID v7 of this time.
CREATE FUNCTION antryk_uuid_floor(at bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(greatest(at, 0)), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE TYPE antryk_rules AS (
  tries_count             integer,
  tries_window_ms         bigint,
  wrong_codes_count       integer,
  wrong_codes_window_ms   bigint,
  wrong_code_interval_ms  bigint,
  cooldowns_ms            bigint[],
  ended_otp_ms            bigint,
  longest_ttl_ms          bigint,
  send_reply_ms           bigint,
  verify_reply_ms         bigint
);

-- One call of a batch. seq: its place in the reply, from 1.
-- shared: [{scope, subject, count, windowMs, bucketMs, slots, slot}]; the lock of each one's slot is held.
CREATE TYPE antryk_item AS (
  seq              integer,
  verb             text,
  account_id       uuid,
  service_id       uuid,
  recipient        text,
  lease_token      text,
  lease_ms         bigint,
  ttl_ms           bigint,
  keep_ms          bigint,
  verification_id  uuid,
  key_id           text,
  nonce            bytea,
  mac              bytea,
  code_length      smallint,
  max_attempts     smallint,
  live_key_ids     text[],
  limit_counts     integer[],
  limit_windows    bigint[],
  shared           jsonb,
  result           text,
  reserved_at      bigint,
  counted          jsonb,
  deliveries       jsonb,
  reply            text,
  candidates       jsonb,
  wrong_code       text,
  operation        text,
  idempotency_key  text,
  fingerprint_id   text,
  fingerprints     jsonb
);
