/** Migrations of PostgreSQL: each in one transaction with the ones before it, behind one lock for all processes. */
import type pg from "pg";
import { type Migration, migrationsDue } from "../migrations.ts";
import type { Connections } from "./connections.ts";
import { sqlState } from "./faults.ts";

const undefinedTable = "42P01";
const newest = "SELECT coalesce(max(number), 0) AS number FROM migration";

/** The schema's number; 0 where there is none. */
export async function schemaNumber(connections: Connections): Promise<number> {
  try {
    const [row] = await connections.query<{ number: number }>(newest);
    return row?.number ?? 0;
  } catch (fault) {
    if (sqlState(fault) === undefinedTable) return 0;
    throw fault;
  }
}

/** Brings the schema up to date; returns the names of the migrations that ran. Throws SchemaTooNew. */
export async function migrate(connections: Connections, migrations: readonly Migration[]): Promise<string[]> {
  if (migrationsDue(migrations, await schemaNumber(connections)).length === 0) return [];
  return connections.transaction(async (client) => {
    // Ten processes that start at once wait here for the first of them, longer than a request may wait.
    await client.query("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0");
    await patiently(client, "SELECT pg_advisory_xact_lock(hashtextextended('antryk migration', 0))");
    await client.query("CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL)");
    const { rows } = await client.query<{ number: number }>(newest);
    const due = migrationsDue(migrations, rows[0]?.number ?? 0);
    for (const { number, name, sql } of due) {
      await patiently(client, sql);
      await client.query("INSERT INTO migration (number, name) VALUES ($1, $2)", [number, name]);
    }
    return due.map(({ name }) => name);
  });
}

/** A migration of a large table takes its time. */
const patienceMs = 10 * 60_000;

async function patiently(client: pg.PoolClient, text: string): Promise<void> {
  const query: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: patienceMs };
  await client.query(query);
}
