/** Numbered, immutable migrations. Safe when several processes start at once; an older program refuses a newer schema. */
import { readdirSync, readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

/** A schema that this program does not know. */
export class SchemaTooNew extends Error {
  override readonly name = "SchemaTooNew";
}

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

export function loadMigrations(folder: URL): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name, sql: readFileSync(new URL(name, folder), "utf8") }));
}

/** Brings the schema up to date; returns the names of the migrations that ran. */
export function migrate(db: DatabaseSync, migrations: readonly Migration[]): string[] {
  const ran: string[] = [];
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT");
    const current = Number(db.prepare("SELECT coalesce(max(number), 0) AS number FROM migration").get()?.number);
    const newest = migrations.at(-1)?.number ?? 0;
    if (current > newest)
      throw new SchemaTooNew(`the store's schema is number ${current}, this antryk knows up to ${newest}: run the newer version`);
    for (const { number, name, sql } of migrations) {
      if (number <= current) continue;
      db.exec(sql);
      db.prepare("INSERT INTO migration (number, name) VALUES (?, ?)").run(number, name);
      ran.push(name);
    }
    db.exec("COMMIT");
  } catch (fault) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw fault;
  }
  return ran;
}
