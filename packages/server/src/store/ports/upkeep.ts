/** The part of the store's port that keeps the store itself in order. */

import type { Channel } from "../../model/channel.ts";
import type { StoreIdentity } from "./identity.ts";

/** How long ended verifications are kept: first with their numbers, then with the numbers reduced. */
export interface HistoryKeeping {
  readonly identifiedMs: number;
  /** In addition to the first period; 0: rows are removed at its end. */
  readonly reducedMs: number;
  readonly reduce: (recipient: string) => ReducedRecipient;
}

/** What is left of a number. */
export interface ReducedRecipient {
  /** Keyed: the store alone is not enough to find numbers by guessing. */
  readonly hash: Buffer;
  /** For people. */
  readonly masked: string;
}

/** A number to forget, and where its rows are. */
export interface Forgotten {
  readonly channel: Channel;
  readonly recipient: string;
  /** The recipient's hash in each account (RecipientKey). */
  readonly places: readonly { readonly accountId: string; readonly hash: number }[];
  /** What the number is reduced to. */
  readonly reducedHash: Buffer;
}

/** Rows that were removed when a number was forgotten. */
export interface ErasedRows {
  readonly recipients: number;
  readonly history: number;
  readonly idempotencyKeys: number;
}

/** What a sweep did; `more` says that another one has work to do now. */
export interface SweepResult {
  /** For how long the oldest row that was due had been, ms; 0 if none was. */
  readonly behindMs: number;
  /** Rows that this pass could not read so far; they stay as they are. */
  readonly unreadable: number;
  /** It has come to the end of the rows that it looks at: the next one begins anew. */
  readonly isPassOver: boolean;
  readonly ended: number;
  readonly removed: number;
  readonly more: boolean;
}

/** Rows by table: what storage is bounded by. */
export interface StoreSizes {
  readonly recipients: number;
  readonly history: number;
  readonly reducedHistory: number;
  readonly idempotencyKeys: number;
  readonly limitBuckets: number;
}

export interface BatchCounts {
  readonly batches: number;
  readonly calls: number;
}

/** What keeps a store in order: sweeping, forgetting, figures, closing. */
export interface Upkeep {
  /** Writes, and says what the store is. Throws StoreUnavailable if it can't be written. */
  ping(): Promise<StoreIdentity>;
  /** How long one `sweep` may take, ms; what it costs others depends on the engine. */
  readonly sweepStepMs: number;
  /** Moves ended verifications to history and removes what has expired; works on at most `limit` rows of each kind. */
  sweep(limit: number, keeping?: HistoryKeeping): Promise<SweepResult>;
  /** Forgets a number everywhere. */
  erase(forgotten: Forgotten): Promise<ErasedRows>;
  /** Key ids that rows still need. */
  keyIdsInUse(): Promise<string[]>;
  sizes(): Promise<StoreSizes>;
  /** What an operator should know of the database, each in a sentence that says what to do. */
  warnings(): Promise<readonly string[]>;
  /** Batches of calls that this handle has run, and the calls in them. */
  batches(): BatchCounts;
  close(): Promise<void>;
}
