/** The two ends of a move, whichever engine each of them is. */
import { decodeMark, type MoveMark } from "../rules/move-mark.ts";
import type { Cursor, Part, Row } from "./rows.ts";

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
  count(part: Part): Promise<number>;
  /** What both stores must agree on: rows, or what the counters have counted. */
  size(part: Part): Promise<number>;
  read(part: Part, after: Cursor | null): AsyncIterable<Page>;
}

/** How far a part has come. */
export interface Progress {
  readonly cursor: Cursor | null;
  /** Of the source's. */
  readonly rows: number;
  readonly done: boolean;
}

/** The limit that a counter counts for, 0 if no limit asks it any more. */
export type LimitOf = (counterKey: string) => number;

/** Keyed: what is left of a number in the reduced history, and of one that was erased. */
export type NumberHash = (recipient: string) => Buffer;

/** What a target did at the beginning. */
export type Begun =
  | { readonly kind: "new" | "resumed"; readonly mark: MoveMark }
  /** An earlier run from this place stopped here, and the source was written since. */
  | { readonly kind: "changed"; readonly mark: MoveMark }
  /** It holds something else. */
  | { readonly kind: "occupied" };

/** The store that is moved into. A server refuses to start on it until it is opened or finished. */
export interface Target {
  /** Whether servers may start on it before all history is there. */
  readonly opensEarly: boolean;
  /** Whether the move may run here: into an empty store, or on from where an earlier run of it stopped. */
  begin(mark: MoveMark): Promise<Begun>;
  progress(part: Part): Promise<Progress>;
  /** Writes the rows and what has been done by then, both or neither. */
  write(part: Part, rows: readonly Row[], before: Progress, next: Progress, limitOf: LimitOf): Promise<void>;
  /**
   * The same beside servers. What an operator has erased meanwhile is left out: an erasure that was not seen finds the
   * rows.
   */
  writeBehind(part: Part, rows: readonly Row[], before: Progress, next: Progress, hash: NumberHash): Promise<void>;
  /** As the source's. */
  size(part: Part): Promise<number>;
  /** From now on servers may start; `all` rows of the history are missing. */
  open(installation: MovedInstallation, all: number): Promise<void>;
  /** The end. `installation`: unless it was opened. */
  finish(installation: MovedInstallation | undefined): Promise<void>;
}

/** Whether a move from this source goes on over the mark that stands in the target. */
export function compareMark(text: string, { place, identity }: MoveMark): Begun {
  const mark = decodeMark(text);
  if (mark.place !== place) return { kind: "occupied" };
  return { kind: mark.identity === identity ? "resumed" : "changed", mark };
}
