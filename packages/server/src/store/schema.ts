/**
 * What the engines' schemas share: numbered, immutable SQL files. What was applied is recorded with its checksum, so
 * a file that was changed afterwards is noticed.
 *
 * Most changes only add: programs that do not know them go on beside those that do. A change that older programs must
 * not meet says so in a line of its own, `-- min_writer: N`: only programs that know schema N may write from then on,
 * and servers that do not know it stop before it is applied (docs/decisions/0023).
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { SchemaChanged, SchemaTooNew } from "../model/errors.ts";

export interface SchemaChange {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
  /** Programs must know this schema to write to a store with this change; 0: any may. */
  readonly minWriter: number;
}

/** Takes effect outside a transaction, statement by statement: `CREATE INDEX CONCURRENTLY`. */
export function isOutsideTransaction({ sql }: Pick<SchemaChange, "sql">): boolean {
  return /^-- outside a transaction$/m.test(sql);
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
      const checksum = createHash("sha256").update(sql).digest("hex");
      const minWriter = Number(/^-- min_writer: (\d+)$/m.exec(sql)?.[1] ?? 0);
      return { number: Number(name.slice(0, 4)), name, sql, checksum, minWriter };
    });
}

/** The schema that a program must know to write to a store that has these changes. */
export function writerOf(changes: readonly SchemaChange[]): number {
  return Math.max(1, ...changes.map(({ minWriter }) => minWriter));
}

/**
 * What a schema still needs. `minWriter`: as the store says. Throws SchemaTooNew if this program is too old to write,
 * and an Error if an applied file has other text here.
 */
export function changesDue(
  changes: readonly SchemaChange[],
  applied: readonly AppliedChange[],
  minWriter: number,
): SchemaChange[] {
  const newest = newestOf(changes);
  const checksums = new Map(applied.map(({ number, checksum }) => [number, checksum]));
  if (minWriter > newest)
    throw new SchemaTooNew(
      `the store may be written only by programs that know schema ${minWriter}, this antryk knows up to ${newest}: ` +
        "run the newer version",
    );
  for (const { number, name, checksum } of changes) {
    const was = checksums.get(number);
    if (was !== undefined && was !== checksum)
      throw new SchemaChanged(
        `the store was set up by another ${name}: this copy of antryk was changed after its release`,
      );
  }
  return changes.filter(({ number }) => !checksums.has(number));
}

export function newestOf(changes: readonly SchemaChange[]): number {
  return changes.at(-1)?.number ?? 0;
}
