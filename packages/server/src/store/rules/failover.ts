/**
 * What a failover means for codes. A database that goes on from an earlier moment than the one that it was (a standby
 * that lagged, a backup) has lost what was done in between: used codes would be right again. So codes from before end.
 * Pure.
 */
import { mostAheadMs } from "../clock.ts";
import type { RecipientRow } from "./row.ts";
import { isOpen } from "./row.ts";

/** What a store remembers of the database that it lies in; as JSON in `installation.timeline`. */
export interface RememberedTimeline {
  /** Of the database's server; null: not known. A copy that is read into another server has another one. */
  readonly system: string | null;
  /** Goes up by one when a standby is promoted, or a backup is brought up to a moment; null: not known. */
  readonly number: number | null;
  /** Whether commits waited for a standby. */
  readonly isSynchronous: boolean;
  /** Codes issued before this time are over, Unix ms; 0: none. */
  readonly codesFrom: number;
}

/** What the database says of itself now. */
export type FoundTimeline = Omit<RememberedTimeline, "codesFrom">;

/** What the operator wants for codes from before a failover; undefined: it follows from how the database replicates. */
export type AfterFailover = "end" | "keep" | undefined;

/** A store's newest time is written this often at least while a server runs, ms (store/watch.ts). */
const newestEveryMs = 12_000;

/**
 * What to remember from now on; `remembered` itself if nothing is new. `now`: of the store's clock. `newest`: the newest
 * time that its servers have written down. Both Unix ms.
 */
export function timelineAfter(
  remembered: RememberedTimeline | undefined,
  found: FoundTimeline,
  { now, newest, choice }: { readonly now: number; readonly newest: number; readonly choice: AfterFailover },
): RememberedTimeline {
  const system = found.system ?? remembered?.system ?? null;
  const number = found.number ?? remembered?.number ?? null;
  const { isSynchronous } = found;
  if (!remembered) return { system, number, isSynchronous, codesFrom: 0 };
  const isCopy = differ(remembered.system, system);
  const isOther = isCopy || differ(remembered.number, number);
  if (!isOther && same(remembered, { system, number, isSynchronous })) return remembered;
  const isLossless = !isCopy && remembered.isSynchronous;
  const ends = isOther && (choice === "end" || (choice === undefined && !isLossless));
  // Whatever is issued from now on is issued at this time or later (rules/calls/shared.ts). The new server's clock may be
  // behind the old one's.
  const seen = newest + newestEveryMs;
  const at = seen - now > mostAheadMs ? now + 1 : Math.max(now + 1, seen);
  return { system, number, isSynchronous, codesFrom: ends ? Math.max(remembered.codesFrom, at) : remembered.codesFrom };
}

function differ<Value>(one: Value | null, other: Value | null): boolean {
  return one !== null && other !== null && one !== other;
}

function same(one: FoundTimeline, other: FoundTimeline): boolean {
  return one.system === other.system && one.number === other.number && one.isSynchronous === other.isSynchronous;
}

/** The row as it counts: an open verification that was issued before `codesFrom` expired then. */
export function afterFailover(row: RecipientRow, codesFrom: number): RecipientRow {
  const { verification } = row;
  if (!verification || verification.createdAt >= codesFrom || !isOpen(verification)) return row;
  if (verification.expiresAt <= codesFrom) return row;
  return { ...row, verification: { ...verification, expiresAt: codesFrom } };
}

export function encodeTimeline(timeline: RememberedTimeline): string {
  return JSON.stringify(timeline);
}

/** What a store that was moved remembers: its new database is not known yet. */
export function movedTimeline(codesFrom: number): string | null {
  return codesFrom === 0 ? null : encodeTimeline({ system: null, number: null, isSynchronous: false, codesFrom });
}

/** `undefined`: nothing was remembered yet. */
export function decodeTimeline(text: string | null): RememberedTimeline | undefined {
  return text === null ? undefined : (JSON.parse(text) as RememberedTimeline);
}
