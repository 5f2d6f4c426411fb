/** Moves all that a SQLite store holds into an empty PostgreSQL one. A run that was cut off goes on where it stopped. */
import type { PostgresTarget } from "../postgres/target.ts";
import { limitCounts, toTarget } from "./rows.ts";
import { Source } from "./source.ts";
import { Target } from "./target.ts";

/** The target can't be moved into, or does not hold what it should. */
export class MoveRefused extends Error {
  override readonly name = "MoveRefused";
}

export interface MoveOptions {
  /** Path of the SQLite file. */
  readonly from: string;
  readonly to: PostgresTarget;
  readonly onProgress: (table: string, movedRows: number, allRows: number) => void;
}

export interface MoveReport {
  readonly resumed: boolean;
  /** Rows by table, the same in both; counted sends for limits, which PostgreSQL divides into more rows. */
  readonly tables: Readonly<Record<string, number>>;
}

const rowsPerStep = 500;

export async function move({ from, to, onProgress }: MoveOptions): Promise<MoveReport> {
  const source = await Source.open(from);
  try {
    const target = await Target.open(to);
    try {
      return await run(source, target, onProgress);
    } finally {
      await target.close();
    }
  } finally {
    source.close();
  }
}

async function run(source: Source, target: Target, onProgress: MoveOptions["onProgress"]): Promise<MoveReport> {
  const begun = await target.begin(source);
  if (begun === "changed")
    throw new MoveRefused(
      "the source was written since the move began, so what has been moved is out of date: move into an empty database",
    );
  if (begun === "occupied") throw new MoveRefused("the target holds data already: move into an empty database");
  const tables = source.tables();
  const all = tables.reduce((sum, table) => sum + source.rows(table), 0);
  const limits = limitCounts(source);
  const oldest = source.oldestHistory();
  if (oldest !== undefined) await target.makeHistoryDays(oldest);

  let moved = 0;
  for (const table of tables) {
    const columns = await target.columns(table);
    if (columns.size === 0) throw new MoveRefused(`the target has no table ${table}`);
    let progress = await target.progress(table);
    onProgress(table, moved + progress.rows, all);
    while (!progress.done) {
      const { rows, end } = source.read(table, progress.cursor, rowsPerStep);
      progress = { cursor: end ?? progress.cursor, rows: progress.rows + rows.length, done: rows.length < rowsPerStep };
      await target.write(table, columns, toTarget(table, rows, columns, source, limits), progress);
      onProgress(table, moved + progress.rows, all);
    }
    moved += progress.rows;
  }

  const counts: Record<string, number> = {};
  for (const table of tables) {
    const [ours, theirs] = [source.size(table), await target.size(table)];
    if (ours !== theirs)
      throw new MoveRefused(
        `${table} has ${ours} in the source and ${theirs} in the target: empty the target and move again`,
      );
    counts[table] = ours;
  }
  await target.finish();
  return { resumed: begun === "resumed", tables: counts };
}
