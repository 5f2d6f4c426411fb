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
import type { Job, KnownRow } from "./job.ts";

/** A row of this batch, as the calls so far have made it. */
export interface Cell {
  readonly ref: RowRef;
  /** As the database had it: 0 if there was none. */
  readonly version: number;
  /** The trip that read it; 0: it is believed. */
  readonly readIn: number;
  row: unknown;
  /** Unique to this write, once a call has written the row. */
  written: number;
  unit: Unit | undefined;
}

/** Calls that stand or fall together. */
export class Unit {
  mergedInto: Unit | undefined = undefined;
  readonly jobs: Job[] = [];
  readonly outcomes: unknown[] = [];
  readonly cells: Cell[] = [];
  readonly decisions: Decision<unknown>[] = [];
  readonly counts: { readonly change: CounterChange; readonly n: number }[] = [];
}

/** Where a batch gets what it has to believe or know. */
export interface Beliefs {
  /** Of rows that this process has written last, or read. */
  rows(name: string): KnownRow | undefined;
  counters(name: string): KnownCounter | undefined;
  /** The slot that this process counts in first. */
  readonly firstSlot: number;
  nextVersion(): number;
}

export class Batch {
  readonly now: number;
  readonly #beliefs: Beliefs;
  readonly #cells = new Map<string, Cell>();
  readonly #units: Unit[] = [];
  readonly #changes = new Map<string, CounterChange>();
  /** Calls whose rows or counters have to be read first. */
  readonly reading: Job[] = [];
  /** Calls that were decided without a write. */
  readonly answered: { readonly job: Job; readonly outcome: unknown }[] = [];

  constructor(now: number, beliefs: Beliefs) {
    this.now = now;
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
    const cells = new Map<string, Cell>();
    for (const ref of job.refs) if (!this.#look(job, ref, cells)) return false;
    for (const counter of call.counters ?? []) if (!this.#beliefs.counters(counterName(counter))) return false;
    for (const counter of call.givesBack ?? []) if (!this.#beliefs.counters(counterName(counter))) return false;
    let touchesCounted = false;
    const view: View = {
      now: this.now,
      has: ({ name }) => cells.has(name),
      row: <Row>({ name }: RowRef<Row>) => {
        const cell = cells.get(name);
        if (!cell) throw new Error("a call asked for a row that it did not name");
        return cell.row as Row | undefined;
      },
      counter: (ref) => {
        const { room, isCounted } = this.#room(ref);
        touchesCounted ||= isCounted;
        return room;
      },
    };
    for (;;) {
      const decided = call.decide(view);
      if ("needs" in decided) {
        if (this.#lookAtMore(job, decided.needs, cells)) continue;
        return false;
      }
      return this.#accept(job, cells, decided, touchesCounted);
    }
  }

  #accept(job: Job, cells: Map<string, Cell>, decided: Decision<unknown>, touchesCounted: boolean): boolean {
    const { writes = [], counts = [] } = decided;
    if (
      !this.#lookAtMore(
        job,
        writes.map(({ ref }) => ref),
        cells,
      )
    )
      return false;
    const written = new Set(writes.map(({ ref }) => ref.name));
    let unit: Unit | undefined;
    for (const cell of cells.values()) {
      if (cell.unit) unit = this.#merged(unit, cell.unit);
      else if (!written.has(cell.ref.name) && cell.readIn <= job.bornIn) return false;
    }
    if (writes.length === 0 && (counts.length > 0 || decided.ended || decided.restored || decided.names?.length))
      throw new Error("a call appended something and wrote no row");
    if (writes.length === 0 && !unit) {
      if (job.call.counters?.length && (touchesCounted || !this.#isFresh(job))) return false;
      this.answered.push({ job, outcome: decided.outcome });
      return true;
    }
    if (!unit) {
      unit = new Unit();
      this.#units.push(unit);
    }
    unit.jobs.push(job);
    unit.outcomes.push(decided.outcome);
    for (const write of writes) this.#write(unit, cells, write);
    for (const count of counts) this.#count(unit, count);
    if (decided.ended || decided.restored || decided.names?.length) unit.decisions.push(decided);
    return true;
  }

  /** Puts the row among the call's cells; `false`: nothing is known of it, or not surely enough. */
  #look(job: Job, ref: RowRef, cells: Map<string, Cell>): boolean {
    if (cells.has(ref.name)) return true;
    let cell = this.#cells.get(ref.name);
    if (!cell) {
      const known = job.read?.get(ref.name) ?? this.#beliefs.rows(ref.name);
      if (known?.fault) throw known.fault;
      if (known) cell = { ref, version: known.version, readIn: known.readIn, row: known.row, written: 0, unit: undefined };
      else if (ref.likelyAbsent) cell = { ref, version: 0, readIn: 0, row: undefined, written: 0, unit: undefined };
      else return false;
    }
    if (job.mustRead && !cell.unit && cell.readIn <= job.bornIn) return false;
    this.#cells.set(ref.name, cell);
    cells.set(ref.name, cell);
    return true;
  }

  /** Rows that the call did not name: from now on they are read with the others. `false`: one has to be read now. */
  #lookAtMore(job: Job, refs: readonly RowRef[], cells: Map<string, Cell>): boolean {
    let isKnown = true;
    for (const ref of refs) {
      if (cells.has(ref.name)) continue;
      if (!job.refs.some(({ name }) => name === ref.name)) job.refs.push(ref);
      if (!this.#look(job, ref, cells)) isKnown = false;
    }
    return isKnown;
  }

  #write(unit: Unit, cells: ReadonlyMap<string, Cell>, { ref, row }: Write): void {
    const cell = cells.get(ref.name);
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
  #room(ref: CounterRef): { room: ReturnType<View["counter"]>; isCounted: boolean } {
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

/** Account and text: no other counter has the same. */
export function counterName({ accountId, text }: CounterRef): string {
  return `${accountId} ${text}`;
}

export function rootOf(unit: Unit): Unit {
  let root = unit;
  while (root.mergedInto) root = root.mergedInto;
  return root;
}
