/** Ended verifications, kept for look-ups and reports, without nonce and hash. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { RecipientKey } from "../../model/recipient.ts";
import type { VerificationRecord } from "../../model/verification.ts";
import { toRecord } from "../rules/record.ts";
import type { Verification } from "../rules/row.ts";

export class History {
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #find: StatementSync;
  readonly #removeOld: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      `INSERT INTO verification_history (verification_id, account_id, service_id, recipient, state, attempts, max_attempts, created_at, expires_at, ended_at, deliveries)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (verification_id) DO NOTHING`,
    );
    this.#remove = db.prepare("DELETE FROM verification_history WHERE verification_id = ?");
    const columns = "account_id, service_id, state, attempts, max_attempts, created_at, expires_at, ended_at, deliveries";
    this.#find = db.prepare(
      `SELECT ${columns}, recipient FROM verification_history WHERE verification_id = :id
       UNION ALL SELECT ${columns}, recipient_masked FROM verification_history_reduced WHERE verification_id = :id`,
    );
    this.#removeOld = db.prepare(
      "DELETE FROM verification_history WHERE verification_id IN (SELECT verification_id FROM verification_history WHERE verification_id < ? ORDER BY verification_id LIMIT ?)",
    );
  }

  add(key: RecipientKey, v: Verification): void {
    const deliveries = JSON.stringify(v.deliveries);
    this.#insert.run(
      v.verificationId,
      key.accountId,
      key.serviceId,
      key.recipient,
      v.state,
      v.attempts,
      v.maxAttempts,
      v.createdAt,
      v.expiresAt,
      v.endedAt,
      deliveries,
    );
  }

  remove(verificationId: string): void {
    this.#remove.run(verificationId);
  }

  find(verificationId: string, now: number): VerificationRecord | undefined {
    const row = this.#find.get({ id: verificationId }) as Record<string, unknown> | undefined;
    if (!row) return undefined;
    const verification = {
      verificationId,
      state: row.state as Verification["state"],
      attempts: Number(row.attempts),
      maxAttempts: Number(row.max_attempts),
      createdAt: Number(row.created_at),
      expiresAt: Number(row.expires_at),
      endedAt: row.ended_at === null ? null : Number(row.ended_at),
      deliveries: JSON.parse(String(row.deliveries)) as Verification["deliveries"],
    };
    const key = { accountId: String(row.account_id), serviceId: String(row.service_id), recipient: String(row.recipient) };
    return toRecord(key, verification, now);
  }

  /** Drops rows whose id is before `verificationId`; returns how many. */
  removeBefore(verificationId: string, limit: number): number {
    return Number(this.#removeOld.run(verificationId, limit).changes);
  }
}
