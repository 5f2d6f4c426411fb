/** A batch as the arguments of `antryk.commit_batch` (functions.sql), and the function's reply as what it means. */
import { bucketOf } from "../../model/recipient.ts";
import type { CounterRef, RowRef } from "../engine.ts";
import { hash48 } from "../rules/kinds.ts";
import type { Batch, Cell, Unit } from "./batch.ts";
import { counterName } from "./batch.ts";
import { Column, type ElementType } from "./columns.ts";
import type { CounterChange, KnownSlot } from "./counters.ts";

const groups = {
  items: ["int4", "int2", "bytea", "int8", "int8", "int8", "text"],
  ended: ["int4", "int2", "uuid", "uuid", "uuid", "text", "text", "text"],
  restored: ["int4", "int2", "uuid"],
  messages: ["int4", "int8", "int8", "int2", "bytea", "uuid", "text", "text"],
  queue: ["int4", "int8", "int2", "text", "text", "text"],
  counters: ["int2", "text", "int2", "int8", "int8", "int8", "int8", "int8", "int8", "text", "int8"],
  counts: ["int4", "int4", "int4"],
  reads: ["int2", "bytea"],
  counterReads: ["int2", "text"],
} as const satisfies Record<string, readonly ElementType[]>;

type Columns = { readonly [Name in keyof typeof groups]: readonly Column[] };

const parameters = 3 + Object.values(groups).reduce((sum, types) => sum + types.length, 0);

/** The statement that commits a batch. */
export const commitStatement = `SELECT * FROM antryk.commit_batch(${Array.from({ length: parameters }, (_, n) => `$${n + 1}`).join(",")})`;

/** The function's reply, as the driver brings it. */
export interface CommitReply {
  readonly at: string;
  readonly failed: readonly number[];
  readonly uncounted: readonly number[];
  readonly rows: string | null;
  readonly counters: string | null;
}

/** What a trip asks for besides its commits. */
export interface Asked {
  readonly rows: readonly RowRef[];
  readonly counters: readonly CounterRef[];
}

/** A batch in the order in which it was written: the reply speaks of places in it. */
export interface Written {
  readonly values: unknown[];
  readonly units: readonly Unit[];
  readonly cells: readonly Cell[];
  readonly changes: readonly CounterChange[];
}

/** A row as the reply has it; `text` is decoded by whoever needs it. */
export interface ReadRow {
  readonly version: number;
  readonly text: string;
}

export class Wire {
  readonly #columns = Object.fromEntries(
    Object.entries(groups).map(([name, types]) => [name, types.map((type) => new Column(type))]),
  ) as unknown as Columns;
  readonly #order = Object.values(this.#columns).flat();

  /** `given`: decides instead of the database's clock. The values are good until the next batch is written. */
  write(batch: Batch, asked: Asked, given: number | null, clockBoundMs: number): Written {
    const { units } = batch;
    const cells: { cell: Cell; unit: number; key: Buffer }[] = [];
    for (const [at, unit] of units.entries()) {
      for (const cell of unit.cells) cells.push({ cell, unit: at + 1, key: cell.ref.key });
      for (const decision of unit.decisions) this.#writeDecision(at + 1, decision);
    }
    cells.sort((a, b) => bucketOf(a.cell.ref.hash) - bucketOf(b.cell.ref.hash) || Buffer.compare(a.key, b.key));
    for (const { cell, unit, key } of cells) this.#writeCell(cell, unit, key);
    const changes = batch.changes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.slot - b.slot));
    for (const [at, change] of changes.entries()) this.#writeChange(change, at + 1, batch.now);
    const [u, o, w] = this.#columns.counts;
    for (const [at, unit] of units.entries()) {
      for (const { change, n } of unit.counts) {
        u?.int4(at + 1);
        o?.int4(change.place);
        w?.int4(change.version === 0 ? n : 0);
      }
    }
    const [bucket, key] = this.#columns.reads;
    for (const ref of asked.rows) {
      bucket?.int2(bucketOf(ref.hash));
      key?.bytea(ref.key);
    }
    const [counterBucket, counterKey] = this.#columns.counterReads;
    for (const ref of asked.counters) {
      const name = counterName(ref);
      counterBucket?.int2(bucketOfCounter(name));
      counterKey?.text(name);
    }
    const values: unknown[] = [given, batch.now, clockBoundMs];
    for (const column of this.#order) values.push(column.take());
    return { values, units, cells: cells.map(({ cell }) => cell), changes };
  }

  #writeCell({ ref, version, row, written }: Cell, unit: number, key: Buffer): void {
    const [u, b, k, e, n, t, x] = this.#columns.items;
    const isGone = row === undefined;
    u?.int4(unit);
    b?.int2(bucketOf(ref.hash));
    k?.bytea(key);
    e?.int8(version);
    n?.int8(isGone ? -written : written);
    t?.int8(isGone ? 0 : ref.kind.placeInTime(row));
    x?.text(isGone ? "" : ref.kind.encode(row));
  }

  #writeDecision(unit: number, { ended, restored, names = [], queue = [] }: Unit["decisions"][number]): void {
    if (ended) {
      const { key, verificationId, state } = ended;
      const [u, b, a, s, v, c, r, x] = this.#columns.ended;
      u?.int4(unit);
      b?.int2(bucketOf(key.hash));
      a?.uuid(key.accountId);
      s?.uuid(key.serviceId);
      v?.uuid(verificationId);
      c?.text(key.channel);
      r?.text(key.recipient);
      x?.text(state);
    }
    if (restored) {
      const [u, b, v] = this.#columns.restored;
      u?.int4(unit);
      b?.int2(bucketOf(restored.key.hash));
      v?.uuid(restored.verificationId);
    }
    for (const { ref, gatewayId, messageId, verificationId, until } of names) {
      const [u, h, t, b, k, v, g, m] = this.#columns.messages;
      u?.int4(unit);
      h?.int8(hashOfMessage(gatewayId, messageId));
      t?.int8(until);
      b?.int2(bucketOf(ref.hash));
      k?.bytea(ref.key);
      v?.uuid(verificationId);
      g?.text(gatewayId);
      m?.text(messageId);
    }
    for (const { topic, subject, bucket, due, body } of queue) {
      const [u, t, b, p, s, x] = this.#columns.queue;
      u?.int4(unit);
      t?.int8(due);
      b?.int2(bucket);
      p?.text(topic);
      s?.text(subject);
      x?.text(body);
    }
  }

  #writeChange(change: CounterChange, place: number, now: number): void {
    change.place = place;
    const { name, slot, was, next, version, delta } = change;
    const isPut = version !== 0;
    const [b, k, s, e, n, g, d, a, x, t, z] = this.#columns.counters;
    b?.int2(bucketOfCounter(name));
    k?.text(name);
    s?.int2(slot);
    e?.int8(was.version);
    n?.int8(version);
    g?.int8(isPut ? was.counter.n : change.mostInSpan(now));
    d?.int8(delta);
    a?.int8(next.at);
    x?.int8(next.n);
    t?.text(isPut ? JSON.stringify(next.older) : "");
    z?.int8(change.until);
  }
}

export function hashOfMessage(gatewayId: string, messageId: string): number {
  return hash48(`${gatewayId} ${messageId}`);
}

const knownBuckets = new Map<string, number>();
const mostKnownBuckets = 4_096;

export function bucketOfCounter(name: string): number {
  let bucket = knownBuckets.get(name);
  if (bucket === undefined) {
    bucket = bucketOf(hash48(name));
    if (knownBuckets.size >= mostKnownBuckets) knownBuckets.clear();
    knownBuckets.set(name, bucket);
  }
  return bucket;
}

/** The rows of a reply, by the letter and place of the array that named them. */
export function readRows(lines: string | null): Map<string, ReadRow> {
  const rows = new Map<string, ReadRow>();
  if (!lines) return rows;
  for (const line of lines.split("\n")) {
    const first = line.indexOf("\t");
    const second = line.indexOf("\t", first + 1);
    rows.set(line.slice(0, first), { version: Number(line.slice(first + 1, second)), text: line.slice(second + 1) });
  }
  return rows;
}

/** The slots of each counter of a reply, likewise. */
export function readCounters(lines: string | null): Map<string, (KnownSlot | undefined)[]> {
  const counters = new Map<string, (KnownSlot | undefined)[]>();
  if (!lines) return counters;
  for (const line of lines.split("\n")) {
    const [place = "", slot, version, n, at, older = "[]"] = line.split("\t");
    const slots = counters.get(place) ?? [];
    slots[Number(slot)] = { version: Number(version), counter: { at: Number(at), n: Number(n), older: JSON.parse(older) } };
    counters.set(place, slots);
  }
  return counters;
}
