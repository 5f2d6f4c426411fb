/** A batch as the arguments of `antryk.commit_batch` (functions.sql), and the function's reply as what it means. */
import { bucketOf } from "../../model/recipient.ts";
import type { CounterRef, RowRef } from "../engine.ts";
import { hash48 } from "../rules/kinds.ts";
import type { Batch, Cell, Unit } from "./batch.ts";
import { counterName, rootOf } from "./batch.ts";
import { Column, type ElementType } from "./columns.ts";
import { type CounterChange, type KnownSlot, knownSlot } from "./counters.ts";

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

/** What a batch of nothing but rows is made of. */
const rowGroups: readonly string[] = ["items", "reads"] satisfies readonly (keyof typeof groups)[];

/** Of a unit in one counter, in one row of `counts`. */
const mostCounted = 2 ** 31 - 1;

function statement(name: string, arrays: number): string {
  return `SELECT * FROM antryk.${name}(${Array.from({ length: 4 + arrays }, (_, n) => `$${n + 1}`).join(",")})`;
}

/** The function's reply, as the driver returns it. */
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
  /** The statement that commits the batch, and its arguments. */
  readonly text: string;
  readonly values: unknown[];
  readonly units: readonly Unit[];
  readonly cells: readonly Cell[];
  readonly changes: readonly CounterChange[];
}

/** A row as the reply has it; `text` is decoded by the call that needs it. */
export interface ReadRow {
  readonly version: number;
  readonly text: string;
}

export class Wire {
  readonly #columns = Object.fromEntries(
    Object.entries(groups).map(([name, types]) => [name, types.map((type) => new Column(type))]),
  ) as unknown as Columns;
  readonly #all = Object.values(this.#columns).flat();
  readonly #ofRows = Object.entries(this.#columns).flatMap(([name, columns]) =>
    rowGroups.includes(name) ? columns : [],
  );
  readonly #others = this.#all.filter((column) => !this.#ofRows.includes(column));
  readonly #commitBatch = statement("commit_batch", this.#all.length);
  readonly #commitRows = statement("commit_rows", this.#ofRows.length);

  /** `given`: decides instead of the database's clock. The values are good until the next batch is written. */
  write(batch: Batch, asked: Asked, given: number | null, clockBoundMs: number): Written {
    const { units } = batch;
    const cells: Cell[] = [];
    for (let at = 0; at < units.length; at += 1) {
      const unit = units[at] as Unit;
      unit.place = at + 1;
      cells.push(...unit.cells);
      for (const decision of unit.decisions) this.#writeDecision(at + 1, decision);
    }
    // In one order in all processes, so that no two batches wait for one another in a circle.
    cells.sort((a, b) => a.ref.bucket - b.ref.bucket || Buffer.compare(a.ref.key, b.ref.key));
    for (const cell of cells) this.#writeCell(cell);
    const changes = batch.changes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.slot - b.slot));
    for (const [at, change] of changes.entries()) this.#writeChange(change, at + 1, batch.now);
    const [u, o, w] = this.#columns.counts;
    for (const unit of units) {
      for (const { change, n } of unit.counts) {
        u?.int4(unit.place);
        o?.int4(change.place);
        // What is more than the column holds, such as much money, is several counts.
        let rest = change.version === 0 ? n : 0;
        for (; Math.abs(rest) > mostCounted; rest -= Math.sign(rest) * mostCounted) {
          w?.int4(Math.sign(rest) * mostCounted);
          u?.int4(unit.place);
          o?.int4(change.place);
        }
        w?.int4(rest);
      }
    }
    const [bucket, key] = this.#columns.reads;
    for (const ref of asked.rows) {
      bucket?.int2(ref.bucket);
      key?.bytea(ref.key);
    }
    const [counterBucket, counterKey] = this.#columns.counterReads;
    for (const ref of asked.counters) {
      const name = counterName(ref);
      counterBucket?.int2(bucketOfCounter(name));
      counterKey?.text(name);
    }
    const isRowsOnly = this.#others.every(({ count }) => count === 0);
    const values: unknown[] = [given, batch.now, clockBoundMs, batch.timeline.number];
    for (const column of isRowsOnly ? this.#ofRows : this.#all) values.push(column.take());
    return { text: isRowsOnly ? this.#commitRows : this.#commitBatch, values, units, cells, changes };
  }

  #writeCell(cell: Cell): void {
    const { ref, version, row, written, unit } = cell;
    const [u, b, k, e, n, t, x] = this.#columns.items;
    const isGone = row === undefined;
    u?.int4(unit ? rootOf(unit).place : 0);
    b?.int2(ref.bucket);
    k?.bytea(ref.key);
    e?.int8(version);
    n?.int8(isGone ? -written : written);
    t?.int8(isGone ? 0 : ref.kind.placeInTime(row));
    cell.text = isGone ? "" : ref.kind.encode(row);
    x?.text(cell.text);
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
      b?.int2(ref.bucket);
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

/** The rows of a reply: those that were asked for, and those of units that failed; each by its place from 1. */
export interface ReadRows {
  readonly asked: (ReadRow | undefined)[];
  readonly met: (ReadRow | undefined)[];
}

export function readRows(lines: string | null): ReadRows {
  const rows: ReadRows = { asked: [], met: [] };
  if (!lines) return rows;
  for (let from = 0; from < lines.length; ) {
    const end = lines.indexOf("\n", from);
    const to = end < 0 ? lines.length : end;
    const first = lines.indexOf("\t", from);
    const second = lines.indexOf("\t", first + 1);
    const row = { version: Number(lines.slice(first + 1, second)), text: lines.slice(second + 1, to) };
    const place = Number(lines.slice(from + 1, first));
    (lines[from] === "r" ? rows.asked : rows.met)[place] = row;
    from = to + 1;
  }
  return rows;
}

/** The slots of each counter of a reply, likewise. */
export function readCounters(lines: string | null): Map<string, (KnownSlot | undefined)[]> {
  const counters = new Map<string, (KnownSlot | undefined)[]>();
  if (!lines) return counters;
  for (const line of lines.split("\n")) {
    const [place = "", slot, version, n, at, older] = line.split("\t");
    const slots = counters.get(place) ?? [];
    slots[Number(slot)] = knownSlot({ version, n, at, older });
    counters.set(place, slots);
  }
  return counters;
}
