/** Gateways, and the messages that they have named, in PostgreSQL. */
import { type DeliveryAttempt, retention } from "@antryk/contract";
import type { GatewayRecord, MessageReceipt, NamedMessage } from "../../model/gateway.ts";
import { withReceipt } from "../rules/receipts.ts";
import type { Connections } from "./connections.ts";
import { kindOf, unavailable } from "./faults.ts";

type Row = Record<string, unknown>;

const restMs = 50;

export class Gateways {
  readonly #connections: Connections;
  readonly #patienceMs: number;

  /** `patienceMs`: how long what may be repeated meets an outage. */
  constructor(connections: Connections, patienceMs: number) {
    this.#connections = connections;
    this.#patienceMs = patienceMs;
  }

  async create(gateway: GatewayRecord): Promise<boolean> {
    const { id, name, provider, sealedConfig, receiptToken, maxConcurrent, maxPerSecond, createdAt } = gateway;
    const rows = await this.#connections.ask(
      `INSERT INTO gateway (id, name, provider, sealed_config, receipt_token, max_concurrent, max_per_second, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING RETURNING id`,
      [id, name, provider, sealedConfig, receiptToken, maxConcurrent, maxPerSecond, createdAt],
    );
    return rows.length > 0;
  }

  async remove(name: string): Promise<boolean> {
    return (await this.#connections.ask("DELETE FROM gateway WHERE name = $1 RETURNING id", [name])).length > 0;
  }

  async list(): Promise<GatewayRecord[]> {
    const rows = await this.#connections.ask<Row>("SELECT * FROM gateway ORDER BY name");
    return rows.map((row) => ({
      id: String(row.id),
      name: String(row.name),
      provider: String(row.provider),
      sealedConfig: row.sealed_config as string | null,
      receiptToken: String(row.receipt_token),
      maxConcurrent: row.max_concurrent as number | null,
      maxPerSecond: row.max_per_second as number | null,
      createdAt: Number(row.created_at),
    }));
  }

  /** Beside the settle, which is repeated where its answer is lost: so is this. */
  async name(accountId: string, messages: readonly NamedMessage[], verificationId: string, now: number): Promise<void> {
    for (const { gatewayId, messageId } of messages) {
      await patiently(this.#connections, this.#patienceMs, [
        `INSERT INTO gateway_message (account_id, gateway_id, message_id, verification_id, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (account_id, gateway_id, message_id) DO UPDATE SET verification_id = excluded.verification_id, expires_at = excluded.expires_at`,
        [accountId, gatewayId, messageId, verificationId, now + retention.receiptsMs],
      ]);
    }
  }

  /** Whether the message is known. The row stays locked from its reading to its writing. */
  async record(gatewayId: string, receipt: MessageReceipt, now: number): Promise<boolean> {
    const [message] = await this.#connections.ask<Row>(
      "SELECT account_id, verification_id FROM gateway_message WHERE gateway_id = $1 AND message_id = $2 ORDER BY expires_at DESC LIMIT 1",
      [gatewayId, receipt.messageId],
    );
    if (!message) return false;
    return this.#connections.transaction(async (client) => {
      for (const table of ["recipient", "verification_history"]) {
        const place = [message.account_id, message.verification_id];
        const { rows } = await client.query<{ deliveries: DeliveryAttempt[] | null }>(
          `SELECT deliveries FROM ${table} WHERE account_id = $1 AND verification_id = $2 FOR UPDATE`,
          place,
        );
        const [row] = rows;
        if (!row) continue;
        const changed = withReceipt(row.deliveries ?? [], receipt, now);
        if (changed) {
          const sql = `UPDATE ${table} SET deliveries = $3 WHERE account_id = $1 AND verification_id = $2`;
          await client.query(sql, [...place, JSON.stringify(changed)]);
        }
        return true;
      }
      return false;
    });
  }

  async removeOver(now: number, limit: number): Promise<number> {
    const rows = await this.#connections.ask(
      `DELETE FROM gateway_message WHERE (account_id, gateway_id, message_id) IN
       (SELECT account_id, gateway_id, message_id FROM gateway_message WHERE expires_at <= $1 LIMIT $2) RETURNING 1`,
      [now, limit],
    );
    return rows.length;
  }
}

/** A statement that may run twice, until it is answered or patience ends. Throws StoreUnavailable. */
async function patiently(connections: Connections, patienceMs: number, [text, values]: [text: string, values: unknown[]]): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      await connections.query(text, values);
      return;
    } catch (fault) {
      if (kindOf(fault) === "fault") throw fault;
      if (performance.now() >= deadline) throw unavailable(fault);
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  }
}
