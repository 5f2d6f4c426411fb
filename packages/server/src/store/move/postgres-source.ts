/** PostgreSQL as the store that is moved. Its tables are locked against writes for as long as the move takes. */
import type pg from "pg";
import { StoreMissing, StoreUnavailable, unfinishedMove } from "../../model/errors.ts";
import { bucketOf } from "../../model/recipient.ts";
import { Connections } from "../postgres/connections.ts";
import { kindOf, sqlState, unavailable } from "../postgres/faults.ts";
import { requireSchema, schemaNumber } from "../postgres/schema.ts";
import { type PostgresTarget, targetLabel } from "../postgres/target.ts";
import type { Counter } from "../rules/counters.ts";
import { decodeTimeline } from "../rules/failover.ts";
import { type PlaceOf, refOf, rehash } from "../rules/kinds.ts";
import { wholeOf } from "./counters.ts";
import { longQuery, sizeSql } from "./postgres-queries.ts";
import { type Cursor, columns, type Row, type Table, tables, type Value } from "./rows.ts";
import { MoveRefused, type Page, type Source } from "./sides.ts";

const rowsPerPage = 1_000;
const lockNotAvailable = "55P03";
/** A server that was just stopped may still be listed. */
const leavingMs = 2_000;
const leavingPollMs = 50;

type Raw = Record<string, unknown>;

interface Reading {
  readonly select: string;
  /** The order that rows are read in, with its types. */
  readonly order: readonly (readonly [column: string, type: string])[];
  readonly group?: string;
  /** Columns of 64 bits. */
  readonly numbers?: readonly string[];
}

const readings: Readonly<Record<Table, Reading>> = {
  document: {
    select: `${columns.document}`,
    order: [
      ["kind", "text"],
      ["id", "text"],
    ],
    numbers: ["version", "created_at"],
  },
  key_use: { select: `${columns.key_use}`, order: [["access_key", "text"]], numbers: ["used_at"] },
  // In the order in which they were made, as far as it is known.
  item: {
    select: "at, bucket, key, state",
    order: [
      ["at", "bigint"],
      ["bucket", "smallint"],
      ["key", "bytea"],
    ],
    numbers: ["at"],
  },
  counter: {
    select:
      "bucket, key, max(until) AS until, json_agg(json_build_object('at', at, 'n', n, 'older', older::json)) AS slots",
    group: "GROUP BY bucket, key",
    order: [
      ["bucket", "smallint"],
      ["key", "text"],
    ],
  },
  // A gateway may use an id again: the newest message comes last.
  message: {
    select: "hash, until, bucket, item_key, verification_id, gateway_id, message_id",
    order: [
      ["hash", "bigint"],
      ["until", "bigint"],
      ["verification_id", "uuid"],
      ["message_id", "text"],
    ],
    numbers: ["hash", "until"],
  },
  queue: { select: `${columns.queue}`, order: [["id", "bigint"]], numbers: ["id", "due"] },
  history: { select: `${columns.history}`, order: [["verification_id", "uuid"]] },
  history_reduced: { select: `${columns.history_reduced}`, order: [["verification_id", "uuid"]] },
};

/** `placeOf`: of the keyring that belongs to the store. Throws StoreMissing, and StoreUnavailable while a server runs on it. */
export async function fromPostgres<T>(
  target: PostgresTarget,
  placeOf: PlaceOf,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const connections = new Connections(target, 1);
  const place = targetLabel(target);
  try {
    if ((await schemaNumber(connections)) === 0) throw new StoreMissing(`there is no store in ${place}`);
    await requireSchema(connections);
    return await connections.transaction(async (client) => {
      await hold(client, place);
      return work(sourceOf(client, place, await identityOf(client), placeOf));
    });
  } catch (fault) {
    throw kindOf(fault) === "outage" && sqlState(fault) !== undefined ? unavailable(fault) : fault;
  } finally {
    await connections.close();
  }
}

async function hold(client: pg.PoolClient, place: string): Promise<void> {
  const inUse = () => new StoreUnavailable(`${place} is in use: stop its servers before you move it`);
  const others = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid() AND application_name = current_setting('application_name')`;
  await client.query("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0");
  for (
    const deadline = performance.now() + leavingMs;
    ;
    await new Promise((resolve) => setTimeout(resolve, leavingPollMs))
  ) {
    await client.query("SELECT pg_stat_clear_snapshot()");
    if ((await client.query(others)).rowCount === 0) break;
    if (performance.now() >= deadline) throw inUse();
  }
  if ((await client.query("SELECT FROM antryk.installation WHERE move IS NOT NULL")).rowCount !== 0)
    throw unfinishedMove(place);
  try {
    await client.query(`LOCK TABLE ${[...tables, "installation"].map((table) => `antryk.${table}`)} IN SHARE MODE`);
  } catch (fault) {
    throw sqlState(fault) === lockNotAvailable ? inUse() : fault;
  }
}

/** All rows that were ever written, as the database counts them: a write changes it, and so does what resets the count. */
async function identityOf(client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query<{ written: string }>(
    `SELECT (SELECT id FROM antryk.installation) || ' ' || sum(n_tup_ins + n_tup_upd + n_tup_del) AS written
     FROM pg_stat_user_tables WHERE schemaname = 'antryk' AND relname NOT IN ('installation', 'node', 'schema_change')`,
  );
  return rows[0]?.written ?? "";
}

function sourceOf(client: pg.PoolClient, place: string, identity: string, placeOf: PlaceOf): Source {
  const count = async (sql: string) => Number((await longQuery<{ n: string }>(client, sql))[0]?.n);
  return {
    place,
    identity,
    installation: async () => {
      const [row] = await longQuery<Raw>(
        client,
        "SELECT id, canary, newest, generation, timeline FROM antryk.installation",
      );
      const { id, canary, newest, generation, timeline } = row ?? {};
      return {
        id: String(id),
        canary: typeof canary === "string" ? canary : null,
        newest: Number(newest),
        generation: Number(generation),
        codesFrom: decodeTimeline(typeof timeline === "string" ? timeline : null)?.codesFrom ?? 0,
      };
    },
    count: ({ table }) => {
      const { group = "" } = readings[table];
      return count(`SELECT count(*) AS n FROM (SELECT FROM antryk.${table} ${group}) AS t`);
    },
    size: (part) => count(sizeSql(part)),
    read: ({ table }, after) => read(client, table, after, placeOf),
  };
}

async function* read(
  client: pg.PoolClient,
  table: Table,
  after: Cursor | null,
  placeOf: PlaceOf,
): AsyncGenerator<Page> {
  const { select, order, group = "" } = readings[table];
  const keys = order.map(([column]) => column);
  const places = order.map(([, type], at) => `$${at + 1}::${type}`);
  const where = after ? `WHERE (${keys}) > (${places})` : "";
  const sql = `SELECT ${select} FROM antryk.${table} ${where} ${group} ORDER BY ${keys}`;
  await longQuery(client, `DECLARE moved NO SCROLL CURSOR FOR ${sql}`, [...(after ?? [])]);
  for (;;) {
    const raw = await longQuery<Raw>(client, `FETCH ${rowsPerPage} FROM moved`);
    const last = raw.at(-1);
    if (!last) break;
    yield { rows: raw.map((each) => toRow(table, each, placeOf)), end: keys.map((key) => placeIn(last[key])) };
  }
  await client.query("CLOSE moved");
}

function placeIn(value: unknown): string | number {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  return typeof value === "number" ? value : String(value);
}

/** A row as SQLite has it. The driver brings numbers of 64 bits as text. */
function toRow(table: Table, raw: Raw, placeOf: PlaceOf): Row {
  if (table === "counter") {
    const { at, n, older } = wholeOf(raw.slots as Counter[]);
    return { key: String(raw.key), at, n, until: Number(raw.until), older: JSON.stringify(older) };
  }
  const row: Record<string, Value> = { ...(raw as Row) };
  for (const name of readings[table].numbers ?? []) row[name] = Number(row[name]);
  if (table === "item") row.hash = hashOf(raw.key, raw.bucket, placeOf);
  if (table === "message") row.item_hash = hashOf(raw.item_key, raw.bucket, placeOf);
  return row;
}

function hashOf(key: unknown, bucket: unknown, placeOf: PlaceOf): number {
  const hash = rehash(refOf(key as Buffer, 0), placeOf);
  if (bucketOf(hash) !== bucket) throw new MoveRefused("the keyring is not the one that this store was made with");
  return hash;
}
