/** Migrations of SQLite. Safe when several processes start at once. */
import type { DatabaseSync } from "node:sqlite";
import { type Migration, migrationsDue } from "../migrations.ts";

/** Brings the schema up to date; returns the names of the migrations that ran. */
export function migrate(db: DatabaseSync, migrations: readonly Migration[]): string[] {
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT");
    const current = Number(db.prepare("SELECT coalesce(max(number), 0) AS number FROM migration").get()?.number);
    const due = migrationsDue(migrations, current);
    for (const { number, name, sql } of due) {
      db.exec(sql);
      db.prepare("INSERT INTO migration (number, name) VALUES (?, ?)").run(number, name);
    }
    db.exec("COMMIT");
    return due.map(({ name }) => name);
  } catch (fault) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw fault;
  }
}
