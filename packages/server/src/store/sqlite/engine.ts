/**
 * The embedded engine: SQLite through node:sqlite. The calls of one turn of the event loop read, decide and write
 * inside one transaction, so rows need no versions.
 */
import type { DatabaseSync } from "node:sqlite";
import { StoreUnavailable } from "../../model/errors.ts";
import type { NamedMessage } from "../../model/gateway.ts";
import { uuidFloor, uuidTime } from "../../model/ids.ts";
import { aheadWarning, type Clock, mostAheadMs } from "../clock.ts";
import type * as port from "../engine.ts";
import type { BatchCounts, StoreSizes } from "../ports/upkeep.ts";
import { messagesUntil } from "../rules/message-life.ts";
import { newestOf } from "../schema.ts";
import { Batcher, isOutage } from "./batch.ts";
import { Counters } from "./counters.ts";
import { DocumentTable } from "./documents.ts";
import { FileWatch, type ServerLock } from "./file.ts";
import { History } from "./history.ts";
import { InstallationRow } from "./installation.ts";
import { type FoundItem, Items } from "./items.ts";
import { KeyUses } from "./key-uses.ts";
import { Messages } from "./messages.ts";
import { QueueTable } from "./queue.ts";
import { sqliteSchema } from "./schema.ts";

export class SqliteEngine implements port.Engine {
  readonly name = "sqlite";
  /** Nothing else runs in this process meanwhile. */
  readonly sweepStepMs = 50;
  readonly newestSchema = newestOf(sqliteSchema);
  readonly documents: port.Documents;
  readonly queue: port.EngineQueue;
  readonly installation: port.InstallationTable;
  readonly keyUses: port.KeyUseTable;
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #batch: Batcher;
  readonly #items: Items;
  readonly #counters: Counters;
  readonly #history: History;
  readonly #messages: Messages;
  readonly #queue: QueueTable;
  readonly #lock: ServerLock | undefined;
  readonly #codesFrom: number;

  /** `path`: of a file that must stay where it is; `lock`: kept until the engine is closed. */
  constructor(
    db: DatabaseSync,
    clock: Clock,
    { path, lock }: { readonly path?: string; readonly lock?: ServerLock } = {},
  ) {
    const file = path === undefined ? undefined : new FileWatch(path);
    this.#lock = lock;
    this.#db = db;
    this.#clock = clock;
    this.#items = new Items(db);
    this.#counters = new Counters(db);
    this.#batch = new Batcher(db, this.#counters, file && (() => file.check()));
    this.#history = new History(db);
    this.#messages = new Messages(db);
    const queue = new QueueTable(db);
    this.#queue = queue;
    this.queue = {
      claimDue: (topics, limit, leaseMs) => this.#claimDue(topics, limit, leaseMs),
      finish: (ids) => this.#batch.run(() => queue.finish(ids)),
      retryAt: (id, at, tries) => this.#batch.run(() => queue.retry(id, at, tries)),
      waiting: (topic, atMost, first) => this.#read(() => queue.waiting(topic, atMost, first)),
    };
    const row = new InstallationRow(db);
    this.#codesFrom = row.codesFrom();
    this.installation = {
      identity: () =>
        this.#read(() => {
          file?.check();
          return row.identity();
        }),
      claim: (canary) => this.#batch.run(() => row.claim(canary)),
      seeNode: (node) => this.#batch.run(() => row.see(node, this.now())),
      forgetNode: (id) => this.#batch.run(() => row.forget(id)),
      nodesSince: (since) => this.#batch.run(() => row.nodesSince(since)),
    };
    const uses = new KeyUses(db);
    this.keyUses = {
      note: (noted, restMs) => this.#batch.run(() => uses.note(noted, restMs)),
      all: () => this.#read(() => uses.all()),
    };
    const table = new DocumentTable(db);
    this.documents = {
      generation: () => this.#read(() => table.generation()),
      get: (kind, id) => this.#read(() => table.get(kind, id)),
      list: (kind) => this.#read(() => table.list(kind)),
      commit: (generation, changes) => this.#batch.run(() => table.commit(generation, changes)),
    };
  }

  now(): number {
    return this.#clock.now();
  }

  /** What a moved store has brought along. */
  get codesFrom(): number {
    return this.#codesFrom;
  }

  run<Outcome>(call: port.Call<Outcome>): Promise<Outcome> {
    return this.#batch.run(() => this.#step(call));
  }

  sweepRows(
    { from, before, limit }: port.SweepRange,
    decide: (met: port.MetRow, now: number) => port.Decision<void> | undefined,
  ): Promise<port.SweptRows> {
    return this.#batch.run(() => {
      const now = this.now();
      const rows = this.#items.between(from, before, limit);
      const done: port.Decision<void>[] = [];
      let oldest: number | undefined;
      const unreadable: string[] = [];
      for (const { at, met } of rows) {
        if (met?.fault) unreadable.push(met.ref.name);
        const decision = met && !met.fault && decide(met, now);
        if (!decision) continue;
        oldest ??= at;
        this.#carryOut(decision, undefined, now);
        done.push(decision);
      }
      return { done, seen: rows.length, unreadable, oldest, last: rows.at(-1)?.at };
    });
  }

  removeOver(limit: number): Promise<readonly number[]> {
    return this.#batch.run(() => {
      const now = this.now();
      return [this.#counters.removeOver(now, limit), this.#messages.removeOver(now, limit)];
    });
  }

  cutHistory({ limit, identifiedBefore, reduce, reducedBefore }: port.HistoryCut): Promise<readonly number[]> {
    const firstKept = uuidFloor(identifiedBefore);
    return this.#batch.run(() => [
      reduce
        ? this.#history.reduceBefore(firstKept, limit, reduce)
        : this.#history.removeBefore("history", firstKept, limit),
      this.#history.removeBefore("history_reduced", uuidFloor(reducedBefore), limit),
    ]);
  }

  rowsAt(_bucket: number, placeInTime: number): Promise<readonly port.MetRow[]> {
    return this.#read(() => this.#items.at(placeInTime));
  }

  rowsBeside({ kind, hash, accountId, scopeId }: port.RowRef): Promise<readonly port.MetRow[]> {
    const isBeside = ({ ref }: port.MetRow) =>
      ref.kind === kind && ref.accountId === accountId && ref.scopeId === scopeId;
    return this.#read(() => this.#items.withHash(hash).filter(isBeside));
  }

  rowsOfBucket(bucket: number): Promise<readonly port.MetRow[]> {
    return this.#read(() => this.#items.ofBucket(bucket));
  }

  rowsInRange(from: port.RowRef, before: port.RowRef, limit: number): Promise<readonly port.MetRow[]> {
    return this.#read(() => this.#items.inRange(from.hash, from.key, before.key, limit));
  }

  rowsBefore<Row>(
    { tag }: port.RowKind<Row>,
    { from, before, limit }: port.SweepRange,
  ): Promise<readonly port.PlacedRow[]> {
    return this.#read(() => this.#items.before(tag, from, before, limit));
  }

  eachRowSince<Row>(
    kind: port.RowKind<Row>,
    placeInTime: number,
    visit: (row: Row, ref: port.RowRef) => void,
  ): Promise<void> {
    return this.#read(() => {
      for (const { ref, row, fault } of this.#items.since(placeInTime))
        if (ref.kind === kind && !fault) visit(row as Row, ref);
    });
  }

  findHistory(_bucket: number, verificationId: string): Promise<port.HistoryRow | undefined> {
    return this.#read(() => this.#history.find(verificationId));
  }

  searchHistory(sought: port.SoughtHistory): Promise<readonly port.FoundHistory[]> {
    return this.#read(() => this.#history.search(sought));
  }

  replaceHistory(_bucket: number, verificationId: string, was: string, state: string): Promise<boolean> {
    return this.#batch.run(() => this.#history.replace(verificationId, was, state));
  }

  findMessages(names: readonly NamedMessage[]): Promise<readonly port.FoundMessage[]> {
    return this.#read(() => names.flatMap((name) => this.#messages.find(name) ?? []));
  }

  /** A move into a file has ended before it is opened. */
  async noteErased(): Promise<void> {}

  historyIdsOf(buckets: readonly number[], recipient: string, reducedHash: Buffer): Promise<readonly string[]> {
    return this.#read(() => this.#history.idsOf(buckets, recipient, reducedHash));
  }

  eraseHistory(verificationIds: readonly string[]): Promise<number> {
    return this.#batch.run(() => {
      for (const id of verificationIds) {
        const { from, to } = messagesUntil(uuidTime(id));
        this.#messages.erase(id, from, to);
      }
      return this.#history.erase(verificationIds);
    });
  }

  async overwriting<T>(work: () => Promise<T>): Promise<T> {
    this.#db.exec("PRAGMA secure_delete = ON");
    try {
      return await work();
    } finally {
      this.#db.exec("PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE)");
    }
  }

  spansOf(ref: port.CounterRef): Promise<readonly port.Bucket[]> {
    return this.#read(() => this.#counters.spansOf(ref, this.now()));
  }

  sizes(): Promise<StoreSizes> {
    const count = (from: string) => Number(this.#db.prepare(`SELECT count(*) AS n FROM ${from}`).get()?.n);
    const tagged = (tag: string) => count(`item WHERE substr(key, 1, 1) = CAST('${tag}' AS BLOB)`);
    return this.#read(() => ({
      recipients: tagged("r"),
      history: count("history"),
      reducedHistory: count("history_reduced"),
      idempotencyKeys: tagged("c"),
      limitBuckets: count("counter"),
    }));
  }

  warnings(): Promise<readonly string[]> {
    return this.#read(() => {
      const newest = Number(this.#db.prepare("SELECT max(at) AS at FROM item").get()?.at ?? 0);
      return newest > this.now() + mostAheadMs ? [aheadWarning(newest)] : [];
    });
  }

  batches(): BatchCounts {
    return this.#batch.counts;
  }

  async close(): Promise<void> {
    await this.#batch.drain();
    if (this.#db.isOpen) this.#db.close();
    this.#lock?.free();
  }

  /** Most of the time nothing is due: then no transaction is begun. */
  async #claimDue(topics: readonly string[], limit: number, leaseMs: number) {
    const isDue = await this.#read(() => this.#queue.due(topics, 1, this.now()).length > 0);
    if (!isDue) return [];
    return this.#batch.run(() => {
      const now = this.now();
      const entries = this.#queue.due(topics, limit, now);
      this.#queue.claim(entries, now + leaseMs);
      return entries;
    });
  }

  #step<Outcome>(call: port.Call<Outcome>): Outcome {
    const view = new StepView(this.now(), this.#codesFrom, this.#items, this.#counters);
    for (const ref of call.rows) view.look(ref);
    for (;;) {
      const decided = call.decide(view);
      if (!("needs" in decided)) {
        this.#carryOut(decided, view, view.now);
        return decided.outcome;
      }
      for (const ref of decided.needs) view.look(ref);
    }
  }

  #carryOut(decision: port.Decision<unknown>, view: StepView | undefined, now: number): void {
    const { writes = [], counts, names, queue, ended, restored } = decision;
    // First what may fail by what stands in a row: then nothing of the call is written yet.
    const found = writes.map(({ ref }) => view?.found(ref) ?? this.#items.find(ref));
    if (ended) this.#history.add(ended);
    if (restored) this.#history.remove(restored.verificationId);
    for (const [at, { ref, row }] of writes.entries()) this.#items.write(found[at] as FoundItem, ref, row);
    if (counts) for (const count of counts) this.#counters.count(count, now);
    if (names) for (const name of names) this.#messages.add(name);
    if (queue) for (const entry of queue) this.#queue.add(entry);
  }

  /** A read sees what is committed; it waits for no batch. */
  #read<T>(work: () => T): Promise<T> {
    try {
      return Promise.resolve(work());
    } catch (fault) {
      return Promise.reject(
        isOutage(fault) ? new StoreUnavailable("the store can't be read", { cause: fault }) : fault,
      );
    }
  }
}

/** What one call sees: its rows, as they are in the transaction. One to three rows: a list is searched fastest. */
class StepView implements port.View {
  readonly now: number;
  readonly codesFrom: number;
  readonly #items: Items;
  readonly #counters: Counters;
  readonly #refs: port.RowRef[] = [];
  readonly #found: FoundItem[] = [];

  constructor(now: number, codesFrom: number, items: Items, counters: Counters) {
    this.now = now;
    this.codesFrom = codesFrom;
    this.#items = items;
    this.#counters = counters;
  }

  look(ref: port.RowRef): void {
    this.#refs.push(ref);
    this.#found.push(this.#items.find(ref));
  }

  found(ref: port.RowRef): FoundItem | undefined {
    const index = this.#refs.indexOf(ref);
    return index >= 0 ? this.#found[index] : this.#found.find(({ key }) => key.equals(ref.key));
  }

  has(ref: port.RowRef): boolean {
    return this.found(ref) !== undefined;
  }

  row<Row>(ref: port.RowRef<Row>): Row | undefined {
    const item = this.found(ref);
    if (!item) throw new Error("a call asked for a row that it did not name");
    return item.row as Row | undefined;
  }

  counter(ref: port.CounterRef): port.Room {
    return this.#counters.room(ref, this.now);
  }
}
