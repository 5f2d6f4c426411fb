-- The servers that run on the store: which program and which keys each has. keys: a JSON list, the one that makes codes
-- first; seen_at: Unix ms.
CREATE TABLE node (
  id       TEXT PRIMARY KEY,
  host     TEXT NOT NULL,
  pid      INTEGER NOT NULL,
  version  TEXT NOT NULL,
  schema   INTEGER NOT NULL,
  keys     TEXT NOT NULL,
  seen_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
