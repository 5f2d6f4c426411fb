/** Ended verifications: first with their numbers, then reduced, then gone. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Ended, FoundHistory, HistoryRow, SoughtHistory } from "../engine.ts";
import type { HistoryKeeping } from "../ports/upkeep.ts";

const kept = "verification_id, account_id, service_id, channel, state";

export class History {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #find: StatementSync;
  readonly #replace: StatementSync;
  readonly #oldest: StatementSync;
  readonly #reduce: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insert = db.prepare(
      `INSERT INTO history (verification_id, account_id, service_id, channel, recipient, state)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (verification_id) DO NOTHING`,
    );
    this.#remove = db.prepare("DELETE FROM history WHERE verification_id = ?");
    this.#find = db.prepare(
      `SELECT ${kept}, recipient FROM history WHERE verification_id = :id
       UNION ALL SELECT ${kept}, recipient_masked FROM history_reduced WHERE verification_id = :id`,
    );
    this.#replace = db.prepare("UPDATE history SET state = ? WHERE verification_id = ? AND state = ?");
    this.#oldest = db.prepare(
      "SELECT verification_id AS id, recipient FROM history WHERE verification_id < ? ORDER BY verification_id LIMIT ?",
    );
    this.#reduce = db.prepare(
      `INSERT INTO history_reduced (${kept}, recipient_hash, recipient_masked)
       SELECT ${kept}, ?, ? FROM history WHERE verification_id = ? ON CONFLICT (verification_id) DO NOTHING`,
    );
  }

  add({ key, verificationId, state }: Ended): void {
    this.#insert.run(verificationId, key.accountId, key.serviceId, key.channel, key.recipient, state);
  }

  remove(verificationId: string): void {
    this.#remove.run(verificationId);
  }

  find(verificationId: string): HistoryRow | undefined {
    const row = this.#find.get({ id: verificationId });
    return row && toFound(row);
  }

  search({ from, before, limit, number }: SoughtHistory): FoundHistory[] {
    const page = (columns: string, table: string, where: string) =>
      this.#db.prepare(
        `SELECT ${kept}, ${columns} AS recipient FROM ${table} WHERE verification_id >= :from AND verification_id < :before
         ${where} ORDER BY verification_id DESC LIMIT :limit`,
      );
    const range = { from, before, limit };
    if (!number) {
      const named = page("recipient", "history", "").all(range);
      return newest([named, page("recipient_masked", "history_reduced", "").all(range)], limit);
    }
    const { buckets, recipient, reducedHash, accountId = null } = number;
    const ofAccount = "AND (:account IS NULL OR account_id = :account)";
    const named = page("recipient", "history", `AND ${inBucket} AND recipient = :recipient ${ofAccount}`);
    const reduced = page("recipient_masked", "history_reduced", `AND recipient_hash = :hash ${ofAccount}`);
    const one = { ...range, account: accountId };
    return newest(
      [
        ...buckets.map((bucket) => named.all({ ...one, ...bucketDigits(bucket), recipient })),
        reduced.all({ ...one, hash: reducedHash }),
      ],
      limit,
    );
  }

  replace(verificationId: string, was: string, state: string): boolean {
    return this.#replace.run(state, verificationId, was).changes > 0;
  }

  /** Reduces rows whose id is before `verificationId`; returns how many. */
  reduceBefore(verificationId: string, limit: number, reduce: HistoryKeeping["reduce"]): number {
    const rows = this.#oldest.all(verificationId, limit);
    for (const { id, recipient } of rows) {
      const { hash, masked } = reduce(String(recipient));
      this.#reduce.run(hash, masked, String(id));
      this.#remove.run(String(id));
    }
    return rows.length;
  }

  /** Removes rows whose id is before `verificationId`; returns how many. */
  removeBefore(table: "history" | "history_reduced", verificationId: string, limit: number): number {
    const sql = `DELETE FROM ${table} WHERE verification_id IN
      (SELECT verification_id FROM ${table} WHERE verification_id < ? ORDER BY verification_id LIMIT ?)`;
    return Number(this.#db.prepare(sql).run(verificationId, limit).changes);
  }

  /** Ids of a number's rows. */
  idsOf(buckets: readonly number[], recipient: string, reducedHash: Buffer): string[] {
    const named = buckets.flatMap((bucket) =>
      this.#db.prepare(`SELECT verification_id AS id FROM history WHERE ${inBucket} AND recipient = :recipient`).all({
        ...bucketDigits(bucket),
        recipient,
      }),
    );
    const reduced = "SELECT verification_id AS id FROM history_reduced WHERE recipient_hash = ?";
    return [...named, ...this.#db.prepare(reduced).all(reducedHash)].map(({ id }) => String(id));
  }

  erase(verificationIds: readonly string[]): number {
    const ids = JSON.stringify(verificationIds);
    const run = (table: string) =>
      this.#db.prepare(`DELETE FROM ${table} WHERE verification_id IN (SELECT value FROM json_each(?))`).run(ids)
        .changes;
    return Number(run("history")) + Number(run("history_reduced"));
  }
}

/** The bucket's rows; the index has the whole id, so that no row of another bucket is read. */
const inBucket = `verification_id IN (
  SELECT verification_id FROM history WHERE substr(verification_id, 16, 2) = :two AND substr(verification_id, 16, 3) = :three)`;

function bucketDigits(bucket: number): { two: string; three: string } {
  const three = bucket.toString(16).padStart(3, "0");
  return { two: three.slice(0, 2), three };
}

function newest(pages: readonly Record<string, unknown>[][], limit: number): FoundHistory[] {
  const rows = pages.flat().map(toFound);
  return rows.sort((a, b) => (a.verificationId < b.verificationId ? 1 : -1)).slice(0, limit);
}

function toFound(row: Record<string, unknown>): FoundHistory {
  return {
    verificationId: String(row.verification_id),
    accountId: String(row.account_id),
    serviceId: String(row.service_id),
    channel: row.channel as HistoryRow["channel"],
    recipient: String(row.recipient),
    state: String(row.state),
  };
}
