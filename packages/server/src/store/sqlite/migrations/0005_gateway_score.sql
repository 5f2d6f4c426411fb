-- What services whose routes learn know of their gateways. Counts are fractions: old messages count less.
ALTER TABLE service ADD COLUMN learn_routes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE gateway_score (
  service_id    TEXT NOT NULL,
  calling_code  TEXT NOT NULL,
  gateway       TEXT NOT NULL,
  sent          REAL NOT NULL,
  verified      REAL NOT NULL,
  updated_at    INTEGER NOT NULL,
  PRIMARY KEY (service_id, calling_code, gateway)
) STRICT, WITHOUT ROWID;

CREATE INDEX gateway_score_age ON gateway_score (updated_at);
