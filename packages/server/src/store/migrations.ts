/** What the engines' migrations share. Numbered, immutable SQL files; an older program refuses a newer schema. */
import { readdirSync, readFileSync } from "node:fs";
import { SchemaTooNew } from "../model/errors.ts";

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** The migrations of a folder, by number. */
export function loadMigrations(folder: URL): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name, sql: readFileSync(new URL(name, folder), "utf8") }));
}

/** What a schema of this number still needs. Throws SchemaTooNew. */
export function migrationsDue(migrations: readonly Migration[], current: number): Migration[] {
  const newest = migrations.at(-1)?.number ?? 0;
  if (current > newest)
    throw new SchemaTooNew(`the store's schema is number ${current}, this antryk knows up to ${newest}: run the newer version`);
  return migrations.filter(({ number }) => number > current);
}
