/** A call on its way through the lane. */
import type { Call, RowRef } from "../engine.ts";

/** A row as this process last saw it. */
export interface KnownRow {
  /** 0: there is none. */
  readonly version: number;
  readonly row: unknown;
  /** The trip that read it; 0: it is what this process itself has written. */
  readonly readIn: number;
  /** Why the row can't be decoded. */
  readonly fault?: unknown;
}

export class Job {
  readonly call: Call<unknown>;
  /** The rows it has looked at so far: those of the call, and those it asked for. */
  readonly refs: RowRef[];
  /** The trips that had left when the call was made: only what a later one read is sure. */
  readonly bornIn: number;
  /** On the monotonic clock, ms. */
  readonly deadline: number;
  readonly resolve: (outcome: never) => void;
  readonly reject: (fault: unknown) => void;
  /** What was read for it. */
  read: Map<string, KnownRow> | undefined = undefined;
  /** Beliefs have been wrong, or are not enough. */
  mustRead = false;
  /** Commits that met another version. */
  conflicts = 0;
  /** The commits whose answers were lost: versions of the rows before and after each, and its outcome. */
  readonly lost: LostCommit[] = [];
  /** The batch that it was in had a fault: this time it goes alone. */
  isAlone = false;

  constructor(
    call: Call<unknown>,
    bornIn: number,
    deadline: number,
    resolve: (outcome: never) => void,
    reject: (fault: unknown) => void,
  ) {
    this.call = call;
    this.refs = [...call.rows];
    this.bornIn = bornIn;
    this.deadline = deadline;
    this.resolve = resolve;
    this.reject = reject;
  }
}

export interface LostCommit {
  readonly versions: ReadonlyMap<string, { readonly before: number; readonly after: number }>;
  readonly outcome: unknown;
}

/**
 * What the rows, as they were read, show of commits whose answers were lost: `done` with its outcome, `undone` (no row
 * was written so far), or `unknown` (others have written since, or none of the rows was read).
 */
export function fateOf({
  lost,
  read,
}: Pick<Job, "lost" | "read">): { kind: "done"; outcome: unknown } | { kind: "undone" } | { kind: "unknown" } {
  let isUndone = true;
  for (const { versions, outcome } of lost) {
    let isSeen = false;
    for (const [name, { before, after }] of versions) {
      const row = read?.get(name);
      if (!row) continue;
      isSeen = true;
      if (row.version === after && after !== 0) return { kind: "done", outcome };
      if (row.version !== before) isUndone = false;
    }
    if (!isSeen) isUndone = false;
  }
  return isUndone ? { kind: "undone" } : { kind: "unknown" };
}
