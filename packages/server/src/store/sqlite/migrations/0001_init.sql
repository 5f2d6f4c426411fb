-- The first schema. Migrations are immutable: a change is a new file.

CREATE TABLE account (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  limits      TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE access_key (
  access_key   TEXT PRIMARY KEY,
  account_id   TEXT NOT NULL REFERENCES account (id),
  secret_hash  BLOB NOT NULL,
  created_at   INTEGER NOT NULL,
  revoked_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE service (
  id                TEXT PRIMARY KEY,
  account_id        TEXT NOT NULL REFERENCES account (id),
  name              TEXT NOT NULL,
  brand             TEXT,
  template          TEXT,
  provider          TEXT NOT NULL,
  sealed_config     TEXT,
  code_length       INTEGER NOT NULL,
  ttl_seconds       INTEGER NOT NULL,
  max_attempts      INTEGER NOT NULL,
  wrong_code        TEXT NOT NULL,
  recipient_limits  TEXT NOT NULL,
  service_limits    TEXT NOT NULL,
  client_limits     TEXT NOT NULL,
  created_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The hot table: one row per recipient of a service, with its current verification and its own counters. Rows stand in
-- the order of their first send, so that what is written together lies together (docs/decisions/0001). number is the
-- recipient's digits: found by them, a row is told apart by service. One transaction finds and inserts, so no two rows
-- of one recipient and service come about.
-- sends, tries: JSON arrays of times. before_lease: what a refused send puts back. deliveries: the timeline.
CREATE TABLE recipient (
  row_id           INTEGER PRIMARY KEY,
  number           INTEGER NOT NULL,
  account_id       TEXT NOT NULL,
  service_id       TEXT NOT NULL,
  verification_id  TEXT,
  state            TEXT NOT NULL,
  key_id           TEXT,
  nonce            TEXT,
  mac              TEXT,
  code_length      INTEGER,
  max_attempts     INTEGER,
  attempts         INTEGER,
  created_at       INTEGER,
  expires_at       INTEGER,
  ended_at         INTEGER,
  send_no          INTEGER,
  resend_count     INTEGER,
  resend_at        INTEGER,
  deliveries       TEXT,
  lease_token      TEXT,
  lease_until      INTEGER NOT NULL,
  before_lease     TEXT,
  sends            TEXT NOT NULL,
  tries            TEXT NOT NULL,
  wrong_until      INTEGER NOT NULL,
  counters_until   INTEGER NOT NULL
) STRICT;

CREATE INDEX recipient_number ON recipient (number);

-- Ids are UUID v7: new entries go to the end of the index, and the sweep walks it from the oldest.
CREATE UNIQUE INDEX recipient_verification ON recipient (verification_id) WHERE verification_id IS NOT NULL;

-- Rows that only keep counters go when those are over.
CREATE INDEX recipient_idle ON recipient (counters_until) WHERE verification_id IS NULL;

-- Ended verifications, without nonce and hash. The key is time-ordered, so a new row goes to the end.
CREATE TABLE verification_history (
  verification_id  TEXT PRIMARY KEY,
  account_id       TEXT NOT NULL,
  service_id       TEXT NOT NULL,
  recipient        TEXT NOT NULL,
  state            TEXT NOT NULL,
  attempts         INTEGER NOT NULL,
  max_attempts     INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  ended_at         INTEGER,
  deliveries       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- reply is null while the first request runs; expires_at is then the end of its lease. Found by the first 48 bits of a
-- hash of account, operation and key, for the same reason as recipients are found by number.
CREATE TABLE idempotency_key (
  row_id       INTEGER PRIMARY KEY,
  hash         INTEGER NOT NULL,
  account_id   TEXT NOT NULL,
  operation    TEXT NOT NULL,
  key          TEXT NOT NULL,
  key_id       TEXT NOT NULL,
  fingerprint  BLOB NOT NULL,
  reply        TEXT,
  lease_token  TEXT,
  expires_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX idempotency_key_hash ON idempotency_key (hash);

CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at);

-- Sends counted by a limit that many recipients share, in spans of a twentieth of its window.
CREATE TABLE limit_bucket (
  account_id  TEXT NOT NULL,
  scope       TEXT NOT NULL,
  subject     TEXT NOT NULL,
  window_ms   INTEGER NOT NULL,
  bucket_at   INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  PRIMARY KEY (account_id, scope, subject, window_ms, bucket_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX limit_bucket_expiry ON limit_bucket (expires_at);

-- One row that the readiness check writes, so that a full disk or a lock shows.
CREATE TABLE ping (
  id  INTEGER PRIMARY KEY,
  at  INTEGER NOT NULL
) STRICT;
