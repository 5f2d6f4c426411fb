/** Idempotency keys: the mark of a running request, and the replies that are given again. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { IdempotencyClaim, IdempotencyConflict } from "../port.ts";
import { idempotencyConflict } from "../rules/idempotency.ts";

export class IdempotencyKeys {
  readonly #find: StatementSync;
  readonly #write: StatementSync;
  readonly #finish: StatementSync;
  readonly #release: StatementSync;
  readonly #removeOver: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare(
      "SELECT key_id, fingerprint, reply, expires_at FROM idempotency_key WHERE account_id = ? AND operation = ? AND key = ?",
    );
    this.#write = db.prepare("INSERT OR REPLACE INTO idempotency_key VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#finish = db.prepare(
      "UPDATE idempotency_key SET reply = ?, lease_token = NULL, expires_at = ? WHERE account_id = ? AND operation = ? AND key = ? AND lease_token = ?",
    );
    this.#release = db.prepare("DELETE FROM idempotency_key WHERE account_id = ? AND operation = ? AND key = ? AND lease_token = ?");
    this.#removeOver = db.prepare(
      `DELETE FROM idempotency_key WHERE (account_id, operation, key) IN
       (SELECT account_id, operation, key FROM idempotency_key WHERE expires_at <= ? LIMIT ?)`,
    );
  }

  conflict(claim: IdempotencyClaim, now: number): IdempotencyConflict | undefined {
    const row = this.#find.get(claim.accountId, claim.operation, claim.key);
    if (!row) return undefined;
    const stored = {
      keyId: String(row.key_id),
      fingerprint: Buffer.from(row.fingerprint as Uint8Array),
      reply: row.reply === null ? null : String(row.reply),
      expiresAt: Number(row.expires_at),
    };
    return idempotencyConflict(stored, claim, now);
  }

  /** Marks the key's request as running. */
  begin(claim: IdempotencyClaim, leaseToken: string, leaseUntil: number): void {
    this.#put(claim, null, leaseToken, leaseUntil);
  }

  /** Stores a reply whose request was never marked: it was decided in this very step. */
  store(claim: IdempotencyClaim, reply: string, expiresAt: number): void {
    this.#put(claim, reply, null, expiresAt);
  }

  /** Stores the reply of a marked request, unless another one took the key over. */
  finish(claim: IdempotencyClaim, leaseToken: string, reply: string, expiresAt: number): void {
    this.#finish.run(reply, expiresAt, claim.accountId, claim.operation, claim.key, leaseToken);
  }

  /** The request changed nothing that must not happen twice: the same key runs again. */
  release(claim: IdempotencyClaim, leaseToken: string): void {
    this.#release.run(claim.accountId, claim.operation, claim.key, leaseToken);
  }

  removeOver(now: number, limit: number): number {
    return Number(this.#removeOver.run(now, limit).changes);
  }

  #put(claim: IdempotencyClaim, reply: string | null, leaseToken: string | null, expiresAt: number): void {
    const [primary] = claim.fingerprints;
    if (!primary) throw new Error("an idempotency claim has no fingerprint");
    this.#write.run(claim.accountId, claim.operation, claim.key, primary[0], primary[1], reply, leaseToken, expiresAt);
  }
}
