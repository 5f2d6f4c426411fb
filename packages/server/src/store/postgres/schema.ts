/**
 * Sets up the schema of PostgreSQL, and upgrades it beside servers that run: each change in a transaction of its own,
 * which waits only shortly for a lock, since everybody else waits behind it.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type pg from "pg";
import { SchemaTooOld, StoreUnavailable, StoreUnusable } from "../../model/errors.ts";
import { nodeLivesMs } from "../ports/identity.ts";
import {
  type AppliedChange,
  changesDue,
  isOutsideTransaction,
  loadSchema,
  newestOf,
  type SchemaChange,
  writerOf,
} from "../schema.ts";
import type { Connections } from "./connections.ts";
import { kindOf, sqlState } from "./faults.ts";
import { historyIndexIn, indexHistory } from "./history-index.ts";

export const postgresSchema = loadSchema(new URL("./schema/", import.meta.url));

const functions = readFileSync(new URL("./functions.sql", import.meta.url), "utf8");
/** The schema's comment: a start sees by it whether the functions are those of its files. */
const functionsMark = `functions ${createHash("sha256").update(functions).digest("hex")}`;
const missing = new Set(["42P01", "3F000"]);

/** How long a change waits for a lock at a time, and how long it rests before it waits again. */
const lockWaitMs = 500;
const lockRestMs = 250;
/** How long an upgrade tries in all; a change of a large table takes its time. */
const patienceMs = 10 * 60_000;

export interface SchemaState {
  /** The number of the newest change; 0: there is no schema. */
  readonly number: number;
  readonly due: readonly SchemaChange[];
  /** Whether the functions are those of this program, or of a newer one. */
  readonly hasFunctions: boolean;
}

/** Throws SchemaTooNew, SchemaChanged. */
export async function schemaState(connections: Connections, schema = postgresSchema): Promise<SchemaState> {
  const applied = await ifThere<AppliedChange & Record<string, unknown>>(
    connections,
    "SELECT number, checksum FROM antryk.schema_change",
  );
  const [row] = await ifThere<{ min_writer: number; mark: string | null }>(
    connections,
    `SELECT min_writer, obj_description(to_regnamespace('antryk')::oid, 'pg_namespace') AS mark FROM antryk.installation`,
  );
  if (applied.length > 0 && !row)
    throw new StoreUnusable(
      "the schema antryk is not as antryk made it: restore it from your backup, or begin with an empty database",
    );
  const due = changesDue(schema, applied, row?.min_writer ?? 0);
  const number = Math.max(0, ...applied.map((change) => change.number));
  return { number, due, hasFunctions: row?.mark === functionsMark || number > newestOf(schema) };
}

/** The schema's number; 0 if there is none. Throws SchemaTooNew, SchemaChanged. */
export async function schemaNumber(connections: Connections): Promise<number> {
  return (await schemaState(connections)).number;
}

/**
 * Sets up an empty database. One with a schema must be as this program needs it: servers upgrade none by themselves.
 * Throws SchemaTooOld, SchemaTooNew, SchemaChanged.
 */
export async function requireSchema(connections: Connections): Promise<void> {
  const { number, due, hasFunctions } = await schemaState(connections);
  if (number === 0) await setUp(connections);
  else if (due.length > 0 || !hasFunctions)
    throw new SchemaTooOld(
      `the store's schema is number ${number}${due.length > 0 ? "" : ", with other functions"}, ` +
        `this antryk needs ${newestOf(postgresSchema)}: run "antryk schema upgrade", or start one server with ` +
        "--upgrade-schema",
    );
}

/**
 * Brings the schema up to date, whatever runs on it; returns the names of the changes that were applied.
 * Throws SchemaTooNew, SchemaChanged, StoreUnavailable.
 */
export async function upgradeSchema(connections: Connections, schema = postgresSchema): Promise<string[]> {
  const { number, due, hasFunctions } = await schemaState(connections, schema);
  if (number === 0) return setUp(connections, schema);
  if (due.length === 0 && hasFunctions) return [];
  const writer = writerOf(due);
  await inTurn(connections, async (client) => {
    await client.query("UPDATE antryk.installation SET min_writer = greatest(min_writer, $1)", [writer]);
  });
  await untilOldServersAreGone(connections, writer);
  for (const change of due) await applyOne(connections, change);
  await inTurn(connections, (client) => finish(client, schema));
  return due.map(({ name }) => name);
}

async function setUp(connections: Connections, schema = postgresSchema): Promise<string[]> {
  return inTurn(connections, async (client) => {
    await client.query("CREATE SCHEMA IF NOT EXISTS antryk");
    await client.query(
      `CREATE TABLE IF NOT EXISTS antryk.schema_change
         (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL)`,
    );
    const applied = await client.query<AppliedChange>("SELECT number, checksum FROM antryk.schema_change");
    const due = changesDue(schema, applied.rows, 0);
    for (const change of due) {
      await patiently(client, change.sql.replaceAll(/\bCONCURRENTLY\b/g, ""));
      await note(client, change);
    }
    await finish(client, schema);
    return due.map(({ name }) => name);
  });
}

async function applyOne(connections: Connections, change: SchemaChange): Promise<void> {
  if (!isOutsideTransaction(change)) {
    await inTurn(connections, async (client) => {
      if (await isApplied(client, change)) return;
      await patiently(client, change.sql);
      await note(client, change);
    });
    return;
  }
  const run = (steps: readonly string[], waitsLong: boolean) =>
    again(() =>
      connections.use(async (client) => {
        await client.query(`SET statement_timeout = 0; SET lock_timeout = ${waitsLong ? patienceMs : lockWaitMs}`);
        try {
          for (const step of steps) await patiently(client, step);
        } finally {
          await client.query("RESET statement_timeout; RESET lock_timeout");
        }
      }),
    );
  for (const statement of statementsOf(change.sql)) {
    const index = historyIndexIn(statement);
    await (index ? indexHistory(connections, index, run) : run([statement], false));
  }
  await inTurn(connections, async (client) => {
    if (!(await isApplied(client, change))) await note(client, change);
  });
}

/** Statements end at the end of a line. */
function statementsOf(sql: string): string[] {
  return sql
    .split(/;\s*$/m)
    .map((statement) => statement.replaceAll(/^--.*$/gm, "").trim())
    .filter((statement) => statement !== "");
}

async function isApplied(client: pg.PoolClient, { number }: SchemaChange): Promise<boolean> {
  const { rowCount } = await client.query("SELECT FROM antryk.schema_change WHERE number = $1", [number]);
  return rowCount !== 0;
}

async function note(client: pg.PoolClient, { number, name, checksum }: SchemaChange): Promise<void> {
  await client.query("INSERT INTO antryk.schema_change (number, name, checksum) VALUES ($1, $2, $3)", [
    number,
    name,
    checksum,
  ]);
}

async function finish(client: pg.PoolClient, schema: readonly SchemaChange[]): Promise<void> {
  await client.query(functions);
  await client.query(`COMMENT ON SCHEMA antryk IS '${functionsMark}'`);
  await client.query(
    `INSERT INTO antryk.installation AS i (one, id, schema, min_reader, min_writer, newest, generation)
       VALUES (1, $1, $2, 1, $3, 0, 1)
     ON CONFLICT (one) DO UPDATE SET schema = greatest(i.schema, excluded.schema),
       min_writer = greatest(i.min_writer, excluded.min_writer)`,
    [randomUUID(), newestOf(schema), writerOf(schema)],
  );
}

/**
 * Servers that must not meet what comes see `min_writer` within seconds, take no more requests, and end. Waits for the
 * last of them, so that no send that has begun finds tables that it does not know.
 */
async function untilOldServersAreGone(connections: Connections, writer: number): Promise<void> {
  for (const deadline = performance.now() + patienceMs; ; ) {
    const old = await ifThere<{ host: string; pid: number; version: string }>(
      connections,
      `SELECT host, pid, version FROM antryk.node WHERE schema < ${writer} AND seen_at > antryk.clock_ms() - ${nodeLivesMs}`,
    );
    const [first] = old;
    if (!first) return;
    if (performance.now() >= deadline)
      throw new StoreUnavailable(
        `${old.length} servers of older versions still run, the first is ${first.version} on ${first.host} ` +
          `(process ${first.pid}): stop them and run the upgrade again`,
      );
    await new Promise((resolve) => setTimeout(resolve, lockRestMs));
  }
}

/** One transaction at a time does this, on all hosts. */
function inTurn<T>(connections: Connections, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return again(() =>
    connections.transaction(async (client) => {
      await client.query(
        `SET LOCAL lock_timeout = ${lockWaitMs}; SET LOCAL statement_timeout = 0;
         SET LOCAL idle_in_transaction_session_timeout = 0`,
      );
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended('antryk schema', 0))");
      return work(client);
    }),
  );
}

/** Tries again while another transaction is in the way. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + patienceMs; ; ) {
    try {
      return await work();
    } catch (fault) {
      if (kindOf(fault) !== "again" || performance.now() >= deadline) throw fault;
      await new Promise((resolve) => setTimeout(resolve, lockRestMs));
    }
  }
}

/** A number for this process: the next one, so that no other running process has it. */
export async function processNumber(connections: Connections): Promise<number> {
  const [row] = await connections.query<{ number: string }>("SELECT nextval('antryk.process') AS number");
  return Number(row?.number);
}

/** No rows if the table is not there. */
async function ifThere<Row extends Record<string, unknown>>(connections: Connections, text: string): Promise<Row[]> {
  try {
    return await connections.query<Row>(text);
  } catch (fault) {
    if (missing.has(sqlState(fault) ?? "")) return [];
    throw fault;
  }
}

async function patiently(client: pg.PoolClient, text: string): Promise<void> {
  const query: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: patienceMs };
  await client.query(query);
}
