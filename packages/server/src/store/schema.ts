/**
 * What the engines' schemas share: numbered, immutable SQL files. What was applied is recorded with its checksum, so
 * a file that was changed afterwards is noticed; an older program refuses a newer schema.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { SchemaTooNew } from "../model/errors.ts";

export interface SchemaChange {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
}

export interface AppliedChange {
  readonly number: number;
  readonly checksum: string;
}

/** The changes of a folder, by number. */
export function loadSchema(folder: URL): SchemaChange[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(name, folder), "utf8");
      return { number: Number(name.slice(0, 4)), name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

/** What a schema still needs. Throws SchemaTooNew, and an Error if an applied file has other text here. */
export function changesDue(changes: readonly SchemaChange[], applied: readonly AppliedChange[]): SchemaChange[] {
  const newest = changes.at(-1)?.number ?? 0;
  const checksums = new Map(applied.map(({ number, checksum }) => [number, checksum]));
  for (const number of checksums.keys()) {
    if (number > newest)
      throw new SchemaTooNew(
        `the store's schema is number ${number}, this antryk knows up to ${newest}: run the newer version`,
      );
  }
  for (const { number, name, checksum } of changes) {
    const was = checksums.get(number);
    if (was !== undefined && was !== checksum)
      throw new Error(`the store was set up by another ${name}: this copy of antryk was changed after its release`);
  }
  return changes.filter(({ number }) => !checksums.has(number));
}
