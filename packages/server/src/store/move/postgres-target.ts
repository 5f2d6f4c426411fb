/** PostgreSQL as the store that is moved into. How far the move has come stands in the same transaction as the rows. */
import type pg from "pg";
import { bucketOfId, uuidTime } from "../../model/ids.ts";
import { bucketOf } from "../../model/recipient.ts";
import { Connections } from "../postgres/connections.ts";
import { HistoryDays } from "../postgres/history-days.ts";
import { moveLock } from "../postgres/move-erased.ts";
import { requireSchema } from "../postgres/schema.ts";
import { type PostgresTarget, targetLabel } from "../postgres/target.ts";
import { bucketOfCounter } from "../postgres/wire.ts";
import { slotsOf } from "../rules/counters.ts";
import { movedTimeline } from "../rules/failover.ts";
import { decodeMark, encodeMark, type MoveMark } from "../rules/move-mark.ts";
import { dividedInto } from "./counters.ts";
import { longQuery, sizeSql } from "./postgres-queries.ts";
import { columns, type Part, partsOf, type Row, type Table } from "./rows.ts";
import {
  type Begun,
  compareMark,
  type LimitOf,
  type MovedInstallation,
  MoveRefused,
  type NumberHash,
  type Progress,
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

/** What stands beside the tables while a move is made; the servers' role gets the rights that it has elsewhere. */
const moveTables = [
  "CREATE TABLE antryk.move_progress (name text PRIMARY KEY, cursor text, rows bigint NOT NULL, done boolean NOT NULL)",
  // Numbers that were erased while history was behind: channel, and a keyed hash.
  "CREATE TABLE antryk.move_erased (channel text, hash bytea, PRIMARY KEY (channel, hash))",
];
const grants = `SELECT format('GRANT %s ON antryk.move_progress, antryk.move_erased TO %s', a.privilege_type,
    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END) AS sql
  FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = 'antryk.document'::regclass AND a.grantee <> c.relowner`;

export async function toPostgres<T>(target: PostgresTarget, work: (target: Target) => Promise<T>): Promise<T> {
  const connections = new Connections(target, 2);
  try {
    await requireSchema(connections);
    return await work(new PostgresEnd(connections));
  } finally {
    await connections.close();
  }
}

/** Ends a move whose servers run already, without the history that is missing. Throws MoveRefused if there is none. */
export function leaveHistory(target: PostgresTarget): Promise<void> {
  return toPostgres(target, async (end) => {
    const mark = await (end as PostgresEnd).mark();
    if (!mark?.behind) throw new MoveRefused(`no history is behind in ${targetLabel(target)}`);
    await end.finish(undefined);
  });
}

class PostgresEnd implements Target {
  readonly opensEarly = true;
  readonly #connections: Connections;
  readonly #days: HistoryDays;

  constructor(connections: Connections) {
    this.#connections = connections;
    this.#days = new HistoryDays(connections);
  }

  async mark(): Promise<MoveMark | undefined> {
    const [row] = await this.#connections.ask<{ move: string | null }>("SELECT move FROM antryk.installation");
    return row?.move ? decodeMark(row.move) : undefined;
  }

  async begin(mark: MoveMark): Promise<Begun> {
    const [row] = await this.#connections.ask<{ move: string | null; used: boolean }>(
      `SELECT move, EXISTS (SELECT FROM antryk.document) OR EXISTS (SELECT FROM antryk.item) OR EXISTS (SELECT FROM antryk.history) AS used
       FROM antryk.installation`,
    );
    if (row?.move) return compareMark(row.move, mark);
    if (row?.used) return { kind: "occupied" };
    await this.#long(async (client) => {
      for (const table of moveTables) await client.query(table);
      for (const { sql } of (await client.query<{ sql: string }>(grants)).rows) await client.query(sql);
      await client.query("UPDATE antryk.installation SET move = $1", [encodeMark(mark)]);
    });
    return { kind: "new", mark };
  }

  async progress({ name }: Part): Promise<Progress> {
    const [row] = await this.#connections.ask<{ cursor: string; rows: string; done: boolean }>(
      "SELECT cursor, rows, done FROM antryk.move_progress WHERE name = $1",
      [name],
    );
    return { cursor: row ? JSON.parse(row.cursor) : null, rows: Number(row?.rows ?? 0), done: row?.done ?? false };
  }

  async write(part: Part, rows: readonly Row[], before: Progress, next: Progress, limitOf: LimitOf): Promise<void> {
    await this.#makeDays(part, rows);
    const made = rows.flatMap((row, at) => toRows(part.table, row, firstVersion + before.rows + at, limitOf));
    await this.#long(async (client) => {
      await client.query(losable);
      await insert(client, part, made);
      await note(client, part, next);
    });
  }

  async writeBehind(
    part: Part,
    rows: readonly Row[],
    before: Progress,
    next: Progress,
    hash: NumberHash,
  ): Promise<void> {
    await this.#makeDays(part, rows);
    await this.#long(async (client) => {
      await client.query(losable);
      // From here on no erasure is noted until these rows are there for it to find.
      await longQuery(client, moveLock);
      const erased = await erasedNumbers(client);
      const kept = erased.size === 0 ? rows : rows.filter((row) => !erased.has(numberIn(row, hash)));
      await insert(
        client,
        part,
        kept.flatMap((row, at) => toRows(part.table, row, firstVersion + before.rows + at, () => 0)),
      );
      await note(client, part, next);
      await longQuery(
        client,
        `UPDATE antryk.installation SET move = jsonb_set(move::jsonb, '{behind,moved}',
           (SELECT to_jsonb(sum(rows)) FROM antryk.move_progress WHERE name = ANY ($1)))`,
        [partsOf(0).behind.map(({ name }) => name)],
      );
    });
  }

  size(part: Part): Promise<number> {
    return this.#long(async (client) => Number((await longQuery<{ n: string }>(client, sizeSql(part)))[0]?.n));
  }

  open(installation: MovedInstallation, all: number): Promise<void> {
    return this.#long(async (client) => {
      await client.query(
        "SELECT setval(pg_get_serial_sequence('antryk.queue', 'id'), max(id)) FROM antryk.queue HAVING count(*) > 0",
      );
      const { id, canary, newest, generation, codesFrom } = installation;
      await client.query(
        `UPDATE antryk.installation SET id = $1, canary = $2, newest = greatest(newest, $3), generation = $4, timeline = $5,
           move = jsonb_set(move::jsonb, '{behind}', $6::jsonb)`,
        [id, canary, newest, generation, movedTimeline(codesFrom), JSON.stringify({ moved: 0, all })],
      );
    });
  }

  /** It was opened before: what the installation is stands there. */
  finish(_installation: MovedInstallation | undefined): Promise<void> {
    return this.#long(async (client) => {
      await longQuery(client, moveLock);
      await longQuery(client, "UPDATE antryk.installation SET move = NULL");
      await client.query("DROP TABLE antryk.move_progress, antryk.move_erased");
    });
  }

  async #makeDays({ table }: Part, rows: readonly Row[]): Promise<void> {
    if (table === "history") await this.#days.makeFor(rows.map((row) => uuidTime(String(row.verification_id))));
  }

  #long<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#connections.askTransaction(async (client) => {
      await client.query("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0");
      return work(client);
    });
  }
}

/** If a crash loses it, it loses what was noted with it, and it is done again. */
const losable = "SET LOCAL synchronous_commit = off";

async function insert(client: pg.PoolClient, { table }: Part, made: readonly object[]): Promise<void> {
  if (made.length === 0) return;
  const { more = [], without = [] } = differences[table] ?? {};
  const names = [...columns[table].filter((name) => !without.includes(name)), ...more];
  const from = `SELECT ${names} FROM json_populate_recordset(NULL::antryk.${table}, $1)`;
  const overriding = table === "queue" ? "OVERRIDING SYSTEM VALUE " : "";
  await longQuery(client, `INSERT INTO antryk.${table} (${names}) ${overriding}${from}`, [JSON.stringify(made)]);
}

async function note(client: pg.PoolClient, { name }: Part, { cursor, rows, done }: Progress): Promise<void> {
  await client.query(
    `INSERT INTO antryk.move_progress (name, cursor, rows, done) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, rows = excluded.rows, done = excluded.done`,
    [name, JSON.stringify(cursor), rows, done],
  );
}

async function erasedNumbers(client: pg.PoolClient): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ channel: string; hash: Buffer }>(
    "SELECT channel, hash FROM antryk.move_erased",
  );
  return new Set(rows.map(({ channel, hash }) => `${channel} ${hash.toString("hex")}`));
}

function numberIn({ channel, recipient, recipient_hash: reduced }: Row, hash: NumberHash): string {
  const of = reduced instanceof Uint8Array ? Buffer.from(reduced) : hash(String(recipient));
  return `${channel} ${of.toString("hex")}`;
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
