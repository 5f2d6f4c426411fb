/** What both ends of a move ask PostgreSQL alike. */
import type pg from "pg";
import type { Part } from "./rows.ts";

const patienceMs = 60 * 60_000;

/** A statement that may read a whole table. */
export async function longQuery<R extends pg.QueryResultRow>(
  client: pg.PoolClient,
  text: string,
  values: unknown[] = [],
): Promise<R[]> {
  const query: pg.QueryConfig & { query_timeout: number } = { text, values, query_timeout: patienceMs };
  return (await client.query<R>(query)).rows;
}

/** Rows, or what the counters have counted. */
export function sizeSql({ table, from, before }: Part): string {
  const bounds = [from && `verification_id >= '${from}'`, before && `verification_id < '${before}'`].filter(Boolean);
  const where = bounds.length === 0 ? "" : `WHERE ${bounds.join(" AND ")}`;
  if (table !== "counter") return `SELECT count(*) AS n FROM antryk.${table} ${where}`;
  const older = "SELECT coalesce(sum((span ->> 1)::bigint), 0) FROM json_array_elements(older::json) AS span";
  return `SELECT coalesce(sum(n + (${older})), 0) AS n FROM antryk.counter`;
}
