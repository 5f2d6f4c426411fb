import { DatabaseSync } from "node:sqlite";
import type { Installation } from "../processes/installation.ts";

/** Rows of the tables that grow with use. */
export function rowCounts({ databasePath }: Installation): Record<string, number> {
  const db = new DatabaseSync(databasePath, { readOnly: true });
  try {
    const tables = [
      "recipient",
      "verification_history",
      "verification_history_reduced",
      "idempotency_key",
      "limit_bucket",
      "gateway_message",
    ];
    return Object.fromEntries(
      tables.map((name) => [name, Number(db.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.n)]),
    );
  } finally {
    db.close();
  }
}
