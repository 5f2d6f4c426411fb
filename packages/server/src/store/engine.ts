/**
 * What stands between the rules and a database. A call names the rows it decides over; an engine reads them, lets the
 * call decide, and commits what was decided, all or nothing, if no other call has written those rows since. An engine
 * knows no rule and no row: it stores text under keys.
 */
import type { KeyUse } from "../model/account.ts";
import type { UnreadableRow } from "../model/errors.ts";
import type { NamedMessage } from "../model/gateway.ts";
import type { RecipientKey } from "../model/recipient.ts";
import type { SeenNode, ServerNode, StoreIdentity } from "./ports/identity.ts";
import type { NewEntry, WorkQueue } from "./ports/queue.ts";
import type { BatchCounts, HistoryKeeping, StoreSizes } from "./ports/upkeep.ts";

/** How one kind of row is stored. */
export interface RowKind<Row> {
  /** One ASCII character that no other kind has; keys begin with it. */
  readonly tag: string;
  /** Whether calls often come back to a row soon after it was written: an engine may remember it. */
  readonly isRevisited: boolean;
  encode(row: Row): string;
  /** Throws UnreadableRow. */
  decode(state: string): Row;
  /** The row's place in time, Unix ms: the sweep walks the rows from the oldest place on. */
  placeInTime(row: Row): number;
}

/** Where a row is stored. */
export interface RowRef<Row = unknown> {
  readonly kind: RowKind<Row>;
  /** 48 bits; the first 12 are the bucket. */
  readonly hash: number;
  /** The bucket that the row lies in. */
  readonly bucket: number;
  readonly accountId: string;
  /** The service, or another UUID that distinguishes rows of one account; `noScope` if there is none. */
  readonly scopeId: string;
  readonly text: string;
  /** All of these but the hash, as bytes. */
  readonly key: Buffer;
  /** The same as text, for maps. */
  readonly name: string;
  /** Most calls find no row here: an engine may commit without a read. */
  readonly likelyAbsent: boolean;
}

/** A counter of a limit that many recipients share. */
export interface CounterRef {
  readonly accountId: string;
  /** Unique within the account. */
  readonly text: string;
  readonly count: number;
  readonly windowMs: number;
  /** How much of the count the call may use; left out: all of it. */
  readonly open?: number | undefined;
  /** How much the call takes; left out: 1. */
  readonly cost?: number | undefined;
  /** Few calls count in it: an engine may commit without a read, as if nothing were counted yet. */
  readonly likelyAbsent?: boolean;
}

/** What a counter has room for: from which slots it is taken. Empty: it has none, and `buckets` has all that is counted, oldest first. */
export interface Room {
  readonly takes: readonly Take[];
  readonly buckets: readonly Bucket[];
}

export interface Take {
  readonly slot: number;
  readonly n: number;
}

/** One span of a counter's window: how many were counted from `at` on. */
export interface Bucket {
  readonly at: number;
  readonly count: number;
}

/** What a call sees while it decides. */
export interface View {
  /** The store's time, Unix ms. */
  readonly now: number;
  /** Codes issued before are over (rules/failover.ts), Unix ms; 0: none. It may be a little later than `now`. */
  readonly codesFrom: number;
  /** Whether the row was looked for: the call named it, or asked for it by `needs`. */
  has(ref: RowRef): boolean;
  /** `undefined`: there is no such row. Throws for a row that was not looked for. */
  row<Row>(ref: RowRef<Row>): Row | undefined;
  counter(ref: CounterRef): Room;
}

/** `row` null: the row is removed. */
export interface Write<Row = unknown> {
  readonly ref: RowRef<Row>;
  readonly row: Row | null;
}

/** Adds to a counter's span; refused by the engine if the slot's share of the limit would be exceeded. */
export interface Count {
  readonly counter: CounterRef;
  readonly slot: number;
  readonly bucketAt: number;
  /** Below 0: it is given back. */
  readonly n: number;
}

/** An ended verification, as history keeps it. */
export interface Ended {
  readonly key: RecipientKey;
  readonly verificationId: string;
  /** Its text (rules/codec.ts). */
  readonly state: string;
}

/** A message that a gateway has named, with the row that its receipts change. */
export interface NameOfMessage extends NamedMessage {
  readonly ref: RowRef;
  readonly verificationId: string;
  /** Unix ms. */
  readonly until: number;
}

/** Something that must still be done. `bucket`: where it lies, as the rows that its call writes. */
export interface QueueEntry extends NewEntry {
  readonly bucket: number;
}

export interface Decision<Outcome> {
  readonly outcome: Outcome;
  /** If anything is counted or appended, at least one: the version of its row shows whether all was done. */
  readonly writes?: readonly Write[];
  readonly counts?: readonly Count[];
  readonly ended?: Ended | undefined;
  /** The verification that leaves history, because its row holds it again. */
  readonly restored?: { readonly key: RecipientKey; readonly verificationId: string } | undefined;
  readonly names?: readonly NameOfMessage[];
  /** Kept if and only if the call is; perhaps twice, if the answer of its commit was lost. */
  readonly queue?: readonly QueueEntry[];
}

/** The decision can only be made with these rows as well. */
export interface Needs {
  readonly needs: readonly RowRef[];
}

/** One atomic step. `decide` is pure and may run several times. */
export interface Call<Outcome> {
  readonly rows: readonly RowRef[];
  readonly counters?: readonly CounterRef[];
  /** Counters that a refused send is given back from: their limits are not checked. */
  readonly givesBack?: readonly CounterRef[];
  decide(view: View): Decision<Outcome> | Needs;
}

/** A row that was found by something other than its key. */
export interface MetRow {
  readonly ref: RowRef;
  readonly row: unknown;
  /** Why the row can't be read; then `row` is undefined. */
  readonly fault?: UnreadableRow;
}

/** A named message as a receipt finds it. */
export interface FoundMessage extends NamedMessage {
  readonly ref: RowRef;
  readonly verificationId: string;
}

export interface HistoryRow {
  readonly accountId: string;
  readonly serviceId: string;
  readonly channel: RecipientKey["channel"];
  /** The number, or its masked form if it was reduced. */
  readonly recipient: string;
  readonly state: string;
}

export interface FoundHistory extends HistoryRow {
  readonly verificationId: string;
}

/** History by ids: from `from` on, before `before`. */
export interface SoughtHistory {
  readonly from: string;
  readonly before: string;
  readonly limit: number;
  /** Of one number only; undefined: of all. */
  readonly number:
    | {
        readonly buckets: readonly number[];
        readonly recipient: string;
        readonly reducedHash: Buffer;
        /** undefined: of all accounts. */
        readonly accountId: string | undefined;
      }
    | undefined;
}

/** A row with its place in time. */
export interface PlacedRow {
  readonly place: number;
  readonly met: MetRow;
}

/** One JSON text that operators change. */
export interface StoredDocument {
  readonly kind: string;
  readonly id: string;
  readonly accountId: string | null;
  /** Counts its changes, from 1. */
  readonly version: number;
  readonly createdAt: number;
  readonly body: string;
}

/** `body` null: the document is removed. */
export interface DocumentChange {
  readonly kind: string;
  readonly id: string;
  readonly accountId: string | null;
  readonly createdAt: number;
  readonly body: string | null;
}

/** What operators set. All changes of all processes are in one order: each adds one to the generation. */
export interface Documents {
  generation(): Promise<number>;
  get(kind: string, id: string): Promise<StoredDocument | undefined>;
  /** In the order in which they were created. */
  list(kind: string): Promise<StoredDocument[]>;
  /** All changes or none; `false` if the generation has changed since. */
  commit(generation: number, changes: readonly DocumentChange[]): Promise<boolean>;
}

/** The one row that says what the store is, and the servers on it. */
export interface InstallationTable {
  identity(): Promise<StoreIdentity>;
  /** The canary that stands in the row; the given one, if none stood there. */
  claim(canary: string): Promise<string>;
  /** Writes that the server is seen now. */
  seeNode(node: ServerNode): Promise<void>;
  forgetNode(id: string): Promise<void>;
  /** Servers seen at `since` or after it, Unix ms; those seen before are removed. */
  nodesSince(since: number): Promise<readonly SeenNode[]>;
}

/** When access keys were last used. */
export interface KeyUseTable {
  /** Writes those that are at least `restMs` newer than what stands there. */
  note(uses: readonly KeyUse[], restMs: number): Promise<void>;
  /** Unix ms, by access key. */
  all(): Promise<ReadonlyMap<string, number>>;
}

/** The queue without what calls append to it. */
export type EngineQueue = Omit<WorkQueue, "enqueue">;

/** Which history is reduced or removed in one step: rows whose ids are before these times, Unix ms. */
export interface HistoryCut {
  readonly limit: number;
  /** Rows with numbers issued before this are reduced, or, without `reduce`, removed. */
  readonly identifiedBefore: number;
  readonly reduce: HistoryKeeping["reduce"] | undefined;
  readonly reducedBefore: number;
}

/** Rows by their places in time, Unix ms: from `from` on, before `before`, at most `limit`. */
export interface SweepRange {
  readonly from: number;
  readonly before: number;
  readonly limit: number;
}

/** What became of the rows of a range. */
export interface SweptRows {
  /** The decisions that were carried out. */
  readonly done: readonly Decision<void>[];
  /** How many rows were looked at. */
  readonly seen: number;
  /** Names of those that can't be read, though they are of a kind that this program knows. */
  readonly unreadable: readonly string[];
  /** The place in time of the oldest row that was due. */
  readonly oldest: number | undefined;
  /** The place in time of the last row that was looked at. */
  readonly last: number | undefined;
}

export interface Engine {
  readonly name: string;
  /** The newest schema that this program knows. */
  readonly newestSchema: number;
  readonly documents: Documents;
  readonly queue: EngineQueue;
  readonly installation: InstallationTable;
  readonly keyUses: KeyUseTable;
  /** The store's clock, Unix ms. */
  now(): number;
  /** As a call's view has it. */
  readonly codesFrom: number;
  run<Outcome>(call: Call<Outcome>): Promise<Outcome>;
  /** How long a step of the sweep may take without harm to calls, ms. */
  readonly sweepStepMs: number;
  /**
   * Decides over the rows of the range, the oldest first; `undefined` leaves a row as it is, and so does a row that is in
   * use. Rows of which nothing can be read are left as well.
   */
  sweepRows(range: SweepRange, decide: (met: MetRow, now: number) => Decision<void> | undefined): Promise<SweptRows>;
  /** Removes counters and names of messages that have expired; at most `limit` of each. Returns how many of each. */
  removeOver(limit: number): Promise<readonly number[]>;
  /** Reduces and removes history. Returns how many rows each step took. */
  cutHistory(cut: HistoryCut): Promise<readonly number[]>;
  /**
   * The rows at a place in time: how a verification is found by its id. This and the next two leave out rows of kinds that
   * this program does not know.
   */
  rowsAt(bucket: number, placeInTime: number): Promise<readonly MetRow[]>;
  /** Rows of the same kind, account and scope that share the hash. */
  rowsBeside(ref: RowRef): Promise<readonly MetRow[]>;
  rowsOfBucket(bucket: number): Promise<readonly MetRow[]>;
  /** Rows with the hash of `from` whose keys are from its key on and before that of `before`; the last first. */
  rowsInRange(from: RowRef, before: RowRef, limit: number): Promise<readonly MetRow[]>;
  /** Rows of a kind by their places in time, the newest first, with those that can't be read. */
  rowsBefore<Row>(kind: RowKind<Row>, range: SweepRange): Promise<readonly PlacedRow[]>;
  /** Visits the rows of a kind whose place in time is not before `placeInTime`, and that can be read. */
  eachRowSince<Row>(kind: RowKind<Row>, placeInTime: number, visit: (row: Row, ref: RowRef) => void): Promise<void>;
  findHistory(bucket: number, verificationId: string): Promise<HistoryRow | undefined>;
  /** Reduced rows as well, the newest first. */
  searchHistory(sought: SoughtHistory): Promise<readonly FoundHistory[]>;
  /** Replaces the text of a history row with a number that still reads `was`; `false` if it does not. */
  replaceHistory(bucket: number, verificationId: string, was: string, state: string): Promise<boolean>;
  /** By their canonical ids; those that are not there are left out. */
  findMessages(names: readonly NamedMessage[]): Promise<readonly FoundMessage[]>;
  /** From now on a move into this store brings no history of the number, which is given as it is reduced. */
  noteErased(channel: string, reducedHash: Buffer): Promise<void>;
  /** Ids of a number's verifications in history, reduced ones included. */
  historyIdsOf(buckets: readonly number[], recipient: string, reducedHash: Buffer): Promise<readonly string[]>;
  /** Removes verifications from history, and the names of their messages. Returns how many verifications. */
  eraseHistory(verificationIds: readonly string[]): Promise<number>;
  /** Runs `work` so that what it removes is overwritten, as far as the database can. */
  overwriting<T>(work: () => Promise<T>): Promise<T>;
  /** What is counted in all slots of a counter, in no order. */
  spansOf(ref: CounterRef): Promise<readonly Bucket[]>;
  sizes(): Promise<StoreSizes>;
  /** What an operator should know of the database: each in a sentence. */
  warnings(): Promise<readonly string[]>;
  batches(): BatchCounts;
  close(): Promise<void>;
}
