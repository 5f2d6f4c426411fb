/**
 * Moves all that a store holds into an empty one of the other engine. A run that was cut off goes on where it stopped.
 * Into PostgreSQL, older history comes last, and servers may run meanwhile.
 */
import { setTimeout as rest } from "node:timers/promises";
import { sharedLimitsIn } from "../configuration.ts";
import type { DatabaseConfig } from "../open.ts";
import { counterText } from "../rules/calls/shared.ts";
import type { PlaceOf } from "../rules/kinds.ts";
import { messagesUntil } from "../rules/message-life.ts";
import { fromPostgres } from "./postgres-source.ts";
import { leaveHistory, toPostgres } from "./postgres-target.ts";
import { type Part, partsOf } from "./rows.ts";
import { type Begun, type LimitOf, MoveRefused, type NumberHash, type Source, type Target } from "./sides.ts";
import { fromSqlite, toSqlite } from "./sqlite.ts";

export { leaveHistory, MoveRefused };

export interface MoveOptions {
  readonly from: DatabaseConfig;
  /** Of the other engine. */
  readonly to: DatabaseConfig;
  /** The keyring's of `from`, which is asked for if that is PostgreSQL: it keeps only a part of what it says. */
  placeOf(): PlaceOf;
  /** The keyring's, which is asked for if a number was erased while history was behind. */
  numberHash(): NumberHash;
  readonly onProgress: (part: string, movedRows: number, allRows: number) => void;
  /** Servers may start on the target now; history follows. */
  readonly onOpen?: () => void;
}

export interface MoveReport {
  readonly resumed: boolean;
  /** Rows by table, the same in both; of counters what they have counted, since PostgreSQL divides them into more rows. */
  readonly tables: Readonly<Record<string, number>>;
  /** How long this run took until servers could start (0 if they could before), and for what came behind. */
  readonly seconds: { readonly first: number; readonly behind: number };
}

/** After each page behind a running server, the move rests for as long as the page took: half the time is the server's. */
const restShare = 1;

/** Throws MoveRefused, StoreMissing, StoreUnavailable. */
export async function move(options: MoveOptions): Promise<MoveReport> {
  const { from, to, placeOf } = options;
  const into = (source: Source) => {
    const work = (target: Target) => run(source, target, options);
    return to.engine === "sqlite" ? toSqlite(to.path, work) : toPostgres(to.target, work);
  };
  if (from.engine === to.engine) throw new MoveRefused("a move is from one engine to the other");
  return from.engine === "sqlite" ? fromSqlite(from.path, into) : fromPostgres(from.target, placeOf(), into);
}

async function run(source: Source, target: Target, options: MoveOptions): Promise<MoveReport> {
  const installation = await source.installation();
  const { place, identity } = source;
  const historyBefore = target.opensEarly ? recentFrom(installation.newest) : null;
  const begun = await target.begin({ place, identity, historyBefore, behind: null });
  if (begun.kind === "occupied" || begun.kind === "changed") throw refusalOf(begun);
  const { first, behind } = partsOf(begun.mark.historyBefore);
  let wasOpened = begun.mark.behind !== null;
  const work = new Work(source, target, options);
  await work.count([...first, ...behind]);

  const startedAt = performance.now();
  let openedAt = startedAt;
  if (!wasOpened) {
    for (const part of first) await work.move(part);
    await work.compare(first);
    if (target.opensEarly) {
      await target.open(installation, work.rowsOf(behind));
      wasOpened = true;
      options.onOpen?.();
    }
    openedAt = performance.now();
  }
  for (const part of behind) await work.moveBehind(part);
  await target.finish(wasOpened ? undefined : installation);
  const seconds = { first: secondsIn(openedAt - startedAt), behind: secondsIn(performance.now() - openedAt) };
  return { resumed: begun.kind === "resumed", tables: await work.tables([...first, ...behind]), seconds };
}

function secondsIn(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function refusalOf(begun: Extract<Begun, { kind: "occupied" | "changed" }>): MoveRefused {
  if (begun.kind === "occupied") return new MoveRefused("the target holds data already: move into an empty database");
  const what = "the source was written since the move began";
  if (begun.mark.behind === null)
    return new MoveRefused(`${what}, so what has been moved is out of date: move into an empty database`);
  return new MoveRefused(
    `${what}, and servers run on the target: what is missing of the history can't be moved any more; ` +
      'end the move without it by "antryk move --leave-history", or move into an empty database',
  );
}

/**
 * From which time on, Unix ms, history must be there before a server starts: receipts, stored replies and what else
 * names a verification may still come for it. `newest`: the newest time of the source.
 */
function recentFrom(newest: number): number {
  return Math.min(newest, Date.now()) - messagesUntil(0).to;
}

/** One run over the parts. */
class Work {
  readonly #source: Source;
  readonly #target: Target;
  readonly #options: MoveOptions;
  readonly #rows = new Map<string, number>();
  #limitOf: LimitOf | undefined;
  #hash: NumberHash | undefined;
  #moved = 0;

  constructor(source: Source, target: Target, options: MoveOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  /** Counts the source's rows, and what of them has been moved by earlier runs. */
  async count(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      this.#rows.set(part.name, await this.#source.count(part));
      this.#moved += (await this.#target.progress(part)).rows;
    }
  }

  rowsOf(parts: readonly Part[]): number {
    return parts.reduce((sum, { name }) => sum + (this.#rows.get(name) ?? 0), 0);
  }

  async move(part: Part): Promise<void> {
    this.#limitOf ??= await limitsOf(this.#source);
    const limitOf = this.#limitOf;
    await this.#each(part, (rows, before, next) => this.#target.write(part, rows, before, next, limitOf));
  }

  async moveBehind(part: Part): Promise<void> {
    const hash: NumberHash = (recipient) => {
      this.#hash ??= this.#options.numberHash();
      return this.#hash(recipient);
    };
    const moved = await this.#each(part, async (rows, before, next) => {
      const startedAt = performance.now();
      await this.#target.writeBehind(part, rows, before, next, hash);
      await rest((performance.now() - startedAt) * restShare);
    });
    // Servers write beside it, so the tables themselves can't be compared.
    const there = this.#rows.get(part.name);
    if (moved !== there)
      throw new MoveRefused(`${part.name} has ${there} rows in the source, and ${moved} of them were moved`);
  }

  /** How many of the source's rows have been moved. */
  async #each(part: Part, write: (...args: WriteArgs) => Promise<void>): Promise<number> {
    let progress = await this.#target.progress(part);
    this.#tell(part);
    if (progress.done) return progress.rows;
    for await (const { rows, end } of this.#source.read(part, progress.cursor)) {
      const next = { cursor: end, rows: progress.rows + rows.length, done: false };
      await write(rows, progress, next);
      progress = next;
      this.#moved += rows.length;
      this.#tell(part);
    }
    await write([], progress, { ...progress, done: true });
    return progress.rows;
  }

  #tell({ name }: Part): void {
    const all = [...this.#rows.values()].reduce((sum, rows) => sum + rows, 0);
    this.#options.onProgress(name, this.#moved, all);
  }

  /** Throws MoveRefused if a part is not the same in both. */
  async compare(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      const [ours, theirs] = [await this.#source.size(part), await this.#target.size(part)];
      if (ours !== theirs)
        throw new MoveRefused(
          `${part.name} has ${ours} in the source and ${theirs} in the target: empty the target and move again`,
        );
    }
  }

  async tables(parts: readonly Part[]): Promise<Record<string, number>> {
    const sizes: Record<string, number> = {};
    for (const part of parts) sizes[part.table] = (sizes[part.table] ?? 0) + (await this.#source.size(part));
    return sizes;
  }
}

type WriteArgs = [
  rows: Parameters<Target["write"]>[1],
  before: Parameters<Target["write"]>[2],
  next: Parameters<Target["write"]>[3],
];

/** By what the documents say now: that is what the next call asks. */
async function limitsOf(source: Source): Promise<LimitOf> {
  const counts = new Map<string, number>();
  for await (const { rows } of source.read({ name: "document", table: "document" }, null)) {
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
