/** What is learned of gateways, in SQLite. */
import type { DatabaseSync } from "node:sqlite";
import type { GatewayScore, ScoreIncrement } from "../../model/score.ts";
import { withIncrement } from "../rules/scores.ts";

type Row = Record<string, unknown>;

export class Scores {
  readonly #find;
  readonly #write;
  readonly #ofService;
  readonly #removeBefore;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare("SELECT * FROM gateway_score WHERE service_id = ? AND calling_code = ? AND gateway = ?");
    this.#write = db.prepare(
      "INSERT OR REPLACE INTO gateway_score (service_id, calling_code, gateway, sent, verified, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#ofService = db.prepare("SELECT * FROM gateway_score WHERE service_id = ? ORDER BY calling_code, gateway");
    this.#removeBefore = db.prepare(
      `DELETE FROM gateway_score WHERE (service_id, calling_code, gateway) IN
       (SELECT service_id, calling_code, gateway FROM gateway_score WHERE updated_at <= ? LIMIT ?)`,
    );
  }

  /** Runs inside the caller's transaction. */
  learn(increments: readonly ScoreIncrement[], now: number): void {
    for (const increment of increments) {
      const { serviceId, callingCode, gateway } = increment;
      const row = this.#find.get(serviceId, callingCode, gateway);
      const { sent, verified, at } = withIncrement(row && toScore(row), increment, now);
      this.#write.run(serviceId, callingCode, gateway, sent, verified, at);
    }
  }

  of(serviceId: string): GatewayScore[] {
    return this.#ofService.all(serviceId).map(toScore);
  }

  removeBefore(time: number, limit: number): number {
    return Number(this.#removeBefore.run(time, limit).changes);
  }
}

function toScore(row: Row): GatewayScore {
  return {
    callingCode: String(row.calling_code),
    gateway: String(row.gateway),
    sent: Number(row.sent),
    verified: Number(row.verified),
    at: Number(row.updated_at),
  };
}
