/** Names that gateways have given to messages, until their receipts can't come any more. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { NamedMessage } from "../../model/gateway.ts";
import type { FoundMessage, NameOfMessage } from "../engine.ts";
import { hash48, refOf } from "../rules/kinds.ts";

export class Messages {
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #removeOver: StatementSync;
  readonly #erase: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      `INSERT INTO message (hash, until, item_hash, item_key, verification_id, gateway_id, message_id)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    // A gateway may use an id again: the newest message counts.
    this.#find = db.prepare(
      `SELECT item_hash, item_key, verification_id FROM message WHERE hash = ? AND gateway_id = ? AND message_id = ?
       ORDER BY row_id DESC LIMIT 1`,
    );
    this.#removeOver = db.prepare(
      "DELETE FROM message WHERE row_id IN (SELECT row_id FROM message WHERE until <= ? ORDER BY until LIMIT ?)",
    );
    this.#erase = db.prepare("DELETE FROM message WHERE until BETWEEN ? AND ? AND verification_id = ?");
  }

  add({ ref, gatewayId, messageId, verificationId, until }: NameOfMessage): void {
    this.#insert.run(hashOf(gatewayId, messageId), until, ref.hash, ref.key, verificationId, gatewayId, messageId);
  }

  find({ gatewayId, messageId }: NamedMessage): FoundMessage | undefined {
    const row = this.#find.get(hashOf(gatewayId, messageId), gatewayId, messageId);
    if (!row) return undefined;
    const key = Buffer.from(row.item_key as Uint8Array);
    return {
      gatewayId,
      messageId,
      ref: refOf(key, Number(row.item_hash)),
      verificationId: String(row.verification_id),
    };
  }

  /** Removes the names of one verification, which expire between the two times, Unix ms. Returns how many. */
  erase(verificationId: string, from: number, to: number): number {
    return Number(this.#erase.run(from, to, verificationId).changes);
  }

  removeOver(now: number, limit: number): number {
    return Number(this.#removeOver.run(now, limit).changes);
  }
}

function hashOf(gatewayId: string, messageId: string): number {
  return hash48(`${gatewayId} ${messageId}`);
}
