-- A service's message settings, as one JSON object: a setting that is missing in it has its default.
ALTER TABLE service ADD COLUMN message_settings jsonb NOT NULL DEFAULT '{}';
