/** Counters of the limits that many recipients share. One writer needs no slots. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Bucket, Count, CounterRef } from "../engine.ts";
import { type Counter, counted, counterUntil, emptyCounter, roomIn } from "../rules/counters.ts";

export class Counters {
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #removeOver: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare("SELECT at, n, older FROM counter WHERE key = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO counter (key, at, n, until, older) VALUES (?, ?, ?, ?, ?)");
    this.#removeOver = db.prepare("DELETE FROM counter WHERE key IN (SELECT key FROM counter WHERE until <= ? ORDER BY until LIMIT ?)");
  }

  room(ref: CounterRef, now: number): { slot: number; buckets: readonly Bucket[] } {
    return roomIn([this.#read(ref)], ref, now, 0, 1);
  }

  count({ counter: ref, bucketAt, n }: Count, now: number): void {
    const counter = counted(this.#read(ref), bucketAt, n, ref.windowMs, now);
    const until = counterUntil(counter, ref.windowMs);
    this.#put.run(keyOf(ref), counter.at, counter.n, until, JSON.stringify(counter.older));
  }

  removeOver(now: number, limit: number): number {
    return Number(this.#removeOver.run(now, limit).changes);
  }

  #read(ref: CounterRef): Counter {
    const row = this.#find.get(keyOf(ref));
    return row ? { at: Number(row.at), n: Number(row.n), older: JSON.parse(String(row.older)) } : emptyCounter;
  }
}

function keyOf({ accountId, text }: CounterRef): string {
  return `${accountId} ${text}`;
}
