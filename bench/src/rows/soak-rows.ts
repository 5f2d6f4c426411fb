import { DatabaseSync } from "node:sqlite";
import type { Installation } from "../processes/installation.ts";

/** Rows of the tables that grow with use. */
export function rowCounts({ databasePath }: Installation): Record<string, number> {
  const db = new DatabaseSync(databasePath, { readOnly: true });
  try {
    const count = (from: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${from}`).get()?.n);
    // The first byte of an item's key is its kind (store/rules/kinds.ts).
    const items = (tag: string) => count(`item WHERE substr(key, 1, 1) = CAST('${tag}' AS BLOB)`);
    return {
      recipient: items("r"),
      "idempotency key": items("c"),
      reply: items("p"),
      counter: count("counter"),
      history: count("history"),
      history_reduced: count("history_reduced"),
      message: count("message"),
      queue: count("queue"),
    };
  } finally {
    db.close();
  }
}
