/** Moves all that a store holds into an empty one of the other engine. A run that was cut off goes on where it stopped. */
import { sharedLimitsIn } from "../configuration.ts";
import type { DatabaseConfig } from "../open.ts";
import { counterText } from "../rules/calls/shared.ts";
import type { PlaceOf } from "../rules/kinds.ts";
import { fromPostgres } from "./postgres-source.ts";
import { toPostgres } from "./postgres-target.ts";
import { tables } from "./rows.ts";
import { type LimitOf, MoveRefused, type Source, type Target } from "./sides.ts";
import { fromSqlite, toSqlite } from "./sqlite.ts";

export { MoveRefused };

export interface MoveOptions {
  readonly from: DatabaseConfig;
  /** Of the other engine. */
  readonly to: DatabaseConfig;
  /** The keyring's of `from`, which is asked for if that is PostgreSQL: it keeps only a part of what it says. */
  placeOf(): PlaceOf;
  readonly onProgress: (table: string, movedRows: number, allRows: number) => void;
}

export interface MoveReport {
  readonly resumed: boolean;
  /** Rows by table, the same in both; of counters what they have counted, since PostgreSQL divides them into more rows. */
  readonly tables: Readonly<Record<string, number>>;
}

/** Throws MoveRefused, StoreMissing, StoreUnavailable. */
export async function move({ from, to, placeOf, onProgress }: MoveOptions): Promise<MoveReport> {
  const into = (source: Source) => {
    const work = (target: Target) => run(source, target, onProgress);
    return to.engine === "sqlite" ? toSqlite(to.path, work) : toPostgres(to.target, work);
  };
  if (from.engine === to.engine) throw new MoveRefused("a move is from one engine to the other");
  return from.engine === "sqlite" ? fromSqlite(from.path, into) : fromPostgres(from.target, placeOf(), into);
}

async function run(source: Source, target: Target, onProgress: MoveOptions["onProgress"]): Promise<MoveReport> {
  const begun = await target.begin(source);
  if (begun === "changed")
    throw new MoveRefused(
      "the source was written since the move began, so what has been moved is out of date: move into an empty database",
    );
  if (begun === "occupied") throw new MoveRefused("the target holds data already: move into an empty database");
  let all = 0;
  for (const table of tables) all += await source.count(table);
  const limitOf = await limitsOf(source);

  let moved = 0;
  for (const table of tables) {
    let progress = await target.progress(table);
    onProgress(table, moved + progress.rows, all);
    if (!progress.done) {
      for await (const { rows, end } of source.read(table, progress.cursor)) {
        const next = { cursor: end, rows: progress.rows + rows.length, done: false };
        await target.write(table, rows, progress, next, limitOf);
        progress = next;
        onProgress(table, moved + progress.rows, all);
      }
      await target.write(table, [], progress, { ...progress, done: true }, limitOf);
    }
    moved += progress.rows;
  }

  const sizes: Record<string, number> = {};
  for (const table of tables) {
    const [ours, theirs] = [await source.size(table), await target.size(table)];
    if (ours !== theirs)
      throw new MoveRefused(
        `${table} has ${ours} in the source and ${theirs} in the target: empty the target and move again`,
      );
    sizes[table] = ours;
  }
  await target.finish(await source.installation());
  return { resumed: begun === "resumed", tables: sizes };
}

/** By what the documents say now: that is what the next call asks. */
async function limitsOf(source: Source): Promise<LimitOf> {
  const counts = new Map<string, number>();
  for await (const { rows } of source.read("document", null)) {
    for (const { kind, id, account_id: accountId, body } of rows) {
      const document = {
        kind: String(kind),
        id: String(id),
        accountId: accountId === null ? null : String(accountId),
        body: String(body),
      };
      for (const { accountId: owner, scope, subject, limit } of sharedLimitsIn(document))
        counts.set(limitName(`${owner} ${counterText(scope, limit.windowMs, subject)}`), limit.count);
    }
  }
  return (key) => counts.get(limitName(key)) ?? 0;
}

/** Account, scope, window, and the first word of the subject: behind a service's id may stand which client is counted. */
function limitName(counterKey: string): string {
  return counterKey.split(" ", 4).join(" ");
}
