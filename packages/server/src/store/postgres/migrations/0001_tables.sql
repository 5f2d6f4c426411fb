-- The first schema. Migrations are immutable: a change is a new file.

CREATE TABLE account (
  id          text PRIMARY KEY,
  name        text NOT NULL,
  limits      jsonb NOT NULL,
  created_at  bigint NOT NULL
);

CREATE TABLE access_key (
  access_key   text PRIMARY KEY,
  account_id   text NOT NULL REFERENCES account (id),
  secret_hash  bytea NOT NULL,
  created_at   bigint NOT NULL,
  revoked_at   bigint
);

CREATE TABLE service (
  id                text PRIMARY KEY,
  account_id        text NOT NULL REFERENCES account (id),
  name              text NOT NULL,
  brand             text,
  template          text,
  provider          text NOT NULL,
  sealed_config     text,
  code_length       integer NOT NULL,
  ttl_seconds       integer NOT NULL,
  max_attempts      integer NOT NULL,
  wrong_code        text NOT NULL,
  recipient_limits  jsonb NOT NULL,
  service_limits    jsonb NOT NULL,
  client_limits     jsonb NOT NULL,
  created_at        bigint NOT NULL
);

-- What a refused send or resend puts back. A resend's has the resend's columns alone; the others' nonce and hash are kept only
-- where the same code is said again.
CREATE TYPE antryk_before AS (
  kind             text,
  same_code        boolean,
  verification_id  uuid,
  state            text,
  key_id           text,
  nonce            bytea,
  mac              bytea,
  code_length      smallint,
  max_attempts     smallint,
  attempts         smallint,
  created_at       bigint,
  expires_at       bigint,
  ended_at         bigint,
  send_no          integer,
  resend_count     integer,
  resend_at        bigint,
  deliveries       jsonb
);

-- The hot table: one row per recipient of a service, with its current verification and its own counters.
-- verification_id: where state is 'none', a stand-in of the same order that says when the sweep looks at the row.
-- deliveries: the timeline. Wide columns first, so that none is padded.
-- Half of each page stays free: the settle and the verify of a send then write into the page that the send wrote, and
-- since they change no indexed column, into no index (HOT).
CREATE TABLE recipient (
  account_id       uuid NOT NULL,
  service_id       uuid NOT NULL,
  verification_id  uuid NOT NULL,
  created_at       bigint,
  expires_at       bigint,
  ended_at         bigint,
  resend_at        bigint,
  lease_until      bigint NOT NULL,
  wrong_until      bigint NOT NULL,
  counters_until   bigint NOT NULL,
  send_no          integer,
  resend_count     integer,
  code_length      smallint,
  max_attempts     smallint,
  attempts         smallint,
  state            text NOT NULL,
  recipient        text COLLATE "C" NOT NULL,
  key_id           text,
  nonce            bytea,
  mac              bytea,
  lease_token      text,
  sends            bigint[] NOT NULL,
  tries            bigint[] NOT NULL,
  deliveries       jsonb,
  before_lease     antryk_before,
  PRIMARY KEY (account_id, service_id, recipient)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Ids are UUID v7: new entries go to the end of the index, and the sweep walks it from the oldest.
CREATE INDEX recipient_verification ON recipient (verification_id);

-- Ended verifications, without nonce and hash. Partitioned by the time inside the id: a day is dropped as a whole.
CREATE TABLE verification_history (
  account_id       uuid NOT NULL,
  verification_id  uuid NOT NULL,
  service_id       uuid NOT NULL,
  created_at       bigint NOT NULL,
  expires_at       bigint NOT NULL,
  ended_at         bigint,
  max_attempts     smallint NOT NULL,
  attempts         smallint NOT NULL,
  state            text NOT NULL,
  recipient        text COLLATE "C" NOT NULL,
  deliveries       jsonb NOT NULL,
  PRIMARY KEY (account_id, verification_id)
) PARTITION BY RANGE (verification_id);

-- Takes what no day's partition takes, so that a late sweep fails no send.
CREATE TABLE verification_history_other PARTITION OF verification_history DEFAULT;

-- reply is null while the first request runs; expires_at is then the end of its lease. due never changes while the key
-- is in use: storing the reply writes into no index.
CREATE TABLE idempotency_key (
  account_id   uuid NOT NULL,
  due          bigint NOT NULL,
  expires_at   bigint NOT NULL,
  operation    text COLLATE "C" NOT NULL,
  key          text COLLATE "C" NOT NULL,
  key_id       text NOT NULL,
  fingerprint  bytea NOT NULL,
  lease_token  text,
  reply        text,
  PRIMARY KEY (account_id, operation, key)
) WITH (fillfactor = 50);

CREATE INDEX idempotency_key_due ON idempotency_key (due);

-- Sends counted by a limit that many recipients share, in spans of a twentieth of its window, by slot of its quota.
CREATE TABLE limit_bucket (
  account_id  uuid NOT NULL,
  window_ms   bigint NOT NULL,
  bucket_at   bigint NOT NULL,
  expires_at  bigint NOT NULL,
  count       integer NOT NULL,
  slot        smallint NOT NULL,
  scope       text COLLATE "C" NOT NULL,
  subject     text COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, scope, subject, window_ms, slot, bucket_at)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX limit_bucket_expiry ON limit_bucket (expires_at);

-- One row that the readiness check writes, so that a full disk or a standby shows.
CREATE TABLE ping (
  id  integer PRIMARY KEY,
  at  bigint NOT NULL
);
