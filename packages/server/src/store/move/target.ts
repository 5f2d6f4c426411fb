/** The PostgreSQL store that is moved into. How far it has come stands in the same transaction as the rows. */
import type pg from "pg";
import { uuidFloor, uuidTime } from "../../model/ids.ts";
import { Connections } from "../postgres/connections.ts";
import { openPostgresStore } from "../postgres/open.ts";
import type { PostgresTarget } from "../postgres/target.ts";
import type { Columns } from "./rows.ts";
import type { Cursor, Source } from "./source.ts";

const patienceMs = 10 * 60_000;
const dayMs = 86_400_000;

export interface Progress {
  readonly cursor: Cursor | null;
  readonly rows: number;
  readonly done: boolean;
}

export class Target {
  readonly #connections: Connections;

  private constructor(connections: Connections) {
    this.#connections = connections;
  }

  static async open(target: PostgresTarget): Promise<Target> {
    await (await openPostgresStore({ target })).close();
    return new Target(new Connections(target, 2));
  }

  /**
   * Whether the move may run here: into an empty store, or on from where an earlier run of it stopped. `changed`: an earlier run of
   * this path stopped here, and the source was written since.
   */
  async begin({
    path,
    identity,
  }: Pick<Source, "path" | "identity">): Promise<"new" | "resumed" | "changed" | "occupied"> {
    const [there] = await this.#connections.ask<{ there: boolean }>(
      "SELECT to_regclass('move_progress') IS NOT NULL AS there",
    );
    if (there?.there) {
      const [row] = await this.#connections.ask<{ cursor: unknown }>(
        "SELECT cursor FROM move_progress WHERE name = ''",
      );
      const [earlierPath, earlierIdentity] = Array.isArray(row?.cursor) ? row.cursor : [];
      if (earlierPath !== path) return "occupied";
      return earlierIdentity === identity ? "resumed" : "changed";
    }
    const [used] = await this.#connections.ask<{ used: boolean }>(
      "SELECT EXISTS (SELECT FROM account) OR EXISTS (SELECT FROM recipient) AS used",
    );
    if (used?.used) return "occupied";
    await this.#connections.transaction(async (client) => {
      await client.query(
        "CREATE TABLE move_progress (name text PRIMARY KEY, cursor jsonb, rows bigint NOT NULL DEFAULT 0, done boolean NOT NULL DEFAULT false)",
      );
      await client.query("INSERT INTO move_progress (name, cursor) VALUES ('', $1)", [
        JSON.stringify([path, identity]),
      ]);
    });
    return "new";
  }

  async columns(table: string): Promise<Columns> {
    const rows = await this.#connections.ask<{ column_name: string; data_type: string }>(
      "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1",
      [table],
    );
    return new Map(rows.map((row) => [row.column_name, row.data_type]));
  }

  async progress(table: string): Promise<Progress> {
    const [row] = await this.#connections.ask<{ cursor: Cursor | null; rows: string; done: boolean }>(
      "SELECT cursor, rows, done FROM move_progress WHERE name = $1",
      [table],
    );
    return row
      ? { cursor: row.cursor, rows: Number(row.rows), done: row.done }
      : { cursor: null, rows: 0, done: false };
  }

  /** Writes the rows and where they end, both or neither. */
  write(table: string, columns: Columns, rows: readonly object[], next: Progress): Promise<void> {
    return this.#connections.transaction(async (client) => {
      await client.query("SET LOCAL statement_timeout = 0");
      const names = [...columns.keys()].filter((name) => rows.some((row) => name in row)).join(", ");
      if (rows.length > 0)
        await patiently(
          client,
          `INSERT INTO ${table} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1)`,
          [JSON.stringify(rows)],
        );
      await client.query(
        `INSERT INTO move_progress (name, cursor, rows, done) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, rows = excluded.rows, done = excluded.done`,
        [table, JSON.stringify(next.cursor), next.rows, next.done],
      );
    });
  }

  /** Makes the history's days from this entry on, so that its rows stand in partitions of their own. */
  async makeHistoryDays(oldest: string): Promise<void> {
    const today = Math.floor(Date.now() / dayMs) * dayMs;
    for (let day = Math.floor(uuidTime(oldest) / dayMs) * dayMs; day < today; day += dayMs) {
      const name = `verification_history_${new Date(day).toISOString().slice(0, 10).replaceAll("-", "")}`;
      const [there] = await this.#connections.ask<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [
        name,
      ]);
      if (there?.there) continue;
      const bound = (ms: number) => `'${uuidFloor(ms)}-0000-0000-000000000000'`;
      await this.#connections.transaction(async (client) => {
        await client.query(`CREATE TABLE ${name} (LIKE verification_history INCLUDING ALL)`);
        await client.query(
          `ALTER TABLE verification_history ATTACH PARTITION ${name} FOR VALUES FROM (${bound(day)}) TO (${bound(day + dayMs)})`,
        );
      });
    }
  }

  /** As the source's. */
  size(table: string): Promise<number> {
    return this.#connections.transaction(async (client) => {
      await client.query("SET LOCAL statement_timeout = 0");
      const what = table === "limit_bucket" ? "coalesce(sum(count), 0)" : "count(*)";
      const [row] = await patiently<{ n: string }>(client, `SELECT ${what} AS n FROM ${table}`, []);
      return Number(row?.n);
    });
  }

  async finish(): Promise<void> {
    await this.#connections.ask("DROP TABLE move_progress");
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}

async function patiently<Row extends pg.QueryResultRow>(
  client: pg.PoolClient,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  const query: pg.QueryConfig & { query_timeout: number } = { text, values, query_timeout: patienceMs };
  return (await client.query<Row>(query)).rows;
}
