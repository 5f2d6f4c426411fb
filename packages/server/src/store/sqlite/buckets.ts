/** Counters of the limits that many recipients share. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CountedBucket, SharedLimit } from "../../model/limits.ts";
import { bucketMs } from "../rules/limits.ts";

export class LimitBuckets {
  readonly #read: StatementSync;
  readonly #count: StatementSync;
  readonly #giveBack: StatementSync;
  readonly #removeOver: StatementSync;

  constructor(db: DatabaseSync) {
    this.#read = db.prepare(
      `SELECT bucket_at AS at, count FROM limit_bucket
       WHERE account_id = ? AND scope = ? AND subject = ? AND window_ms = ? AND bucket_at > ? ORDER BY bucket_at`,
    );
    this.#count = db.prepare(
      `INSERT INTO limit_bucket (account_id, scope, subject, window_ms, bucket_at, count, expires_at) VALUES (?, ?, ?, ?, ?, 1, ?)
       ON CONFLICT (account_id, scope, subject, window_ms, bucket_at) DO UPDATE SET count = count + 1`,
    );
    this.#giveBack = db.prepare(
      "UPDATE limit_bucket SET count = count - 1 WHERE account_id = ? AND scope = ? AND subject = ? AND window_ms = ? AND bucket_at = ? AND count > 0",
    );
    this.#removeOver = db.prepare(
      `DELETE FROM limit_bucket WHERE (account_id, scope, subject, window_ms, bucket_at) IN
       (SELECT account_id, scope, subject, window_ms, bucket_at FROM limit_bucket WHERE expires_at <= ? LIMIT ?)`,
    );
  }

  /** The buckets that the limit's window still covers, oldest first. */
  read(accountId: string, { scope, subject, limit: { windowMs } }: SharedLimit, now: number): { at: number; count: number }[] {
    const rows = this.#read.all(accountId, scope, subject, windowMs, now - windowMs - bucketMs(windowMs));
    return rows.map((row) => ({ at: Number(row.at), count: Number(row.count) }));
  }

  count(accountId: string, { scope, subject, windowMs, bucketAt }: CountedBucket): void {
    this.#count.run(accountId, scope, subject, windowMs, bucketAt, bucketAt + windowMs + bucketMs(windowMs));
  }

  giveBack(accountId: string, { scope, subject, windowMs, bucketAt }: CountedBucket): void {
    this.#giveBack.run(accountId, scope, subject, windowMs, bucketAt);
  }

  removeOver(now: number, limit: number): number {
    return Number(this.#removeOver.run(now, limit).changes);
  }
}
