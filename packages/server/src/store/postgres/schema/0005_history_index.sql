-- outside a transaction
-- Finds a number's history: all of one recipient lies in one bucket.
CREATE INDEX history_number ON antryk.history (bucket, recipient);
-- Finds the history of a time, so that it is reduced and looked through page by page.
CREATE INDEX history_time ON antryk.history (verification_id);
