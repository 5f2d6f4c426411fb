/** What is asked of the history's tables; each goes by an index (history-queries.test.ts), however large they are. */

/** For a transaction. What is believed of tables that grow by a day at a time is often out of date. */
export const byIndex =
  "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

const shared = "account_id, service_id, channel, state";

/** $1, $2: ids from and before; $3: limit. */
export const oldestSql = `SELECT bucket, verification_id AS id, recipient FROM antryk.history
  WHERE verification_id >= $1 AND verification_id < $2 ORDER BY verification_id LIMIT $3`;

/** $1, $2: the first id and the last; then buckets, ids, hashes and masks of the rows. */
export const reduceSql = `WITH gone AS (
    DELETE FROM antryk.history h USING unnest($3::smallint[], $4::uuid[], $5::bytea[], $6::text[]) AS u (bucket, id, hash, mask)
      WHERE h.bucket = u.bucket AND h.verification_id = u.id AND h.verification_id BETWEEN $1 AND $2
      RETURNING h.*, u.hash, u.mask
  )
  INSERT INTO antryk.history_reduced (bucket, verification_id, ${shared}, recipient_hash, recipient_masked)
    SELECT bucket, verification_id, ${shared}, hash, mask FROM gone ON CONFLICT DO NOTHING`;

/** $1: buckets; $2: the number; $3: what it is reduced to. */
export const idsOfSql = `SELECT verification_id AS id FROM antryk.history WHERE bucket = ANY ($1) AND recipient = $2
  UNION ALL SELECT verification_id FROM antryk.history_reduced WHERE recipient_hash = $3`;

const named = "(bucket, verification_id) IN (SELECT * FROM unnest($1::smallint[], $2::uuid[]))";

/** $1, $2: buckets and ids. */
export const eraseSql = `WITH one AS (DELETE FROM antryk.history WHERE ${named} RETURNING 1),
  other AS (DELETE FROM antryk.history_reduced WHERE ${named} RETURNING 1)
  SELECT * FROM one UNION ALL SELECT * FROM other`;

const found = "verification_id AS id, account_id, service_id, channel, state";

/** $1, $2: ids from and before; $3: limit. The newest first. */
export const newestSql = `SELECT * FROM (
    (SELECT ${found}, recipient FROM antryk.history
      WHERE verification_id >= $1 AND verification_id < $2 ORDER BY verification_id DESC LIMIT $3)
    UNION ALL (SELECT ${found}, recipient_masked FROM antryk.history_reduced
      WHERE verification_id >= $1 AND verification_id < $2 ORDER BY verification_id DESC LIMIT $3)
  ) AS both_tables ORDER BY id DESC LIMIT $3`;

/** The same of one number. $4: buckets; $5: the number; $6: what it is reduced to; $7: the account, or null. */
export const newestOfNumberSql = `SELECT * FROM (
    SELECT ${found}, recipient FROM antryk.history
      WHERE bucket = ANY ($4) AND recipient = $5 AND verification_id >= $1 AND verification_id < $2
    UNION ALL SELECT ${found}, recipient_masked FROM antryk.history_reduced
      WHERE recipient_hash = $6 AND verification_id >= $1 AND verification_id < $2
  ) AS both_tables WHERE $7::uuid IS NULL OR account_id = $7 ORDER BY id DESC LIMIT $3`;
