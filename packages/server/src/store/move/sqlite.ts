/** SQLite as either end of a move. The file is held meanwhile, so that no server has it open. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { StoreMissing, StoreUnavailable, unfinishedMove } from "../../model/errors.ts";
import { decodeTimeline, movedTimeline } from "../rules/failover.ts";
import { encodeMark } from "../rules/move-mark.ts";
import { isBusy } from "../sqlite/batch.ts";
import { openDatabase } from "../sqlite/open.ts";
import { type Cursor, columns, type Part, type Row, type Table } from "./rows.ts";
import { compareMark, type MovedInstallation, type Page, type Progress, type Source, type Target } from "./sides.ts";

const rowsPerPage = 1_000;

/** Each table's own order. */
const order: Readonly<Record<Table, readonly string[]>> = {
  document: ["kind", "id"],
  key_use: ["access_key"],
  item: ["row_id"],
  counter: ["key"],
  message: ["row_id"],
  queue: ["id"],
  history: ["verification_id"],
  history_reduced: ["verification_id"],
};

/** Throws StoreMissing, and StoreUnavailable while a server has the file open. */
export async function fromSqlite<T>(path: string, work: (source: Source) => Promise<T>): Promise<T> {
  if (!existsSync(path)) throw new StoreMissing(`there is no store at ${path}`);
  const db = hold(path);
  try {
    if (markIn(db) !== undefined) throw unfinishedMove(path);
    // Whoever wrote last has closed the file, or its log was taken over just now: the file's time shows every write.
    const { mtimeMs, size } = statSync(path);
    return await work(sourceOf(db, resolve(path), `${mtimeMs} ${size}`));
  } finally {
    db.close();
  }
}

/** Throws StoreUnavailable while a server has the file open. */
export async function toSqlite<T>(path: string, work: (target: Target) => Promise<T>): Promise<T> {
  const db = hold(path);
  try {
    return await work(targetOf(db));
  } finally {
    db.close();
  }
}

/** Brings the schema up to date, so that both stores are what this program knows, and takes the file for itself. */
function hold(path: string): DatabaseSync {
  openDatabase(path).close();
  const db = openDatabase(path);
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
    return db;
  } catch (fault) {
    db.close();
    throw isBusy(fault) ? new StoreUnavailable(`${path} is in use: stop its server before you move it`) : fault;
  }
}

function sourceOf(db: DatabaseSync, place: string, identity: string): Source {
  return {
    place,
    identity,
    installation: async () => installationOf(db),
    count: async (part) => numberOf(db, `SELECT count(*) AS n FROM ${part.table} ${whereOf(part)}`),
    size: async (part) => sizeOf(db, part),
    read: (part, after) => read(db, part, after),
  };
}

/** Ids are text of one form, so nothing in them must be escaped. */
function whereOf({ from, before }: Part): string {
  const bounds = [from && `verification_id >= '${from}'`, before && `verification_id < '${before}'`].filter(Boolean);
  return bounds.length === 0 ? "" : `WHERE ${bounds.join(" AND ")}`;
}

async function* read(db: DatabaseSync, part: Part, after: Cursor | null): AsyncGenerator<Page> {
  const { table } = part;
  const keys = order[table];
  const within = whereOf(part);
  const places = keys.map((key, at) => `${key} AS place_${at}`);
  const select = (where: string) =>
    db.prepare(`SELECT ${[...columns[table], ...places]} FROM ${table} ${where} ORDER BY ${keys} LIMIT ${rowsPerPage}`);
  const first = select(within);
  const next = select(`${within === "" ? "WHERE" : `${within} AND`} (${keys}) > (${keys.map(() => "?")})`);
  for (let end = after; ; ) {
    const rows = (end ? next.all(...end) : first.all()) as Row[];
    const last = rows.at(-1);
    if (!last) return;
    end = keys.map((_, at) => last[`place_${at}`] as string | number);
    yield { rows, end };
  }
}

function targetOf(db: DatabaseSync): Target {
  return {
    opensEarly: false,
    begin: async (mark) => {
      const stands = markIn(db);
      if (stands !== undefined) return compareMark(stands, mark);
      const used =
        "SELECT EXISTS (SELECT 1 FROM document) OR EXISTS (SELECT 1 FROM item) OR EXISTS (SELECT 1 FROM history) AS n";
      if (numberOf(db, used) === 1) return { kind: "occupied" };
      inTransaction(db, () => {
        db.exec(
          "CREATE TABLE move_progress (name TEXT PRIMARY KEY, cursor TEXT, rows INTEGER NOT NULL, done INTEGER NOT NULL) STRICT",
        );
        db.prepare("UPDATE installation SET move = ?").run(encodeMark(mark));
      });
      return { kind: "new", mark };
    },
    progress: async ({ name }): Promise<Progress> => {
      const row = db.prepare("SELECT cursor, rows, done FROM move_progress WHERE name = ?").get(name);
      return {
        cursor: row ? JSON.parse(String(row.cursor)) : null,
        rows: Number(row?.rows ?? 0),
        done: row?.done === 1,
      };
    },
    write: async ({ name: part, table }, rows, _before, next) => {
      const names = columns[table];
      inTransaction(db, () => {
        const insert = db.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => "?")})`);
        for (const row of rows) insert.run(...names.map((name) => row[name] ?? null));
        db.prepare("INSERT OR REPLACE INTO move_progress (name, cursor, rows, done) VALUES (?, ?, ?, ?)").run(
          part,
          JSON.stringify(next.cursor),
          next.rows,
          next.done ? 1 : 0,
        );
      });
    },
    writeBehind: neverOpen,
    size: async (part) => sizeOf(db, part),
    open: neverOpen,
    finish: async (installation) => {
      if (!installation) return neverOpen();
      const { id, canary, newest, generation, codesFrom } = installation;
      inTransaction(db, () => {
        const moved =
          "UPDATE installation SET id = ?, canary = ?, newest = max(newest, ?), generation = ?, timeline = ?, move = NULL";
        db.prepare(moved).run(id, canary, newest, generation, movedTimeline(codesFrom));
        db.exec("DROP TABLE move_progress");
      });
    },
  };
}

/** A file has one server, and the move holds it until all is there. */
function neverOpen(): never {
  throw new Error("a file is not opened before all is moved");
}

function markIn(db: DatabaseSync): string | undefined {
  const mark = db.prepare("SELECT move FROM installation").get()?.move;
  return typeof mark === "string" ? mark : undefined;
}

function installationOf(db: DatabaseSync): MovedInstallation {
  const row = db.prepare("SELECT id, canary, newest, generation, timeline FROM installation").get();
  return {
    id: String(row?.id),
    canary: typeof row?.canary === "string" ? row.canary : null,
    newest: Number(row?.newest),
    generation: Number(row?.generation),
    codesFrom: decodeTimeline(typeof row?.timeline === "string" ? row.timeline : null)?.codesFrom ?? 0,
  };
}

function sizeOf(db: DatabaseSync, part: Part): number {
  if (part.table !== "counter") return numberOf(db, `SELECT count(*) AS n FROM ${part.table} ${whereOf(part)}`);
  const older = "SELECT coalesce(sum(json_extract(value, '$[1]')), 0) FROM json_each(older)";
  return numberOf(db, `SELECT coalesce(sum(n + (${older})), 0) AS n FROM counter`);
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(db.prepare(sql).get()?.n);
}

function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (fault) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw fault;
  }
}
