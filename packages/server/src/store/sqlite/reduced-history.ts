/** History past its first period: the numbers are reduced, and go at the end of the second. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { HistoryKeeping } from "../ports/upkeep.ts";

const kept = "verification_id, account_id, service_id, state, attempts, max_attempts, created_at, expires_at, ended_at, deliveries";

export class ReducedHistory {
  readonly #oldest: StatementSync;
  readonly #move: StatementSync;
  readonly #forget: StatementSync;
  readonly #removeOld: StatementSync;

  constructor(db: DatabaseSync) {
    this.#oldest = db.prepare(
      "SELECT verification_id, recipient FROM verification_history WHERE verification_id < ? ORDER BY verification_id LIMIT ?",
    );
    this.#move = db.prepare(
      `INSERT INTO verification_history_reduced (${kept}, recipient_hash, recipient_masked)
       SELECT ${kept}, ?, ? FROM verification_history WHERE verification_id = ? ON CONFLICT (verification_id) DO NOTHING`,
    );
    this.#forget = db.prepare("DELETE FROM verification_history WHERE verification_id = ?");
    this.#removeOld = db.prepare(
      "DELETE FROM verification_history_reduced WHERE verification_id IN (SELECT verification_id FROM verification_history_reduced WHERE verification_id < ? ORDER BY verification_id LIMIT ?)",
    );
  }

  /** Reduces rows whose id is before `verificationId`; returns how many. */
  reduceBefore(verificationId: string, limit: number, reduce: HistoryKeeping["reduce"]): number {
    const rows = this.#oldest.all(verificationId, limit);
    for (const { verification_id: id, recipient } of rows) {
      const { hash, masked } = reduce(String(recipient));
      this.#move.run(hash, masked, String(id));
      this.#forget.run(String(id));
    }
    return rows.length;
  }

  removeBefore(verificationId: string, limit: number): number {
    return Number(this.#removeOld.run(verificationId, limit).changes);
  }
}
