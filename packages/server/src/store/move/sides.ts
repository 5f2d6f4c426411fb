/** The two ends of a move, whichever engine each of them is. */
import type { Cursor, Row, Table } from "./rows.ts";

/** The move can't be made; `message` says why. */
export class MoveRefused extends Error {
  override readonly name = "MoveRefused";
}

/** What an installation keeps when its data moves. */
export interface MovedInstallation {
  readonly id: string;
  readonly canary: string | null;
  /** Unix ms. */
  readonly newest: number;
  readonly generation: number;
  /** Codes issued before are over (rules/failover.ts), Unix ms; 0: none. */
  readonly codesFrom: number;
}

export interface Page {
  readonly rows: readonly Row[];
  readonly end: Cursor;
}

/** The store that is moved: nobody writes to it meanwhile. */
export interface Source {
  /** Its path, or its hosts and database. */
  readonly place: string;
  /** Another one if the store was written since: a move that was cut off goes on only with what it began with. */
  readonly identity: string;
  installation(): Promise<MovedInstallation>;
  /** Rows to read, for the progress that people see. */
  count(table: Table): Promise<number>;
  /** What both stores must agree on: rows, or what the counters have counted. */
  size(table: Table): Promise<number>;
  read(table: Table, after: Cursor | null): AsyncIterable<Page>;
}

export interface Progress {
  readonly cursor: Cursor | null;
  readonly rows: number;
  readonly done: boolean;
}

/** The limit that a counter counts for, 0 if no limit asks it any more. */
export type LimitOf = (counterKey: string) => number;

/** The store that is moved into. A server refuses to start on it until the move is finished. */
export interface Target {
  /**
   * Whether the move may run here: into an empty store, or on from where an earlier run of it stopped. `changed`: an
   * earlier run from this place stopped here, and the source was written since.
   */
  begin(source: Pick<Source, "place" | "identity">): Promise<"new" | "resumed" | "changed" | "occupied">;
  progress(table: Table): Promise<Progress>;
  /** Writes the rows and what has been done by then, both or neither. */
  write(table: Table, rows: readonly Row[], before: Progress, next: Progress, limitOf: LimitOf): Promise<void>;
  /** As the source's. */
  size(table: Table): Promise<number>;
  finish(installation: MovedInstallation): Promise<void>;
}

/** What an unfinished move has noted in its target, about its source. */
export function markOf({ place, identity }: Pick<Source, "place" | "identity">): string {
  return JSON.stringify([place, identity]);
}

/** Whether a move from this source goes on over the mark that stands in the target. */
export function compareMark(
  mark: string,
  { place, identity }: Pick<Source, "place" | "identity">,
): "resumed" | "changed" | "occupied" {
  const [earlierPlace, earlierIdentity] = JSON.parse(mark) as [string, string];
  if (earlierPlace !== place) return "occupied";
  return earlierIdentity === identity ? "resumed" : "changed";
}
