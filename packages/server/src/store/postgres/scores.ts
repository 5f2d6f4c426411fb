/** What is learned of gateways, in PostgreSQL. */
import { learning } from "@antryk/contract";
import type { GatewayScore, ScoreIncrement } from "../../model/score.ts";
import type { Connections } from "./connections.ts";

/**
 * The meaning of store/rules/scores.ts, in one statement for all rows: servers add to the same rows at once. They take
 * them in one order, so that none waits for another in a circle.
 */
const learn = `INSERT INTO gateway_score AS old (service_id, calling_code, gateway, sent, verified, updated_at)
  SELECT i."serviceId", i."callingCode", i.gateway, i.sent * k.scale, i.verified * k.scale, $2::bigint
  FROM jsonb_to_recordset($1::jsonb) AS i ("serviceId" text, "callingCode" text, gateway text, sent float8, verified float8),
    LATERAL (SELECT least(1, $4::float8 / greatest(i.sent, 1)) AS scale) AS k
  ORDER BY 1, 2, 3
  ON CONFLICT (service_id, calling_code, gateway) DO UPDATE SET (sent, verified, updated_at) = (
    SELECT n.sent * least(1, $4::float8 / greatest(n.sent, 1)), n.verified * least(1, $4::float8 / greatest(n.sent, 1)),
      greatest(old.updated_at, excluded.updated_at)
    FROM (SELECT old.sent * f.left_over + excluded.sent AS sent, old.verified * f.left_over + excluded.verified AS verified
      FROM (SELECT power(0.5::float8, greatest(0, excluded.updated_at - old.updated_at) / $3::float8) AS left_over) AS f) AS n
  )`;

interface Row {
  readonly calling_code: string;
  readonly gateway: string;
  readonly sent: number;
  readonly verified: number;
  readonly updated_at: string;
}

export class Scores {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async learn(increments: readonly ScoreIncrement[], now: number): Promise<void> {
    if (increments.length === 0) return;
    await this.#connections.ask(learn, [JSON.stringify(increments), now, learning.halfLifeMs, learning.remembered]);
  }

  async of(serviceId: string): Promise<GatewayScore[]> {
    const rows = await this.#connections.ask<Row>("SELECT * FROM gateway_score WHERE service_id = $1 ORDER BY calling_code, gateway", [
      serviceId,
    ]);
    return rows.map(({ calling_code: callingCode, gateway, sent, verified, updated_at: at }) => ({
      callingCode,
      gateway,
      sent,
      verified,
      at: Number(at),
    }));
  }

  async removeBefore(time: number, limit: number): Promise<number> {
    const rows = await this.#connections.ask(
      `DELETE FROM gateway_score WHERE (service_id, calling_code, gateway) IN
       (SELECT service_id, calling_code, gateway FROM gateway_score WHERE updated_at <= $1 LIMIT $2) RETURNING 1`,
      [time, limit],
    );
    return rows.length;
  }
}
