/** Gateways, and the messages that they have named, in SQLite. */
import type { DatabaseSync } from "node:sqlite";
import type { DeliveryAttempt } from "@antryk/contract";
import { retention } from "@antryk/contract";
import type { GatewayRecord, MessageReceipt, NamedMessage } from "../../model/gateway.ts";
import { withReceipt } from "../rules/receipts.ts";

type Row = Record<string, unknown>;

export class Gateways {
  readonly #db: DatabaseSync;
  readonly #name;
  readonly #find;
  readonly #removeOver;
  readonly #timelines;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#name = db.prepare(
      "INSERT OR REPLACE INTO gateway_message (gateway_id, message_id, verification_id, expires_at) VALUES (?, ?, ?, ?)",
    );
    this.#find = db.prepare("SELECT verification_id FROM gateway_message WHERE gateway_id = ? AND message_id = ?");
    this.#removeOver = db.prepare(
      "DELETE FROM gateway_message WHERE (gateway_id, message_id) IN (SELECT gateway_id, message_id FROM gateway_message WHERE expires_at <= ? LIMIT ?)",
    );
    this.#timelines = ["recipient", "verification_history"].map((table) => ({
      read: db.prepare(`SELECT deliveries FROM ${table} WHERE verification_id = ?`),
      write: db.prepare(`UPDATE ${table} SET deliveries = ? WHERE verification_id = ?`),
    }));
  }

  create(gateway: GatewayRecord): boolean {
    const { id, name, provider, sealedConfig, receiptToken, maxConcurrent, maxPerSecond, createdAt } = gateway;
    const sql = `INSERT INTO gateway (id, name, provider, sealed_config, receipt_token, max_concurrent, max_per_second, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`;
    return this.#db.prepare(sql).run(id, name, provider, sealedConfig, receiptToken, maxConcurrent, maxPerSecond, createdAt).changes > 0;
  }

  remove(name: string): boolean {
    return this.#db.prepare("DELETE FROM gateway WHERE name = ?").run(name).changes > 0;
  }

  list(): GatewayRecord[] {
    return this.#db
      .prepare("SELECT * FROM gateway ORDER BY name")
      .all()
      .map((row: Row) => ({
        id: String(row.id),
        name: String(row.name),
        provider: String(row.provider),
        sealedConfig: row.sealed_config === null ? null : String(row.sealed_config),
        receiptToken: String(row.receipt_token),
        maxConcurrent: row.max_concurrent === null ? null : Number(row.max_concurrent),
        maxPerSecond: row.max_per_second === null ? null : Number(row.max_per_second),
        createdAt: Number(row.created_at),
      }));
  }

  name({ gatewayId, messageId }: NamedMessage, verificationId: string, now: number): void {
    this.#name.run(gatewayId, messageId, verificationId, now + retention.receiptsMs);
  }

  /** Whether the message is known. */
  record(gatewayId: string, receipt: MessageReceipt, now: number): boolean {
    const verificationId = this.#find.get(gatewayId, receipt.messageId)?.verification_id;
    if (typeof verificationId !== "string") return false;
    for (const { read, write } of this.#timelines) {
      const row = read.get(verificationId);
      if (!row) continue;
      const changed = withReceipt(JSON.parse(String(row.deliveries)) as DeliveryAttempt[], receipt, now);
      if (changed) write.run(JSON.stringify(changed), verificationId);
      return true;
    }
    return false;
  }

  removeOver(now: number, limit: number): number {
    return Number(this.#removeOver.run(now, limit).changes);
  }
}
