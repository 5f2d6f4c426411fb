-- The tables. Files that were released are never changed: a change is a new file with the next number.

-- What the rules decide over: recipients, idempotency keys and their replies, what is learned of gateways. One row a
-- key (store/rules/row-keys.ts), its meaning as text (store/rules/codec.ts). Rows stand in the order in which they
-- were made, so that what is written together lies together (docs/decisions/0001). hash begins with the row's
-- bucket. at: the row's place in time; the sweep walks along it, and a verification is found by it.
CREATE TABLE item (
  row_id  INTEGER PRIMARY KEY,
  hash    INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  key     BLOB NOT NULL,
  state   TEXT NOT NULL
) STRICT;

CREATE INDEX item_hash ON item (hash);
CREATE INDEX item_at ON item (at);

-- Sends counted by a limit that many recipients share. older: the spans before the one that begins at `at`, as JSON.
CREATE TABLE counter (
  key    TEXT PRIMARY KEY,
  at     INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  until  INTEGER NOT NULL,
  older  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX counter_until ON counter (until);

-- Ended verifications, without nonce and hash. Ids are UUID v7: new rows go to the end.
CREATE TABLE history (
  verification_id  TEXT PRIMARY KEY,
  account_id       TEXT NOT NULL,
  service_id       TEXT NOT NULL,
  channel          TEXT NOT NULL,
  recipient        TEXT NOT NULL,
  state            TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The same past its first period: of the number only a keyed hash and a masked form are left.
CREATE TABLE history_reduced (
  verification_id   TEXT PRIMARY KEY,
  account_id        TEXT NOT NULL,
  service_id        TEXT NOT NULL,
  channel           TEXT NOT NULL,
  recipient_hash    BLOB NOT NULL,
  recipient_masked  TEXT NOT NULL,
  state             TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX history_reduced_hash ON history_reduced (recipient_hash);

-- Which verification a gateway's message belongs to, so that its receipts find it. hash: of gateway and message id.
CREATE TABLE message (
  row_id           INTEGER PRIMARY KEY,
  hash             INTEGER NOT NULL,
  until            INTEGER NOT NULL,
  item_hash        INTEGER NOT NULL,
  item_key         BLOB NOT NULL,
  verification_id  TEXT NOT NULL,
  gateway_id       TEXT NOT NULL,
  message_id       TEXT NOT NULL
) STRICT;

CREATE INDEX message_hash ON message (hash);
CREATE INDEX message_until ON message (until);

-- What operators set: accounts, access keys, services, gateways, each as one JSON document on a version.
CREATE TABLE document (
  kind        TEXT NOT NULL,
  id          TEXT NOT NULL,
  account_id  TEXT,
  version     INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  body        TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- What must still be done, by any process that takes it (events/). due: while an entry is claimed, when its lease
-- lapses. tries: claims so far. Entries of one topic and subject are done in the order of their ids, and no id is
-- used again.
CREATE TABLE queue (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  topic    TEXT NOT NULL,
  subject  TEXT NOT NULL,
  bucket   INTEGER NOT NULL,
  due      INTEGER NOT NULL,
  tries    INTEGER NOT NULL,
  body     TEXT NOT NULL
) STRICT;

CREATE INDEX queue_due ON queue (due);
CREATE INDEX queue_subject ON queue (topic, subject, id);

-- What this store is: one row. generation counts operators' changes; newest: the newest time seen, Unix ms.
CREATE TABLE installation (
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  id          TEXT NOT NULL,
  schema      INTEGER NOT NULL,
  min_reader  INTEGER NOT NULL,
  min_writer  INTEGER NOT NULL,
  canary      TEXT,
  move        TEXT,
  newest      INTEGER NOT NULL,
  timeline    TEXT,
  file        TEXT,
  generation  INTEGER NOT NULL
) STRICT;

-- One row that the readiness check writes, so that a full disk shows.
CREATE TABLE ping (
  id  INTEGER PRIMARY KEY,
  at  INTEGER NOT NULL
) STRICT;
