/**
 * Counters of the limits that many recipients share. One writer needs no slots. The calls of one transaction count in
 * memory, and each counter is written once at its end.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Bucket, Count, CounterRef, Room } from "../engine.ts";
import {
  type Counter,
  counted,
  counterUntil,
  emptyCounter,
  livingBuckets,
  olderIn,
  roomIn,
} from "../rules/counters.ts";

interface OpenCounter {
  counter: Counter;
  readonly windowMs: number;
  /** As the table has it; `undefined`: it has none. */
  readonly was: Counter | undefined;
}

export class Counters {
  readonly #open = new Map<string, OpenCounter>();
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateCount: StatementSync;
  readonly #removeOver: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare("SELECT at, n, older FROM counter WHERE key = ?");
    this.#find.setReturnArrays(true);
    this.#insert = db.prepare("INSERT INTO counter (key, at, n, until, older) VALUES (?, ?, ?, ?, ?)");
    this.#update = db.prepare("UPDATE counter SET at = ?, n = ?, until = ?, older = ? WHERE key = ?");
    this.#updateCount = db.prepare("UPDATE counter SET n = ? WHERE key = ?");
    this.#removeOver = db.prepare(
      "DELETE FROM counter WHERE key IN (SELECT key FROM counter WHERE until <= ? ORDER BY until LIMIT ?)",
    );
  }

  room(ref: CounterRef, now: number): Room {
    return roomIn([this.#opened(ref).counter], ref, now, 0, 1);
  }

  /** Runs in a transaction in which no call counts. */
  spansOf({ accountId, text, windowMs }: CounterRef, now: number): readonly Bucket[] {
    const found = this.#read(`${accountId} ${text}`);
    return found ? livingBuckets(found, windowMs, now) : [];
  }

  count({ counter: ref, bucketAt, n }: Count, now: number): void {
    const open = this.#opened(ref);
    open.counter = counted(open.counter, bucketAt, n, ref.windowMs, now);
  }

  /** Before the transaction's commit: writes what was counted. */
  flush(): void {
    for (const [key, { counter, was, windowMs }] of this.#open) {
      const { at, n, older } = counter;
      if (counter === was || counter === emptyCounter) continue;
      if (was && was.at === at && was.older === older) this.#updateCount.run(n, key);
      else if (was) this.#update.run(at, n, counterUntil(counter, windowMs), JSON.stringify(older), key);
      else this.#insert.run(key, at, n, counterUntil(counter, windowMs), JSON.stringify(older));
    }
    this.#open.clear();
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#open.clear();
  }

  /** Runs in a transaction in which no call counts. */
  removeOver(now: number, limit: number): number {
    return Number(this.#removeOver.run(now, limit).changes);
  }

  #opened({ accountId, text, windowMs }: CounterRef): OpenCounter {
    const key = `${accountId} ${text}`;
    let open = this.#open.get(key);
    if (!open) {
      const was = this.#read(key);
      open = { counter: was ?? emptyCounter, was, windowMs };
      this.#open.set(key, open);
    }
    return open;
  }

  #read(key: string): Counter | undefined {
    const cells = this.#find.get(key) as unknown as [at: number, n: number, older: string] | undefined;
    return cells && { at: cells[0], n: cells[1], older: olderIn(cells[2]) };
  }
}
