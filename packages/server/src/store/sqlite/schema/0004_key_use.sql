-- When each access key was last used, Unix ms; no row: never. Written at most once a minute a key, and not with a request.
CREATE TABLE key_use (
  access_key  TEXT PRIMARY KEY,
  used_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
