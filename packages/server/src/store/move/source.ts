/** The SQLite store that is moved: read in the order of its keys, and held so that nobody writes meanwhile. */
import { existsSync, statSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { StoreMissing, StoreUnavailable } from "../../model/errors.ts";
import { isBusy } from "../sqlite/batch.ts";
import { openSqliteStore } from "../sqlite/open.ts";

export type SourceRow = Readonly<Record<string, SQLInputValue>>;
export type Cursor = readonly (string | number)[];

/** Others refer to these. */
const first = ["account", "access_key", "service", "gateway"];
const notMoved = new Set(["migration", "ping"]);

export class Source {
  readonly path: string;
  /** When it was last written: a move that was cut off goes on only with what it began with. */
  readonly identity: string;
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.path = path;
    const { mtimeMs, size } = statSync(path);
    this.identity = `${mtimeMs} ${size}`;
  }

  /** Throws StoreMissing, and StoreUnavailable while a server has the file open. */
  static async open(path: string): Promise<Source> {
    if (!existsSync(path)) throw new StoreMissing(`there is no store at ${path}`);
    // Brings its schema up to date: both stores are then what this program knows.
    await openSqliteStore({ path }).close();
    const db = new DatabaseSync(path);
    try {
      db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
    } catch (fault) {
      db.close();
      throw isBusy(fault) ? new StoreUnavailable(`${path} is in use: stop its server before you move it`) : fault;
    }
    // Whoever wrote last has closed the file, or its log was taken over just now: the file's time tells of every write.
    return new Source(db, path);
  }

  /** Names, in the order in which they can be written. */
  tables(): string[] {
    const names = this.#db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
      .all()
      .map(({ name }) => String(name))
      .filter((name) => !notMoved.has(name));
    return [...first.filter((name) => names.includes(name)), ...names.filter((name) => !first.includes(name))];
  }

  /** Rows, or what stands for them where the other engine divides them: the sum of the counts. */
  size(table: string): number {
    return Number(
      this.#db
        .prepare(`SELECT ${table === "limit_bucket" ? "coalesce(sum(count), 0)" : "count(*)"} AS n FROM ${table}`)
        .get()?.n,
    );
  }

  rows(table: string): number {
    return Number(this.#db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
  }

  /** The rows after `after`, and where they end. */
  read(table: string, after: Cursor | null, limit: number): { rows: SourceRow[]; end: Cursor | null } {
    const key = this.#db
      .prepare(`PRAGMA table_info(${table})`)
      .all()
      .filter(({ pk }) => Number(pk) > 0)
      .sort((a, b) => Number(a.pk) - Number(b.pk))
      .map(({ name }) => String(name));
    const where = after ? `WHERE (${key.join(", ")}) > (${key.map(() => "?").join(", ")})` : "";
    const rows = this.#db
      .prepare(`SELECT * FROM ${table} ${where} ORDER BY ${key.join(", ")} LIMIT ?`)
      .all(...(after ?? []), limit);
    const last = rows.at(-1);
    return { rows: rows as SourceRow[], end: last ? key.map((name) => last[name] as string | number) : null };
  }

  /** Whose a verification is; `undefined` where it is gone. */
  accountOf(verificationId: string): string | undefined {
    const found = this.#db
      .prepare(
        `SELECT account_id FROM recipient WHERE verification_id = :id UNION ALL SELECT account_id FROM verification_history WHERE verification_id = :id
         UNION ALL SELECT account_id FROM verification_history_reduced WHERE verification_id = :id`,
      )
      .get({ id: verificationId });
    return found && String(found.account_id);
  }

  /** When the oldest entry of the history was issued, as its id. */
  oldestHistory(): string | undefined {
    const found = this.#db.prepare("SELECT min(verification_id) AS id FROM verification_history").get();
    return typeof found?.id === "string" ? found.id : undefined;
  }

  close(): void {
    this.#db.close();
  }
}
