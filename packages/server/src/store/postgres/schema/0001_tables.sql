-- The tables. Files that were released are never changed: a change is a new file with the next number. Everything is
-- in the schema antryk, and hot keys begin with the bucket, which the tables could be sharded by.

-- What the rules decide over: recipients, idempotency keys and their replies, what is learned of gateways. One row a
-- key (store/rules/row-keys.ts), its meaning as text (store/rules/codec.ts). version: unique to each write. at: the
-- row's place in time; the sweep walks along it, and a verification is found by it. Half of each page stays free:
-- the settle and the verify of a send then write into the page that the send wrote, and since they change no indexed
-- column, into no index (HOT).
CREATE TABLE antryk.item (
  version  bigint NOT NULL,
  at       bigint NOT NULL,
  bucket   smallint NOT NULL,
  key      bytea NOT NULL,
  state    text NOT NULL,
  PRIMARY KEY (bucket, key)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX item_at ON antryk.item (at);

-- Numbers of processes: with a count of its own writes each makes versions that no other has.
CREATE SEQUENCE antryk.process MAXVALUE 2097151 CYCLE;

-- Sends counted by a limit that many recipients share, by slot of its count. n is counted in the span that begins at
-- `at`; older: the spans before it, as JSON.
CREATE TABLE antryk.counter (
  version  bigint NOT NULL,
  n        bigint NOT NULL,
  at       bigint NOT NULL,
  until    bigint NOT NULL,
  bucket   smallint NOT NULL,
  slot     smallint NOT NULL,
  key      text COLLATE "C" NOT NULL,
  older    text NOT NULL,
  PRIMARY KEY (bucket, key, slot)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX counter_until ON antryk.counter (until);

-- Ended verifications, without nonce and hash. Partitioned by the time inside the id: a day is dropped as a whole.
CREATE TABLE antryk.history (
  account_id       uuid NOT NULL,
  service_id       uuid NOT NULL,
  verification_id  uuid NOT NULL,
  bucket           smallint NOT NULL,
  channel          text NOT NULL,
  recipient        text COLLATE "C" NOT NULL,
  state            text NOT NULL,
  PRIMARY KEY (bucket, verification_id)
) PARTITION BY RANGE (verification_id);

-- Takes what no day's partition takes, so that a late sweep fails no send.
CREATE TABLE antryk.history_other PARTITION OF antryk.history DEFAULT;

-- The same past its first period: of the number only a keyed hash and a masked form are left.
CREATE TABLE antryk.history_reduced (
  account_id        uuid NOT NULL,
  service_id        uuid NOT NULL,
  verification_id   uuid NOT NULL,
  bucket            smallint NOT NULL,
  channel           text NOT NULL,
  recipient_hash    bytea NOT NULL,
  recipient_masked  text NOT NULL,
  state             text NOT NULL,
  PRIMARY KEY (bucket, verification_id)
);

CREATE INDEX history_reduced_age ON antryk.history_reduced (verification_id);
CREATE INDEX history_reduced_hash ON antryk.history_reduced (recipient_hash);

-- Which verification a gateway's message belongs to, so that its receipts find it. hash: of gateway and message id.
-- The row that receipts change is named by its bucket and key.
CREATE TABLE antryk.message (
  hash             bigint NOT NULL,
  until            bigint NOT NULL,
  verification_id  uuid NOT NULL,
  bucket           smallint NOT NULL,
  item_key         bytea NOT NULL,
  gateway_id       text COLLATE "C" NOT NULL,
  message_id       text COLLATE "C" NOT NULL
);

CREATE INDEX message_hash ON antryk.message (hash);
CREATE INDEX message_until ON antryk.message (until);

-- What operators set: accounts, access keys, services, gateways, each as one JSON document on a version.
CREATE TABLE antryk.document (
  kind        text NOT NULL,
  id          text COLLATE "C" NOT NULL,
  account_id  text,
  version     bigint NOT NULL,
  created_at  bigint NOT NULL,
  body        text NOT NULL,
  PRIMARY KEY (kind, id)
);

-- What must still be done, by any process that takes it (events/). due: while an entry is claimed, when its lease
-- lapses. tries: claims so far. Entries of one topic and subject are done in the order of their ids.
CREATE TABLE antryk.queue (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  due      bigint NOT NULL,
  tries    integer NOT NULL,
  bucket   smallint NOT NULL,
  topic    text NOT NULL,
  subject  text COLLATE "C" NOT NULL,
  body     text NOT NULL
);

CREATE INDEX queue_due ON antryk.queue (due);
CREATE INDEX queue_subject ON antryk.queue (topic, subject, id);

-- What this store is: one row. generation counts operators' changes; newest: the newest time seen, Unix ms.
CREATE TABLE antryk.installation (
  one         integer PRIMARY KEY CHECK (one = 1),
  id          text NOT NULL,
  schema      integer NOT NULL,
  min_reader  integer NOT NULL,
  min_writer  integer NOT NULL,
  canary      text,
  move        text,
  newest      bigint NOT NULL,
  timeline    text,
  file        text,
  generation  bigint NOT NULL
);

-- One row that the readiness check writes, so that a full disk or a standby shows.
CREATE TABLE antryk.ping (
  id  integer PRIMARY KEY,
  at  bigint NOT NULL
);
