-- min_writer: 3
-- The readiness check writes a row of antryk.item, as requests do, so that it meets what they meet.
DROP TABLE antryk.ping;
