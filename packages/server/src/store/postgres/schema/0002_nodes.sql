-- The servers that run on the store: which program and which keys each has. keys: a JSON list, the one that makes codes
-- first; seen_at: Unix ms.
CREATE TABLE antryk.node (
  seen_at  bigint NOT NULL,
  schema   integer NOT NULL,
  pid      integer NOT NULL,
  id       uuid PRIMARY KEY,
  host     text NOT NULL,
  version  text NOT NULL,
  keys     text NOT NULL
) WITH (fillfactor = 50);
