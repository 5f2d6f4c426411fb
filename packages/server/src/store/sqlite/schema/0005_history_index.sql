-- Finds a number's history: all of one recipient lies in one bucket, whose number stands in the id. Of its three digits
-- the index has two, since it then grows in 256 places and not in 4,096 (docs/decisions/0034).
CREATE INDEX history_bucket ON history (substr(verification_id, 16, 2));
