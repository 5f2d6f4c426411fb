/** Opens the embedded engine: WAL, every commit on disk before its answer. */
import { chmodSync, closeSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { bounds } from "@antryk/contract";
import { StoreUnavailable, unfinishedMove } from "../../model/errors.ts";
import { uuidFloor, uuidTime } from "../../model/ids.ts";
import { makePrivateFolder } from "../../model/private-folder.ts";
import { type Clock, mostAheadMs, SteadyClock } from "../clock.ts";
import type { Store } from "../port.ts";
import { recipientKind } from "../rules/kinds.ts";
import { newestTimeIn, type RecipientRow } from "../rules/row.ts";
import { storeOver } from "../store.ts";
import { isOutage } from "./batch.ts";
import { SqliteEngine } from "./engine.ts";
import { ServerLock } from "./file.ts";
import { Items } from "./items.ts";
import { upgradeSchema } from "./schema.ts";

/** Longer busy waits would freeze the event loop; the batcher retries without blocking. */
const busyTimeoutMs = 20;

export interface SqliteOptions {
  /** File path, or `:memory:`. */
  readonly path: string;
  /** For a server: no other may have the file. Default: `false`. */
  readonly isServer?: boolean;
  /** For tests; the default is wall time at start plus the monotonic clock. */
  readonly clock?: Clock;
}

/** Opens the file, making it (0600) and its folder if they are missing, and brings its schema up to date. */
export function openSqliteStore(options: SqliteOptions): Store {
  return storeOver(openSqliteEngine(options));
}

/** The same without the store's verbs. */
export function openSqliteEngine({ path, clock, isServer = false }: SqliteOptions): SqliteEngine {
  return openWith(path, (db) => {
    if (db.prepare("SELECT 1 FROM installation WHERE move IS NOT NULL").get()) throw unfinishedMove(path);
    const isFile = path !== ":memory:";
    const lock = isFile && isServer ? { lock: new ServerLock(path) } : {};
    return new SqliteEngine(db, clock ?? new SteadyClock(newestTime(db)), { ...lock, ...(isFile ? { path } : {}) });
  });
}

/** The file with an up-to-date schema, whatever it is used for. */
export function openDatabase(path: string): DatabaseSync {
  return openWith(path, (db) => db);
}

function openWith<T>(path: string, use: (db: DatabaseSync) => T): T {
  if (path !== ":memory:") createPrivately(resolve(path));
  const db = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true });
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY");
    // Counters of clients and prefixes are random pages: the more the log holds, the fewer are written back twice.
    db.exec("PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 16000");
    upgradeSchema(db);
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    return use(db);
  } catch (fault) {
    db.close();
    throw isOutage(fault) ? new StoreUnavailable(`the store ${path} can't be opened`, { cause: fault }) : fault;
  }
}

function createPrivately(path: string): void {
  try {
    makePrivateFolder(dirname(path));
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
  } catch (fault) {
    throw new StoreUnavailable(`the store ${path} can't be opened`, { cause: fault });
  }
}

/** The newest time that the store has seen, Unix ms; its clock never shows an earlier one. */
function newestTime(db: DatabaseSync): number {
  // What a clock that was far ahead has left behind hides no real time: rows are looked at from the present on.
  const most = Date.now() + mostAheadMs;
  const recipients =
    "SELECT at FROM item WHERE substr(key, 1, 1) = CAST('r' AS BLOB) AND at <= ? ORDER BY at DESC LIMIT 1";
  const history = "SELECT max(verification_id) AS id FROM history WHERE verification_id < ?";
  const id = db.prepare(history).get(uuidFloor(most))?.id;
  const issued = Math.max(Number(db.prepare(recipients).get(most)?.at ?? 0), typeof id === "string" ? uuidTime(id) : 0);
  const seen = Number(db.prepare("SELECT newest FROM installation").get()?.newest ?? 0);
  let newest = Math.max(issued, seen > most ? 0 : seen);
  // Only codes that may still live were written to after they were issued.
  for (const { ref, row, fault } of new Items(db).since(issued - bounds.ttlSeconds.max * 1000)) {
    const time = ref.kind === recipientKind && !fault ? newestTimeIn(row as RecipientRow) : 0;
    if (time <= most) newest = Math.max(newest, time);
  }
  return newest;
}
