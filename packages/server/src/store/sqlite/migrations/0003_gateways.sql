-- Gateways under names, the routes of services, and which verification a gateway's message belongs to.

CREATE TABLE gateway (
  id              TEXT PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE,
  provider        TEXT NOT NULL,
  sealed_config   TEXT,
  receipt_token   TEXT NOT NULL,
  max_concurrent  INTEGER,
  max_per_second  INTEGER,
  created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE service ADD COLUMN routes TEXT NOT NULL DEFAULT '[]';

CREATE TABLE gateway_message (
  gateway_id       TEXT NOT NULL,
  message_id       TEXT NOT NULL,
  verification_id  TEXT NOT NULL,
  expires_at       INTEGER NOT NULL,
  PRIMARY KEY (gateway_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX gateway_message_expiry ON gateway_message (expires_at);
