-- Gateways under names, the routes of services, and which verification a gateway's message belongs to.

CREATE TABLE gateway (
  id              text PRIMARY KEY,
  name            text NOT NULL UNIQUE,
  provider        text NOT NULL,
  sealed_config   text,
  receipt_token   text NOT NULL,
  max_concurrent  integer,
  max_per_second  integer,
  created_at      bigint NOT NULL
);

ALTER TABLE service ADD COLUMN routes jsonb NOT NULL DEFAULT '[]';

CREATE TABLE gateway_message (
  account_id       uuid NOT NULL,
  gateway_id       text COLLATE "C" NOT NULL,
  message_id       text COLLATE "C" NOT NULL,
  verification_id  uuid NOT NULL,
  expires_at       bigint NOT NULL,
  PRIMARY KEY (gateway_id, message_id)
);

CREATE INDEX gateway_message_expiry ON gateway_message (expires_at);
