/** Idempotency keys: the mark of a running request, and the replies that are given again. */
import { hash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { IdempotencyClaim, IdempotencyConflict } from "../../model/idempotency.ts";
import { idempotencyConflict } from "../rules/idempotency.ts";

export class IdempotencyKeys {
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #finish: StatementSync;
  readonly #release: StatementSync;
  readonly #forget: StatementSync;
  readonly #removeOver: StatementSync;

  constructor(db: DatabaseSync) {
    const sameKey = "hash = ? AND key = ? AND operation = ? AND account_id = ?";
    this.#find = db.prepare(`SELECT key_id, fingerprint, reply, expires_at FROM idempotency_key WHERE ${sameKey}`);
    this.#insert = db.prepare(
      `INSERT INTO idempotency_key (hash, key, operation, account_id, key_id, fingerprint, reply, lease_token, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#finish = db.prepare(
      `UPDATE idempotency_key SET reply = ?, lease_token = NULL, expires_at = ? WHERE ${sameKey} AND lease_token = ?`,
    );
    this.#release = db.prepare(`DELETE FROM idempotency_key WHERE ${sameKey} AND lease_token = ?`);
    this.#forget = db.prepare(`DELETE FROM idempotency_key WHERE ${sameKey}`);
    this.#removeOver = db.prepare(
      "DELETE FROM idempotency_key WHERE row_id IN (SELECT row_id FROM idempotency_key WHERE expires_at <= ? LIMIT ?)",
    );
  }

  /** What the key says. */
  conflict(claim: IdempotencyClaim, now: number): IdempotencyConflict | undefined {
    const row = this.#find.get(...placeOf(claim));
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
    this.#finish.run(reply, expiresAt, ...placeOf(claim), leaseToken);
  }

  /** The request changed nothing that must not happen twice: the same key runs again. */
  release(claim: IdempotencyClaim, leaseToken: string): void {
    this.#release.run(...placeOf(claim), leaseToken);
  }

  removeOver(now: number, limit: number): number {
    return Number(this.#removeOver.run(now, limit).changes);
  }

  #put(claim: IdempotencyClaim, reply: string | null, leaseToken: string | null, expiresAt: number): void {
    const [primary] = claim.fingerprints;
    if (!primary) throw new Error("an idempotency claim has no fingerprint");
    const place = placeOf(claim);
    this.#forget.run(...place);
    this.#insert.run(...place, primary[0], primary[1], reply, leaseToken, expiresAt);
  }
}

type Place = [hash: number, key: string, operation: string, accountId: string];

function placeOf({ key, operation, accountId }: IdempotencyClaim): Place {
  return [hash("sha256", `${accountId} ${operation} ${key}`, "buffer").readUIntBE(0, 6), key, operation, accountId];
}
