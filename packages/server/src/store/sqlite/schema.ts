/** Sets up and upgrades the schema of SQLite. Safe if several processes start at once. */
import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { changesDue, loadSchema, newestOf, writerOf } from "../schema.ts";

export const sqliteSchema = loadSchema(new URL("./schema/", import.meta.url));

/** Brings the schema up to date; returns the names of the changes that were applied. */
export function upgradeSchema(db: DatabaseSync): string[] {
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec(
      `CREATE TABLE IF NOT EXISTS schema_change
         (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT`,
    );
    const applied = db.prepare("SELECT number, checksum FROM schema_change").all();
    const minWriter =
      applied.length === 0 ? 0 : Number(db.prepare("SELECT min_writer FROM installation").get()?.min_writer ?? 0);
    const due = changesDue(
      sqliteSchema,
      applied.map(({ number, checksum }) => ({ number: Number(number), checksum: String(checksum) })),
      minWriter,
    );
    for (const { number, name, sql, checksum } of due) {
      db.exec(sql);
      db.prepare("INSERT INTO schema_change (number, name, checksum) VALUES (?, ?, ?)").run(number, name, checksum);
    }
    if (due.length > 0) {
      const install = `INSERT INTO installation (one, id, schema, min_reader, min_writer, newest, generation)
        VALUES (1, ?1, ?2, 1, ?3, 0, 1) ON CONFLICT (one)
        DO UPDATE SET schema = max(schema, excluded.schema), min_writer = max(min_writer, excluded.min_writer)`;
      db.prepare(install).run(randomUUID(), newestOf(sqliteSchema), writerOf(due));
    }
    db.exec("COMMIT");
    return due.map(({ name }) => name);
  } catch (fault) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw fault;
  }
}
