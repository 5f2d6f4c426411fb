-- When each access key was last used, Unix ms; no row: never. Written at most once a minute a key, and not with a request.
CREATE TABLE antryk.key_use (
  used_at     bigint NOT NULL,
  access_key  text COLLATE "C" PRIMARY KEY
) WITH (fillfactor = 50);
