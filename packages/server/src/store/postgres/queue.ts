/** What must still be done, in PostgreSQL. A claimed entry is due again when its lease ends. */
import type { EngineQueue } from "../engine.ts";
import type { Connections } from "./connections.ts";

/** Claims at the same time take other entries. A row that was claimed meanwhile is checked again as it is now. */
const claim = `WITH clock AS MATERIALIZED (SELECT coalesce($1::bigint, antryk.clock_ms()) AS now),
  free AS MATERIALIZED (
    SELECT q.id FROM antryk.queue q, clock
      WHERE q.due <= clock.now AND q.topic = ANY ($2)
        AND NOT EXISTS (SELECT FROM antryk.queue e WHERE e.topic = q.topic AND e.subject = q.subject AND e.id < q.id)
      ORDER BY q.due, q.id LIMIT $3 FOR UPDATE OF q SKIP LOCKED
  )
  UPDATE antryk.queue q SET due = clock.now + $4, tries = q.tries + 1 FROM free, clock WHERE q.id = free.id
    RETURNING q.id, q.topic, q.subject, q.tries, q.body`;

interface Claimed {
  readonly id: string;
  readonly topic: string;
  readonly subject: string;
  readonly tries: number;
  readonly body: string;
}

/** `given`: decides instead of the database's clock. */
export function queueOf(connections: Connections, given: () => number | null): EngineQueue {
  return {
    claimDue: async (topics, limit, leaseMs) => {
      const rows = await connections.askSoon<Claimed & Record<string, unknown>>(claim, [
        given(),
        topics,
        limit,
        leaseMs,
      ]);
      return rows.map((row) => ({ ...row, id: Number(row.id) })).sort((a, b) => a.id - b.id);
    },
    finish: async (ids) => {
      await connections.askSoon("DELETE FROM antryk.queue WHERE id = ANY ($1::bigint[])", [ids]);
    },
    retryAt: async (id, at, tries) => {
      await connections.askSoon("UPDATE antryk.queue SET due = $2 WHERE id = $1 AND tries = $3", [id, at, tries]);
    },
    waiting: async (topic, atMost, first = "") => {
      const sql = `SELECT count(*)::int AS n FROM (
        SELECT FROM antryk.queue WHERE topic = $1 AND starts_with(subject, $2) LIMIT $3
      ) AS q`;
      const [row] = await connections.askSoon<{ n: number }>(sql, [topic, first, atMost]);
      return row?.n ?? 0;
    },
  };
}
