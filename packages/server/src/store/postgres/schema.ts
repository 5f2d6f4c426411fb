/** Sets up and upgrades the schema of PostgreSQL: in one transaction, behind one lock for all processes. */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type pg from "pg";
import { type AppliedChange, changesDue, loadSchema } from "../schema.ts";
import type { Connections } from "./connections.ts";
import { sqlState } from "./faults.ts";

export const postgresSchema = loadSchema(new URL("./schema/", import.meta.url));

const functions = readFileSync(new URL("./functions.sql", import.meta.url), "utf8");
/** The schema's comment: a start sees by it whether the functions are those of its files. */
const functionsMark = `functions ${createHash("sha256").update(functions).digest("hex")}`;
const missing = new Set(["42P01", "3F000"]);

/** The schema's number; 0 if there is none. Throws SchemaTooNew. */
export async function schemaNumber(connections: Connections): Promise<number> {
  const applied = await appliedChanges((text) => connections.query<AppliedChange & Record<string, unknown>>(text));
  changesDue(postgresSchema, applied);
  return Math.max(0, ...applied.map(({ number }) => number));
}

/** Brings the schema up to date; returns the names of the changes that were applied. Throws SchemaTooNew. */
export async function upgradeSchema(connections: Connections): Promise<string[]> {
  const newest = postgresSchema.at(-1)?.number ?? 0;
  if ((await schemaNumber(connections)) === newest && (await hasTheseFunctions(connections))) return [];
  return connections.transaction(async (client) => {
    // Ten processes that start at once wait here for the first of them, longer than a request may wait.
    await client.query(
      "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
    );
    await patiently(client, "SELECT pg_advisory_xact_lock(hashtextextended('antryk schema', 0))");
    await client.query("CREATE SCHEMA IF NOT EXISTS antryk");
    await client.query(
      "CREATE TABLE IF NOT EXISTS antryk.schema_change (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL)",
    );
    const applied = await client.query<AppliedChange>("SELECT number, checksum FROM antryk.schema_change");
    const due = changesDue(postgresSchema, applied.rows);
    for (const { number, name, sql, checksum } of due) {
      await patiently(client, sql);
      await client.query("INSERT INTO antryk.schema_change (number, name, checksum) VALUES ($1, $2, $3)", [
        number,
        name,
        checksum,
      ]);
    }
    await client.query(functions);
    await client.query(`COMMENT ON SCHEMA antryk IS '${functionsMark}'`);
    await client.query(
      `INSERT INTO antryk.installation (one, id, schema, min_reader, min_writer, newest, generation) VALUES (1, $1, $2, 1, 1, 0, 1)
       ON CONFLICT (one) DO UPDATE SET schema = excluded.schema`,
      [randomUUID(), newest],
    );
    return due.map(({ name }) => name);
  });
}

/** A number for this process: the next one, so that no other running process has it. */
export async function processNumber(connections: Connections): Promise<number> {
  const [row] = await connections.query<{ number: string }>("SELECT nextval('antryk.process') AS number");
  return Number(row?.number);
}

async function hasTheseFunctions(connections: Connections): Promise<boolean> {
  const [row] = await connections.query<{ mark: string | null }>(
    "SELECT obj_description(to_regnamespace('antryk')::oid, 'pg_namespace') AS mark",
  );
  return row?.mark === functionsMark;
}

async function appliedChanges(query: (text: string) => Promise<AppliedChange[]>): Promise<AppliedChange[]> {
  try {
    return await query("SELECT number, checksum FROM antryk.schema_change");
  } catch (fault) {
    if (missing.has(sqlState(fault) ?? "")) return [];
    throw fault;
  }
}

/** A change of a large table takes its time. */
const patienceMs = 10 * 60_000;

async function patiently(client: pg.PoolClient, text: string): Promise<void> {
  const query: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: patienceMs };
  await client.query(query);
}
