-- History whose numbers have been reduced to a keyed hash and a masked form. Rows come and go in the order of their ids.
CREATE TABLE verification_history_reduced (
  verification_id   TEXT PRIMARY KEY,
  account_id        TEXT NOT NULL,
  service_id        TEXT NOT NULL,
  recipient_hash    BLOB NOT NULL,
  recipient_masked  TEXT NOT NULL,
  state             TEXT NOT NULL,
  attempts          INTEGER NOT NULL,
  max_attempts      INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  expires_at        INTEGER NOT NULL,
  ended_at          INTEGER,
  deliveries        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- By which one number's rows are found when it is to be forgotten.
CREATE INDEX verification_history_reduced_hash ON verification_history_reduced (recipient_hash);
