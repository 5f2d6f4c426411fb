/**
 * The calls of this process, on their way to the database: while one round trip is under way, the calls that arrive
 * wait and go together in the next. Idle, a call waits for nothing.
 */
import { StoreUnavailable } from "../../model/errors.ts";
import { Memory } from "../../model/memory.ts";
import type { Call, CounterRef, RowRef } from "../engine.ts";
import { readRow } from "../rules/kinds.ts";
import { Apart, namesOf } from "./apart.ts";
import { Batch, type Beliefs, type Cell, counterName, rootOf, type Unit } from "./batch.ts";
import { BelievedRows } from "./believed-rows.ts";
import type { CounterChange, KnownCounter, KnownSlot } from "./counters.ts";
import type { BatchTimeline } from "./database-timeline.ts";
import {
  clockState,
  conflictState,
  heldState,
  isRolledBack,
  kindOf,
  sqlState,
  timelineState,
  unavailable,
} from "./faults.ts";
import { fateOf, Job, type KnownRow } from "./job.ts";
import {
  type Asked,
  type CommitReply,
  type ReadRow,
  type ReadRows,
  readCounters,
  readRows,
  Wire,
  type Written,
} from "./wire.ts";

/** A call that has waited longer than this, or found an outage for as long, gets StoreUnavailable. */
export const callPatienceMs = 2_000;
const outageRestMs = 50;
/** Calls that may wait; more are refused at once. */
const queueLimit = 20_000;
/** Counters of which this process remembers what it wrote last. */
const mostCounters = 8_192;
/** A call that lost so many races takes the rows' locks, so that it is not starved. */
const conflictsAtMost = 8;
/** How far the time that a call was decided by may be off. */
const clockBoundMs = 2_000;
const tooLate = "the store did not answer in time";
export const unknowable = "it is not known whether the store did it";

export type LockedResult =
  | { readonly kind: "answered"; readonly outcome: unknown }
  /** `held`: somebody else holds its rows; else others were faster. */
  | { readonly kind: "again"; readonly held: boolean };

export interface LaneOptions {
  /** A number that no other running process has; less than 2^21. */
  readonly process: number;
  /** Calls per round trip. */
  readonly size: number;
  readonly patienceMs: number;
  now(): number;
  /** One round trip. */
  send(text: string, values: unknown[]): Promise<CommitReply>;
  /** The time of the test; null: the database's own. */
  given(): number | null;
  learnTime(): Promise<void>;
  readonly timeline: BatchTimeline;
  /** The database is on another one; it calls `startAnew`. */
  learnTimeline(): Promise<void>;
  /** Which of these rows and counters are held by others now, by name; `undefined`: it can't be told. */
  heldAmong(refs: readonly RowRef[], counters: readonly string[]): Promise<ReadonlySet<string> | undefined>;
  /** Decides and commits one call with its rows locked; `again`: it must go through the lane once more. */
  runLocked(job: Job, beliefs: Beliefs): Promise<LockedResult>;
}

export class Lane {
  readonly #options: LaneOptions;
  #wire = new Wire();
  #rows = new BelievedRows();
  #counters = new Memory<KnownCounter>(mostCounters);
  readonly #beliefs: Beliefs;
  /** From the database: versions are made of it and a count, so that no two processes make the same. */
  #process: number;
  #versions = 0;
  #queue: Job[] = [];
  #head = 0;
  #trips = 0;
  #calls = 0;
  #isBusy = false;
  readonly #apart = new Apart((job) => this.#runApart(job));
  #drained: (() => void)[] = [];

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#process = options.process;
    this.#beliefs = {
      rows: (ref) => this.#rows.get(ref),
      counters: (name) => this.#counters.get(name),
      firstSlot: this.#process % 16,
      timeline: options.timeline,
      nextVersion: () => this.nextVersion(),
    };
  }

  /** Resolves with the call's outcome once it is committed. */
  run<Outcome>(call: Call<Outcome>): Promise<Outcome> {
    if (this.#queue.length - this.#head >= queueLimit)
      return Promise.reject(new StoreUnavailable("too many calls wait for the store"));
    return new Promise<Outcome>((resolve, reject) => {
      const deadline = performance.now() + this.#options.patienceMs;
      this.#queue.push(new Job(call, this.#trips, deadline, resolve, reject));
      this.#wake();
    });
  }

  /**
   * The database goes on from an earlier moment: nothing is believed any more, and the number of this process may be given
   * again.
   */
  startAnew(process: number): void {
    this.#process = process;
    this.#rows = new BelievedRows();
    this.#counters = new Memory(mostCounters);
  }

  /** A version that no other write of any process has. */
  nextVersion(): number {
    this.#versions += 1;
    return this.#process * 2 ** 32 + this.#versions;
  }

  get counts(): { batches: number; calls: number } {
    return { batches: this.#trips, calls: this.#calls };
  }

  /** Resolves when every call so far has its answer. */
  async drain(): Promise<void> {
    if (!this.#isIdle()) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  #isIdle(): boolean {
    return !this.#isBusy && this.#apart.isIdle && this.#queue.length === this.#head;
  }

  #wake(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    // The calls of one turn of the event loop go together.
    setImmediate(() => void this.#loop());
  }

  async #loop(): Promise<void> {
    while (this.#queue.length > this.#head) {
      await this.#trip(this.#take());
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isBusy = false;
    this.#settle();
  }

  #settle(): void {
    if (this.#isIdle()) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #take(): Job[] {
    const jobs: Job[] = [];
    while (jobs.length < this.#options.size && this.#head < this.#queue.length) {
      const job = this.#queue[this.#head];
      if (!job || (job.isAlone && jobs.length > 0)) break;
      this.#head += 1;
      jobs.push(job);
      if (job.isAlone) break;
    }
    if (this.#head === this.#queue.length || this.#head > 1_024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return jobs;
  }

  /** Brings calls back to the front of the queue. */
  #again(jobs: readonly Job[]): void {
    if (jobs.length > 0) {
      this.#queue = [...jobs, ...this.#queue.slice(this.#head)];
      this.#head = 0;
    }
  }

  async #trip(jobs: readonly Job[]): Promise<void> {
    const batch = new Batch(this.#options.now(), this.#beliefs);
    for (const job of jobs) this.#admit(job, batch);
    for (const { job, outcome } of batch.answered) {
      // A commit whose answer was lost may still be done by a server that goes on without its client.
      if (job.lost.length > 0) job.reject(new StoreUnavailable(unknowable));
      else this.#answer(job, outcome);
    }
    const wanted = asked(batch.reading);
    if (batch.units.length === 0 && wanted.rows.length === 0 && wanted.counters.length === 0) return;
    const written = this.#write(batch, wanted);
    if (!written) return;
    this.#trips += 1;
    let reply: CommitReply;
    try {
      reply = await this.#options.send(written.text, written.values);
    } catch (fault) {
      await this.#failed(fault, written, batch.reading);
      return;
    }
    this.#learn(written, batch.reading, wanted, reply);
  }

  /** `undefined`: one of the calls can't be written; nothing was sent. */
  #write(batch: Batch, wanted: Asked): Written | undefined {
    try {
      return this.#wire.write(batch, wanted, this.#options.given(), clockBoundMs);
    } catch (fault) {
      this.#wire = new Wire();
      this.#afterFault(fault, [...batch.units.flatMap(({ jobs }) => jobs), ...batch.reading]);
      return undefined;
    }
  }

  /** Puts a call into the batch, unless its answer is known, its patience has ended, or it goes apart. */
  #admit(job: Job, batch: Batch): void {
    if (performance.now() >= job.deadline) {
      job.reject(new StoreUnavailable(job.lost.length > 0 ? unknowable : tooLate));
      return;
    }
    if (job.lost.length > 0 && !job.read) {
      batch.reading.push(job);
      return;
    }
    const fate = job.lost.length > 0 ? fateOf(job) : undefined;
    if (fate?.kind === "done") {
      this.#answer(job, fate.outcome);
      return;
    }
    if (fate?.kind === "unknown") {
      job.reject(new StoreUnavailable(unknowable));
      return;
    }
    if (job.conflicts >= conflictsAtMost || this.#apart.isHeld(job)) {
      this.#apart.add(job);
      return;
    }
    try {
      batch.add(job);
    } catch (fault) {
      // A call that can't be decided changed nothing: the others go on.
      job.reject(fault);
    }
  }

  async #runApart(job: Job): Promise<void> {
    try {
      if (performance.now() >= job.deadline) throw new StoreUnavailable(tooLate);
      const result = await this.#options.runLocked(job, this.#beliefs);
      if (result.kind === "answered") this.#answer(job, result.outcome);
      else {
        if (result.held) this.#apart.hold(namesOf(job));
        job.conflicts = 0;
        job.read = undefined;
        this.#queue.push(job);
        this.#wake();
      }
    } catch (fault) {
      job.reject(kindOf(fault) === "fault" ? fault : unavailable(fault));
    }
    // Once this job is off its side lane.
    setImmediate(() => this.#settle());
  }

  #answer(job: Job, outcome: unknown): void {
    this.#calls += 1;
    job.resolve(outcome as never);
  }

  /** Takes in the reply of a trip: answers, beliefs, and the calls that must go again. */
  #learn(written: Written, reading: readonly Job[], wanted: Asked, reply: CommitReply): void {
    const { units, cells, changes } = written;
    const failed = new Set(reply.failed.map((at) => units[at - 1]));
    const read = readRows(reply.rows);
    const slots = readCounters(reply.counters);
    const met = new Map<string, KnownRow>();
    for (let at = 0; at < cells.length; at += 1) {
      const cell = cells[at] as Cell;
      const { ref, row, text, written: version } = cell;
      if (cell.unit && failed.has(rootOf(cell.unit))) {
        this.#rows.forget(ref);
        met.set(ref.name, knownRow(ref, read.met[at + 1], this.#trips));
      } else if (row === undefined) this.#rows.forget(ref);
      else if (ref.kind.isRevisited) this.#rows.set(ref, version, row, text);
    }
    this.#learnCounters(changes, reply, slots, failed.size > 0);
    const again: Job[] = [];
    for (const unit of units) {
      if (failed.has(unit)) again.push(...this.#afterConflict(unit, met));
      else for (const [at, job] of unit.jobs.entries()) this.#answer(job, unit.outcomes[at]);
    }
    this.#learnReads(reading, wanted, read, slots);
    this.#again([...again, ...reading]);
  }

  /** The calls of a unit that met other versions: they decide again over the rows that it met. */
  #afterConflict(unit: Unit, met: ReadonlyMap<string, KnownRow>): readonly Job[] {
    const rows = new Map<string, KnownRow>();
    for (const { ref } of unit.cells) {
      const row = met.get(ref.name);
      if (row) rows.set(ref.name, row);
    }
    for (const job of unit.jobs) {
      job.conflicts += 1;
      job.mustRead = true;
      job.read = rows;
    }
    return unit.jobs;
  }

  #learnReads(reading: readonly Job[], { rows, counters }: Asked, read: ReadRows, slots: Slots): void {
    const found = new Map<string, KnownRow>();
    for (const [at, ref] of rows.entries()) found.set(ref.name, knownRow(ref, read.asked[at + 1], this.#trips));
    for (const [at, ref] of counters.entries()) {
      this.#counters.set(counterName(ref), { slots: slots.get(`c${at + 1}`) ?? [], readIn: this.#trips });
    }
    for (const job of reading) {
      job.mustRead = true;
      job.read = found;
    }
  }

  #learnCounters(changes: readonly CounterChange[], reply: CommitReply, slots: Slots, isPartial: boolean): void {
    const refused = new Set(reply.uncounted);
    for (const { name, slot, next, version, was, place } of changes) {
      const known = this.#counters.get(name);
      if (refused.has(place)) this.#counters.set(name, { slots: slots.get(`o${place}`) ?? [], readIn: this.#trips });
      else if (isPartial || !known) this.#counters.forget(name);
      else known.slots[slot] = { version: version === 0 ? was.version : version, counter: next };
    }
  }

  async #failed(fault: unknown, { units, changes }: Written, reading: readonly Job[]): Promise<void> {
    const state = sqlState(fault);
    for (const { name } of changes) this.#counters.forget(name);
    // All that the calls of a batch have read comes from one trip, so that no verdict is given over two moments.
    for (const job of reading) job.read = undefined;
    if (state === conflictState) {
      this.#again([...this.#afterAbort(fault, units), ...reading]);
      return;
    }
    const jobs = units.flatMap((unit) => unit.jobs);
    if (state === clockState || state === timelineState) {
      this.#again([...jobs, ...reading]);
      const { learnTime, learnTimeline } = this.#options;
      await (state === clockState ? learnTime() : learnTimeline()).catch(() => rest());
      return;
    }
    if (state === heldState) {
      await this.#afterHeld(units, changes, reading);
      return;
    }
    const kind = kindOf(fault);
    if (kind === "fault") {
      this.#afterFault(fault, [...jobs, ...reading]);
      return;
    }
    for (const unit of units) this.#afterOutage(unit, kind === "outage" && !isRolledBack(fault));
    this.#again([...jobs, ...reading]);
    await rest();
  }

  /** Some calls found other versions after a part of them was written: all was rolled back, the others go again. */
  #afterAbort(fault: unknown, units: readonly Unit[]): readonly Job[] {
    const { detail = "" } = fault as { detail?: string };
    for (const place of detail.split(" ")) {
      const unit = units[Number(place) - 1];
      for (const { ref } of unit?.cells ?? []) this.#rows.forget(ref);
      for (const job of unit?.jobs ?? []) {
        job.conflicts += 1;
        job.mustRead = true;
        job.read = undefined;
      }
    }
    return units.flatMap((unit) => unit.jobs);
  }

  /** Somebody holds a row of the batch: the calls that need it go apart, and the others do not wait for it. */
  async #afterHeld(units: readonly Unit[], changes: readonly CounterChange[], reading: readonly Job[]): Promise<void> {
    const jobs = units.flatMap((unit) => unit.jobs);
    const held = await this.#options.heldAmong(
      units.flatMap(({ cells }) => cells.map(({ ref }) => ref)),
      changes.map(({ name }) => name),
    );
    if (held && held.size > 0) this.#apart.hold(held);
    // A row that is being made can be seen by nobody: each call finds out for itself.
    else if (held && jobs.length > 1) for (const job of jobs) job.isAlone = true;
    else if (held) this.#apart.hold(jobs.flatMap(namesOf));
    else await rest();
    this.#again([...jobs, ...reading]);
  }

  /** The commit may have been done (`isOpen`) or not: the versions of its rows will show it. */
  #afterOutage({ cells, jobs, outcomes }: Unit, isOpen: boolean): void {
    const versions = new Map<string, { before: number; after: number }>();
    for (const { ref, version, row, written } of cells) {
      this.#rows.forget(ref);
      versions.set(ref.name, { before: version, after: row === undefined ? 0 : written });
    }
    for (const [at, job] of jobs.entries()) {
      if (isOpen) job.lost.push({ versions, outcome: outcomes[at] });
      job.mustRead = true;
      job.read = undefined;
    }
  }

  /** One of the calls can't be carried out at all: the others must not suffer for it. */
  #afterFault(fault: unknown, jobs: readonly Job[]): void {
    if (jobs.length === 1) {
      jobs[0]?.reject(fault);
      return;
    }
    for (const job of jobs) {
      job.isAlone = true;
      job.read = undefined;
    }
    this.#again(jobs);
  }
}

type Slots = ReadonlyMap<string, (KnownSlot | undefined)[]>;

/** What must be read for these calls, each row and counter once. */
export function asked(reading: readonly Job[]): Asked {
  const rows = new Map<string, RowRef>();
  const counters = new Map<string, CounterRef>();
  for (const { refs, call } of reading) {
    for (const ref of refs) rows.set(ref.name, ref);
    for (const ref of call.counters ?? []) counters.set(counterName(ref), ref);
    for (const ref of call.givesBack ?? []) counters.set(counterName(ref), ref);
  }
  return { rows: [...rows.values()], counters: [...counters.values()] };
}

/** Absence is a result of a read as well; so is a row that can't be decoded: only the calls that need it fail. */
export function knownRow(ref: RowRef, read: ReadRow | undefined, readIn: number): KnownRow {
  if (!read) return { version: 0, row: undefined, readIn };
  const { version, text } = read;
  try {
    return { version, row: readRow(ref, text), readIn };
  } catch (fault) {
    return { version, row: undefined, readIn, fault };
  }
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, outageRestMs));
}
