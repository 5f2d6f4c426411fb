/**
 * The decisions of one round trip, made in the process. Each call decides over what is believed of its rows and over
 * what the calls before it in the batch have made of them; calls that share a row are committed together, as one unit.
 *
 * A verdict that writes nothing is never given from a belief: its rows must have been read after the call was made.
 * What writes may go by beliefs, since the commit checks the version of every row that it replaces.
 */
import type { Count, CounterRef, Decision, RowRef, View, Write } from "../engine.ts";
import { type Counter, emptyCounter, roomIn, slotsOf } from "../rules/counters.ts";
import { CounterChange, type KnownCounter, type KnownSlot } from "./counters.ts";
import type { BatchTimeline } from "./database-timeline.ts";
import type { Job, KnownRow } from "./job.ts";

/** A row of this batch, as the calls so far have made it. */
export interface Cell {
  readonly ref: RowRef;
  /** As the database had it: 0 if there was none. */
  readonly version: number;
  /** The trip that read it; 0: it is believed. */
  readonly readIn: number;
  row: unknown;
  /** The row as it was written; empty before that, and if it was removed. */
  text: string;
  /** Unique to this write, once a call has written the row. */
  written: number;
  unit: Unit | undefined;
}

/** Calls that stand or fall together. */
export class Unit {
  /** Its place among the batch's units, from 1. */
  place = 0;
  mergedInto: Unit | undefined = undefined;
  readonly jobs: Job[] = [];
  readonly outcomes: unknown[] = [];
  readonly cells: Cell[] = [];
  readonly decisions: Decision<unknown>[] = [];
  readonly counts: { readonly change: CounterChange; readonly n: number }[] = [];
}

/** Where a batch gets what it must believe or know. */
export interface Beliefs {
  /** Of rows that this process has written last. */
  rows(ref: RowRef): KnownRow | undefined;
  counters(name: string): KnownCounter | undefined;
  /** The slot that this process counts in first. */
  readonly firstSlot: number;
  readonly timeline: BatchTimeline;
  nextVersion(): number;
}

export class Batch {
  readonly now: number;
  /** The one that the batch is decided for. */
  readonly timeline: BatchTimeline;
  readonly #beliefs: Beliefs;
  readonly #cells = new Map<string, Cell>();
  readonly #units: Unit[] = [];
  readonly #changes = new Map<string, CounterChange>();
  /** Calls whose rows or counters must be read first. */
  readonly reading: Job[] = [];
  /** Calls that were decided without a write. */
  readonly answered: { readonly job: Job; readonly outcome: unknown }[] = [];

  constructor(now: number, beliefs: Beliefs) {
    this.now = now;
    this.timeline = { number: beliefs.timeline.number, codesFrom: beliefs.timeline.codesFrom };
    this.#beliefs = beliefs;
  }

  get units(): Unit[] {
    return this.#units.filter(({ mergedInto }) => !mergedInto);
  }

  get changes(): CounterChange[] {
    return [...this.#changes.values()];
  }

  add(job: Job): void {
    if (!this.#decide(job)) this.reading.push(job);
  }

  /** `false`: the call needs a read. */
  #decide(job: Job): boolean {
    const { call } = job;
    const view = new CallView(this);
    for (const ref of job.refs) if (!this.#look(job, ref, view)) return false;
    if (call.counters && !this.#knows(job, call.counters)) return false;
    if (call.givesBack && !this.#knows(job, call.givesBack)) return false;
    for (;;) {
      const decided = call.decide(view);
      if (!("needs" in decided)) return this.#accept(job, view, decided);
      let isKnown = true;
      for (const ref of decided.needs) isKnown = this.#lookAtMore(job, ref, view) && isKnown;
      if (!isKnown) return false;
    }
  }

  #accept(job: Job, view: CallView, decided: Decision<unknown>): boolean {
    const { writes = noWrites, counts } = decided;
    let isKnown = true;
    for (const { ref } of writes) isKnown = this.#lookAtMore(job, ref, view) && isKnown;
    if (!isKnown) return false;
    let unit: Unit | undefined;
    for (const cell of view.cells) {
      if (cell.unit) unit = this.#merged(unit, cell.unit);
      else if (cell.readIn <= job.bornIn && !isWritten(cell, writes)) return false;
    }
    if (writes.length === 0 && (counts?.length || decided.ended || decided.restored || decided.names?.length))
      throw new Error("a call appended something and wrote no row");
    if (writes.length === 0 && !unit) {
      if (job.call.counters?.length && (view.touchesCounted || !this.#isFresh(job))) return false;
      if (!isAppending(decided)) {
        this.answered.push({ job, outcome: decided.outcome });
        return true;
      }
    }
    if (!unit) {
      unit = new Unit();
      this.#units.push(unit);
    }
    unit.jobs.push(job);
    unit.outcomes.push(decided.outcome);
    for (const write of writes) this.#write(unit, view.cellOf(write.ref), write.row);
    if (counts) for (const count of counts) this.#count(unit, count);
    if (isAppending(decided)) unit.decisions.push(decided);
    return true;
  }

  /** Puts the row among the call's cells; `false`: nothing is known of it, or not surely enough. */
  #look(job: Job, ref: RowRef, view: CallView): boolean {
    if (view.has(ref)) return true;
    let cell = this.#cells.get(ref.name);
    if (!cell) {
      const known = job.read?.get(ref.name) ?? this.#beliefs.rows(ref);
      if (!known && !ref.likelyAbsent) return false;
      const { version, row, readIn, fault } = known ?? believedAbsent;
      if (fault) throw fault;
      cell = { ref, version, readIn, row, text: "", written: 0, unit: undefined };
    }
    if (job.mustRead && !cell.unit && cell.readIn <= job.bornIn) return false;
    this.#cells.set(ref.name, cell);
    view.cells.push(cell);
    return true;
  }

  /** A row that the call did not name: from now on it is read with the others. `false`: it must be read now. */
  #lookAtMore(job: Job, ref: RowRef, view: CallView): boolean {
    if (view.has(ref)) return true;
    if (!job.refs.some(({ name }) => name === ref.name)) job.refs.push(ref);
    return this.#look(job, ref, view);
  }

  #knows({ bornIn }: Job, counters: readonly CounterRef[]): boolean {
    return counters.every((ref) => {
      const known = this.#beliefs.counters(counterName(ref));
      const fault = known?.slots.find((slot) => slot?.fault)?.fault;
      // Somebody may have mended it since it was read.
      if (fault && known.readIn > bornIn) throw fault;
      return fault === undefined && (known !== undefined || ref.likelyAbsent === true);
    });
  }

  #write(unit: Unit, cell: Cell | undefined, row: unknown): void {
    if (!cell) throw new Error("a call wrote a row that it did not look at");
    if (!cell.unit) unit.cells.push(cell);
    cell.unit = unit;
    cell.row = row ?? undefined;
    cell.written = this.#beliefs.nextVersion();
  }

  #merged(one: Unit | undefined, other: Unit): Unit {
    const into = rootOf(other);
    const from = one && rootOf(one);
    if (!from || from === into) return into;
    into.jobs.push(...from.jobs);
    into.outcomes.push(...from.outcomes);
    into.cells.push(...from.cells);
    into.decisions.push(...from.decisions);
    into.counts.push(...from.counts);
    from.mergedInto = into;
    return into;
  }

  /** What a limit has room for, with what this batch has counted so far. */
  room(ref: CounterRef): { room: ReturnType<View["counter"]>; isCounted: boolean } {
    const name = counterName(ref);
    const known = this.#beliefs.counters(name);
    const slots: (Counter | undefined)[] = [];
    let isCounted = false;
    for (let slot = 0; slot < slotsOf(ref); slot += 1) {
      const change = this.#changes.get(`${name} ${slot}`);
      isCounted ||= change !== undefined;
      slots.push(change ? change.forRoom : known?.slots[slot]?.counter);
    }
    return { room: roomIn(slots, ref, this.now, this.#beliefs.firstSlot), isCounted };
  }

  #count(unit: Unit, { counter: ref, slot, bucketAt, n }: Count): void {
    const name = counterName(ref);
    const id = `${name} ${slot}`;
    let change = this.#changes.get(id);
    if (!change) {
      const was: KnownSlot = this.#beliefs.counters(name)?.slots[slot] ?? { version: 0, counter: emptyCounter };
      change = new CounterChange(ref, name, slot, was);
      this.#changes.set(id, change);
    }
    change.add(ref, bucketAt, n, this.now, this.#beliefs.nextVersion);
    unit.counts.push({ change, n });
  }

  #isFresh({ call, bornIn }: Job): boolean {
    return (call.counters ?? []).every((ref) => (this.#beliefs.counters(counterName(ref))?.readIn ?? 0) > bornIn);
  }
}

const noWrites: readonly Write[] = [];
const believedAbsent: KnownRow = { version: 0, row: undefined, readIn: 0 };

function isWritten({ ref }: Cell, writes: readonly Write[]): boolean {
  for (const write of writes) if (write.ref === ref || write.ref.name === ref.name) return true;
  return false;
}

/** Apart from rows and counters it writes where no other batch does. */
function isAppending({ ended, restored, names, queue }: Decision<unknown>): boolean {
  return ended !== undefined || restored !== undefined || (names?.length ?? 0) > 0 || (queue?.length ?? 0) > 0;
}

/** What one call sees. Calls have one to three rows, so a list is searched fastest. */
class CallView implements View {
  readonly now: number;
  readonly codesFrom: number;
  readonly cells: Cell[] = [];
  /** A limit that it asked has been counted in by calls of the same batch, which may still fail. */
  touchesCounted = false;
  readonly #batch: Batch;

  constructor(batch: Batch) {
    this.now = batch.now;
    this.codesFrom = batch.timeline.codesFrom;
    this.#batch = batch;
  }

  cellOf(ref: RowRef): Cell | undefined {
    for (const cell of this.cells) if (cell.ref === ref || cell.ref.name === ref.name) return cell;
    return undefined;
  }

  has(ref: RowRef): boolean {
    return this.cellOf(ref) !== undefined;
  }

  row<Row>(ref: RowRef<Row>): Row | undefined {
    const cell = this.cellOf(ref);
    if (!cell) throw new Error("a call asked for a row that it did not name");
    return cell.row as Row | undefined;
  }

  counter(ref: CounterRef): ReturnType<View["counter"]> {
    const { room, isCounted } = this.#batch.room(ref);
    this.touchesCounted ||= isCounted;
    return room;
  }
}

/** Account and text: no other counter has the same. */
export function counterName({ accountId, text }: CounterRef): string {
  return `${accountId} ${text}`;
}

export function rootOf(unit: Unit): Unit {
  let root = unit;
  while (root.mergedInto) root = root.mergedInto;
  return root;
}
