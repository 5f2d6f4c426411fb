-- What services whose routes learn know of their gateways. Counts are fractions: old messages count less.
ALTER TABLE service ADD COLUMN learn_routes boolean NOT NULL DEFAULT false;

CREATE TABLE gateway_score (
  service_id    text COLLATE "C" NOT NULL,
  calling_code  text COLLATE "C" NOT NULL,
  gateway       text COLLATE "C" NOT NULL,
  sent          double precision NOT NULL,
  verified      double precision NOT NULL,
  updated_at    bigint NOT NULL,
  PRIMARY KEY (service_id, calling_code, gateway)
);

CREATE INDEX gateway_score_age ON gateway_score (updated_at);
