/** PostgreSQL as the store that is moved into. How far the move has come stands in the same transaction as the rows. */
import type pg from "pg";
import { bucketOfId, uuidTime } from "../../model/ids.ts";
import { bucketOf } from "../../model/recipient.ts";
import { Connections } from "../postgres/connections.ts";
import { HistoryDays } from "../postgres/history-days.ts";
import { requireSchema } from "../postgres/schema.ts";
import type { PostgresTarget } from "../postgres/target.ts";
import { bucketOfCounter } from "../postgres/wire.ts";
import { slotsOf } from "../rules/counters.ts";
import { movedTimeline } from "../rules/failover.ts";
import { dividedInto } from "./counters.ts";
import { longQuery, sizeSql } from "./postgres-queries.ts";
import { columns, type Row, type Table } from "./rows.ts";
import {
  compareMark,
  type LimitOf,
  type MovedInstallation,
  markOf,
  type Progress,
  type Source,
  type Target,
} from "./sides.ts";

/** Versions that no process gives (lane.ts): each moved row has another. */
const firstVersion = 2 ** 52;

/** What a table has here besides SQLite's columns, and what it lacks of them. */
const differences: Partial<
  Readonly<Record<Table, { readonly more: readonly string[]; readonly without?: readonly string[] }>>
> = {
  item: { more: ["bucket", "version"], without: ["hash"] },
  counter: { more: ["bucket", "slot", "version"] },
  message: { more: ["bucket"], without: ["item_hash"] },
  history: { more: ["bucket"] },
  history_reduced: { more: ["bucket"] },
};

export async function toPostgres<T>(target: PostgresTarget, work: (target: Target) => Promise<T>): Promise<T> {
  const connections = new Connections(target, 2);
  try {
    await requireSchema(connections);
    return await work(new PostgresEnd(connections));
  } finally {
    await connections.close();
  }
}

class PostgresEnd implements Target {
  readonly #connections: Connections;
  readonly #days: HistoryDays;

  constructor(connections: Connections) {
    this.#connections = connections;
    this.#days = new HistoryDays(connections);
  }

  async begin(source: Pick<Source, "place" | "identity">) {
    const [row] = await this.#connections.ask<{ move: string | null; used: boolean }>(
      `SELECT move, EXISTS (SELECT FROM antryk.document) OR EXISTS (SELECT FROM antryk.item) OR EXISTS (SELECT FROM antryk.history) AS used
       FROM antryk.installation`,
    );
    if (row?.move) return compareMark(row.move, source);
    if (row?.used) return "occupied";
    await this.#long(async (client) => {
      await client.query(
        "CREATE TABLE antryk.move_progress (name text PRIMARY KEY, cursor text, rows bigint NOT NULL, done boolean NOT NULL)",
      );
      await client.query("UPDATE antryk.installation SET move = $1", [markOf(source)]);
    });
    return "new";
  }

  async progress(table: Table): Promise<Progress> {
    const [row] = await this.#connections.ask<{ cursor: string; rows: string; done: boolean }>(
      "SELECT cursor, rows, done FROM antryk.move_progress WHERE name = $1",
      [table],
    );
    return { cursor: row ? JSON.parse(row.cursor) : null, rows: Number(row?.rows ?? 0), done: row?.done ?? false };
  }

  async write(table: Table, rows: readonly Row[], before: Progress, next: Progress, limitOf: LimitOf): Promise<void> {
    if (table === "history") await this.#days.makeFor(rows.map((row) => uuidTime(String(row.verification_id))));
    const { more = [], without = [] } = differences[table] ?? {};
    const names = [...columns[table].filter((name) => !without.includes(name)), ...more];
    const made = rows.flatMap((row, at) => toRows(table, row, firstVersion + before.rows + at, limitOf));
    await this.#long(async (client) => {
      if (made.length > 0) {
        const from = `SELECT ${names} FROM json_populate_recordset(NULL::antryk.${table}, $1)`;
        const insert = `INSERT INTO antryk.${table} (${names}) ${table === "queue" ? "OVERRIDING SYSTEM VALUE " : ""}${from}`;
        await longQuery(client, insert, [JSON.stringify(made)]);
      }
      await client.query(
        `INSERT INTO antryk.move_progress (name, cursor, rows, done) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, rows = excluded.rows, done = excluded.done`,
        [table, JSON.stringify(next.cursor), next.rows, next.done],
      );
    });
  }

  size(table: Table): Promise<number> {
    return this.#long(async (client) => Number((await longQuery<{ n: string }>(client, sizeSql(table)))[0]?.n));
  }

  finish({ id, canary, newest, generation, codesFrom }: MovedInstallation): Promise<void> {
    return this.#long(async (client) => {
      await client.query(
        "SELECT setval(pg_get_serial_sequence('antryk.queue', 'id'), max(id)) FROM antryk.queue HAVING count(*) > 0",
      );
      await client.query(
        `UPDATE antryk.installation
           SET id = $1, canary = $2, newest = greatest(newest, $3), generation = $4, timeline = $5, move = NULL`,
        [id, canary, newest, generation, movedTimeline(codesFrom)],
      );
      await client.query("DROP TABLE antryk.move_progress");
    });
  }

  #long<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#connections.askTransaction(async (client) => {
      await client.query("SET LOCAL statement_timeout = 0");
      return work(client);
    });
  }
}

/** A row as JSON brings it to PostgreSQL; a counter as its slots. */
function toRows(table: Table, row: Row, version: number, limitOf: LimitOf): object[] {
  if (table === "counter") return slotsIn(row, version, limitOf);
  const made: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row))
    made[name] = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : value;
  if (table === "item") Object.assign(made, { bucket: bucketOf(Number(row.hash)), version });
  if (table === "message") made.bucket = bucketOf(Number(row.item_hash));
  if (table === "history" || table === "history_reduced") made.bucket = bucketOfId(String(row.verification_id));
  return [made];
}

function slotsIn({ key, at, n, until, older }: Row, version: number, limitOf: LimitOf): object[] {
  const counter = { at: Number(at), n: Number(n), older: JSON.parse(String(older)) };
  const bucket = bucketOfCounter(String(key));
  return dividedInto(slotsOf({ count: limitOf(String(key)) }), counter).flatMap((part, slot) =>
    part.n === 0
      ? []
      : [{ key, bucket, slot, version, until, at: part.at, n: part.n, older: JSON.stringify(part.older) }],
  );
}
