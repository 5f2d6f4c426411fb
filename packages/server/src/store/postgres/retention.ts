/** What becomes of old history, and how one number is forgotten. */
import type pg from "pg";
import type { ErasedRows, HistoryKeeping } from "../ports/upkeep.ts";
import type { Connections } from "./connections.ts";
import { kindOf } from "./faults.ts";

/** Erasing reads the whole history once. */
const patienceMs = 10 * 60_000;

/** Moves at most `limit` rows on, and drops as many that are over. One process works at a time. */
export function reduceHistory(
  connections: Connections,
  { identifiedMs, reducedMs, reduce }: HistoryKeeping,
  now: number,
  limit: number,
): Promise<{ reduced: number; removed: number }> {
  return connections.transaction(async (client) => {
    const [lock] = await rowsOf<{ mine: boolean }>(
      client,
      "SELECT pg_try_advisory_xact_lock(hashtextextended('antryk reduce', 0)) AS mine",
    );
    if (!lock?.mine) return { reduced: 0, removed: 0 };
    const before = "antryk_uuid_floor($1::bigint)";
    const rows = await rowsOf<{ account_id: string; verification_id: string; recipient: string }>(
      client,
      `SELECT account_id, verification_id, recipient FROM verification_history WHERE verification_id < ${before}
       ORDER BY account_id, verification_id LIMIT $2`,
      [now - identifiedMs, reducedMs === 0 ? 0 : limit],
    );
    if (rows.length > 0) {
      const reduced = rows.map(({ recipient }) => reduce(recipient));
      await client.query(`SELECT antryk_reduce($2, $3, $4, $5, ${before})`, [
        now - identifiedMs,
        rows.map((row) => row.account_id),
        rows.map((row) => row.verification_id),
        reduced.map(({ hash }) => hash),
        reduced.map(({ masked }) => masked),
      ]);
    }
    const { rowCount } = await client.query(
      `DELETE FROM verification_history_reduced WHERE (account_id, verification_id) IN
         (SELECT account_id, verification_id FROM verification_history_reduced WHERE verification_id < ${before} ORDER BY verification_id LIMIT $2)`,
      [now - identifiedMs - reducedMs, limit],
    );
    return { reduced: rows.length, removed: rowCount ?? 0 };
  });
}

const erasesAtMost = 20;

/** Its rows may be in use: whole transactions are tried again, where a lock is waited for too long or two wait for one another. */
export async function eraseRecipient(connections: Connections, recipient: string, hash: Buffer): Promise<ErasedRows> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await eraseOnce(connections, recipient, hash);
    } catch (fault) {
      if (kindOf(fault) !== "again" || tries === erasesAtMost) throw fault;
    }
  }
}

function eraseOnce(connections: Connections, recipient: string, hash: Buffer): Promise<ErasedRows> {
  return connections.transaction(async (client) => {
    await client.query("SET LOCAL statement_timeout = 0");
    // Every recipient's row belongs to a service, and by service it is found through the key.
    const living = await rowsOf<{ account_id: string; verification_id: string; before: string | null; lease_token: string | null }>(
      client,
      `DELETE FROM recipient r USING service s WHERE r.account_id = s.account_id::uuid AND r.service_id = s.id::uuid AND r.recipient = $1
       RETURNING r.account_id, r.verification_id, (r.before_lease).verification_id AS before, r.lease_token`,
      [recipient],
    );
    const old = await patiently<{ account_id: string; verification_id: string }>(
      client,
      `WITH one AS (DELETE FROM verification_history WHERE recipient = $1 RETURNING account_id, verification_id),
         other AS (DELETE FROM verification_history_reduced WHERE recipient_hash = $2 RETURNING account_id, verification_id)
       SELECT * FROM one UNION ALL SELECT * FROM other`,
      [recipient, hash],
    );
    const ids = [...living.flatMap((row) => [row.verification_id, row.before]), ...old.map((row) => row.verification_id)];
    const keys = await patiently(
      client,
      `DELETE FROM idempotency_key WHERE account_id = ANY ($1::uuid[])
         AND (lease_token = ANY ($2) OR substring(reply FROM '"verificationId"\\s*:\\s*"([0-9a-f-]{36})"') = ANY ($3)) RETURNING 1`,
      [
        [...new Set([...living, ...old].map((row) => row.account_id))],
        living.flatMap((row) => (row.lease_token === null ? [] : [row.lease_token])),
        ids.filter((id) => id !== null),
      ],
    );
    await patiently(client, "DELETE FROM gateway_message WHERE verification_id = ANY ($1::uuid[])", [ids.filter((id) => id !== null)]);
    return { recipients: living.length, history: old.length, idempotencyKeys: keys.length };
  });
}

async function rowsOf<Row extends pg.QueryResultRow>(client: pg.PoolClient, text: string, values: unknown[] = []): Promise<Row[]> {
  return (await client.query<Row>(text, values)).rows;
}

async function patiently<Row extends pg.QueryResultRow>(client: pg.PoolClient, text: string, values: unknown[]): Promise<Row[]> {
  const query: pg.QueryConfig & { query_timeout: number } = { text, values, query_timeout: patienceMs };
  return (await client.query<Row>(query)).rows;
}
