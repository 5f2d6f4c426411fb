-- Every table that a request writes is keyed by its account first, so that it can be sharded by it. A receipt names no account: it
-- finds the message by the index.
ALTER TABLE gateway_message DROP CONSTRAINT gateway_message_pkey;
ALTER TABLE gateway_message ADD PRIMARY KEY (account_id, gateway_id, message_id);
CREATE INDEX gateway_message_receipt ON gateway_message (gateway_id, message_id);
