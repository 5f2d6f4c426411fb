/** What stands in `installation.move` while data is moved into a store. Pure. */
import type { HistoryBehind } from "../ports/identity.ts";

export interface MoveMark {
  /** Of the source. */
  readonly place: string;
  /** Another one if the source was written since. */
  readonly identity: string;
  /** History of codes issued before this, Unix ms, follows while servers run; null: all is moved before one starts. */
  readonly historyBefore: number | null;
  /** Null until all that requests need is there. */
  readonly behind: HistoryBehind | null;
}

export function encodeMark(mark: MoveMark): string {
  return JSON.stringify(mark);
}

export function decodeMark(text: string): MoveMark {
  return JSON.parse(text) as MoveMark;
}

/** What a store says of itself, by its mark: whether servers must stay away, and what of its history is missing. */
export function movingBy(text: string | null): {
  readonly isMoving: boolean;
  readonly historyBehind: HistoryBehind | null;
} {
  // A mark that another version wrote says nothing of history: servers stay away.
  const behind = text === null ? null : (decodeMark(text).behind ?? null);
  return { isMoving: text !== null && behind === null, historyBehind: behind };
}
