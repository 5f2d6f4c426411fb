-- min_writer: 3
-- The readiness check writes a row of item, as requests do, so that it meets what they meet.
DROP TABLE ping;
